//! The chart of accounts (会计科目) of 财会〔2023〕14号: 42 first-level accounts. Knows no book and no balance.

use std::{fmt, sync::LazyLock};

use kernel::Text;
use serde::{Deserialize, Serialize};

/// What an account holds (科目类别). The standard counts 19 / 8 / 4 / 1 / 10; its last class, 损益类, is two here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountClass {
    /// 资产类
    Asset,
    /// 负债类
    Liability,
    /// 所有者权益类
    Equity,
    /// 成本类
    Cost,
    /// 损益类：收入
    Income,
    /// 损益类：费用
    Expense,
}

/// A side of an entry (借贷方向).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// 借方
    Debit,
    /// 贷方
    Credit,
}

/// The three digits of a first-level account. Only codes of the chart exist as values of this type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountCode(u16);

impl AccountCode {
    /// 库存现金
    pub const CASH: Self = Self(101);
    /// 银行存款
    pub const BANK: Self = Self(102);

    /// A code of the chart; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
        let code = Self(digits.then(|| text.parse().ok()).flatten()?);
        account(code).map(|_| code)
    }

    /// Whether this is money itself: cash on hand or bank deposits (货币资金).
    pub fn is_money(self) -> bool {
        self == Self::CASH || self == Self::BANK
    }
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for AccountCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| {
            let shown: String = text.chars().take(12).collect();
            format!("`{shown}` is not one of the 42 accounts, such as 513")
        })
    }
}

impl From<AccountCode> for String {
    fn from(code: AccountCode) -> Self {
        code.to_string()
    }
}

/// One account of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its code.
    pub code: AccountCode,
    /// Its name in the standard.
    pub name: Text,
    /// What it holds.
    pub class: AccountClass,
    /// The side on which it normally stands.
    pub side: Side,
    /// What it means, for someone who never kept books.
    pub meaning: Text,
}

#[derive(Deserialize)]
struct Row {
    code: u16,
    zh: String,
    en: String,
    class: AccountClass,
    side: Side,
    meaning_zh: String,
    meaning_en: String,
}

/// The chart, read once. A row that cannot be read is left out; the test counts them.
static CHART: LazyLock<Vec<Account>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("accounts.csv").as_bytes())
        .deserialize::<Row>()
        .filter_map(Result::ok)
        .map(|row| Account {
            code: AccountCode(row.code),
            name: Text::new(row.zh, row.en),
            class: row.class,
            side: row.side,
            meaning: Text::new(row.meaning_zh, row.meaning_en),
        })
        .collect()
});

/// All 42 accounts in the order of their codes.
pub fn chart() -> &'static [Account] {
    &CHART
}

/// The account with this code.
pub fn account(code: AccountCode) -> Option<&'static Account> {
    CHART.iter().find(|account| account.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_the_standards() {
        let count = |class| chart().iter().filter(|a| a.class == class).count();
        assert_eq!(chart().len(), 42);
        assert_eq!(count(AccountClass::Asset), 19);
        assert_eq!(count(AccountClass::Liability), 8);
        assert_eq!(count(AccountClass::Equity), 4);
        assert_eq!(count(AccountClass::Cost), 1);
        assert_eq!(count(AccountClass::Income) + count(AccountClass::Expense), 10);
        assert!(chart().is_sorted_by_key(|a| a.code));
        assert!(chart().iter().all(|a| a.name.is_complete() && a.meaning.is_complete()));
    }

    #[test]
    fn only_codes_of_the_chart_exist() {
        assert_eq!(AccountCode::parse("102"), Some(AccountCode::BANK));
        // 202 and 541 belong to the chart of 2004.
        for text in ["202", "541", "1002", "10", "", "１０１", "+10"] {
            assert_eq!(AccountCode::parse(text), None, "{text:?}");
        }
    }
}
