//! How a demo village talks over its road before it decides on it: the proposal cites this consultation.

use engines::procedure::Act;
use organisation::Ask;
use serde_json::{Map, Value, json};

use super::{teller::Teller, village::Village};

impl Village {
    pub(super) async fn consult(&mut self, teller: &mut Teller, step: &str) -> anyhow::Result<()> {
        let id = match &self.consultation {
            Some(id) => id.clone(),
            None => self.consultation.insert(self.door.opaque()).clone(),
        };
        let (post, fields) = match step {
            "raise" => (
                "representative",
                json!({
                    "topic": "村东机耕路怎么修", "kind": "welfare",
                    "grounds": "雨天农机进不去，三个组都提过，修法和走向意见不一。",
                }),
            ),
            "take-up" => ("village-director", json!({})),
            "invite" => (
                "village-director",
                json!({
                    "invited": "三个组的组长和农户代表、农机合作社、镇农业服务中心",
                    "held_on": teller.today().saturating_add(jiff::Span::new().days(3)),
                }),
            ),
            "hold" => (
                "deputy-director",
                json!({
                    "present": 27,
                    "record": "一组、二组同意沿渠硬化；三组希望多延一段；合作社愿出两台机械。镇农技员看过，渠边路基够用。",
                }),
            ),
            "agree" => (
                "deputy-director",
                json!({ "agreement": "沿渠硬化六百米，三组段列入下一期；用集体积累，须经村民代表会议决定。" }),
            ),
            "refer" => ("party-secretary", json!({})),
            _ => ("village-director", json!({})),
        };
        let actor = self.actor(post)?;
        let fields: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
        let act = Act::new("consultation", step, fields);
        let body = Ask::Act { subject: id, act: Box::new(act) };
        teller.organisation(&self.place, actor, body).await?;
        Ok(())
    }
}
