//! Petitions from the outside: a form without log-in, a receipt with a query code, and the way back in by that code. No code
//! stands in an address, a cookie or a log.

mod pages_of;

use std::{collections::BTreeMap, sync::Arc};

use access::Action;
use axum::{
    http::{HeaderValue, Method, Uri, header},
    response::{IntoResponse, Response},
};
use casework::{
    CaseOffice,
    own::{OwnAct, WrongCodes, read_code},
};
use desk::{Office, Surroundings};
use engines::procedure::Act;
use kernel::{Class, Text, UnitId, Verdict};
use pages::Prefs;
use serde_json::{Map, Value};
use web::{Form, Path, Problem, RouteInfo, Routes};

use crate::Disputes;

/// The procedure behind these pages.
pub(crate) const PETITION: &str = "petition";
/// Where somebody asks with a code.
pub(crate) const QUERY: &str = "/petitions";

type Typed = BTreeMap<String, String>;

/// What these pages need.
pub(crate) struct Front {
    pub(crate) office: Arc<CaseOffice<Disputes>>,
    pub(crate) around: Surroundings,
    wrong: WrongCodes,
}

/// The routes.
pub(crate) fn routes(office: Arc<CaseOffice<Disputes>>, around: Surroundings) -> Routes<()> {
    let front = Arc::new(Front { office, around, wrong: WrongCodes::default() });
    let info = |method: Method, path: &str, operation: &str, zh: &str, en: &str| {
        let open = Action::Open;
        let what = ("disputes", open.name(), Class::Public);
        RouteInfo::new(method, path, operation, Text::new(zh, en), what).html()
    };
    let form = info(
        Method::GET,
        "/petitions/units/{unit}",
        "petition-form",
        "写信访件（不用登录）",
        "Write a petition, without log-in",
    );
    let send = info(
        Method::POST,
        "/petitions/units/{unit}",
        "petition-send",
        "提交信访件",
        "Send a petition",
    );
    let ask = info(
        Method::GET,
        QUERY,
        "petition-ask",
        "凭查询码查信访件",
        "Look a petition up by its code",
    );
    let look = info(Method::POST, QUERY, "petition-look", "查询结果", "What has become of it");
    let act = info(
        Method::POST,
        "/petitions/act",
        "petition-act",
        "信访人申请复查、复核或者撤回",
        "Ask for a review, or take it back",
    );
    let (a, b, c, d, e) = (front.clone(), front.clone(), front.clone(), front.clone(), front);
    Routes::new()
        .add(form, move |prefs: Prefs, uri: Uri, Path(unit): Path<String>| {
            let front = a.clone();
            async move { shown(form_page(&front, prefs, &uri, &unit).await) }
        })
        .add(send, move |prefs: Prefs, uri: Uri, Path(unit): Path<String>, sent: Form<Typed>| {
            let front = b.clone();
            async move { shown(send_page(&front, prefs, &uri, &unit, &sent.0).await) }
        })
        .add(ask, move |prefs: Prefs, uri: Uri| {
            let front = c.clone();
            async move { no_store(front.ask(prefs, &uri, None)) }
        })
        .add(look, move |prefs: Prefs, uri: Uri, sent: Form<Typed>| {
            let front = d.clone();
            async move { shown(state_page(&front, prefs, &uri, &sent.0).await) }
        })
        .add(act, move |prefs: Prefs, uri: Uri, sent: Form<Typed>| {
            let front = e.clone();
            async move { shown(act_page(&front, prefs, &uri, &sent.0).await) }
        })
}

fn shown(page: Result<Response, Problem>) -> Response {
    page.map_or_else(|problem| no_store(problem.into_response()), no_store)
}

/// Kept by no cache: the page holds a code, or what only its owner may read.
fn no_store(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn typed<'a>(sent: &'a Typed, name: &str) -> &'a str {
    sent.get(name).map_or("", |text| text.trim())
}

/// What was typed into the fields of a step; empty ones are left out.
fn fields(front: &Front, step: &str, sent: &Typed) -> Map<String, Value> {
    let definitions = front.office.definitions();
    let step = definitions.get(PETITION).and_then(|definition| definition.step(step));
    let names = step.into_iter().flat_map(|step| &step.takes);
    names
        .filter_map(|name| {
            let text = typed(sent, name);
            (!text.is_empty()).then(|| (name.clone(), Value::String(text.to_owned())))
        })
        .collect()
}

/// The first step of the procedure that the person takes.
fn first_step(front: &Front) -> Option<String> {
    let definitions = front.office.definitions();
    let definition = definitions.get(PETITION)?;
    let own = |step: &&definitions::Step| {
        definition.is_first(step) && matches!(step.by.who, definitions::Who::Resident(_))
    };
    definition.steps.iter().find(own).map(|step| step.id.clone())
}

async fn form_page(
    front: &Front,
    prefs: Prefs,
    uri: &Uri,
    unit: &str,
) -> Result<Response, Problem> {
    let place = front.office.place(&UnitId::new(unit)).await?.ok_or_else(Problem::not_found)?;
    let officials = front.officials(&place).await?;
    Ok(front.form(prefs, uri, &place, &officials, &Typed::new(), None))
}

async fn send_page(
    front: &Front,
    prefs: Prefs,
    uri: &Uri,
    unit: &str,
    sent: &Typed,
) -> Result<Response, Problem> {
    let place = front.office.place(&UnitId::new(unit)).await?.ok_or_else(Problem::not_found)?;
    let step = first_step(front).ok_or_else(Problem::not_found)?;
    let Some(code) = read_code(typed(sent, "code")) else { return Err(Problem::not_found()) };
    let act = Act::new(PETITION, &step, fields(front, &step, sent));
    let own = OwnAct { code: code.clone(), unit: Some(UnitId::new(unit)), act, seen: None };
    match front.office.act_own(own).await {
        Ok(answer) => Ok(front.receipt(prefs, uri, &place, &code, answer.receipt().at)),
        Err(Verdict::Refused(refusal)) => {
            let officials = front.officials(&place).await?;
            Ok(front.form(prefs, uri, &place, &officials, sent, Some(&refusal)))
        }
        Err(verdict) => Err(verdict.into()),
    }
}

/// A wrong code and none get one answer; many wrong ones are refused for a while.
async fn state_page(
    front: &Front,
    prefs: Prefs,
    uri: &Uri,
    sent: &Typed,
) -> Result<Response, Problem> {
    let code = read_code(typed(sent, "code"));
    let own = match &code {
        Some(code) => front.office.own(PETITION, code).await?,
        None => None,
    };
    match (code, own) {
        (Some(code), Some(own)) => Ok(front.state(prefs, uri, &code, &own, None)),
        _ => {
            front.wrong.count(front.around.clock.now()).map_err(Verdict::Refused)?;
            Ok(front.ask(prefs, uri, Some(())))
        }
    }
}

async fn act_page(
    front: &Front,
    prefs: Prefs,
    uri: &Uri,
    sent: &Typed,
) -> Result<Response, Problem> {
    let Some(code) = read_code(typed(sent, "code")) else { return Err(Problem::not_found()) };
    let step = typed(sent, "take");
    let act = Act::new(PETITION, step, fields(front, step, sent));
    let seen = typed(sent, "seen").parse().ok();
    let done = front.office.act_own(OwnAct { code: code.clone(), unit: None, act, seen }).await;
    let refusal = match done {
        Ok(_) | Err(Verdict::Changed { .. }) => None,
        Err(Verdict::Refused(refusal)) => Some(refusal),
        Err(verdict) => return Err(verdict.into()),
    };
    match front.office.own(PETITION, &code).await? {
        Some(own) => Ok(front.state(prefs, uri, &code, &own, refusal.as_ref())),
        None => state_page(front, prefs, uri, sent).await,
    }
}
