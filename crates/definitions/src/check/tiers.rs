//! Tiers cover every amount exactly once, at every date, to the fen.

use std::collections::BTreeMap;

use kernel::{Date, Money};

use super::Check;
use crate::{
    finding::FindingCode as Code,
    model::{Condition, FieldType, Op, Tier, Tighten, Who},
    number::{Value, yuan},
    read::did_you_mean,
};

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    if definition.tiers.is_empty() {
        return;
    }
    let mut sound = true;
    for tier in &definition.tiers {
        if tier.when.is_empty() {
            sound = false;
        }
        for condition in &tier.when {
            sound &= comparable(check, condition, tier.line);
        }
    }
    roles(check);
    redundant(check);
    directions(check);
    if sound {
        let mut reported: Vec<(String, bool)> = Vec::new();
        for date in definition.dates() {
            cover(check, date, &mut reported);
        }
    }
}

fn comparable(check: &mut Check<'_>, condition: &Condition, line: usize) -> bool {
    let definition = check.definition;
    let Some(field) = definition.fields.get(&condition.field) else {
        let remedy = did_you_mean(&condition.field, definition.fields.keys().map(String::as_str));
        check.find(
            Code::UnknownField,
            line,
            format!("`{}` is not a field.", condition.field),
            remedy,
        );
        return false;
    };
    let Some(parameter) = definition.parameters.get(&condition.parameter) else {
        let remedy =
            did_you_mean(&condition.parameter, definition.parameters.keys().map(String::as_str));
        check.find(
            Code::UnknownParameter,
            line,
            format!("`{}` is not a parameter.", condition.parameter),
            remedy,
        );
        return false;
    };
    let left = match field.kind {
        FieldType::Money => "money",
        FieldType::Count => "count",
        FieldType::Period => "days",
        ref other => other.word(),
    };
    if left != parameter.unit && !(left == "days" && parameter.unit == "working-days") {
        let sign = match condition.op {
            Op::Less => "<",
            Op::AtMost => "<=",
            Op::More => ">",
            Op::AtLeast => ">=",
        };
        check.find(
            Code::Units,
            line,
            format!(
                "{left} is compared with {} in `{} {sign} {}`.",
                with_article(&parameter.unit),
                condition.field,
                condition.parameter
            ),
            format!("Compare it with a parameter of type `{left}`."),
        );
        return false;
    }
    true
}

fn with_article(unit: &str) -> String {
    match unit {
        "count" | "share" => format!("a {unit}"),
        other => other.to_owned(),
    }
}

/// Every row names the same roles, and a step uses each.
fn roles(check: &mut Check<'_>) {
    let definition = check.definition;
    let used: Vec<&str> = definition
        .steps
        .iter()
        .filter_map(|step| match &step.by.who {
            Who::Tier(role) => Some(role.as_str()),
            _ => None,
        })
        .collect();
    for tier in &definition.tiers {
        for role in used.iter().filter(|role| !tier.roles.contains_key(**role)) {
            check.find(
                Code::UnknownPost,
                tier.line,
                format!("this tier does not say who is competent to `{role}`."),
                format!("Add `{role} = {{ post = \"…\" }}`."),
            );
        }
        for role in tier.roles.keys().filter(|role| !used.contains(&role.as_str())) {
            let remedy = did_you_mean(role, used.iter().copied());
            check.find(
                Code::UnknownKey,
                tier.line,
                format!("no step is taken by whom a tier names under `{role}`."),
                remedy,
            );
        }
    }
}

/// Two neighbouring rows differ in who or in what is needed; else the bound between them means nothing.
fn redundant(check: &mut Check<'_>) {
    for (number, pair) in check.definition.tiers.windows(2).enumerate() {
        if pair[0].roles == pair[1].roles && pair[0].needs == pair[1].needs {
            check.find(
                Code::TierRedundant,
                pair[1].line,
                format!("tier: rows {} and {} ask for the same.", number + 1, number + 2),
                "Say who else is competent or what more is needed in the upper row, or make them one.",
            );
        }
    }
}

/// A bound above which more is needed may only move down.
fn directions(check: &mut Check<'_>) {
    let definition = check.definition;
    for parameter in definition.parameters.values() {
        let side = |upper: bool| -> Vec<&Tier> {
            definition
                .tiers
                .iter()
                .filter(|tier| {
                    tier.when.iter().any(|condition| {
                        condition.parameter == parameter.name
                            && matches!(condition.op, Op::More | Op::AtLeast) == upper
                    })
                })
                .collect()
        };
        let asks = |tiers: &[&Tier]| {
            tiers
                .iter()
                .map(|tier| {
                    let bodies =
                        tier.roles.values().filter(|who| matches!(who, Who::Body(_))).count();
                    tier.needs.len() + bodies
                })
                .max()
                .unwrap_or(0)
        };
        let (upper, lower) = (side(true), side(false));
        if upper.is_empty() || lower.is_empty() {
            continue;
        }
        if asks(&upper) > asks(&lower) && parameter.tighten == Tighten::Up {
            check.find(
                Code::TightenDirection,
                parameter.line,
                format!(
                    "{} may be tightened \"up\", but a higher value lets more fall into the tier that asks for less.",
                    parameter.name
                ),
                "Only \"down\" tightens.",
            );
        }
    }
}

type Point<'a> = BTreeMap<&'a str, Value>;

fn cover(check: &mut Check<'_>, date: Date, reported: &mut Vec<(String, bool)>) {
    let definition = check.definition;
    let values = definition.parameters_at(date);
    let mut points: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for condition in definition.tiers.iter().flat_map(|tier| &tier.when) {
        let Some(value) = values.get(&condition.parameter) else { return };
        points.entry(condition.field.as_str()).or_default().extend(around(*value));
    }
    for (field, values) in &mut points {
        let kind = definition.fields.get(*field).map(|field| &field.kind);
        values.extend(ends(kind, values.first().copied()));
        values.sort_by(|a, b| a.compare(*b).unwrap_or(std::cmp::Ordering::Equal));
        values.dedup();
    }
    for point in grid(&points) {
        let rows: Vec<usize> = definition
            .tiers
            .iter()
            .enumerate()
            .filter(|(_, tier)| matches(tier, &point, &values))
            .map(|(index, _)| index)
            .collect();
        if rows.len() == 1 {
            continue;
        }
        let numbers = rows.iter().map(|row| (row + 1).to_string()).collect::<Vec<_>>();
        let key = numbers.join(" and ");
        if reported.contains(&(key.clone(), rows.is_empty())) {
            continue;
        }
        reported.push((key.clone(), rows.is_empty()));
        let amount = point.values().map(|value| said(*value)).collect::<Vec<_>>().join(" with ");
        let since = if definition.dates().len() > 1 {
            format!(" (values of {date})")
        } else {
            String::new()
        };
        match rows.last() {
            None => check.find(
                Code::TierGap,
                definition.tiers[0].line,
                format!("tier: {amount} falls into no row{since}."),
                "Make the bounds meet: `<` in one row, `>=` in the next.",
            ),
            Some(last) => check.find(
                Code::TierOverlap,
                definition.tiers[*last].line,
                format!("tier: {amount} falls into rows {key}{since}."),
                "Make one bound exclusive.",
            ),
        }
    }
}

fn said(value: Value) -> String {
    match value {
        Value::Money(money) => format!("{} yuan", yuan(money)),
        other => other.to_string(),
    }
}

/// A value and its neighbours: between two neighbours nothing can change.
fn around(value: Value) -> Vec<Value> {
    let moved = |by: i64| match value {
        Value::Money(money) => Some(money.fen().saturating_add(by))
            .filter(|f| *f > 0)
            .map(|f| Value::Money(Money::from_fen(f))),
        Value::Count(count) => Some(count.saturating_add(by)).filter(|c| *c >= 0).map(Value::Count),
        _ => None,
    };
    [moved(-1), Some(value), moved(1)].into_iter().flatten().collect()
}

/// The least and the largest value a field can have.
fn ends(kind: Option<&FieldType>, like: Option<Value>) -> Vec<Value> {
    match (kind, like) {
        (Some(FieldType::Money), _) => {
            vec![Value::Money(Money::from_fen(1)), Value::Money(Money::from_fen(i64::MAX))]
        }
        (Some(FieldType::Count), _) => vec![Value::Count(0), Value::Count(i64::MAX)],
        (_, Some(like)) => vec![like],
        _ => Vec::new(),
    }
}

fn grid<'a>(points: &BTreeMap<&'a str, Vec<Value>>) -> Vec<Point<'a>> {
    let mut all: Vec<Point<'a>> = vec![BTreeMap::new()];
    for (field, values) in points {
        all = all
            .into_iter()
            .flat_map(|point| {
                values.iter().map(move |value| {
                    let mut point = point.clone();
                    point.insert(*field, *value);
                    point
                })
            })
            .take(100_000)
            .collect();
    }
    all
}

fn matches(tier: &Tier, point: &Point<'_>, parameters: &BTreeMap<String, Value>) -> bool {
    tier.when.iter().all(|condition| {
        let (Some(left), Some(right)) =
            (point.get(condition.field.as_str()), parameters.get(&condition.parameter))
        else {
            return false;
        };
        left.compare(*right).is_some_and(|ordering| condition.op.holds(ordering))
    })
}
