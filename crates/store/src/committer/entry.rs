//! The bytes of an entry: the event itself in an open log, a commitment to it in a closed one. Pure.

use kernel::{
    Class, Entropy, Event, LogKind, Place, Refusal, SealedValue, Text, Timestamp, Verdict,
    event::{EventError, commitment_field},
};

use super::{
    base::{NewEntry, NewPart, class_name},
    work::Causation,
};

/// What all events of one decision share.
pub(crate) struct Envelope {
    pub actor: String,
    pub causation: Causation,
    pub fallback: Place,
}

/// Puts the sealed values where they belong and gives the event its bytes.
pub(crate) fn encode(
    mut event: Event,
    kind: LogKind,
    sealed: Vec<SealedValue>,
    entropy: &mut Entropy,
) -> Result<(Event, NewEntry), Verdict> {
    let mut parts = Vec::new();
    match kind {
        LogKind::Open => {
            for value in sealed {
                let salt = entropy.salt();
                let json = serde_json::to_vec(&value.value).map_err(|e| refuse(&e.into()))?;
                let hash = proof::commitment(&salt, &json).to_base64();
                event.data.insert(value.field.clone(), commitment_field(&hash, value.class));
                parts.push(NewPart {
                    field: value.field,
                    subject: value.subject,
                    class: class_name(value.class),
                    bytes: [salt.as_slice(), &json].concat(),
                    keep_until: keep_until(event.time, value.retention.years),
                    purpose: value.retention.purpose,
                    basis: value.retention.basis,
                });
            }
            let bytes = event.encode().map_err(|e| refuse(&e))?;
            let entry = entry(&event, bytes, parts, true);
            Ok((event, entry))
        }
        LogKind::Closed => {
            let first = sealed.first().map(|v| (v.subject.clone(), v.retention.clone()));
            let years = sealed.iter().map(|v| v.retention.years).max().unwrap_or(0);
            for value in sealed {
                event.data.insert(value.field, value.value);
            }
            let json = event.encode().map_err(|e| refuse(&e))?;
            let salt = entropy.salt();
            let hash = proof::commitment(&salt, &json);
            let stream = format!("stream:{}", event.stream);
            let (subject, purpose, basis) = match first {
                Some((subject, retention)) => (subject, retention.purpose, retention.basis),
                None => (stream, String::new(), String::new()),
            };
            parts.push(NewPart {
                field: String::new(),
                subject,
                class: class_name(Class::Sealed),
                bytes: [salt.as_slice(), &json].concat(),
                keep_until: keep_until(event.time, years),
                purpose,
                basis,
            });
            let entry = entry(&event, hash.as_bytes().to_vec(), parts, false);
            Ok((event, entry))
        }
    }
}

fn entry(event: &Event, bytes: Vec<u8>, parts: Vec<NewPart>, open: bool) -> NewEntry {
    NewEntry {
        log: event.log.clone(),
        index: event.index,
        leaf: *proof::leaf_hash(&bytes).as_bytes(),
        bytes,
        plain: open.then(|| {
            let fact = event.fact().to_owned();
            (event.stream.clone(), event.version, fact, event.unit.clone(), event.time)
        }),
        parts,
    }
}

/// A year is 365.2425 days here: a period of keeping, not a legal deadline.
fn keep_until(from: Timestamp, years: u16) -> Timestamp {
    from.plus_micros(i64::from(years) * 3_652_425 * (kernel::time::DAY / 10_000))
}

fn refuse(error: &EventError) -> Verdict {
    let (what, remedy) = match error {
        EventError::TooLarge(size) => (
            Text::new("内容过长：{size} 字节", "too long: {size} bytes")
                .fill(&[("size", &size.to_string())]),
            Text::new(
                "一条记录最多 48 KiB：清单逐条填写，其余作为附件上传",
                "a record has at most 48 KiB: enter lists line by line and attach the rest",
            ),
        ),
        other => (
            Text::new(format!("内容无法记录：{other}"), format!("cannot be recorded: {other}")),
            Text::new("修改内容后重试", "change the content and try again"),
        ),
    };
    Verdict::Refused(Refusal::new("too-large", what, remedy))
}
