//! Formulas (算式): what a definition computes or demands, in units, exact, without null, loops or clock.
//!
//! `deposit <= limit and not (kind = 'power-tool' and known(trained_on))`. A name is a field or a parameter of the file. A
//! formula is read ([`Ast::parse`]), typed against the names it may use ([`Ast::unit`]) and evaluated ([`Ast::value`],
//! [`Ast::holds`]); it prints itself as a sentence in both languages ([`Ast::sentence`]).

mod ast;
mod eval;
mod parse;
mod ratio;
mod say;
mod token;
mod typing;

pub use ast::{Aggregation, Arithmetic, Ast, Comparison, Expr, Kind, Span};
pub use eval::{Computed, EvalError, Row, Scope};
pub use ratio::Ratio;
pub use say::Words;
pub use typing::{Flaw, Name, Names, Unit};
