//! Named guards, one file each with its article. The core asks some of them too, under its own codes, so that a
//! definition that leaves a guard out changes nothing about the money.

pub mod approver_not_payee;
pub mod bank_account_not_personal;
pub mod cash_limit;
pub mod covered_by_resolution;
pub mod four_eyes;
pub mod invoice_unused;
mod law;
pub mod limits;
pub mod no_kin_of_any_actor;
pub mod period_open;
pub mod reserves_headroom;
pub mod seat_held;
pub mod tenant_not_kin;

use kernel::{Claim, Date, Money, Refusal, Text, Verdict};
use serde_json::Value;

pub use law::{citations, law};

use crate::{
    facts::{
        accounts::AccountCode,
        party::Payee,
        payment::{Method, Payment},
    },
    scene::Scene,
};

/// What a guard of a payment looks at.
pub struct Asked<'a> {
    /// The payment as it stands; `None` while it is being requested.
    pub payment: Option<&'a Payment>,
    /// In fen.
    pub amount: Money,
    /// Bank or cash.
    pub method: Method,
    /// What it is booked to.
    pub account: AccountCode,
    /// The headroom.
    pub reserve: String,
    /// The resolution cited.
    pub resolution: Option<String>,
    /// The tier of the amount asks for a resolution of its own.
    pub needs_resolution: bool,
    /// The payee, typed or shown; `None` when a person is paid and was not shown.
    pub payee: Option<Payee>,
    /// The invoice's claim, when it is typed now and is not this payment's already.
    pub claim: Option<Claim>,
    /// The day of the business.
    pub on: Date,
    /// The bank account the money leaves from.
    pub bank_account: Option<String>,
    /// Who acts.
    pub holder: Option<&'a str>,
    /// The most that may be paid in cash, from the definition.
    pub cash_limit: Option<Money>,
}

/// The keys of all guards.
pub const GUARDS: [&str; 8] = [
    reserves_headroom::KEY,
    invoice_unused::KEY,
    period_open::KEY,
    covered_by_resolution::KEY,
    no_kin_of_any_actor::KEY,
    approver_not_payee::KEY,
    cash_limit::KEY,
    bank_account_not_personal::KEY,
];

/// Runs a guard by its key. What it returns is recorded.
///
/// # Errors
/// The guard's refusal, or not known here yet.
pub fn run(key: &str, scene: &Scene<'_>, asked: &Asked<'_>) -> Result<Value, Verdict> {
    match key {
        reserves_headroom::KEY => reserves_headroom::check(scene, asked),
        invoice_unused::KEY => invoice_unused::check(invoice_unused::KEY, scene, asked),
        period_open::KEY => period_open::check(scene, asked),
        covered_by_resolution::KEY => covered_by_resolution::check(scene, asked),
        no_kin_of_any_actor::KEY => no_kin_of_any_actor::check(scene, asked),
        approver_not_payee::KEY => approver_not_payee::check(scene, asked),
        cash_limit::KEY => cash_limit::check(cash_limit::KEY, asked, asked.cash_limit),
        bank_account_not_personal::KEY => {
            bank_account_not_personal::check(bank_account_not_personal::KEY, scene, asked)
        }
        _ => Err(Refusal::new(
            "unknown-guard",
            Text::new(format!("没有规则“{key}”"), format!("There is no rule `{key}`")),
            Text::new("请检查规则文件", "Check the definition"),
        )
        .by_law(law("province"))
        .into()),
    }
}
