//! The way in for the person whose case it is (当事人): without an account, by a query code of which only a hash is kept: the
//! case's id. Knows no procedure.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use definitions::{Definition, Value as Parameter};
use desk::{Looked, Office};
use engines::procedure::{Act, Open, governing, open_steps};
use kernel::{
    Actor, Answer, Command, Period, Place, Refusal, StreamId, Text, Timestamp, UnitId, Verdict,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    case::Case,
    catalogue::CONCERNED,
    domain::Service,
    office::{CaseOffice, away},
    sealed_case,
    state::State,
    take::{Ask, Take},
};

/// Characters of a code, as [`kernel::Entropy::code`] makes it: 130 random bits.
const LENGTH: usize = 26;
/// Wrong codes in a minute, of everybody together, after which wrong ones are not looked up any more.
const WRONG_A_MINUTE: usize = 30;

/// The code as it was made, however it was typed; `None` when it can be none.
pub fn read_code(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    (code.len() == LENGTH && code.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(code)
}

/// The code in groups, to be read and written down.
pub fn show_code(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

/// The id of the case that a code opens: a hash, from which nobody finds the code.
pub fn id_of(code: &str) -> String {
    let hash = Sha256::new().chain_update("query-code\0").chain_update(code).finalize();
    kernel::Entropy::from_seed(hash.into()).opaque()
}

/// How many wrong codes came lately.
#[derive(Debug, Default)]
pub struct WrongCodes(Mutex<VecDeque<Timestamp>>);

impl WrongCodes {
    /// Counts a wrong code.
    ///
    /// # Errors
    /// `too-many-attempts`, when there were many in the last minute.
    pub fn count(&self, now: Timestamp) -> Result<(), Refusal> {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while wrong.front().is_some_and(|at| at.plus_micros(60_000_000) < now) {
            wrong.pop_front();
        }
        if wrong.len() >= WRONG_A_MINUTE {
            return Err(Refusal::new(
                "too-many-attempts",
                Text::new("查询码输错的次数太多。", "Too many wrong codes were tried."),
                Text::new("请过一分钟再试。", "Try again in a minute."),
            ));
        }
        wrong.push_back(now);
        Ok(())
    }
}

/// A case as the person sees it whose case it is.
#[derive(Debug, Clone)]
pub struct Own {
    /// What was told, and when, with the values filled in.
    pub told: Vec<(Timestamp, Text)>,
    /// What comes next on the main line.
    pub next: Option<Open>,
    /// What the person may do now.
    pub may: Vec<Open>,
    /// No step is left.
    pub ended: bool,
    /// Who has looked at it.
    pub looks: Vec<Looked>,
    /// The version of the case.
    pub version: u64,
}

/// What somebody does in a case of their own.
pub struct OwnAct {
    /// The query code.
    pub code: String,
    /// The unit concerned, for a new case.
    pub unit: Option<UnitId>,
    /// The step, with what was typed.
    pub act: Act,
    /// The version seen; of a case that exists.
    pub seen: Option<u64>,
}

impl<S: Service> CaseOffice<S> {
    async fn own_case(
        &self,
        definition: &Definition,
        code: &str,
    ) -> Result<Option<(u64, Case)>, Verdict> {
        let stream = StreamId::of(&definition.stream, id_of(code));
        let (version, state) = self.0.committer.state(&stream).await.map_err(away)?;
        Ok(match state {
            Some(State::Case(case)) => Some((version, *case)),
            _ => None,
        })
    }

    /// The case that a code opens; `None` for a wrong code as for one of which all was erased.
    ///
    /// # Errors
    /// When the database or the key store is out of reach.
    pub async fn own(&self, procedure: &str, code: &str) -> Result<Option<Own>, Verdict> {
        let definitions = self.casework().definitions();
        let Some(current) = definitions.get(procedure) else { return Ok(None) };
        let Some((version, case)) = self.own_case(current, code).await? else { return Ok(None) };
        let definition = governing(definitions, procedure, Some(&case.history)).unwrap_or(current);
        let stream = StreamId::of(&current.stream, id_of(code));
        let looks = sealed_case::looks(self, &stream).await?;
        let open = open_steps(definition, Some(&case.history), self.now());
        let mine = |open: &Open| open.who.iter().any(|who| who == CONCERNED);
        Ok(Some(Own {
            told: told(definition, &case),
            next: open.iter().find(|open| !open.beside && !mine(open)).cloned(),
            may: open.into_iter().filter(mine).collect(),
            ended: case.history.ended,
            looks,
            version,
        }))
    }

    /// Takes a step as the person whose case it is; the same code and step give the first receipt.
    ///
    /// # Errors
    /// The domain's verdict.
    pub async fn act_own(&self, own: OwnAct) -> Result<Answer, Verdict> {
        let OwnAct { code, unit, act, seen } = own;
        let nothing = || {
            Verdict::from(Refusal::field(
                "/code",
                Text::new("没有这样的事项", "There is no such case"),
                Text::new("请核对查询码", "Check the query code"),
            ))
        };
        let definition = self.casework().definitions().get(&act.procedure).ok_or_else(nothing)?;
        let id = id_of(&code);
        let place: Place = match &unit {
            Some(unit) => self.place(unit).await?.ok_or_else(nothing)?.place,
            None => self.own_case(definition, &code).await?.ok_or_else(nothing)?.1.place,
        };
        let stream = StreamId::of(&definition.stream, &id);
        let key = format!("{}/{}/{}", id, act.step, seen.unwrap_or(0));
        let mut take = Take::new(act);
        match unit {
            Some(_) => take.new = Some(id.clone()),
            None => take.on = Some(id.clone()),
        }
        let command = Command {
            principal: "person-concerned".to_owned(),
            key,
            actor: Actor::Resident(id),
            place,
            seen: seen.map(|seen| (stream, seen)),
            causation: None,
            body: Ask::Take(Box::new(take)),
        };
        self.0.committer.submit(command).await
    }
}

/// What the steps so far tell the person, in the definition's words.
fn told(definition: &Definition, case: &Case) -> Vec<(Timestamp, Text)> {
    let mut told = Vec::new();
    for happened in &case.history.happened {
        let Some((step, outcome)) = definition.meaning(&happened.fact) else { continue };
        let event = step.event_of(outcome);
        let messages = step.tell.iter().filter(|tell| tell.who == CONCERNED);
        let said = messages.map(|tell| tell.text.clone()).next();
        let text = match (event, said) {
            (Some(_), Some(text)) => text,
            // What the person did, and what was not done in time, by the name of the step.
            (Some(_), None) => step.name.clone(),
            (None, _) if outcome == definitions::model::CLOSED => {
                Text::new("期限届满，办结", "The time is over, and it is closed")
            }
            (None, _) => Text::new(
                format!("“{}”已逾期", step.name.zh),
                format!("\"{}\" is overdue", step.name.en),
            ),
        };
        told.push((happened.at, filled(definition, &text, &case.history.values, happened.at)));
    }
    told
}

fn filled(
    definition: &Definition,
    text: &Text,
    values: &Map<String, Value>,
    at: Timestamp,
) -> Text {
    let mut zh: Vec<(String, String)> = Vec::new();
    let mut en: Vec<(String, String)> = Vec::new();
    for (name, value) in values {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        zh.push((name.clone(), value.clone()));
        en.push((name.clone(), value));
    }
    for (name, parameter) in definition.parameters_at(at.date()) {
        if let Parameter::Period(period) = parameter {
            let (days, said) = match period {
                Period::Days(days) => (days, ("日", "days")),
                Period::WorkingDays(days) => (days, ("个工作日", "working days")),
            };
            zh.push((name.clone(), format!("{days}{}", said.0)));
            en.push((name, format!("{days} {}", said.1)));
        }
    }
    let pairs = |list: &[(String, String)]| -> Vec<(String, String)> { list.to_vec() };
    let put = |text: &str, list: Vec<(String, String)>| {
        let mut out = String::new();
        let mut rest = text;
        // Once through: what somebody typed is not filled in again.
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else { break };
            let value = list.iter().find(|(known, _)| known == name);
            out.push_str(value.map_or("…", |(_, value)| value.as_str()));
            rest = tail;
        }
        out + rest
    };
    Text::new(put(&text.zh, pairs(&zh)), put(&text.en, pairs(&en)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed_and_hashed_to_an_id() {
        let code = kernel::Entropy::from_seed([3; 32]).code();
        let shown = show_code(&code);
        assert_eq!(shown.matches('-').count(), 6);
        assert_eq!(
            read_code(&format!(" {} ", shown.to_uppercase())).as_deref(),
            Some(code.as_str())
        );
        assert_eq!(read_code("abc"), None);
        assert_eq!(read_code(&"?".repeat(LENGTH)), None);
        let id = id_of(&code);
        assert!(
            !code.contains(&id) && id != id_of(&code.replace(&code[..1], "z")) && id.len() == 16
        );
    }

    #[test]
    fn many_wrong_codes_are_refused_for_a_minute() {
        let wrong = WrongCodes::default();
        let now = Timestamp::from_micros(1_000_000_000);
        for _ in 0..WRONG_A_MINUTE {
            wrong.count(now).unwrap();
        }
        assert_eq!(wrong.count(now).unwrap_err().code, "too-many-attempts");
        wrong.count(now.plus_micros(61_000_000)).unwrap();
    }
}
