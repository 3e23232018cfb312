//! Proves an indicator: its formulas are of their units, its bands cover every value once, and small numbers stay unsaid.

use std::{cmp::Ordering, collections::BTreeSet};

use super::{Indicator, OWNERS};
use crate::{
    figure::{FigureCatalogue, Offered, counted, typed},
    finding::{Finding, FindingCode as Code},
    formula::Unit,
    read::did_you_mean,
};

pub(super) fn indicator(one: &Indicator, catalogue: &FigureCatalogue) -> Vec<Finding> {
    let file = one.head.file.as_str();
    let mut findings = one.head.check(&catalogue.citations);
    findings.append(&mut counted(file, &one.figures, catalogue));
    let at = (file, one.line);
    let names = Offered { catalogue: Some(catalogue), counted: &one.figures, above: &[] };
    match (&one.unit, &one.of) {
        (Unit::Share, Some(of)) => {
            // a share is of one thing: both parts are counts, or both money
            let unit = of.unit(&names).unwrap_or(Unit::Count);
            let wanted = if unit == Unit::Money { Unit::Money } else { Unit::Count };
            typed(at, &one.is, &wanted, &names, &mut findings);
            typed(at, of, &wanted, &names, &mut findings);
        }
        (unit, _) => typed(at, &one.is, unit_of(unit), &names, &mut findings),
    }
    typed(at, &one.things, &Unit::Count, &names, &mut findings);
    let mut find = |line, code, what: String, remedy: String| {
        findings.push(Finding::new(file, Some(line), code, what, remedy));
    };
    if (one.unit == Unit::Share) != one.of.is_some() {
        find(
            one.line,
            Code::BadValue,
            "a share has `of`, and nothing else has.".to_owned(),
            "Say `unit = \"share\"` with `of`, or take `of` out.".to_owned(),
        );
    }
    if !OWNERS.contains(&one.owner.as_str()) {
        let what = format!("`{}` is no level that settles indicators.", one.owner);
        find(one.head.line, Code::BadValue, what, did_you_mean(&one.owner, OWNERS));
    }
    let mut seen = BTreeSet::new();
    for band in one.bands.iter().filter(|band| !seen.insert(band.id.as_str())) {
        let what = format!("there are two bands `{}`.", band.id);
        find(band.line, Code::Duplicate, what, "Give one of them another id.".to_owned());
    }
    for pair in one.bands.windows(2) {
        let [upper, lower] = pair else { continue };
        match (upper.from, lower.from) {
            (Some(high), Some(low)) if high.compare(low) != Some(Ordering::Greater) => find(
                lower.line,
                Code::TierOverlap,
                format!("the band `{}` does not begin below `{}`.", lower.id, upper.id),
                "Write the bands from the highest down.".to_owned(),
            ),
            (None, _) => find(
                upper.line,
                Code::TierOverlap,
                format!("the band `{}` has no `from` and is not the last.", upper.id),
                "Give every band but the last a `from`.".to_owned(),
            ),
            _ => {}
        }
    }
    if let Some(last) = one.bands.last().filter(|last| last.from.is_some()) {
        find(
            last.line,
            Code::TierGap,
            format!("a value below the band `{}` lies in none.", last.id),
            "Add a last band without `from`.".to_owned(),
        );
    }
    findings
}

/// A share that lacks its lower part was found already.
fn unit_of(unit: &Unit) -> &Unit {
    if *unit == Unit::Share { &Unit::Count } else { unit }
}
