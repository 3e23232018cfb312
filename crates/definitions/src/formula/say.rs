//! A formula as a sentence that somebody can read aloud, in Chinese and English.

use kernel::{Money, Text};

use super::ast::{Aggregation, Arithmetic, Ast, Comparison, Expr, Kind, Span};
use crate::number::yuan;

/// What names and words are called.
pub trait Words {
    /// A field, a parameter with its value, or a source of rows.
    fn name(&self, name: &str) -> Text;
    /// A word of the list of a field.
    fn word(&self, field: Option<&str>, word: &str) -> Text {
        let _ = field;
        both(word, word)
    }
}

fn both(zh: impl Into<String>, en: impl Into<String>) -> Text {
    Text::new(zh, en)
}

impl Ast {
    /// The sentence, without a full stop.
    pub fn sentence(&self, words: &dyn Words) -> Text {
        say(&self.root, words, 0)
    }
}

/// How tightly a node binds: what binds less than its surroundings is put in brackets.
fn rank(kind: &Kind) -> u8 {
    match kind {
        Kind::Or(..) => 1,
        Kind::And(..) => 2,
        Kind::Arithmetic(Arithmetic::Plus | Arithmetic::Minus, ..) => 4,
        Kind::Arithmetic(Arithmetic::Times, ..) => 5,
        _ => 6,
    }
}

fn say(expr: &Expr, words: &dyn Words, around: u8) -> Text {
    let own = rank(&expr.kind);
    let text = bare(expr, words, own);
    if own < around { both(format!("（{}）", text.zh), format!("({})", text.en)) } else { text }
}

fn join(a: &Expr, b: &Expr, words: &dyn Words, own: u8, zh: &str, en: &str) -> Text {
    let (a, b) = (say(a, words, own), say(b, words, own + 1));
    both(format!("{}{zh}{}", a.zh, b.zh), format!("{} {en} {}", a.en, b.en))
}

fn bare(expr: &Expr, words: &dyn Words, own: u8) -> Text {
    match &expr.kind {
        Kind::Count(number) => both(number.to_string(), number.to_string()),
        Kind::Money(fen) => {
            let sum = yuan(Money::from_fen(*fen));
            both(format!("{sum}元"), format!("{sum} yuan"))
        }
        Kind::Period(kernel::Period::Days(days)) => {
            both(format!("{days}日"), format!("{days} days"))
        }
        Kind::Period(kernel::Period::WorkingDays(days)) => {
            both(format!("{days}个工作日"), format!("{days} working days"))
        }
        Kind::Share(share) => both(share.to_string(), share.to_string()),
        Kind::Date(date) => both(date.to_string(), date.to_string()),
        Kind::Word(word) => words.word(None, word),
        Kind::Truth(true) => both("是", "yes"),
        Kind::Truth(false) => both("否", "no"),
        Kind::Name(name) => words.name(name),
        Kind::Known(name) => {
            let name = words.name(name);
            both(format!("填写了{}", name.zh), format!("{} is given", name.en))
        }
        Kind::Arithmetic(Arithmetic::Plus, a, b) => join(a, b, words, own, "加", "plus"),
        Kind::Arithmetic(Arithmetic::Minus, a, b) => join(a, b, words, own, "减", "less"),
        Kind::Arithmetic(Arithmetic::Times, a, b) => join(a, b, words, own, "乘以", "times"),
        Kind::And(a, b) => join(a, b, words, own, "，并且", "and"),
        Kind::Or(a, b) => join(a, b, words, own, "，或者", "or"),
        Kind::Not(a) => not(a, words),
        Kind::Comparison(how, a, b) => compared(*how, a, b, words),
        Kind::Aggregate { aggregation, field, of, over, filter } => {
            let rows = words.name(of);
            let span = match over {
                None => both("", ""),
                Some(Span::Period(period)) => {
                    let days = match period {
                        kernel::Period::Days(days) | kernel::Period::WorkingDays(days) => days,
                    };
                    both(format!("最近{days}日"), format!(" in the last {days} days"))
                }
                Some(Span::Parameter(name)) => {
                    let length = words.name(name);
                    both(format!("最近{}", length.zh), format!(" in the last {}", length.en))
                }
            };
            let filter = filter.as_ref().map_or_else(Text::default, |filter| {
                let text = say(filter, words, 0);
                both(format!("（{}的）", text.zh), format!(" where {}", text.en))
            });
            let of_what = field.as_ref().map_or_else(Text::default, |field| words.name(field));
            let (zh, en) = match aggregation {
                Aggregation::Sum => ("合计", "the sum of"),
                Aggregation::Count => ("件数", "the number of"),
                Aggregation::Min => ("最小值", "the least"),
                Aggregation::Max => ("最大值", "the greatest"),
            };
            let zh = format!("{}{}{}{}{zh}", span.zh, rows.zh, filter.zh, of_what.zh);
            let of_what =
                if of_what.en.is_empty() { String::new() } else { format!(" {} of", of_what.en) };
            both(zh, format!("{en}{of_what} {}{}{}", rows.en, span.en, filter.en))
        }
    }
}

/// What is denied is said the other way round where there is a word for it.
fn not(inner: &Expr, words: &dyn Words) -> Text {
    match &inner.kind {
        Kind::Known(name) => {
            let name = words.name(name);
            both(format!("没有填写{}", name.zh), format!("{} is not given", name.en))
        }
        Kind::Comparison(how, a, b) => {
            let turned = match how {
                Comparison::Less => Comparison::AtLeast,
                Comparison::AtMost => Comparison::More,
                Comparison::More => Comparison::AtMost,
                Comparison::AtLeast => Comparison::Less,
                Comparison::Equal => Comparison::Other,
                Comparison::Other => Comparison::Equal,
            };
            compared(turned, a, b, words)
        }
        _ => {
            let inner = say(inner, words, 0);
            both(format!("不是“{}”", inner.zh), format!("not ({})", inner.en))
        }
    }
}

fn compared(how: Comparison, a: &Expr, b: &Expr, words: &dyn Words) -> Text {
    if let (Kind::Name(_), Kind::Truth(truth)) = (&a.kind, &b.kind) {
        let name = say(a, words, 3);
        let yes = *truth == (how == Comparison::Equal);
        return if yes {
            both(format!("{}：是", name.zh), format!("{}: yes", name.en))
        } else {
            both(format!("{}：否", name.zh), format!("{}: no", name.en))
        };
    }
    let (zh, en) = match how {
        Comparison::Less => ("低于", "is below"),
        Comparison::AtMost => ("不超过", "is at most"),
        Comparison::More => ("超过", "is above"),
        Comparison::AtLeast => ("不低于", "is at least"),
        Comparison::Equal => ("是", "is"),
        Comparison::Other => ("不是", "is not"),
    };
    let field = |expr: &Expr| match &expr.kind {
        Kind::Name(name) => Some(name.clone()),
        _ => None,
    };
    let side = |expr: &Expr, other: &Expr| match &expr.kind {
        Kind::Word(word) => words.word(field(other).as_deref(), word),
        _ => say(expr, words, 3),
    };
    let (left, right) = (side(a, b), side(b, a));
    both(format!("{}{zh}{}", left.zh, right.zh), format!("{} {en} {}", left.en, right.en))
}
