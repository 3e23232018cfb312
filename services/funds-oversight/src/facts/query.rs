//! A question of the supervision committee (质询), stream `query/<id>`, about a published item or a voucher. Answered, or
//! it goes to the township by itself on the day after its last. Knows no committee member.

use kernel::{
    Class, Date, Deadline, Draft, Event, Refusal, StreamId, Text, Timestamp, UnitId, Verdict,
};
use serde::{Deserialize, Serialize};

use super::{archived, book::Book, checked_text, fact};
use crate::rules::{law, limits};

/// The last day for the answer.
pub const ANSWER_BY: &str = "answer-to-the-committee";

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// An item on the board.
    Item(String),
    /// A voucher.
    Voucher(String),
}

/// `query-raised.v1`; the text is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryRaised {
    /// The question.
    pub query: String,
    /// `item` or `voucher`.
    #[serde(flatten)]
    pub about: About,
    /// The last day for the answer.
    pub answer_by: Date,
    /// The unit that keeps the log.
    pub keeper: UnitId,
}

/// `query-answered.v1`; the text is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryAnswered {
    /// The question.
    pub query: String,
}

/// `query-accepted.v1` (认可答复)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryAccepted {
    /// The question.
    pub query: String,
}

/// `query-escalated.v1` (逾期报乡镇): nobody answered in time; the township takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryEscalated {
    /// The question.
    pub query: String,
    /// The last day for the answer.
    pub answer_by: Date,
}

/// `query-referred.v1` (转乡镇): the committee is not content with the answer; the township takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryReferred {
    /// The question.
    pub query: String,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// Whose money it is about.
    pub unit: UnitId,
    /// The unit that keeps the log.
    pub keeper: UnitId,
    /// About what.
    pub about: About,
    /// Who asked.
    pub raised_by: String,
    /// The last day for the answer.
    pub answer_by: Date,
    /// It was answered.
    pub answered: bool,
    /// It is over: accepted, or with the township.
    pub over: bool,
}

/// The stream of a question.
pub fn stream(query: &str) -> StreamId {
    StreamId::of("query", query)
}

/// Asks (提出质询).
///
/// # Errors
/// When there is no such item or voucher, or the time for the answer is longer than allowed.
pub fn raise(
    raised: &QueryRaised,
    text: &str,
    book: Option<&Book>,
    item_is_known: bool,
    today: Date,
) -> Result<Draft, Verdict> {
    let known = match &raised.about {
        About::Item(_) => item_is_known,
        About::Voucher(voucher) => book.is_some_and(|b| b.has_voucher(voucher)),
    };
    if !known {
        return Err(Refusal::field(
            "about",
            Text::new("没有这张凭证或这项公开", "There is no such voucher or item"),
            Text::new("请从账簿或公开栏里打开要问的内容", "Open it from the book or the board"),
        )
        .into());
    }
    let latest = today
        .checked_add(jiff::Span::new().days(i64::from(limits::answer_days(today)) + 10))
        .unwrap_or(today);
    if raised.answer_by <= today || raised.answer_by > latest {
        return Err(Refusal::new(
            "answer-time",
            Text::new(
                format!("答复期限{}不在规定时间内", raised.answer_by),
                format!("{} is not within the time for an answer", raised.answer_by),
            ),
            Text::new(
                format!("答复期限不超过{}天", limits::answer_days(today)),
                format!("An answer comes within {} days", limits::answer_days(today)),
            ),
        )
        .by_law(law("OLVC 37"))
        .into());
    }
    let text = checked_text("text", text, 1000)?;
    Ok(fact(stream(&raised.query), "query-raised.v1", raised)?.sealing(words(&raised.query, text)))
}

/// Answers (答复).
///
/// # Errors
/// When it is over, or who asked would answer.
pub fn answer(id: &str, query: &Query, text: &str, by: &str) -> Result<Draft, Verdict> {
    still_open(query)?;
    if query.raised_by == by {
        return Err(super::one_person(Text::new(
            "提问的人不能自己答复",
            "Who asked may not answer",
        ))
        .into());
    }
    let text = checked_text("text", text, 1000)?;
    let answered = QueryAnswered { query: id.to_owned() };
    Ok(fact(stream(id), "query-answered.v1", &answered)?.sealing(words(id, text)))
}

/// Accepts the answer (认可).
///
/// # Errors
/// When it was not answered or is over.
pub fn accept(id: &str, query: &Query) -> Result<Draft, Verdict> {
    still_open(query)?;
    if !query.answered {
        return Err(over(Text::new("还没有答复", "It is not answered yet")).into());
    }
    fact(stream(id), "query-accepted.v1", &QueryAccepted { query: id.to_owned() })
}

/// Takes an unanswered question to the township (逾期报乡镇).
///
/// # Errors
/// When it was answered or is over.
pub fn escalate(id: &str, query: &Query) -> Result<Draft, Verdict> {
    still_open(query)?;
    if query.answered {
        return Err(over(Text::new("已经答复", "It is answered")).into());
    }
    let escalated = QueryEscalated { query: id.to_owned(), answer_by: query.answer_by };
    fact(stream(id), "query-escalated.v1", &escalated)
}

/// Takes an answer that does not content the committee to the township (转乡镇).
///
/// # Errors
/// When it was not answered or is over.
pub fn refer(id: &str, query: &Query) -> Result<Draft, Verdict> {
    still_open(query)?;
    if !query.answered {
        return Err(over(Text::new("还没有答复", "It is not answered yet")).into());
    }
    fact(stream(id), "query-referred.v1", &QueryReferred { query: id.to_owned() })
}

fn words(id: &str, text: String) -> kernel::SealedValue {
    archived(
        "text",
        text.into(),
        Class::Staff,
        format!("query-{id}"),
        "the township can follow question and answer",
    )
}

fn still_open(query: &Query) -> Result<(), Refusal> {
    if query.over {
        return Err(over(Text::new("这项质询已经办结", "This question is closed")));
    }
    Ok(())
}

fn over(what: Text) -> Refusal {
    Refusal::new("not-now", what, Text::new("请按质询的下一步办理", "Do what comes next"))
        .by_law(law("OLVC 37"))
}

impl Query {
    /// What it has open by itself, whatever a definition says.
    pub fn deadlines(&self) -> Vec<Deadline> {
        if self.answered || self.over {
            return Vec::new();
        }
        // After the definition's own deadline of that day, which says whom it tells.
        let due_at = Timestamp::end_of(self.answer_by).plus_micros(1);
        vec![Deadline { name: ANSWER_BY.to_owned(), due_at }]
    }

    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match (event.fact(), this) {
            ("query-raised.v1", None) => {
                let raised: QueryRaised = event.read().ok()?;
                let holder = kernel::Actor::parse_official(&event.actor).map(|(_, h)| h);
                Some(Self {
                    unit: event.unit.clone(),
                    keeper: raised.keeper,
                    about: raised.about,
                    raised_by: holder.unwrap_or(&event.actor).to_owned(),
                    answer_by: raised.answer_by,
                    answered: false,
                    over: false,
                })
            }
            (kind, Some(mut query)) => {
                match kind {
                    "query-answered.v1" => query.answered = true,
                    "query-accepted.v1" | "query-escalated.v1" | "query-referred.v1" => {
                        query.over = true;
                    }
                    _ => {}
                }
                Some(query)
            }
            (_, None) => None,
        }
    }
}
