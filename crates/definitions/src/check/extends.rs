//! A region's definition that replaces a built-in one: it may only tighten. Knows two definitions and their difference.

use super::{Check, graph::Graph};
use crate::{
    catalogue::Catalogue,
    finding::{Finding, FindingCode as Code},
    model::{ClassOf, Definition, Tighten},
};

/// What `definition` lost of `base`.
pub(crate) fn extends(
    definition: &Definition,
    base: &Definition,
    catalogue: &Catalogue,
) -> Vec<Finding> {
    let mut check = Check { definition, catalogue, findings: Vec::new() };
    for parameter in base.parameters.values() {
        let Some(own) = definition.parameters.get(&parameter.name) else { continue };
        if own.tighten != parameter.tighten {
            check.find(
                Code::Extends,
                own.line,
                format!("{} is tightened the other way than in `{}`.", own.name, base.id),
                "Keep the direction.",
            );
        }
        for value in &own.values {
            let Some(theirs) = parameter.at(value.from) else { continue };
            let looser =
                value.is.compare(theirs.is).is_none_or(|ordering| match parameter.tighten {
                    Tighten::Up => ordering.is_lt(),
                    Tighten::Down => ordering.is_gt(),
                });
            if looser {
                check.find(
                    Code::Extends,
                    value.line,
                    format!(
                        "{} is {}, looser than {} in `{}`.",
                        own.name, value.is, theirs.is, base.id
                    ),
                    "A region may only tighten.",
                );
            }
        }
    }
    for field in base.fields.values() {
        let Some(own) = definition.fields.get(&field.name) else { continue };
        let pair = |class| match class {
            ClassOf::One(class) => (class, class),
            ClassOf::Party { organisation, person } => (organisation, person),
        };
        let (a, b) = (pair(own.class), pair(field.class));
        if a.0 < b.0 || a.1 < b.1 {
            check.find(
                Code::Extends,
                own.line,
                format!("`{}` is more open than in `{}`.", own.name, base.id),
                "Keep its class, or make it stricter.",
            );
        }
    }
    for step in &base.steps {
        for event in &step.events {
            let Some(own) = definition
                .steps
                .iter()
                .find(|own| own.events.iter().any(|other| other.event == event.event))
            else {
                continue;
            };
            for require in &step.requires {
                if own.requires.iter().any(|r| r.code == require.code && r.that == require.that) {
                    continue;
                }
                check.find(
                    Code::Extends,
                    own.line,
                    format!(
                        "step `{}` drops or changes the condition `{}` of `{}`.",
                        own.id, require.code, base.id
                    ),
                    format!(
                        "Keep it as it is: `that = \"{}\"`; a further one may ask for more.",
                        require.that.text
                    ),
                );
            }
            for guard in step.guards.iter().filter(|guard| !own.guards.contains(guard)) {
                check.find(
                    Code::Extends,
                    own.line,
                    format!("step `{}` drops the guard `{guard}` of `{}`.", own.id, base.id),
                    format!("Add it: `guard = [\"{guard}\"]`."),
                );
            }
        }
    }
    let graph = Graph::new(definition);
    for prove in &base.proves {
        super::paths::holds(&mut check, &graph, prove);
    }

    check.findings
}
