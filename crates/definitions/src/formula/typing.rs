//! Units: what each part of a formula is, what it may be compared with, and what may be missing.

use std::collections::BTreeSet;

use kernel::Period;

use super::ast::{Aggregation, Arithmetic, Ast, Comparison, Expr, Kind, Span};
use crate::{finding::FindingCode, model::Tighten, names::nearest};

/// The unit of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Fen.
    Money,
    /// Calendar days.
    Days,
    /// Working days.
    WorkingDays,
    /// A number of things.
    Count,
    /// A part of a whole.
    Share,
    /// A day.
    Date,
    /// True or false.
    Truth,
    /// One word of a list.
    Word(Vec<String>),
}

impl Unit {
    /// As files write it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Days => "days",
            Self::WorkingDays => "working-days",
            Self::Count => "count",
            Self::Share => "share",
            Self::Date => "date",
            Self::Truth => "yes-no",
            Self::Word(_) => "enum",
        }
    }

    fn of_period(period: Period) -> Self {
        match period {
            Period::Days(_) => Self::Days,
            Period::WorkingDays(_) => Self::WorkingDays,
        }
    }

    fn is_number(&self) -> bool {
        !matches!(self, Self::Date | Self::Truth | Self::Word(_))
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Its unit; `None` for what cannot be computed with (a text, a party): it can only be `known(…)`.
    pub unit: Option<Unit>,
    /// Surely given where the formula is evaluated.
    pub always: bool,
}

/// The names that a formula may use.
pub trait Names {
    /// What a name stands for.
    fn name(&self, name: &str) -> Option<Name>;
    /// All names, for suggestions.
    fn all(&self) -> Vec<&str>;
    /// The names in a row of a source; `None` when there is no such source here.
    fn rows(&self, of: &str) -> Option<Box<dyn Names + '_>> {
        let _ = of;
        None
    }
    /// All sources, for suggestions.
    fn sources(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// What is wrong in a formula, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Byte in the text.
    pub at: usize,
    /// Which kind.
    pub code: FindingCode,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

impl Flaw {
    /// With the place in the formula that is meant: ``deposit <= limi`: `limi` is …`.
    #[must_use]
    pub fn marked(mut self, text: &str) -> Self {
        let before = text.get(..self.at).unwrap_or_default().chars().count();
        self.what = format!("in `{text}` at {}: {}", before + 1, self.what);
        self
    }

    pub(super) fn syntax(at: usize, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { at, code: FindingCode::BadValue, what: what.into(), remedy: remedy.into() }
    }
}

impl Ast {
    /// Checks every name, every unit, and that nothing is read that may be missing; gives the unit that it comes to.
    ///
    /// # Errors
    /// All flaws, in the order of the text.
    pub fn unit(&self, names: &dyn Names) -> Result<Unit, Vec<Flaw>> {
        let mut check = Check { flaws: Vec::new() };
        let unit = check.unit(&self.root, names, &BTreeSet::new());
        check.flaws.sort_by_key(|flaw| flaw.at);
        match unit {
            Some(unit) if check.flaws.is_empty() => Ok(unit),
            _ => Err(check.flaws),
        }
    }

    /// Which way a parameter has to move to make the condition harder to fulfil; `None` when the formula does not use it,
    /// `Some(None)` when it helps on one side and hinders on the other, so that no direction is stricter.
    pub fn stricter(&self, parameter: &str) -> Option<Option<Tighten>> {
        match trend(&self.root, parameter) {
            Trend::Still => None,
            Trend::Mixed => Some(None),
            Trend::Up => Some(Some(Tighten::Down)),
            Trend::Down => Some(Some(Tighten::Up)),
        }
    }
}

struct Check {
    flaws: Vec<Flaw>,
}

impl Check {
    fn flaw(
        &mut self,
        at: usize,
        code: FindingCode,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Option<Unit> {
        self.flaws.push(Flaw { at, code, what: what.into(), remedy: remedy.into() });
        None
    }

    fn unknown(&mut self, at: usize, name: &str, names: &[&str], what: &str) -> Option<Unit> {
        let remedy = nearest(name, names.iter().copied()).map_or_else(
            || crate::read::did_you_mean(name, names.iter().copied()),
            |near| format!("Did you mean `{near}`?"),
        );
        self.flaw(at, FindingCode::UnknownField, format!("`{name}` is {what}."), remedy)
    }

    /// The unit of an expression where these names are surely known.
    fn unit(&mut self, expr: &Expr, names: &dyn Names, known: &BTreeSet<&str>) -> Option<Unit> {
        let at = expr.at;
        match &expr.kind {
            Kind::Count(_) => Some(Unit::Count),
            Kind::Money(_) => Some(Unit::Money),
            Kind::Period(period) => Some(Unit::of_period(*period)),
            Kind::Share(_) => Some(Unit::Share),
            Kind::Date(_) => Some(Unit::Date),
            Kind::Truth(_) => Some(Unit::Truth),
            Kind::Word(word) => Some(Unit::Word(vec![word.clone()])),
            Kind::Known(name) => match names.name(name) {
                Some(_) => Some(Unit::Truth),
                None => {
                    self.unknown(at, name, &names.all(), "neither a field nor a parameter here")
                }
            },
            Kind::Name(name) => self.name(at, name, names, known),
            Kind::Arithmetic(how, a, b) => {
                let (left, right) = (self.unit(a, names, known), self.unit(b, names, known));
                self.arithmetic(at, *how, left?, right?)
            }
            Kind::Comparison(how, a, b) => {
                let (left, right) = (self.unit(a, names, known), self.unit(b, names, known));
                self.comparison(at, *how, left?, right?)
            }
            Kind::And(a, b) | Kind::Or(a, b) => {
                let and = matches!(expr.kind, Kind::And(..));
                let left = self.truth(a, names, known);
                let mut more = known.clone();
                more.extend(assumed(a, and));
                let right = self.truth(b, names, &more);
                left.and(right)
            }
            Kind::Not(a) => self.truth(a, names, known),
            Kind::Aggregate { aggregation, field, of, over, filter } => {
                let Some(row) = names.rows(of) else {
                    let sources = names.sources();
                    if sources.is_empty() {
                        return self.flaw(
                            at,
                            FindingCode::BadValue,
                            "a sum over many is not possible here.",
                            "Compare the fields of this case alone; sums belong to a watch or a report.",
                        );
                    }
                    return self.unknown(at, of, &sources, "nothing that can be counted here");
                };
                if let Some(Span::Parameter(name)) = over {
                    match names.name(name).and_then(|name| name.unit) {
                        Some(Unit::Days) => {}
                        Some(_) => {
                            return self.flaw(
                                at,
                                FindingCode::Units,
                                format!("`over {name}` is no number of days."),
                                "Name a parameter of type `days`.",
                            );
                        }
                        None => {
                            return self.unknown(at, name, &names.all(), "not a parameter here");
                        }
                    }
                }
                if let Some(Span::Period(Period::WorkingDays(_))) = over {
                    return self.flaw(
                        at,
                        FindingCode::Units,
                        "rows are counted over calendar days.",
                        "Write `over 30 days`.",
                    );
                }
                if let Some(filter) = filter {
                    let both = Both { row: row.as_ref(), around: names };
                    self.truth(filter, &both, known)?;
                }
                match (aggregation, field) {
                    (Aggregation::Count, None) => Some(Unit::Count),
                    (Aggregation::Count, Some(_)) => self.flaw(
                        at,
                        FindingCode::BadValue,
                        "a count counts rows, not a field.",
                        format!("Write `count({of})`."),
                    ),
                    (_, None) => self.flaw(
                        at,
                        FindingCode::BadValue,
                        "it is not said of which field.",
                        format!("Write `sum(amount of {of})`."),
                    ),
                    (_, Some(field)) => {
                        let Some(found) = row.name(field) else {
                            return self.unknown(at, field, &row.all(), "no field of these rows");
                        };
                        match found.unit {
                            Some(unit)
                                if unit.is_number()
                                    || unit == Unit::Date && *aggregation != Aggregation::Sum =>
                            {
                                Some(unit)
                            }
                            _ => self.flaw(
                                at,
                                FindingCode::Units,
                                format!("`{field}` is not a number."),
                                "Name a field of money, days, count or share.",
                            ),
                        }
                    }
                }
            }
        }
    }

    fn name(
        &mut self,
        at: usize,
        name: &str,
        names: &dyn Names,
        known: &BTreeSet<&str>,
    ) -> Option<Unit> {
        let Some(found) = names.name(name) else {
            return self.unknown(at, name, &names.all(), "neither a field nor a parameter here");
        };
        let Some(unit) = found.unit else {
            return self.flaw(
                at,
                FindingCode::Units,
                format!("`{name}` cannot be computed with."),
                format!("Only `known({name})` can be asked of it."),
            );
        };
        if !found.always && !known.contains(name) {
            return self.flaw(
                at,
                FindingCode::FieldNotSupplied,
                format!("`{name}` may not be given where this is checked."),
                format!("Write `known({name}) and …`, or `not known({name}) or …`."),
            );
        }
        Some(unit)
    }

    fn truth(&mut self, expr: &Expr, names: &dyn Names, known: &BTreeSet<&str>) -> Option<Unit> {
        match self.unit(expr, names, known)? {
            Unit::Truth => Some(Unit::Truth),
            other => self.flaw(
                expr.at,
                FindingCode::Units,
                format!("this is {}, not a condition.", other.word()),
                "Compare it: `… <= …`.",
            ),
        }
    }

    fn arithmetic(&mut self, at: usize, how: Arithmetic, a: Unit, b: Unit) -> Option<Unit> {
        let (left, right) = (a.word(), b.word());
        let unit = match (how, a, b) {
            (Arithmetic::Plus | Arithmetic::Minus, a, b) if a == b && a.is_number() => Some(a),
            (Arithmetic::Minus, Unit::Date, Unit::Date) => Some(Unit::Days),
            (Arithmetic::Plus | Arithmetic::Minus, Unit::Date, Unit::Days) => Some(Unit::Date),
            (Arithmetic::Times, a, Unit::Count | Unit::Share) if a.is_number() => Some(a),
            (Arithmetic::Times, Unit::Count | Unit::Share, b) if b.is_number() => Some(b),
            _ => None,
        };
        let sign = match how {
            Arithmetic::Plus => "+",
            Arithmetic::Minus => "-",
            Arithmetic::Times => "*",
        };
        unit.or_else(|| {
            self.flaw(
                at,
                FindingCode::Units,
                format!("{left} {sign} {right} means nothing."),
                "Add and subtract what has one unit; multiply by a count or a share.",
            )
        })
    }

    fn comparison(&mut self, at: usize, how: Comparison, a: Unit, b: Unit) -> Option<Unit> {
        let equality = matches!(how, Comparison::Equal | Comparison::Other);
        match (&a, &b) {
            (Unit::Word(words), Unit::Word(others)) if equality => {
                let (list, word) =
                    if others.len() == 1 { (words, &others[0]) } else { (others, &words[0]) };
                if list.contains(word) || list.len() > 1 && others.len() > 1 {
                    return Some(Unit::Truth);
                }
                let remedy = crate::read::did_you_mean(word, list.iter().map(String::as_str));
                self.flaw(
                    at,
                    FindingCode::BadValue,
                    format!("`'{word}'` is none of its words."),
                    remedy,
                )
            }
            _ if a == b && (a.is_number() || a == Unit::Date || a == Unit::Truth && equality) => {
                Some(Unit::Truth)
            }
            _ => self.flaw(
                at,
                FindingCode::Units,
                format!("{} is compared with {}.", a.word(), b.word()),
                "Compare what has one unit; words and yes/no only with `=` or `!=`.",
            ),
        }
    }
}

/// A row's names before those around it.
struct Both<'a> {
    row: &'a dyn Names,
    around: &'a dyn Names,
}

impl Names for Both<'_> {
    fn name(&self, name: &str) -> Option<Name> {
        self.row.name(name).or_else(|| self.around.name(name))
    }

    fn all(&self) -> Vec<&str> {
        let mut all = self.row.all();
        all.extend(self.around.all());
        all
    }
}

/// The names that are known where this condition came out so.
fn assumed(expr: &Expr, truth: bool) -> BTreeSet<&str> {
    match (&expr.kind, truth) {
        (Kind::Known(name), true) => std::iter::once(name.as_str()).collect(),
        (Kind::And(a, b), true) | (Kind::Or(a, b), false) => {
            let mut all = assumed(a, truth);
            all.extend(assumed(b, truth));
            all
        }
        (Kind::Not(a), _) => assumed(a, !truth),
        _ => BTreeSet::new(),
    }
}

/// How a value moves when a parameter grows; for a condition: towards true (`Up`) or false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trend {
    Still,
    Up,
    Down,
    Mixed,
}

impl Trend {
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Still, trend) | (trend, Self::Still) => trend,
            (a, b) if a == b => a,
            _ => Self::Mixed,
        }
    }

    fn turned(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
            other => other,
        }
    }
}

fn trend(expr: &Expr, parameter: &str) -> Trend {
    match &expr.kind {
        Kind::Name(name) if name == parameter => Trend::Up,
        Kind::Arithmetic(Arithmetic::Plus, a, b) | Kind::And(a, b) | Kind::Or(a, b) => {
            trend(a, parameter).with(trend(b, parameter))
        }
        Kind::Arithmetic(Arithmetic::Minus, a, b) => {
            trend(a, parameter).with(trend(b, parameter).turned())
        }
        Kind::Arithmetic(Arithmetic::Times, a, b) => {
            let both = trend(a, parameter).with(trend(b, parameter));
            // a factor below zero would turn it around
            let may_be_negative = |expr: &Expr| {
                let mut found = false;
                expr.walk(&mut |expr| {
                    found |= matches!(expr.kind, Kind::Arithmetic(Arithmetic::Minus, ..))
                });
                found
            };
            match both {
                Trend::Still => Trend::Still,
                _ if may_be_negative(a) || may_be_negative(b) => Trend::Mixed,
                other => other,
            }
        }
        Kind::Comparison(how, a, b) => {
            let (left, right) = (trend(a, parameter), trend(b, parameter));
            match how {
                Comparison::Less | Comparison::AtMost => left.turned().with(right),
                Comparison::More | Comparison::AtLeast => left.with(right.turned()),
                Comparison::Equal | Comparison::Other => match left.with(right) {
                    Trend::Still => Trend::Still,
                    _ => Trend::Mixed,
                },
            }
        }
        Kind::Not(a) => trend(a, parameter).turned(),
        Kind::Aggregate { aggregation, over, filter, .. } => {
            let window = match over {
                Some(Span::Parameter(name)) if name == parameter => Trend::Up,
                _ => Trend::Still,
            };
            let rows =
                filter.as_ref().map_or(window, |filter| window.with(trend(filter, parameter)));
            match aggregation {
                Aggregation::Min => rows.turned(),
                // values of rows are never below zero
                Aggregation::Sum | Aggregation::Count | Aggregation::Max => rows,
            }
        }
        _ => Trend::Still,
    }
}
