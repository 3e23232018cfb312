//! Where the boxes and lines of a course stand: main steps in layers from top to bottom, what is done beside them at the
//! right. Knows no language and draws nothing.

use std::collections::BTreeMap;

use crate::model::{Definition, Step};

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot<'a> {
    /// The step.
    pub step: &'a Step,
    /// Row, from 0.
    pub row: usize,
    /// Column, from 0.
    pub column: usize,
    /// Beside the main line.
    pub beside: bool,
}

/// A line from one step to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Number of the box where it begins.
    pub from: usize,
    /// Number of the box where it ends.
    pub to: usize,
    /// The outcomes that lead along it.
    pub outcomes: Vec<String>,
    /// Beside the main line: no order, only a place.
    pub beside: bool,
}

/// The picture's plan.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub spots: Vec<Spot<'a>>,
    pub lines: Vec<Line>,
}

/// Plans the picture of a definition.
pub(super) fn plan(definition: &Definition) -> Plan<'_> {
    let mut lines: Vec<Line> = Vec::new();
    let at = |id: &str| definition.steps.iter().position(|step| step.id == id);
    let mut add = |from: usize, to: usize, outcome: Option<&str>, beside: bool| {
        let outcome = outcome.map(str::to_owned);
        match lines.iter_mut().find(|line| (line.from, line.to) == (from, to)) {
            Some(line) => line.outcomes.extend(outcome),
            None => lines.push(Line { from, to, outcomes: outcome.into_iter().collect(), beside }),
        }
    };
    for (to, step) in definition.steps.iter().enumerate() {
        if step.is_main() {
            for (id, outcome) in definition.after(step) {
                if let Some(from) = at(id) {
                    let several =
                        definition.steps[from].events.len() > 1 || outcome == crate::model::MISSED;
                    add(from, to, several.then_some(outcome), false);
                }
            }
        } else {
            let hosts = step.during.iter().chain(&step.answers);
            for host in hosts.filter_map(|item| at(item.split('.').next().unwrap_or(item))) {
                add(host, to, None, true);
            }
        }
    }
    let rows = rows(definition, &lines);
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    let mut spots: Vec<Spot<'_>> = definition
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.is_main())
        .map(|(index, step)| {
            let column = used.entry(rows[index]).or_default();
            *column += 1;
            Spot { step, row: rows[index], column: *column - 1, beside: false }
        })
        .collect();
    let widest = used.values().copied().max().unwrap_or(1);
    let mut beside: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, step) in definition.steps.iter().enumerate().filter(|(_, step)| !step.is_main()) {
        let column = beside.entry(rows[index]).or_default();
        *column += 1;
        spots.push(Spot { step, row: rows[index], column: widest + *column - 1, beside: true });
    }
    // lines name steps by their place in the file; the plan names boxes
    let boxed = |index: usize| {
        spots.iter().position(|spot| spot.step.id == definition.steps[index].id).unwrap_or(0)
    };
    for line in &mut lines {
        (line.from, line.to) = (boxed(line.from), boxed(line.to));
    }
    Plan { spots, lines }
}

/// The row of each step: one below the lowest of those that lead to it, returns left out.
fn rows(definition: &Definition, lines: &[Line]) -> Vec<usize> {
    let steps = definition.steps.len();
    let mut rows = vec![0; steps];
    // a line upwards in the file is a return; the file is written in the order in which things are usually done
    for _ in 0..steps {
        for line in lines.iter().filter(|line| !line.beside && line.from < line.to) {
            rows[line.to] = rows[line.to].max(rows[line.from] + 1);
        }
    }
    for line in lines.iter().filter(|line| line.beside && line.from != line.to) {
        rows[line.to] = rows[line.from];
    }
    // an answer stands below what it answers
    for (index, step) in definition.steps.iter().enumerate() {
        let answered = step
            .answers
            .as_ref()
            .and_then(|id| definition.steps.iter().position(|other| other.id == *id));
        if let Some(answered) = answered {
            rows[index] = rows[answered] + 1;
        }
    }
    rows
}
