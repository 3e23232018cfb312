//! The key store: a key per subject, wrapped by the master key, in a database of its own. Knows no part and no log.

use std::collections::{BTreeSet, HashMap};

use store::{Database, Row, Value};
use zeroize::Zeroizing;

use crate::{
    cipher::{self, KeyId},
    error::SealedError,
    master::MasterKey,
    random,
};

/// Wrapped at first start, to tell one master key from another.
const KNOWN: [u8; 32] = [0x5a; 32];
/// Rows named in one statement.
const CHUNK: usize = 400;

const STEPS: &[&[&str]] = &[&[
    "CREATE TABLE subject_key (id BYTEA PRIMARY KEY, subject TEXT NOT NULL UNIQUE, wrapped BYTEA NOT NULL)",
    // What was erased: replayed after a restore. Subjects are opaque ids, valid in one service.
    "CREATE TABLE tombstone (id BYTEA PRIMARY KEY, subject TEXT NOT NULL)",
    "CREATE TABLE attachment (file TEXT PRIMARY KEY, subject TEXT NOT NULL)",
    "CREATE INDEX attachment_subject ON attachment (subject)",
    "CREATE TABLE restriction (subject TEXT PRIMARY KEY, basis TEXT NOT NULL)",
    "CREATE TABLE proof (name TEXT PRIMARY KEY, wrapped BYTEA NOT NULL)",
]];

/// A subject's key, unwrapped.
#[derive(Clone)]
pub(crate) struct SubjectKey {
    pub id: KeyId,
    pub secret: Zeroizing<[u8; 32]>,
}

/// The key store.
pub(crate) struct Keys {
    database: Database,
    master: MasterKey,
}

impl Keys {
    pub async fn open(url: &str, name: &str, master: MasterKey) -> Result<Self, SealedError> {
        let database = Database::open(url, name).await?;
        database.migrate("sealed", STEPS).await?;
        let keys = Self { database, master };
        keys.prove_master().await?;
        Ok(keys)
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A known value wrapped at first start: another master key is noticed before it wraps anything.
    async fn prove_master(&self) -> Result<(), SealedError> {
        let wrapped = cipher::seal(self.master.bytes(), &[0; 16], b"proof", &KNOWN)?;
        let mut tx = self.database.begin().await?;
        tx.execute(
            "INSERT INTO proof (name, wrapped) VALUES ('master', $1) ON CONFLICT (name) DO NOTHING",
            &[wrapped.into()],
        )
        .await?;
        let rows = tx.fetch("SELECT wrapped FROM proof WHERE name = 'master'", &[]).await?;
        tx.commit().await?;
        let found = rows.first().map(|row| row.bytes(0)).transpose()?.unwrap_or_default();
        if cipher::open(self.master.bytes(), b"proof", found).as_deref() != Some(&KNOWN) {
            return Err(SealedError::Setup(
                "the master key is not the one this key store was made with: give the former one"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn place(id: &KeyId, subject: &str) -> Vec<u8> {
        [b"key\0".as_slice(), id, subject.as_bytes()].concat()
    }

    fn unwrap_row(&self, row: &Row) -> Result<(String, SubjectKey), SealedError> {
        let (id, subject) = (row.array::<16>(0)?, row.text(1)?.to_owned());
        let damaged = || SealedError::Damaged("a subject's key".to_owned());
        let bytes = cipher::open(self.master.bytes(), &Self::place(&id, &subject), row.bytes(2)?)
            .map(Zeroizing::new)
            .ok_or_else(damaged)?;
        let mut secret = Zeroizing::new([0; 32]);
        if bytes.len() != secret.len() {
            return Err(damaged());
        }
        secret.copy_from_slice(&bytes);
        Ok((subject, SubjectKey { id, secret }))
    }

    /// The keys of these subjects, as far as they exist.
    pub async fn find(
        &self,
        subjects: &BTreeSet<&str>,
    ) -> Result<HashMap<String, SubjectKey>, SealedError> {
        let list: Vec<&str> = subjects.iter().copied().collect();
        let mut found = HashMap::with_capacity(list.len());
        for chunk in list.chunks(CHUNK) {
            let marks: Vec<String> = (1..=chunk.len()).map(|n| format!("${n}")).collect();
            let sql = format!(
                "SELECT id, subject, wrapped FROM subject_key WHERE subject IN ({})",
                marks.join(", ")
            );
            let values: Vec<Value> = chunk.iter().map(|s| Value::from(*s)).collect();
            for row in self.database.query(&sql, &values).await? {
                let (subject, key) = self.unwrap_row(&row)?;
                found.insert(subject, key);
            }
        }
        Ok(found)
    }

    /// The keys of these subjects; those that do not exist are made, durable before this returns.
    pub async fn find_or_make(
        &self,
        subjects: &BTreeSet<&str>,
    ) -> Result<HashMap<String, SubjectKey>, SealedError> {
        let found = self.find(subjects).await?;
        let missing: BTreeSet<&str> =
            subjects.iter().copied().filter(|s| !found.contains_key(*s)).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let mut tx = self.database.begin().await?;
        for chunk in missing.iter().copied().collect::<Vec<_>>().chunks(CHUNK) {
            let mut values: Vec<Value> = Vec::with_capacity(3 * chunk.len());
            let mut rows = Vec::with_capacity(chunk.len());
            for subject in chunk {
                let (id, secret) = (random::<16>()?, Zeroizing::new(random::<32>()?));
                let place = Self::place(&id, subject);
                let wrapped =
                    cipher::seal(self.master.bytes(), &[0; 16], &place, secret.as_slice())?;
                let n = values.len();
                rows.push(format!("(${}, ${}, ${})", n + 1, n + 2, n + 3));
                values.extend([id.as_slice().into(), (*subject).into(), wrapped.into()]);
            }
            // Of two processes that make a subject's key at once, the first one's stays.
            let sql = format!(
                "INSERT INTO subject_key (id, subject, wrapped) VALUES {} ON CONFLICT (subject) DO NOTHING",
                rows.join(", ")
            );
            tx.execute(&sql, &values).await?;
        }
        tx.commit().await?;
        self.find(subjects).await
    }

    /// Deletes keys by their ids, notes the tombstones, and gives the files of the attachments of `gone`.
    pub async fn bury(&self, tombstones: &[(KeyId, String)]) -> Result<(), SealedError> {
        let mut tx = self.database.begin().await?;
        for (id, subject) in tombstones {
            let id: Value = id.as_slice().into();
            tx.execute(
                "INSERT INTO tombstone (id, subject) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
                &[id.clone(), subject.as_str().into()],
            )
            .await?;
            tx.execute("DELETE FROM subject_key WHERE id = $1", &[id]).await?;
        }
        tx.commit().await?;
        Ok(self.database.scrub(&["subject_key"]).await?)
    }

    pub async fn tombstones(&self) -> Result<Vec<(KeyId, String)>, SealedError> {
        self.database
            .query("SELECT id, subject FROM tombstone ORDER BY id", &[])
            .await?
            .iter()
            .map(|row| Ok((row.array(0)?, row.text(1)?.to_owned())))
            .collect()
    }

    pub async fn restriction(&self, subject: &str) -> Result<Option<String>, SealedError> {
        let sql = "SELECT basis FROM restriction WHERE subject = $1";
        let rows = self.database.query(sql, &[subject.into()]).await?;
        Ok(rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()?)
    }

    pub async fn restrict(&self, subject: &str, basis: Option<&str>) -> Result<(), SealedError> {
        let mut tx = self.database.begin().await?;
        tx.execute("DELETE FROM restriction WHERE subject = $1", &[subject.into()]).await?;
        if let Some(basis) = basis {
            let sql = "INSERT INTO restriction (subject, basis) VALUES ($1, $2)";
            tx.execute(sql, &[subject.into(), basis.into()]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Wraps every key under another master key, in one transaction.
    pub async fn rewrap(&mut self, master: MasterKey) -> Result<u64, SealedError> {
        let mut tx = self.database.begin().await?;
        let mut count = 0;
        let mut last: Vec<u8> = Vec::new();
        loop {
            let sql =
                "SELECT id, subject, wrapped FROM subject_key WHERE id > $1 ORDER BY id LIMIT 500";
            let rows = tx.fetch(sql, &[last.as_slice().into()]).await?;
            for row in &rows {
                let (subject, key) = self.unwrap_row(row)?;
                let place = Self::place(&key.id, &subject);
                let wrapped =
                    cipher::seal(master.bytes(), &[0; 16], &place, key.secret.as_slice())?;
                let values = [wrapped.into(), key.id.as_slice().into()];
                tx.execute("UPDATE subject_key SET wrapped = $1 WHERE id = $2", &values).await?;
                last = key.id.to_vec();
                count += 1;
            }
            if rows.is_empty() {
                break;
            }
        }
        let proof = cipher::seal(master.bytes(), &[0; 16], b"proof", &KNOWN)?;
        tx.execute("UPDATE proof SET wrapped = $1 WHERE name = 'master'", &[proof.into()]).await?;
        tx.commit().await?;
        self.master = master;
        self.database.scrub(&["subject_key", "proof"]).await?;
        Ok(count)
    }

    pub async fn note_attachment(&self, file: &str, subject: &str) -> Result<(), SealedError> {
        let mut tx = self.database.begin().await?;
        tx.execute(
            "INSERT INTO attachment (file, subject) VALUES ($1, $2)",
            &[file.into(), subject.into()],
        )
        .await?;
        Ok(tx.commit().await?)
    }

    pub async fn attachments(&self, subject: &str) -> Result<Vec<String>, SealedError> {
        let sql = "SELECT file FROM attachment WHERE subject = $1";
        let rows = self.database.query(sql, &[subject.into()]).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    pub async fn forget_attachment(&self, file: &str) -> Result<(), SealedError> {
        let mut tx = self.database.begin().await?;
        tx.execute("DELETE FROM attachment WHERE file = $1", &[file.into()]).await?;
        Ok(tx.commit().await?)
    }
}
