//! A request as its sender sent it. Two requests are the same when address and content are, whatever the service adds to the
//! command: its own day, what it looked up.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The digest of a request: address and content, however its keys are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent([u8; 32]);

impl Sent {
    /// Of an address and a body. A body that is no JSON counts as none: it never became a command.
    pub fn of(path: &str, body: &impl Serialize) -> Self {
        let mut digest = Sha256::new();
        feed(&mut digest, b'/', path.as_bytes());
        take(&mut digest, &serde_json::to_value(body).unwrap_or_default());
        Self(digest.finalize().into())
    }

    /// The digest: not to be kept as it is, for a short body can be guessed.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn feed(digest: &mut Sha256, kind: u8, bytes: &[u8]) {
    digest.update([kind]);
    digest.update((bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

fn take(digest: &mut Sha256, value: &Value) {
    match value {
        Value::Array(list) => {
            feed(digest, b'[', &(list.len() as u64).to_be_bytes());
            list.iter().for_each(|one| take(digest, one));
        }
        Value::Object(map) => {
            let mut names: Vec<(&String, &Value)> = map.iter().collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            feed(digest, b'{', &(names.len() as u64).to_be_bytes());
            for (name, value) in names {
                feed(digest, b'"', name.as_bytes());
                take(digest, value);
            }
        }
        Value::String(text) => feed(digest, b'"', text.as_bytes()),
        plain => feed(digest, b'=', plain.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_request_however_it_is_written() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":{"c":[1,"x"],"d":null}}"#).unwrap();
        let other: Value =
            serde_json::from_str(r#"{ "b": {"d": null, "c": [1, "x"]}, "a": 1 }"#).unwrap();
        assert_eq!(Sent::of("/a", &one), Sent::of("/a", &other));
        for (path, body) in [
            ("/b", json!({"a": 1})),
            ("/a", json!({"a": "1"})),
            ("/a", json!({"a": [1]})),
            ("/a", json!({"a": 1, "b": null})),
            ("/a", json!({"b": 1})),
        ] {
            assert_ne!(Sent::of("/a", &json!({"a": 1})), Sent::of(path, &body), "{path} {body}");
        }
    }
}
