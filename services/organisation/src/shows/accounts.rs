//! Accounts: whose, where they stand, and from when on tokens are void. No log-in name, no hash: those are in no event.

use async_trait::async_trait;
use kernel::{Event, Timestamp};
use serde::Serialize;
use store::{Reader, ReaderError, Row, Store, StoreError, Tx};

use super::fact;
use crate::facts::account::{
    ACCESS_REVOKED, ACCOUNT_CLOSED, ACCOUNT_OPENED, ACCOUNT_RESUMED, ACCOUNT_SUSPENDED,
    AccountNamed, AccountOpened, Owner, Standing,
};

/// The reader's name.
pub const NAME: &str = "organisation-accounts";

/// The read model.
pub struct Accounts;

/// An account as the read model has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountRow {
    /// The account.
    pub account: String,
    /// Whose.
    pub owner: Owner,
    /// Where it stands.
    pub standing: Standing,
    /// Tokens issued until then are void.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
}

const COLUMNS: &str = "account, holder, resident, standing, revoked";

#[async_trait]
impl Reader for Accounts {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self, _suffix: &str) -> Vec<String> {
        [
            "CREATE TABLE org_account~ (account TEXT PRIMARY KEY, holder TEXT NOT NULL, resident TEXT NOT NULL, \
             standing TEXT NOT NULL, revoked BIGINT NOT NULL)",
            "CREATE INDEX org_account_holder~ ON org_account~ (holder)",
        ]
        .map(str::to_owned)
        .into()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        let at = event.time.micros();
        let (standing, revoked) = match event.fact() {
            ACCOUNT_OPENED => {
                let opened: AccountOpened = fact(event)?;
                let (holder, resident) = match &opened.owner {
                    Owner::Holder(id) => (id.as_str(), ""),
                    Owner::Resident(id) => ("", id.as_str()),
                };
                tx.execute(
                    "INSERT INTO org_account~ (account, holder, resident, standing, revoked) VALUES ($1, $2, $3, 'open', 0)",
                    &[opened.account.as_str().into(), holder.into(), resident.into()],
                )
                .await?;
                return Ok(());
            }
            ACCOUNT_SUSPENDED => (Some("suspended"), true),
            ACCOUNT_RESUMED => (Some("open"), false),
            ACCOUNT_CLOSED => (Some("closed"), true),
            ACCESS_REVOKED => (None, true),
            _ => return Ok(()),
        };
        let named: AccountNamed = fact(event)?;
        if let Some(standing) = standing {
            tx.execute(
                "UPDATE org_account~ SET standing = $2 WHERE account = $1",
                &[named.account.as_str().into(), standing.into()],
            )
            .await?;
        }
        if revoked {
            tx.execute(
                "UPDATE org_account~ SET revoked = $2 WHERE account = $1",
                &[named.account.as_str().into(), at.into()],
            )
            .await?;
        }
        Ok(())
    }
}

fn read(row: &Row) -> Result<AccountRow, StoreError> {
    let owner = match row.text(1)? {
        "" => Owner::Resident(row.text(2)?.to_owned()),
        holder => Owner::Holder(holder.to_owned()),
    };
    let standing = match row.text(3)? {
        "open" => Standing::Open,
        "suspended" => Standing::Suspended,
        _ => Standing::Closed,
    };
    let revoked = row.i64(4)?;
    Ok(AccountRow {
        account: row.text(0)?.to_owned(),
        owner,
        standing,
        revoked: (revoked != 0).then(|| Timestamp::from_micros(revoked)),
    })
}

/// One account.
///
/// # Errors
/// When the database is out of reach.
pub async fn one(store: &Store, account: &str) -> Result<Option<AccountRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM org_account WHERE account = $1");
    store.query(&sql, &[account.into()]).await?.first().map(read).transpose()
}

/// The account of an office holder.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_holder(store: &Store, holder: &str) -> Result<Option<AccountRow>, StoreError> {
    if holder.is_empty() {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM org_account WHERE holder = $1");
    store.query(&sql, &[holder.into()]).await?.first().map(read).transpose()
}
