//! What is done to a book (记账、结账): each function gives the events or says why not. Reads no clock.

use kernel::{Class, Date, Draft, Money, Refusal, StreamId, Text, UnitId, Verdict};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    accounts::AccountCode,
    archived,
    book::{
        Book, FirstSignatureGiven, OpeningBalancesSigned, PeriodClosed, PeriodOpened, Signed,
        VoucherPosted, VoucherReversed,
    },
    checked_text, fact,
    month::Month,
    one_person,
    voucher::{self, Balanced, Line, voucher_id},
};
use crate::rules::law;

/// The stream of a collective's book.
pub fn stream(unit: &UnitId) -> StreamId {
    StreamId::of("book", unit)
}

/// Either this signature is the first of two, or it is the second and the thing happens: the first signer comes back.
enum Signature {
    First(Draft),
    Second([String; 2]),
}

fn sign(
    book: Option<&Book>,
    unit: &UnitId,
    act: Signed,
    month: Month,
    content: &str,
    person: &str,
) -> Result<Signature, Verdict> {
    match book.and_then(|b| b.waiting(act, month)) {
        Some(first) if first.person == person && first.content == content => {
            Err(one_person(Text::new(
                "您已经签过了，第二个签字要由另一个人签",
                "You have signed already; the second signature is another person's",
            ))
            .into())
        }
        Some(first) if first.person != person && first.content == content => {
            Ok(Signature::Second([first.person.clone(), person.to_owned()]))
        }
        Some(first) if first.person != person => Err(Refusal::new(
            "changed-since-signed",
            Text::new("第一个人签字以后内容变了", "What the first person signed has changed since"),
            Text::new("请第一个人重新核对、签字", "Let the first person check and sign again"),
        )
        .by_law(law("ACC-2023"))
        .into()),
        _ => Ok(Signature::First(fact(
            stream(unit),
            "first-signature-given.v1",
            &FirstSignatureGiven {
                act,
                month,
                content: content.to_owned(),
                person: person.to_owned(),
            },
        )?)),
    }
}

/// Signs the opening balances (期初余额); with the second signature the book starts and its first month is open.
///
/// # Errors
/// When the book has started, the lines do not balance, or one person would sign twice.
pub fn sign_opening_balances(
    book: Option<&Book>,
    unit: &UnitId,
    month: Month,
    lines: Vec<Line>,
    person: &str,
    today: Date,
) -> Result<Vec<Draft>, Verdict> {
    if book.is_some_and(|b| !b.months.is_empty()) {
        return Err(Refusal::new(
            "book-started",
            Text::new("账簿已经启用", "The book has started"),
            Text::new("期初差错请用更正凭证", "Correct an opening balance by a voucher"),
        )
        .by_law(law("ACC-2023"))
        .into());
    }
    not_far_ahead(month, today)?;
    let lines = if lines.is_empty() { lines } else { Balanced::new(lines)?.into_lines() };
    let content = hex::encode(Sha256::digest(
        voucher::digest(unit.as_str(), month.first(), None, &lines).as_bytes(),
    ));
    match sign(book, unit, Signed::OpeningBalances, month, &content, person)? {
        Signature::First(draft) => Ok(vec![draft]),
        Signature::Second(persons) => Ok(vec![
            fact(
                stream(unit),
                "opening-balances-signed.v1",
                &OpeningBalancesSigned { month, lines, persons: persons.clone(), content },
            )?,
            fact(stream(unit), "period-opened.v1", &PeriodOpened { month, persons })?,
        ]),
    }
}

/// Signs the opening of the next month (启用会计期间).
///
/// # Errors
/// When the book has not started, or the month is not the one after the last.
pub fn sign_period_opening(
    book: Option<&Book>,
    unit: &UnitId,
    month: Month,
    person: &str,
    today: Date,
) -> Result<Vec<Draft>, Verdict> {
    let last = started(book)?.months.keys().next_back().copied();
    if last.map(Month::next) != Some(month) {
        return Err(out_of_order(
            Text::new(format!("{month}不是下一个月"), format!("{month} is not the next month")),
            last.map(Month::next),
        )
        .into());
    }
    not_far_ahead(month, today)?;
    match sign(book, unit, Signed::PeriodOpening, month, "", person)? {
        Signature::First(draft) => Ok(vec![draft]),
        Signature::Second(persons) => {
            Ok(vec![fact(stream(unit), "period-opened.v1", &PeriodOpened { month, persons })?])
        }
    }
}

/// Signs the closing of a month (结账); with the second signature it is closed.
///
/// # Errors
/// When an earlier month is open, the month is not over, or it changed since the first signature.
pub fn sign_period_closing(
    book: Option<&Book>,
    unit: &UnitId,
    month: Month,
    person: &str,
    today: Date,
) -> Result<Vec<Draft>, Verdict> {
    let known = started(book)?;
    let of = known.open_month(month)?;
    if let Some(earlier) = known.months.iter().find(|(m, b)| **m < month && !b.closed) {
        return Err(out_of_order(
            Text::new(
                format!("{}还没有结账", earlier.0),
                format!("{} is not closed yet", earlier.0),
            ),
            Some(*earlier.0),
        )
        .into());
    }
    if today <= month.last() {
        return Err(out_of_order(
            Text::new(format!("{month}还没有过完"), format!("{month} is not over yet")),
            None,
        )
        .into());
    }
    let trial_balance = known.trial_balance(month);
    let content = voucher::digest_of_month(&of.digests);
    let vouchers = of.vouchers;
    match sign(book, unit, Signed::PeriodClosing, month, &trial_balance, person)? {
        Signature::First(draft) => Ok(vec![draft]),
        Signature::Second(persons) => Ok(vec![fact(
            stream(unit),
            "period-closed.v1",
            &PeriodClosed { month, persons, trial_balance, vouchers, content },
        )?]),
    }
}

/// What a voucher says besides its lines.
pub struct Entry<'a> {
    /// The day of the business.
    pub date: Date,
    /// The summary (摘要).
    pub summary: &'a str,
    /// The payment it records.
    pub payment: Option<&'a str>,
    /// The voucher it takes back.
    pub reverses: Option<&'a str>,
}

/// Posts a voucher (记账) into the open month of its day, under the month's next number.
///
/// # Errors
/// When the month is not open, the day lies ahead, or a balance would leave its bounds.
pub fn post(
    book: Option<&Book>,
    unit: &UnitId,
    lines: Balanced,
    entry: &Entry<'_>,
    today: Date,
) -> Result<(VoucherPosted, Draft), Verdict> {
    let known = started(book)?;
    if entry.date > today {
        return Err(Refusal::field(
            "date",
            Text::new("日期还没到", "The day lies ahead"),
            Text::new(format!("请填{today}或之前"), format!("Give {today} or before")),
        )
        .into());
    }
    let month = Month::of(entry.date);
    let of = known.open_month(month)?;
    let summary = checked_text("summary", entry.summary, 200)?;
    within_bounds(known, lines.lines())?;
    let number = of.vouchers.saturating_add(1);
    let posted = VoucherPosted {
        voucher: voucher_id(unit, month, number),
        number,
        month,
        date: entry.date,
        lines: lines.into_lines(),
        payment: entry.payment.map(str::to_owned),
        reverses: entry.reverses.map(str::to_owned),
    };
    let draft = fact(stream(unit), "voucher-posted.v1", &posted)?.sealing(archived(
        "summary",
        summary.into(),
        Class::Public,
        format!("book-{unit}"),
        "villagers read what each entry is for",
    ));
    Ok((posted, draft))
}

/// What shows that a voucher is as it was posted: the book keeps hashes, not old lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Original {
    /// The voucher's id.
    pub voucher: String,
    /// Its day.
    pub date: Date,
    /// What it takes back, when it is a reversal itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// For a closed month: the hashes of all its vouchers, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub month: Vec<String>,
}

/// Takes a voucher back (冲销): dated today, with the same amounts on the other sides.
///
/// # Errors
/// When there is no such voucher, or the copy shown is not what was posted.
pub fn reverse(
    book: Option<&Book>,
    unit: &UnitId,
    original: &Original,
    reason: &str,
    today: Date,
) -> Result<Vec<Draft>, Verdict> {
    let known = started(book)?;
    if !is_as_posted(known, original) {
        return Err(Refusal::field(
            "voucher",
            Text::new(
                "没有这张凭证，或者内容与已记账的不一致",
                "There is no such voucher, or this is not how it was posted",
            ),
            Text::new("请从账簿里打开要冲销的凭证", "Open the voucher from the book"),
        )
        .into());
    }
    if original.reverses.is_some() {
        return Err(Refusal::new(
            "reversal-of-a-reversal",
            Text::new(
                "冲销凭证不能再冲销",
                "A voucher that takes another back is not taken back itself",
            ),
            Text::new("请重新填制正确的凭证", "Enter the right voucher anew"),
        )
        .by_law(law("ACC-2023"))
        .at("voucher")
        .into());
    }
    let reason = checked_text("reason", reason, 200)?;
    let lines = Balanced::new(original.lines.clone())?.reversed();
    let entry =
        Entry { date: today, summary: &reason, payment: None, reverses: Some(&original.voucher) };
    let (posted, draft) = post(book, unit, lines, &entry, today)?;
    let reversed =
        VoucherReversed { voucher: original.voucher.clone(), by: posted.voucher, on: today };
    let named = fact(stream(unit), "voucher-reversed.v1", &reversed)?.sealing(archived(
        "reason",
        reason.into(),
        Class::Public,
        format!("book-{unit}"),
        "villagers read why an entry was taken back",
    ));
    Ok(vec![draft, named])
}

fn is_as_posted(book: &Book, original: &Original) -> bool {
    let Some((month, number)) = voucher::parse_voucher_id(&book.unit, &original.voucher) else {
        return false;
    };
    let Some(of) = book.months.get(&month) else {
        return false;
    };
    let digests = if of.closed {
        if voucher::digest_of_month(&original.month) != of.content {
            return false;
        }
        &original.month
    } else {
        &of.digests
    };
    let index = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
    let digest = voucher::digest(
        &original.voucher,
        original.date,
        original.reverses.as_deref(),
        &original.lines,
    );
    index.and_then(|i| digests.get(i)).is_some_and(|posted| *posted == digest)
}

fn within_bounds(book: &Book, lines: &[Line]) -> Result<(), Refusal> {
    let mut balances = book.balances();
    for line in lines {
        let sum = balances.entry(line.account).or_default();
        match sum.checked_add(line.net()) {
            Some(new) if new.fen().unsigned_abs() <= LARGEST_BALANCE => *sum = new,
            _ => return Err(too_large(line.account, *sum)),
        }
    }
    Ok(())
}

/// The largest balance, in fen: sums of 42 of them still fit an `i64`.
const LARGEST_BALANCE: u64 = 100_000_000_000_000_000;

fn too_large(account: AccountCode, balance: Money) -> Refusal {
    Refusal::field(
        "lines",
        Text::new(
            format!("科目{account}的余额（现为{balance}元）会超出范围"),
            format!("The balance of account {account} (now {balance} yuan) would leave its bounds"),
        ),
        Text::new("请核对金额", "Check the amount"),
    )
}

pub(crate) fn started(book: Option<&Book>) -> Result<&Book, Refusal> {
    book.filter(|b| !b.months.is_empty()).ok_or_else(|| {
        Refusal::new(
            "book-not-started",
            Text::new("账簿还没有启用", "The book has not started"),
            Text::new(
                "请先由两个人签字确认期初余额",
                "Two persons sign the opening balances first",
            ),
        )
        .by_law(law("ACC-2023"))
    })
}

fn not_far_ahead(month: Month, today: Date) -> Result<(), Refusal> {
    let latest = Month::of(today).next();
    if month <= latest {
        return Ok(());
    }
    Err(out_of_order(
        Text::new(format!("{month}还早"), format!("{month} lies too far ahead")),
        Some(latest),
    ))
}

fn out_of_order(what: Text, right: Option<Month>) -> Refusal {
    let remedy = right.map_or_else(
        || Text::new("请在月底以后办理", "Do this after the month's end"),
        |month| Text::new(format!("先办{month}"), format!("First comes {month}")),
    );
    Refusal::new("months-in-order", what, remedy).by_law(law("ACC-2023")).at("month")
}
