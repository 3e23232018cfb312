//! Proves figures: the events that they count are public and have the fields that are named, and no name stands twice.

use super::{Figure, FigureCatalogue};
use crate::{
    finding::{Finding, FindingCode as Code},
    formula::{Ast, Name, Names, Unit},
    read::did_you_mean,
};

/// The names that a formula may use: what is offered, what the file counts, and lines above.
pub(crate) struct Offered<'a> {
    pub(crate) catalogue: Option<&'a FigureCatalogue>,
    pub(crate) counted: &'a [Figure],
    pub(crate) above: &'a [(&'a str, Unit)],
}

impl Names for Offered<'_> {
    fn name(&self, name: &str) -> Option<Name> {
        let above = self.above.iter().find(|(id, _)| *id == name).map(|(_, unit)| unit.clone());
        let counted = || self.counted.iter().find(|one| one.id == name).map(Figure::unit);
        let offered = || {
            let all = self.catalogue.map(|catalogue| catalogue.offered.iter());
            all.into_iter().flatten().find(|(id, _)| id == name).map(|(_, unit)| unit.clone())
        };
        let unit = above.or_else(counted).or_else(offered)?;
        Some(Name { unit: Some(unit), always: true })
    }

    fn all(&self) -> Vec<&str> {
        let offered = self.catalogue.into_iter().flat_map(|catalogue| &catalogue.offered);
        let above = self.above.iter().map(|(id, _)| *id);
        let counted = self.counted.iter().map(|one| one.id.as_str());
        above.chain(counted).chain(offered.map(|(id, _)| id.as_str())).collect()
    }
}

/// What is wrong with the figures of a file.
pub(crate) fn counted(file: &str, figures: &[Figure], catalogue: &FigureCatalogue) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, figure) in figures.iter().enumerate() {
        let taken = figures.iter().take(at).any(|other| other.id == figure.id)
            || catalogue.offered.iter().any(|(id, _)| *id == figure.id);
        if taken {
            let what = format!("`{}` is the name of another figure too.", figure.id);
            let remedy = "Give this one another id.";
            findings.push(Finding::new(file, Some(figure.line), Code::Duplicate, what, remedy));
        }
        findings.append(&mut one(file, figure, catalogue));
    }
    findings
}

fn one(file: &str, figure: &Figure, catalogue: &FigureCatalogue) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |code, what: String, remedy: String| {
        findings.push(Finding::new(file, Some(figure.line), code, what, remedy));
    };
    let service = figure.service.as_str();
    let services: Vec<&str> = catalogue.events.iter().map(|one| one.service.as_str()).collect();
    if !services.contains(&service) {
        let remedy = did_you_mean(service, services);
        find(Code::BadValue, format!("`{service}` is no service."), remedy);
        return findings;
    }
    let of = |event: &str| catalogue.event(service, event);
    let all = || catalogue.events.iter().filter(|one| one.service == service);
    let after = figure.after.as_ref();
    let events = std::iter::once(&figure.event).chain(after.into_iter().flat_map(|a| &a.events));
    for event in events.filter(|event| of(event).is_none()) {
        find(
            Code::UnknownEvent,
            format!("`{event}` is no event of `{service}` that everybody may read."),
            did_you_mean(event, all().map(|one| one.event.as_str())),
        );
    }
    let mut field = |event: &str, name: &str, wanted: Option<Unit>| {
        let Some(event) = of(event) else { return };
        match (event.field(name), wanted) {
            (None, _) => find(
                Code::UnknownField,
                format!("`{}` has no field `{name}` that everybody may read.", event.event),
                did_you_mean(name, event.fields.iter().map(|(field, _)| field.as_str())),
            ),
            (Some(unit), Some(wanted)) if *unit != Some(wanted.clone()) => find(
                Code::Units,
                format!("`{name}` of `{}` is not {}.", event.event, wanted.word()),
                format!("Name a field that is {}.", wanted.word()),
            ),
            _ => {}
        }
    };
    for (name, _) in &figure.only {
        field(&figure.event, name, None);
    }
    if let Some(sum) = &figure.sum {
        field(&figure.event, sum, Some(Unit::Money));
    }
    findings
}

/// Whether a formula comes to this unit, with these names.
pub(crate) fn typed(
    (file, line): (&str, usize),
    ast: &Ast,
    wanted: &Unit,
    names: &dyn Names,
    findings: &mut Vec<Finding>,
) {
    match ast.unit(names) {
        Ok(unit) if unit == *wanted => {}
        Ok(unit) => findings.push(Finding::new(
            file,
            Some(line),
            Code::Units,
            format!("`{}` is {}, not {}.", ast.text, unit.word(), wanted.word()),
            match wanted {
                Unit::Truth => "Compare two of them: `A40 = T40`.",
                _ => "Add and subtract figures of one unit; say `unit` where it is not money.",
            },
        )),
        Err(flaws) => {
            for flaw in flaws {
                let flaw = flaw.marked(&ast.text);
                findings.push(Finding::new(file, Some(line), flaw.code, flaw.what, flaw.remedy));
            }
        }
    }
}
