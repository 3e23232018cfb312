//! Filling a seat (任职登记): the post exists, is free, the term is lawful, nobody fills their own.
//!
//! Sources: OLVC 8, 14, 29, 37; RCEO 29. Who may sit beside whom stands in `rules/separation.rs`.

use kernel::{Actor, Class, Decision, Draft, Refusal, Retention, SealedValue, Text, Verdict};
use serde_json::Value;

use super::{
    check_day, check_id, check_name,
    conflict::{self, Conflicts, FileDeclaration},
    draft,
    seat::{self, FillSeat, LONGEST_TERM_YEARS, SEAT_FILLED, SeatFilled, Seats, stream},
    unit::Unit,
    village::Village,
};
use crate::{
    bodies::{self, Body, Post},
    laws::law,
    rules::separation,
};

/// What filling a seat reads.
pub struct Around<'a> {
    /// The unit.
    pub unit: Option<&'a Unit>,
    /// Its seats.
    pub seats: Option<&'a Seats>,
    /// Its declared conflicts.
    pub conflicts: Option<&'a Conflicts>,
    /// The set-up of the village.
    pub village: Option<&'a Village>,
}

/// Fills a seat.
///
/// # Errors
/// A refusal when the post is held, the term too long, the body full, or the seat incompatible with another.
pub fn fill(ask: &FillSeat, actor: &Actor, around: &Around<'_>) -> Result<Decision, Verdict> {
    check_id("/seat", &ask.seat)?;
    check_id("/holder", &ask.holder)?;
    check_id("/person", &ask.person)?;
    check_name("/name", &ask.name)?;
    check_day("/from", ask.from)?;
    check_day("/to", ask.to)?;
    let Some(unit) = around.unit else {
        return Err(super::no_such_unit(&ask.unit));
    };
    let (body, post) = post_of(ask, unit)?;
    if actor.holder() == Some(&ask.holder) {
        return Err(Refusal::new(
            "own-seat",
            Text::new("不得为本人登记任职。", "Nobody records their own taking of a post."),
            Text::new("请由他人登记。", "Let somebody else record it."),
        )
        .by_law(law("OLVC 37"))
        .at("/holder")
        .into());
    }
    check_term(ask, body)?;
    check_free(ask, body, post, around)?;
    let tie = conflict::tie(&ask.unit, &ask.holder, &ask.person, around.conflicts)?;
    let declared = match &ask.relatives {
        Some(relatives) => {
            let declaration = FileDeclaration {
                unit: ask.unit.clone(),
                party: ask.person.clone(),
                relatives: relatives.clone(),
            };
            let mut events = conflict::file(&declaration, around.conflicts)?.events;
            let (seats, known) = (around.seats, around.conflicts);
            events.extend(seat::suspend_late(&ask.unit, &declaration, seats, known)?);
            events
        }
        None => Vec::new(),
    };
    separation::check(ask, body, around.seats, around.conflicts)?;

    let mut events: Vec<Draft> = declared;
    events.extend(tie);
    let filled = SeatFilled {
        seat: ask.seat.clone(),
        holder: ask.holder.clone(),
        name: ask.name.clone(),
        body: ask.body.clone(),
        post: ask.post.clone(),
        from: ask.from,
        to: ask.to,
        households: ask.households,
        keeper: unit.formed.keeper.clone(),
    };
    events.push(draft(stream(&ask.unit), SEAT_FILLED, &filled)?.sealing(SealedValue {
        field: "person".to_owned(),
        value: Value::String(ask.person.clone()),
        class: Class::Staff,
        subject: ask.holder.clone(),
        retention: Retention {
            purpose: "keeps incompatible offices and kin apart".to_owned(),
            basis: "OLVC 37".to_owned(),
            years: 10,
        },
    }));
    Ok(Decision { events, claims: Vec::new() })
}

fn post_of(ask: &FillSeat, unit: &Unit) -> Result<(&'static Body, &'static Post), Verdict> {
    let Some(body) = bodies::find(&ask.body) else {
        return Err(Refusal::field(
            "/body",
            Text::new(
                format!("没有名为“{}”的组织。", super::short(&ask.body)),
                format!("There is no body `{}`.", super::short(&ask.body)),
            ),
            Text::new("请从列表中选择组织。", "Choose a body from the list."),
        )
        .into());
    };
    let Some(post) = body.post(&ask.post) else {
        return Err(Refusal::field(
            "/post",
            Text::new(
                format!("{}没有“{}”这一职务。", body.zh, super::short(&ask.post)),
                format!("{} has no post `{}`.", body.en, super::short(&ask.post)),
            ),
            Text::new("请从列表中选择职务。", "Choose a post from the list."),
        )
        .into());
    };
    if !body.levels.contains(&unit.formed.level) || !unit.is_governed() {
        return Err(Refusal::field(
            "/body",
            Text::new(
                format!("{}没有{}。", unit.formed.name, body.zh),
                format!("{} has no {}.", unit.formed.name, body.en),
            ),
            Text::new(
                "请选择该级设立的组织；统计用区不设组织。",
                "Choose a body of that level; a statistical area has none.",
            ),
        )
        .into());
    }
    if (post.key == "representative") != ask.households.is_some() {
        return Err(Refusal::field(
            "/households",
            Text::new(
                "村民代表须填写所代表的户数，其他职务不填。",
                "A representative's households are counted; other posts have none.",
            ),
            Text::new("每五户至十五户推选一名代表。", "One representative for 5 to 15 households."),
        )
        .by_law(law("OLVC 29"))
        .into());
    }
    Ok((body, post))
}

fn check_term(ask: &FillSeat, body: &Body) -> Result<(), Refusal> {
    let article = if body.key.starts_with("collective") { "RCEO 29" } else { "OLVC 14" };
    if ask.to < ask.from {
        return Err(Refusal::field(
            "/to",
            Text::new("任期的最后一天早于第一天。", "The term ends before it begins."),
            Text::new("请核对起止日期。", "Check both days."),
        ));
    }
    let limit = ask.from.saturating_add(jiff::Span::new().years(LONGEST_TERM_YEARS));
    if ask.to > limit {
        return Err(Refusal::new(
            "term-too-long",
            Text::new(
                format!("任期至{}，超过五年。", ask.to),
                format!("The term runs to {}: longer than five years.", ask.to),
            ),
            Text::new(
                format!("每届任期五年，最迟至{limit}。"),
                format!("A term has five years: until {limit} at the latest."),
            ),
        )
        .by_law(law(article))
        .at("/to"));
    }
    Ok(())
}

fn check_free(
    ask: &FillSeat,
    body: &Body,
    post: &Post,
    around: &Around<'_>,
) -> Result<(), Refusal> {
    if let Some(seats) = around.seats {
        if seats.held.contains_key(&ask.seat) {
            return Err(Refusal::field(
                "/seat",
                Text::new("该任职编号已被使用。", "This seat id is in use."),
                Text::new("请使用新的编号。", "Use a fresh id."),
            ));
        }
        let others = || seats.held.values().filter(|held| held.overlaps(ask.from, ask.to));
        if let Some(other) = others().find(|held| {
            held.filled.post == ask.post && (post.single || held.filled.holder == ask.holder)
        }) {
            return Err(Refusal::new(
                "post-held",
                Text::new(
                    format!("{}现由{}担任，至{}。", post.zh, other.filled.name, other.filled.to),
                    format!(
                        "{} is held by {} until {}.",
                        post.en, other.filled.name, other.filled.to
                    ),
                ),
                Text::new(
                    "请先登记其离任，再登记新的任职。",
                    "Record first that the seat was vacated.",
                ),
            )
            .by_law(law(if body.key.starts_with("collective") { "RCEO 29" } else { "OLVC 8" }))
            .at("/post"));
        }
        let size = around.village.and_then(|village| village.size_of(body.key));
        let taken = u32::try_from(others().filter(|h| h.filled.body == body.key).count())
            .unwrap_or(u32::MAX);
        if let Some((size, article)) = size
            && taken >= size
        {
            return Err(Refusal::new(
                "body-full",
                Text::new(
                    format!("{}定员{size}人，已满。", body.zh),
                    format!("{} has {size} seats, all are held.", body.en),
                ),
                Text::new(
                    "请先登记离任，或依法调整定员。",
                    "Record first that a seat was vacated, or change the size by law.",
                ),
            )
            .by_law(law(article))
            .at("/body"));
        }
    }
    Ok(())
}
