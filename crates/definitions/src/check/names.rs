//! Every name means something: steps, fields, parameters, guards, posts, bodies, audiences, templates, citations.

use super::Check;
use crate::{
    finding::FindingCode as Code,
    formula::{Kind, Span},
    model::{CLOSED, FieldType, MISSED, Optional, OrMatter, Step, Who, Within},
    names::nearest,
    read::did_you_mean,
};

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    for step in &definition.steps {
        order(check, step);
        fields(check, step);
        people(check, step);
        lengths(check, step);
        laws(check, step);
    }
    for tier in &definition.tiers {
        for who in tier.roles.values() {
            who_exists(check, who, tier.line);
        }
        for need in &tier.needs {
            field(check, need, tier.line, "a tier needs");
        }
    }
    for matter in &definition.matters {
        body(check, &matter.body, matter.line);
        within(check, &matter.notice, matter.line);
        citation(check, &matter.law, matter.line);
    }
    for parameter in definition.parameters.values() {
        if let Some(law) = &parameter.law {
            citation(check, law, parameter.line);
        }
        for value in &parameter.values {
            if citation(check, &value.source, value.line)
                && let Some(entry) = check.catalogue.citations.entry(&value.source)
                && entry.from > value.from
            {
                let (article, since) = (entry.article.clone(), entry.from);
                check.find(
                    Code::CitationNotInForce,
                    value.line,
                    format!(
                        "{} is in force only from {since}, but a value of {} rests on it from {}.",
                        article, parameter.name, value.from
                    ),
                    "Date the value later, or cite what was in force then.",
                );
            }
        }
    }
    for field in definition.fields.values() {
        let asked = definition.steps.iter().any(|step| step.takes.contains(&field.name));
        if !asked && field.optional == Optional::No {
            check.find(
                Code::UnknownField,
                field.line,
                format!("field `{}` is asked for at no step.", field.name),
                "Name it in `takes` of a step, or take it out.",
            );
        }
        if let Some(basis) = &field.keep_basis {
            citation(check, basis, field.line);
        }
        if let FieldType::Ref(to) = &field.kind
            && !check.catalogue.refs.is_empty()
            && !check.catalogue.refs.contains(to)
        {
            let remedy = did_you_mean(to, check.catalogue.refs.iter().map(String::as_str));
            check.find(
                Code::BadValue,
                field.line,
                format!("field `{}` refers to `{to}`, which is no thing of the core.", field.name),
                remedy,
            );
        }
    }
    citation(check, &definition.running.source, None);
    if let Some(law) = &definition.law {
        citation(check, law, None);
    }
    if let Some(law) = &definition.burden_law {
        citation(check, law, None);
    }
    matter_type(check);
    unused_parameters(check);
}

fn order(check: &mut Check<'_>, step: &Step) {
    let mut items: Vec<&String> = step.after.iter().chain(&step.during).collect();
    items.extend(&step.answers);
    if let Some(window) = &step.window {
        items.extend(&window.objections);
        items.extend(&window.restarts_on);
    }
    items.extend(&step.by.not_also);
    if step.by.not_also.contains(&step.id) {
        check.find(
            Code::BadValue,
            step.line,
            format!("step `{}` excludes whoever takes it.", step.id),
            "Name the other steps in `not_also`.",
        );
    }
    for item in items {
        step_item(check, item, step.line);
    }
    for outcome in step.next.keys().filter(|outcome| !outcome.is_empty()) {
        if step.event_of(outcome).is_none() {
            let remedy = did_you_mean(outcome, step.events.iter().map(|e| e.outcome.as_str()));
            check.find(
                Code::UnknownStep,
                step.line,
                format!("`next.{outcome}` of step `{}` is no outcome of it.", step.id),
                remedy,
            );
        }
    }
}

/// Reports a step or outcome that does not exist.
pub(super) fn step_item(check: &mut Check<'_>, item: &str, line: usize) -> bool {
    let definition = check.definition;
    let (id, outcome) = item.split_once('.').map_or((item, None), |(id, o)| (id, Some(o)));
    let Some(step) = definition.step(id) else {
        let remedy = did_you_mean(id, definition.steps.iter().map(|step| step.id.as_str()));
        check.find(Code::UnknownStep, line, format!("`{id}` is not a step."), remedy);
        return false;
    };
    let Some(outcome) = outcome else { return true };
    let special = (outcome == MISSED && step.missed.is_some())
        || (outcome == CLOSED && step.window.as_ref().is_some_and(|w| w.closes.is_some()));
    if special || step.event_of(outcome).is_some() {
        return true;
    }
    let remedy = did_you_mean(outcome, step.events.iter().map(|event| event.outcome.as_str()));
    check.find(Code::UnknownStep, line, format!("step `{id}` has no outcome `{outcome}`."), remedy);
    false
}

fn field(check: &mut Check<'_>, name: &str, line: usize, whose: &str) {
    if !check.definition.fields.contains_key(name) {
        let remedy = did_you_mean(name, check.definition.fields.keys().map(String::as_str));
        check.find(
            Code::UnknownField,
            line,
            format!("{whose} `{name}`, which is not a field."),
            remedy,
        );
    }
}

fn fields(check: &mut Check<'_>, step: &Step) {
    for name in &step.takes {
        field(check, name, step.line, &format!("step `{}` takes", step.id));
    }
    for name in &step.signs {
        let core =
            check.catalogue.events.iter().any(|event| event.fields.iter().any(|f| f.name == *name));
        if !core {
            field(check, name, step.line, &format!("step `{}` signs", step.id));
        }
    }
    for key in &step.guards {
        if check.catalogue.guard(key).is_none() {
            let remedy = did_you_mean(key, check.catalogue.guards.iter().map(|g| g.key.as_str()));
            check.find(
                Code::UnknownGuard,
                step.line,
                format!("`{key}` is not a guard of the core."),
                remedy,
            );
        }
    }
    if let Some(template) = &step.posts
        && !check.catalogue.templates.contains(template)
    {
        let remedy = did_you_mean(template, check.catalogue.templates.iter().map(String::as_str));
        check.find(
            Code::UnknownTemplate,
            step.line,
            format!("`{template}` is not a posting template of the core."),
            remedy,
        );
    }
}

fn people(check: &mut Check<'_>, step: &Step) {
    who_exists(check, &step.by.who, step.line);
    if let Who::Tier(role) = &step.by.who {
        let roles: Vec<&str> = check
            .definition
            .tiers
            .iter()
            .flat_map(|tier| tier.roles.keys().map(String::as_str))
            .collect();
        if !roles.contains(&role.as_str()) {
            let remedy = did_you_mean(role, roles);
            check.find(
                Code::UnknownPost,
                step.line,
                format!("no tier names who is competent to `{role}`."),
                remedy,
            );
        }
    }
    if let Some(otherwise) = &step.by.otherwise {
        addressee(check, otherwise, step.line, "acts otherwise");
    }
    if let Some(witness) = step.roll.as_ref().and_then(|roll| roll.witness.as_ref()) {
        addressee(check, witness, step.line, "witnesses");
    }
    for next in step.next.values() {
        addressee(check, &next.who, next.line, "acts next");
    }
    for tell in &step.tell {
        addressee(check, &tell.who, tell.line, "is told");
    }
    for (who, line) in
        step.missed.iter().flat_map(|missed| missed.tell.iter().map(|who| (who, missed.line)))
    {
        addressee(check, who, line, "is told");
    }
}

fn who_exists(check: &mut Check<'_>, who: &Who, line: usize) {
    match who {
        Who::Post(posts) => {
            for key in posts {
                post(check, key, line, false);
            }
        }
        Who::Resident(kind) => post(check, kind, line, true),
        Who::Body(key) => body(check, key, line),
        Who::MatterBody | Who::Tier(_) | Who::System(_) => {}
    }
}

fn post(check: &mut Check<'_>, key: &str, line: usize, resident: bool) {
    if check.catalogue.post(key).is_none_or(|post| post.resident != resident) {
        let posts =
            check.catalogue.posts.iter().filter(|p| p.resident == resident).map(|p| p.key.as_str());
        let kind = if resident { "kind of resident" } else { "post" };
        let remedy = did_you_mean(key, posts);
        check.find(Code::UnknownPost, line, format!("`{key}` is not a {kind}."), remedy);
    }
}

fn body(check: &mut Check<'_>, key: &str, line: usize) {
    if check.catalogue.body(key).is_none() {
        let remedy = did_you_mean(key, check.catalogue.bodies.iter().map(|b| b.key.as_str()));
        check.find(Code::UnknownBody, line, format!("`{key}` is not a body."), remedy);
    }
}

fn addressee(check: &mut Check<'_>, who: &str, line: usize, does: &str) {
    let role = who.strip_prefix("tier.");
    let known = who == "matter.required_body"
        || check.catalogue.post(who).is_some()
        || check.catalogue.body(who).is_some()
        || check.catalogue.audiences.iter().any(|audience| audience.key == who)
        || role
            .is_some_and(|role| check.definition.tiers.iter().any(|t| t.roles.contains_key(role)));
    if known || who.is_empty() {
        return;
    }
    let catalogue = check.catalogue;
    let names = catalogue
        .posts
        .iter()
        .map(|p| p.key.as_str())
        .chain(catalogue.bodies.iter().map(|b| b.key.as_str()))
        .chain(catalogue.audiences.iter().map(|a| a.key.as_str()));
    let remedy = match nearest(who, names) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Name a post, a body or an audience of the core.".to_owned(),
    };
    check.find(
        Code::UnknownAudience,
        line,
        format!("`{who}` {does}, but is neither post, body nor audience."),
        remedy,
    );
}

fn lengths(check: &mut Check<'_>, step: &Step) {
    if let Some(notice) = &step.notice_before {
        within(check, notice, step.line);
    }
    if let Some(window) = &step.window {
        within(check, &window.lasts, window.line);
        if let Some(answer) = &window.answered_within {
            within(check, answer, window.line);
        }
    }
    if let Some(lengthens) = &step.lengthens {
        within(check, &lengthens.by, lengthens.line);
    }
    for next in step.next.values() {
        if let Some(length) = &next.within {
            within(check, length, next.line);
        }
    }
}

fn within(check: &mut Check<'_>, length: &Within, line: usize) {
    match length {
        Within::Parameter(name) => match check.definition.parameters.get(name) {
            None => {
                let remedy =
                    did_you_mean(name, check.definition.parameters.keys().map(String::as_str));
                check.find(
                    Code::UnknownParameter,
                    line,
                    format!("`{name}` is not a parameter."),
                    remedy,
                );
            }
            Some(parameter) if !["days", "working-days"].contains(&parameter.unit.as_str()) => {
                let unit = parameter.unit.clone();
                check.find(
                    Code::Units,
                    line,
                    format!("`{name}` is {unit}, not a length of time."),
                    "Name a parameter of type `days` or `working-days`.",
                );
            }
            Some(_) => {}
        },
        Within::Matter if check.definition.matters.is_empty() => check.find(
            Code::UnknownParameter,
            line,
            "`matter.meeting_notice` is named, but there is no `[[matter]]`.",
            "Add the table of matters.",
        ),
        Within::Date(name) => {
            field(check, name, line, "a clock ends on");
            let found = check.definition.fields.get(name);
            if found.is_some_and(|field| field.kind != FieldType::Date) {
                check.find(
                    Code::Units,
                    line,
                    format!("`{name}` is not a day."),
                    "Name a field of type `date`.",
                );
            }
        }
        Within::Matter | Within::Period(_) | Within::MonthEnd(_) => {}
    }
}

fn laws(check: &mut Check<'_>, step: &Step) {
    let mut laws: Vec<&String> = step.law.iter().chain(&step.by.law).collect();
    laws.extend(step.vote.iter().filter_map(|vote| vote.law.as_ref()));
    laws.extend(step.sitting.iter().filter_map(|sitting| sitting.law.as_ref()));
    for law in laws {
        citation(check, law, step.line);
    }
}

/// Reports an article that the table does not have, or that is no longer in force.
pub(super) fn citation(
    check: &mut Check<'_>,
    article: &str,
    line: impl Into<Option<usize>>,
) -> bool {
    let catalogue = check.catalogue;
    match catalogue.citations.entry(article) {
        Some(entry) => {
            if let Some(until) = entry.until {
                check.find(
                    Code::CitationNotInForce,
                    line,
                    format!("`{article}` is in force only until {until}."),
                    "Cite the article that replaced it.",
                );
            }
            true
        }
        None => {
            let remedy = match nearest(
                article,
                catalogue.citations.articles().map(|e| e.article.as_str()),
            ) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Add the article to the table, or cite one that is there.".to_owned(),
            };
            check.find(
                Code::UnknownCitation,
                line,
                format!("`{article}` is not in the table of citations."),
                remedy,
            );
            false
        }
    }
}

fn matter_type(check: &mut Check<'_>) {
    let definition = check.definition;
    let typed = definition.fields.values().any(|field| field.kind == FieldType::MatterType);
    for step in &definition.steps {
        let by_matter = step.by.who == Who::MatterBody
            || step.notice_before == Some(Within::Matter)
            || step.sitting.as_ref().is_some_and(|s| s.quorum == OrMatter::Matter)
            || step.vote.as_ref().is_some_and(|vote| {
                vote.quorum == Some(OrMatter::Matter)
                    || vote.majority == OrMatter::Matter
                    || vote.of == OrMatter::Matter
            });
        if by_matter && (!typed || definition.matters.is_empty()) {
            check.find(
                Code::MissingKey,
                step.line,
                format!("step `{}` depends on the matter, but the file has no `[[matter]]` with a field of type `matter-type`.", step.id),
                "Add the table of matters and the field.",
            );
        }
    }
    if definition.matters.iter().any(|matter| matter.ballot.is_some()) {
        for step in definition.steps.iter().filter(|step| step.by.who == Who::MatterBody) {
            if step.vote.as_ref().is_some_and(|vote| vote.ballot != Some(OrMatter::Matter)) {
                check.find(
                    Code::MissingKey,
                    step.line,
                    format!("a matter says how votes are given, but the vote of step `{}` does not heed it.", step.id),
                    "Add `ballot = \"matter.ballot\"` to its vote.",
                );
            }
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for matter in &definition.matters {
        if seen.contains(&matter.id.as_str()) {
            check.find(
                Code::Duplicate,
                matter.line,
                format!("there are two matters `{}`.", matter.id),
                "Give one of them another id.",
            );
        }
        seen.push(&matter.id);
    }
}

fn unused_parameters(check: &mut Check<'_>) {
    let definition = check.definition;
    let mut used: Vec<String> = Vec::new();
    let mut wanted: Vec<String> = Vec::new();
    let mut length = |within: &Within| {
        if let Within::Parameter(name) = within {
            used.push(name.clone());
        }
    };
    for step in &definition.steps {
        step.notice_before.iter().for_each(&mut length);
        if let Some(window) = &step.window {
            length(&window.lasts);
            window.answered_within.iter().for_each(&mut length);
        }
        step.lengthens.iter().for_each(|lengthens| length(&lengthens.by));
        step.next.values().filter_map(|next| next.within.as_ref()).for_each(&mut length);
    }
    definition.matters.iter().for_each(|matter| length(&matter.notice));
    for condition in definition.tiers.iter().flat_map(|tier| &tier.when) {
        used.push(condition.parameter.clone());
    }
    let conditions = definition.steps.iter().flat_map(|step| &step.requires).map(|r| &r.that);
    let amounts = definition.steps.iter().flat_map(|step| &step.books).map(|one| &one.amount);
    for formula in conditions.chain(amounts) {
        formula.root.walk(&mut |expr| match &expr.kind {
            Kind::Name(name) | Kind::Aggregate { over: Some(Span::Parameter(name)), .. } => {
                used.push(name.clone());
            }
            _ => {}
        });
    }
    for guard in definition.steps.iter().flat_map(|step| &step.guards) {
        for parameter in check.catalogue.guard(guard).iter().flat_map(|guard| &guard.parameters) {
            used.push(parameter.name.clone());
        }
    }
    let is_parameter = |name: &&String| {
        !definition.parameters.contains_key(*name) && !definition.fields.contains_key(*name)
    };
    wanted.extend(used.iter().filter(is_parameter).cloned());
    for parameter in definition.parameters.values() {
        if !used.contains(&parameter.name) {
            let remedy = match nearest(&parameter.name, wanted.iter().map(String::as_str)) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Name it where it is used, or take it out.".to_owned(),
            };
            check.find(
                Code::UnusedParameter,
                parameter.line,
                format!("`{}` is not a parameter that anything here reads.", parameter.name),
                remedy,
            );
        }
    }
}
