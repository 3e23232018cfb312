//! What a formula says, as a tree. Knows no unit.

use kernel::{Date, Period};

use super::ratio::Ratio;

/// A formula as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ast {
    /// The text.
    pub text: String,
    /// The tree.
    pub root: Expr,
}

/// A node with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// Byte at which it begins.
    pub at: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A whole number: `3`.
    Count(i64),
    /// Money in fen: `500.00 yuan`.
    Money(i64),
    /// A length: `15 days`, `10 working-days`.
    Period(Period),
    /// A part of a whole: `2/3`, `90%`.
    Share(Ratio),
    /// A day: `2026-03-31`.
    Date(Date),
    /// A word of a list: `'red'`.
    Word(String),
    /// `yes` or `no`.
    Truth(bool),
    /// A field or a parameter.
    Name(String),
    /// `known(x)`: whether a field was given.
    Known(String),
    /// `a + b`, `a - b`, `a * b`.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `a < b` and its kin.
    Comparison(Comparison, Box<Expr>, Box<Expr>),
    /// `a and b`.
    And(Box<Expr>, Box<Expr>),
    /// `a or b`.
    Or(Box<Expr>, Box<Expr>),
    /// `not a`.
    Not(Box<Expr>),
    /// `sum(amount of tool-lent over 30 days where method = 'cash')`.
    Aggregate {
        /// Which.
        aggregation: Aggregation,
        /// The field of each row; absent for a count.
        field: Option<String>,
        /// What the rows are: an event, a register.
        of: String,
        /// How far back; absent: all.
        over: Option<Span>,
        /// Which rows.
        filter: Option<Box<Expr>>,
    },
}

/// `+ - *`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
    /// `!=`
    Other,
}

/// What is made of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    /// The sum; of no rows 0.
    Sum,
    /// The number of rows.
    Count,
    /// The least; of no rows nothing, which makes the comparison around it false.
    Min,
    /// The greatest; of no rows nothing.
    Max,
}

/// How far back rows are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// So long.
    Period(Period),
    /// As long as a parameter says.
    Parameter(String),
}

impl Ast {
    /// The names that it uses, each once, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        self.root.walk(&mut |expr| {
            if let Kind::Name(name) = &expr.kind {
                found.push(name);
            }
        });
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Expr {
    /// All nodes, this one first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            Kind::Arithmetic(_, a, b)
            | Kind::Comparison(_, a, b)
            | Kind::And(a, b)
            | Kind::Or(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Kind::Not(a) => a.walk(visit),
            Kind::Aggregate { filter: Some(filter), .. } => filter.walk(visit),
            _ => {}
        }
    }
}
