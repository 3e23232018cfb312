//! Signed notes and Ed25519 keys in C2SP text form; knows nothing of logs.
//!
//! C2SP signed-note (type 0x01, Ed25519) and the key half of tlog-cosignature (type 0x04).

use std::{collections::BTreeSet, fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use thiserror::Error;

use crate::hash::sha256;

/// Bytes that a note can have at most here; the standard leaves the limit to the verifier.
pub const MAX_NOTE_BYTES: usize = 1 << 20;
/// Signatures that a note can have at most here; the standard asks for at least 16.
pub const MAX_SIGNATURES: usize = 100;

/// Why a note or key can't be read, made or trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoteError {
    /// The bytes are not a signed note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// The text can't be signed as a note.
    #[error("this text can't be signed as a note: {0}")]
    Text(&'static str),
    /// The text is not a key.
    #[error("not a key: {0}")]
    Key(&'static str),
    /// No signature is by a key that the reader trusts.
    #[error("no signature by a known key; signed by: {}", .signers.join(", "))]
    UnknownKey {
        /// `name+id` of the keys that signed.
        signers: Vec<String>,
    },
    /// A trusted key's signature does not match the text.
    #[error("the signature of {name} (key {id:08x}) does not match the text")]
    BadSignature {
        /// Name of the key.
        name: String,
        /// Its id.
        id: u32,
    },
}

/// What a key's signature means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// 0x01: Ed25519 over the note's text: a log's own signature.
    Note,
    /// 0x04: `cosignature/v1`, a witness's timestamped Ed25519 signature (见证共签).
    Cosignature,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

fn check_name(name: &str) -> Result<(), NoteError> {
    if name.is_empty() {
        return Err(NoteError::Key("its name is empty"));
    }
    // Controls too: a newline in a name would end the signature line.
    if name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        return Err(NoteError::Key("its name has a space, a control character or a plus sign"));
    }
    Ok(())
}

fn key_id(name: &str, kind: KeyKind, public: &[u8; 32]) -> u32 {
    let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[kind.byte()], public]).0;
    u32::from_be_bytes([a, b, c, d])
}

/// A public key that a reader trusts. Text form (C2SP vkey): `<name>+<id in hex>+<base64 of type and key>`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    kind: KeyKind,
    key: VerifyingKey,
}

impl VerifierKey {
    /// From the 32 bytes of an Ed25519 public key (RFC 8032).
    pub fn new(name: &str, kind: KeyKind, public: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(public)
            .map_err(|_| NoteError::Key("it is no point of the curve"))?;
        if key.is_weak() {
            return Err(NoteError::Key("it has small order, everything would verify"));
        }
        Ok(Self { name: name.to_owned(), id: key_id(name, kind, public), kind, key })
    }

    /// Name of the signer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// First four bytes of SHA-256(name ‖ newline ‖ type ‖ key), big-endian.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What its signatures mean.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public key's 32 bytes.
    pub fn public_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Checks an Ed25519 signature over any message (strict: no small-order points, canonical values).
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = vec![self.kind.byte()];
        material.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(material))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, id, kind, material) = split_key(text)?;
        let key = Self::new(name, kind, &material)?;
        if key.id == id {
            Ok(key)
        } else {
            Err(NoteError::Key("its id does not belong to its name and bytes"))
        }
    }
}

/// Splits `<name>+<id>+<base64>`; base64 may itself contain plus signs.
fn split_key(text: &str) -> Result<(&str, u32, KeyKind, [u8; 32]), NoteError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(NoteError::Key("expected <name>+<id>+<base64>"));
    };
    let hexadecimal = id.len() == 8
        && id.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase());
    let id = u32::from_str_radix(id, 16).ok().filter(|_| hexadecimal);
    let id = id.ok_or(NoteError::Key("its id is not 8 lower-case hexadecimal digits"))?;
    let material =
        STANDARD.decode(material).map_err(|_| NoteError::Key("its last part is not base64"))?;
    let (kind, material) = match material.split_first() {
        Some((0x01, material)) => (KeyKind::Note, material),
        Some((0x04, material)) => (KeyKind::Cosignature, material),
        _ => {
            return Err(NoteError::Key(
                "its type is neither 0x01 (Ed25519) nor 0x04 (cosignature/v1)",
            ));
        }
    };
    let material = material.try_into().map_err(|_| NoteError::Key("it has not 32 bytes"))?;
    Ok((name, id, kind, material))
}

/// A private Ed25519 key with the name that it signs under. Never printed by `Debug`; wiped on drop.
///
/// Text form: `PRIVATE+KEY+<name>+<id in hex>+<base64 of 0x01 and seed>`, that of Go's `sumdb/note`; C2SP itself
/// defines none. One key can sign notes and cosign: both have an id of their own, and the messages can't be
/// confused. Use different keys for a log and a witness all the same.
#[derive(Clone)]
pub struct SignerKey {
    name: String,
    key: SigningKey,
}

impl SignerKey {
    /// From a seed of 32 random bytes (RFC 8032 §5.1.5), which the caller draws.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// Name of the signer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text form, with the secret seed in it.
    pub fn to_secret_text(&self) -> String {
        let mut material = vec![KeyKind::Note.byte()];
        material.extend_from_slice(self.key.as_bytes());
        format!(
            "PRIVATE+KEY+{}+{:08x}+{}",
            self.name,
            self.id(KeyKind::Note),
            STANDARD.encode(material)
        )
    }

    /// The public half for note signatures.
    pub fn verifier(&self) -> VerifierKey {
        self.verifier_for(KeyKind::Note)
    }

    /// The public half for cosignatures.
    pub fn cosignature_verifier(&self) -> VerifierKey {
        self.verifier_for(KeyKind::Cosignature)
    }

    fn verifier_for(&self, kind: KeyKind) -> VerifierKey {
        VerifierKey {
            name: self.name.clone(),
            id: self.id(kind),
            kind,
            key: self.key.verifying_key(),
        }
    }

    fn id(&self, kind: KeyKind) -> u32 {
        key_id(&self.name, kind, self.key.verifying_key().as_bytes())
    }

    /// Signs a note's text (type 0x01). Refuses a text that no note can have or that a cosignature could mean.
    pub fn sign_note(&self, text: &str) -> Result<NoteSignature, NoteError> {
        check_text(text)?;
        if text.starts_with(COSIGNATURE_HEADER) {
            return Err(NoteError::Text("it starts like a cosignature's message"));
        }
        Ok(self.signature(KeyKind::Note, self.sign_bytes(text.as_bytes()).to_vec()))
    }

    /// Cosigns a checkpoint's text as of `timestamp`, POSIX seconds (`cosignature/v1`, type 0x04).
    ///
    /// The caller must have verified the checkpoint's consistency with the last one it cosigned.
    pub fn cosign(&self, text: &str, timestamp: u64) -> Result<NoteSignature, NoteError> {
        check_text(text)?;
        if timestamp > i64::MAX as u64 {
            return Err(NoteError::Text("the time of a cosignature is beyond 2^63 - 1 seconds"));
        }
        let mut bytes = timestamp.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.sign_bytes(cosigned_message(text, timestamp).as_bytes()));
        Ok(self.signature(KeyKind::Cosignature, bytes))
    }

    /// Signs any message; inside this crate only, where each kind of message has its own prefix.
    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    fn signature(&self, kind: KeyKind, bytes: Vec<u8>) -> NoteSignature {
        NoteSignature { name: self.name.clone(), id: self.id(kind), bytes }
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}+{:08x}, secret)", self.name, self.id(KeyKind::Note))
    }
}

impl FromStr for SignerKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let rest = text
            .strip_prefix("PRIVATE+KEY+")
            .ok_or(NoteError::Key("it does not start with PRIVATE+KEY+"))?;
        let (name, id, kind, seed) = split_key(rest)?;
        if kind != KeyKind::Note {
            return Err(NoteError::Key("a private key has type 0x01"));
        }
        let key = Self::from_seed(name, &seed)?;
        if key.id(kind) == id {
            Ok(key)
        } else {
            Err(NoteError::Key("its id does not belong to its name and seed"))
        }
    }
}

const COSIGNATURE_HEADER: &str = "cosignature/v1\n";

fn cosigned_message(text: &str, timestamp: u64) -> String {
    format!("{COSIGNATURE_HEADER}time {timestamp}\n{text}")
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub id: u32,
    /// The signature's bytes after the id; what they mean depends on the key.
    pub bytes: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    /// The signature line with its newline: also the answer of a witness.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.bytes);
        writeln!(f, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;

    /// One line, with or without its newline.
    fn from_str(line: &str) -> Result<Self, NoteError> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let (name, encoded) = line
            .strip_prefix("— ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or(NoteError::Malformed("a signature line is not `— <name> <base64>`"))?;
        check_name(name)
            .map_err(|_| NoteError::Malformed("a signature line has no valid key name"))?;
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| NoteError::Malformed("a signature is not base64"))?;
        match bytes.split_first_chunk::<4>() {
            Some((id, rest)) if !rest.is_empty() => Ok(Self {
                name: name.to_owned(),
                id: u32::from_be_bytes(*id),
                bytes: rest.to_vec(),
            }),
            _ => Err(NoteError::Malformed("a signature is shorter than its key id")),
        }
    }
}

/// A signature that a trusted key made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedSignature {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub id: u32,
    /// What it means.
    pub kind: KeyKind,
    /// POSIX seconds that a cosignature states.
    pub timestamp: Option<u64>,
}

/// A text with its signatures (签名文书).
///
/// Untrusted until [`SignedNote::verify`] has returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() < 2 || !text.ends_with('\n') {
        return Err(NoteError::Text("it does not end in a newline"));
    }
    if text.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::Text("it has a control character"));
    }
    Ok(())
}

impl SignedNote {
    /// A text (ending in a newline) with signatures, at least one.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        check_text(&text)?;
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Malformed("it has no signature, or more than 100"));
        }
        Ok(Self { text, signatures })
    }

    /// Reads a note. Refuses controls (also CR), a missing last newline, and notes too large to be one.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed("it is larger than 1 MiB"));
        }
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Malformed("it has a control character"));
        }
        let split = note
            .rfind("\n\n")
            .ok_or(NoteError::Malformed("no empty line before the signatures"))?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        let lines =
            lines.strip_suffix('\n').ok_or(NoteError::Malformed("it does not end in a newline"))?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteError::Malformed("it has more than 100 signatures"));
        }
        let signatures = lines.split('\n').map(str::parse).collect::<Result<_, _>>()?;
        Self::new(text.to_owned(), signatures)
    }

    /// Reads a note from bytes, which must be UTF-8.
    pub fn parse_bytes(note: &[u8]) -> Result<Self, NoteError> {
        Self::parse(std::str::from_utf8(note).map_err(|_| NoteError::Malformed("it is not UTF-8"))?)
    }

    /// The text with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, not verified.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature line; one by the same key replaces the older.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        self.signatures.retain(|held| (held.id, &held.name) != (signature.id, &signature.name));
        if self.signatures.len() >= MAX_SIGNATURES {
            return Err(NoteError::Malformed("it has more than 100 signatures"));
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// The signatures made by trusted keys, each key once.
    ///
    /// Lines by other keys are ignored, as the standard demands; a trusted key's wrong signature rejects the
    /// note, and so does a note with no trusted signature at all.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<VerifiedSignature>, NoteError> {
        let mut verified = Vec::new();
        let mut seen = BTreeSet::new();
        for line in &self.signatures {
            let mut known =
                keys.iter().filter(|key| key.id == line.id && key.name == line.name).peekable();
            if known.peek().is_none() {
                continue;
            }
            let bad = || NoteError::BadSignature { name: line.name.clone(), id: line.id };
            // Two trusted keys with one name and id: a collision, or the same key given twice. Either may match.
            let signature = known.find_map(|key| self.verify_line(line, key)).ok_or_else(bad)?;
            if seen.insert((line.id, &line.name)) {
                verified.push(signature);
            }
        }
        if verified.is_empty() {
            let signers = self
                .signatures
                .iter()
                .map(|line| format!("{}+{:08x}", line.name, line.id))
                .collect();
            return Err(NoteError::UnknownKey { signers });
        }
        Ok(verified)
    }

    fn verify_line(&self, line: &NoteSignature, key: &VerifierKey) -> Option<VerifiedSignature> {
        let (timestamp, holds) = match key.kind {
            KeyKind::Note => (None, key.verifies(self.text.as_bytes(), &line.bytes)),
            KeyKind::Cosignature => {
                let (timestamp, signature) = line.bytes.split_first_chunk::<8>()?;
                let timestamp = u64::from_be_bytes(*timestamp);
                let message = cosigned_message(&self.text, timestamp);
                let in_range = timestamp <= i64::MAX as u64;
                (Some(timestamp), in_range && key.verifies(message.as_bytes(), signature))
            }
        };
        holds.then(|| VerifiedSignature {
            name: key.name.clone(),
            id: key.id,
            kind: key.kind,
            timestamp,
        })
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| write!(f, "{signature}"))
    }
}
