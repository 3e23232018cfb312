//! Adopted definitions (规则启用): text, hash, two persons, from when. Lies in the province's log.
//!
//! One rules officer proposes a text, another adopts it. What is embedded in the program is adopted at first start by the
//! two people who set it up. Knows no text: whether it is sound was checked before.

use kernel::{
    Actor, Date, Decision, DefinitionRef, Event, Refusal, StreamId, Text, Timestamp, Verdict,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{check_id, draft};
use crate::laws::law;

/// What a new version means for what is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Running {
    /// What began under a version ends under it.
    Keep,
    /// The new version governs from the next step on.
    AtNextStep,
    /// It governs from the day it is in force.
    AtOnce,
}

/// `definition-proposed.v1`: one of the two persons proposes a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionProposed {
    /// The definition's id.
    pub definition: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its text, in hexadecimal.
    pub hash: String,
    /// Who proposes.
    pub holder: String,
    /// The text itself, when it is a region's own: what the program brings along is known by its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// `definition-adopted.v1`: the text governs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionAdopted {
    /// The definition's id.
    pub definition: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its text, in hexadecimal.
    pub hash: String,
    /// The two persons: who proposed, who adopted.
    pub persons: [String; 2],
    /// From which day.
    pub from: Date,
    /// What it means for what is under way.
    pub running: Running,
    /// The text itself, when it is a region's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The names of the events.
pub const DEFINITION_PROPOSED: &str = "definition-proposed.v1";
/// See [`DefinitionAdopted`].
pub const DEFINITION_ADOPTED: &str = "definition-adopted.v1";
/// The system actor that adopts what is embedded in the program.
pub const FIRST_START: &str = "first-start";

/// Asks to propose a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeDefinition {
    /// The definition's id.
    pub definition: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its text, in hexadecimal.
    pub hash: String,
    /// The text, when it is a region's own.
    #[serde(default)]
    pub text: Option<String>,
}

/// Asks to adopt a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptDefinition {
    /// The definition's id.
    pub definition: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its text, in hexadecimal.
    pub hash: String,
    /// At first start only: the two people who set the system up.
    #[serde(default)]
    pub persons: Option<[String; 2]>,
    /// From which day; not before today.
    pub from: Date,
    /// What it means for what is under way.
    pub running: Running,
    /// At first start only: the text, when it is a region's own. Else it is the one that was proposed.
    #[serde(default)]
    pub text: Option<String>,
}

/// A definition as its events leave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedDefinition {
    /// The proposal that waits for the second person.
    pub proposed: Option<DefinitionProposed>,
    /// All versions adopted, first to last.
    pub adopted: Vec<DefinitionAdopted>,
}

impl AdoptedDefinition {
    /// The version in force on a day.
    pub fn in_force(&self, day: Date) -> Option<&DefinitionAdopted> {
        self.adopted.iter().rev().find(|adopted| adopted.from <= day)
    }
}

impl DefinitionAdopted {
    /// `id@hash`, as envelopes name it.
    pub fn reference(&self) -> DefinitionRef {
        DefinitionRef::new(format!("{}@{}", self.definition, self.hash))
    }
}

/// The stream of a definition.
pub fn stream(definition: &str) -> StreamId {
    StreamId::of("definition", definition)
}

fn refuse(code: &str, field: &str, what: Text, remedy: Text) -> Verdict {
    Refusal::new(code, what, remedy).by_law(law("province-rules")).at(field).into()
}

fn check_text(
    definition: &str,
    version: u32,
    hash: &str,
    known: Option<&AdoptedDefinition>,
) -> Result<(), Verdict> {
    check_id("/definition", definition)?;
    if hash.len() != 64 || !hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Refusal::field(
            "/hash",
            Text::new("哈希值不是64位十六进制数。", "The hash is not 64 hexadecimal digits."),
            Text::new("请填写规则文本的SHA-256。", "Write the SHA-256 of the text."),
        )
        .into());
    }
    let last = known.and_then(|known| known.adopted.last()).map_or(0, |adopted| adopted.version);
    if version <= last {
        return Err(refuse(
            "version-not-newer",
            "/version",
            Text::new(
                format!("第{version}版不新于现行第{last}版。"),
                format!("Version {version} is not newer than version {last}, which is adopted."),
            ),
            Text::new("新文本须有更高的版本号。", "A new text has a higher version."),
        ));
    }
    Ok(())
}

/// The longest text that is recorded with its adoption: an event has room for no more.
const LONGEST_TEXT: usize = 32 * 1024;

fn check_hash(hash: &str, text: Option<&str>) -> Result<(), Verdict> {
    let Some(text) = text else { return Ok(()) };
    if text.len() <= LONGEST_TEXT && hex::encode(Sha256::digest(text.as_bytes())) == hash {
        return Ok(());
    }
    Err(Refusal::field(
        "/text",
        Text::new(
            "文本与哈希值不符，或者过长。",
            "The text is not the one of the hash, or too long.",
        ),
        Text::new(
            "请提交所示文本，至多32 KiB。",
            "Send the text that was shown, of at most 32 KiB.",
        ),
    )
    .into())
}

/// Proposes a text.
///
/// # Errors
/// A refusal when nobody in office proposes, or the version is not newer.
pub fn propose(
    ask: &ProposeDefinition,
    actor: &Actor,
    known: Option<&AdoptedDefinition>,
) -> Result<Decision, Verdict> {
    check_text(&ask.definition, ask.version, &ask.hash, known)?;
    check_hash(&ask.hash, ask.text.as_deref())?;
    let Some(holder) = actor.holder() else {
        return Err(two_persons());
    };
    let fact = DefinitionProposed {
        definition: ask.definition.clone(),
        version: ask.version,
        hash: ask.hash.clone(),
        holder: holder.to_owned(),
        text: ask.text.clone(),
    };
    let event = draft(stream(&ask.definition), DEFINITION_PROPOSED, &fact)?;
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

fn two_persons() -> Verdict {
    refuse(
        "two-persons",
        "/persons",
        Text::new(
            "规则须由两名不同的人提出并启用。",
            "Two different people propose and adopt a text.",
        ),
        Text::new("请由另一名规则管理员启用。", "Let another rules officer adopt it."),
    )
}

/// Adopts a text.
///
/// # Errors
/// A refusal when the two persons are one, another text was proposed, or the day lies in the past.
pub fn adopt(
    ask: &AdoptDefinition,
    actor: &Actor,
    known: Option<&AdoptedDefinition>,
    now: Timestamp,
) -> Result<Decision, Verdict> {
    check_text(&ask.definition, ask.version, &ask.hash, known)?;
    if ask.from < now.date() {
        return Err(refuse(
            "adopted-backwards",
            "/from",
            Text::new("规则不得溯及既往。", "A text does not govern the past."),
            Text::new("生效日期最早为今天。", "It governs from today at the earliest."),
        ));
    }
    check_hash(&ask.hash, ask.text.as_deref())?;
    let mut text = ask.text.clone();
    let persons = match (actor, &ask.persons) {
        (Actor::System(cause), Some([one, other])) if cause == FIRST_START => {
            check_id("/persons/0", one)?;
            check_id("/persons/1", other)?;
            if known.is_some_and(|known| !known.adopted.is_empty()) {
                return Err(two_persons());
            }
            [one.clone(), other.clone()]
        }
        (Actor::Official(seat), None) => {
            let proposed = known.and_then(|known| known.proposed.as_ref());
            match proposed {
                Some(p) if p.version == ask.version && p.hash == ask.hash => {
                    text.clone_from(&p.text);
                    [p.holder.clone(), seat.holder.clone()]
                }
                _ => {
                    return Err(refuse(
                        "not-proposed",
                        "/hash",
                        Text::new(
                            "没有人提出过这一版本的这一文本。",
                            "Nobody has proposed this text as this version.",
                        ),
                        Text::new(
                            "请先由一名规则管理员提出。",
                            "Let a rules officer propose it first.",
                        ),
                    ));
                }
            }
        }
        _ => return Err(two_persons()),
    };
    if persons[0] == persons[1] {
        return Err(two_persons());
    }
    let fact = DefinitionAdopted {
        definition: ask.definition.clone(),
        version: ask.version,
        hash: ask.hash.clone(),
        persons,
        from: ask.from,
        running: ask.running,
        text,
    };
    let event = draft(stream(&ask.definition), DEFINITION_ADOPTED, &fact)?;
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

/// The definition after an event of its stream.
pub fn evolve(known: Option<AdoptedDefinition>, event: &Event) -> Option<AdoptedDefinition> {
    let mut known = known.unwrap_or_default();
    match event.fact() {
        DEFINITION_PROPOSED => known.proposed = super::read(event).or(known.proposed),
        DEFINITION_ADOPTED => {
            if let Some(adopted) = super::read::<DefinitionAdopted>(event) {
                known.adopted.push(adopted);
                known.proposed = None;
            }
        }
        _ => {}
    }
    Some(known)
}
