//! Brings a database up to the domain's format of states: folds own streams anew and re-reads their deadlines.

use std::collections::BTreeSet;

use kernel::{Domain, StreamId};

use super::{base::Base, batch::Batcher, load, session::Session, work::Changes, write};
use crate::{error::StoreError, faults::Faults, value::Column};

const PAGE: u64 = 200;
const OLD: &str =
    "SELECT stream FROM core_state WHERE owner IS NULL AND format <> {1} ORDER BY stream LIMIT {2}";
const DISARM: &str = "DELETE FROM core_deadline WHERE stream IN (SELECT c1 FROM {rows})";
const GET: &str = "SELECT value FROM core_meta WHERE name = 'state format'";
const SET: &str = "INSERT INTO core_meta (name, value) VALUES ('state format', $1) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

impl<D: Domain> Batcher<D> {
    /// Does nothing when the database has the format already. Can be broken off and goes on where it stopped.
    pub async fn prove_format(&self) -> Result<(), StoreError> {
        let database = self.store.database();
        let wanted = D::STATE_FORMAT.to_string();
        let found = database.query(GET, &[]).await?;
        if found.first().map(|row| row.text(0)).transpose()? == Some(wanted.as_str()) {
            return Ok(());
        }
        let mut total = 0;
        loop {
            let count = self.renew_page().await?;
            total += count;
            if count == 0 {
                break;
            }
            tracing::info!(total, "states folded anew for the format {wanted}");
        }
        let mut tx = self.store.begin().await?;
        tx.execute(SET, &[wanted.into()]).await?;
        tx.commit().await
    }

    async fn renew_page(&self) -> Result<usize, StoreError> {
        let mut session = Session::begin(self.store.database(), &Faults::default()).await?;
        let values = [D::STATE_FORMAT.into(), PAGE.into()];
        let rows = session.run(OLD, &[], &values).await?.rows;
        let streams: BTreeSet<StreamId> =
            rows.iter().map(|row| row.text(0).map(StreamId::from)).collect::<Result<_, _>>()?;
        if streams.is_empty() {
            session.rollback().await?;
            return Ok(0);
        }
        let sealer = self.sealer.as_ref();
        let mut base: Base<D::State> = Base::default();
        load::states::<D>(&mut session, &mut base, sealer, &streams).await?;
        let changes = Changes { states: std::mem::take(&mut base.states), ..Changes::default() };
        let sealed = write::seal::<D>(&changes, sealer).await?;
        session.run(DISARM, &[Column::texts(&streams)], &[]).await?;
        write::renewed::<D>(&mut session, &base, &changes, &sealed).await?;
        session.commit().await?;
        Ok(streams.len())
    }
}
