//! Supervision sits in (监督委员会列席): on the two committees' meeting and where the village resolves.
//!
//! Article: OLVC 37.

use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::{Value, json};

use super::{Rule, Scene};

/// The guard.
pub const RULE: Rule = Rule {
    key: "supervisor-present",
    law: "OLVC 37",
    mandatory_for: &["ProposalConsulted", "ResolutionAdopted"],
    reads: &[],
    parameters: &[],
    says: (
        "没有监督委员会成员列席会议。",
        "No member of the supervision committee attended the sitting.",
    ),
    shows: &[],
    check,
};

fn check(_input: &GuardInput<'_>, scene: &Scene<'_>) -> Result<Value, Text> {
    let found = scene.sitting.and_then(|sitting| {
        let witness = sitting.witness.as_deref()?;
        let bodies = ["supervision-committee", "collective-supervisors"];
        let holders = scene.around.seats?.holders(&bodies, sitting.held_on);
        holders.into_iter().find(|holder| holder == witness)
    });
    found.map(|holder| json!({ "supervisor": holder })).ok_or_else(|| {
        Text::new(
            "请通知监督委员会成员到场，并登记到场的成员。",
            "Ask a member of supervision to attend, and record who did.",
        )
    })
}
