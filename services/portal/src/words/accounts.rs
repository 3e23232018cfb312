//! The 42 accounts of the chart (农村集体经济组织会计制度, 财会〔2023〕14号) with a plain meaning each. Knows no book.

use std::sync::LazyLock;

use kernel::Text;

/// An account of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// What it means, in one plain line.
    pub meaning: Text,
    /// Its own side (余额方向) is the credit side.
    pub credit: bool,
}

static CHART: LazyLock<Vec<Account>> = LazyLock::new(|| {
    let rows = include_str!("accounts.csv").lines().skip(1);
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.split(',').map(str::trim).collect();
        let [code, zh, en, _class, side, meaning_zh, meaning_en] = cells.as_slice() else {
            return None;
        };
        Some(Account {
            code: (*code).to_owned(),
            name: Text::new(*zh, *en),
            meaning: Text::new(*meaning_zh, *meaning_en),
            credit: *side == "credit",
        })
    })
    .collect()
});

/// The account with a code; a code outside the chart has itself as its name.
pub fn account(code: &str) -> Account {
    let first_level = code.get(..3).unwrap_or(code);
    CHART.iter().find(|a| a.code == first_level).cloned().unwrap_or_else(|| Account {
        code: code.to_owned(),
        name: Text::new(code, code),
        meaning: Text::default(),
        credit: false,
    })
}

/// Whether the own side of an account of the chart is the credit side; `None` outside the chart.
pub fn is_credit(code: &str) -> Option<bool> {
    CHART.iter().find(|account| account.code == code).map(|account| account.credit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_whole() {
        assert_eq!(CHART.len(), 42);
        for account in CHART.iter() {
            assert!(account.name.is_complete() && account.meaning.is_complete(), "{account:?}");
        }
        assert_eq!(account("102").name.zh, "银行存款");
        assert_eq!(account("513.02").name.zh, "管理费用");
        assert_eq!(account("999").name.en, "999");
        assert_eq!(
            (is_credit("102"), is_credit("152"), is_credit("999")),
            (Some(false), Some(true), None)
        );
    }
}
