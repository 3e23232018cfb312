//! Who tells (预警提出): what was found becomes a command of the service itself, keyed by watch and cause, so that it is raised once
//! however often it is told. A rebuild of the reader tells again, and gets the first receipts.

use std::sync::{Arc, Weak};

use host::Host;
use kernel::{Actor, Command, DivisionCode, Place, StreamId, UnitId, Verdict};
use store::{Row, StoreError, Value};

use super::reader;
use crate::{Ask, Funds, State, facts::warning::Finding, hears::Known, scene::copy, shows::away};

/// Found and not told, the oldest first; a page.
const UNTOLD: &str = "SELECT id, unit, at, subject, finding, holds, code, idx FROM funds_watch_found~ WHERE told = 0 \
     ORDER BY at, idx, id LIMIT 100";
/// The warning of the same thing that was raised last before.
const BEFORE: &str = "SELECT warning FROM funds_watch_found~ WHERE unit = $1 AND subject = $2 AND warning IS NOT NULL \
     AND (at < $3 OR at = $3 AND (idx < $4 OR idx = $4 AND id < $5)) ORDER BY at DESC, idx DESC, id DESC LIMIT 1";

/// Tells what was found and was not told. Gives how many warnings were raised or repeated.
///
/// # Errors
/// When something is out of reach or not known here yet: what is left is told the next time.
pub async fn tell(host: &Host<Funds>) -> Result<usize, Verdict> {
    let mut told = 0;
    for row in host.store.query(UNTOLD, &[]).await.map_err(away)? {
        let id = row.text(0).map_err(away)?.to_owned();
        let outcome = match one(host, &row).await {
            Ok(warning) => (1_i64, warning),
            Err(Verdict::Refused(refusal)) => {
                tracing::error!(found = id, code = refusal.code, "a warning was refused");
                (2, None)
            }
            Err(Verdict::KeyReused) => {
                tracing::error!(found = id, "found again, and other than before");
                (2, None)
            }
            Err(verdict) => return Err(verdict),
        };
        let sql = "UPDATE funds_watch_found~ SET told = $2, warning = $3 WHERE id = $1";
        let mut tx = host.store.begin().await.map_err(away)?;
        let values: [Value; 3] = [id.into(), outcome.0.into(), outcome.1.into()];
        tx.execute(sql, &values).await.map_err(away)?;
        tx.commit().await.map_err(away)?;
        told += usize::from(outcome.0 == 1);
    }
    Ok(told)
}

async fn one(host: &Host<Funds>, row: &Row) -> Result<Option<String>, Verdict> {
    let text = |column: usize| row.text(column).map_err(away);
    let stale = |error: serde_json::Error| away(StoreError::Corrupt(error.to_string()));
    let (id, unit) = (text(0)?.to_owned(), UnitId::from(text(1)?));
    let at = row.i64(2).map_err(away)?;
    let subject = text(3)?;
    let finding: Finding = serde_json::from_str(text(4)?).map_err(stale)?;
    let holds: Vec<String> = serde_json::from_str(text(5)?).map_err(stale)?;
    let index = row.i64(7).map_err(away)?;
    let values: [Value; 5] =
        [unit.as_str().into(), subject.into(), at.into(), index.into(), id.as_str().into()];
    let before = host.store.query(BEFORE, &values).await.map_err(away)?;
    let before = before.first().map(|row| row.text(0).map(str::to_owned));
    let command = Command {
        principal: "watch".to_owned(),
        key: id,
        actor: Actor::System("watch".to_owned()),
        place: place(host, &unit, text(6)?).await?,
        seen: None,
        causation: finding.found.evidence.last().cloned(),
        body: Ask::RaiseWarning {
            warning: before.transpose().map_err(away)?,
            finding: Box::new(finding),
            holds,
        },
    };
    let answer = host.committer.submit(command).await?;
    let streams = answer.receipt().events.iter().filter_map(|event| event.stream.as_ref());
    let warning = streams.filter(|stream| stream.kind() == "warning").map(StreamId::key).next();
    Ok(warning.map(str::to_owned))
}

async fn place(host: &Host<Funds>, unit: &UnitId, code: &str) -> Result<Place, Verdict> {
    let (_, known) = host.store.state::<State>(&copy("unit", unit)).await.map_err(away)?;
    let Some(State::Known(Known::Unit(known))) = known else {
        return Err(Verdict::not_known(("单位", "the unit"), unit));
    };
    let code = DivisionCode::parse(code);
    let code = code.map_err(|error| away(StoreError::Corrupt(error.to_string())))?;
    Ok(Place { unit: unit.clone(), code, keeper: known.keeper })
}

/// Looks at what is due and tells what was found.
///
/// # Errors
/// As [`tell`].
pub async fn look_and_tell(host: &Host<Funds>) -> Result<usize, Verdict> {
    let watches = host.committer.domain().watches().clone();
    reader::look_at_day(&host.store, &watches, host.committer.now())
        .await
        .map_err(|error| Verdict::Unavailable(error.to_string()))?;
    tell(host).await
}

/// Every so many seconds it looks at what is due.
const LOOK_EVERY: u32 = 60;

/// Goes on until the service is gone: tells each second, looks at the day each minute.
pub fn keep_telling(host: &Arc<Host<Funds>>) {
    let host: Weak<Host<Funds>> = Arc::downgrade(host);
    tokio::spawn(async move {
        for second in (0..LOOK_EVERY).cycle() {
            let Some(host) = host.upgrade() else { return };
            let done = if second == 0 { look_and_tell(&host).await } else { tell(&host).await };
            if let Err(verdict) = done {
                tracing::debug!(%verdict, "warnings wait");
            }
            drop(host);
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    });
}
