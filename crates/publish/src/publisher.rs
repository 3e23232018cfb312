//! The publisher: stages entries and tiles, reads them back, signs, publishes; in that order.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, RwLock},
};

use exchange::{LogHead, Source, SourceError};
use kernel::{LogId, LogKind};
use proof::{
    Checkpoint, ConsistencyFile, Edge, EntryError, Hash, Level, ProofFile, SignerKey, Tile,
    TileReader, VerifierKey, consistency_proof, decode_entries, encode_entries, inclusion_proof,
    leaf_hash,
};
use tokio::sync::Mutex;

use crate::{
    files::{LogFolder, fold_full},
    origin,
    state::{SignedState, SignerState},
};

/// Entries read from the owner at once: a full bundle.
const BUNDLE: u32 = 256;

/// Why a log was not published further. Nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The owner of the log did not answer.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file system refused.
    #[error("{log}: {error}")]
    Io {
        /// The log.
        log: LogId,
        /// What it said.
        error: std::io::Error,
    },
    /// What is there now is not a continuation of what was signed: a restored backup, or a changed entry or tile.
    #[error("{log}: {problem}; the signer refuses to sign another history")]
    Refused {
        /// The log.
        log: LogId,
        /// What does not agree.
        problem: String,
    },
    /// An entry cannot be put in a bundle, or a key cannot be used.
    #[error("{log}: {problem}")]
    Malformed {
        /// The log.
        log: LogId,
        /// What is wrong.
        problem: String,
    },
}

/// A published log: everything needed to serve and prove it without asking the database.
#[derive(Debug, Clone)]
pub struct Published {
    /// Open or closed.
    pub kind: LogKind,
    /// Number of entries that the checkpoint covers.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// The signed note.
    pub checkpoint: String,
    /// The partial tiles at the right edge, entries included.
    partials: HashMap<Tile, Vec<u8>>,
}

/// A log that this process signs.
struct Signed {
    edge: Edge,
    /// Entries of the last, partial bundle.
    tail: Vec<Vec<u8>>,
}

/// Signs and serves all logs of one service.
pub struct Publisher {
    owner: Arc<dyn Source>,
    tiles: PathBuf,
    state: SignerState,
    seed: [u8; 32],
    signing: Mutex<BTreeMap<LogId, Signed>>,
    published: RwLock<BTreeMap<LogId, Arc<Published>>>,
}

impl Publisher {
    /// For the logs of `owner`: tiles below `tiles`, the signer's memory in `state`, keys from `seed`, one name a log.
    pub fn new(
        owner: Arc<dyn Source>,
        tiles: impl Into<PathBuf>,
        state: SignerState,
        seed: [u8; 32],
    ) -> Self {
        Self {
            owner,
            tiles: tiles.into(),
            state,
            seed,
            signing: Mutex::default(),
            published: RwLock::default(),
        }
    }

    /// The public key of a log's checkpoints.
    ///
    /// # Errors
    /// When the origin cannot name a key.
    pub fn verifier(&self, log: &LogId) -> Result<VerifierKey, PublishError> {
        Ok(self.signer(log)?.verifier())
    }

    fn signer(&self, log: &LogId) -> Result<SignerKey, PublishError> {
        SignerKey::from_seed(&origin(log), &self.seed)
            .map_err(|e| PublishError::Malformed { log: log.clone(), problem: e.to_string() })
    }

    /// Publishes what each log has gained; returns how many checkpoints were signed. Closed logs go along only when
    /// `closed_too`: at their fixed hours, after padding.
    ///
    /// # Errors
    /// The first log's failure; the others are published all the same.
    pub async fn publish(&self, closed_too: bool) -> Result<usize, PublishError> {
        let mut signing = self.signing.lock().await;
        let mut signed = 0;
        let mut failure = None;
        for head in self.owner.logs().await? {
            let held = head.kind == LogKind::Closed && !closed_too;
            match self.publish_log(&mut signing, &head, held).await {
                Ok(true) => signed += 1,
                Ok(false) => {}
                Err(error) => {
                    // Whatever happened half way is thrown away and read again from what is signed.
                    signing.remove(&head.log);
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(signed), Err)
    }

    async fn publish_log(
        &self,
        signing: &mut BTreeMap<LogId, Signed>,
        head: &LogHead,
        held: bool,
    ) -> Result<bool, PublishError> {
        let log = &head.log;
        if !signing.contains_key(log) {
            let opened = self.open(head).await?;
            signing.insert(log.clone(), opened);
        }
        let Some(signed) = signing.get_mut(log) else { return Ok(false) };
        if held || head.size <= signed.edge.size() {
            return Ok(false);
        }
        let folder = LogFolder::new(&self.tiles, log);
        let io = |error| PublishError::Io { log: log.clone(), error };
        while signed.edge.size() < head.size {
            let from = signed.edge.size();
            let entries = self.owner.entries(log, from, BUNDLE - (from % 256) as u32).await?;
            if entries.is_empty() {
                return Err(refused(log, format!("the log ends at {from}, not at {}", head.size)));
            }
            let mut full = Vec::new();
            for (_, bytes) in &entries {
                signed.edge.append(leaf_hash(bytes), |tile, hashes| {
                    full.push((tile, proof::tile::tile_bytes(hashes)));
                });
                signed.tail.push(bytes.to_vec());
            }
            if signed.tail.len() == BUNDLE as usize {
                let bundle = encode_entries(&signed.tail).map_err(|e| malformed(log, &e))?;
                let tile = Tile::new(Level::Entries, from / 256, 256)
                    .ok_or_else(|| refused(log, "no such bundle".to_owned()))?;
                folder.write(&tile, &bundle).map_err(io)?;
                signed.tail.clear();
                self.read_back(log, &folder, &tile, &full)?;
            }
            for (tile, bytes) in &full {
                folder.write(tile, bytes).map_err(io)?;
                if folder.read(tile).map_err(io)?.as_ref() != Some(bytes) {
                    return Err(refused(log, format!("{tile} reads back with other bytes")));
                }
            }
        }
        self.sign(head, signed, &folder)?;
        Ok(true)
    }

    /// Hashes the bundle again as it lies on disk and compares it with the tile about to be written.
    fn read_back(
        &self,
        log: &LogId,
        folder: &LogFolder,
        bundle: &Tile,
        full: &[(Tile, Vec<u8>)],
    ) -> Result<(), PublishError> {
        let io = |error| PublishError::Io { log: log.clone(), error };
        let stored = folder.read(bundle).map_err(io)?.unwrap_or_default();
        let leaves: Vec<Hash> = decode_entries(&stored, BUNDLE as usize)
            .map_err(|e| malformed(log, &e))?
            .into_iter()
            .map(leaf_hash)
            .collect();
        let expected = full.iter().find(|(tile, _)| tile.level() == Level::Hashes(0));
        if expected.map(|(_, bytes)| bytes.clone()) == Some(proof::tile::tile_bytes(&leaves)) {
            Ok(())
        } else {
            Err(refused(log, format!("{bundle} reads back with other entries")))
        }
    }

    fn sign(
        &self,
        head: &LogHead,
        signed: &Signed,
        folder: &LogFolder,
    ) -> Result<(), PublishError> {
        let log = &head.log;
        let io = |error| PublishError::Io { log: log.clone(), error };
        let (size, root) = (signed.edge.size(), signed.edge.root());
        let key = self.signer(log)?;
        let checkpoint = Checkpoint::new(&origin(log), size, root)
            .sign(&[&key])
            .map_err(|e| PublishError::Malformed { log: log.clone(), problem: e.to_string() })?
            .to_string();
        self.state.save(log, &SignedState { size, root }).map_err(io)?;
        folder.publish(&checkpoint, &format!("{}\n", key.verifier())).map_err(io)?;
        self.show(head.kind, log, signed, checkpoint)
    }

    fn show(
        &self,
        kind: LogKind,
        log: &LogId,
        signed: &Signed,
        checkpoint: String,
    ) -> Result<(), PublishError> {
        let (size, root) = (signed.edge.size(), signed.edge.root());
        let mut partials: HashMap<Tile, Vec<u8>> = signed.edge.partials().collect();
        if let Some(tile) = Tile::in_log(Level::Entries, size / 256, size) {
            let bundle = encode_entries(&signed.tail).map_err(|e| malformed(log, &e))?;
            partials.insert(tile, bundle);
        }
        let published = Arc::new(Published { kind, size, root, checkpoint, partials });
        if let Ok(mut all) = self.published.write() {
            all.insert(log.clone(), published);
        }
        Ok(())
    }

    /// Reads a log as it was signed last and demands that tiles, entries and the published checkpoint agree with it.
    async fn open(&self, head: &LogHead) -> Result<Signed, PublishError> {
        let log = &head.log;
        let io = |error| PublishError::Io { log: log.clone(), error };
        let folder = LogFolder::new(&self.tiles, log);
        let remembered = self.state.load(log).map_err(io)?;
        let shown = folder.checkpoint().map_err(io)?;
        let key = self.verifier(log)?;
        let shown_size = match &shown {
            Some(note) => {
                proof::SignedCheckpoint::open(note, std::slice::from_ref(&key))
                    .map_err(|e| refused(log, format!("its checkpoint: {e}")))?
                    .checkpoint
                    .size
            }
            None => 0,
        };
        let Some(last) = remembered else {
            if shown_size > 0 {
                return Err(refused(
                    log,
                    format!("{shown_size} entries are published, but the signer remembers none"),
                ));
            }
            return Ok(Signed { edge: Edge::new(), tail: Vec::new() });
        };
        if head.size < last.size || shown_size > last.size {
            return Err(refused(
                log,
                format!(
                    "{} entries were signed, the log has {}, {shown_size} are published",
                    last.size, head.size
                ),
            ));
        }
        let start = last.size - last.size % 256;
        let mut tail = Vec::new();
        while (tail.len() as u64) < last.size - start {
            let from = start + tail.len() as u64;
            let wanted = u32::try_from(last.size - from).unwrap_or(BUNDLE);
            let entries = self.owner.entries(log, from, wanted).await?;
            if entries.is_empty() {
                return Err(refused(log, format!("entry {from} is missing")));
            }
            tail.extend(entries.into_iter().map(|(_, bytes)| bytes.to_vec()));
        }
        let edge = Edge::load(last.size, |tile| -> std::io::Result<Option<Vec<u8>>> {
            match tile.level() {
                Level::Hashes(0) => {
                    let leaves: Vec<Hash> = tail.iter().map(|entry| leaf_hash(entry)).collect();
                    Ok(Some(proof::tile::tile_bytes(&leaves)))
                }
                Level::Hashes(level) => fold_full(&folder, level, tile),
                Level::Entries => Ok(None),
            }
        })
        .map_err(|e| refused(log, e.to_string()))?;
        if edge.root() != last.root {
            return Err(refused(
                log,
                format!("at {} the root is {}, {} was signed", last.size, edge.root(), last.root),
            ));
        }
        let signed = Signed { edge, tail };
        // The state was saved before the checkpoint was published: a crash in between is made good here.
        let checkpoint = match shown {
            Some(note) if shown_size == last.size => note,
            _ => {
                self.sign(head, &signed, &folder)?;
                return Ok(signed);
            }
        };
        self.show(head.kind, log, &signed, checkpoint)?;
        Ok(signed)
    }

    /// A log as it is published, `None` when nothing is.
    pub fn published(&self, log: &LogId) -> Option<Arc<Published>> {
        self.published.read().ok()?.get(log).cloned()
    }

    /// All published logs.
    pub fn all(&self) -> Vec<(LogId, Arc<Published>)> {
        self.published
            .read()
            .map(|all| all.iter().map(|(log, p)| (log.clone(), p.clone())).collect())
            .unwrap_or_default()
    }

    /// The bytes of a tile of a published log. A partial tile is cut from the present edge or from the full tile.
    ///
    /// # Errors
    /// What the file system says.
    pub fn tile(&self, log: &LogId, tile: &Tile) -> std::io::Result<Option<Vec<u8>>> {
        let Some(published) = self.published(log) else { return Ok(None) };
        let folder = LogFolder::new(&self.tiles, log);
        let Some(present) = Tile::in_log(tile.level(), tile.index(), published.size) else {
            return Ok(None);
        };
        if tile.width() > present.width() {
            return Ok(None);
        }
        let bytes = match published.partials.get(&present) {
            Some(bytes) => Some(bytes.clone()),
            None => folder.read(tile)?,
        };
        Ok(bytes.and_then(|bytes| cut(tile, &present, bytes)))
    }

    fn reader(
        &self,
        log: &LogId,
        published: &Published,
    ) -> Result<impl proof::HashReader<Error: std::fmt::Display>, PublishError> {
        let log = log.clone();
        let named = log.clone();
        let fetch = move |tile: &Tile| self.tile(&log, tile);
        TileReader::open(published.size, &published.root, fetch)
            .map_err(|e| refused(&named, e.to_string()))
    }

    /// The proof file of an entry, without openings; `None` when the published checkpoint does not cover it.
    ///
    /// # Errors
    /// When tiles or the entry do not agree with the checkpoint.
    pub async fn proof(&self, log: &LogId, index: u64) -> Result<Option<ProofFile>, PublishError> {
        let Some(published) = self.published(log).filter(|p| index < p.size) else {
            return Ok(None);
        };
        let entries = self.owner.entries(log, index, 1).await?;
        let Some((_, entry)) = entries.into_iter().next() else { return Ok(None) };
        let path = {
            let reader = self.reader(log, &published)?;
            inclusion_proof(index, published.size, &reader)
                .map_err(|e| refused(log, e.to_string()))?
        };
        Ok(Some(ProofFile {
            format: proof::proof_file::PROOF_FORMAT.to_owned(),
            log: origin(log),
            index,
            entry: entry.to_vec(),
            path,
            checkpoint: published.checkpoint.clone(),
            witnessed: None,
            openings: Vec::new(),
        }))
    }

    /// Proves that an older checkpoint is a prefix of the present one; `None` when the log is not that long.
    ///
    /// # Errors
    /// When the tiles do not agree with the checkpoint.
    pub fn consistency(
        &self,
        log: &LogId,
        old: &str,
    ) -> Result<Option<ConsistencyFile>, PublishError> {
        let Some(published) = self.published(log) else { return Ok(None) };
        let key = self.verifier(log)?;
        let size = proof::SignedCheckpoint::open(old, &[key])
            .map_err(|e| PublishError::Malformed { log: log.clone(), problem: e.to_string() })?
            .checkpoint
            .size;
        if size > published.size {
            return Ok(None);
        }
        let reader = self.reader(log, &published)?;
        let path = consistency_proof(size, published.size, &reader)
            .map_err(|e| refused(log, e.to_string()))?;
        Ok(Some(ConsistencyFile {
            format: proof::proof_file::CONSISTENCY_FORMAT.to_owned(),
            log: origin(log),
            old: old.to_owned(),
            new: published.checkpoint.clone(),
            path,
        }))
    }
}

/// The first `tile.width()` hashes or entries of what is there.
fn cut(tile: &Tile, present: &Tile, bytes: Vec<u8>) -> Option<Vec<u8>> {
    if tile.width() == present.width() {
        return Some(bytes);
    }
    match tile.level() {
        Level::Hashes(_) => bytes.get(..usize::from(tile.width()) * Hash::LEN).map(<[u8]>::to_vec),
        Level::Entries => {
            let entries = decode_entries(&bytes, usize::from(present.width())).ok()?;
            encode_entries(&entries[..usize::from(tile.width())]).ok()
        }
    }
}

fn refused(log: &LogId, problem: String) -> PublishError {
    PublishError::Refused { log: log.clone(), problem }
}

fn malformed(log: &LogId, error: &EntryError) -> PublishError {
    PublishError::Malformed { log: log.clone(), problem: error.to_string() }
}
