//! The articles that this service's invariants enforce, by citation key. Knows no rule, only how an article is named.
//!
//! A key is a law's short name and an article: `OLVC 37`, `RCEO 26(7)`. Article numbers are those in force on 2026-01-01.

use kernel::{Citation, Text};

/// Laws and rules by short name: Chinese title, English title, and whether its parts are articles (条) or sections.
const LAWS: &[(&str, &str, &str, &str)] = &[
    ("OLVC", "《中华人民共和国村民委员会组织法》", "Organic Law of the Villagers' Committees", "条"),
    ("RCEO", "《中华人民共和国农村集体经济组织法》", "Rural Collective Economic Organisations Law", "条"),
    ("LCL", "《中华人民共和国农村土地承包法》", "Rural Land Contracting Law", "条"),
    ("LAL", "《中华人民共和国土地管理法》", "Land Administration Law", "条"),
    ("PIPL", "《中华人民共和国个人信息保护法》", "Personal Information Protection Law", "条"),
    ("PBR", "《中国共产党支部工作条例（试行）》", "Regulations on Party Branch Work (Trial)", "条"),
    ("ACL", "《中华人民共和国会计法》", "Accounting Law", "条"),
    (
        "SUP-2017",
        "《关于建立健全村务监督委员会的指导意见》",
        "Guiding Opinions on Village Supervision Committees (2017)",
        "部分",
    ),
    (
        "STAT-2009",
        "《统计用区划代码和城乡划分代码编制规则》（国统字〔2009〕91号）",
        "Rules for Statistical Division Codes (2009 No. 91)",
        "条",
    ),
    ("local-decision-rules", "地方“四议两公开”工作规程", "the local rules for village decisions", "条"),
    ("county-finance", "县级农村集体财务管理规定", "the county's rules for collective finance", "条"),
    ("province-rules", "省级规则管理规定", "the province's rules for adopting procedures", "条"),
];

/// The article behind a key. A key of an unknown law keeps its own text as the name, so that nothing is hidden.
pub fn law(key: &str) -> Citation {
    let (short, article) = match key.split_once(' ') {
        Some((short, article)) => (short, Some(article)),
        None => (key, None),
    };
    let Some((_, zh, en, unit)) = LAWS.iter().find(|(name, ..)| *name == short) else {
        return Citation { article: key.to_owned(), name: Text::new(key, key) };
    };
    let name = match article {
        None => Text::new(*zh, *en),
        Some(article) => Text::new(
            format!("{zh}{}", chinese_article(article, unit)),
            format!("{en}, {} {article}", if *unit == "条" { "art." } else { "section" }),
        ),
    };
    Citation { article: key.to_owned(), name }
}

/// `26(7)` as `第二十六条第七项`.
fn chinese_article(article: &str, unit: &str) -> String {
    let (number, item) = match article.split_once('(') {
        Some((number, rest)) => (number, Some(rest.trim_end_matches(')'))),
        None => (article, None),
    };
    let spell = |digits: &str| {
        digits.parse::<u16>().map_or_else(|_| digits.to_owned(), chinese_number)
    };
    let mut text = format!("第{}{unit}", spell(number));
    if let Some(item) = item {
        text.push_str(&format!("第{}项", spell(item)));
    }
    text
}

/// A number below 1000 in Chinese numerals.
fn chinese_number(n: u16) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |d: u16| DIGITS.get(usize::from(d)).copied().unwrap_or("");
    let (hundreds, tens, ones) = (n / 100, n / 10 % 10, n % 10);
    let mut text = String::new();
    if hundreds > 0 {
        text.push_str(digit(hundreds));
        text.push('百');
        if tens == 0 && ones > 0 {
            text.push('零');
        }
    }
    if tens > 0 {
        if tens > 1 || hundreds > 0 {
            text.push_str(digit(tens));
        }
        text.push('十');
    }
    if ones > 0 || n == 0 {
        text.push_str(digit(ones));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_articles_in_both_languages() {
        assert_eq!(law("OLVC 37").name.zh, "《中华人民共和国村民委员会组织法》第三十七条");
        assert_eq!(law("OLVC 37").name.en, "Organic Law of the Villagers' Committees, art. 37");
        assert_eq!(
            law("RCEO 26(7)").name.zh,
            "《中华人民共和国农村集体经济组织法》第二十六条第七项"
        );
        assert_eq!(law("local-decision-rules").name.zh, "地方“四议两公开”工作规程");
        assert_eq!(chinese_number(10), "十");
        assert_eq!(chinese_number(203), "二百零三");
        assert_eq!(law("XYZ 1").name.zh, "XYZ 1");
    }
}
