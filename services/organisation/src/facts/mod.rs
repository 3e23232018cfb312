//! Core streams: one file each, commands to events, with invariants that no definition can switch off.

pub mod account;
pub mod conflict;
pub mod consultation;
pub mod definition;
pub mod divisions;
pub mod membership;
pub mod progress;
pub mod proposal;
pub mod resolution;
pub mod roll;
pub mod seat;
pub mod seat_filling;
pub mod sitting;
pub mod unit;
pub mod village;

use kernel::{Date, Draft, Refusal, StreamId, Text, Verdict};
use serde::{Serialize, de::DeserializeOwned};

/// The kinds of the core's streams: no procedure has events of its own in them.
pub const CORE_STREAMS: [&str; 9] = [
    "unit",
    "village",
    "seats",
    "conflicts",
    "account",
    "definition",
    proposal::KIND,
    casework::openings::OPENING,
    casework::state::LOOKED,
];

/// An open event of a typed fact. A fact that cannot be written is a fault of the program, told as unavailable.
pub(crate) fn draft<T: Serialize>(
    stream: StreamId,
    kind: &str,
    fact: &T,
) -> Result<Draft, Verdict> {
    Draft::open(stream, kind, fact)
        .map_err(|fault| Verdict::Unavailable(format!("{kind} cannot be written: {fault}")))
}

/// The typed fact of an event; `None` when the bytes have another shape, which leaves the state as it was.
pub(crate) fn read<T: DeserializeOwned>(event: &kernel::Event) -> Option<T> {
    event.read().ok()
}

/// Where a stream lies: unit and code from the envelope, the keeper from the fact, which the envelope does not carry.
pub(crate) fn place_of(event: &kernel::Event, keeper: &kernel::UnitId) -> kernel::Place {
    kernel::Place { unit: event.unit.clone(), code: event.village, keeper: keeper.clone() }
}

/// The name of an office holder, unit or matter: not blank, at most 60 characters, no control characters.
pub(crate) fn check_name(field: &str, name: &str) -> Result<(), Refusal> {
    let wrong = |zh: &str, en: &str| {
        Err(Refusal::field(
            field,
            Text::new(zh, en),
            Text::new("请填写1至60个字的名称。", "Write a name of 1 to 60 characters."),
        ))
    };
    if name.trim().is_empty() {
        return wrong("名称为空。", "The name is empty.");
    }
    if name.chars().count() > 60 {
        return wrong("名称超过60个字。", "The name is longer than 60 characters.");
    }
    if name.chars().any(char::is_control) {
        return wrong("名称中含有控制字符。", "The name holds control characters.");
    }
    Ok(())
}

/// An opaque id given by a caller: 1 to 64 letters, digits, `-`, `_` or `.`.
pub(crate) fn check_id(field: &str, id: &str) -> Result<(), Refusal> {
    let fits = !id.is_empty()
        && id.len() <= 64
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits {
        return Ok(());
    }
    Err(Refusal::field(
        field,
        Text::new(
            format!("“{}”不是有效的编号。", short(id)),
            format!("`{}` is not an id.", short(id)),
        ),
        Text::new(
            "编号为1至64个字母、数字或连字符。",
            "An id has 1 to 64 letters, digits, hyphens, underscores or dots.",
        ),
    ))
}

/// A unit that nobody has formed.
pub(crate) fn no_such_unit(unit: &kernel::UnitId) -> Verdict {
    Refusal::new(
        "no-such-unit",
        Text::new(
            format!("没有编号为“{}”的单位。", short(unit.as_str())),
            format!("There is no unit `{}`.", short(unit.as_str())),
        ),
        Text::new("请先导入区划，或核对单位。", "Import the divisions first, or check the unit."),
    )
    .by_law(crate::laws::law("STAT-2009"))
    .at("/unit")
    .into()
}

/// A text cut to a length that fits into a message.
pub(crate) fn short(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(39).collect();
    cut.push('…');
    cut
}

/// A day that lies in the era this register can speak of.
pub(crate) fn check_day(field: &str, day: Date) -> Result<(), Refusal> {
    if (1949..=2200).contains(&day.year()) {
        return Ok(());
    }
    Err(Refusal::field(
        field,
        Text::new(format!("日期{day}不合理。"), format!("{day} is not a plausible day.")),
        Text::new("请填写1949年以后的日期。", "Write a day after 1949."),
    ))
}
