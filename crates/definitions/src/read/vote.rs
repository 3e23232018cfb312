//! Reads who is competent, thresholds, sittings, votes, lengths of time, tiers and matters.

use std::collections::BTreeMap;

use kernel::Period;
use toml::Spanned;

use super::{
    procedure::need_words,
    table::{Reader, Table, did_you_mean},
};
use crate::{
    finding::FindingCode as Code,
    model::{
        Ballot, Competence, Condition, Counted, Matter, Op, OrMatter, RollSpec, Sitting, Tier,
        Vote, Who, Within,
    },
    number::Threshold,
};

/// `by = { post | body | tier | resident | system, not_also, otherwise }`.
pub(super) fn competence(table: &mut Table<'_, '_>, reader: &mut Reader) -> Option<Competence> {
    let who = who(table, reader);
    let not_also = table.texts(reader, "not_also");
    let otherwise = table.text(reader, "otherwise");
    let law = table.text(reader, "law");
    Some(Competence { who: who?, not_also, otherwise, law })
}

fn who(table: &mut Table<'_, '_>, reader: &mut Reader) -> Option<Who> {
    let mut found = Vec::new();
    let posts = table.texts(reader, "post");
    if !posts.is_empty() {
        found.push(Who::Post(posts));
    }
    if let Some(body) = table.text(reader, "body") {
        found.push(if body == "matter.required_body" { Who::MatterBody } else { Who::Body(body) });
    }
    if let Some(role) = table.text(reader, "tier") {
        found.push(Who::Tier(role));
    }
    if let Some(kind) = table.text(reader, "resident") {
        found.push(Who::Resident(kind));
    }
    if let Some(cause) = table.text(reader, "system") {
        found.push(Who::System(cause));
    }
    let line = table.line;
    if found.len() > 1 {
        reader.find(
            Code::BadValue,
            Some(line),
            format!("{} names more than one kind of actor.", table.what()),
            "Give one of `post`, `body`, `tier`, `resident`, `system`.",
        );
    }
    let first = found.into_iter().next();
    if first.is_none() {
        reader.find(
            Code::MissingKey,
            Some(line),
            format!("{} does not say who.", table.what()),
            "Give one of `post`, `body`, `tier`, `resident`, `system`.",
        );
    }
    first
}

/// A quorum, or `matter.quorum`.
fn quorum(table: &mut Table<'_, '_>, reader: &mut Reader) -> Option<OrMatter<Threshold>> {
    let text = table.text(reader, "quorum")?;
    threshold(reader, table, "quorum", &text, Threshold::parse_quorum)
}

fn threshold(
    reader: &mut Reader,
    table: &Table<'_, '_>,
    key: &str,
    text: &str,
    parse: impl Fn(&str) -> Result<Threshold, String>,
) -> Option<OrMatter<Threshold>> {
    if text == format!("matter.{key}") {
        return Some(OrMatter::Matter);
    }
    match parse(text) {
        Ok(threshold) => Some(OrMatter::Is(threshold)),
        Err(why) => {
            let line = table.line_of(reader, key);
            reader.find(
                Code::BadValue,
                Some(line),
                format!("{why}."),
                "`> 1/2` is more than half, `>= 2/3` at least two thirds.",
            );
            None
        }
    }
}

fn counted(reader: &mut Reader, table: &Table<'_, '_>, key: &str, text: &str) -> Option<Counted> {
    match text {
        "present" => Some(Counted::Present),
        "should-attend" => Some(Counted::ShouldAttend),
        "all" | "members" => Some(Counted::All),
        other => {
            let line = table.line_of(reader, key);
            reader.find(
                Code::BadValue,
                Some(line),
                format!("a majority is not counted of `{other}`."),
                did_you_mean(other, ["present", "should-attend", "all"]),
            );
            None
        }
    }
}

fn ballot(reader: &mut Reader, table: &Table<'_, '_>, text: &str) -> Option<Ballot> {
    match text {
        "show-of-hands" => Some(Ballot::ShowOfHands),
        "secret" => Some(Ballot::Secret),
        other => {
            let line = table.line_of(reader, "ballot");
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{other}` is no way to vote."),
                did_you_mean(other, ["show-of-hands", "secret"]),
            );
            None
        }
    }
}

/// `sitting = { quorum, of, law }`.
pub(super) fn sitting(mut table: Table<'_, '_>, reader: &mut Reader) -> Option<Sitting> {
    let given = quorum(&mut table, reader);
    if !table.has("quorum") {
        reader.find(
            Code::NoQuorum,
            Some(table.line),
            format!("{} does not say its quorum.", table.what()),
            "Add `quorum = \"1/2\"`.",
        );
    }
    if let Some(of) = table.text(reader, "of") {
        counted(reader, &table, "of", &of);
    }
    let law = law(&mut table, reader);
    table.finish(reader);
    Some(Sitting { quorum: given?, law })
}

fn law(table: &mut Table<'_, '_>, reader: &mut Reader) -> Option<String> {
    let law = table.need_text(reader, "law", "Cite the article, or `default`.")?;
    (law != "matter.law").then_some(law)
}

/// `vote = { quorum, majority, of, recuse, ballot, law }`.
pub(super) fn vote(mut table: Table<'_, '_>, reader: &mut Reader) -> Option<Vote> {
    let quorum = quorum(&mut table, reader);
    let majority = table.need_text(reader, "majority", "Say how much passes: `> 1/2`, `>= 2/3`.");
    let majority = majority
        .and_then(|text| threshold(reader, &table, "majority", &text, Threshold::parse_majority));
    let of = table.need_text(reader, "of", "Say of whom: `present`, `should-attend` or `all`.");
    let of = of.and_then(|text| match text.as_str() {
        "matter.counted" => Some(OrMatter::Matter),
        other => counted(reader, &table, "of", other).map(OrMatter::Is),
    });
    let recuse = table.text(reader, "recuse");
    if let Some(word) = recuse.as_deref().filter(|word| *word != "kin-or-interest") {
        let line = table.line_of(reader, "recuse");
        reader.find(
            Code::BadValue,
            Some(line),
            format!("nobody can be recused for `{word}`."),
            did_you_mean(word, ["kin-or-interest"]),
        );
    }
    let ballot = table.text(reader, "ballot").and_then(|text| match text.as_str() {
        "matter.ballot" => Some(OrMatter::Matter),
        other => ballot(reader, &table, other).map(OrMatter::Is),
    });
    let law = law(&mut table, reader);
    table.finish(reader);
    Some(Vote { quorum, majority: majority?, of: of?, recuse, ballot, law })
}

/// `roll = { kept_at, channels, witness }`.
pub(super) fn roll(mut table: Table<'_, '_>, reader: &mut Reader) -> RollSpec {
    let kept_at =
        table.need_text(reader, "kept_at", "Say where it is marked: `table`.").unwrap_or_default();
    let channels = table.texts(reader, "channels");
    let line = table.line_of(reader, "channels");
    for channel in &channels {
        if !["hall", "paper", "phone"].contains(&channel.as_str()) {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{channel}` is no channel of a vote."),
                did_you_mean(channel, ["hall", "paper", "phone"]),
            );
        }
    }
    if channels.is_empty() {
        table.missing(reader, "channels", "List them: `channels = [\"hall\"]`.");
    }
    let witness = table.text(reader, "witness");
    table.finish(reader);
    RollSpec { kept_at, channels, witness }
}

/// A length: `15 days`, a parameter's name, `month-end + 15 days`, `matter.meeting_notice`.
pub(super) fn within(
    table: &mut Table<'_, '_>,
    reader: &mut Reader,
    key: &'static str,
) -> Option<Within> {
    let text = table.text(reader, key)?;
    if text == "matter.meeting_notice" {
        return Some(Within::Matter);
    }
    if let Some(field) = text.strip_prefix("by ").filter(|field| is_name(field)) {
        return Some(Within::Date(field.to_owned()));
    }
    let (month_end, length) = match text.strip_prefix("month-end") {
        Some(rest) => (true, rest.trim().trim_start_matches('+').trim()),
        None => (false, text.as_str()),
    };
    match length.parse::<Period>() {
        Ok(period) if month_end => Some(Within::MonthEnd(period)),
        Ok(period) => Some(Within::Period(period)),
        Err(_) if !month_end && is_name(&text) => Some(Within::Parameter(text)),
        Err(_) => {
            let line = table.line_of(reader, key);
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{text}` is not a length of time."),
                "Write `15 days`, `10 working-days`, `month-end + 15 days`, or the name of a parameter.",
            );
            None
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// A row of `[[tier]]`: `when`, roles, `needs`.
pub(super) fn tier(mut row: Table<'_, '_>, reader: &mut Reader) -> Tier {
    let line = row.line;
    let when = row.need_text(reader, "when", "Say which amounts: `when = \"amount < tier2\"`.");
    let when_line = row.line_of(reader, "when");
    let needs = row.texts(reader, "needs");
    let mut roles = BTreeMap::new();
    for (key, at, value) in row.entries() {
        if key == "when" || key == "needs" {
            continue;
        }
        if !matches!(value.get_ref(), toml::de::DeValue::Table(_)) {
            let line = reader.line(&(at..at));
            reader.find(
                Code::UnknownKey,
                Some(line),
                format!("`{key}` is not a key of a tier."),
                match crate::names::nearest(key, ["when", "needs"]) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => "A tier has `when`, `needs`, and roles such as `approve = { post = \"…\" }`.".to_owned(),
                },
            );
            continue;
        }
        if let Some(role) = Table::of(reader, value, format!("`{key}` of a tier")) {
            let mut role = role.at("tier.*");
            let found = who(&mut role, reader);
            role.finish(reader);
            if let Some(found) = found {
                roles.insert(key.to_owned(), found);
            }
        }
    }
    let when = when.map(|text| conditions(&text, reader, when_line)).unwrap_or_default();
    Tier { when, roles, needs, line }
}

fn conditions(text: &str, reader: &mut Reader, line: usize) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for part in text.split(" and ") {
        let found = [("<=", Op::AtMost), (">=", Op::AtLeast), ("<", Op::Less), (">", Op::More)]
            .into_iter()
            .find_map(|(sign, op)| part.split_once(sign).map(|(a, b)| (a.trim(), op, b.trim())));
        match found {
            Some((field, op, parameter)) if is_name(field) && is_name(parameter) => {
                conditions.push(Condition {
                    field: field.to_owned(),
                    op,
                    parameter: parameter.to_owned(),
                });
            }
            _ => reader.find(
                Code::BadValue,
                Some(line),
                format!("`{}` is not a comparison of a field with a parameter.", part.trim()),
                "Write `amount < tier2` or `amount >= tier2`, joined with `and`; a number goes into `[parameters]` with its source.",
            ),
        }
    }
    conditions
}

/// A row of `[[matter]]`.
pub(super) fn matter(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Matter> {
    let line = row.line;
    let id = row.need_text(reader, "id", "Name the kind of matter: `id = \"annual-budget\"`.");
    if let Some(id) = &id {
        row.name(format!("matter `{id}`"));
    }
    let name = need_words(&mut row, reader, "name");
    let body = row.need_text(reader, "body", "Say which body decides.");
    let notice = within(&mut row, reader, "notice");
    if !row.has("notice") {
        reader.find(
            Code::NoNotice,
            Some(line),
            format!("{} does not say how long before the sitting it is announced.", row.what()),
            "Add `notice = \"10 days\"`.",
        );
    }
    let quorum = quorum(&mut row, reader);
    if !row.has("quorum") {
        reader.find(
            Code::NoQuorum,
            Some(line),
            format!("{} does not say its quorum.", row.what()),
            "Add `quorum = \"> 1/2\"`.",
        );
    }
    let majority = row.need_text(reader, "majority", "Say how much passes: `> 1/2`, `>= 2/3`.");
    let majority = majority
        .and_then(|text| threshold(reader, &row, "majority", &text, Threshold::parse_majority));
    let of = row.need_text(reader, "counted", "Say of whom: `present`, `should-attend` or `all`.");
    let of = of.and_then(|text| counted(reader, &row, "counted", &text));
    let ballot = row.text(reader, "ballot").and_then(|text| ballot(reader, &row, &text));
    let law = row.need_text(reader, "law", "Cite the article.");
    let spends = row.get("spends").map(Spanned::get_ref).is_some_and(|v| v.as_bool() == Some(true));
    row.yes(reader, "spends");
    row.finish(reader);
    let (Some(OrMatter::Is(quorum)), Some(OrMatter::Is(majority))) = (quorum, majority) else {
        return None;
    };
    Some(Matter {
        id: id?,
        name,
        body: body?,
        notice: notice?,
        quorum,
        majority,
        counted: of?,
        ballot,
        law: law?,
        spends,
        line,
    })
}
