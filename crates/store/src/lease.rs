//! Leases: one process at a time has a role (relay, sign, due) in a scope; its epoch is checked by every write it makes.

use std::time::Duration;

use crate::{database::Tx, error::StoreError, store::Store};

/// A lease that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The role: `relay`, `sign`, `due`.
    pub role: String,
    /// Its scope: a log, a unit, or `*`.
    pub scope: String,
    /// Who holds it.
    pub holder: String,
    /// Goes up whenever the holder changes; a write with an older one is refused.
    pub epoch: u64,
}

// Times are the database's own, so that processes with different clocks agree.
const ACQUIRE: &str = "INSERT INTO core_lease (role, scope, holder, epoch, until) VALUES ({1}, {2}, {3}, 1, {now} + {4}) \
     ON CONFLICT (role, scope) DO UPDATE SET \
     epoch = core_lease.epoch + CASE WHEN core_lease.holder = excluded.holder AND core_lease.until > {now} THEN 0 ELSE 1 END, \
     holder = excluded.holder, until = excluded.until \
     WHERE core_lease.holder = excluded.holder OR core_lease.until <= {now} RETURNING epoch";
const RENEW: &str = "UPDATE core_lease SET until = {now} + {4} WHERE role = {1} AND scope = {2} AND epoch = {3} \
     AND until > {now}";
const RELEASE: &str =
    "UPDATE core_lease SET until = 0 WHERE role = {1} AND scope = {2} AND epoch = {3}";
const CHECK: &str = "SELECT epoch FROM core_lease WHERE role = {1} AND scope = {2} AND epoch = {3} AND until > {now} {share}";

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4)
}

impl Store {
    /// Takes a role for `ttl`, or prolongs it when this holder has it; `None` while another has it.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn acquire(
        &self,
        role: &str,
        scope: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let mut tx = self.begin().await?;
        let values = [role.into(), scope.into(), holder.into(), micros(ttl).into()];
        let rows = tx.run(ACQUIRE, &[], &values).await?.rows;
        tx.commit().await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Lease {
            role: role.to_owned(),
            scope: scope.to_owned(),
            holder: holder.to_owned(),
            epoch: row.u64(0)?,
        }))
    }

    /// Prolongs a lease; `false` when it has run out or another took it.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let values = [
            lease.role.as_str().into(),
            lease.scope.as_str().into(),
            lease.epoch.into(),
            micros(ttl).into(),
        ];
        let count = tx.run(RENEW, &[], &values).await?.affected;
        tx.commit().await?;
        Ok(count > 0)
    }

    /// Gives a lease back before it runs out.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let values = [lease.role.as_str().into(), lease.scope.as_str().into(), lease.epoch.into()];
        tx.run(RELEASE, &[], &values).await?;
        tx.commit().await
    }
}

impl Tx<'_> {
    /// Makes the transaction depend on a lease: whoever takes it over waits for this commit or makes it fail.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease has run out or another has it.
    pub async fn check(&mut self, lease: &Lease) -> Result<(), StoreError> {
        let values = [lease.role.as_str().into(), lease.scope.as_str().into(), lease.epoch.into()];
        if self.run(CHECK, &[], &values).await?.rows.is_empty() {
            return Err(StoreError::Fenced {
                role: lease.role.clone(),
                scope: lease.scope.clone(),
            });
        }
        Ok(())
    }
}
