//! Reads a formula: `or` binds least, then `and`, `not`, comparisons, `+ -`, `*`.

use kernel::{Date, Money, Period};

use super::{
    ast::{Aggregation, Arithmetic, Ast, Comparison, Expr, Kind, Span},
    ratio::Ratio,
    token::{Token, tokens},
    typing::Flaw,
};

/// Formulas nest no deeper than this.
const DEEPEST: usize = 40;
/// Words of the language: no field or parameter may have such a name.
const RESERVED: [&str; 16] = [
    "and",
    "or",
    "not",
    "yes",
    "no",
    "known",
    "sum",
    "count",
    "min",
    "max",
    "of",
    "over",
    "where",
    "yuan",
    "days",
    "working-days",
];

impl Ast {
    /// Reads a formula.
    ///
    /// # Errors
    /// Where it cannot be read, and what would be right.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens, at: 0, end: text.len(), depth: 0 };
        let root = parser.or()?;
        match parser.peek() {
            None => Ok(Self { text: text.to_owned(), root }),
            Some(_) => Err(parser
                .flaw("the formula should end here.", "Join two conditions with `and` or `or`.")),
        }
    }
}

struct Parser<'t> {
    tokens: Vec<(usize, Token<'t>)>,
    at: usize,
    end: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).map(|(_, token)| *token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    fn flaw(&self, what: impl Into<String>, remedy: impl Into<String>) -> Flaw {
        Flaw::syntax(self.place(), what, remedy)
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = self.peek() == Some(Token::Word(wanted));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, wanted: &[&str]) -> Option<&'t str> {
        match self.peek() {
            Some(Token::Sign(sign)) if wanted.contains(&sign) => {
                self.at += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn need(&mut self, sign: &str) -> Result<(), Flaw> {
        match self.sign(&[sign]) {
            Some(_) => Ok(()),
            None => {
                Err(self.flaw(format!("`{sign}` is missing here."), format!("Write `{sign}`.")))
            }
        }
    }

    fn or(&mut self) -> Result<Expr, Flaw> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.flaw("this formula nests too deep.", "Say it in two."));
        }
        let mut left = self.and()?;
        while self.word("or") {
            let right = self.and()?;
            left = Expr { at: left.at, kind: Kind::Or(Box::new(left), Box::new(right)) };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, Flaw> {
        let mut left = self.not()?;
        while self.word("and") {
            let right = self.not()?;
            left = Expr { at: left.at, kind: Kind::And(Box::new(left), Box::new(right)) };
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr, Flaw> {
        let at = self.place();
        if !self.word("not") {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.flaw("this formula nests too deep.", "Say it in two."));
        }
        let inner = self.not()?;
        self.depth -= 1;
        Ok(Expr { at, kind: Kind::Not(Box::new(inner)) })
    }

    fn comparison(&mut self) -> Result<Expr, Flaw> {
        let left = self.sum()?;
        let signs = ["<", "<=", "≤", ">", ">=", "≥", "=", "!=", "≠"];
        let Some(sign) = self.sign(&signs) else { return Ok(left) };
        let comparison = match sign {
            "<" => Comparison::Less,
            "<=" | "≤" => Comparison::AtMost,
            ">" => Comparison::More,
            ">=" | "≥" => Comparison::AtLeast,
            "=" => Comparison::Equal,
            _ => Comparison::Other,
        };
        let right = self.sum()?;
        if matches!(self.peek(), Some(Token::Sign(sign)) if signs.contains(&sign)) {
            return Err(
                self.flaw("two comparisons follow each other.", "Write `a <= b and b <= c`.")
            );
        }
        Ok(Expr {
            at: left.at,
            kind: Kind::Comparison(comparison, Box::new(left), Box::new(right)),
        })
    }

    fn sum(&mut self) -> Result<Expr, Flaw> {
        let mut left = self.product()?;
        while let Some(sign) = self.sign(&["+", "-", "−"]) {
            let right = self.product()?;
            let how = if sign == "+" { Arithmetic::Plus } else { Arithmetic::Minus };
            let at = left.at;
            left = Expr { at, kind: Kind::Arithmetic(how, Box::new(left), Box::new(right)) };
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expr, Flaw> {
        let mut left = self.one()?;
        while self.sign(&["*", "×"]).is_some() {
            let right = self.one()?;
            let (at, how) = (left.at, Arithmetic::Times);
            left = Expr { at, kind: Kind::Arithmetic(how, Box::new(left), Box::new(right)) };
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Expr, Flaw> {
        let at = self.place();
        let kind = match self.peek() {
            Some(Token::Sign("(")) => {
                self.at += 1;
                let inner = self.or()?;
                self.need(")")?;
                return Ok(Expr { at, kind: inner.kind });
            }
            Some(Token::Number(text)) => {
                self.at += 1;
                self.number(text)?
            }
            Some(Token::Quoted(word)) => {
                self.at += 1;
                Kind::Word(word.to_owned())
            }
            Some(Token::Word("yes")) => self.take(Kind::Truth(true)),
            Some(Token::Word("no")) => self.take(Kind::Truth(false)),
            Some(Token::Word("known")) => {
                self.at += 1;
                self.need("(")?;
                let name = self.name()?;
                self.need(")")?;
                Kind::Known(name)
            }
            Some(Token::Word("sum")) => self.aggregate(Aggregation::Sum)?,
            Some(Token::Word("count")) => self.aggregate(Aggregation::Count)?,
            Some(Token::Word("min")) => self.aggregate(Aggregation::Min)?,
            Some(Token::Word("max")) => self.aggregate(Aggregation::Max)?,
            _ => Kind::Name(self.name()?),
        };
        Ok(Expr { at, kind })
    }

    fn take(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn name(&mut self) -> Result<String, Flaw> {
        match self.peek() {
            Some(Token::Word(word)) if !RESERVED.contains(&word) => {
                self.at += 1;
                Ok(word.to_owned())
            }
            Some(Token::Word(word)) => Err(self.flaw(
                format!("`{word}` is a word of the language, not a name."),
                "A field or parameter that a formula reads needs another name.",
            )),
            _ => Err(self.flaw(
                "a field, a parameter or a number is missing here.",
                "Name one, such as `amount`, `500.00 yuan`, `15 days`, `'red'`.",
            )),
        }
    }

    /// What follows digits says what they are.
    fn number(&mut self, text: &str) -> Result<Kind, Flaw> {
        let wrong = |this: &Self, what: &str| {
            this.flaw(
                format!("`{text}` is not {what}."),
                "Write `3`, `500.00 yuan`, `15 days`, `10 working-days`, `2/3`, `90%` or `2026-03-31`.",
            )
        };
        if let Ok(date) = text.parse::<Date>() {
            return Ok(Kind::Date(date));
        }
        if self.word("yuan") {
            let money: Money = text.parse().map_err(|_| wrong(self, "an amount of yuan"))?;
            return Ok(Kind::Money(money.fen()));
        }
        let whole: i64 = text.parse().map_err(|_| wrong(self, "a whole number"))?;
        let days = |this: &Self| u16::try_from(whole).map_err(|_| wrong(this, "a length of time"));
        if self.word("days") || self.word("day") {
            return Ok(Kind::Period(Period::Days(days(self)?)));
        }
        if self.word("working-days") || self.word("working-day") {
            return Ok(Kind::Period(Period::WorkingDays(days(self)?)));
        }
        if self.sign(&["%"]).is_some() {
            let share = Ratio::new(i128::from(whole), 100).filter(|_| whole <= 100);
            return share.map(Kind::Share).ok_or_else(|| wrong(self, "a part of a whole"));
        }
        if self.sign(&["/"]).is_some() {
            let Some(Token::Number(below)) = self.peek() else {
                return Err(wrong(self, "a part of a whole"));
            };
            self.at += 1;
            let below: i64 = below.parse().map_err(|_| wrong(self, "a part of a whole"))?;
            let share = Ratio::new(i128::from(whole), i128::from(below)).filter(|_| whole <= below);
            return share.map(Kind::Share).ok_or_else(|| wrong(self, "a part of a whole"));
        }
        Ok(Kind::Count(whole))
    }

    /// `sum(amount of tool-lent over 30 days where …)`, `count(tool-lent over 365 days)`.
    fn aggregate(&mut self, aggregation: Aggregation) -> Result<Kind, Flaw> {
        self.at += 1;
        self.need("(")?;
        let first = self.name()?;
        let (field, of) = if self.word("of") { (Some(first), self.name()?) } else { (None, first) };
        let over = if self.word("over") { Some(self.span()?) } else { None };
        let filter = if self.word("where") { Some(Box::new(self.or()?)) } else { None };
        self.need(")")?;
        Ok(Kind::Aggregate { aggregation, field, of, over, filter })
    }

    fn span(&mut self) -> Result<Span, Flaw> {
        let Some(Token::Number(text)) = self.peek() else {
            return Ok(Span::Parameter(self.name()?));
        };
        self.at += 1;
        match self.number(text)? {
            Kind::Period(period) => Ok(Span::Period(period)),
            _ => Err(self.flaw("this is no length of time.", "Write `over 30 days`.")),
        }
    }
}
