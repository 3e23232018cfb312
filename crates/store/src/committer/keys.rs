//! HMACs that stand for keys, bodies and claims, and the seeds of a command's ids and salts. Pure.

use hmac::{Hmac, KeyInit, Mac as _};
use kernel::{Claim, Command, Entropy, Sent, Timestamp, UnitId};
use serde::Serialize;
use sha2::Sha256;

use super::base::Mac;

/// Makes HMAC-SHA256 values, each over a label and parts with their lengths.
#[derive(Clone)]
pub(crate) struct Macs {
    key: [u8; 32],
}

impl Macs {
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn over(&self, label: &str, parts: &[&[u8]]) -> Mac {
        // A key of any length is accepted by HMAC; 32 bytes always are.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return [0; 32];
        };
        mac.update(label.as_bytes());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Of (principal, key).
    pub fn key(&self, principal: &str, key: &str) -> Mac {
        self.over("key", &[principal.as_bytes(), key.as_bytes()])
    }

    /// Of a request and the unit it is about.
    pub fn sent(&self, unit: &UnitId, sent: &Sent) -> Mac {
        self.over("sent", &[unit.as_str().as_bytes(), sent.bytes()])
    }

    /// Of the body and the unit it is about, where no request brought the command.
    pub fn body<C: Serialize>(&self, command: &Command<C>) -> Result<Mac, serde_json::Error> {
        let body = serde_json::to_vec(&command.body)?;
        Ok(self.over("body", &[command.place.unit.as_str().as_bytes(), &body]))
    }

    /// Tells one key from another and nothing else.
    pub fn check(&self) -> String {
        hex::encode(self.over("check", &[]))
    }

    /// Of a claim's value.
    pub fn claim(&self, claim: &Claim) -> Mac {
        self.over("claim", &[claim.kind.as_bytes(), claim.value.as_bytes()])
    }
}

/// The root of all randomness of a committer. Each command gets its own stream of bytes, derived from the root, the
/// instant and the command: ids and salts do not depend on which commands happened to share a batch or were retried.
#[derive(Clone)]
pub(crate) struct Seeds(Macs);

impl Seeds {
    pub fn new(entropy: &mut Entropy) -> Self {
        Self(Macs::new(entropy.bytes()))
    }

    fn seeded(&self, label: &str, parts: &[&[u8]]) -> Entropy {
        Entropy::from_seed(self.0.over(label, parts))
    }

    pub fn command(&self, now: Timestamp, key: &Mac, body: &Mac) -> Entropy {
        self.seeded("command", &[&now.micros().to_be_bytes(), key, body])
    }

    pub fn lapse(&self, now: Timestamp, stream: &str, name: &str, version: u64) -> Entropy {
        let (now, version) = (now.micros().to_be_bytes(), version.to_be_bytes());
        self.seeded("lapse", &[&now, stream.as_bytes(), name.as_bytes(), &version])
    }

    /// The opaque id of a new log.
    pub fn log(&self, now: Timestamp, keeper: &str, kind: &str) -> String {
        self.seeded("log", &[&now.micros().to_be_bytes(), keeper.as_bytes(), kind.as_bytes()])
            .opaque()
    }

    /// For padding.
    pub fn padding(&self, log: &str, size: u64) -> Entropy {
        self.seeded("padding", &[log.as_bytes(), &size.to_be_bytes()])
    }
}
