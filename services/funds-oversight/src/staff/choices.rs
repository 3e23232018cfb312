//! What may be chosen in a form, with what it means or what is left of it; and the words for values. Decides nothing.

use definitions::Definitions;
use desk::Choice;
use kernel::{Date, Text, UnitId};
use store::{Store, StoreError};

use crate::{
    facts::{
        accounts::{self, Account, AccountClass, AccountCode},
        reserve::id_of_resolution,
    },
    shows::{
        board, directory,
        ledger::{self, Left},
    },
};

/// The choices for a field; `None` where it is typed.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_field(
    (store, definitions): (&Store, &Definitions),
    unit: &UnitId,
    field: &str,
    today: Date,
) -> Result<Option<Vec<Choice>>, StoreError> {
    let list = match field {
        "account" => spending().map(account).collect(),
        "reserve" => {
            let left = ledger::left(store, unit).await?;
            let lines = left.iter().filter(|left| left.source != "resolution");
            let mut list: Vec<Choice> = lines.map(reserve).collect();
            // Straight from a resolution, without a budget line.
            list.extend(resolutions(store, unit, today).await?);
            list
        }
        "resolution" => resolutions(store, unit, today).await?,
        "bank_account" => ledger::accounts(store, unit).await?.iter().map(bank_account).collect(),
        "asset" => cases(board::of_kind(store, definitions, unit, "asset").await?),
        "allocation" => cases(board::offered_to(store, definitions, unit).await?),
        "renews" => cases(board::of_kind(store, definitions, unit, "lease").await?),
        "item" => cases(board::of_kind(store, definitions, unit, "month-close").await?),
        "voucher" => ledger::latest(store, unit).await?.iter().map(voucher).collect(),
        _ => return Ok(None),
    };
    Ok(Some(list))
}

fn cases(list: Vec<(String, Text)>) -> Vec<Choice> {
    list.into_iter().map(|(id, title)| Choice::new(id, title)).collect()
}

/// The accounts that a payment may be booked to: neither money itself nor income.
fn spending() -> impl Iterator<Item = &'static Account> {
    let chart = accounts::chart().iter();
    chart.filter(|account| !account.code.is_money() && account.class != AccountClass::Income)
}

/// An account of the chart, with its plain meaning.
pub fn account(account: &Account) -> Choice {
    let (code, name) = (account.code, &account.name);
    let label = Text::new(format!("{code} {}", name.zh), format!("{code} {}", name.en));
    Choice { hint: Some(account.meaning.clone()), ..Choice::new(code.to_string(), label) }
}

/// A budget line, a grant or a resolution, with what is left.
pub fn reserve(left: &Left) -> Choice {
    let year = left.year.unwrap_or_default();
    let label = match left.source.as_str() {
        "budget" => {
            let line = left.line.as_deref().and_then(AccountCode::parse);
            let name = line.and_then(accounts::account).map(|a| a.name.clone()).unwrap_or_default();
            Text::new(format!("{year}年预算：{}", name.zh), format!("Budget {year}: {}", name.en))
        }
        "grant" => {
            let reference = left.reference.as_deref().unwrap_or_default();
            Text::new(format!("专项资金 {reference}"), format!("Grant {reference}"))
        }
        _ => {
            let resolution = left.resolution.as_deref().unwrap_or_default();
            Text::new(format!("决议 {resolution}"), format!("Resolution {resolution}"))
        }
    };
    let (free, all) = (pages::yuan(left.available.fen()), pages::yuan(left.granted.fen()));
    let hint = Text::new(format!("还剩{free}元，共{all}元"), format!("{free} yuan left of {all}"));
    Choice { hint: Some(hint), ..Choice::new(left.reserve.clone(), label) }
}

/// A bank account by what it is for and its last digits.
pub fn bank_account(account: &ledger::Account) -> Choice {
    let kind = word("kind", &account.kind).unwrap_or_default();
    let end = &account.ends_with;
    let label = Text::new(format!("{}（尾号{end}）", kind.zh), format!("{} (…{end})", kind.en));
    Choice::new(account.account.clone(), label)
}

fn voucher(voucher: &ledger::Voucher) -> Choice {
    let (month, number) = (&voucher.month, voucher.number);
    let sum: kernel::Money = voucher.lines.iter().map(|line| line.debit.unwrap_or_default()).sum();
    let sum = pages::yuan(sum.fen());
    let label =
        Text::new(format!("{month} 第{number}号凭证"), format!("Voucher {number} of {month}"));
    let hint =
        Text::new(format!("{}，{sum}元", voucher.date), format!("{}, {sum} yuan", voucher.date));
    Choice { hint: Some(hint), ..Choice::new(voucher.voucher.clone(), label) }
}

/// The resolutions in force with what is left of their limits.
async fn resolutions(store: &Store, unit: &UnitId, today: Date) -> Result<Vec<Choice>, StoreError> {
    let left = ledger::left(store, unit).await?;
    let mut list = Vec::new();
    for citable in directory::citable(store, unit, today).await? {
        let Some(limit) = citable.limit.filter(|limit| limit.is_positive()) else { continue };
        let headroom = id_of_resolution(&citable.resolution);
        let drawn = left.iter().find(|left| left.reserve == headroom);
        let free = pages::yuan(drawn.map_or(limit, |left| left.available).fen());
        let (id, from) = (&citable.resolution, &citable.published);
        let label = Text::new(format!("决议 {id}"), format!("Resolution {id}"));
        let hint = Text::new(
            format!("{from}公开，限额{}元，还剩{free}元", pages::yuan(limit.fen())),
            format!("posted {from}; limit {} yuan, {free} left", pages::yuan(limit.fen())),
        );
        list.push(Choice { hint: Some(hint), ..Choice::new(id.clone(), label) });
    }
    Ok(list)
}

/// The word for a value of a field.
pub fn word(field: &str, value: &str) -> Option<Text> {
    let (zh, en) = match (field, value) {
        ("method", "bank") => ("银行转账", "Bank transfer"),
        ("method", "cash") => ("现金", "Cash"),
        ("code", "papers-missing") => ("单据不全", "Papers are missing"),
        ("code", "wrong-amount") => ("金额不符", "The amount is wrong"),
        ("code", "wrong-account") => ("科目不对", "The account is wrong"),
        ("code", "not-agreed") => ("不同意支付", "Not agreed to"),
        ("code", "wrong-payee") => ("收款人有误", "The payee is wrong"),
        ("code", "bank-rejected") => ("银行退票", "The bank sent it back"),
        ("outcome", "passed") => ("审核通过", "Passed"),
        ("outcome", "queried") => ("有疑问", "Queried"),
        ("outcome", "accepted") => ("认可答复", "Answer accepted"),
        ("outcome", "referred") => ("转乡镇处理", "Taken to the township"),
        ("held_by", "collective") => ("集体经济组织", "The collective"),
        ("held_by", "person") => ("个人（不得使用）", "A person (not allowed)"),
        ("kind", "basic") => ("基本存款账户", "Basic account"),
        ("kind", "land-compensation") => ("土地补偿费专户", "Land compensation account"),
        ("kind", "general") => ("一般存款账户", "General account"),
        ("severity", "blue") => ("蓝色预警", "Blue warning"),
        ("severity", "yellow") => ("黄色预警", "Yellow warning"),
        ("severity", "red") => ("红色预警", "Red warning"),
        ("source", "budget") => ("预算", "Budget"),
        ("source", "grant") => ("专项资金", "Grant"),
        ("source", "resolution") => ("决议", "Resolution"),
        _ => return None,
    };
    Some(Text::new(zh, en))
}
