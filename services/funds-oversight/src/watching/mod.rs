//! Watches over the books (预警): the sources that they may look at, and the files that the program brings along. What is found
//! becomes a warning by [`crate::facts::warning`]; who looks is [`reader`], who tells [`teller`].

pub mod measures;
pub mod reader;
pub mod rows;
pub mod teller;

use definitions::{
    Finding, Watch, WatchCatalogue,
    cases::parse_cases,
    formula::Unit,
    watch::{SourceField, SourceSpec, shown_by},
};
use kernel::Text;

use crate::{
    catalogue::catalogue,
    funds::{CASES, EMBEDDED as PROCEDURES},
    rules::citations,
};

macro_rules! watches {
    ($($id:literal),* $(,)?) => {
        /// The watches that the program brings along: file name and text.
        pub const EMBEDDED: &[(&str, &str)] = &[$((
            concat!($id, ".toml"),
            include_str!(concat!("../../definitions/watches/", $id, ".toml")),
        )),*];
    };
}

macro_rules! cases {
    ($($id:literal),* $(,)?) => {
        /// The cases beside them: file name and text. Those of a guard stand beside its procedure.
        pub const WATCH_CASES: &[(&str, &str)] = &[$((
            concat!($id, ".cases.toml"),
            include_str!(concat!("../../definitions/watches/", $id, ".cases.toml")),
        )),*];
    };
}

watches!(
    "balance-below-zero",
    "budget-overrun",
    "cash-above-limit",
    "no-decision",
    "one-person-alone",
    "paid-in-parts",
    "paper-used-twice",
    "payee-kin",
    "rent-overdue",
);
cases!("balance-below-zero", "budget-overrun", "paid-in-parts", "payee-kin", "rent-overdue");

fn field(name: &str, unit: Option<Unit>, zh: &str, en: &str) -> SourceField {
    let label = Text::new(zh, en);
    SourceField { name: name.to_owned(), unit, label, always: true, measure: None }
}

fn measured(measure: &str, field: SourceField) -> SourceField {
    SourceField { measure: Some(measure.to_owned()), ..field }
}

fn source(key: &str, zh: &str, en: &str, fields: Vec<SourceField>) -> SourceSpec {
    SourceSpec { key: key.to_owned(), name: Text::new(zh, en), fields }
}

/// What watches may look at here.
pub fn sources() -> Vec<SourceSpec> {
    let money = || Some(Unit::Money);
    vec![
        source(
            rows::PAYMENTS,
            "付款",
            "payments",
            vec![
                field("amount", money(), "金额", "amount"),
                field("payee", None, "收款人", "payee"),
                field("account", None, "科目", "account"),
                field("year", None, "年度", "year"),
                measured(
                    measures::KIN,
                    field(
                        "kin",
                        Some(Unit::Truth),
                        "收款人是任职人员的亲属",
                        "the payee is kin of an office holder",
                    ),
                ),
            ],
        ),
        source(
            rows::BUDGETS,
            "预算",
            "budget lines",
            vec![
                field("account", None, "科目", "account"),
                field("year", None, "年度", "year"),
                field("amount", money(), "预算额", "budgeted amount"),
            ],
        ),
        source(
            rows::BALANCES,
            "记账后的余额",
            "balances after an entry",
            vec![
                field("bank", money(), "银行存款余额", "bank balance"),
                field("cash", money(), "现金余额", "cash on hand"),
                measured(
                    measures::LOWEST,
                    field(
                        "lowest",
                        money(),
                        "现金和银行存款中较低的余额",
                        "the lower of cash and bank balance",
                    ),
                ),
                field("month", None, "月份", "month"),
            ],
        ),
        source(
            rows::DUES,
            "合同应收款",
            "dues of contracts",
            vec![
                field("due_on", Some(Unit::Date), "应收日", "day it was due"),
                field("amount", money(), "应收额", "amount due"),
                field("unpaid", money(), "未收额", "amount not paid"),
            ],
        ),
    ]
}

/// What a watch may name here.
pub fn watch_catalogue() -> WatchCatalogue {
    let mut shown = Vec::new();
    for (name, text) in PROCEDURES {
        let beside = name.replace(".toml", ".cases.toml");
        let id = definitions::Definitions::glance(name, text).map(|head| head.id);
        let cases = CASES.iter().find(|(name, _)| *name == beside);
        if let Some((id, (file, cases))) = id.zip(cases) {
            shown.extend(shown_by(&id, &parse_cases(file, cases).unwrap_or_default()));
        }
    }
    WatchCatalogue {
        sources: sources(),
        shown,
        posts: catalogue().posts.into_iter().map(|post| post.key).collect(),
        citations: citations().clone(),
    }
}

/// The embedded watches, checked.
///
/// # Errors
/// What the checker finds.
pub fn embedded() -> Result<Vec<Watch>, Vec<Finding>> {
    let catalogue = watch_catalogue();
    EMBEDDED.iter().map(|(file, text)| Watch::check(file, text, &catalogue)).collect()
}
