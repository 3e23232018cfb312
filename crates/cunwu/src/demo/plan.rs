//! What a demo village does on which day: the days are those that the law's periods leave. Submits nothing.

use kernel::Date;

use super::{join, quarrel, window};

/// Something that happens on a day.
#[derive(Debug, Clone)]
pub enum Step {
    SetUp,
    Decide(Matter, &'static str),
    OpenBooks,
    Budget(Matter),
    OpenMonth(u8),
    Receipts(u8),
    /// A bill: which it is of the month, and how far it goes today.
    Bill(Bill, Stage),
    CloseMonth(u8),
    Review(u8),
    Publish(u8),
    AskAbout(u8),
    AnswerQuestion,
    JudgeAnswer,
    /// A notice, a question about it, the answer.
    Talk(u8, Talk),
    /// A round of looking for quarrels: opened, something found, closed.
    Screen(u8, Screen),
    /// What the watches are about, and how a warning is dealt with.
    Warned(Warned),
    /// A step of the consultation on the road.
    Consult(&'static str),
    /// A step of a mediation or a petition.
    Sealed(quarrel::Sealed),
    /// A step of somebody's way into the party: who, which.
    Join(&'static str, &'static str),
    /// A step of a month's request at the service window.
    Errand(u8, Errand),
}

/// What becomes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warned {
    /// One thing is bought in two parts below a tier.
    InParts,
    /// The chair approves both parts: they are held all the same.
    Approve,
    /// A step of dealing with it: by whom, which, with which outcome.
    Deal(&'static str, &'static str, Option<&'static str>),
    /// The parts are paid once it is cleared.
    Pay,
    /// More cash is taken to the bank than the books know of.
    TooMuchBanked,
    /// The withdrawal that was missing is entered.
    PutRight,
}

/// A step of a request: who, which, with which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errand {
    pub post: &'static str,
    pub step: &'static str,
    pub outcome: Option<&'static str>,
}

/// What happens to a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    Post,
    Ask,
    Answer,
}

/// What happens in a round of screening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Open,
    Report,
    Close,
}

/// The two decisions of a demo village.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    Budget,
    Road,
}

/// A bill of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bill {
    /// An ordinary one: month, which.
    Ordinary(u8, usize),
    /// A part of the road's price.
    Road(usize),
}

/// How far a bill goes on a day: three persons on three days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Request,
    Approve,
    Pay,
}

/// What a village does on which day from the first one on.
pub fn plan(number: usize, months: u8, first: Date) -> Vec<(i64, Step)> {
    let mut plan = vec![(0, Step::SetUp), (1, Step::OpenBooks)];
    let decision = |plan: &mut Vec<(i64, Step)>, matter, from: i64| {
        for (after, step) in [
            (0, "propose"),
            (1, "study"),
            (2, "consult"),
            (3, "supervise"),
            (3, "send-materials"),
            (8, "review"),
            (9, "call-meeting"),
            (13, "resolve"),
            (13, "post-resolution"),
        ] {
            plan.push((from + after, Step::Decide(matter, step)));
        }
    };
    decision(&mut plan, Matter::Budget, 1);
    plan.push((15, Step::Budget(Matter::Budget)));
    // Villages decide on the road at different times; the last one has only just begun.
    let road = 16 + i64::try_from(number % 4).unwrap_or(0) * 5;
    // Some talk it over first: the proposal cites it.
    if number.is_multiple_of(4) {
        for (day, step) in [
            (2, "raise"),
            (3, "take-up"),
            (5, "invite"),
            (8, "hold"),
            (9, "agree"),
            (10, "refer"),
            (11, "post-outcome"),
        ] {
            plan.push((day, Step::Consult(step)));
        }
    }
    if number % 6 == 5 {
        for (after, step) in [(0, "propose"), (1, "study"), (2, "consult")] {
            let last = days_into(first, months + 1, 1) - 4;
            plan.push((last + after, Step::Decide(Matter::Road, step)));
        }
    } else {
        decision(&mut plan, Matter::Road, road);
        plan.push((road + 14, Step::Budget(Matter::Road)));
        bill(&mut plan, road + 20, Bill::Road(0));
        if number.is_multiple_of(3) {
            plan.push((road + 17, Step::Decide(Matter::Road, "object")));
            plan.push((road + 19, Step::Decide(Matter::Road, "answer")));
        }
        plan.push((road + 44, Step::Decide(Matter::Road, "report-execution")));
        if number % 4 < 2 {
            bill(&mut plan, road + 46, Bill::Road(1));
            plan.push((road + 50, Step::Decide(Matter::Road, "accept-result")));
            plan.push((road + 52, Step::Decide(Matter::Road, "post-result")));
        }
    }
    let sealed = quarrel::course(number);
    plan.extend(sealed.into_iter().map(|(day, sealed)| (day, Step::Sealed(sealed))));
    if number == 0 {
        for (day, what) in [
            (19, Warned::InParts),
            (20, Warned::Deal("township-officer", "take", Some("asked"))),
            (20, Warned::Approve),
            (21, Warned::Deal("village-director", "explain", None)),
            (22, Warned::Deal("agency-accountant", "verify", None)),
            (23, Warned::Deal("township-officer", "clear", Some("cleared"))),
            (24, Warned::Pay),
            (25, Warned::TooMuchBanked),
            (26, Warned::PutRight),
        ] {
            plan.push((day, Step::Warned(what)));
        }
    }
    plan.extend(
        join::course(number).iter().map(|(day, post, step)| (*day, Step::Join(post, step))),
    );
    for month in 1..=months {
        let start = days_into(first, month, 1);
        if month > 1 {
            plan.push((start.max(2), Step::OpenMonth(month)));
        }
        let start = start.max(0);
        plan.push((start + 13, Step::Receipts(month)));
        for at in 0..5 {
            let which = usize::from(month) * 3 + at * 2 + number;
            let day = start + 16 + 2 * i64::try_from(at).unwrap_or(0);
            bill(&mut plan, day, Bill::Ordinary(month, which));
        }
        plan.push((start + 9, Step::Talk(month, Talk::Post)));
        if number.is_multiple_of(2) {
            plan.push((start + 10, Step::Talk(month, Talk::Ask)));
            plan.push((start + 12, Step::Talk(month, Talk::Answer)));
        }
        for (after, post, step, outcome) in window::course(number, month) {
            let errand = Errand { post, step, outcome: *outcome };
            plan.push((start + 3 + after, Step::Errand(month, errand)));
        }
        plan.push((start + 6, Step::Screen(month, Screen::Open)));
        if number % 3 == 1 {
            plan.push((start + 8, Step::Screen(month, Screen::Report)));
        }
        plan.push((start + 11, Step::Screen(month, Screen::Close)));
        let next = days_into(first, month + 1, 1);
        if month == months {
            plan.push((next, Step::OpenMonth(month + 1)));
            // What is going on when somebody looks: a notice hangs, half the villages still owe an answer, a round is open.
            plan.push((next + 5, Step::Talk(month + 1, Talk::Post)));
            plan.push((next + 6, Step::Talk(month + 1, Talk::Ask)));
            if number.is_multiple_of(2) {
                plan.push((next + 8, Step::Talk(month + 1, Talk::Answer)));
            }
            plan.push((next + 6, Step::Screen(month + 1, Screen::Open)));
        }
        // The fourth village is late with its last month: the page says so.
        let late = number % 6 == 3 && month == months;
        plan.push((next + 2, Step::CloseMonth(month)));
        if !late {
            plan.push((next + 4, Step::Review(month)));
            plan.push((next + 6, Step::Publish(month)));
        }
        if month == 2 && number.is_multiple_of(2) {
            plan.push((next + 7, Step::AskAbout(month)));
            plan.push((next + 10, Step::AnswerQuestion));
            plan.push((next + 12, Step::JudgeAnswer));
        }
    }
    plan
}

/// Asked for, approved the day after, paid on the third.
fn bill(plan: &mut Vec<(i64, Step)>, day: i64, bill: Bill) {
    for (after, stage) in [(0, Stage::Request), (1, Stage::Approve), (2, Stage::Pay)] {
        plan.push((day + after, Step::Bill(bill, stage)));
    }
}

/// Days from the first day to a day of a month of the same year; month 13 is next January.
fn days_into(first: Date, month: u8, day: i8) -> i64 {
    let year = first.year() + i16::from((month - 1) / 12);
    let month = i8::try_from((month - 1) % 12 + 1).unwrap_or(1);
    let at = jiff::civil::date(year, month, day);
    i64::from((at - first).get_days())
}
