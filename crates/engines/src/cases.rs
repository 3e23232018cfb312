//! The harness that runs the cases beside a definition: given, when, then or refused. Knows no mechanism.

use definitions::{
    Definition, Step,
    cases::{Case, CaseLine},
};
use kernel::{Event, Timestamp, Verdict};

/// What came of an act.
#[derive(Debug, Clone)]
pub struct Done {
    /// Answered with the first receipt: the same key and body were sent before.
    pub already: bool,
    /// The new events, in order; those of the core that belong to it too.
    pub events: Vec<Event>,
}

/// A service's side of the harness: knows how to set its domain up over `kernel::memory::Memory`.
pub trait CaseHost {
    /// Starts from nothing, under this definition.
    fn reset(&mut self, definition: &Definition);

    /// Makes something have happened: an event of the core, of this procedure, or a foreign fact.
    ///
    /// # Errors
    /// What cannot be set up, and why.
    fn given(&mut self, definition: &Definition, line: &CaseLine) -> Result<(), String>;

    /// Executes a step as a command with this idempotency key.
    ///
    /// # Errors
    /// The domain's verdict.
    fn act(&mut self, definition: &Definition, line: &CaseLine, key: &str)
    -> Result<Done, Verdict>;

    /// Lets time pass until then; returns what fell due.
    fn wait(&mut self, definition: &Definition, until: Timestamp) -> Vec<Event>;

    /// Whether an event shows a value that is not a plain field of its data (a posting, a sealed value). `None`: not a
    /// name that the host knows; the harness then looks into the data.
    fn shows(&self, event: &Event, name: &str, value: &str) -> Option<bool> {
        let _ = (event, name, value);
        None
    }
}

/// One case that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The case.
    pub case: String,
    /// Its line.
    pub line: usize,
    /// What came instead.
    pub what: String,
}

/// Runs all cases; each accepted act twice (same key: the first receipt; new key: whatever the domain says, but never the
/// same events again unless the step may happen several times).
pub fn run_cases(definition: &Definition, cases: &[Case], host: &mut dyn CaseHost) -> Vec<Failure> {
    cases.iter().filter_map(|case| run(definition, case, host).err()).collect()
}

fn run(definition: &Definition, case: &Case, host: &mut dyn CaseHost) -> Result<(), Failure> {
    let fail = |what: String| Failure { case: case.name.clone(), line: case.line, what };
    host.reset(definition);
    for line in &case.given {
        host.given(definition, line)
            .map_err(|why| fail(format!("given `{}`: {why}", line.what)))?;
    }
    if case.when.what == "wait" {
        let until = case
            .when
            .value("until")
            .and_then(|until| until.parse::<kernel::Date>().ok())
            .ok_or_else(|| fail("`wait` says until=YYYY-MM-DD".to_owned()))?;
        let events = host.wait(definition, Timestamp::end_of(until));
        return compare(definition, case, &events, host).map_err(fail);
    }
    let first = host.act(definition, &case.when, "case");
    match (&case.refused, first) {
        (None, Ok(done)) => {
            compare(definition, case, &done.events, host).map_err(fail)?;
            twice(definition, case, &done.events, host).map_err(fail)
        }
        (None, Err(verdict)) => Err(fail(format!("not accepted: {verdict}"))),
        (Some(expected), Ok(done)) => Err(fail(format!(
            "should be refused with `{}`, but was accepted: {}",
            expected.code,
            done.events.iter().map(Event::fact).collect::<Vec<_>>().join(", ")
        ))),
        (Some(expected), Err(Verdict::Refused(refusal))) => {
            let law = refusal.law.as_ref().map(|law| law.article.as_str());
            if refusal.code != expected.code {
                return Err(fail(format!(
                    "refused with `{}` instead of `{}`: {}",
                    refusal.code, expected.code, refusal.what.en
                )));
            }
            if expected.law.is_some() && law != expected.law.as_deref() {
                return Err(fail(format!("cites {law:?} instead of {:?}", expected.law)));
            }
            if expected.warning.is_some() && refusal.warning != expected.warning {
                return Err(fail(format!(
                    "raises {:?} instead of {:?}",
                    refusal.warning, expected.warning
                )));
            }
            Ok(())
        }
        (Some(expected), Err(verdict)) => {
            Err(fail(format!("should be refused with `{}`, but: {verdict}", expected.code)))
        }
    }
}

fn twice(
    definition: &Definition,
    case: &Case,
    events: &[Event],
    host: &mut dyn CaseHost,
) -> Result<(), String> {
    match host.act(definition, &case.when, "case") {
        Ok(done) if done.already => {}
        Ok(_) => return Err("the same key did it twice".to_owned()),
        Err(verdict) => return Err(format!("the same key again: {verdict}")),
    }
    let repeats = definition
        .step(&case.when.what)
        .is_some_and(|step| is_lawful_again(definition, step, events));
    match host.act(definition, &case.when, "case-again") {
        Ok(_) if !repeats => Err("a second time under a new key was accepted".to_owned()),
        _ => Ok(()),
    }
}

/// Whether a step may be taken once more after these events came of it.
pub(crate) fn is_lawful_again(definition: &Definition, step: &Step, events: &[Event]) -> bool {
    step.rounds.is_some()
        || !step.is_main()
        || definition.is_first(step)
        || is_inquorate(definition, events)
}

/// Whether a sitting came to nothing for want of people.
pub(crate) fn is_inquorate(definition: &Definition, events: &[Event]) -> bool {
    let mut means = events.iter().filter_map(|event| definition.meaning(event.fact()));
    means.any(|(_, outcome)| outcome == definitions::model::INQUORATE)
}

fn compare(
    definition: &Definition,
    case: &Case,
    events: &[Event],
    host: &dyn CaseHost,
) -> Result<(), String> {
    let mut rest = events.iter();
    for expected in &case.then {
        // an event of the core that comes along is none that the definition names
        let fact = definition
            .fact_of(&expected.what)
            .map_or_else(|| definitions::fact_of(&expected.what), str::to_owned);
        let stem = fact.rsplit_once(".v").map_or(fact.as_str(), |(stem, _)| stem);
        let is_it = |event: &&Event| {
            event.fact().rsplit_once(".v").is_some_and(|(other, _)| other == stem)
                && expected.values.iter().all(|(name, value)| shows(event, name, value, host))
        };
        if !rest.any(|event| is_it(&event)) {
            return Err(format!(
                "`{}` {:?} did not come; there came {}",
                expected.what,
                expected.values,
                events
                    .iter()
                    .map(|e| format!("{} {}", e.fact(), serde_json::Value::Object(e.data.clone())))
                    .collect::<Vec<_>>()
                    .join("; ")
            ));
        }
    }
    Ok(())
}

fn shows(event: &Event, name: &str, value: &str, host: &dyn CaseHost) -> bool {
    if let Some(answer) = host.shows(event, name, value) {
        return answer;
    }
    if name == "by" {
        return event.actor == value.replacen(':', "/", 1);
    }
    match event.data.get(name) {
        Some(serde_json::Value::String(text)) => text == value,
        Some(serde_json::Value::Number(number)) => {
            number.to_string() == value
                || (value.contains('.')
                    && value
                        .parse::<kernel::Money>()
                        .is_ok_and(|money| number.as_i64() == Some(money.fen())))
        }
        Some(serde_json::Value::Bool(yes)) => yes.to_string() == value,
        _ => false,
    }
}
