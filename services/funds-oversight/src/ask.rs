//! What can be asked of funds-oversight: a step of a procedure, or an act of bookkeeping that no procedure orders.

use std::collections::BTreeMap;

use engines::procedure::Act;
use kernel::{Claim, Date, Money, UnitId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::{
    accounts::AccountCode,
    bank::{AccountKind, HeldBy},
    bookkeeping::Original,
    month::Month,
    party::{Invoice, Opened},
    proposal::PaymentProposed,
    voucher::{Line, Template},
    warning::Finding,
};

/// A step of a procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Take {
    /// The payment, item or question; absent for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// The step, with what was typed.
    pub act: Act,
    /// For an approval: the hash of what was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Sealed parts that were shown, opened. Checked against their commitments, never written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub opened: BTreeMap<String, Opened>,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// 办理程序的一步
    Take(Box<Take>),
    /// 签期初余额
    SignOpeningBalances {
        /// The first month.
        month: Month,
        /// The balances.
        lines: Vec<Line>,
    },
    /// 签启用会计期间
    SignPeriodOpening {
        /// The month after the last.
        month: Month,
    },
    /// 签结账
    SignPeriodClosing {
        /// The first month that is open.
        month: Month,
    },
    /// 记账
    PostVoucher {
        /// The template, filled in.
        entry: Template,
        /// The day of the business.
        date: Date,
        /// The summary (摘要).
        summary: String,
    },
    /// 冲销
    ReverseVoucher {
        /// The voucher as it was posted.
        original: Original,
        /// Why.
        reason: String,
    },
    /// 登记银行账户
    RecordBankAccount {
        /// A fresh id.
        account: String,
        /// What for.
        kind: AccountKind,
        /// In whose name.
        held_by: HeldBy,
        /// Its number.
        number: String,
    },
    /// 登记预算
    AdoptBudget {
        /// A fresh id.
        reserve: String,
        /// The account of the line.
        line: AccountCode,
        /// The year.
        year: i16,
        /// In fen.
        amount: Money,
        /// The resolution that adopted it.
        resolution: String,
    },
    /// 预警: the service's own watches found something.
    RaiseWarning {
        /// The warning of the same thing, when there was one.
        #[serde(default)]
        warning: Option<String>,
        /// What was found.
        finding: Box<Finding>,
        /// The payments that wait for it, where the watch holds them.
        holds: Vec<String>,
    },
    /// 答复费用申请: asked by a reaction alone, never through a page.
    AnswerProposal {
        /// The proposal: see [`crate::facts::proposal::id_of`].
        proposal: String,
        /// What was proposed.
        proposed: PaymentProposed,
    },
    /// 登记专项资金
    ReceiveGrant {
        /// A fresh id.
        reserve: String,
        /// The document number.
        reference: String,
        /// From which unit.
        from_unit: UnitId,
        /// In fen.
        amount: Money,
        /// The resolution on its use.
        #[serde(default)]
        resolution: Option<String>,
        /// Into which account.
        bank_account: String,
        /// The voucher's summary.
        summary: String,
    },
}

impl Take {
    /// A typed field, as text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.act.fields.get(field).and_then(Value::as_str)
    }
}

impl Ask {
    /// The natural keys that it would take.
    pub fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Take(take) => {
                let invoice = take.text("invoice").map(|text| Invoice::new(text).claim());
                let number = take
                    .text("contract_no")
                    .map(|text| Claim { kind: "contract-number", value: text.trim().to_owned() });
                let document = take
                    .text("reference")
                    .map(|text| Claim { kind: "document", value: text.trim().to_owned() });
                invoice.into_iter().chain(number).chain(document).collect()
            }
            Self::ReverseVoucher { original, .. } => {
                vec![Claim { kind: "voucher-reversal", value: original.voucher.clone() }]
            }
            Self::ReceiveGrant { reference, from_unit, .. } => {
                vec![Claim { kind: "grant", value: format!("{from_unit}:{reference}") }]
            }
            Self::AnswerProposal { proposal, .. } => {
                vec![Claim { kind: "proposal", value: proposal.clone() }]
            }
            Self::RecordBankAccount { number, .. } => {
                let digits = number.chars().filter(|c| !c.is_whitespace()).collect();
                vec![Claim { kind: "bank-account", value: digits }]
            }
            _ => Vec::new(),
        }
    }
}
