//! Accounts (账号): who may log in. Login name, password hash and second factor are in no event.
//!
//! An official's account belongs to an office holder and acts in that person's seats; a resident's has an id of its own.

use kernel::{
    Claim, Class, Decision, Event, Refusal, Retention, SealedValue, StreamId, Text, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check_id, draft};
use crate::laws::law;

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// An office holder, by opaque id.
    Holder(String),
    /// A resident, by an id that is valid for this account alone.
    Resident(String),
}

/// `account-opened.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOpened {
    /// The account's id.
    pub account: String,
    /// Whose.
    pub owner: Owner,
}

/// `account-suspended.v1`, `account-resumed.v1`, `account-closed.v1`, `access-revoked.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNamed {
    /// The account.
    pub account: String,
}

/// The names of the events.
pub const ACCOUNT_OPENED: &str = "account-opened.v1";
/// Logging in is barred for now.
pub const ACCOUNT_SUSPENDED: &str = "account-suspended.v1";
/// Logging in is possible again.
pub const ACCOUNT_RESUMED: &str = "account-resumed.v1";
/// The account ends for good.
pub const ACCOUNT_CLOSED: &str = "account-closed.v1";
/// All sessions and tokens given out so far are void; the account goes on.
pub const ACCESS_REVOKED: &str = "access-revoked.v1";

/// What can be asked of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountAsk {
    /// Open one; `person` (person-register id) is sealed.
    Open {
        /// Whose.
        owner: Owner,
        /// Person-register id, for a resident.
        person: Option<String>,
    },
    /// Bar logging in for now.
    Suspend,
    /// Let the owner log in again.
    Resume,
    /// End it.
    Close,
    /// Void all sessions and tokens.
    Revoke,
}

/// Asks something of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskAccount {
    /// The account.
    pub account: String,
    /// What.
    pub ask: AccountAsk,
}

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The owner may log in.
    Open,
    /// Not for now.
    Suspended,
    /// Never again.
    Closed,
}

/// An account as its events leave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose.
    pub owner: Owner,
    /// Where it stands.
    pub standing: Standing,
    /// How often access was revoked: tokens of an earlier generation are void.
    pub generation: u32,
}

/// The stream of an account.
pub fn stream(account: &str) -> StreamId {
    StreamId::of("account", account)
}

/// One account an office holder.
pub fn owner_claim(owner: &Owner) -> Claim {
    match owner {
        Owner::Holder(id) => Claim { kind: "account-holder", value: id.clone() },
        Owner::Resident(id) => Claim { kind: "account-resident", value: id.clone() },
    }
}

/// Decides about an account.
///
/// # Errors
/// A refusal when the account exists, is absent, closed, or stands there already.
pub fn decide(
    ask: &AskAccount,
    account: Option<&Account>,
    owner_taken: bool,
) -> Result<Decision, Verdict> {
    check_id("/account", &ask.account)?;
    let refuse = |code: &str, what: Text, remedy: Text| {
        Err(Refusal::new(code, what, remedy).by_law(law("PIPL 51")).at("/account").into())
    };
    let kind = match (&ask.ask, account.map(|account| account.standing)) {
        (AccountAsk::Open { owner, person }, None) => {
            return open(&ask.account, owner, person.as_deref(), owner_taken);
        }
        (AccountAsk::Open { .. }, Some(_)) => {
            return refuse(
                "account-exists",
                Text::new("该账号已存在。", "This account exists already."),
                Text::new("请使用新的编号。", "Use a fresh id."),
            );
        }
        (_, None) => {
            return refuse(
                "no-such-account",
                Text::new("没有该账号。", "There is no such account."),
                Text::new("请核对账号。", "Check the account."),
            );
        }
        (_, Some(Standing::Closed)) => {
            return refuse(
                "account-closed",
                Text::new("该账号已注销。", "This account is closed."),
                Text::new("注销后不能恢复。", "A closed account does not come back."),
            );
        }
        (AccountAsk::Suspend, Some(Standing::Open)) => ACCOUNT_SUSPENDED,
        (AccountAsk::Resume, Some(Standing::Suspended)) => ACCOUNT_RESUMED,
        (AccountAsk::Close, Some(_)) => ACCOUNT_CLOSED,
        (AccountAsk::Revoke, Some(_)) => ACCESS_REVOKED,
        (AccountAsk::Suspend | AccountAsk::Resume, Some(_)) => {
            return refuse(
                "account-unchanged",
                Text::new("该账号已处于所求状态。", "The account is in that state already."),
                Text::new("无需再次登记。", "Nothing needs to be recorded."),
            );
        }
    };
    let fact = AccountNamed { account: ask.account.clone() };
    Ok(Decision { events: vec![draft(stream(&ask.account), kind, &fact)?], claims: Vec::new() })
}

fn open(
    account: &str,
    owner: &Owner,
    person: Option<&str>,
    owner_taken: bool,
) -> Result<Decision, Verdict> {
    let (Owner::Holder(id) | Owner::Resident(id)) = owner;
    check_id("/owner", id)?;
    if owner_taken {
        return Err(Refusal::new(
            "owner-has-account",
            Text::new("该人已有账号：一人一号。", "This person has an account: one each."),
            Text::new("请使用已有的账号。", "Use the account that exists."),
        )
        .by_law(law("PIPL 51"))
        .at("/owner")
        .into());
    }
    let opened = AccountOpened { account: account.to_owned(), owner: owner.clone() };
    let mut event = draft(stream(account), ACCOUNT_OPENED, &opened)?;
    if let Some(person) = person {
        check_id("/person", person)?;
        event = event.sealing(SealedValue {
            field: "person".to_owned(),
            value: Value::String(person.to_owned()),
            class: Class::Sealed,
            subject: id.clone(),
            retention: Retention {
                purpose: "ties the account to one person".to_owned(),
                basis: "PIPL 13".to_owned(),
                years: 0,
            },
        });
    }
    Ok(Decision { events: vec![event], claims: vec![owner_claim(owner)] })
}

/// The account after an event of its stream.
pub fn evolve(account: Option<Account>, event: &Event) -> Option<Account> {
    match (event.fact(), account) {
        (ACCOUNT_OPENED, None) => super::read::<AccountOpened>(event).map(|opened| Account {
            owner: opened.owner,
            standing: Standing::Open,
            generation: 0,
        }),
        (fact, Some(mut account)) => {
            match fact {
                ACCOUNT_SUSPENDED => account.standing = Standing::Suspended,
                ACCOUNT_RESUMED => account.standing = Standing::Open,
                ACCOUNT_CLOSED => account.standing = Standing::Closed,
                _ => {}
            }
            if fact != ACCOUNT_RESUMED {
                account.generation = account.generation.saturating_add(1);
            }
            Some(account)
        }
        (_, None) => None,
    }
}
