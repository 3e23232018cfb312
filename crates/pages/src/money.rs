//! Amounts in fen (分) as people write and read them; knows no accounts.

use std::fmt::Write as _;

use crate::lang::Lang;

/// The minus sign of printed figures (U+2212), as wide as the digits.
pub const MINUS: char = '\u{2212}';
const FEN_PER_YUAN: u64 = 100;
const FEN_PER_WAN: u64 = 1_000_000;
const FEN_PER_YI: u64 = 10_000_000_000;

fn group(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Yuan with two decimals and a comma every three digits: `12345678` fen → `123,456.78`,
/// negative with U+2212: `−1.00`.
pub fn yuan(fen: i64) -> String {
    let abs = fen.unsigned_abs();
    let sign = if fen < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}.{:02}", group(abs / FEN_PER_YUAN), abs % FEN_PER_YUAN)
}

/// An exact amount with its unit, unbreakable: `123,456.78 元`, `123,456.78 yuan`.
pub fn yuan_with_unit(lang: Lang, fen: i64) -> String {
    format!("{}\u{a0}{}", yuan(fen), lang.pick("元", "yuan"))
}

/// The headline form, rounded half away from zero to two decimals, unbreakable: `12.35 万元`,
/// `1.20 亿元`; below 1 万元, and always in English, the exact amount.
pub fn headline(lang: Lang, fen: i64) -> String {
    let abs = fen.unsigned_abs();
    // the larger unit is taken once the smaller one would round up to it
    let (per, unit) = match (lang, abs) {
        (Lang::Zh, n) if n + 5_000 >= FEN_PER_YI => (FEN_PER_YI, "亿元"),
        (Lang::Zh, n) if n >= FEN_PER_WAN => (FEN_PER_WAN, "万元"),
        _ => return yuan_with_unit(lang, fen),
    };
    let hundredths = (abs + per / 200) / (per / 100);
    let sign = if fen < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}.{:02}\u{a0}{unit}", group(hundredths / 100), hundredths % 100)
}

/// A count with a comma every three digits.
pub fn count(n: i64) -> String {
    let sign = if n < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}", group(n.unsigned_abs()))
}

/// A share with its base, one decimal: `62.5 %（25/40 户）`, `62.5 % (25 of 40 households)`.
/// With a base of 0 there is no share: `—（0/0 户）`.
pub fn percent(lang: Lang, part: i64, whole: i64, unit: &str) -> String {
    let figure = if whole == 0 {
        "—".to_owned()
    } else {
        let negative = (part < 0) != (whole < 0) && part != 0;
        let (p, w) = (u128::from(part.unsigned_abs()), u128::from(whole.unsigned_abs()));
        let tenths = (p * 1000 + w / 2) / w;
        let sign = if negative { "\u{2212}" } else { "" };
        format!("{sign}{}.{}\u{a0}%", tenths / 10, tenths % 10)
    };
    match lang {
        Lang::Zh if unit.is_empty() => format!("{figure}（{}/{}）", count(part), count(whole)),
        Lang::Zh => format!("{figure}（{}/{}\u{a0}{unit}）", count(part), count(whole)),
        Lang::En => format!(
            "{figure} ({} of {}{}{unit})",
            count(part),
            count(whole),
            if unit.is_empty() { "" } else { " " }
        ),
    }
}

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// Four digits at most: zeros between two digits are read as one 零.
fn section(n: u64, out: &mut String) {
    let mut zero = false;
    let mut started = false;
    for (value, unit) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let digit = (n / value % 10) as usize;
        if digit == 0 {
            zero = started;
            continue;
        }
        if zero {
            out.push('零');
            zero = false;
        }
        out.push(DIGITS[digit]);
        out.push_str(unit);
        started = true;
    }
}

/// Any whole number above zero.
fn integer(n: u64, out: &mut String) {
    const YI: u64 = 100_000_000;
    const WAN: u64 = 10_000;
    if n >= YI {
        integer(n / YI, out);
        out.push('亿');
        rest(n % YI, YI / 10, out);
    } else if n >= WAN {
        section(n / WAN, out);
        out.push('万');
        rest(n % WAN, WAN / 10, out);
    } else {
        section(n, out);
    }
}

/// What follows 亿 or 万: one 零 when its highest place is empty, nothing when it is zero.
fn rest(n: u64, highest: u64, out: &mut String) {
    if n == 0 {
        return;
    }
    if n < highest {
        out.push('零');
    }
    integer(n, out);
}

/// The amount in the capital characters that vouchers carry (大写金额), so that no stroke can be
/// added: `12345678` fen → `壹拾贰万叁仟肆佰伍拾陆元柒角捌分`. Amounts that end in 元 or 角 close
/// with 整; negative ones begin with 负. Source: 《正确填写票据和结算凭证的基本规定》 (PBoC).
pub fn rmb_upper(fen: i64) -> String {
    let abs = fen.unsigned_abs();
    let (whole, jiao, cents) = (abs / FEN_PER_YUAN, (abs / 10 % 10) as usize, (abs % 10) as usize);
    let mut out = String::new();
    if fen < 0 {
        out.push('负');
    }
    if whole > 0 {
        integer(whole, &mut out);
        out.push('元');
    } else if abs == 0 {
        out.push_str("零元");
    }
    if jiao > 0 {
        out.push(DIGITS[jiao]);
        out.push('角');
    } else if cents > 0 && whole > 0 {
        out.push('零');
    }
    if cents > 0 {
        out.push(DIGITS[cents]);
        out.push('分');
    } else {
        out.push('整');
    }
    out
}

/// Why an amount typed by a person cannot be taken. [`MoneyInputError::message`] names the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoneyInputError {
    /// Nothing was typed.
    Empty,
    /// A character that no amount has.
    Unexpected(char),
    /// More than two decimals.
    TooPrecise,
    /// Commas at places where no thousands end: `12,50` may mean 12.50 or 1,250.
    Grouping,
    /// 万 or 亿 was typed; the field is in yuan.
    InWan,
    /// A minus sign where only amounts above zero are asked.
    Negative,
    /// Two decimal points, or a point without digits.
    Malformed,
    /// Larger than the books can hold (92,233,720,368,547,758.07 yuan).
    TooLarge,
}

impl MoneyInputError {
    /// What to type instead, in plain words.
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Empty, Lang::Zh) => "请填金额，例如 1234.50".into(),
            (Self::Empty, Lang::En) => "Enter an amount, such as 1234.50".into(),
            (Self::Unexpected(c), Lang::Zh) => format!("金额里不能有“{c}”，请只填数字和小数点，例如 1234.50"),
            (Self::Unexpected(c), Lang::En) => format!("An amount cannot contain “{c}”. Use digits and one decimal point, such as 1234.50"),
            (Self::TooPrecise, Lang::Zh) => "金额最多写到分（小数点后两位），例如 1234.50".into(),
            (Self::TooPrecise, Lang::En) => "Give at most two decimals, such as 1234.50".into(),
            (Self::Grouping, Lang::Zh) => "逗号的位置不对：每三位一个逗号（1,234.50），或者不写逗号；小数点写“.”".into(),
            (Self::Grouping, Lang::En) => "Put a comma after every three digits (1,234.50) or none at all; the decimal sign is a point".into(),
            (Self::InWan, Lang::Zh) => "请以元为单位填写，例如 1.2 万元写 12000".into(),
            (Self::InWan, Lang::En) => "Give the amount in yuan: for 1.2 万 write 12000".into(),
            (Self::Negative, Lang::Zh) => "这里不填负数，请去掉减号".into(),
            (Self::Negative, Lang::En) => "This amount cannot be negative. Remove the minus sign".into(),
            (Self::Malformed, Lang::Zh) => "小数点的写法不对，请写成 1234.50 这样".into(),
            (Self::Malformed, Lang::En) => "Write the decimal point once, between digits, as in 1234.50".into(),
            (Self::TooLarge, Lang::Zh) => "金额太大，账上放不下，请检查是否多打了数字".into(),
            (Self::TooLarge, Lang::En) => "This amount is too large for the books. Check for extra digits".into(),
        }
    }
}

impl std::fmt::Display for MoneyInputError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for MoneyInputError {}

/// Full-width digits, letters and signs as their half-width twins; the ideographic space as a space.
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{3000}' | '\u{a0}' => ' ',
            c => c,
        })
        .collect()
}

/// Reads an amount as people type it, in fen: `１，２３４．５０` → 123450. Takes full-width signs,
/// spaces, thousands commas, ¥ before and 元 behind. Refuses negative amounts.
pub fn parse_money_input(text: &str) -> Result<i64, MoneyInputError> {
    match parse_signed_money_input(text) {
        Ok(fen) if fen < 0 => Err(MoneyInputError::Negative),
        other => other,
    }
}

/// As [`parse_money_input`], for the few fields where red figures (红字) are meant.
pub fn parse_signed_money_input(text: &str) -> Result<i64, MoneyInputError> {
    let mut plain = String::new();
    for c in half_width(text).chars().filter(|c| !c.is_whitespace()) {
        match c {
            '。' => plain.push('.'),
            '、' => plain.push(','),
            '\u{2212}' | '\u{2013}' => plain.push('-'),
            '￥' => plain.push('¥'),
            '万' | '亿' | '萬' => return Err(MoneyInputError::InWan),
            c => plain.push(c),
        }
    }
    let mut body = plain.as_str();
    let mut negative = false;
    loop {
        if let Some(rest) = body.strip_prefix('¥') {
            body = rest;
        } else if let (Some(rest), false) = (body.strip_prefix('-'), negative) {
            negative = true;
            body = rest;
        } else {
            break;
        }
    }
    let body = body.strip_suffix("元整").or_else(|| body.strip_suffix('元')).unwrap_or(body);
    if body.is_empty() {
        return Err(MoneyInputError::Empty);
    }
    if let Some(c) = body.chars().find(|c| !c.is_ascii_digit() && !matches!(c, ',' | '.')) {
        return Err(MoneyInputError::Unexpected(c));
    }
    let mut parts = body.split('.');
    let (whole, decimals) = (parts.next().unwrap_or(""), parts.next());
    if parts.next().is_some() || whole.is_empty() || decimals.is_some_and(str::is_empty) {
        return Err(MoneyInputError::Malformed);
    }
    let decimals = decimals.unwrap_or("");
    if decimals.contains(',') {
        return Err(MoneyInputError::Grouping);
    }
    if decimals.len() > 2 {
        return Err(MoneyInputError::TooPrecise);
    }
    let groups: Vec<&str> = whole.split(',').collect();
    if groups.len() > 1
        && (groups[0].is_empty() || groups[0].len() > 3 || groups[1..].iter().any(|g| g.len() != 3))
    {
        return Err(MoneyInputError::Grouping);
    }
    let mut digits = String::with_capacity(whole.len() + 3);
    if negative {
        digits.push('-');
    }
    digits.extend(whole.chars().filter(char::is_ascii_digit));
    // two decimals exactly, so that the digits are fen
    let _ = write!(digits, "{decimals:0<2}");
    digits.parse::<i64>().map_err(|_| MoneyInputError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_is_grouped_and_signed() {
        for (fen, want) in [
            (0, "0.00"),
            (5, "0.05"),
            (100, "1.00"),
            (99_999, "999.99"),
            (100_000, "1,000.00"),
            (12_345_678, "123,456.78"),
            (-12_345_678, "\u{2212}123,456.78"),
            (i64::MAX, "92,233,720,368,547,758.07"),
            (i64::MIN, "\u{2212}92,233,720,368,547,758.08"),
        ] {
            assert_eq!(yuan(fen), want);
        }
    }

    #[test]
    fn headlines_round_and_change_unit() {
        for (fen, want) in [
            (12_345_678, "12.35\u{a0}万元"),
            (1_000_000, "1.00\u{a0}万元"),
            (999_999, "9,999.99\u{a0}元"),
            (0, "0.00\u{a0}元"),
            (-12_345_678, "\u{2212}12.35\u{a0}万元"),
            (9_999_994_999, "9,999.99\u{a0}万元"),
            (9_999_995_000, "1.00\u{a0}亿元"),
            (12_000_000_000, "1.20\u{a0}亿元"),
        ] {
            assert_eq!(headline(Lang::Zh, fen), want);
        }
        assert_eq!(headline(Lang::En, 12_345_678), "123,456.78\u{a0}yuan");
        assert!(headline(Lang::Zh, i64::MIN).ends_with("亿元"));
    }

    #[test]
    fn shares_carry_their_base() {
        assert_eq!(percent(Lang::Zh, 25, 40, "户"), "62.5\u{a0}%（25/40\u{a0}户）");
        assert_eq!(percent(Lang::En, 25, 40, "households"), "62.5\u{a0}% (25 of 40 households)");
        assert_eq!(percent(Lang::Zh, 0, 0, "户"), "—（0/0\u{a0}户）");
        assert_eq!(percent(Lang::Zh, 2, 3, ""), "66.7\u{a0}%（2/3）");
    }

    #[test]
    fn capitals_follow_the_rules_of_the_central_bank() {
        for (fen, want) in [
            (0, "零元整"),
            (1, "壹分"),
            (10, "壹角整"),
            (12, "壹角贰分"),
            (100, "壹元整"),
            (105, "壹元零伍分"),
            (150, "壹元伍角整"),
            (1_000, "壹拾元整"),
            (1_100, "壹拾壹元整"),
            (10_000, "壹佰元整"),
            (10_100, "壹佰零壹元整"),
            (11_000, "壹佰壹拾元整"),
            (100_100, "壹仟零壹元整"),
            (101_000, "壹仟零壹拾元整"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (168_032, "壹仟陆佰捌拾元叁角贰分"),
            (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
            (32_504, "叁佰贰拾伍元零肆分"),
            (10_700_053, "壹拾万柒仟元伍角叁分"),
            (10_050_000, "壹拾万零伍佰元整"),
            (12_345_678, "壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
            (-12_345_678, "负壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
            (100_000_000, "壹佰万元整"),
            (100_000_100, "壹佰万零壹元整"),
            (1_000_010_000, "壹仟万零壹佰元整"),
            (10_000_000_000, "壹亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (10_000_700_000, "壹亿零柒仟元整"),
            (10_100_000_000, "壹亿零壹佰万元整"),
            (11_000_000_000, "壹亿壹仟万元整"),
            (10_001_000_000, "壹亿零壹万元整"),
            (1_000_000_000_000, "壹佰亿元整"),
            (1_000_000_000_000_000, "壹拾万亿元整"),
            (i64::MAX, "玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分"),
        ] {
            assert_eq!(rmb_upper(fen), want, "{fen}");
        }
    }

    #[test]
    fn typed_amounts() {
        for (text, want) in [
            ("１，２３４．５０", 123_450),
            ("1234.5", 123_450),
            ("1,234,567.89", 123_456_789),
            (" 1 234.50 ", 123_450),
            ("¥12", 1_200),
            ("￥１２．０５", 1_205),
            ("88元", 8_800),
            ("12。5", 1_250),
            ("0", 0),
            ("0.01", 1),
            ("007", 700),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(parse_money_input(text), Ok(want), "{text}");
        }
        for (text, want) in [
            ("", MoneyInputError::Empty),
            ("　元", MoneyInputError::Empty),
            ("12.345", MoneyInputError::TooPrecise),
            ("12,50", MoneyInputError::Grouping),
            ("1,2345", MoneyInputError::Grouping),
            (",123", MoneyInputError::Grouping),
            ("1.2.3", MoneyInputError::Malformed),
            (".5", MoneyInputError::Malformed),
            ("5.", MoneyInputError::Malformed),
            ("1.2万", MoneyInputError::InWan),
            ("-5", MoneyInputError::Negative),
            ("1e5", MoneyInputError::Unexpected('e')),
            ("一百", MoneyInputError::Unexpected('一')),
            ("92233720368547758.08", MoneyInputError::TooLarge),
            ("99999999999999999999999999", MoneyInputError::TooLarge),
        ] {
            assert_eq!(parse_money_input(text), Err(want), "{text}");
        }
        assert_eq!(parse_signed_money_input("−1,000.01"), Ok(-100_001));
        assert_eq!(parse_signed_money_input("－５"), Ok(-500));
        assert_eq!(parse_signed_money_input("--5"), Err(MoneyInputError::Unexpected('-')));
    }

    #[test]
    fn every_error_names_a_remedy_in_both_languages() {
        use MoneyInputError as E;
        for e in [
            E::Empty,
            E::Unexpected('x'),
            E::TooPrecise,
            E::Grouping,
            E::InWan,
            E::Negative,
            E::Malformed,
            E::TooLarge,
        ] {
            assert!(!e.message(Lang::Zh).is_empty() && !e.message(Lang::En).is_empty());
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_can_be_typed_again(fen: i64) {
            if fen > i64::MIN {
                proptest::prop_assert_eq!(parse_signed_money_input(&yuan(fen)), Ok(fen));
            }
        }

        #[test]
        fn capitals_never_stutter(fen in 0i64..) {
            let text = rmb_upper(fen);
            proptest::prop_assert!(!text.contains("零零") && !text.contains("零元零") && !text.contains("零万"));
        }

        #[test]
        fn typing_anything_never_panics(text in "\\PC{0,20}") {
            let _ = parse_signed_money_input(&text);
        }
    }
}
