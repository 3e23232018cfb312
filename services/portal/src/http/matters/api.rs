//! The same as data: a unit's procedures with their counts, a page of one, a matter whole, a search.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Text, Timestamp};
use pages::Prefs;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Ask, Named, case, found, href, list,
    parts::Case,
    section,
    state::{self, Status},
};
use crate::{
    Portal,
    http::{
        api::{answer, as_of},
        frame::{self, Failure},
    },
    owner,
    shows::{
        matters::{Matter, Told},
        position,
    },
    telling::{self, Went},
};

/// A matter in a list.
#[derive(Serialize)]
struct Brief {
    service: &'static str,
    procedure: String,
    id: String,
    unit: String,
    definition: String,
    status: Status,
    ended: bool,
    began: Timestamp,
    last: Timestamp,
    due: Option<Timestamp>,
    headline: Option<String>,
    page: String,
}

fn brief(named: &Named, now: Timestamp) -> Brief {
    let matter: &Matter = &named.matter;
    Brief {
        service: matter.service,
        procedure: matter.procedure.clone(),
        id: matter.id.clone(),
        unit: matter.unit.clone(),
        definition: matter.definition.clone(),
        status: state::status(matter, named.definition.as_deref(), now),
        ended: matter.ended,
        began: matter.began,
        last: matter.last,
        due: matter.due,
        headline: named.headline.clone(),
        page: href(matter),
    }
}

/// `/api/portal/villages/{unit}/matters`: the procedures of which a unit has matters, with their counts.
pub(crate) async fn of_unit(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let built = async {
        let unit = frame::unit(&ask, &id, "").await?;
        let mut procedures = Vec::new();
        let mut positions = Vec::new();
        for count in section::counts(&ask, &unit.unit).await? {
            let definition = section::definition_of(&ask, &count).await;
            positions.extend(latest(&portal, count.service).await?);
            let mut said = json!(count);
            said["term"] = json!(definition.map(|d| d.term.clone()));
            said["page"] = section::list_href(&unit, &count.procedure).into();
            procedures.push(said);
        }
        positions.dedup();
        Ok((positions, json!({ "unit": unit, "procedures": procedures })))
    };
    answer(built.await)
}

async fn latest(portal: &Portal, service: &str) -> Result<Vec<crate::shows::AsOf>, Failure> {
    match list::kept(service) {
        Some(kept) => Ok(position::all(&portal.db, kept).await?),
        None => Ok(Vec::new()),
    }
}

/// `/api/portal/villages/{unit}/matters/{procedure}?show=running|ended&page=`: a page of a unit's matters.
pub(crate) async fn of_procedure(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((id, procedure)): Path<(String, String)>,
) -> Response {
    #[derive(Serialize)]
    struct Said {
        term: Option<Text>,
        running: i64,
        ended: i64,
        page: u32,
        rows: i64,
        matters: Vec<Brief>,
    }
    let ask = Ask::new(&portal, prefs, &uri);
    let built = async {
        let (now, wanted) = (portal.now(), frame::asked::<list::Wanted>(&uri));
        let listed = list::load(&ask, (&id, &procedure), &wanted).await?;
        let named = super::named(&ask, listed.matters).await;
        let said = Said {
            term: listed.definition.map(|d| d.term.clone()),
            running: listed.count.running,
            ended: listed.count.ended,
            page: wanted.at(),
            rows: list::ROWS,
            matters: named.iter().map(|one| brief(one, now)).collect(),
        };
        Ok((latest(&portal, listed.count.service).await?, said))
    };
    answer(built.await)
}

/// `/api/portal/matters/{service}/{procedure}/{id}`: a matter with its events, its public texts and their salts.
pub(crate) async fn one(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((service, procedure, id)): Path<(String, String, String)>,
) -> Response {
    #[derive(Serialize)]
    struct Said {
        #[serde(flatten)]
        brief: Brief,
        term: Option<Text>,
        open_until: Option<Timestamp>,
        events: Vec<Told>,
        texts: Vec<Value>,
        deadlines: Vec<Value>,
        questions: Vec<Value>,
    }
    let ask = Ask::new(&portal, prefs, &uri);
    let built = async {
        let now = portal.now();
        let case = case::load(&ask, (&service, &procedure, &id)).await?;
        let matter = &case.named.matter;
        let positions = match list::kept(matter.service) {
            Some(kept) => as_of(&portal, kept, &matter.position.log).await?,
            None => Vec::new(),
        };
        let said = Said {
            brief: brief(&case.named, now),
            term: case.named.definition.as_ref().map(|d| d.term.clone()),
            open_until: telling::open_until(&matter.history, now).map(|(ends, _)| ends),
            texts: texts(&case),
            deadlines: deadlines(&case, now),
            questions: questions(&case),
            events: case.events,
        };
        Ok((positions, said))
    };
    answer(built.await)
}

/// The texts that may be shown now, each with the salt that proves it.
fn texts(case: &Case) -> Vec<Value> {
    let shown = case.texts.iter().filter_map(|(text, found)| match found {
        owner::Text::Shown(opened) => Some(json!({
            "log": text.position.log, "index": text.position.index, "field": text.field,
            "value": opened.value, "salt": STANDARD.encode(opened.salt),
        })),
        owner::Text::Absent | owner::Text::Differs => None,
    });
    shown.collect()
}

fn deadlines(case: &Case, now: Timestamp) -> Vec<Value> {
    let Some(definition) = case.named.definition.as_deref() else { return Vec::new() };
    let said = telling::deadlines(definition, &case.events, now).into_iter().map(|one| {
        let (went, at) = match one.went {
            Went::Running => ("running", None),
            Went::Paused => ("paused", None),
            Went::Kept(at) => ("kept", Some(at)),
            Went::Late(at) => ("late", Some(at)),
            Went::Missed => ("missed", None),
        };
        json!({ "step": one.step.id, "name": one.step.name, "from": one.from, "due": one.due, "went": went, "done": at })
    });
    said.collect()
}

fn questions(case: &Case) -> Vec<Value> {
    let Some(definition) = case.named.definition.as_deref() else { return Vec::new() };
    let said = telling::exchanges(definition, &case.events).into_iter().map(|one| {
        json!({
            "asked": one.asked.event, "answered": one.answer.map(|answer| &answer.event),
            "due": one.due, "missed": one.missed,
        })
    });
    said.collect()
}

#[derive(Deserialize, Default)]
struct Query {
    #[serde(default)]
    q: String,
    unit: Option<String>,
}

/// `/api/portal/matters?q=&unit=`: matters by headline, of all units or of one and all below it.
pub(crate) async fn search(State(portal): State<Arc<Portal>>, prefs: Prefs, uri: Uri) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let built = async {
        let now = portal.now();
        let asked = frame::asked::<Query>(&uri);
        let query: String = asked.q.chars().take(60).collect();
        let hits = found::search(&ask, &query, asked.unit.as_deref()).await?;
        let mut positions = Vec::new();
        for kept in crate::shows::matters::KEPT {
            positions.extend(latest(&portal, kept.service()).await?);
        }
        let hits: Vec<Brief> = hits.iter().map(|hit| brief(hit, now)).collect();
        Ok((positions, json!({ "matters": hits })))
    };
    answer(built.await)
}
