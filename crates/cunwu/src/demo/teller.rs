//! Submits the demo's commands in order, each a second later than the one before, through the same committers as a user's.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use engines::procedure::Act;
use funds_oversight::{
    Funds,
    ask::Take,
    facts::{party::Opened, payment::Payment},
    shows::records,
    watching::{reader::Watcher, teller},
};
use host::{Hearing, Host, Reacting, clock::DemoClock};
use kernel::{Actor, Clock, Command, Date, Event, Place, Receipt, StreamId, Timestamp, UnitId};
use organisation::{Organisation, facts::unit::FormUnit};
use store::CipherPart;

use super::decide;

/// The demo's hand at the two services.
pub struct Teller {
    pub organisation: Arc<Host<Organisation>>,
    pub funds: Arc<Host<Funds>>,
    /// Funds hears organisation.
    pub funds_hears: Hearing,
    /// Funds hears itself.
    pub funds_reacts: Reacting<Funds>,
    /// Organisation hears funds.
    pub organisation_reacts: Reacting<Organisation>,
    /// Services, and what it hears of organisation.
    pub services: (Arc<Host<services::Domain>>, [Hearing; 2]),
    /// Disputes, and what it hears of organisation.
    pub disputes: (Arc<Host<disputes::Domain>>, [Hearing; 2]),
    pub clock: Arc<DemoClock>,
    pub commands: u64,
}

impl Teller {
    /// Moves the clock; what falls due by then takes effect.
    pub async fn until(&self, to: Timestamp) -> anyhow::Result<()> {
        self.clock.set(to);
        self.organisation.committer.due(to).await?;
        self.funds.committer.due(to).await?;
        self.services.0.committer.due(to).await?;
        self.disputes.0.committer.due(to).await?;
        Ok(())
    }

    /// Today, in the story.
    pub fn today(&self) -> Date {
        self.clock.now().date()
    }

    fn command<C>(&mut self, place: &Place, actor: Actor, body: C) -> Command<C> {
        self.commands += 1;
        self.clock.set(self.clock.now().plus_micros(1_000_000));
        Command {
            principal: "demo".to_owned(),
            key: format!("demo-{:06}", self.commands),
            actor,
            place: place.clone(),
            seen: None,
            causation: None,
            body,
        }
    }

    /// Imports a register of divisions.
    pub async fn import(&mut self, at: &Place, form: Vec<FormUnit>) -> anyhow::Result<()> {
        let body = organisation::Ask::Divisions { form, rename: Vec::new() };
        self.organisation(at, Actor::System("import".into()), body).await?;
        Ok(())
    }

    /// Who should attend a sitting.
    pub async fn roll(&self, unit: &UnitId, body: &str, day: Date) -> anyhow::Result<Vec<String>> {
        decide::roll(&self.organisation.store, unit, body, day).await
    }

    /// Asks organisation.
    pub async fn organisation(
        &mut self,
        place: &Place,
        actor: Actor,
        body: organisation::Ask,
    ) -> anyhow::Result<Receipt> {
        let shown = short(&format!("{body:?}"));
        let command = self.command(place, actor, body);
        let answer = self.organisation.committer.submit(command).await.with_context(|| shown)?;
        Ok(answer.receipt().clone())
    }

    /// Asks funds-oversight, after it has heard everything that organisation has written.
    pub async fn funds(
        &mut self,
        place: &Place,
        actor: Actor,
        body: funds_oversight::Ask,
    ) -> anyhow::Result<Receipt> {
        self.funds_hears.catch_up().await?;
        let shown = short(&format!("{body:?}"));
        let command = self.command(place, actor, body);
        let answer = self.funds.committer.submit(command).await.with_context(|| shown)?;
        Ok(answer.receipt().clone())
    }

    /// Asks services or disputes to take a step; `on` is absent for a new case.
    pub async fn casework(
        &mut self,
        place: &Place,
        actor: Actor,
        on: Option<&str>,
        act: Act,
    ) -> anyhow::Result<Receipt> {
        let take = casework::Take::on(on.map(str::to_owned), act);
        if take.act.procedure == "screening" {
            return self.asks_disputes(place, actor, take).await;
        }
        for hearing in &self.services.1 {
            hearing.catch_up().await?;
        }
        let shown = short(&format!("{:?}", take.act));
        let command = self.command(place, actor, casework::Ask::Take(Box::new(take)));
        let answer = self.services.0.committer.submit(command).await.with_context(|| shown)?;
        Ok(answer.receipt().clone())
    }

    /// Asks disputes to take a step of a case that lies in a closed log.
    pub async fn disputes(
        &mut self,
        place: &Place,
        actor: Actor,
        take: casework::Take,
    ) -> anyhow::Result<()> {
        self.asks_disputes(place, actor, take).await.map(|_| ())
    }

    /// After it has heard everything that organisation has written.
    async fn asks_disputes(
        &mut self,
        place: &Place,
        actor: Actor,
        take: casework::Take,
    ) -> anyhow::Result<Receipt> {
        for hearing in &self.disputes.1 {
            hearing.catch_up().await?;
        }
        let shown = short(&format!("{:?}", take.act));
        let command = self.command(place, actor, casework::Ask::Take(Box::new(take)));
        let answer = self.disputes.0.committer.submit(command).await.with_context(|| shown)?;
        Ok(answer.receipt().clone())
    }

    /// The watches look over the books; the last warning of a rule in a unit.
    pub async fn watched(&self, unit: &UnitId, rule: &str) -> anyhow::Result<Option<String>> {
        let (host, watches) = (&self.funds, self.funds.committer.domain().watches().clone());
        let watcher = Watcher::new(watches, host.store.clone(), host.committer.sealer().clone());
        host.readers.prepare(&watcher).await?;
        host.readers.catch_up(&watcher).await?;
        teller::look_and_tell(host).await?;
        let sql = "SELECT warning FROM funds_watch_found WHERE unit = $1 AND rule = $2 AND warning IS NOT NULL \
                   ORDER BY at DESC LIMIT 1";
        let rows = host.store.query(sql, &[unit.as_str().into(), rule.into()]).await?;
        Ok(rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()?)
    }

    /// What was found, opened for a step that deals with it.
    pub async fn finding(&self, warning: &str) -> anyhow::Result<BTreeMap<String, Opened>> {
        Ok(records::finding(&self.funds, warning).await?.1)
    }

    /// What funds wrote is heard by itself, then by organisation.
    pub async fn heard_back(&self) -> anyhow::Result<()> {
        self.funds_reacts.catch_up().await?;
        Ok(self.organisation_reacts.catch_up().await?)
    }

    /// A step on a payment that exists: with the hash of what was shown and the sealed parts opened.
    pub async fn showing(&self, payment: &str, take: Take) -> anyhow::Result<Take> {
        let stream = StreamId::of("payment", payment);
        let (_, state) = self.funds.store.state::<funds_oversight::State>(&stream).await?;
        let Some(funds_oversight::State::Payment(case)) = state else {
            anyhow::bail!("no payment {payment}");
        };
        let core: &Payment = &case.core;
        Ok(Take { shown: Some(core.shown(payment)), opened: self.opened(&stream).await?, ..take })
    }

    /// The sealed parts of a payment's latest request.
    async fn opened(&self, stream: &StreamId) -> anyhow::Result<BTreeMap<String, Opened>> {
        let rows = self
            .funds
            .store
            .query(
                "SELECT log, idx, bytes FROM core_entry WHERE stream = $1 AND fact IN ($2, $3) ORDER BY idx DESC LIMIT 1",
                &[
                    stream.as_str().into(),
                    "payment-requested.v1".into(),
                    "payment-corrected.v1".into(),
                ],
            )
            .await?;
        let mut opened = BTreeMap::new();
        let Some(row) = rows.first() else { return Ok(opened) };
        let event = Event::decode(row.bytes(2)?)?;
        for field in event.data.keys().filter(|field| event.commitment(field).is_some()) {
            let Some(part) = self.funds.store.sealed_part(&event.log, event.index, field).await?
            else {
                continue;
            };
            let cipher = CipherPart {
                subject: part.subject,
                log: event.log.clone(),
                index: event.index,
                field: field.clone(),
                ciphertext: part.ciphertext,
            };
            let plain = self.funds.committer.sealer().open(&[cipher]).await?;
            if let Some(plain) = plain.into_iter().next().flatten()
                && let Some((salt, json)) = plain.split_at_checked(32)
            {
                let value = serde_json::from_slice(json)?;
                opened.insert(field.clone(), Opened { value, salt: hex::encode(salt) });
            }
        }
        Ok(opened)
    }
}

/// The seat of an official.
pub fn seat(unit: &UnitId, post: &str, holder: &str) -> anyhow::Result<Actor> {
    organisation::domain::official(unit, post, holder).with_context(|| format!("no post {post}"))
}

fn short(text: &str) -> String {
    text.chars().take(400).collect()
}
