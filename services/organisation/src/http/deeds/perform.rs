//! Does a deed: who asks, where, whether it is theirs to record, the command, and what is shown afterwards.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::{Redirect, Response},
};
use desk::Visitor;
use kernel::{Actor, Answer, Entropy, Seat, Sent, UnitId};
use pages::{Cannot, FormPage, Lang, Link, Prefs};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use web::{Form, IdempotencyKey, Path, Problem, RouteInfo, Routes};

use super::{About, Around, Deed, seat};
use crate::{
    State as Stream,
    facts::{conflict, village},
    http::frame::{
        Shared, Typed, api_or, article, form_page, mark, no_store, page_or, said, shell, typed,
    },
    shows::{accounts, seats, units},
    staff::{Service, Submit, trouble},
};

/// The answer of the API.
#[derive(Serialize)]
pub(crate) struct Done {
    #[serde(flatten)]
    answer: Answer,
}

/// The routes of one deed.
pub(super) fn add(
    routes: Routes<Shared>,
    deed: &'static Deed,
    get: RouteInfo,
    post: RouteInfo,
    api: RouteInfo,
) -> Routes<Shared> {
    routes
        .add(
            get,
            move |state: State<Shared>,
                  prefs: Prefs,
                  uri: Uri,
                  headers: HeaderMap,
                  id: Path<String>| async move {
                page_or(&uri.clone(), page(deed, &state, prefs, &uri, &headers, &id.0).await)
            },
        )
        .add(
            post,
            move |state: State<Shared>,
                  prefs: Prefs,
                  uri: Uri,
                  headers: HeaderMap,
                  id: Path<String>,
                  sent: Form<Typed>| async move {
                page_or(
                    &uri.clone(),
                    send(deed, &state, prefs, &uri, &headers, &id.0, &sent.0).await,
                )
            },
        )
        .add(
            api,
            move |state: State<Shared>,
                  headers: HeaderMap,
                  id: Path<String>,
                  key: IdempotencyKey,
                  body: web::Json<Value>| async move {
                api_or(do_api(deed, &state, &headers, &id.0, key, body.0).await)
            },
        )
}

async fn around(
    service: &Service,
    visitor: &Visitor,
    deed: &Deed,
    id: &str,
) -> Result<Around, Problem> {
    let store = &service.host.store;
    let seat = match deed.about {
        About::Unit => None,
        About::Seat => {
            Some(seats::one(store, id).await.map_err(trouble)?.ok_or_else(Problem::not_found)?)
        }
    };
    let unit = seat.as_ref().map_or_else(|| UnitId::new(id), |seat| seat.unit.clone());
    let unit = units::one(store, &unit).await.map_err(trouble)?.ok_or_else(Problem::not_found)?;
    // whoever may not see the unit is told nothing of what is known there
    service.sees(visitor, &unit)?;
    let committer = &service.host.committer;
    let (_, known) = committer.state(&conflict::stream(&unit.place.unit)).await.map_err(trouble)?;
    let (_, figures) =
        committer.state(&village::stream(&unit.place.unit)).await.map_err(trouble)?;
    let conflicts = match known {
        Some(Stream::Conflicts(conflicts)) => conflicts,
        _ => conflict::Conflicts::default(),
    };
    let village = match figures {
        Some(Stream::Village(village)) => village,
        _ => village::Village::default(),
    };
    let me = service.holder_of(visitor.account()).await?;
    let today = service.now().date();
    Ok(Around { unit, seat, conflicts, village, me, today })
}

fn actor(seat: &Seat) -> Actor {
    Actor::Official(seat.clone())
}

/// The command of a deed, by somebody competent.
async fn perform(
    service: &Service,
    visitor: &Visitor,
    deed: &Deed,
    around: &Around,
    (body, sent): (Value, Sent),
    key: IdempotencyKey,
) -> Result<Answer, Problem> {
    let seat = service.competent(visitor, &around.unit, deed.matter).await?;
    // the same key of the same account gives the same ids: a repeat is a repeat
    let seed =
        Sha256::new().chain_update(visitor.account()).chain_update("\0").chain_update(key.as_str());
    let mut ids = Entropy::from_seed(seed.finalize().into());
    let ask = (deed.ask)(around, body, &mut ids)?;
    let wanted = Submit {
        principal: visitor.account(),
        key: key.into_string(),
        actor: actor(&seat),
        place: around.unit.place.clone(),
        seen: None,
        body: ask,
        sent: Some(sent),
        shown_by: &[seats::NAME, accounts::NAME],
    };
    Ok(service.submit(wanted).await?)
}

fn form(lang: Lang, deed: &Deed, around: &Around, id: &str, sent: &Typed, key: &str) -> FormPage {
    let mut form =
        FormPage::new(deed.href(id), (deed.fields)(lang, around, sent)).hidden("key", key);
    form.button = lang.pick(deed.button.0, deed.button.1).to_owned();
    form
}

fn frame(
    service: &Service,
    prefs: Prefs,
    uri: &Uri,
    visitor: &Visitor,
    deed: &Deed,
    around: &Around,
) -> pages::Shell {
    let lang = prefs.lang;
    let title = said(lang, &deed.title());
    let mut shell = shell(service, prefs, uri, title, Some(visitor), Some(&around.unit));
    shell.breadcrumb = vec![Link::new(
        around.unit.name.clone(),
        format!("/organisation/units/{}", around.unit.place.unit),
    )];
    shell.lead = Some(lang.pick(deed.lead.0, deed.lead.1).to_owned());
    shell
}

async fn page(
    deed: &Deed,
    service: &Service,
    prefs: Prefs,
    uri: &Uri,
    headers: &HeaderMap,
    id: &str,
) -> Result<Response, Problem> {
    let visitor = service.somebody(headers).await?;
    let around = around(service, &visitor, deed, id).await?;
    let key = service.draw(Entropy::code);
    let mut form = form(prefs.lang, deed, &around, id, &Typed::new(), &key);
    // no greyed button: a sentence says whose business it is, with the article
    if let Err(problem) = service.competent(&visitor, &around.unit, deed.matter).await {
        if problem.law.is_none() {
            return Err(problem);
        }
        let why =
            format!("{}{}", said(prefs.lang, &problem.detail), said(prefs.lang, &problem.remedy));
        form.cannot = Some(Cannot { why, article: article(prefs.lang, &problem) });
    }
    Ok(form_page(frame(service, prefs, uri, &visitor, deed, &around), &form, None))
}

async fn send(
    deed: &Deed,
    service: &Service,
    prefs: Prefs,
    uri: &Uri,
    headers: &HeaderMap,
    id: &str,
    sent: &Typed,
) -> Result<Response, Problem> {
    let visitor = service.somebody(headers).await?;
    let around = around(service, &visitor, deed, id).await?;
    let key = IdempotencyKey::parse(typed(sent, "key"))?;
    let body = (deed.body)(&around, sent);
    let answered: Typed = sent
        .iter()
        .filter(|(name, _)| *name != "key")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let asked = (body, Sent::of(&deed.href(id), &answered));
    match perform(service, &visitor, deed, &around, asked, key).await {
        Ok(_) => {
            let to = format!("/organisation/units/{}?done={}", around.unit.place.unit, deed.id);
            Ok(no_store(Redirect::to(&to)))
        }
        Err(problem) => {
            // the same key goes along: sending twice is one act; after a refusal nothing was done under it
            let mut form = form(prefs.lang, deed, &around, id, sent, typed(sent, "key"));
            mark(prefs.lang, &mut form, &problem);
            let shell = frame(service, prefs, uri, &visitor, deed, &around);
            Ok(form_page(shell, &form, Some(&problem)))
        }
    }
}

async fn do_api(
    deed: &Deed,
    service: &Service,
    headers: &HeaderMap,
    id: &str,
    key: IdempotencyKey,
    body: Value,
) -> Result<Done, Problem> {
    let visitor = service.somebody(headers).await?;
    let around = around(service, &visitor, deed, id).await?;
    let sent = Sent::of(&format!("{}/{id}", deed.api()), &body);
    let answer = perform(service, &visitor, deed, &around, (body, sent), key).await?;
    Ok(Done { answer })
}

/// `POST /api/organisation/seats`: fills a seat; the unit is in the body.
pub(crate) async fn api_fill(
    State(service): State<Shared>,
    headers: HeaderMap,
    key: IdempotencyKey,
    web::Json(mut body): web::Json<Value>,
) -> Response {
    let unit = body.as_object_mut().and_then(|body| body.remove("unit"));
    let Some(unit) = unit.as_ref().and_then(Value::as_str) else {
        let detail =
            kernel::Text::new("缺少 unit（单位编号）。", "`unit` is missing: the id of the unit.");
        return no_store(Problem::malformed("/unit", detail));
    };
    api_or(do_api(&seat::FILL, &service, &headers, unit, key, body).await)
}
