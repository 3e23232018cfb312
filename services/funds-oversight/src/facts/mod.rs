//! The core streams of funds-oversight and their events. What is checked here holds under any definition, also a hostile
//! one: books balance, reservations are never overspent, nothing is paid that no resolution covers, nothing is let twice or too cheap.

pub mod accounts;
pub mod allocation;
pub mod asset;
pub mod bank;
pub mod book;
pub mod bookkeeping;
pub mod contract;
pub mod due;
pub mod funding;
pub mod grant;
pub mod item;
pub mod leasing;
pub mod month;
pub mod party;
pub mod paying;
pub mod payment;
pub mod proposal;
pub mod query;
pub mod rent;
pub mod reserve;
pub mod voucher;
pub mod warning;

use kernel::{Class, Draft, Refusal, Retention, SealedValue, StreamId, Text, Verdict};
use serde::Serialize;

/// Whether a text has the form of an id of this service: letters, digits, `-`, `.`, `_`; at most 80.
pub fn is_id(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// An open event of a stream with its plain fields.
pub(crate) fn fact<T: Serialize>(
    stream: StreamId,
    kind: &str,
    fields: &T,
) -> Result<Draft, Verdict> {
    Draft::open(stream, kind, fields)
        .map_err(|error| Verdict::Unavailable(format!("{kind} cannot be written: {error}")))
}

/// Accounting documents are kept 30 years (《会计档案管理办法》 annex 1: vouchers and books).
const ARCHIVE_YEARS: u16 = 30;

/// A part of an accounting document that goes beside the log.
pub(crate) fn archived(
    field: &str,
    value: serde_json::Value,
    class: Class,
    subject: String,
    purpose: &str,
) -> SealedValue {
    SealedValue {
        field: field.to_owned(),
        value,
        class,
        subject,
        retention: Retention {
            purpose: purpose.to_owned(),
            basis: "ARCHIVES-2015".to_owned(),
            years: ARCHIVE_YEARS,
        },
    }
}

/// Free text of an official that everybody may read: 1 to `most` characters.
pub(crate) fn checked_text(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let length = text.chars().count();
    if (1..=most).contains(&length) && !text.chars().any(|c| c.is_control() && c != '\n') {
        return Ok(text.to_owned());
    }
    Err(Refusal::field(
        field,
        Text::new(
            format!("应填1到{most}个字，这里是{length}个"),
            format!("Write 1 to {most} characters, here are {length}"),
        ),
        Text::new(
            "请写明用途或理由，不写病情、身份证号等私人情况",
            "Say what for; leave out illness, identity numbers and other private matters",
        ),
    ))
}

/// The refusal where one person would act alone (四眼原则).
pub(crate) fn one_person(what: Text) -> Refusal {
    Refusal::new("one-person", what, Text::new("请由另一个人办理", "Another person must do this"))
        .by_law(crate::rules::law("county-finance"))
}
