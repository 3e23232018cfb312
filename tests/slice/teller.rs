//! Submits the story's commands, each with its key, and sends again with the same key until there is an answer. Keeps
//! every command with the receipt that it was given.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context;
use engines::procedure::Act;
use funds_oversight::{ask::Take, facts::party::Opened};
use kernel::{
    Actor, Answer, Clock, Command, Domain, Event, Place, Receipt, StreamId, Timestamp, UnitId,
    Verdict,
};
use store::{CipherPart, Readers, Store};
use tokio::time::Instant;

use crate::deployment::{Deployment, Node};

/// How long an answer may take while everything around falls over.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service's database, looked at from outside.
pub struct Look {
    pub store: Store,
}

/// Commands with their first receipts.
pub type Told<C> = Vec<(Command<C>, Receipt)>;

/// The teller.
pub struct Teller {
    pub deployment: Arc<Deployment>,
    pub organisation: Look,
    pub funds: Look,
    pub services: Look,
    pub disputes: Look,
    pub told: (Told<organisation::Ask>, Told<funds_oversight::Ask>),
    pub cases: (Told<casework::Ask>, Told<casework::Ask>),
    /// Answers that had to be asked for again.
    pub again: u64,
    /// A pause on each day, so that the story lasts long enough for trouble.
    pub pause: Duration,
    commands: u64,
}

impl Teller {
    pub async fn new(deployment: &Arc<Deployment>, pause: Duration) -> Self {
        let look = async |name| Look { store: deployment.look(name).await };
        Self {
            organisation: look("organisation").await,
            funds: look("funds").await,
            services: look("services").await,
            disputes: look("disputes").await,
            deployment: deployment.clone(),
            told: Default::default(),
            cases: Default::default(),
            again: 0,
            pause,
            commands: 0,
        }
    }

    /// Moves the clock; what falls due by then takes effect.
    pub async fn until(&mut self, to: Timestamp) -> anyhow::Result<()> {
        tokio::time::sleep(self.pause).await;
        self.deployment.clock.set(to);
        due(&self.deployment.organisation, to).await?;
        due(&self.deployment.funds, to).await?;
        due(&self.deployment.services, to).await?;
        due(&self.deployment.disputes, to).await
    }

    fn command<C>(&mut self, place: &Place, actor: Actor, body: C) -> Command<C> {
        self.commands += 1;
        let clock = &self.deployment.clock;
        clock.set(clock.now().plus_micros(1_000_000));
        Command {
            principal: "teller".to_owned(),
            key: format!("slice-{:06}", self.commands),
            actor,
            place: place.clone(),
            seen: None,
            causation: None,
            body,
        }
    }

    pub async fn organisation(
        &mut self,
        place: &Place,
        actor: Actor,
        body: organisation::Ask,
    ) -> anyhow::Result<Receipt> {
        let command = self.command(place, actor, body);
        let answer = ask(&self.deployment.organisation, &command, &mut self.again).await?;
        let receipt = answer.receipt().clone();
        self.told.0.push((command, receipt.clone()));
        Ok(receipt)
    }

    /// Asks funds-oversight, once it has heard what organisation has written.
    pub async fn funds(
        &mut self,
        place: &Place,
        actor: Actor,
        body: funds_oversight::Ask,
    ) -> anyhow::Result<Receipt> {
        let reader = "funds-hears-organisation";
        heard(&self.funds, reader, "organisation", &self.organisation).await?;
        let command = self.command(place, actor, body);
        let answer = ask(&self.deployment.funds, &command, &mut self.again).await?;
        let receipt = answer.receipt().clone();
        self.told.1.push((command, receipt.clone()));
        Ok(receipt)
    }

    pub async fn casework(
        &mut self,
        place: &Place,
        actor: Actor,
        on: Option<&str>,
        act: Act,
    ) -> anyhow::Result<Receipt> {
        let of_disputes = act.procedure == "screening";
        let take = casework::Take { on: on.map(str::to_owned), act };
        let command = self.command(place, actor, casework::Ask::Take(Box::new(take)));
        let (deployment, from) = (self.deployment.clone(), "organisation");
        let answer = if of_disputes {
            let reader = "disputes-hears-organisation";
            heard(&self.disputes, reader, from, &self.organisation).await?;
            ask(&deployment.disputes, &command, &mut self.again).await?
        } else {
            let reader = "services-hears-organisation";
            heard(&self.services, reader, from, &self.organisation).await?;
            ask(&deployment.services, &command, &mut self.again).await?
        };
        let receipt = answer.receipt().clone();
        let told = if of_disputes { &mut self.cases.1 } else { &mut self.cases.0 };
        told.push((command, receipt.clone()));
        Ok(receipt)
    }

    /// What funds wrote is heard by organisation, which has reacted.
    pub async fn heard_back(&self) -> anyhow::Result<()> {
        let reader = "organisation-hears-funds-reacts";
        heard(&self.organisation, reader, "funds", &self.funds).await
    }

    /// A step on a payment that exists: with the hash of what was shown and the sealed parts opened.
    pub async fn showing(&self, payment: &str, take: Take) -> anyhow::Result<Take> {
        let stream = StreamId::of("payment", payment);
        let (_, state) = self.funds.store.state::<funds_oversight::State>(&stream).await?;
        let Some(funds_oversight::State::Payment(case)) = state else {
            anyhow::bail!("no payment {payment}");
        };
        let shown = Some(case.core.shown(payment));
        Ok(Take { shown, opened: self.opened(&stream).await?, ..take })
    }

    async fn opened(&self, stream: &StreamId) -> anyhow::Result<BTreeMap<String, Opened>> {
        let latest = "SELECT bytes FROM core_entry WHERE stream = $1 AND fact IN ($2, $3) ORDER BY idx DESC LIMIT 1";
        let facts = ["payment-requested.v1".into(), "payment-corrected.v1".into()];
        let [first, second] = facts;
        let rows = self.funds.store.query(latest, &[stream.as_str().into(), first, second]).await?;
        let row = rows.first().context("the payment was asked for")?;
        let event = Event::decode(row.bytes(0)?)?;
        let mut opened = BTreeMap::new();
        for field in event.data.keys().filter(|field| event.commitment(field).is_some()) {
            let part = self.funds.store.sealed_part(&event.log, event.index, field).await?;
            let Some(part) = part else { continue };
            let cipher = CipherPart {
                subject: part.subject,
                log: event.log.clone(),
                index: event.index,
                field: field.clone(),
                ciphertext: part.ciphertext,
            };
            let until = Instant::now() + PATIENCE;
            let plain = loop {
                let cipher = cipher.clone();
                let answer = self
                    .deployment
                    .funds
                    .ask(|host| async move { host.committer.sealer().open(&[cipher]).await })
                    .await;
                if let Some(Ok(plain)) = answer {
                    break plain;
                }
                anyhow::ensure!(Instant::now() < until, "nobody opens {field}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            };
            let plain = plain.into_iter().next().flatten().context("the value was erased")?;
            let (salt, json) = plain.split_at_checked(32).context("a value has its salt")?;
            let value = serde_json::from_slice(json)?;
            opened.insert(field.clone(), Opened { value, salt: hex::encode(salt) });
        }
        Ok(opened)
    }
}

/// Sends a command until it is answered; what the rules refuse is an error.
pub async fn ask<D: Domain>(
    node: &Node<D>,
    command: &Command<D::Command>,
    again: &mut u64,
) -> anyhow::Result<Answer> {
    let until = Instant::now() + PATIENCE;
    loop {
        let sent = command.clone();
        let outcome = node.ask(|host| async move { host.committer.submit(sent).await }).await;
        let why = match outcome {
            Some(Ok(answer)) => return Ok(answer),
            None => Verdict::Unknown,
            Some(Err(
                verdict @ (Verdict::Unknown | Verdict::Unavailable(_) | Verdict::NotKnownYet(_)),
            )) => verdict,
            Some(Err(verdict)) => return Err(verdict).context(command.key.clone()),
        };
        anyhow::ensure!(Instant::now() < until, "{}: no answer: {why}", command.key);
        *again += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn due<D: Domain>(node: &Node<D>, to: Timestamp) -> anyhow::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let done = node.ask(|host| async move { host.committer.due(to).await }).await;
        if let Some(Ok(_)) = done {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < until, "{}: deadlines: {done:?}", D::SERVICE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until a reader has everything that the source's logs hold now.
pub async fn heard(at: &Look, reader: &str, source: &str, from: &Look) -> anyhow::Result<()> {
    let heads = from.store.logs().await?;
    let readers = Readers::new(at.store.clone(), None);
    let until = Instant::now() + PATIENCE;
    loop {
        let mut behind = Vec::new();
        for head in &heads {
            let position = readers.position(reader, source, &head.id).await?;
            if position < head.size {
                behind.push(format!("{} at {position} of {}", head.id, head.size));
            }
        }
        if behind.is_empty() {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < until, "{reader} does not come on: {behind:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The seat of an official.
pub fn seat(unit: &UnitId, post: &str, holder: &str) -> anyhow::Result<Actor> {
    organisation::domain::official(unit, post, holder).with_context(|| format!("no post {post}"))
}
