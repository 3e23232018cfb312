//! The decisions of the made-up service: a tool shed of one village.

use std::sync::Arc;

use definitions::{
    BodySpec, Catalogue, Citations, Definitions, GuardParameter, GuardSpec, PostSpec, Tighten,
};
use engines::procedure::{Act, Facts, GuardInput, History, Roll, decide, governing, lapse};
use kernel::{
    Claim, Command, Context, Deadline, Decision, Domain, Draft, Event, Loaded, Place, Refusal,
    Seat, StreamId, Text, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const LENDING: &str = include_str!("lending.toml");

/// Fictional people of the village of Qinghe, by body.
pub const ROLL: [(&str, &str, &str, &str); 12] = [
    ("finance-office", "bookkeeper", "li", "李秀兰"),
    ("finance-office", "cashier", "zhao", "赵明"),
    ("village-committee", "village-director", "wang", "王建国"),
    ("supervision-committee", "supervision-member", "sun", "孙玉梅"),
    ("supervision-committee", "supervision-member", "qian", "钱大勇"),
    ("representatives", "representative", "chen", "陈小明"),
    ("representatives", "convener", "chen", "陈小明"),
    ("representatives", "representative", "zhou", "周海燕"),
    ("representatives", "representative", "wu", "吴德福"),
    ("representatives", "representative", "zheng", "郑春花"),
    ("representatives", "representative", "feng", "冯志远"),
    ("representatives", "representative", "wei", "卫国强"),
];

#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    pub thing: Option<String>,
    pub act: Act,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    pub history: History,
    pub place: Place,
}

pub struct Shed {
    pub definitions: Arc<Definitions>,
    pub catalogue: Arc<Catalogue>,
}

pub fn catalogue() -> Catalogue {
    let post = |key: &str, zh: &str, en: &str| PostSpec::new(key, Text::new(zh, en));
    let body = |key: &str, zh: &str, en: &str| BodySpec::new(key, Text::new(zh, en));
    Catalogue {
        service: "shed".to_owned(),
        guards: vec![
            GuardSpec {
                key: "tool-known".to_owned(),
                law: "county-finance".to_owned(),
                reads: vec!["tool".to_owned()],
                message: Text::new("没有这件农具", "there is no such tool"),
                ..GuardSpec::default()
            },
            GuardSpec {
                key: "deposit-within".to_owned(),
                law: "county-finance".to_owned(),
                reads: vec!["deposit".to_owned()],
                parameters: vec![GuardParameter::new("most_deposit", "money", Tighten::Down)],
                message: Text::new("押金过高", "the deposit is too high"),
                ..GuardSpec::default()
            },
        ],
        bodies: vec![
            body("representatives", "村民代表会议", "Representatives' meeting"),
            body("supervision-committee", "村务监督委员会", "Supervision committee"),
            body("village-committee", "村民委员会", "Village committee"),
            body("finance-office", "财务室", "Finance office"),
        ],
        posts: vec![
            post("bookkeeper", "村会计", "Bookkeeper"),
            post("cashier", "出纳", "Cashier"),
            post("village-director", "村主任", "Village director"),
            post("supervision-member", "监委会成员", "Member of the supervision committee"),
            post("representative", "村民代表", "Representative"),
            post("convener", "召集人", "Convener"),
            post("inspector", "纪检监察员", "Discipline inspector"),
        ],
        citations: Citations::builtin(),
        ..Catalogue::default()
    }
}

impl Shed {
    pub fn new() -> Self {
        let catalogue = catalogue();
        let definitions = Definitions::check(&[("lending.toml", LENDING)], &catalogue);
        let definitions = definitions.unwrap_or_else(|findings| {
            panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        Self { definitions: Arc::new(definitions), catalogue: Arc::new(catalogue) }
    }
}

struct View<'a>(&'a Shed);

impl Facts for View<'_> {
    fn roll(&self, body: &str) -> Option<Roll> {
        let mut members: Vec<String> = ROLL
            .iter()
            .filter(|(of, ..)| *of == body)
            .map(|(_, _, holder, _)| (*holder).to_owned())
            .collect();
        members.dedup();
        (!members.is_empty()).then_some(Roll { members })
    }

    fn holds(&self, seat: &Seat, key: &str) -> bool {
        seat.unit.as_str() == "v1" && (seat.post == key || seat.body == key)
    }

    fn guard(&self, key: &str, input: &GuardInput<'_>) -> Result<Value, Verdict> {
        let law = || self.0.catalogue.citations.cite("county-finance");
        match key {
            "tool-known" => match input.value("tool").and_then(Value::as_str) {
                Some("far-away") => {
                    Err(Verdict::NotKnownYet(Text::new("远处的工具", "tool far-away")))
                }
                _ => Ok(Value::Null),
            },
            "deposit-within" => {
                let deposit = input.value("deposit").and_then(Value::as_i64).unwrap_or(0);
                if deposit == 131_313 {
                    // A refusal that points at no field.
                    return Err(Refusal::new(
                        "tool-resting",
                        Text::new("农具正在检修", "the tool is being repaired"),
                        Text::new("请下周再借", "ask again next week"),
                    )
                    .by_law(law())
                    .into());
                }
                if deposit > 200_000 {
                    return Err(Refusal::new(
                        "deposit-too-high",
                        Text::new(
                            "押金超过上限2,000.00元",
                            "the deposit is above the limit of 2,000.00 yuan",
                        ),
                        Text::new("请不超过2,000.00元", "ask for at most 2,000.00 yuan"),
                    )
                    .by_law(law())
                    .at("/fields/deposit")
                    .into());
                }
                Ok(Value::Null)
            }
            other => Err(Verdict::Unavailable(format!("no guard {other}"))),
        }
    }

    fn conflicted(&self, _holder: &str, _with: &Value) -> Option<bool> {
        Some(false)
    }
}

impl Domain for Shed {
    type Command = Asked;
    type State = State;
    const SERVICE: &'static str = "shed";
    const STATE_FORMAT: i32 = 1;

    fn reads(&self, command: &Command<Asked>, _loaded: &Loaded<State>) -> Vec<StreamId> {
        command.body.thing.iter().map(|id| StreamId::of("loan", id)).collect()
    }

    fn claims(&self, command: &Asked) -> Vec<Claim> {
        let tool = command.act.fields.get("tool").and_then(Value::as_str);
        tool.map(|tool| Claim { kind: "tool", value: tool.to_owned() }).into_iter().collect()
    }

    fn decide(
        &self,
        context: &mut Context<'_>,
        command: &Command<Asked>,
        loaded: &Loaded<State>,
    ) -> Result<Decision, Verdict> {
        let act = &command.body.act;
        let stream = match &command.body.thing {
            Some(id) => StreamId::of("loan", id),
            None => StreamId::of("loan", context.entropy.opaque()),
        };
        let history = loaded.state(&stream).map(|state| &state.history);
        let definition = governing(&self.definitions, &act.procedure, history)
            .ok_or_else(|| Verdict::Unavailable("no definition".to_owned()))?;
        if !context.taken.is_empty() {
            let wrong = Refusal::new(
                "tool-lent",
                Text::new("这件农具已借出", "this tool is lent already"),
                Text::new("请选择另一件", "choose another"),
            );
            return Err(wrong
                .at("/fields/tool")
                .by_law(self.catalogue.citations.cite("county-finance"))
                .into());
        }
        let outcome = decide(
            definition,
            &self.catalogue.citations,
            history,
            act,
            &command.actor,
            &View(self),
            context.now,
            context.calendar,
        )?;
        let claims = self.claims(&command.body);
        let subject = stream.key().to_owned();
        Ok(Decision { events: vec![outcome.into_draft(stream, &subject)], claims })
    }

    fn lapse(
        &self,
        context: &mut Context<'_>,
        stream: &StreamId,
        deadline: &Deadline,
        loaded: &Loaded<State>,
    ) -> Vec<Draft> {
        let Some(state) = loaded.state(stream) else { return Vec::new() };
        let definition = governing(&self.definitions, "lending", Some(&state.history));
        let outcome = definition
            .and_then(|definition| lapse(definition, &state.history, deadline, context.calendar));
        outcome
            .map(|outcome| outcome.into_draft(stream.clone(), stream.key()))
            .into_iter()
            .collect()
    }

    fn deadlines(state: &State) -> Vec<Deadline> {
        state.history.deadlines().to_vec()
    }

    fn place(state: &State) -> Option<Place> {
        Some(state.place.clone())
    }

    fn evolve(state: Option<State>, event: &Event) -> Option<State> {
        let place = state.as_ref().map_or_else(
            || Place { unit: event.unit.clone(), code: event.village, keeper: "county".into() },
            |state| state.place.clone(),
        );
        Some(State { history: History::evolve(state.map(|state| state.history), event), place })
    }
}
