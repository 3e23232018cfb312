//! Acts of bookkeeping that no procedure orders (记账): what each asks for, and the command it becomes. Knows no HTTP.

use kernel::{Date, Money, Text, UnitId};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use web::Problem;

use crate::{
    Ask,
    facts::{
        accounts::AccountCode,
        bank::{AccountKind, HeldBy},
        bookkeeping::Original,
        month::Month,
        voucher::{Line, Template},
    },
};

/// Who may sign for months and opening balances.
const SIGNERS: &[&str] =
    &["bookkeeper", "agency-accountant", "agency-reviewer", "legal-representative"];
/// Who may keep books.
const BOOKKEEPERS: &[&str] = &["bookkeeper", "agency-accountant"];

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `2026-03`
    Month,
    /// A day.
    Date,
    /// Yuan in a form, fen in the API.
    Money,
    /// A year.
    Year,
    /// A line of text.
    Text,
    /// An account of the chart.
    Account,
    /// Cash on hand or bank deposits.
    MoneyAccount,
    /// A recorded bank account.
    BankAccount,
    /// A resolution in force.
    Resolution,
    /// A voucher.
    Voucher,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Entries: in a form a line each, `account debit credit`.
    Lines,
}

/// A field of an act.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub label: (&'static str, &'static str),
    /// How it is typed.
    pub kind: Kind,
    /// It may be left out.
    pub optional: bool,
}

const fn need(name: &'static str, zh: &'static str, en: &'static str, kind: Kind) -> Asked {
    Asked { name, label: (zh, en), kind, optional: false }
}

const fn may(name: &'static str, zh: &'static str, en: &'static str, kind: Kind) -> Asked {
    Asked { name, label: (zh, en), kind, optional: true }
}

/// An act of bookkeeping.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    /// As addresses name it.
    pub key: &'static str,
    /// What people call it.
    pub name: (&'static str, &'static str),
    /// Two persons sign: the first signature waits for the second.
    pub two_persons: bool,
    /// What it asks for.
    pub fields: &'static [Asked],
    /// The posts that do it; the core has the last word.
    pub posts: &'static [&'static str],
}

impl Act {
    /// What people call it.
    pub fn title(&self) -> Text {
        Text::new(self.name.0, self.name.1)
    }
}

const DATE: Asked = need("date", "业务日期", "Day of the business", Kind::Date);
const SUMMARY: Asked = need("summary", "摘要", "Summary", Kind::Text);
const AMOUNT: Asked = need("amount", "金额", "Amount", Kind::Money);
const LINES: Asked = need("lines", "分录", "Entries", Kind::Lines);
const MONTH: Asked = need("month", "月份", "Month", Kind::Month);

/// All of them.
pub const ACTS: &[Act] = &[
    Act {
        key: "opening-balances",
        name: ("签期初余额", "Sign the opening balances"),
        two_persons: true,
        fields: &[MONTH, LINES],
        posts: SIGNERS,
    },
    Act {
        key: "month-opening",
        name: ("签启用月份", "Sign the opening of a month"),
        two_persons: true,
        fields: &[MONTH],
        posts: SIGNERS,
    },
    Act {
        key: "receipt",
        name: ("记收款凭证", "Enter a receipt"),
        two_persons: false,
        fields: &[
            need("into", "收到哪里", "Into", Kind::MoneyAccount),
            need("from", "什么收入", "What it is", Kind::Account),
            AMOUNT,
            may("bank_account", "收款账户", "Bank account", Kind::BankAccount),
            DATE,
            SUMMARY,
        ],
        posts: BOOKKEEPERS,
    },
    Act {
        key: "transfer",
        name: ("记存取现", "Enter cash taken to or from the bank"),
        two_persons: false,
        fields: &[
            need("out_of", "从", "Out of", Kind::MoneyAccount),
            need("into", "到", "Into", Kind::MoneyAccount),
            AMOUNT,
            DATE,
            SUMMARY,
        ],
        posts: BOOKKEEPERS,
    },
    Act {
        key: "journal",
        name: ("记转账凭证", "Enter a journal voucher"),
        two_persons: false,
        fields: &[LINES, DATE, SUMMARY],
        posts: BOOKKEEPERS,
    },
    Act {
        key: "reversal",
        name: ("冲销凭证", "Take a voucher back"),
        two_persons: false,
        fields: &[
            need("voucher", "凭证", "Voucher", Kind::Voucher),
            need("reason", "理由", "Why", Kind::Text),
        ],
        posts: BOOKKEEPERS,
    },
    Act {
        key: "bank-account",
        name: ("登记银行账户", "Record a bank account"),
        two_persons: false,
        fields: &[
            need(
                "kind",
                "用途",
                "What for",
                Kind::Word(&["basic", "land-compensation", "general"]),
            ),
            need("held_by", "户名", "In whose name", Kind::Word(&["collective", "person"])),
            need("number", "账号", "Number", Kind::Text),
        ],
        posts: BOOKKEEPERS,
    },
    Act {
        key: "budget-line",
        name: ("登记预算", "Enter a line of the budget"),
        two_persons: false,
        fields: &[
            need("line", "科目", "Account", Kind::Account),
            need("year", "年度", "Year", Kind::Year),
            AMOUNT,
            need("resolution", "决议", "Resolution", Kind::Resolution),
        ],
        posts: BOOKKEEPERS,
    },
    Act {
        key: "grant",
        name: ("登记专项资金", "Enter a grant"),
        two_persons: false,
        fields: &[
            need("reference", "文号", "Document number", Kind::Text),
            need("from_unit", "拨款单位", "From which unit", Kind::Text),
            AMOUNT,
            may("resolution", "决议", "Resolution", Kind::Resolution),
            need("bank_account", "收款账户", "Bank account", Kind::BankAccount),
            SUMMARY,
        ],
        posts: BOOKKEEPERS,
    },
];

/// An act by its key.
pub fn act(key: &str) -> Option<&'static Act> {
    ACTS.iter().find(|act| act.key == key)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    month: Month,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfMonth {
    month: Month,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipt {
    into: AccountCode,
    from: AccountCode,
    amount: Money,
    #[serde(default)]
    bank_account: Option<String>,
    date: Date,
    summary: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    out_of: AccountCode,
    into: AccountCode,
    amount: Money,
    date: Date,
    summary: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    lines: Vec<Line>,
    date: Date,
    summary: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BankAccount {
    kind: AccountKind,
    held_by: HeldBy,
    number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    line: AccountCode,
    year: i16,
    amount: Money,
    resolution: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    reference: String,
    from_unit: UnitId,
    amount: Money,
    #[serde(default)]
    resolution: Option<String>,
    bank_account: String,
    summary: String,
}

/// What takes a voucher back: its id and why. The original is looked up by the caller.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The voucher.
    pub voucher: String,
    /// Why.
    pub reason: String,
}

/// Reads the fields of an act.
///
/// # Errors
/// 422 with the field.
pub fn read<T: DeserializeOwned>(body: &Value) -> Result<T, Problem> {
    web::extract::from_slice(body.to_string().as_bytes())
}

/// The id of a new thing: the same for a repeat under the same key, telling nothing of who or when.
fn fresh(account: &str, key: &str) -> String {
    let hash = Sha256::digest(format!("funds-id\n{account}\n{key}").as_bytes());
    hex::encode(hash.get(..10).unwrap_or_default())
}

/// The command of an act; `None` for a reversal, which needs the original.
///
/// # Errors
/// 422 with the field.
pub fn ask(act: &Act, body: &Value, account: &str, key: &str) -> Result<Option<Ask>, Problem> {
    let id = || fresh(account, key);
    Ok(Some(match act.key {
        "opening-balances" => {
            let Opening { month, lines } = read(body)?;
            Ask::SignOpeningBalances { month, lines }
        }
        "month-opening" => Ask::SignPeriodOpening { month: read::<OfMonth>(body)?.month },
        "receipt" => {
            let Receipt { into, from, amount, bank_account, date, summary } = read(body)?;
            let entry = Template::Receipt { into, from, amount, bank_account };
            Ask::PostVoucher { entry, date, summary }
        }
        "transfer" => {
            let Transfer { out_of, into, amount, date, summary } = read(body)?;
            Ask::PostVoucher { entry: Template::Transfer { out_of, into, amount }, date, summary }
        }
        "journal" => {
            let Journal { lines, date, summary } = read(body)?;
            Ask::PostVoucher { entry: Template::Journal { lines }, date, summary }
        }
        "bank-account" => {
            let BankAccount { kind, held_by, number } = read(body)?;
            Ask::RecordBankAccount { account: id(), kind, held_by, number }
        }
        "budget-line" => {
            let Budget { line, year, amount, resolution } = read(body)?;
            Ask::AdoptBudget { reserve: id(), line, year, amount, resolution }
        }
        "grant" => {
            let Grant { reference, from_unit, amount, resolution, bank_account, summary } =
                read(body)?;
            Ask::ReceiveGrant {
                reserve: id(),
                reference,
                from_unit,
                amount,
                resolution,
                bank_account,
                summary,
            }
        }
        _ => return Ok(None),
    }))
}

/// The command that takes a voucher back.
pub fn reverse(original: Original, reason: String) -> Ask {
    Ask::ReverseVoucher { original, reason }
}

/// JSON Schema of the body of an act.
pub fn schema(act: &Act) -> Value {
    let of = |kind: Kind| match kind {
        Kind::Month => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Money => json!({ "type": "integer", "description": "fen (分)" }),
        Kind::Year => json!({ "type": "integer" }),
        Kind::Account | Kind::MoneyAccount => {
            json!({ "type": "string", "pattern": "^[0-9]{3}$" })
        }
        Kind::Text | Kind::BankAccount | Kind::Resolution | Kind::Voucher => {
            json!({ "type": "string" })
        }
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Lines => json!({ "type": "array", "items": { "type": "object", "properties": {
            "account": { "type": "string" }, "debit": { "type": "integer" }, "credit": { "type": "integer" },
            "dimensions": { "type": "object", "additionalProperties": { "type": "string" } },
        }, "required": ["account"], "additionalProperties": false } }),
    };
    let properties: serde_json::Map<String, Value> =
        act.fields.iter().map(|field| (field.name.to_owned(), of(field.kind))).collect();
    let required: Vec<&str> =
        act.fields.iter().filter(|field| !field.optional).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
