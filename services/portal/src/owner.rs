//! What the portal asks of a service at the moment of showing: texts that lie beside its log, adopted definitions,
//! proofs. Each answer is checked against what the log says before it is shown; nothing of it is kept but definitions.

use async_trait::async_trait;
use kernel::LogId;
use proof::{Hash, ProofFile};
use serde_json::Value;

use crate::shows::happened::TextRef;

/// A text that everybody may read, with the salt that proves it.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// 32 random bytes.
    pub salt: [u8; 32],
    /// The value as it was committed to.
    pub value: Value,
}

/// A service, seen by the portal (事实的主人). In the same process or over HTTP; the host gives one for each service.
#[async_trait]
pub trait Owner: Send + Sync {
    /// Texts of class `public`, in the order asked; `None` where one is erased, expired, not public or out of reach.
    async fn open(&self, wanted: &[(LogId, u64, String)]) -> Vec<Option<Opened>>;
    /// The text of an adopted definition by `id@hash`.
    async fn definition(&self, reference: &str) -> Option<String>;
    /// The proof of an entry, once a checkpoint covers it.
    async fn proof(&self, log: &LogId, index: u64) -> Option<ProofFile>;
}

/// What came of asking for a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Text {
    /// It is what the log committed to.
    Shown(Opened),
    /// Erased, expired or out of reach: the log's commitment remains.
    Absent,
    /// The owner gave something that the log did not commit to: not shown.
    Differs,
}

impl Text {
    /// The words, when they may be shown.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Shown(opened) => Some(match &opened.value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
            Self::Absent | Self::Differs => None,
        }
    }
}

/// Asks for texts and checks each against its commitment. The answers are in the order asked.
pub async fn texts(owner: Option<&dyn Owner>, wanted: &[&TextRef]) -> Vec<Text> {
    let Some(owner) = owner.filter(|_| !wanted.is_empty()) else {
        return vec![Text::Absent; wanted.len()];
    };
    let asked: Vec<(LogId, u64, String)> = wanted
        .iter()
        .map(|text| (text.position.log.clone(), text.position.index, text.field.clone()))
        .collect();
    let mut given = owner.open(&asked).await;
    given.resize(wanted.len(), None);
    given.into_iter().zip(wanted).map(|(given, wanted)| judge(given, &wanted.sha256)).collect()
}

fn judge(given: Option<Opened>, commitment: &str) -> Text {
    let Some(opened) = given else { return Text::Absent };
    match (value_bytes(&opened.value), commitment.parse::<Hash>()) {
        (Some(bytes), Ok(hash)) if proof::commitment(&opened.salt, &bytes) == hash => {
            Text::Shown(opened)
        }
        _ => Text::Differs,
    }
}

/// The bytes that a commitment is over: the value's compact JSON.
pub fn value_bytes(value: &Value) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shows::Position;

    struct One(Option<Opened>);

    #[async_trait]
    impl Owner for One {
        async fn open(&self, _: &[(LogId, u64, String)]) -> Vec<Option<Opened>> {
            vec![self.0.clone()]
        }

        async fn definition(&self, _: &str) -> Option<String> {
            None
        }

        async fn proof(&self, _: &LogId, _: u64) -> Option<ProofFile> {
            None
        }
    }

    #[tokio::test]
    async fn a_text_that_the_log_did_not_commit_to_is_not_shown() {
        let salt = [7; 32];
        let sha256 = proof::commitment(&salt, br#""purpose""#).to_base64();
        let position = Position { log: "l".into(), index: 1, leaf: String::new() };
        let wanted = TextRef { position, field: "purpose".into(), sha256 };
        let given = |text: &str| One(Some(Opened { salt, value: text.into() }));
        let ask = async |one: One| texts(Some(&one), &[&wanted, &wanted]).await;
        let both = ask(given("purpose")).await;
        assert_eq!(both[0].words().as_deref(), Some("purpose"));
        assert_eq!(
            both[1],
            Text::Absent,
            "an owner that answers too little leaves the rest absent"
        );
        assert_eq!(ask(given("changed")).await[0], Text::Differs);
        assert_eq!(texts(None, &[&wanted]).await, [Text::Absent]);
    }
}
