//! Named guards and separations across mechanisms, one file each with its article.
//!
//! A definition names guards by key; the core's own invariants hold without them.

pub mod display_not_short;
pub mod display_over;
pub mod natural_person;
pub mod notice_period;
pub mod objection_answered;
pub mod proposer_right;
pub mod result_read_out;
pub mod separation;
pub mod stage_before_ended;
pub mod supervisor_present;
pub mod within_limit;

use casework::Case;
use definitions::{GuardParameter, GuardSpec, Tighten};
use engines::procedure::{GuardInput, Sitting};
use kernel::{Refusal, Text, Verdict};
use serde_json::Value;

use crate::{
    facts::{progress::Proposal, proposal::Around},
    laws::law,
};

/// What a guard sees besides what was typed.
pub struct Scene<'a> {
    /// The village.
    pub around: &'a Around<'a>,
    /// The proposal, after it was tabled.
    pub proposal: Option<&'a Proposal>,
    /// The case that is cited in a field that refers to one.
    pub cited: Option<&'a Case>,
    /// The sitting that is recorded.
    pub sitting: Option<&'a Sitting>,
}

/// A named guard.
pub struct Rule {
    /// Its key in definitions; also the code of its refusal.
    pub key: &'static str,
    /// The article it enforces.
    pub law: &'static str,
    /// Events whose step must have it.
    pub mandatory_for: &'static [&'static str],
    /// The fields it reads.
    pub reads: &'static [&'static str],
    /// The parameters it reads: name, unit, which way is stricter.
    pub parameters: &'static [(&'static str, &'static str, Tighten)],
    /// What it says when it refuses.
    pub says: (&'static str, &'static str),
    /// The fields that the message shows.
    pub shows: &'static [&'static str],
    /// The check: what is recorded, or what would be right.
    pub check: fn(&GuardInput<'_>, &Scene<'_>) -> Result<Value, Text>,
}

/// All guards of this service.
pub const RULES: &[Rule] = &[
    proposer_right::RULE,
    supervisor_present::RULE,
    natural_person::RULE,
    notice_period::RULE,
    result_read_out::RULE,
    display_not_short::RULE,
    display_over::RULE,
    objection_answered::RULE,
    within_limit::RULE,
    stage_before_ended::RULE,
];

impl Rule {
    /// As the catalogue lists it.
    pub fn spec(&self) -> GuardSpec {
        let own = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
        GuardSpec {
            key: self.key.to_owned(),
            law: self.law.to_owned(),
            mandatory_for: own(self.mandatory_for),
            mandatory_in_closed: false,
            reads: own(self.reads),
            parameters: self
                .parameters
                .iter()
                .map(|(name, unit, tighter)| GuardParameter::new(name, unit, *tighter))
                .collect(),
            message: Text::new(self.says.0, self.says.1),
            shows: own(self.shows),
            message_class: None,
        }
    }
}

/// Runs a guard by key.
///
/// # Errors
/// Its refusal with article and remedy; unavailable for a key that no guard has.
pub fn run(key: &str, input: &GuardInput<'_>, scene: &Scene<'_>) -> Result<Value, Verdict> {
    let Some(rule) = RULES.iter().find(|rule| rule.key == key) else {
        return Err(Verdict::Unavailable(format!("no guard `{key}`")));
    };
    (rule.check)(input, scene).map_err(|remedy| {
        Refusal::new(rule.key, Text::new(rule.says.0, rule.says.1), remedy)
            .by_law(law(rule.law))
            .into()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_guard_has_its_own_key_an_article_and_words() {
        let keys: HashSet<_> = RULES.iter().map(|rule| rule.key).collect();
        assert_eq!(keys.len(), RULES.len());
        for rule in RULES {
            assert!(rule.spec().message.is_complete());
            assert_ne!(law(rule.law).name.zh, rule.law, "{} cites an unknown law", rule.key);
        }
    }
}
