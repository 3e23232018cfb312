//! The vault: seals and opens the parts beside a service's logs, records openings, erases a person.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use base64::Engine;
use kernel::{Event, LogId, Position, Timestamp};
use sha2::{Digest, Sha256};
use store::{CipherPart, PlainPart, SealError, Sealer, Store};

use crate::{
    cipher::{self, KeyId, part_place},
    error::SealedError,
    keys::{Keys, SubjectKey},
    master::MasterKey,
};

/// Where the keys lie and what guards them.
pub struct VaultConfig {
    /// The key store's database, never the service's own file: a SQLite file or a `postgres://` URL.
    pub keys: String,
    /// Name of its schema, `funds_keys`.
    pub name: String,
    /// Wraps the subjects' keys.
    pub master: MasterKey,
    /// A file that outlives both databases' backups; erasures are noted in it and replayed at every start.
    pub tombstones: PathBuf,
}

/// Who opens a value and why. What is recorded of it must tell nothing of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opener {
    /// As in an envelope: `post/holder`, `resident/id`, `system/cause`.
    pub actor: String,
    /// For what.
    pub reason: String,
}

/// One opening of a value of class sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The event whose value was opened.
    pub position: Position,
    /// The field; empty for a whole event of a closed log.
    pub field: String,
    /// Whose data it is: the one who can see this opening.
    pub subject: String,
    /// Who and why.
    pub opener: Opener,
}

/// Records openings; the service makes each an event.
#[async_trait]
pub trait OpeningLog: Send + Sync {
    /// Records one opening, durably, before the value is handed out.
    ///
    /// # Errors
    /// A sentence; the value is then not handed out.
    async fn record(&self, opening: Opening) -> Result<(), String>;
}

/// A value with the salt that makes it verifiable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// 32 random bytes.
    pub salt: [u8; 32],
    /// The value's JSON, as it was committed to.
    pub json: Vec<u8>,
    /// Its class: `public`, `members`, `staff`, `sealed`.
    pub class: String,
    /// Whose data it is.
    pub subject: String,
}

impl Opened {
    /// The value.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn value(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_slice(&self.json)
    }
}

/// Seals, opens and erases for one service.
pub struct Vault {
    pub(crate) keys: Keys,
    store: Store,
    tombstones: PathBuf,
    openings: Option<Arc<dyn OpeningLog>>,
    /// Writers of the tombstone file wait for one another.
    burying: tokio::sync::Mutex<()>,
}

impl Vault {
    /// Opens or makes the key store, and replays all erasures, so that no restore brings a person back.
    ///
    /// # Errors
    /// [`SealedError::Setup`] with the remedy.
    pub async fn open(config: VaultConfig, store: Store) -> Result<Self, SealedError> {
        let VaultConfig { keys, name, master, tombstones } = config;
        let keys = Keys::open(&keys, &name, master).await?;
        let burying = tokio::sync::Mutex::new(());
        let vault = Self { keys, store, tombstones, openings: None, burying };
        let mut buried = read_tombstones(&vault.tombstones)?;
        let noted = vault.keys.tombstones().await?;
        let absent: Vec<_> = noted.iter().filter(|t| !buried.contains(t)).cloned().collect();
        write_tombstones(&vault.tombstones, &absent)?;
        let fresh: Vec<_> = buried.iter().filter(|t| !noted.contains(t)).cloned().collect();
        buried.extend(absent);
        if !fresh.is_empty() {
            tracing::warn!(
                count = fresh.len(),
                "a restore had brought erased keys back; erased again"
            );
            vault.keys.bury(&fresh).await?;
        }
        for (id, subject) in &buried {
            vault.delete_parts(id, subject).await?;
        }
        Ok(vault)
    }

    /// With a place where openings are recorded.
    #[must_use]
    pub fn recording(mut self, openings: Arc<dyn OpeningLog>) -> Self {
        self.openings = Some(openings);
        self
    }

    /// The store whose parts it opens.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Opens the value of a field (or, with an empty field, the event of a closed log) and checks it against what the
    /// log commits to. `None` when it was erased, has expired, or never was. A value of class sealed is recorded first.
    ///
    /// # Errors
    /// [`SealedError::NotRecorded`] when the opening could not be recorded: nothing is handed out.
    pub async fn open_part(
        &self,
        log: &LogId,
        index: u64,
        field: &str,
        opener: &Opener,
    ) -> Result<Option<Opened>, SealedError> {
        let Some(part) = self.store.sealed_part(log, index, field).await? else {
            return Ok(None);
        };
        if let Some(basis) = self.keys.restriction(&part.subject).await? {
            return Err(SealedError::Restricted { basis });
        }
        let place = CipherPart {
            subject: part.subject.clone(),
            log: log.clone(),
            index,
            field: field.to_owned(),
            ciphertext: part.ciphertext,
        };
        let Some(bytes) = self.open_all(std::slice::from_ref(&place)).await?.pop().flatten() else {
            return Ok(None);
        };
        let what = || format!("{log} {index} `{field}`");
        let Some((salt, json)) = bytes.split_first_chunk::<32>() else {
            return Err(SealedError::Damaged(what()));
        };
        if !self.is_committed(log, index, field, &bytes).await? {
            return Err(SealedError::Damaged(what()));
        }
        if part.class == "sealed" {
            let opening = Opening {
                position: Position { log: log.clone(), index },
                field: field.to_owned(),
                subject: part.subject.clone(),
                opener: opener.clone(),
            };
            match &self.openings {
                Some(openings) => {
                    openings.record(opening).await.map_err(SealedError::NotRecorded)?;
                }
                None => {
                    return Err(SealedError::NotRecorded(
                        "no place to record it is set".to_owned(),
                    ));
                }
            }
        }
        let (salt, json) = (*salt, json.to_vec());
        Ok(Some(Opened { salt, json, class: part.class, subject: part.subject }))
    }

    async fn is_committed(
        &self,
        log: &LogId,
        index: u64,
        field: &str,
        salted: &[u8],
    ) -> Result<bool, SealedError> {
        let hash = Sha256::digest(salted);
        let entries = self.store.entries(log, index, 1).await?;
        let Some(entry) = entries.first().filter(|e| e.index == index) else { return Ok(false) };
        if field.is_empty() {
            return Ok(entry.bytes == hash.as_slice());
        }
        let Ok(event) = Event::decode(&entry.bytes) else { return Ok(false) };
        let wanted = base64::engine::general_purpose::STANDARD.encode(hash);
        Ok(event.commitment(field).is_some_and(|(found, _)| found == wanted))
    }

    /// Erases a person's data: the key, every sealed part, every attachment and sealed state under it. The commitments
    /// in the logs stay and tell nothing without the salts. Gives how many parts were deleted.
    ///
    /// # Errors
    /// [`SealedError::Retained`] with the article while a part must be kept; nothing is erased then.
    pub async fn erase(&self, subject: &str, now: Timestamp) -> Result<u64, SealedError> {
        let kept = "SELECT basis, keep_until FROM core_part WHERE subject = $1 AND keep_until > $2 \
             ORDER BY keep_until DESC LIMIT 1";
        let rows = self.store.query(kept, &[subject.into(), now.micros().into()]).await?;
        if let Some(row) = rows.first() {
            return Err(SealedError::Retained {
                basis: row.text(0)?.to_owned(),
                until: Timestamp::from_micros(row.i64(1)?),
            });
        }
        self.erase_now(subject).await
    }

    /// Restricts the use of a person's data that must still be kept (PIPL 47): it is stored, and opened for nobody.
    ///
    /// # Errors
    /// When the key store is out of reach.
    pub async fn restrict(&self, subject: &str, basis: &str) -> Result<(), SealedError> {
        self.keys.restrict(subject, Some(basis)).await
    }

    /// Ends a restriction.
    ///
    /// # Errors
    /// When the key store is out of reach.
    pub async fn lift_restriction(&self, subject: &str) -> Result<(), SealedError> {
        self.keys.restrict(subject, None).await
    }

    /// Wraps all keys under another master key. The service is stopped meanwhile: a process with the former key is
    /// refused at its next start. Gives how many.
    ///
    /// # Errors
    /// When a key is damaged or the key store out of reach; the former master key then stays in force.
    pub async fn change_master(&mut self, master: MasterKey) -> Result<u64, SealedError> {
        self.keys.rewrap(master).await
    }

    /// As [`Vault::erase`], whatever the periods of keeping: for a court's order, or data that should never have been.
    ///
    /// # Errors
    /// When a database or the file of tombstones is out of reach; calling again goes on where it stopped.
    pub async fn erase_now(&self, subject: &str) -> Result<u64, SealedError> {
        let _alone = self.burying.lock().await;
        let found = self.keys.find(&BTreeSet::from([subject])).await?;
        let mut count = 0;
        if let Some(key) = found.get(subject) {
            let tombstone = (key.id, subject.to_owned());
            // First the note that outlives everything, then the key, then the parts.
            write_tombstones(&self.tombstones, std::slice::from_ref(&tombstone))?;
            self.keys.bury(std::slice::from_ref(&tombstone)).await?;
            count += self.delete_parts(&tombstone.0, subject).await?;
        }
        // What an erasure that was broken off has left.
        for (id, _) in self.keys.tombstones().await?.iter().filter(|(_, s)| s == subject) {
            count += self.delete_parts(id, subject).await?;
        }
        self.store.database().scrub(&["core_part", "core_state"]).await?;
        Ok(count)
    }

    async fn delete_parts(&self, id: &KeyId, subject: &str) -> Result<u64, SealedError> {
        let values = [subject.into(), id.as_slice().into()];
        // Every start asks this for every erasure there ever was: most find nothing and write nothing.
        let any = "SELECT 1 FROM core_part WHERE subject = $1 AND SUBSTR(ciphertext, 2, 16) = $2 \
             UNION ALL SELECT 1 FROM core_state WHERE subject = $1 AND SUBSTR(body, 2, 16) = $2 LIMIT 1";
        if self.store.query(any, &values).await?.is_empty() {
            return Ok(0);
        }
        let mut tx = self.store.begin().await?;
        let parts = "DELETE FROM core_part WHERE subject = $1 AND SUBSTR(ciphertext, 2, 16) = $2";
        let count = tx.execute(parts, &values).await?;
        let states =
            "UPDATE core_state SET body = NULL WHERE subject = $1 AND SUBSTR(body, 2, 16) = $2";
        tx.execute(states, &values).await?;
        if count > 0 {
            // Other closed streams that the person is in: their states are folded anew from what is left.
            let others = "UPDATE core_state SET body = NULL WHERE subject IS NOT NULL \
                 AND stream IN (SELECT stream FROM core_subject WHERE subject = $1)";
            tx.execute(others, &values[..1]).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    async fn open_all(&self, parts: &[CipherPart]) -> Result<Vec<Option<Vec<u8>>>, SealedError> {
        let subjects: BTreeSet<&str> = parts.iter().map(|p| p.subject.as_str()).collect();
        let keys = self.keys.find(&subjects).await?;
        parts
            .iter()
            .map(|part| {
                let id = cipher::key_of(&part.ciphertext);
                // Another key is in force since: the one this was sealed under is erased.
                let Some(key) = keys.get(&part.subject).filter(|key| Some(key.id) == id) else {
                    return match id {
                        Some(_) => Ok(None),
                        None => Err(damaged(part)),
                    };
                };
                let place = part_place(part.log.as_str(), part.index, &part.field);
                match cipher::open(&key.secret, &place, &part.ciphertext) {
                    Some(plain) => Ok(Some(plain)),
                    None => Err(damaged(part)),
                }
            })
            .collect()
    }

    /// The key of one subject, made when there is none.
    pub(crate) async fn key(&self, subject: &str) -> Result<SubjectKey, SealedError> {
        self.keys
            .find_or_make(&BTreeSet::from([subject]))
            .await?
            .remove(subject)
            .ok_or_else(|| SealedError::Damaged("a subject's key".to_owned()))
    }
}

fn damaged(part: &CipherPart) -> SealedError {
    SealedError::Damaged(format!("{} {} `{}`", part.log, part.index, part.field))
}

#[async_trait]
impl Sealer for Vault {
    async fn seal(&self, parts: &[PlainPart]) -> Result<Vec<Vec<u8>>, SealError> {
        let unavailable = |error: SealedError| SealError::Unavailable(error.to_string());
        let subjects: BTreeSet<&str> = parts.iter().map(|p| p.subject.as_str()).collect();
        let keys = self.keys.find_or_make(&subjects).await.map_err(unavailable)?;
        parts
            .iter()
            .map(|part| {
                let key = keys.get(&part.subject).ok_or_else(|| {
                    SealError::Unavailable("a key was erased at this moment".to_owned())
                })?;
                let place = part_place(part.log.as_str(), part.index, &part.field);
                cipher::seal(&key.secret, &key.id, &place, &part.bytes).map_err(unavailable)
            })
            .collect()
    }

    async fn open(&self, parts: &[CipherPart]) -> Result<Vec<Option<Vec<u8>>>, SealError> {
        self.open_all(parts).await.map_err(|error| match (&error, parts.first()) {
            (SealedError::Damaged(_), Some(part)) => SealError::Damaged {
                log: part.log.clone(),
                index: part.index,
                field: part.field.clone(),
            },
            _ => SealError::Unavailable(error.to_string()),
        })
    }
}

/// A line each: the key's id in hexadecimal, a space, the subject.
fn read_tombstones(path: &Path) -> Result<Vec<(KeyId, String)>, SealedError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(file("cannot read the tombstones", path, error)),
    };
    let mut list = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let mut id = [0; 16];
        match line.split_once(' ') {
            Some((hexadecimal, subject))
                if hex::decode_to_slice(hexadecimal, &mut id).is_ok() && !subject.is_empty() =>
            {
                list.push((id, subject.to_owned()));
            }
            // The last line may be torn by a crash: its erasure had not begun.
            _ if n + 1 == text.lines().count() && !text.ends_with('\n') => {}
            _ => {
                return Err(SealedError::Setup(format!(
                    "{} line {}: not a tombstone; restore the file from its own backup",
                    path.display(),
                    n + 1
                )));
            }
        }
    }
    Ok(list)
}

fn write_tombstones(path: &Path, list: &[(KeyId, String)]) -> Result<(), SealedError> {
    let failed = |error| file("cannot write the tombstones", path, error);
    if list.is_empty() {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let torn = std::fs::read(path).is_ok_and(|b| b.last().is_some_and(|last| *last != b'\n'));
    let mut text = String::new();
    if torn {
        // Keeps the torn line apart; it is not a tombstone and is cut off here.
        let bytes = std::fs::read(path).map_err(failed)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let file = std::fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
        file.set_len(whole as u64).map_err(failed)?;
    }
    for (id, subject) in list {
        text.push_str(&format!("{} {}\n", hex::encode(id), subject.replace(['\n', '\r'], " ")));
    }
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

pub(crate) fn file(what: &str, path: &Path, source: std::io::Error) -> SealedError {
    SealedError::File { what: format!("{what} {}", path.display()), source }
}
