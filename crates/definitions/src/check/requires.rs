//! Conditions written as formulas: names, units, nothing that may be missing, and which way their parameters tighten.

use kernel::Class;

use super::{Check, graph::Graph};
use crate::{
    finding::FindingCode as Code,
    formula::{Kind, Unit},
    model::{Require, Step, StepNames, Tighten},
};

/// Codes of refusals that the engine uses itself.
const OF_THE_ENGINE: [&str; 12] = [
    "malformed",
    "unknown-field",
    "out-of-order",
    "ended",
    "window-open",
    "window-closed",
    "not-competent",
    "four-eyes",
    "no-tier",
    "no-quorum",
    "used-before",
    "no-right",
];

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    let graph = Graph::new(definition);
    for step in definition.steps.iter().filter(|step| !step.requires.is_empty()) {
        let names = StepNames::new(definition, graph.known_fields(step));
        for require in &step.requires {
            one(check, step, require, &names);
        }
    }
}

fn one(check: &mut Check<'_>, step: &Step, require: &Require, names: &StepNames<'_>) {
    let definition = check.definition;
    super::names::citation(check, &require.law, require.line);
    super::words::text(check, &require.says, Class::Public, "the refusal", require.line);
    if OF_THE_ENGINE.contains(&require.code.as_str()) {
        check.find(
            Code::Duplicate,
            require.line,
            format!("`{}` is a refusal of the engine.", require.code),
            "Give this one a code of its own.",
        );
    }
    let mut hidden: Vec<&str> = Vec::new();
    require.that.root.walk(&mut |expr| {
        let Kind::Name(name) = &expr.kind else { return };
        let Some(field) = definition.fields.get(name) else { return };
        if !step.takes.contains(name) && field.class.strictest() != Class::Public {
            hidden.push(name);
        }
    });
    for name in hidden {
        check.find(
            Code::FieldNotSupplied,
            require.line,
            format!(
                "`{name}` is not public: it lies beside the log and cannot be read at step `{}`.",
                step.id
            ),
            "Check it at the step where it is typed.",
        );
    }
    match require.that.unit(names) {
        Ok(Unit::Truth) => {}
        Ok(other) => check.find(
            Code::Units,
            require.line,
            format!("`{}` is {}, not a condition.", require.that.text, other.word()),
            "Compare it: `… <= …`.",
        ),
        Err(flaws) => {
            for flaw in flaws {
                let flaw = flaw.marked(&require.that.text);
                check.find(flaw.code, require.line, flaw.what, flaw.remedy);
            }
        }
    }
    for parameter in definition.parameters.values() {
        let (said, other, more) = match require.that.stricter(&parameter.name) {
            None => continue,
            Some(Some(way)) if way == parameter.tighten => continue,
            Some(Some(Tighten::Down)) => ("up", "down", "a higher value admits more"),
            Some(Some(Tighten::Up)) => ("down", "up", "a lower value admits more"),
            Some(None) => {
                check.find(
                    Code::TightenDirection,
                    require.line,
                    format!(
                        "in `{}` neither a higher nor a lower `{}` is surely stricter.",
                        require.that.text, parameter.name
                    ),
                    "Use the parameter on one side of one comparison alone, and not with `=`.",
                );
                continue;
            }
        };
        check.find(
            Code::TightenDirection,
            parameter.line,
            format!(
                "{} may be tightened \"{said}\", but {more} (`{}`).",
                parameter.name, require.that.text
            ),
            format!("Only \"{other}\" tightens."),
        );
    }
}
