//! What a proposal relies on of a consultation (民主协商) that it cites. How people consult is a definition's business.
//!
//! Source: OLVC 33 and the village's own rules: what a meeting must decide goes on as a proposal.

use casework::Case;
use kernel::{Refusal, StreamId, Text, UnitId, Verdict};

use crate::laws::law;

/// The kind of its streams.
pub const KIND: &str = "consultation";
/// It goes on as a proposal.
pub const REFERRED: &str = "referred-to-proposal.v1";

/// The stream of a consultation.
pub fn stream(consultation: &str) -> StreamId {
    StreamId::of(KIND, consultation)
}

/// Whether it was referred to a proposal.
pub fn is_referred(case: &Case) -> bool {
    case.history.first(REFERRED).is_some()
}

/// A proposal cites only a consultation of its own village that was referred to a proposal.
///
/// # Errors
/// The refusal, by OLVC 33.
pub fn check(case: Option<&Case>, unit: &UnitId) -> Result<(), Verdict> {
    let refuse = |code, what, remedy| -> Verdict {
        Refusal::new(code, what, remedy).by_law(law("OLVC 33")).at("/fields/consultation").into()
    };
    let Some(case) = case.filter(|case| case.place.unit == *unit) else {
        return Err(refuse(
            "no-such-consultation",
            Text::new("本村没有这次协商。", "This village held no such consultation."),
            Text::new("请从列表中选择，或留空。", "Choose one from the list, or leave it out."),
        ));
    };
    if is_referred(case) {
        return Ok(());
    }
    Err(refuse(
        "not-referred",
        Text::new("这次协商没有转为提案。", "This consultation was not referred to a proposal."),
        Text::new("请先在协商中办理“转为提案”。", "Refer it to a proposal first."),
    ))
}
