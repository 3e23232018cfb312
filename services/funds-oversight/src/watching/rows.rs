//! From events to rows: the few fields that watches look at. Pure; an event gives the same rows whenever it is read.

use engines::watch::Row;
use kernel::Event;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::facts::{accounts::AccountCode, voucher::Line};

/// Payments that were asked for and not handed back.
pub const PAYMENTS: &str = "payments";
/// Lines of the budget.
pub const BUDGETS: &str = "budgets";
/// Cash and bank after an entry: one row, the last.
pub const BALANCES: &str = "balances";
/// What contracts owe.
pub const DUES: &str = "dues";

/// What becomes of the rows of a unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// This row, in place of one with its key.
    Put(Row),
    /// No such row any more: source and key.
    Drop(&'static str, String),
}

/// What is known beside an event.
pub struct Beside<'a> {
    /// Who is paid, when somebody could be: an organisation by name, a person by what stands for them.
    pub payee: Option<&'a str>,
    /// What a measure of the payee says.
    pub kin: bool,
    /// The row that the event may change.
    pub before: Option<&'a Row>,
}

/// The row that an event may change: source and key.
pub fn of(event: &Event) -> Option<(&'static str, String)> {
    let text = |field: &str| event.data.get(field).and_then(Value::as_str).map(str::to_owned);
    match event.fact() {
        "payment-requested.v1" | "payment-corrected.v1" | "payment-returned.v1" => {
            Some((PAYMENTS, text("payment")?))
        }
        "budget-adopted.v1" => Some((BUDGETS, text("reserve")?)),
        "opening-balances-signed.v1" | "voucher-posted.v1" => Some((BALANCES, "now".to_owned())),
        "due-arisen.v1" | "due-settled.v1" => {
            Some((DUES, format!("{}.{}", text("contract")?, event.data.get("number")?)))
        }
        _ => None,
    }
}

/// What an event changes.
pub fn change(event: &Event, beside: &Beside<'_>) -> Option<Change> {
    let (source, key) = of(event)?;
    let fields = match event.fact() {
        "payment-returned.v1" => return Some(Change::Drop(source, key)),
        "budget-adopted.v1" => {
            let year = event.data.get("year")?.to_string();
            json!({ "account": event.data.get("line")?, "year": year, "amount": event.data.get("amount")? })
        }
        "opening-balances-signed.v1" | "voucher-posted.v1" => balances(event, beside.before)?,
        "due-arisen.v1" => {
            let amount = event.data.get("amount")?;
            json!({ "due_on": event.data.get("due_on")?, "amount": amount, "unpaid": amount })
        }
        "due-settled.v1" => {
            let mut fields = beside.before?.fields.clone();
            let unpaid = fields.get("unpaid")?.as_i64()?;
            let left = unpaid.saturating_sub(event.data.get("amount")?.as_i64()?);
            fields.insert("unpaid".to_owned(), left.max(0).into());
            Value::Object(fields)
        }
        _ => {
            let month = event.data.get("month")?.as_str()?;
            json!({
                "amount": event.data.get("amount")?,
                "account": event.data.get("account")?,
                "year": month.get(..4)?,
                // whoever is not known is alike nobody
                "payee": beside.payee.unwrap_or(&key),
                "kin": beside.kin,
            })
        }
    };
    let Value::Object(fields) = fields else { return None };
    let event_id = event.id.clone();
    let on = event.time.date();
    Some(Change::Put(Row { source: source.to_owned(), key, event: event_id, on, fields }))
}

fn balances(event: &Event, before: Option<&Row>) -> Option<Value> {
    let lines: Vec<Line> = serde_json::from_value(event.data.get("lines")?.clone()).ok()?;
    let known = |name: &str| {
        before.and_then(|row| row.fields.get(name)).and_then(Value::as_i64).unwrap_or_default()
    };
    let moved = |of: AccountCode| {
        let own = lines.iter().filter(|line| line.account == of);
        own.map(|line| {
            let side = |money: Option<kernel::Money>| money.unwrap_or_default().fen();
            side(line.debit) - side(line.credit)
        })
        .sum::<i64>()
    };
    let bank = known("bank").saturating_add(moved(AccountCode::BANK));
    let cash = known("cash").saturating_add(moved(AccountCode::CASH));
    let lowest = super::measures::lowest(bank, cash);
    let month = event.data.get("month")?;
    Some(json!({ "bank": bank, "cash": cash, "lowest": lowest, "month": month }))
}

/// What stands for a payee in rows: two payments to one payee have the same, and it names nobody.
pub fn stands_for(payee: &Map<String, Value>) -> Option<String> {
    let named = payee.get("organisation").or_else(|| payee.get("person"))?.as_str()?;
    let kind = if payee.contains_key("person") { "person" } else { "organisation" };
    let hash = Sha256::digest(format!("watch\n{kind}\n{named}").as_bytes());
    Some(hex::encode(hash.get(..16)?))
}
