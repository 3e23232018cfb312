//! Ledgers of count (账): accounts in one unit, points or pieces, on which the steps of procedures book.

use kernel::Text;

use super::{Definition, Step};
use crate::formula::Ast;

/// A ledger that a unit keeps, with the accounts on which this file books. Other files may book on it too; the set proves
/// that they mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Its name: `points`.
    pub id: String,
    /// What is counted (计量单位).
    pub unit: Text,
    /// The event of a booking, with its fact.
    pub booked: (String, String),
    /// The event of a booking that takes another one back, with its fact; needed where a step does.
    pub reversed: Option<(String, String)>,
    /// The article behind it: a refusal for want of balance cites it.
    pub law: String,
    /// Its accounts, as far as this file books on them.
    pub accounts: Vec<Account>,
    /// Line in the file.
    pub line: usize,
}

/// An account (账户).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name: `household`.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// The field by which there are many of it; without it there is one.
    pub per: Option<String>,
    /// It may fall below zero: what stands on the other accounts came from it.
    pub below_zero: bool,
    /// Line in the file.
    pub line: usize,
}

/// What a step books (记账): so much from one account to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    /// The ledger.
    pub ledger: String,
    /// The account that it leaves.
    pub from: String,
    /// The account that it comes to.
    pub to: String,
    /// How much: a count field, or a formula that is a count.
    pub amount: Ast,
    /// Line in the file.
    pub line: usize,
}

impl Ledger {
    /// An account by its name.
    pub fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }
}

impl Account {
    /// Its key in the ledger, for a value of its field: `household/h1`.
    pub fn key(&self, value: Option<&str>) -> Option<String> {
        match (&self.per, value) {
            (None, _) => Some(self.id.clone()),
            (Some(_), Some(value)) if !value.is_empty() => Some(format!("{}/{value}", self.id)),
            (Some(_), _) => None,
        }
    }
}

impl Definition {
    /// A ledger by its name.
    pub fn ledger(&self, id: &str) -> Option<&Ledger> {
        self.ledgers.iter().find(|ledger| ledger.id == id)
    }

    /// The ledgers on which a step books, or takes bookings back.
    pub fn ledgers_of<'a>(&'a self, step: &'a Step) -> Vec<&'a Ledger> {
        let back = step.reverses.iter().filter_map(|id| self.step(id));
        let books: Vec<&str> =
            back.chain([step]).flat_map(|one| &one.books).map(|one| one.ledger.as_str()).collect();
        self.ledgers.iter().filter(|ledger| books.contains(&ledger.id.as_str())).collect()
    }
}
