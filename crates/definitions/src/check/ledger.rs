//! Ledgers: accounts and ledgers known, amounts are counts that everybody may see, the accounts' fields surely given; and
//! over the whole set: one account means one thing, and what may not fall below zero can come to have something.

use std::collections::BTreeSet;

use kernel::Class;

use super::{Check, graph::Graph};
use crate::{
    finding::{Finding, FindingCode as Code},
    formula::{Kind, Unit},
    model::{Account, Books, Definition, FieldType, Ledger, Optional, Step, StepNames},
    read::did_you_mean,
};

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    let books: Vec<&Books> = definition.steps.iter().flat_map(|step| &step.books).collect();
    if let Some(ledger) = definition.ledgers.first() {
        if !check.catalogue.keeps_ledgers {
            let service = check.catalogue.service.clone();
            check.find(
                Code::BadValue,
                ledger.line,
                format!("`{service}` keeps no ledgers of count."),
                "Run it where cases are kept: `services` or `disputes`.",
            );
        }
        if definition.is_closed() {
            check.find(
                Code::BadValue,
                ledger.line,
                "a closed case books nothing: its bookings would tell of it.",
                "Book in an open procedure, or keep none.",
            );
        }
    }
    for ledger in &definition.ledgers {
        of_ledger(check, ledger, &books);
    }
    let graph = Graph::new(definition);
    for step in &definition.steps {
        for one in &step.books {
            booked(check, &graph, step, one);
        }
        taken_back(check, &graph, step);
    }
}

fn of_ledger(check: &mut Check<'_>, ledger: &Ledger, books: &[&Books]) {
    let definition = check.definition;
    super::names::citation(check, &ledger.law, ledger.line);
    super::events::name(check, &ledger.booked.0, ledger.line);
    if let Some((event, _)) = &ledger.reversed {
        super::events::name(check, event, ledger.line);
    }
    let own = |event: &str| definition.locals.iter().any(|local| local.event == event);
    let back = ledger.reversed.as_ref().map(|(event, _)| event);
    if back == Some(&ledger.booked.0) || own(&ledger.booked.0) || back.is_some_and(|e| own(e)) {
        check.find(
            Code::DuplicateEvent,
            ledger.line,
            format!("the events of ledger `{}` are not its own.", ledger.id),
            "Give `booked` and `reversed` names that nothing else has.",
        );
    }
    if let Some(region) = &definition.region
        && !ledger.id.strip_prefix(region.as_str()).is_some_and(|rest| rest.starts_with('-'))
    {
        check.find(
            Code::BadValue,
            ledger.line,
            format!("ledger `{}` is not the region's own.", ledger.id),
            format!("Begin its name with the region: `{region}-{}`.", ledger.id),
        );
    }
    for account in &ledger.accounts {
        let used = |one: &&&Books| {
            one.ledger == ledger.id && (one.from == account.id || one.to == account.id)
        };
        if !books.iter().any(|one| used(&one)) {
            check.find(
                Code::UnusedParameter,
                account.line,
                format!("nothing here books on account `{}`.", account.id),
                "Name it in `books` of a step, or take it out.",
            );
        }
        let Some(per) = &account.per else { continue };
        match definition.fields.get(per) {
            None => {
                let remedy = did_you_mean(per, definition.fields.keys().map(String::as_str));
                check.find(
                    Code::UnknownField,
                    account.line,
                    format!(
                        "account `{}` is kept for each `{per}`, which is no field.",
                        account.id
                    ),
                    remedy,
                );
            }
            Some(field) => {
                let names = matches!(field.kind, FieldType::Ref(_) | FieldType::Enum(_));
                if !names || field.class.strictest() != Class::Public {
                    check.find(
                        Code::FieldType,
                        account.line,
                        format!(
                            "`{per}` names no account: it is {} or not public.",
                            field.kind.word()
                        ),
                        "Name a public field of type `ref` or `enum`.",
                    );
                }
            }
        }
    }
}

fn booked(check: &mut Check<'_>, graph: &Graph<'_>, step: &Step, one: &Books) {
    let definition = check.definition;
    let Some(ledger) = definition.ledger(&one.ledger) else {
        let remedy =
            did_you_mean(&one.ledger, definition.ledgers.iter().map(|ledger| ledger.id.as_str()));
        check.find(
            Code::UnknownField,
            one.line,
            format!("`{}` is no ledger of this file.", one.ledger),
            remedy,
        );
        return;
    };
    let known = graph.known_fields(step);
    for id in [&one.from, &one.to] {
        match ledger.account(id) {
            None => {
                let remedy = did_you_mean(id, ledger.accounts.iter().map(|a| a.id.as_str()));
                check.find(
                    Code::UnknownField,
                    one.line,
                    format!("`{id}` is no account of ledger `{}`.", ledger.id),
                    remedy,
                );
            }
            Some(Account { per: Some(per), .. }) if definition.fields.contains_key(per) => {
                let asked = known.contains(per.as_str())
                    && definition.fields.get(per).is_some_and(|f| f.optional == Optional::No);
                if !asked {
                    check.find(
                        Code::FieldNotSupplied,
                        one.line,
                        format!("whose account `{id}` it is, `{per}`, is not surely known at step `{}`.", step.id),
                        "Ask for it here or before, on every path.",
                    );
                }
            }
            Some(_) => {}
        }
    }
    if one.from == one.to {
        check.find(
            Code::BadValue,
            one.line,
            format!("step `{}` books from `{}` to itself.", step.id, one.from),
            "Name two accounts.",
        );
    }
    let repeats = step.books.iter().filter(|other| other.ledger == one.ledger).count() > 1;
    if repeats {
        check.find(
            Code::Duplicate,
            one.line,
            format!("step `{}` books twice on ledger `{}`.", step.id, one.ledger),
            "Book once on each ledger; let another step book the rest.",
        );
    }
    if step.events.len() > 1 && step.vote.is_none() {
        check.find(
            Code::BadValue,
            one.line,
            format!("step `{}` books, but has several outcomes.", step.id),
            "Let a step of its own book what the outcome allows.",
        );
    }
    amount(check, step, one, &StepNames::new(definition, known));
}

fn amount(check: &mut Check<'_>, step: &Step, one: &Books, names: &StepNames<'_>) {
    match one.amount.unit(names) {
        Ok(Unit::Count) => {}
        Ok(other) => check.find(
            Code::Units,
            one.line,
            format!("`{}` is {}, not a count.", one.amount.text, other.word()),
            "A ledger of count books counts: money is booked by the bookkeeper.",
        ),
        Err(flaws) => {
            for flaw in flaws {
                let flaw = flaw.marked(&one.amount.text);
                check.find(flaw.code, one.line, flaw.what, flaw.remedy);
            }
        }
    }
    let mut hidden = Vec::new();
    one.amount.root.walk(&mut |expr| {
        let Kind::Name(name) = &expr.kind else { return };
        let field = check.definition.fields.get(name);
        if field.is_some_and(|field| field.class.strictest() != Class::Public) {
            hidden.push(name.clone());
        }
    });
    for name in hidden {
        check.find(
            Code::MessageShows,
            one.line,
            format!(
                "step `{}` books `{name}`, which is not public: the booking would tell it.",
                step.id
            ),
            "Book what everybody may see.",
        );
    }
}

/// What is taken back was booked before, on every path, and once.
fn taken_back(check: &mut Check<'_>, graph: &Graph<'_>, step: &Step) {
    let definition = check.definition;
    if !step.reverses.is_empty() && !step.books.is_empty() {
        check.find(
            Code::BadValue,
            step.line,
            format!("step `{}` books and takes back at once.", step.id),
            "Do one of the two in another step.",
        );
    }
    for id in &step.reverses {
        if !super::names::step_item(check, id, step.line) {
            continue;
        }
        if definition.step(id).is_none_or(|other| other.books.is_empty()) {
            check.find(
                Code::BadValue,
                step.line,
                format!("step `{id}` books nothing that could be taken back."),
                "Name a step with `books`.",
            );
            continue;
        }
        let silent = |ledger: &&Ledger| ledger.reversed.is_none();
        if let Some(ledger) = definition.ledgers_of(step).into_iter().find(silent) {
            check.find(
                Code::MissingKey,
                ledger.line,
                format!(
                    "ledger `{}` does not say what taking a booking back is called.",
                    ledger.id
                ),
                "Name the event: `reversed = \"PointsReversed\"`.",
            );
        }
        let of: BTreeSet<usize> = graph.find(definition, id);
        let own = graph.find(definition, &step.id);
        if own.iter().any(|target| !graph.always_after(*target, &of)) {
            check.find(
                Code::SkipsDemanded,
                step.line,
                format!(
                    "a path comes to step `{}` without `{id}`: nothing is booked yet.",
                    step.id
                ),
                format!("Let it come after `{id}` alone."),
            );
        }
    }
}

/// What files of one set say of ledgers that they share.
pub(crate) fn shared(all: &[&Definition]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |of: &Definition, line, code, what: String, remedy: &str| {
        findings.push(Finding::new(&of.file, Some(line), code, what, remedy));
    };
    for (at, definition) in all.iter().enumerate() {
        for ledger in &definition.ledgers {
            for other in all.iter().take(at) {
                let Some(known) = other.ledger(&ledger.id) else { continue };
                if (&known.unit, &known.booked, &known.reversed, &known.law)
                    != (&ledger.unit, &ledger.booked, &ledger.reversed, &ledger.law)
                {
                    find(
                        definition,
                        ledger.line,
                        Code::Duplicate,
                        format!("ledger `{}` means something else in {}.", ledger.id, other.file),
                        "Write its unit, events and article as there, or give this one another name.",
                    );
                }
                for account in &ledger.accounts {
                    let Some(same) = known.account(&account.id) else { continue };
                    if kept(definition, account) != kept(other, same) || account.name != same.name {
                        find(
                            definition,
                            account.line,
                            Code::Duplicate,
                            format!(
                                "account `{}` means something else in {}.",
                                account.id, other.file
                            ),
                            "Write it as there, or give this one another name.",
                        );
                    }
                }
            }
            for account in ledger.accounts.iter().filter(|account| !account.below_zero) {
                let books = |own: &Definition, to: bool| {
                    own.steps.iter().flat_map(|step| &step.books).any(|one| {
                        let side = if to { &one.to } else { &one.from };
                        one.ledger == ledger.id && *side == account.id
                    })
                };
                if books(definition, false) && !all.iter().any(|other| books(other, true)) {
                    find(
                        definition,
                        account.line,
                        Code::Unreachable,
                        format!(
                            "nothing ever comes to account `{}`, so nothing can leave it.",
                            account.id
                        ),
                        "Book to it in a step; or let it fall below zero, where all comes from it: `below_zero = true`.",
                    );
                }
            }
        }
    }
    findings
}

/// What makes an account what it is: the kind of thing it is kept for, and whether it may fall below zero.
fn kept<'a>(definition: &'a Definition, account: &'a Account) -> (Option<&'a FieldType>, bool) {
    let per = account.per.as_ref().and_then(|per| definition.fields.get(per));
    (per.map(|field| &field.kind), account.below_zero)
}
