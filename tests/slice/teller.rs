//! Does what the story says as the people in it would: each act is sent to the service's API by whoever holds the post.
//! Keeps every request with the receipt that it was given.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context;
use engines::procedure::Act;
use funds_oversight::{
    Ask as Money,
    ask::Take,
    facts::{party::Opened, voucher::Template},
};
use kernel::{Actor, Date, Place, Receipt, StreamId, Timestamp, UnitId};
use organisation::Ask;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Readers, Store};
use tokio::time::Instant;

use crate::{
    client::{Client, PATIENCE, Request, answer},
    demo,
    deployment::Deployment,
    known::Known,
    trouble::Trouble,
};

/// The services that write, with their databases looked at from outside.
pub struct Looks {
    pub organisation: Store,
    pub funds: Store,
    pub services: Store,
    pub disputes: Store,
}

impl Looks {
    /// By name, in the order of [`crate::deployment::FIVE`].
    pub fn all(&self) -> [(&'static str, &Store); 4] {
        [
            ("organisation", &self.organisation),
            ("funds", &self.funds),
            ("services", &self.services),
            ("disputes", &self.disputes),
        ]
    }
}

/// The teller.
pub struct Teller {
    pub deployment: Arc<Deployment>,
    pub looks: Looks,
    pub client: Client,
    /// Requests with their first receipts.
    pub told: Vec<(Request, Receipt)>,
    pub known: Known,
    requests: u64,
}

impl Teller {
    pub async fn new(deployment: &Arc<Deployment>, trouble: Trouble) -> Self {
        Self {
            looks: Looks {
                organisation: deployment.look("organisation").await,
                funds: deployment.look("funds").await,
                services: deployment.look("services").await,
                disputes: deployment.look("disputes").await,
            },
            client: Client::new(deployment, trouble),
            deployment: deployment.clone(),
            told: Vec::new(),
            known: Known::default(),
            requests: 0,
        }
    }

    /// The day of the story.
    pub fn today(&self) -> Date {
        self.deployment.now().date()
    }

    /// Moves the clock, and waits until what falls due by then has taken effect.
    pub async fn until(&mut self, to: Timestamp) -> anyhow::Result<()> {
        self.deployment.move_to(to);
        let until = Instant::now() + PATIENCE;
        for (name, store) in self.looks.all() {
            loop {
                let due = "SELECT stream FROM core_deadline WHERE due_at <= $1";
                let due = store.query(due, &[to.micros().into()]).await?;
                if due.is_empty() {
                    break;
                }
                anyhow::ensure!(Instant::now() < until, "{name}: overdue at {to}: {due:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }

    /// A request under a key of its own.
    pub fn request(
        &mut self,
        service: &'static str,
        path: String,
        login: String,
        seen: Option<String>,
        body: Value,
    ) -> Request {
        self.requests += 1;
        let key = format!("slice-{:06}", self.requests);
        Request { service, path, login, key, seen, body }
    }

    /// Sends a request, keeps its receipt, and gives the whole answer.
    pub async fn submit(
        &mut self,
        service: &'static str,
        path: String,
        login: String,
        seen: Option<String>,
        body: Value,
    ) -> anyhow::Result<Value> {
        let request = self.request(service, path, login, seen, body);
        let done = self.client.submit(&request).await?;
        let receipt = answer(&done)?.receipt().clone();
        self.told.push((request, receipt));
        Ok(done)
    }

    /// Asks organisation, by whoever records such things there, or takes a step of a decision.
    pub async fn organisation(
        &mut self,
        place: &Place,
        actor: Actor,
        body: Ask,
    ) -> anyhow::Result<Receipt> {
        let done = match body {
            Ask::SetUpVillage(sizes) => self.record(place, "set-up", &sizes).await?,
            Ask::CountElectorate(lists) => self.record(place, "electorate", &lists).await?,
            Ask::FillSeat(fill) => {
                let done = self.record(place, "fill-seat", &fill).await?;
                self.seated(place, &fill).await?;
                done
            }
            Ask::Act { subject, act } => {
                let on = self.known.find(&subject).map(str::to_owned);
                let done = self.step("organisation", place, &actor, on, &act).await?;
                if let Some(id) = done["thing"]["id"].as_str() {
                    self.known.learn(&subject, id);
                }
                done
            }
            other => anyhow::bail!("no part of the story: {other:?}"),
        };
        Ok(answer(&done)?.receipt().clone())
    }

    /// A fact that is recorded beside the procedures. The address says where, the service draws its ids.
    async fn record(
        &mut self,
        place: &Place,
        what: &str,
        fact: &impl Serialize,
    ) -> anyhow::Result<Value> {
        let clerk = self.clerk(place).await?;
        let mut body = serde_json::to_value(fact)?;
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|name, _| !["unit", "seat", "holder"].contains(&name.as_str()));
        }
        let unit = self.known.id(place.unit.as_str());
        let path = format!("/api/organisation/units/{unit}/{what}");
        self.submit("organisation", path, clerk, None, body).await
    }

    /// Takes a step, of a thing that is there or of a new one.
    async fn step(
        &mut self,
        service: &'static str,
        place: &Place,
        actor: &Actor,
        on: Option<String>,
        act: &Act,
    ) -> anyhow::Result<Value> {
        let Actor::Official(seat) = actor else { anyhow::bail!("{actor} signs in nowhere") };
        let login = self.login(&seat.holder).await?;
        let Act { procedure, step, .. } = act;
        let (path, seen) = match on {
            Some(id) => {
                let thing = format!("/api/{service}/{procedure}/{id}");
                let seen = self.client.get(service, &thing, Some(&login)).await?.etag;
                (format!("{thing}/{step}"), seen)
            }
            None => {
                let unit = self.known.id(place.unit.as_str());
                (format!("/api/{service}/units/{unit}/{procedure}/{step}"), None)
            }
        };
        let body = self.known.translate(json!({
            "fields": act.fields, "outcome": act.outcome, "sitting": act.sitting, "about": act.about,
            "seat": { "unit": seat.unit, "body": seat.body, "post": seat.post },
        }));
        self.submit(service, path, login, seen, body).await
    }

    /// Asks funds-oversight, once it has heard what organisation has written.
    pub async fn funds(
        &mut self,
        place: &Place,
        actor: Actor,
        body: Money,
    ) -> anyhow::Result<Receipt> {
        for reader in ["funds-hears-organisation", "funds-directory"] {
            heard(&self.looks.funds, reader, "organisation", &self.looks.organisation).await?;
        }
        let (act, body, drawn) = match body {
            Money::Take(take) => {
                let Take { on, act, .. } = *take;
                // Which month is handed in the service knows itself.
                let on = on.filter(|_| act.step != "submit");
                let on = on.map(|id| self.known.id(&id).to_owned());
                let done = self.step("funds", place, &actor, on, &act).await?;
                return Ok(answer(&done)?.receipt().clone());
            }
            Money::SignOpeningBalances { month, lines } => {
                ("opening-balances", json!({ "month": month, "lines": lines }), None)
            }
            Money::SignPeriodOpening { month } => {
                ("month-opening", json!({ "month": month }), None)
            }
            Money::PostVoucher {
                entry: Template::Receipt { into, from, amount, bank_account },
                date,
                summary,
            } => {
                let body = json!({
                    "into": into, "from": from, "amount": amount, "bank_account": bank_account,
                    "date": date, "summary": summary,
                });
                ("receipt", body, None)
            }
            Money::RecordBankAccount { account, kind, held_by, number } => {
                let body = json!({ "kind": kind, "held_by": held_by, "number": number });
                ("bank-account", body, Some(("account", account)))
            }
            Money::AdoptBudget { reserve, line, year, amount, resolution } => {
                let body = json!({ "line": line, "year": year, "amount": amount, "resolution": resolution });
                ("budget-line", body, Some(("reserve", reserve)))
            }
            other => anyhow::bail!("no part of the story: {other:?}"),
        };
        let login = self.login(actor.holder().context("somebody keeps the books")?).await?;
        let unit = self.known.id(place.unit.as_str());
        let path = format!("/api/funds/units/{unit}/bookkeeping/{act}");
        let body = self.known.translate(body);
        let done = self.submit("funds", path, login, None, body).await?;
        let receipt = answer(&done)?.receipt().clone();
        if let Some((kind, script)) = drawn {
            let mut streams = receipt.events.iter().filter_map(|event| event.stream.as_ref());
            let stream = streams.find(|stream| stream.kind() == kind);
            self.known.learn(&script, stream.map(StreamId::key).context(kind)?);
        }
        Ok(receipt)
    }

    /// Asks services or disputes to take a step; `on` is absent for a new case.
    pub async fn casework(
        &mut self,
        place: &Place,
        actor: Actor,
        on: Option<&str>,
        act: Act,
    ) -> anyhow::Result<Receipt> {
        let service = if act.procedure == "screening" { "disputes" } else { "services" };
        for reader in casework_hears(service) {
            let at =
                if service == "disputes" { &self.looks.disputes } else { &self.looks.services };
            heard(at, &reader, "organisation", &self.looks.organisation).await?;
        }
        let done = self.step(service, place, &actor, on.map(str::to_owned), &act).await?;
        Ok(answer(&done)?.receipt().clone())
    }

    /// Asks disputes to take a step of a case that lies in a closed log. Petitions are not part of this story: they are
    /// written on a page without log-in, under a code that the page draws.
    pub async fn disputes(
        &mut self,
        place: &Place,
        actor: Actor,
        take: casework::Take,
    ) -> anyhow::Result<()> {
        if take.act.procedure == "petition" {
            return Ok(());
        }
        for reader in casework_hears("disputes") {
            let from = &self.looks.organisation;
            heard(&self.looks.disputes, &reader, "organisation", from).await?;
        }
        let on = take.on.map(|id| self.known.id(&id).to_owned());
        let done = self.step("disputes", place, &actor, on, &take.act).await?;
        if let Some(script) = take.new {
            let id = done["thing"]["id"].as_str().context("a new case has an id")?;
            self.known.learn(&script, id);
        }
        Ok(())
    }

    /// What funds wrote is heard by organisation, which has reacted.
    pub async fn heard_back(&self) -> anyhow::Result<()> {
        let reader = "organisation-hears-funds-reacts";
        heard(&self.looks.organisation, reader, "funds", &self.looks.funds).await
    }

    /// A step on a payment that exists: what was shown, the service knows by the version that was seen.
    pub async fn showing(&self, _payment: &str, take: Take) -> anyhow::Result<Take> {
        Ok(take)
    }

    /// The service's watches look over the books by themselves; the last warning of a rule in a unit, once it is told.
    pub async fn watched(&self, unit: &UnitId, rule: &str) -> anyhow::Result<Option<String>> {
        let unit = self.known.id(unit.as_str()).to_owned();
        let sql = "SELECT warning FROM funds_watch_found WHERE unit = $1 AND rule = $2 AND warning IS NOT NULL \
                   ORDER BY at DESC LIMIT 1";
        let until = Instant::now() + PATIENCE;
        loop {
            let values = [unit.as_str().into(), rule.into()];
            let rows = self.looks.funds.query(sql, &values).await?;
            match rows.first() {
                Some(row) => return Ok(Some(row.text(0)?.to_owned())),
                None if Instant::now() > until => return Ok(None),
                None => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// What was found, the service opens itself for whoever may know of it.
    pub async fn finding(&self, _warning: &str) -> anyhow::Result<BTreeMap<String, Opened>> {
        Ok(BTreeMap::new())
    }

    /// Who should attend a sitting.
    pub async fn roll(&self, unit: &UnitId, body: &str, day: Date) -> anyhow::Result<Vec<String>> {
        let unit = UnitId::new(self.known.id(unit.as_str()));
        demo::roll(&self.looks.organisation, &unit, body, day).await
    }
}

/// What a service of casework hears organisation with.
pub fn casework_hears(service: &str) -> [String; 2] {
    [format!("{service}-hears-organisation"), format!("{service}-directory")]
}

/// Waits until a reader has everything that the source's logs hold now.
pub async fn heard(at: &Store, reader: &str, source: &str, from: &Store) -> anyhow::Result<()> {
    let heads = from.logs().await?;
    let readers = Readers::new(at.clone(), None);
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
