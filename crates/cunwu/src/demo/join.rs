//! Somebody in a demo village asks to join the party, and is talked with: the first stage. Made up; it lies in a closed log.

use engines::procedure::Act;
use organisation::Ask;
use serde_json::{Map, Value, json};

use super::{teller::Teller, village::Village};

/// What happens, by days from the village's first: who, which step. One village has an applicant.
pub fn course(number: usize) -> &'static [(i64, &'static str, &'static str)] {
    match number {
        0 => &[(12, "party-secretary", "apply"), (26, "branch-member", "talk")],
        _ => &[],
    }
}

impl Village {
    pub(super) async fn join(
        &mut self,
        teller: &mut Teller,
        post: &str,
        step: &str,
    ) -> anyhow::Result<()> {
        let fields = match step {
            "apply" => json!({
                "applicant": { "person": "demo-joining" }, "named": "柏长青", "age": 26,
                "letter": "在合作社带头试种了新稻种，愿意为村里多做事。",
            }),
            _ => json!({ "talk_note": "动机端正；谈了入党要经过哪些阶段。" }),
        };
        let id = match self.closed.get("member-application") {
            Some(id) => id.clone(),
            None => self.door.opaque(),
        };
        self.closed.insert("member-application", id.clone());
        let fields: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
        let act = Act::new("member-application", step, fields);
        let actor = self.actor(post)?;
        let body = Ask::Act { subject: id, act: Box::new(act) };
        teller.organisation(&self.place, actor, body).await?;
        Ok(())
    }
}
