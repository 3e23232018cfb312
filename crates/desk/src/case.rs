//! A step about to be taken, with all that its form needs: place, thing, seats, choices, roll. Knows no HTML.

use definitions::{Definition, FieldType, Step};
use engines::procedure::{Act, Open, governing, open_steps};
use kernel::{Refusal, Seat, Text, Verdict};
use pages::Lang;
use serde_json::{Map, Value};
use web::Problem;

use crate::{
    Asked, Desk, Member, PlaceShown, Thing, Visitor,
    ask::Choices,
    desk::Matter,
    read::{self, Wrong},
    sitting::Table,
    terms::{Terms, fits, named},
    typed::{ABOUT, OUTCOME, SEAT, Typed},
};

/// Where a step is taken: at a place, for a new thing, or in a thing.
pub(crate) enum Where<'a> {
    Unit(&'a str),
    Thing(&'a str),
}

/// A step of a thing, or the first one of a new thing.
pub(crate) struct Case {
    pub(crate) visitor: Visitor,
    pub(crate) definition: Definition,
    pub(crate) step: Step,
    pub(crate) place: PlaceShown,
    pub(crate) thing: Option<(String, Thing)>,
    /// The step as it is open now, if it is.
    pub(crate) open: Option<Open>,
    /// Whom it is for, as keys of posts and bodies.
    pub(crate) who: Vec<String>,
    /// The visitor's seats at this place or above it.
    pub(crate) near: Vec<Seat>,
}

impl Case {
    /// A verdict as it is told here: whose step it is in the words for posts and bodies, where the engine has keys alone.
    pub(crate) fn told(&self, terms: &Terms, verdict: Verdict) -> Problem {
        let mut problem = Problem::from(verdict);
        if problem.code == "not-competent" {
            let mut keys = self.who.clone();
            keys.extend(self.step.by.otherwise.clone());
            // the longer key first: one may begin another
            keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
            for key in keys {
                let name = terms.who(&key);
                problem.remedy.zh = problem.remedy.zh.replace(&key, &name.zh);
                problem.remedy.en = problem.remedy.en.replace(&key, &name.en);
            }
        }
        problem
    }

    /// Loads it, for somebody whom the gate lets see it.
    ///
    /// # Errors
    /// 404 where it is not or must not be told; the service's verdict.
    pub(crate) async fn load(
        desk: &Desk,
        visitor: Visitor,
        procedure: &str,
        step: &str,
        at: Where<'_>,
    ) -> Result<Self, Problem> {
        let (place, thing) = match at {
            Where::Unit(unit) => (desk.place(unit).await?, None),
            Where::Thing(id) => {
                let thing = desk.thing(&visitor, procedure, id).await?;
                (thing.place.clone(), Some((id.to_owned(), thing)))
            }
        };
        let definitions = desk.office.definitions();
        let history = thing.as_ref().map(|(_, thing)| &thing.history);
        let definition =
            governing(&definitions, procedure, history).ok_or_else(Problem::not_found)?;
        let step = definition.step(step).ok_or_else(Problem::not_found)?.clone();
        let open = open_steps(definition, history, desk.now())
            .into_iter()
            .find(|open| open.step == step.id);
        let mut who = match &open {
            Some(open) if !open.who.is_empty() => open.who.clone(),
            _ => named(definition, &step, history.map(|history| &history.values)),
        };
        who.extend(step.by.otherwise.clone());
        let officers = desk.office.officers(definition, &place);
        let matter = match &thing {
            Some((_, thing)) => Matter::of(thing),
            None => Matter::of_procedure(definition, &place, &officers),
        };
        desk.see(&visitor, &matter, &who)?;
        let near = visitor.seats(desk.now());
        let near = near
            .into_iter()
            .filter(|seat| seat.unit == place.place.unit || place.path.contains(&seat.unit))
            .collect();
        let definition = definition.clone();
        Ok(Self { visitor, definition, step, place, thing, open, who, near })
    }

    /// Whether the gate lets the visitor act here.
    ///
    /// # Errors
    /// 403: the visitor may see it.
    pub(crate) fn may_act(&self, desk: &Desk) -> Result<(), Problem> {
        let officers = desk.office.officers(&self.definition, &self.place);
        let matter = match &self.thing {
            Some((_, thing)) => Matter::of(thing),
            None => Matter::of_procedure(&self.definition, &self.place, &officers),
        };
        if desk.may_act(&self.visitor, &matter, &self.who) {
            Ok(())
        } else {
            Err(access::principal::no_right().into())
        }
    }

    /// The visitor's seats for which the step is.
    pub(crate) fn fitting(&self) -> Vec<&Seat> {
        self.near.iter().filter(|seat| fits(seat, &self.place, &self.who)).collect()
    }

    /// The id of the thing.
    pub(crate) fn id(&self) -> Option<&str> {
        self.thing.as_ref().map(|(id, _)| id.as_str())
    }

    /// The plain and opened values known from before.
    pub(crate) fn before(&self) -> Map<String, Value> {
        self.thing.as_ref().map_or_else(Map::new, |(_, thing)| thing.known())
    }

    /// What may be chosen, by field, as the service says it.
    ///
    /// # Errors
    /// The service's verdict.
    pub(crate) async fn choices(&self, desk: &Desk) -> Result<Choices, Problem> {
        let mut all = Choices::new();
        for field in self.definition.fields.values() {
            let chosen =
                matches!(field.kind, FieldType::Ref(_) | FieldType::Party | FieldType::Holder);
            let wanted =
                self.step.takes.contains(&field.name) || self.step.signs.contains(&field.name);
            if !chosen || !wanted {
                continue;
            }
            let asked = Asked {
                visitor: &self.visitor,
                unit: &self.place.place.unit,
                definition: &self.definition,
                step: &self.step.id,
                field: &field.name,
                thing: self.thing.as_ref().map(|(_, thing)| thing),
            };
            if let Some(list) = desk.office.choices(&asked).await? {
                all.insert(field.name.clone(), list);
            }
        }
        Ok(all)
    }

    /// The roll and the possible witnesses of the sitting, for a step that is decided in one.
    ///
    /// # Errors
    /// The service's verdict.
    pub(crate) async fn rolls(&self, desk: &Desk) -> Result<Option<Rolls>, Problem> {
        if !Table::is_for(&self.step) {
            return Ok(None);
        }
        let unit = &self.place.place.unit;
        let catalogue = desk.office.catalogue();
        let body = self.who.iter().find(|key| catalogue.body(key).is_some());
        let roll = match body {
            Some(body) => desk.office.roll(unit, body).await?,
            None => Vec::new(),
        };
        let witness = self.step.roll.as_ref().and_then(|roll| roll.witness.as_deref());
        let witnesses = match witness {
            Some(body) => desk.office.roll(unit, body).await?,
            None => Vec::new(),
        };
        Ok(Some(Rolls { roll, witnesses }))
    }

    /// The seat named by a form (`unit/body/post`), or the only one that fits. Where none fits, any seat near: the engine
    /// refuses it with the article.
    ///
    /// # Errors
    /// Which seats there are to choose from.
    pub(crate) fn seat(&self, typed: &Typed) -> Result<&Seat, Text> {
        let said = typed.get(SEAT);
        if said.is_empty() {
            return self.only_seat();
        }
        self.near.iter().find(|seat| seat_value(seat) == said).ok_or_else(|| {
            Text::new(
                "您现在没有这个任职，请重新选择",
                "You do not hold this seat now; choose again",
            )
        })
    }

    /// The only seat that fits, or any where none does.
    ///
    /// # Errors
    /// Several fit: say which.
    pub(crate) fn only_seat(&self) -> Result<&Seat, Text> {
        match (self.fitting().as_slice(), self.near.first()) {
            ([seat], _) => Ok(seat),
            ([], Some(any)) => Ok(any),
            _ => Err(Text::new("请选择以哪个职务办理", "Choose in which seat you act")),
        }
    }

    /// The act that a form asks for, or what is wrong with the form.
    pub(crate) fn act(&self, lang: Lang, typed: &Typed, rolls: Option<&Rolls>) -> (Act, Wrong) {
        let (fields, mut wrong) =
            read::fields(lang, &self.definition, &self.step, &self.before(), typed);
        let mut act = Act::new(&self.definition.id, &self.step.id, fields);
        let outcomes = crate::ask::outcomes(&self.step);
        if !outcomes.is_empty() {
            match outcomes.iter().find(|outcome| **outcome == typed.get(OUTCOME)) {
                Some(outcome) => act.outcome = Some((*outcome).to_owned()),
                None => wrong.insert(
                    0,
                    (OUTCOME.to_owned(), lang.pick("请选择决定", "Choose a decision").to_owned()),
                ),
            }
        }
        if let Some(rolls) = rolls {
            act.sitting = rolls.table(&self.step).read(lang, typed, &mut wrong);
        }
        let about = typed.get(ABOUT);
        act.about = (!about.is_empty()).then(|| about.to_owned());
        (act, wrong)
    }
}

/// The people of a sitting.
pub(crate) struct Rolls {
    pub(crate) roll: Vec<Member>,
    pub(crate) witnesses: Vec<Member>,
}

impl Rolls {
    /// The form of the sitting.
    pub(crate) fn table<'a>(&'a self, step: &'a Step) -> Table<'a> {
        Table { step, roll: &self.roll, witnesses: &self.witnesses }
    }
}

/// A seat as a form sends it.
pub(crate) fn seat_value(seat: &Seat) -> String {
    format!("{}/{}/{}", seat.unit, seat.body, seat.post)
}

/// The input that a refusal points at: `/fields/amount` → `amount`, `/sitting/should_attend` → `should-attend`.
pub(crate) fn input_of(refusal: &Refusal, case: &Case, rolls: Option<&Rolls>) -> Option<String> {
    let pointer = refusal.field.as_deref()?;
    if let Some(rest) = pointer.strip_prefix("/sitting") {
        let table = rolls?.table(&case.step);
        let hall = table.channels().first().map_or("hall", |channel| channel.word());
        let first = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
        return Some(match first {
            "place" => "held-at".to_owned(),
            "attendance" => format!("came-{hall}"),
            "votes" => {
                let mut parts = rest.trim_start_matches('/').split('/').skip(1);
                let channel = parts.next().unwrap_or(hall);
                format!("votes-{channel}-{}", parts.next().unwrap_or("for"))
            }
            "" => "held-on".to_owned(),
            other => other.replace('_', "-"),
        });
    }
    let name = pointer.strip_prefix("/fields/").unwrap_or(pointer.trim_start_matches('/'));
    let name = name.split('/').next().unwrap_or_default();
    match name {
        "outcome" => Some(OUTCOME.to_owned()),
        _ => {
            let field =
                case.definition.form(&case.step).into_iter().find(|field| field.name == name)?;
            Some(field.name.clone())
        }
    }
}
