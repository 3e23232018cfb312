//! The decisions of a demo village: what is said and voted at each step.

use engines::procedure::{Act, Attendee, Channel, Count, Sitting};
use kernel::{Date, UnitId};
use organisation::{
    Ask, State,
    facts::{roll, seat, village},
};
use serde_json::{Map, Value, json};
use store::Store;

use super::{names, plan::Matter, teller::Teller, village::Village};

impl Village {
    pub(super) async fn decide(
        &mut self,
        teller: &mut Teller,
        matter: Matter,
        step: &str,
        today: Date,
    ) -> anyhow::Result<()> {
        let id = match self.proposal(matter) {
            Some(id) => id,
            None => {
                let id = self.door.opaque();
                match matter {
                    Matter::Budget => self.budget = Some(id.clone()),
                    Matter::Road => self.road = Some(id.clone()),
                }
                id
            }
        };
        let (kind, title, limit, grounds) = match matter {
            Matter::Budget => (
                "annual-budget",
                "2026年度财务预算",
                "230000.00",
                "按上年决算和今年计划编制：经营支出8万元，管理费用3万元，公益支出12万元。",
            ),
            Matter::Road => (
                "public-welfare",
                "硬化村东机耕路",
                "96000.00",
                "村东机耕路雨天无法通行，拟硬化六百米，资金从集体积累中列支，竣工后由监委会验收。",
            ),
        };
        let (post, body) = deciding(step, matter);
        let mut fields = Map::new();
        match step {
            "propose" => {
                let typed = json!({ "title": title, "matter": kind, "limit": limit, "grounds": grounds, "proposer": "party-organisation" });
                if let Value::Object(typed) = typed {
                    fields = typed;
                }
                if let Some(id) = self.consultation.as_ref().filter(|_| matter == Matter::Road) {
                    fields.insert("consultation".into(), json!(id));
                }
            }
            "call-meeting" => {
                let held_on = today.saturating_add(jiff::Span::new().days(4));
                fields.insert("held_on".into(), json!(held_on));
            }
            "resolve" => {
                fields.insert("read_out".into(), json!(true));
            }
            "supervise" => {
                fields.insert("note".into(), json!("程序和方案核过，没有意见。"));
            }
            "report-execution" => {
                fields.insert("note".into(), json!("路面已硬化六百米，余款待验收后支付。"));
            }
            "accept-result" => {
                fields.insert("note".into(), json!("监委会会同村民代表现场验收，长度、厚度合格。"));
            }
            "object" => {
                fields.insert("objection".into(), json!("路线为什么绕开三组？"));
            }
            "answer" => {
                fields.insert("note".into(), json!("三组段列入下一期，路线图已贴在公开栏。"));
            }
            _ => {}
        }
        let mut act = Act::new("decision", step, fields);
        if let Some(body) = body {
            act.sitting = Some(self.sitting(teller, body, today).await?);
        }
        let actor = if step == "object" {
            kernel::Actor::Resident(self.door.opaque())
        } else {
            self.actor(post)?
        };
        teller
            .organisation(&self.place, actor, Ask::Act { subject: id, act: Box::new(act) })
            .await?;
        Ok(())
    }

    /// A sitting of the whole body but a few; most are for it.
    async fn sitting(
        &mut self,
        teller: &Teller,
        body: &str,
        today: Date,
    ) -> anyhow::Result<Sitting> {
        let roll = teller.roll(&self.place.unit, body, today).await?;
        let away = usize::try_from(names::below(&mut self.door, 1 + roll.len() as u64 / 8))?;
        let present = roll.len() - away;
        let against = if present > 12 { names::below(&mut self.door, 3) } else { 0 };
        let count = Count {
            for_: u32::try_from(present)? - u32::try_from(against)?,
            against: u32::try_from(against)?,
            ..Count::default()
        };
        Ok(Sitting {
            held_on: today,
            place: "村部会议室".into(),
            noticed_on: None,
            should_attend: u32::try_from(roll.len())?,
            attendance: roll
                .iter()
                .take(present)
                .map(|holder| Attendee { holder: holder.clone(), channel: Channel::Hall })
                .collect(),
            left_before_vote: Vec::new(),
            recused: Vec::new(),
            votes: [(Channel::Hall, count)].into(),
            ballot: None,
            difference: None,
            witness: Some(self.people.holder("supervision-chair")?.to_owned()),
            minutes: None,
        })
    }
}

/// Who should attend a sitting of a body, as organisation knows it.
pub async fn roll(
    store: &Store,
    unit: &UnitId,
    body: &str,
    day: Date,
) -> anyhow::Result<Vec<String>> {
    let (_, seats) = store.state(&seat::stream(unit)).await?;
    let (_, figures) = store.state(&village::stream(unit)).await?;
    let seats = match &seats {
        Some(State::Seats(seats)) => Some(seats),
        _ => None,
    };
    let figures = match &figures {
        Some(State::Village(figures)) => Some(figures),
        _ => None,
    };
    Ok(roll::of(body, seats, figures, day).unwrap_or_default().members)
}

/// Who takes a step of the decision, and the body that sits for it.
fn deciding(step: &str, matter: Matter) -> (&'static str, Option<&'static str>) {
    match step {
        "propose" | "send-materials" => ("party-secretary", None),
        "study" => ("party-secretary", Some("branch-committee")),
        "consult" => ("party-secretary", Some("two-committees")),
        "supervise" | "accept-result" => ("supervision-chair", None),
        "review" => ("party-secretary", Some("party-members-meeting")),
        "resolve" if matter == Matter::Budget => ("legal-representative", Some("member-delegates")),
        "resolve" => ("village-director", Some("representatives-meeting")),
        _ if matter == Matter::Budget => ("legal-representative", None),
        _ => ("village-director", None),
    }
}
