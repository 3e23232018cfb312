//! The one harness over every definition (通用演练): from the states that its cases reach, each step by each role, each
//! accepted step twice, each deadline let pass. What it tries comes from the definition itself. Knows no mechanism.
//!
//! What must hold: a step is taken by nobody but those whom `by` names; whoever is refused hears an article, and nothing is
//! written; the same key gives the first receipt; a step happens again only where the definition says so; what is not done
//! in time is written once, in order, and the same after days of silence. Every refusal that the file words itself, and
//! every deadline, has been seen.

mod clocks;
mod lines;
mod roles;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use definitions::{
    Definition, PostSpec, Step,
    cases::{Case, CaseLine},
};
use kernel::{Deadline, Event, StreamId, Verdict};

use crate::cases::{CaseHost, Failure};

pub use lines::ordinary;
pub use roles::Role;

/// So many stages are looked at that differ in nothing but the values typed: the first.
const ALIKE: usize = 1;

/// A service's side: a case host that can be looked into, and copied before something is tried.
pub trait Rehearsed: CaseHost + Clone {
    /// Everything written so far, open and closed, in order.
    fn written(&self) -> &[Event];

    /// The deadlines that are open in any stream.
    fn open(&self) -> Vec<(StreamId, Deadline)>;

    /// Somebody in this post, as a line names them.
    fn somebody(&self, post: &PostSpec) -> Role {
        Role::new(format!("{}:Somebody", post.key), [post.key.clone()])
    }

    /// A resident whom no case concerns.
    fn stranger(&self) -> Role {
        Role::new("resident:stranger".to_owned(), [])
    }

    /// Fills in what a line leaves out of the step's form, where the host does not do so itself.
    fn complete(&self, definition: &Definition, step: &Step, line: &mut CaseLine) {
        lines::complete(definition, step, line, self.today());
    }

    /// The day it is.
    fn today(&self) -> kernel::Date;

    /// The codes under which a guard refuses, where it has others than its own key.
    fn refuses(&self, guard: &str) -> Vec<String> {
        vec![guard.to_owned()]
    }
}

/// What was tried, and what did not hold.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// What did not hold.
    pub failures: Vec<Failure>,
    /// The states from which steps were tried.
    pub stages: usize,
    /// The steps tried.
    pub tried: usize,
    /// Those accepted, each repeated.
    pub accepted: usize,
    /// The deadlines that passed in silence, and did so once.
    pub passed: usize,
    codes: BTreeSet<String>,
    written: BTreeSet<String>,
    /// Steps with those whom `by` names who were told that they are not competent, and who were not told so.
    barred: BTreeSet<(String, String)>,
    competent: BTreeSet<(String, String)>,
}

impl Rehearsal {
    fn fail(&mut self, stage: &Stage<'_>, what: String) {
        let known = self.failures.iter().any(|failure| failure.what == what);
        if !known {
            let case = stage.case;
            self.failures.push(Failure { case: case.name.clone(), line: case.line, what });
        }
    }

    fn heard(&mut self, verdict: &Verdict) {
        if let Verdict::Refused(refusal) = verdict {
            self.codes.insert(refusal.code.clone());
        }
    }

    fn saw(&mut self, events: &[Event]) {
        self.written.extend(events.iter().map(|event| event.fact().to_owned()));
    }
}

/// Where a case has come to.
struct Stage<'a> {
    definition: &'a Definition,
    case: &'a Case,
    /// Which one it is, counted from 0.
    number: usize,
}

/// Rehearses a definition from the states that its cases reach.
pub fn rehearse<H: Rehearsed>(
    definition: &Definition,
    cases: &[Case],
    posts: &[PostSpec],
    host: &mut H,
) -> Rehearsal {
    let mut rehearsal = Rehearsal::default();
    host.reset(definition);
    let templates = lines::templates(definition, cases);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut crowd = host.clone();
    for case in cases {
        rehearsal.codes.extend(case.refused.iter().map(|refused| refused.code.clone()));
        let mut host = host.clone();
        let mut path = String::new();
        let mut lines = case.given.iter();
        loop {
            let alike = seen.entry(path.clone()).or_default();
            *alike += 1;
            if *alike <= ALIKE {
                let stage = Stage { definition, case, number: rehearsal.stages };
                rehearsal.stages += 1;
                steps::each(&mut rehearsal, &stage, &host, &templates, posts);
                clocks::silence(&mut rehearsal, &stage, &host);
            }
            let Some(line) = lines.next() else { break };
            // What cannot be set up is a failure of the case itself, told where the cases run.
            if host.given(definition, line).is_err() {
                break;
            }
            let _ = crowd.given(definition, line);
            path.push_str(&lines::told(definition, line));
        }
        rehearsal.saw(host.written());
        if case.when.what != "wait" {
            let done = host.act(definition, &case.when, "case");
            rehearsal.saw(&done.map(|done| done.events).unwrap_or_default());
            let stage = Stage { definition, case, number: rehearsal.stages };
            clocks::silence(&mut rehearsal, &stage, &host);
        }
    }
    // All that the cases began, at once: days on which nobody worked.
    if let Some(case) = cases.last() {
        let stage = Stage { definition, case, number: rehearsal.stages };
        clocks::silence(&mut rehearsal, &stage, &crowd);
    }
    unseen(&mut rehearsal, definition, cases, host);
    rehearsal
}

/// What the definition says and nobody met.
fn unseen<H: Rehearsed>(
    rehearsal: &mut Rehearsal,
    definition: &Definition,
    cases: &[Case],
    host: &H,
) {
    let Some(case) = cases.first() else { return };
    let mut missing = Vec::new();
    for step in &definition.steps {
        for require in step.requires.iter().filter(|one| !rehearsal.codes.contains(&one.code)) {
            missing.push(format!("nobody was refused with `{}` at `{}`", require.code, step.id));
        }
        for guard in &step.guards {
            if !host.refuses(guard).iter().any(|code| rehearsal.codes.contains(code)) {
                missing.push(format!("nobody was refused by the guard `{guard}`"));
            }
        }
        let closes = step.window.as_ref().and_then(|window| window.closes.as_ref());
        let missed = step.missed.iter().map(|missed| (&missed.event, &missed.fact));
        for (event, fact) in missed.chain(closes.map(|(event, fact)| (event, fact))) {
            if !rehearsal.written.contains(fact) {
                missing.push(format!("no case leads to `{event}`"));
            }
        }
    }
    // A post may sit elsewhere than one case lies, but not elsewhere than all.
    for (step, who) in rehearsal.barred.difference(&rehearsal.competent) {
        missing.push(format!("`by` of `{step}` names {who}, who is never competent"));
    }
    let stage = Stage { definition, case, number: 0 };
    for what in missing {
        rehearsal.fail(&stage, what);
    }
}
