//! What cases are called, and which others stand beside them: those that they cite, those that cite them. Decides nothing.

use std::collections::BTreeMap;

use definitions::{Definition, FieldType};
use desk::Choice;
use engines::procedure::{History, governing};
use kernel::{Class, Position, StreamId, Text, UnitId, Verdict};
use serde_json::Value;

use super::{office::DecisionOffice, out_of_reach};
use crate::{
    SERVICE,
    facts::consultation,
    matters,
    shows::cases::{self, CaseRow, Query},
};

/// A line that leads to another case.
type Linked = (Text, String);

/// How many cases of a village are looked through for what may be cited.
const MANY: u32 = 500;

/// The field that a case is headed by: the first public text of its first step.
pub(super) fn headline(definition: &Definition) -> Option<&str> {
    let first = definition.steps.iter().find(|step| definition.is_first(step))?;
    let is_headline = |field: &&&definitions::Field| {
        matches!(field.kind, FieldType::Text { .. }) && field.class.strictest() == Class::Public
    };
    definition.form(first).iter().find(is_headline).map(|field| field.name.as_str())
}

/// The headline; or, where it was removed or the procedure has none, what the matter or the procedure is called.
pub(super) fn titled(
    text: Option<&str>,
    definition: Option<&Definition>,
    history: &History,
) -> Text {
    if let Some(text) = text {
        return Text::new(text, text);
    }
    let matter = history.values.get("matter").and_then(Value::as_str).and_then(matters::find);
    let name = match (matter, definition) {
        (Some(matter), _) => matter.name(),
        (None, Some(definition)) => definition.term.clone(),
        (None, None) => Text::default(),
    };
    if definition.and_then(headline).is_some() {
        return Text::new(
            format!("{}（名称已移除）", name.zh),
            format!("{} (the title was removed)", name.en),
        );
    }
    let day = history.happened.first().map(|first| first.at.date().to_string()).unwrap_or_default();
    Text::new(format!("{} {day}", name.zh), format!("{}, {day}", name.en))
}

impl DecisionOffice {
    /// What these cases are called, by stream: the public text that their first event is headed by.
    pub(super) async fn titles(
        &self,
        rows: &[CaseRow],
    ) -> Result<BTreeMap<StreamId, Text>, Verdict> {
        let mut titles = BTreeMap::new();
        let mut wanted = Vec::with_capacity(rows.len());
        let mut of = Vec::with_capacity(rows.len());
        for row in rows {
            let definition = self.governs(&row.procedure, &row.history);
            titles.insert(row.stream.clone(), titled(None, definition, &row.history));
            let Some(headline) = definition.and_then(headline) else { continue };
            let records = cases::records(self.store(), &row.stream).await.map_err(out_of_reach)?;
            let Some(first) = records.into_iter().next() else { continue };
            let Position { log, index } = first.position;
            wanted.push(host::Wanted { log, index, field: headline.to_owned() });
            of.push((row, definition));
        }
        let opened = self.public_texts(wanted).await?;
        for ((row, definition), (_, value)) in of.into_iter().zip(opened) {
            let text = value.as_ref().and_then(Value::as_str);
            titles.insert(row.stream.clone(), titled(text, definition, &row.history));
        }
        Ok(titles)
    }

    pub(super) fn governs(&self, procedure: &str, history: &History) -> Option<&Definition> {
        governing(&self.service.definitions, procedure, Some(history))
    }

    /// The cases that this one cites and those that cite it: with what they are called, and their pages.
    pub(super) async fn beside(
        &self,
        stream: &StreamId,
        definition: &Definition,
        history: &History,
    ) -> Result<(Vec<Linked>, BTreeMap<String, Text>), Verdict> {
        let mut rows = cases::citing(self.store(), stream).await.map_err(out_of_reach)?;
        for field in definition.fields.values() {
            let FieldType::Ref(to) = &field.kind else { continue };
            let Some(key) = history.values.get(&field.name).and_then(Value::as_str) else {
                continue;
            };
            let cited = StreamId::of(to, key);
            rows.extend(cases::one(self.store(), &cited).await.map_err(out_of_reach)?);
        }
        let titles = self.titles(&rows).await?;
        let mut links = Vec::with_capacity(rows.len());
        let mut names = BTreeMap::new();
        for row in rows {
            let Some(title) = titles.get(&row.stream) else { continue };
            let term = self.service.definitions.get(&row.procedure).map(|one| one.term.clone());
            let term = term.unwrap_or_default();
            let text = Text::new(
                format!("{}：{}", term.zh, title.zh),
                format!("{}: {}", term.en, title.en),
            );
            let key = row.stream.key();
            names.insert(key.to_owned(), title.clone());
            links.push((text, format!("/{SERVICE}/{}/{key}", row.procedure)));
        }
        Ok((links, names))
    }

    /// The consultations of a unit that were referred to a proposal which nobody has tabled yet.
    pub(super) async fn referred(&self, unit: &UnitId) -> Result<Vec<Choice>, Verdict> {
        let query = Query { unit: Some(unit), limit: MANY, ..Query::default() };
        let rows = cases::list(self.store(), &query).await.map_err(out_of_reach)?;
        let mut open = Vec::new();
        for row in rows {
            let referred = row.stream.kind() == consultation::KIND
                && row.history.first(consultation::REFERRED).is_some();
            let cited = cases::citing(self.store(), &row.stream).await.map_err(out_of_reach)?;
            if referred && cited.iter().all(|proposal| proposal.history.ended) {
                open.push(row);
            }
        }
        let titles = self.titles(&open).await?;
        let choice = |row: &CaseRow| {
            let title = titles.get(&row.stream)?;
            Some(Choice::new(row.stream.key(), title.clone()))
        };
        Ok(open.iter().filter_map(choice).collect())
    }
}
