//! Reads ledgers, and what steps book on them.

use kernel::Text;

use super::table::{Reader, Table};
use crate::{
    finding::FindingCode as Code,
    formula::Ast,
    model::{Account, Books, Ledger},
    names::fact_of,
};

/// `[[ledger]]`.
pub(super) fn ledger(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Ledger> {
    let id = row.need_text(reader, "id", "Name the ledger: `id = \"points\"`.");
    let line = row.line;
    if let Some(id) = &id {
        row.name(format!("ledger `{id}`"));
        plain(reader, id, "ledger", line);
    }
    let unit = named(
        &mut row,
        reader,
        "unit",
        "Say what is counted: `unit = { zh = \"分\", en = \"points\" }`.",
    );
    let event = |event: String| {
        let fact = fact_of(&event);
        (event, fact)
    };
    let booked = row
        .need_text(reader, "booked", "Name the event of a booking: `booked = \"PointsBooked\"`.")
        .map(event);
    let reversed = row.text(reader, "reversed").map(event);
    let law = row.need_text(reader, "law", "Cite the rule behind it, or `default`.");
    let rows = row.tables(reader, "account");
    if rows.is_empty() {
        row.missing(
            reader,
            "account",
            "Add its accounts: `account = [{ id = \"…\", zh = \"…\", en = \"…\" }, …]`.",
        );
    }
    let mut accounts: Vec<Account> = Vec::new();
    for row in rows {
        let Some(account) = account(row, reader) else { continue };
        if accounts.iter().any(|other| other.id == account.id) {
            reader.find(
                Code::Duplicate,
                Some(account.line),
                format!("there are two accounts `{}`.", account.id),
                "Give one of them another id.",
            );
            continue;
        }
        accounts.push(account);
    }
    row.finish(reader);
    Some(Ledger { id: id?, unit, booked: booked?, reversed, law: law?, accounts, line })
}

fn account(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Account> {
    let line = row.line;
    let id = row.need_text(reader, "id", "Name the account: `id = \"household\"`.");
    if let Some(id) = &id {
        row.name(format!("account `{id}`"));
        plain(reader, id, "account", line);
    }
    let name = row.both(reader);
    let per = row.text(reader, "per");
    let below_zero = row.yes(reader, "below_zero").unwrap_or(false);
    row.finish(reader);
    Some(Account { id: id?, name, per, below_zero, line })
}

fn named(row: &mut Table<'_, '_>, reader: &mut Reader, key: &'static str, remedy: &str) -> Text {
    if !row.has(key) {
        row.missing(reader, key, remedy);
    }
    row.words(reader, key).unwrap_or_default()
}

fn plain(reader: &mut Reader, id: &str, what: &str, line: usize) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !id.chars().all(plain) {
        reader.find(
            Code::BadValue,
            Some(line),
            format!("`{id}` is no name of a {what}: it stands in events."),
            "Write small letters, digits and hyphens: `handed-out`.",
        );
    }
}

/// `books = [{ ledger, from, to, amount }]`.
pub(super) fn books(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Books> {
    let line = row.line;
    let ledger = row.need_text(reader, "ledger", "Name the ledger: `ledger = \"points\"`.");
    let from = row.need_text(reader, "from", "Name the account that it leaves.");
    let to = row.need_text(reader, "to", "Name the account that it comes to.");
    let amount =
        row.need_text(reader, "amount", "Say how much: a count field, or `pieces * price`.");
    let amount_line = row.line_of(reader, "amount");
    row.finish(reader);
    match Ast::parse(&amount?) {
        Ok(amount) => Some(Books { ledger: ledger?, from: from?, to: to?, amount, line }),
        Err(flaw) => {
            reader.find(flaw.code, Some(amount_line), flaw.what, flaw.remedy);
            None
        }
    }
}
