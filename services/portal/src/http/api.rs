//! `/api/portal/…`: the same data as the pages, as JSON, from the same functions; each answer says as of which position.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::StoreError;
use web::Problem;

use super::{
    frame::{self, Failure},
    say,
    unit::{self, Counts},
    voucher as voucher_page,
};
use crate::{
    Portal,
    shows::{
        AsOf,
        decisions::{self, Decision},
        divisions::{self, Unit},
        happened::Happening,
        items,
        items::Item,
        month,
        payments::{self, Payment},
        position, queries, rules, seats, vouchers,
    },
};

/// An answer with the positions of which it speaks.
#[derive(Serialize)]
struct Answer<T: Serialize> {
    as_of: Vec<AsOf>,
    #[serde(flatten)]
    said: T,
}

fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::Missing | Failure::Moved(_) => Problem::not_found(),
        Failure::Store(error) => {
            tracing::error!(%error, "an answer of the portal");
            Problem::generic("unavailable")
        }
    }
}

pub(crate) fn answer<T: Serialize>(built: Result<(Vec<AsOf>, T), Failure>) -> Response {
    match built {
        Ok((as_of, said)) => {
            let header = as_of.first().and_then(|a| web::at_least::as_of(&a.log, a.index + 1));
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert(web::at_least::AS_OF.clone(), value);
            }
            (headers, Json(Answer { as_of, said })).into_response()
        }
        Err(failure) => problem(failure).into_response(),
    }
}

/// How far a read model has come in a log.
pub(crate) async fn as_of(
    portal: &Portal,
    model: (&'static str, &'static str),
    log: &kernel::LogId,
) -> Result<Vec<AsOf>, StoreError> {
    Ok(position::of(&portal.db, model, log).await?.into_iter().collect())
}

/// The logs of the divisions.
async fn divisions_as_of(portal: &Portal) -> Result<Vec<AsOf>, StoreError> {
    position::all(&portal.db, divisions::OF).await
}

#[derive(Deserialize, Default)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

/// `/api/portal/units?q=`: the top of the tree, or what a search finds.
pub(crate) async fn units(State(portal): State<Arc<Portal>>, uri: Uri) -> Response {
    let wanted: String = frame::asked::<Search>(&uri).q.chars().take(60).collect();
    let built = async {
        let as_of = divisions_as_of(&portal).await?;
        let units = if wanted.trim().is_empty() {
            json!(divisions::children(&portal.db, None).await?)
        } else {
            json!(divisions::search(&portal.db, &wanted).await?)
        };
        Ok((as_of, json!({ "units": units })))
    };
    answer(built.await)
}

/// `/api/portal/units/{unit}`: a unit, what is above and below it, its counts.
pub(crate) async fn unit(State(portal): State<Arc<Portal>>, Path(id): Path<String>) -> Response {
    #[derive(Serialize)]
    struct Said {
        unit: Unit,
        earlier_names: Vec<divisions::EarlierName>,
        above: Vec<Unit>,
        below: Vec<Unit>,
        counts: Counts,
    }
    let built = async {
        let unit = divisions::get(&portal.db, &id).await?.ok_or(Failure::Missing)?;
        let said = Said {
            earlier_names: divisions::earlier_names(&portal.db, &id).await?,
            above: divisions::path(&portal.db, &id).await?,
            below: divisions::children(&portal.db, Some(&id)).await?,
            counts: unit::count(&portal, &unit).await?,
            unit,
        };
        Ok((divisions_as_of(&portal).await?, said))
    };
    answer(built.await)
}

/// `/api/portal/villages/{unit}`: a village's home.
pub(crate) async fn village(State(portal): State<Arc<Portal>>, Path(id): Path<String>) -> Response {
    #[derive(Serialize)]
    struct Said {
        unit: Unit,
        seats: Vec<seats::SeatRow>,
        months: Vec<vouchers::Book>,
        decisions: Vec<Value>,
        payments_under_way: Vec<Payment>,
        questions: Vec<Value>,
        published: Vec<Item>,
    }
    let built = async {
        let (db, now) = (&portal.db, portal.now());
        let unit = divisions::get(db, &id).await?.filter(Unit::is_governed_village);
        let unit = unit.ok_or(Failure::Missing)?;
        let decided = decisions::of_unit(db, &id, 50, 0).await?;
        let asked = queries::of_unit(db, &id, 50).await?;
        let said = Said {
            seats: seats::now(db, &id, now.date()).await?,
            months: vouchers::months(db, &id).await?,
            decisions: decided.iter().map(brief).collect(),
            payments_under_way: payments::under_way(db, &id).await?,
            questions: asked
                .iter()
                .map(|query| {
                    let mut said = json!(query);
                    said["state"] = json!(query.state(now));
                    said
                })
                .collect(),
            published: items::latest(db, &id, 50).await?,
            unit,
        };
        let as_of = logs_of(&portal, &said.unit, &said.seats, &said.published).await?;
        Ok((as_of, said))
    };
    answer(built.await)
}

/// The logs that a village's things lie in, each as far as the slowest read model that follows it.
async fn logs_of(
    portal: &Portal,
    unit: &Unit,
    seats: &[seats::SeatRow],
    items: &[Item],
) -> Result<Vec<AsOf>, StoreError> {
    let mut logs: BTreeSet<&str> = BTreeSet::from([unit.position.log.as_str()]);
    logs.extend(seats.iter().map(|s| s.position.log.as_str()));
    logs.extend(items.iter().map(|i| i.position.log.as_str()));
    let mut slowest: Vec<AsOf> = Vec::new();
    for model in [divisions::OF, seats::OF, decisions::OF, vouchers::OF, items::OF] {
        for at in position::all(&portal.db, model).await? {
            match slowest.iter_mut().find(|known| known.log == at.log) {
                _ if !logs.contains(at.log.as_str()) => {}
                Some(known) if known.index > at.index => *known = at,
                Some(_) => {}
                None => slowest.push(at),
            }
        }
    }
    Ok(slowest)
}

fn brief(decision: &Decision) -> Value {
    json!({
        "proposal": decision.proposal,
        "matter": decision.matter(),
        "began": decision.began,
        "last": decision.last,
        "adopted": decision.adopted,
        "ended": decision.ended,
        "annulled": decision.annulled,
        "limit": decision.limit(),
        "deadlines": decision.history.deadlines(),
    })
}

/// `/api/portal/decisions/{id}`: a decision with its events and the money under it.
pub(crate) async fn decision(
    State(portal): State<Arc<Portal>>,
    Path(id): Path<String>,
) -> Response {
    #[derive(Serialize)]
    struct Said {
        decision: Decision,
        objections: usize,
        objections_answered: usize,
        limit: Option<i64>,
        spent: i64,
        payments: Vec<Payment>,
        events: Vec<Happening>,
    }
    let built = async {
        let db = &portal.db;
        let decision = decisions::get(db, &id).await?.ok_or(Failure::Missing)?;
        let made = payments::under(db, &id).await?;
        let mut as_of = Vec::new();
        as_of.extend(position::of(db, decisions::OF, &decision.position.log).await?);
        if let Some(first) = made.first() {
            as_of.extend(position::of(db, payments::OF, &first.position.log).await?);
        }
        let said = Said {
            objections: decision.objections(),
            objections_answered: decision.objections_answered(),
            limit: decision.limit(),
            spent: payments::spent(&made),
            payments: made,
            events: decisions::events(db, &id).await?,
            decision,
        };
        Ok((as_of, said))
    };
    answer(built.await)
}

/// `/api/portal/villages/{unit}/accounts/{month}`: a month's money, from the same statement as the page.
pub(crate) async fn month(
    State(portal): State<Arc<Portal>>,
    Path((id, of)): Path<(String, String)>,
) -> Response {
    #[derive(Serialize)]
    struct Said {
        published: &'static str,
        item: Option<Item>,
        #[serde(flatten)]
        month: month::Month,
        questions: Vec<queries::Query>,
    }
    let built = async {
        let db = &portal.db;
        let books = vouchers::months(db, &id).await?;
        if !vouchers::is_month(&of) || !books.iter().any(|b| b.month == of) {
            return Err(Failure::Missing);
        }
        let money = month::load(db, &id, &of).await?;
        let as_of = match money.vouchers.last() {
            Some(last) => position::of(db, vouchers::OF, &last.position.log).await?,
            None => position::all(db, vouchers::OF).await?.into_iter().next(),
        };
        let item = items::of_month(db, &id, "G5", &of).await?.into_iter().next();
        let posted = say::Posted::load(&portal, &id, &of).await?;
        let said = Said {
            published: posted.word(),
            item,
            month: money,
            questions: queries::of_month(db, &id, &of).await?,
        };
        Ok((as_of.into_iter().collect(), said))
    };
    answer(built.await)
}

/// `/api/portal/vouchers/{id}`: a voucher, its payment and its questions.
pub(crate) async fn voucher(State(portal): State<Arc<Portal>>, Path(id): Path<String>) -> Response {
    #[derive(Serialize)]
    struct Said {
        month: String,
        voucher: month::Voucher,
        payment: Option<Payment>,
        events: Vec<Happening>,
        questions: Vec<queries::Query>,
    }
    let built = async {
        let db = &portal.db;
        let (_, of, voucher) = voucher_page::load(&portal, &id).await?;
        let payment = payments::of_voucher(db, &id).await?;
        let events = match &payment {
            Some(payment) => payments::events(db, &payment.payment).await?,
            None => Vec::new(),
        };
        let as_of = position::of(db, vouchers::OF, &voucher.position.log).await?;
        let questions = queries::of_voucher(db, &id).await?;
        let said = Said { month: of, voucher, payment, events, questions };
        Ok((as_of.into_iter().collect(), said))
    };
    answer(built.await)
}

/// `/api/portal/rules`: the definitions that were adopted.
pub(crate) async fn rules(State(portal): State<Arc<Portal>>) -> Response {
    let built = async {
        let as_of = position::all(&portal.db, rules::OF).await?;
        Ok((as_of, json!({ "rules": rules::all(&portal.db).await? })))
    };
    answer(built.await)
}
