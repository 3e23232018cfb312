//! Incompatible offices (职务分离与亲属回避): who supervises may not be who is supervised, nor their close kin.
//!
//! Articles: OLVC 8 and 37, RCEO 29 and 32, ACL 35, SUP-2017 2. Applied whenever a seat is filled; fails closed.

use kernel::{Date, Refusal, Text};

use crate::{
    bodies::Body,
    facts::{
        conflict::{Conflicts, Degree},
        seat::{FillSeat, Held, Seats},
    },
    laws::law,
};

/// A body or a post.
#[derive(Debug, Clone, Copy)]
enum Office {
    Body(&'static str),
    Post(&'static str),
}

impl Office {
    fn is(self, body: &str, post: &str) -> bool {
        match self {
            Self::Body(key) => key == body,
            Self::Post(key) => key == post,
        }
    }
}

use Office::{Body as B, Post as P};

/// Offices that one person may not hold together.
const INCOMPATIBLE: &[(Office, Office, &str)] = &[
    (B("supervision-committee"), B("village-committee"), "OLVC 37"),
    (B("supervision-committee"), B("finance-office"), "OLVC 37"),
    (B("supervision-committee"), B("collective-board"), "OLVC 37"),
    (P("supervision-chair"), P("party-secretary"), "SUP-2017 2"),
    (B("collective-supervisors"), B("collective-board"), "RCEO 32"),
    (B("collective-supervisors"), B("finance-office"), "RCEO 32"),
    (P("bookkeeper"), P("cashier"), "ACL 35"),
    (P("bookkeeper"), P("party-secretary"), "county-finance"),
    (P("bookkeeper"), P("village-director"), "county-finance"),
    (P("bookkeeper"), P("legal-representative"), "county-finance"),
    (P("cashier"), P("legal-representative"), "county-finance"),
    (P("agency-accountant"), P("agency-cashier"), "ACL 35"),
    (P("agency-reviewer"), P("agency-cashier"), "ACL 35"),
    (P("system-administrator"), P("security-administrator"), "province-rules"),
    (P("system-administrator"), P("audit-administrator"), "province-rules"),
    (P("security-administrator"), P("audit-administrator"), "province-rules"),
];

/// Offices that close kin may not hold together.
const KIN_APART: &[(Office, Office, &str)] = &[
    (B("supervision-committee"), B("village-committee"), "OLVC 37"),
    (B("supervision-committee"), B("finance-office"), "OLVC 37"),
    (B("village-committee"), B("village-committee"), "OLVC 8"),
    (B("collective-supervisors"), B("collective-board"), "RCEO 32"),
    (B("collective-supervisors"), B("finance-office"), "RCEO 32"),
    (B("collective-board"), B("collective-board"), "RCEO 29"),
];

fn clash(
    table: &[(Office, Office, &'static str)],
    (body, post): (&str, &str),
    held: &Held,
) -> Option<&'static str> {
    let new = |office: Office| office.is(body, post);
    let old = |office: Office| office.is(&held.filled.body, &held.filled.post);
    table
        .iter()
        .find(|(one, other, _)| (new(*one) && old(*other)) || (new(*other) && old(*one)))
        .map(|(_, _, article)| *article)
}

/// A seat that may not be held beside another, as a conflict shows that was declared when both were held.
pub struct Late<'a> {
    /// The seat that gives way: who supervises before who is supervised; of two of one body, the one taken later.
    pub seat: &'a Held,
    /// The day from which both were held.
    pub since: Date,
    /// The article.
    pub law: &'static str,
}

/// The seats that must give way for the close kin of one person, as far as they are known now.
pub fn late<'a>(person: &str, seats: &'a Seats, known: &Conflicts) -> Vec<Late<'a>> {
    let mut found: Vec<Late<'a>> = Vec::new();
    let held = || seats.held.values().filter(|held| !held.suspended);
    let is = |held: &Held| known.person(&held.filled.holder) == Some(person);
    for own in held().filter(|held| is(held)) {
        for other in held() {
            if let Some((giving_way, law)) = apart(own, other, known)
                && !found.iter().any(|late| late.seat.filled.seat == giving_way.filled.seat)
            {
                let since = own.filled.from.max(other.filled.from);
                found.push(Late { seat: giving_way, since, law });
            }
        }
    }
    found.sort_by(|a, b| a.seat.filled.seat.cmp(&b.seat.filled.seat));
    found
}

/// Which of two seats gives way when their holders are close kin, and by which article; `None` when both may stay.
fn apart<'a>(
    one: &'a Held,
    other: &'a Held,
    known: &Conflicts,
) -> Option<(&'a Held, &'static str)> {
    let persons = known.person(&one.filled.holder).zip(known.person(&other.filled.holder));
    let (a, b) = persons.filter(|(a, b)| a != b)?;
    if known.degree(a, b) != Some(Degree::CloseKin)
        || !one.overlaps(other.filled.from, other.filled.to)
    {
        return None;
    }
    let is = |office: Office, held: &Held| office.is(&held.filled.body, &held.filled.post);
    KIN_APART.iter().find_map(|(watches, watched, law)| {
        let of_one = is(*watches, one) && is(*watched, other);
        let of_other = is(*watches, other) && is(*watched, one);
        let later = (other.filled.from, &other.filled.seat) > (one.filled.from, &one.filled.seat);
        match (of_one, of_other) {
            (true, true) => Some((if later { other } else { one }, *law)),
            (true, false) => Some((one, *law)),
            (false, true) => Some((other, *law)),
            (false, false) => None,
        }
    })
}

/// Whether a suspended seat may be held again: not beside close kin, while both are in office.
///
/// # Errors
/// A refusal with the article.
pub fn may_resume(seat: &Held, seats: &Seats, known: &Conflicts) -> Result<(), Refusal> {
    let others = seats.held.values().filter(|held| !held.suspended);
    for other in others {
        if let Some((_, article)) = apart(seat, other, known) {
            return Err(kin_apart(article));
        }
    }
    Ok(())
}

/// Whether the seat may be taken beside the seats that are held in the same term.
///
/// # Errors
/// A refusal with the article: incompatible for one person, for close kin, or not known because nobody declared.
pub fn check(
    ask: &FillSeat,
    body: &Body,
    seats: Option<&Seats>,
    conflicts: Option<&Conflicts>,
) -> Result<(), Refusal> {
    let filed = ask.relatives.is_some()
        || conflicts.is_some_and(|conflicts| conflicts.has_filed(&ask.person));
    if body.declares && !filed {
        return Err(Refusal::new(
            "declaration-missing",
            Text::new(
                format!("任{}职务前须先申报任职亲属；没有亲属任职也须申报。", body.zh),
                format!(
                    "Who takes a seat in {} first declares the relatives in office, even if there are none.",
                    body.en
                ),
            ),
            Text::new("请填写亲属申报。", "Fill in the declaration of relatives."),
        )
        .by_law(law("OLVC 37"))
        .at("/relatives"));
    }
    let Some(seats) = seats else { return Ok(()) };
    for held in seats.held.values().filter(|held| held.overlaps(ask.from, ask.to)) {
        if held.filled.holder == ask.holder {
            if let Some(article) = clash(INCOMPATIBLE, (&ask.body, &ask.post), held) {
                return Err(incompatible(held, article));
            }
            continue;
        }
        if let Some(article) = clash(KIN_APART, (&ask.body, &ask.post), held) {
            kin(ask, held, conflicts, article)?;
        }
    }
    Ok(())
}

fn incompatible(held: &Held, article: &str) -> Refusal {
    let other = crate::bodies::find_post(&held.filled.post);
    let (zh, en) = other.map_or(("该职务", "that post"), |(_, post)| (post.zh, post.en));
    Refusal::new(
        "incompatible-seats",
        Text::new(
            format!("{}已任{zh}，两职不得兼任。", held.filled.name),
            format!("{} is {en}: the two may not be held together.", held.filled.name),
        ),
        Text::new(
            "请先登记其离任，或由他人任职。",
            "Record first that the other seat was vacated, or let somebody else take this one.",
        ),
    )
    .by_law(law(article))
    .at("/post")
}

fn kin(
    ask: &FillSeat,
    held: &Held,
    conflicts: Option<&Conflicts>,
    article: &str,
) -> Result<(), Refusal> {
    let other = conflicts.and_then(|known| known.person(&held.filled.holder));
    let declared_now = other.and_then(|other| {
        ask.relatives
            .iter()
            .flatten()
            .find(|relative| relative.person == other)
            .map(|relative| relative.degree)
    });
    let before = conflicts.zip(other).and_then(|(known, other)| known.degree(&ask.person, other));
    let known = other.is_some();
    if known && declared_now.or(before) != Some(Degree::CloseKin) {
        return Ok(());
    }
    if known {
        return Err(kin_apart(article));
    }
    Err(Refusal::new(
        "kin-apart",
        Text::new(
            "无法核对亲属关系：有在任人员未登记。",
            "Kinship cannot be checked: somebody in office is not registered.",
        ),
        let_others(),
    )
    .by_law(law(article))
    .at("/post"))
}

/// Names no relation and nobody's relative.
fn kin_apart(article: &str) -> Refusal {
    Refusal::new(
        "kin-apart",
        Text::new(
            "亲属回避：该人与须相互回避的在任人员有近亲属关系。",
            "Kin are kept apart: a close relative holds an office that this one may not be beside.",
        ),
        let_others(),
    )
    .by_law(law(article))
    .at("/post")
}

fn let_others() -> Text {
    Text::new("请由非近亲属任职。", "Let somebody who is no close relative take the seat.")
}
