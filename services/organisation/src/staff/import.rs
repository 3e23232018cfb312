//! Imports a register of divisions (行政区划导入): validated whole, then recorded in chunks under one import.
//!
//! A chunk is a command of at most 1000 units: no database holds a lock for long, and memory stays small. The row of the
//! import says how far it came. One that broke off is finished by importing the same file again; until then every other
//! file is refused, so that no half register is ever silently left behind.

use std::sync::Arc;

use host::Host;
use kernel::{Actor, Command, Entropy, Level, Place, Refusal, Text, Timestamp, Verdict};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{Store, StoreError};

use super::out_of_reach;
use crate::{
    Ask, Organisation,
    facts::divisions::{Complaints, Plan, Register},
    shows::units,
};

/// The table.
pub const STEPS: &[&[&str]] = &[&[
    "CREATE TABLE org_import (id TEXT PRIMARY KEY, began BIGINT NOT NULL, ended BIGINT NOT NULL, planned BIGINT NOT NULL, done BIGINT NOT NULL)",
]];

/// Units in a command.
const CHUNK: usize = 1000;
/// Who the log says did it.
const CAUSE: &str = "divisions-import";

/// An import as its row tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportRow {
    /// SHA-256 of the file, hexadecimal.
    pub id: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; `None`: it broke off, or is going on.
    pub ended: Option<Timestamp>,
    /// How many units were to be formed or renamed.
    pub planned: u64,
    /// How many are.
    pub done: u64,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// SHA-256 of the file, hexadecimal.
    pub import: String,
    /// Lines of the file, by level.
    pub lines: Vec<(Level, usize)>,
    /// Units formed.
    pub formed: u64,
    /// Units renamed.
    pub renamed: u64,
    /// Lines that said what was so already.
    pub unchanged: u64,
    /// Units that the file does not have: code and name. Reported, never deleted.
    pub missing: Vec<(String, String)>,
    /// Units that the file puts elsewhere: line, code and name. Reported, never moved.
    pub elsewhere: Vec<(u32, String, String)>,
    /// Whether it finished an import of the same file that had broken off.
    pub finished_earlier: bool,
}

/// Why nothing, or not all, was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is wrong: every bad line. Nothing was changed.
    #[error("the register has errors; nothing was changed:\n{0}")]
    Register(Complaints),
    /// Refused, or out of reach for the moment: import the same file again.
    #[error(transparent)]
    Verdict(#[from] Verdict),
}

impl ImportError {
    /// As a verdict: a bad register is refused with its lines.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Register(complaints) => complaints.refusal().into(),
            Self::Verdict(verdict) => verdict,
        }
    }
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Verdict(out_of_reach(error))
    }
}

/// Imports a register. `progress` hears (done, planned).
///
/// # Errors
/// [`ImportError::Register`] with every bad line; a verdict when another import is unfinished or writing is not possible.
pub async fn import_divisions(
    host: &Host<Organisation>,
    csv: &[u8],
    progress: impl Fn(u64, u64),
) -> Result<ImportReport, ImportError> {
    let register = Register::parse(csv).map_err(ImportError::Register)?;
    let store = &host.store;
    store.database().migrate("imports", STEPS).await?;
    let import = hex::encode(Sha256::digest(csv));
    let now = host.committer.now();
    let earlier = unfinished(store).await?;
    if let Some(other) = earlier.iter().find(|row| row.id != import) {
        return Err(Verdict::from(unfinished_refusal(other)).into());
    }
    let finished_earlier = !earlier.is_empty();

    // what exists is read from the log, up to its end
    let reader: Arc<dyn store::Reader> = Arc::new(units::Units);
    host.readers.prepare(reader.as_ref()).await?;
    host.readers.catch_up(reader.as_ref()).await?;
    let known = units::known(store).await?;
    let lines = register.counts().to_vec();
    // what was written before tells this attempt from every earlier one: other ids than those that one which broke off
    // has drawn, other keys than when the same file came a year ago
    let written: u64 = store.logs().await?.iter().map(|log| log.size).sum();
    let seed = Sha256::new().chain_update(&import).chain_update(written.to_le_bytes());
    let mut entropy = Entropy::from_seed(seed.finalize().into());
    let province = register.rows().first().map(|row| row.code);
    let plan = Plan::against(&register, known.iter().cloned(), now.date(), &mut entropy);
    drop(register);
    let at = province.and_then(|code| {
        let known = known.iter().find(|unit| unit.code == code).map(|unit| unit.unit.clone());
        let formed =
            plan.form.first().filter(|unit| unit.code == code).map(|unit| unit.unit.clone());
        known.or(formed).map(|unit| (unit, code))
    });
    drop(known);
    let mut report = ImportReport {
        import: import.clone(),
        lines,
        formed: plan.form.len() as u64,
        renamed: plan.rename.len() as u64,
        unchanged: plan.unchanged as u64,
        missing: plan.missing.iter().map(|u| (u.code.to_string(), u.name.clone())).collect(),
        elsewhere: Vec::new(),
        finished_earlier,
    };
    report.elsewhere = plan
        .differs
        .iter()
        .map(|differs| (differs.line, differs.known.code.to_string(), differs.known.name.clone()))
        .collect();
    let planned = report.formed + report.renamed;
    progress(0, planned);
    let Some((province, code)) = at.filter(|_| planned > 0) else {
        if finished_earlier {
            end(store, &import, now).await?;
        }
        return Ok(report);
    };
    begin(store, &import, now, planned).await?;
    let place = Place { unit: province.clone(), code, keeper: province };
    let mut done = 0;
    for ask in plan.asks(CHUNK) {
        let count = match &ask {
            Ask::Divisions { form, rename } => (form.len() + rename.len()) as u64,
            _ => 0,
        };
        submit(host, &format!("{import}/{written}/{done}"), &place, ask).await?;
        done += count;
        advance(store, &import, count).await?;
        progress(done, planned);
    }
    end(store, &import, host.committer.now()).await?;
    host.readers.catch_up(reader.as_ref()).await?;
    Ok(report)
}

/// One chunk.
async fn submit(
    host: &Host<Organisation>,
    key: &str,
    place: &Place,
    ask: Ask,
) -> Result<(), ImportError> {
    let command = Command {
        principal: CAUSE.to_owned(),
        key: key.to_owned(),
        actor: Actor::System(CAUSE.to_owned()),
        place: place.clone(),
        seen: None,
        causation: None,
        body: ask,
    };
    let mut answer = host.committer.submit(command.clone()).await;
    // an answer that was lost: the same key tells what became of it
    for _ in 0..3 {
        if !matches!(answer, Err(Verdict::Unknown | Verdict::Unavailable(_))) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        answer = host.committer.submit(command.clone()).await;
    }
    answer.map(|_| ()).map_err(ImportError::from)
}

fn unfinished_refusal(other: &ImportRow) -> Refusal {
    let short = other.id.get(..12).unwrap_or(&other.id);
    Refusal::new(
        "import-unfinished",
        Text::new(
            format!(
                "上一次导入（文件 {short}…）没有完成：{}个单位中已登记{}个。",
                other.planned, other.done
            ),
            format!(
                "An earlier import (file {short}…) is not finished: {} of {} units are recorded.",
                other.done, other.planned
            ),
        ),
        Text::new(
            "请先用同一个文件再导入一次，把它完成。",
            "Import that same file again first: this finishes it.",
        ),
    )
    .by_law(crate::laws::law("STAT-2009"))
    .at("/file")
}

const COLUMNS: &str = "id, began, ended, planned, done";

fn read(row: &store::Row) -> Result<ImportRow, StoreError> {
    let ended = row.i64(2)?;
    Ok(ImportRow {
        id: row.text(0)?.to_owned(),
        began: Timestamp::from_micros(row.i64(1)?),
        ended: (ended != 0).then(|| Timestamp::from_micros(ended)),
        planned: row.u64(3)?,
        done: row.u64(4)?,
    })
}

/// Imports that broke off, or are going on.
///
/// # Errors
/// When the database is out of reach.
pub async fn unfinished(store: &Store) -> Result<Vec<ImportRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM org_import WHERE ended = 0 ORDER BY began");
    store.query(&sql, &[]).await?.iter().map(read).collect()
}

async fn begin(store: &Store, id: &str, now: Timestamp, planned: u64) -> Result<(), StoreError> {
    // finishing goes on with what was done: the count is of the whole import
    let sql = "INSERT INTO org_import (id, began, ended, planned, done) VALUES ($1, $2, 0, $3, 0) \
         ON CONFLICT (id) DO UPDATE SET planned = CASE WHEN org_import.ended = 0 THEN org_import.done + excluded.planned ELSE excluded.planned END, \
         done = CASE WHEN org_import.ended = 0 THEN org_import.done ELSE 0 END, ended = 0";
    write(store, sql, &[id.into(), now.micros().into(), planned.into()]).await
}

async fn advance(store: &Store, id: &str, count: u64) -> Result<(), StoreError> {
    write(store, "UPDATE org_import SET done = done + $2 WHERE id = $1", &[id.into(), count.into()])
        .await
}

async fn end(store: &Store, id: &str, now: Timestamp) -> Result<(), StoreError> {
    write(
        store,
        "UPDATE org_import SET ended = $2 WHERE id = $1",
        &[id.into(), now.micros().into()],
    )
    .await
}

async fn write(store: &Store, sql: &str, values: &[store::Value]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(sql, values).await?;
    tx.commit().await
}
