//! Sealed cases at this desk: what the office has of them, and which may be cited in the next. Decides nothing.

use access::Gate;
use async_trait::async_trait;
use casework::{
    Case,
    closed::{Looks, looked},
    sealed_case::{self, LookAsked, SealedHouse, SealedPlace},
};
use definitions::{Definition, FieldType};
use desk::{Asked, Choice, Office, Wanted};
use engines::procedure::History;
use host::Host;
use kernel::{Command, StreamId, Text, Timestamp, UnitId, Verdict};
use serde_json::{Map, Value};

use super::{
    office::{DecisionOffice, recorded_by},
    out_of_reach,
    titles::titled,
};
use crate::{
    Ask, Organisation, SERVICE, State,
    cases::cites,
    concern::Trail,
    facts::{conflict, membership},
    shows::{cases, seats},
};

impl DecisionOffice {
    fn host(&self) -> &Host<Organisation> {
        &self.service.host
    }

    /// The pages of the cases that a sealed one cites.
    pub(super) fn cited_by(
        &self,
        definition: &Definition,
        history: &History,
    ) -> Vec<(Text, String)> {
        let of = |stream: StreamId| {
            let mut all = self.service.definitions.iter();
            let cited = all.find(|one| one.stream == stream.kind() && one.is_closed())?;
            Some((cited.term.clone(), format!("/{SERVICE}/{}/{}", cited.id, stream.key())))
        };
        cites(definition, &history.values).filter_map(of).collect()
    }

    /// The sealed cases of a unit that lead on to a new one, and which none cites yet; for whom they are not there, none.
    pub(super) async fn that_lead_on(
        &self,
        asked: &Asked<'_>,
        kind: &str,
    ) -> Result<Vec<Choice>, Verdict> {
        let definitions = &self.service.definitions;
        let Some(place) = self.place(asked.unit).await? else { return Ok(Vec::new()) };
        let wanted = |id: &str| Wanted {
            unit: Some(asked.unit.clone()),
            procedure: Some(id.to_owned()),
            scope: access::Scope { everywhere: true, ..access::Scope::default() },
            ..Wanted::default()
        };
        let citing = sealed_case::lines(self, &wanted(&asked.definition.id)).await?;
        let is_cited = |id: &str| {
            citing.iter().any(|line| line.history.values.get(asked.field) == Some(&id.into()))
        };
        let seats = asked.visitor.seats(self.service.now());
        let mut choices = Vec::new();
        for cited in definitions.iter().filter(|one| one.stream == kind && one.is_closed()) {
            let officers = sealed_case::officers(self, cited, &place);
            let is_officer = seats.iter().any(|seat| {
                officers.iter().any(|(unit, post)| *unit == seat.unit && *post == seat.post)
            });
            if !is_officer {
                continue;
            }
            for line in sealed_case::lines(self, &wanted(&cited.id)).await? {
                let id = line.at.stream.key();
                if is_cited(id) || !membership::leads_on(kind, &line.history) {
                    continue;
                }
                let barred = sealed_case::barred(self, cited, &line.history.values).await?;
                if !seats.iter().any(|seat| barred.contains(&seat.holder)) {
                    let title = titled(None, Some(cited), &line.history);
                    let hint = Some(Text::new(id, id));
                    choices.push(Choice { hint, ..Choice::new(id, title) });
                }
            }
        }
        Ok(choices)
    }

    /// Whether a field cites sealed cases.
    pub(super) fn cites_sealed<'a>(&self, kind: &'a FieldType) -> Option<&'a str> {
        let FieldType::Ref(kind) = kind else { return None };
        let mut all = self.service.definitions.iter();
        all.any(|one| one.stream == *kind && one.is_closed()).then_some(kind.as_str())
    }
}

#[async_trait]
impl SealedHouse for DecisionOffice {
    type Kin = conflict::Conflicts;

    fn gate(&self) -> &Gate {
        &self.service.gate
    }

    fn now(&self) -> Timestamp {
        self.service.now()
    }

    fn posts_of(&self, body: &str) -> Vec<String> {
        recorded_by(body)
    }

    fn called(&self, definition: &Definition, history: &History) -> Text {
        titled(None, Some(definition), history)
    }

    async fn case(&self, stream: &StreamId) -> Result<Option<(u64, Case)>, Verdict> {
        let (version, state) = self.host().committer.state(stream).await.map_err(out_of_reach)?;
        Ok(match state {
            Some(State::Case(case)) => Some((version, *case)),
            _ => None,
        })
    }

    async fn kin(&self, unit: &UnitId) -> Result<Option<conflict::Conflicts>, Verdict> {
        let stream = conflict::stream(unit);
        let (_, state) = self.host().committer.state(&stream).await.map_err(out_of_reach)?;
        Ok(match state {
            Some(State::Conflicts(known)) => Some(known),
            _ => None,
        })
    }

    async fn parties(
        &self,
        definition: &Definition,
        values: &Map<String, Value>,
    ) -> Result<Vec<Value>, Verdict> {
        let mut trail = Trail::from(&self.service.definitions, definition, values);
        while let Some(stream) = trail.next() {
            let case = self.case(&stream).await?.map(|(_, case)| case);
            trail.tell(&stream, case.as_ref());
        }
        Ok(trail.parties())
    }

    async fn record(&self, look: LookAsked) -> Result<(), Verdict> {
        let command = Command {
            principal: "openings".to_owned(),
            key: look.key,
            actor: look.actor,
            place: look.place,
            seen: None,
            causation: None,
            body: Ask::Look { case: look.case, reason: look.reason.to_owned() },
        };
        self.host().committer.submit(command).await.map(|_| ())
    }

    async fn looks(&self, case: &StreamId) -> Result<Looks, Verdict> {
        let stream = looked(case);
        let (_, state) = self.host().committer.state(&stream).await.map_err(out_of_reach)?;
        Ok(match state {
            Some(State::Looks(looks)) => looks,
            _ => Looks::default(),
        })
    }

    async fn name_of(&self, holder: &str) -> Result<Option<String>, Verdict> {
        let (name, _) = seats::grants(self.store(), holder).await.map_err(out_of_reach)?;
        Ok(Some(name).filter(|name| !name.is_empty()))
    }

    async fn lie(&self, wanted: &Wanted, most: u32) -> Result<Vec<SealedPlace>, Verdict> {
        let query = cases::Query::of(wanted);
        cases::sealed(self.store(), &query, most).await.map_err(out_of_reach)
    }
}
