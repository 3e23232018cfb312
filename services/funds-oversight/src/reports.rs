//! The reports that the program brings along, and the figures that a report may name. What a figure comes to is computed
//! from published vouchers by whoever shows it.

use definitions::{Finding, report::Report};

use crate::{facts::accounts, rules::citations};

/// File name and text.
pub const EMBEDDED: [(&str, &str); 2] = [
    ("balance-sheet.toml", include_str!("../definitions/reports/balance-sheet.toml")),
    ("income-statement.toml", include_str!("../definitions/reports/income-statement.toml")),
];

/// The kinds of figure of each account. `balance.101`: on the account's own side at the column's end. `debit.112`,
/// `credit.112`: the same, where it lies on that side, else nothing. `moved.501`: what the column's time added, on the
/// account's own side.
pub const KINDS: [&str; 4] = ["balance", "debit", "credit", "moved"];

/// Every figure that a report may name.
pub fn figures() -> Vec<String> {
    accounts::chart()
        .iter()
        .flat_map(|account| KINDS.map(|kind| format!("{kind}.{}", account.code)))
        .collect()
}

/// The embedded reports, checked.
///
/// # Errors
/// What the checker finds.
pub fn embedded() -> Result<Vec<Report>, Vec<Finding>> {
    let figures = figures();
    EMBEDDED.iter().map(|(file, text)| Report::check(file, text, &figures, citations())).collect()
}
