//! Makes a reader's tables anew beside the live ones and swaps them in one transaction.

use sha2::{Digest, Sha256};

use super::{Given, Reader, Readers};
use crate::{database::Scope, error::StoreError, readers::Applied, store::Store, value::Value};
use kernel::LogId;

/// A rebuild that is under way: its tables stand beside the live ones.
#[derive(Debug)]
pub struct Rebuild {
    suffix: String,
}

const GET: &str = "SELECT value FROM core_meta WHERE name = $1";
const SET: &str = "INSERT INTO core_meta (name, value) VALUES ($1, $2) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

fn note(reader: &str) -> String {
    format!("reader {reader}")
}

/// Identifies the shape of a reader's tables.
fn shape(reader: &dyn Reader) -> String {
    hex::encode(Sha256::digest(reader.schema("").join(";")))
}

/// The tables that a schema makes: the word behind `CREATE TABLE [IF NOT EXISTS]`, without the suffix.
fn tables(reader: &dyn Reader) -> Vec<String> {
    reader
        .schema("")
        .iter()
        .filter_map(|sql| {
            let mut words =
                sql.split(|c: char| c.is_whitespace() || c == '(').filter(|w| !w.is_empty());
            let is = |word: Option<&str>, wanted: &str| {
                word.is_some_and(|w| w.eq_ignore_ascii_case(wanted))
            };
            if !is(words.next(), "CREATE") || !is(words.next(), "TABLE") {
                return None;
            }
            let name = words.next()?;
            let name = if name.eq_ignore_ascii_case("IF") { words.nth(2)? } else { name };
            Some(name.trim_end_matches('~').to_owned())
        })
        .collect()
}

pub(crate) async fn prepare(store: &Store, reader: &dyn Reader) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let name = note(reader.name());
    let wanted = shape(reader);
    // Insert first: of two processes that start at once, the second waits here.
    let fresh = tx
        .execute(
            "INSERT INTO core_meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            &[name.as_str().into(), wanted.as_str().into()],
        )
        .await?;
    if fresh == 0 {
        let found = tx.fetch(GET, &[name.into()]).await?;
        let found = found.first().map_or(Ok(""), |row| row.text(0))?;
        if found != wanted {
            return Err(StoreError::Setup(format!(
                "the tables of {0} have changed: run `cunwu rebuild {0}`",
                reader.name()
            )));
        }
        return tx.rollback().await;
    }
    for sql in reader.schema("") {
        tx.execute(&sql, &[]).await?;
    }
    tx.commit().await
}

impl Readers {
    /// Makes a reader's tables anew from the own logs and swaps them in. For a reader of foreign logs use
    /// [`Readers::begin_rebuild`], feed it with [`Readers::apply_rebuild`], and end with [`Readers::finish_rebuild`].
    /// `progress` hears how many entries are applied so far.
    ///
    /// # Errors
    /// When the database is out of reach; the live tables stay as they are.
    pub async fn rebuild(
        &self,
        reader: &dyn Reader,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<u64, StoreError> {
        let rebuild = self.begin_rebuild(reader).await?;
        let scope = Scope::of(reader.name(), &rebuild.suffix);
        let mut total = 0;
        // What arrives meanwhile is taken along; what arrives after the last look is left to the follower.
        loop {
            let new = self.catch_up_as(reader, &scope).await?;
            if new == 0 {
                break;
            }
            total += new;
            progress(total);
        }
        self.finish_rebuild(reader, rebuild).await?;
        Ok(total)
    }

    /// Makes empty tables beside the live ones; leftovers of a rebuild that was broken off are removed.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn begin_rebuild(&self, reader: &dyn Reader) -> Result<Rebuild, StoreError> {
        let mut tx = self.store.begin().await?;
        let counter = format!("rebuilds of {}", reader.name());
        let found = tx.fetch(GET, &[counter.as_str().into()]).await?;
        let last: u64 =
            found.first().map_or(Ok(0), |r| r.text(0).map(|t| t.parse().unwrap_or(0)))?;
        let next = last + 1;
        tx.execute(SET, &[counter.into(), next.to_string().into()]).await?;
        if last > 0 {
            let old = format!("_r{last}");
            for table in tables(reader) {
                tx.execute(&format!("DROP TABLE IF EXISTS {table}{old}"), &[]).await?;
            }
            forget(&mut tx, &format!("{}{old}", reader.name())).await?;
        }
        let suffix = format!("_r{next}");
        tx.scope = Scope::of(reader.name(), &suffix);
        for sql in reader.schema(&suffix) {
            tx.execute(&sql, &[]).await?;
        }
        tx.commit().await?;
        Ok(Rebuild { suffix })
    }

    /// Applies entries to the tables under way, as [`Readers::apply_batch`] does to the live ones.
    ///
    /// # Errors
    /// As [`Readers::apply_batch`].
    pub async fn apply_rebuild(
        &self,
        reader: &dyn Reader,
        rebuild: &Rebuild,
        source: &str,
        log: &LogId,
        entries: Vec<Given>,
    ) -> Result<Applied, StoreError> {
        let scope = Scope::of(reader.name(), &rebuild.suffix);
        self.apply_as(reader, &scope, source, log, &entries).await
    }

    /// Swaps the new tables, positions and copies in, in one transaction.
    ///
    /// # Errors
    /// When the database is out of reach; the live tables stay as they are.
    pub async fn finish_rebuild(
        &self,
        reader: &dyn Reader,
        rebuild: Rebuild,
    ) -> Result<(), StoreError> {
        let Rebuild { suffix } = rebuild;
        let (live, made) = (reader.name().to_owned(), format!("{}{suffix}", reader.name()));
        let mut tx = self.store.begin().await?;
        for table in tables(reader) {
            tx.execute(&format!("DROP TABLE IF EXISTS {table}"), &[]).await?;
            tx.execute(&format!("ALTER TABLE {table}{suffix} RENAME TO {table}"), &[]).await?;
        }
        forget(&mut tx, &live).await?;
        let names: [Value; 2] = [live.as_str().into(), made.into()];
        for table in ["core_position", "core_parked", "core_skipped"] {
            tx.execute(&format!("UPDATE {table} SET reader = $1 WHERE reader = $2"), &names)
                .await?;
        }
        let [live_name, made_name] = names;
        tx.execute(
            "UPDATE core_state SET owner = $1, stream = SUBSTR(stream, 1, CAST(LENGTH(stream) - $3 AS INTEGER)) WHERE owner = $2",
            &[live_name, made_name, (suffix.len() as u64).into()],
        )
        .await?;
        tx.execute(SET, &[note(&live).into(), shape(reader).into()]).await?;
        tx.commit().await?;
        self.store.bump_facts();
        Ok(())
    }
}

async fn forget(tx: &mut crate::database::Tx<'_>, owner: &str) -> Result<(), StoreError> {
    for table in ["core_position", "core_parked"] {
        tx.execute(&format!("DELETE FROM {table} WHERE reader = $1"), &[owner.into()]).await?;
    }
    tx.execute("DELETE FROM core_state WHERE owner = $1", &[owner.into()]).await?;
    Ok(())
}
