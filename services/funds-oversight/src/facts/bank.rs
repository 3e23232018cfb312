//! Bank accounts of the collective (银行账户), stream `account/<id>`. None may stand in a person's name.

use kernel::{Class, Draft, Event, StreamId, UnitId, Verdict};
use serde::{Deserialize, Serialize};

use super::{archived, fact};

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// 基本存款账户: one a collective.
    Basic,
    /// 土地补偿费专户
    LandCompensation,
    /// 一般存款账户
    General,
}

/// In whose name an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldBy {
    /// 集体经济组织
    Collective,
    /// 个人
    Person,
}

/// `bank-account-opened.v1`: the number itself is sealed; its last four digits tell accounts apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BankAccountOpened {
    /// Its id here.
    pub account: String,
    /// What for.
    pub kind: AccountKind,
    /// In whose name: always the collective's.
    pub held_by: HeldBy,
    /// The last four digits.
    pub ends_with: String,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BankAccount {
    /// Whose.
    pub unit: UnitId,
    /// What for.
    pub kind: AccountKind,
    /// In whose name.
    pub held_by: HeldBy,
}

/// The stream of an account.
pub fn stream(account: &str) -> StreamId {
    StreamId::of("account", account)
}

/// Records an account that a bank opened.
///
/// # Errors
/// When it stands in a person's name, or the number is none.
pub fn open(
    unit: &UnitId,
    account: &str,
    kind: AccountKind,
    held_by: HeldBy,
    number: &str,
) -> Result<Vec<Draft>, Verdict> {
    crate::rules::bank_account_not_personal::check_holder("account-of-a-person", held_by)?;
    let digits: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    if !(8..=30).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(kernel::Refusal::field(
            "number",
            kernel::Text::new("账号应为8到30位数字", "An account number has 8 to 30 digits"),
            kernel::Text::new("请照银行开户单填写", "Copy it from the bank's paper"),
        )
        .into());
    }
    let ends_with = digits.get(digits.len().saturating_sub(4)..).unwrap_or_default().to_owned();
    let opened = BankAccountOpened { account: account.to_owned(), kind, held_by, ends_with };
    Ok(vec![fact(stream(account), "bank-account-opened.v1", &opened)?.sealing(archived(
        "number",
        digits.into(),
        Class::Staff,
        format!("book-{unit}"),
        "bank statements are matched to it",
    ))])
}

impl BankAccount {
    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match event.fact() {
            "bank-account-opened.v1" => {
                let opened: BankAccountOpened = event.read().ok()?;
                Some(Self { unit: event.unit.clone(), kind: opened.kind, held_by: opened.held_by })
            }
            _ => this,
        }
    }
}
