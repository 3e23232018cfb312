//! The five stages of joining the party (发展党员五个阶段): which fact of one opens the next. How each goes is a definition's business.
//!
//! Source: 发展党员工作细则 (PMD).

use engines::procedure::History;

/// The kind of stream of a stage, and the fact that leads on from it.
const LEADS_ON: [(&str, &str); 4] = [
    ("member-application", "applicant-talk-held.v1"),
    ("member-activist", "second-half-observed.v1"),
    ("member-object", "development-training-completed.v1"),
    ("member-admission", "admission-filed.v1"),
];

/// Whether this stage is over and leads on to the next.
pub fn leads_on(kind: &str, history: &History) -> bool {
    let fact = LEADS_ON.iter().find(|(stage, _)| *stage == kind).map(|(_, fact)| *fact);
    history.ended && fact.is_some_and(|fact| history.first(fact).is_some())
}
