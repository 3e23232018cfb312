//! The reports that the program brings along, and the figures of the books that reports and indicators may name. What a
//! figure comes to is computed from published vouchers by whoever shows it.

use definitions::formula::Unit;
use kernel::Text;

use crate::facts::accounts;

/// File name and text.
pub const EMBEDDED: [(&str, &str); 4] = [
    ("balance-sheet.toml", include_str!("../definitions/reports/balance-sheet.toml")),
    ("income-statement.toml", include_str!("../definitions/reports/income-statement.toml")),
    ("disclosure-sheet.toml", include_str!("../definitions/reports/disclosure-sheet.toml")),
    ("assets-verified.toml", include_str!("../definitions/reports/assets-verified.toml")),
];

/// The files of cases beside them.
pub const REPORT_CASES: [(&str, &str); 4] = [
    ("balance-sheet.cases.toml", include_str!("../definitions/reports/balance-sheet.cases.toml")),
    (
        "income-statement.cases.toml",
        include_str!("../definitions/reports/income-statement.cases.toml"),
    ),
    (
        "disclosure-sheet.cases.toml",
        include_str!("../definitions/reports/disclosure-sheet.cases.toml"),
    ),
    (
        "assets-verified.cases.toml",
        include_str!("../definitions/reports/assets-verified.cases.toml"),
    ),
];

/// The kinds of figure of each account. `balance.101`: on the account's own side at the column's end. `debit.112`,
/// `credit.112`: the same, where it lies on that side, else nothing. `moved.501`: what the column's time added, on the
/// account's own side. `received.501`, `spent.513`: what cash and bank took in and paid out through the account in the
/// column's time; what is taken back lowers what was. `opening.101`: the balance at the beginning of the column's time.
pub const KINDS: [(&str, &str, &str); 7] = [
    ("balance", "余额", "balance of"),
    ("opening", "期初余额", "opening balance of"),
    ("debit", "借方余额", "debit balance of"),
    ("credit", "贷方余额", "credit balance of"),
    ("moved", "发生额", "movement of"),
    ("received", "收到的钱", "money received through"),
    ("spent", "付出的钱", "money spent through"),
];

/// Every figure that the books offer; all are money.
pub fn figures() -> Vec<(String, Unit)> {
    let of = |code: String| KINDS.map(|(kind, ..)| (format!("{kind}.{code}"), Unit::Money));
    accounts::chart().iter().flat_map(|account| of(account.code.to_string())).collect()
}

/// What a figure is called; the name itself where it is none.
pub fn called(name: &str) -> Text {
    let found = name.split_once('.').and_then(|(kind, code)| {
        let (_, zh, en) = KINDS.into_iter().find(|(known, ..)| *known == kind)?;
        let account = accounts::chart().iter().find(|one| one.code.to_string() == code)?;
        let Text { zh: account_zh, en: account_en } = &account.name;
        Some(Text::new(format!("{account_zh}{zh}"), format!("{en} {account_en}")))
    });
    found.unwrap_or_else(|| Text::new(name, name))
}
