//! The JSON API of a desk: the same steps, things and lists as the pages, for programs. Knows no page.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Multipart, Request},
    http::{
        HeaderValue, StatusCode,
        header::{ETAG, LINK, LOCATION},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use engines::procedure::{Act, Open, Row, Sitting, governing, open_steps, stepper};
use kernel::{Answer, Position, Seat, Sent, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use web::{AtLeast, Cursor, IdempotencyKey, Paging, Problem, RequiredIfMatch};

use crate::{
    Desk, Listed, Submission, Thing, Upload, Visitor, Wanted,
    case::{Case, Where, seat_value},
    desk::Matter,
    step::Which,
    terms::{Terms, named},
    typed::{SEAT, Typed, broken},
};

/// What a program sends to take a step.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    sitting: Option<Sitting>,
    #[serde(default)]
    about: Option<String>,
    #[serde(default)]
    seat: Option<SeatSaid>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeatSaid {
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    body: Option<String>,
    post: String,
}

/// Takes a step.
pub(crate) async fn take(
    desk: &Desk,
    request: Request<Body>,
    which: Which<'_>,
    at: Where<'_>,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let visitor = desk.visitor(&parts.headers).await?;
    let case = Case::load(desk, visitor, which.procedure, which.step, at).await?;
    case.may_act(desk)?;
    let key = IdempotencyKey::from_request_parts(&mut parts, &()).await?.into_string();
    let seen = match case.thing {
        Some(_) => Some(RequiredIfMatch::from_request_parts(&mut parts, &()).await?.0),
        None => None,
    };
    let path = parts.uri.path().to_owned();
    let web::Json(asked) =
        web::Json::<Asked>::from_request(Request::from_parts(parts, body), &()).await?;
    let sent = Sent::of(&path, &asked);
    let seat = seat(&case, asked.seat.as_ref())?;
    let act = Act {
        procedure: case.definition.id.clone(),
        step: case.step.id.clone(),
        outcome: asked.outcome,
        fields: asked.fields,
        sitting: asked.sitting,
        about: asked.about,
    };
    let submission = Submission {
        visitor: &case.visitor,
        seat,
        place: &case.place.place,
        act,
        thing: case.id(),
        key: key.clone(),
        seen,
        sent,
    };
    let answer = desk.office.submit(submission).await;
    let answer = answer.map_err(|verdict| case.told(&desk.terms(), verdict))?;
    Ok(answered(desk, &case, &answer, &key))
}

fn answered(desk: &Desk, case: &Case, answer: &Answer, key: &str) -> Response {
    let receipt = answer.receipt();
    let sent = (case.visitor.account(), key);
    let id = case.id().map(str::to_owned);
    let id = id.or_else(|| desk.office.begun(&case.definition, receipt, sent));
    let mut body = serde_json::to_value(answer).unwrap_or_default();
    let href =
        id.as_ref().map(|id| format!("/api/{}/{}/{id}", desk.office.service(), case.definition.id));
    let own = |id: &String| {
        let mut events = receipt.events.iter().rev();
        // An event of a closed log names no stream.
        events
            .find(|event| event.stream.as_ref().is_none_or(|stream| stream.key() == id))
            .map(|event| event.version)
    };
    let version = id.as_ref().and_then(own);
    if let (Some(object), Some(id)) = (body.as_object_mut(), &id) {
        let mut thing = json!({ "procedure": case.definition.id, "id": id, "href": href });
        if let (Some(thing), Some(version)) = (thing.as_object_mut(), version) {
            thing.insert("version".to_owned(), version.into());
        }
        object.insert("thing".to_owned(), thing);
    }
    let created = case.thing.is_none() && matches!(answer, Answer::Accepted(_));
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = (status, web::Json(body)).into_response();
    if let Some(version) = version {
        response.headers_mut().insert(ETAG, web::etag(version));
    }
    if let Some(to) = href.filter(|_| created).and_then(|href| HeaderValue::try_from(href).ok()) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// The seat that was named, or the only one that fits.
fn seat<'a>(case: &'a Case, said: Option<&SeatSaid>) -> Result<&'a Seat, Problem> {
    let Some(said) = said else {
        return case.only_seat().map_err(|_| {
            let fitting: Vec<String> = case.fitting().into_iter().map(seat_value).collect();
            let list = fitting.join(", ");
            Problem::malformed(
                "/seat",
                Text::new(
                    format!("有几个任职都可以办，请在 seat 中说明：{list}"),
                    format!("several of your seats fit; say which in `seat`: {list}"),
                ),
            )
        });
    };
    let is =
        |given: &Option<String>, value: &str| given.as_deref().is_none_or(|given| given == value);
    let mut found = case.near.iter().filter(|seat| {
        seat.post == said.post && is(&said.body, &seat.body) && is(&said.unit, seat.unit.as_str())
    });
    match (found.next(), found.next()) {
        (Some(seat), None) => {
            // The same rule as for forms: one of the seats held here or above.
            let mut typed = Typed::default();
            typed.put(SEAT, seat_value(seat));
            case.seat(&typed).map_err(|text| Problem::malformed("/seat", text))
        }
        (Some(_), Some(_)) => Err(Problem::malformed(
            "/seat",
            Text::new(
                "符合的任职不止一个，请写明 unit 和 body",
                "more than one seat fits; give `unit` and `body` too",
            ),
        )),
        (None, _) => Err(Problem::malformed(
            "/seat",
            Text::new("您在这里没有这个任职", "you do not hold this seat here"),
        )),
    }
}

/// A thing.
pub(crate) async fn thing(
    desk: &Desk,
    request: Request<Body>,
    procedure: &str,
    id: &str,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let visitor = desk.visitor(&parts.headers).await?;
    let thing = desk.thing(&visitor, procedure, id).await?;
    let definitions = desk.office.definitions();
    let definition =
        governing(&definitions, procedure, Some(&thing.history)).ok_or_else(Problem::not_found)?;
    let values = &thing.history.values;
    let keys: Vec<String> = definition
        .steps
        .iter()
        .flat_map(|step| {
            named(definition, step, Some(values)).into_iter().chain(step.by.otherwise.clone())
        })
        .collect();
    desk.see(&visitor, &Matter::of(&thing), &keys)?;
    reached(&mut parts, thing.as_of.as_ref()).await?;
    let now = desk.now();
    let terms = desk.terms();
    let open = open_steps(definition, Some(&thing.history), now);
    let rows = stepper(definition, Some(&thing.history), now);
    let body = json!({
        "procedure": procedure,
        "id": id,
        "unit": thing.place.place.unit,
        "version": thing.version,
        "definition": thing.history.definition,
        "title": thing.title,
        "ended": thing.history.ended,
        "values": values,
        "opened": thing.opened,
        "path": rows.iter().map(path_row).collect::<Vec<_>>(),
        "open": open.iter().map(|open| open_row(&terms, open)).collect::<Vec<_>>(),
        "records": records(&thing),
    });
    let mut response = web::Json(body).into_response();
    response.headers_mut().insert(ETAG, web::etag(thing.version));
    as_of(&mut response, thing.as_of.as_ref());
    Ok(response)
}

fn path_row(row: &Row) -> Value {
    json!({ "step": row.step, "name": row.name, "status": row.status, "at": row.at, "post": row.post, "law": row.law, "due": row.due })
}

fn open_row(terms: &Terms, open: &Open) -> Value {
    let who: Vec<Value> =
        open.who.iter().map(|key| json!({ "key": key, "name": terms.who(key) })).collect();
    json!({
        "step": open.step, "name": open.name, "who": who, "otherwise": open.by.otherwise, "next": open.next,
        "due": open.due, "not_before": open.not_before, "beside": open.beside,
    })
}

fn records(thing: &Thing) -> Vec<Value> {
    let happened = thing.history.happened.iter().map(|happened| {
        let record = thing.records.iter().find(|record| record.event == happened.event);
        json!({
            "event": happened.event, "fact": happened.fact, "at": happened.at, "post": happened.post, "holder": happened.holder,
            "about": happened.about,
            "log": record.map(|record| &record.position.log), "index": record.map(|record| record.position.index),
        })
    });
    happened.collect()
}

/// The things of a procedure in a unit.
pub(crate) async fn list(
    desk: &Desk,
    request: Request<Body>,
    unit: &str,
    procedure: &str,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let visitor = desk.visitor(&parts.headers).await?;
    let place = desk.place(unit).await?;
    let definitions = desk.office.definitions();
    let definition = definitions.get(procedure).ok_or_else(Problem::not_found)?;
    let now = desk.now();
    let keys: Vec<String> =
        open_steps(definition, None, now).into_iter().flat_map(|open| open.who).collect();
    let officers = desk.office.officers(definition, &place);
    desk.see(&visitor, &Matter::of_procedure(definition, &place, &officers), &keys)?;
    let paging = Paging::from_request_parts(&mut parts, &()).await?;
    let after = paging.cursor.as_ref().map(Cursor::key::<String>).transpose()?;
    let query = parts.uri.query().unwrap_or_default();
    let wanted = Wanted {
        scope: desk.scope(&visitor, &keys),
        unit: Some(place.place.unit.clone()),
        below: !place.village,
        procedure: Some(procedure.to_owned()),
        who: Vec::new(),
        open_only: query.split('&').any(|pair| pair == "open=true"),
        after,
        limit: paging.limit,
    };
    let listing = desk.office.things(&wanted).await?;
    let listing = desk.seen(&visitor, listing, &keys);
    reached(&mut parts, listing.as_of.as_ref()).await?;
    let terms = desk.terms();
    let items: Vec<Value> = listing.items.iter().map(|item| listed(desk, &terms, item)).collect();
    let next = listing.next.as_ref().map(Cursor::after);
    let mut body = json!({ "items": items });
    if let (Some(object), Some(next)) = (body.as_object_mut(), &next) {
        object.insert("next".to_owned(), next.as_str().into());
    }
    let mut response = web::Json(body).into_response();
    if let Some(link) = next.and_then(|next| web::paging::next_link(&parts.uri, &next)) {
        response.headers_mut().insert(LINK, link);
    }
    as_of(&mut response, listing.as_of.as_ref());
    Ok(response)
}

fn listed(desk: &Desk, terms: &Terms, item: &Listed) -> Value {
    json!({
        "procedure": item.procedure, "id": item.id, "unit": item.unit, "title": item.title, "ended": item.ended,
        "last": item.last, "since": item.since, "due": item.due(),
        "open": item.open.iter().map(|open| open_row(terms, open)).collect::<Vec<_>>(),
        "href": format!("/api/{}/{}/{}", desk.office.service(), item.procedure, item.id),
    })
}

/// Keeps a file, sent as `file` of a multipart form.
pub(crate) async fn attach(
    desk: &Desk,
    request: Request<Body>,
    unit: &str,
) -> Result<Response, Problem> {
    let visitor: Visitor = desk.visitor(request.headers()).await?;
    let place = desk.place(unit).await?;
    let definitions = desk.office.definitions();
    let keys: Vec<String> = definitions
        .iter()
        .flat_map(|definition| {
            definition.steps.iter().flat_map(|step| named(definition, step, None))
        })
        .collect();
    desk.see(&visitor, &Matter::at(&place), &keys)?;
    if !desk.may_act(&visitor, &Matter::at(&place), &keys) {
        return Err(access::principal::no_right().into());
    }
    let parts = Multipart::from_request(request, &()).await;
    let mut parts = parts.map_err(|_| Problem::generic("unsupported-media-type"))?;
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
        if part.name() != Some("file") {
            continue;
        }
        let name = part
            .file_name()
            .unwrap_or("file")
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .chars()
            .take(120)
            .collect();
        let media_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let bytes = part.bytes().await.map_err(|error| broken(&error))?.to_vec();
        let kept = desk
            .office
            .attach(&visitor, &place.place.unit, Upload { name, media_type, bytes })
            .await?;
        return Ok((StatusCode::CREATED, web::Json(kept)).into_response());
    }
    Err(Problem::malformed(
        "/file",
        Text::new("没有收到文件，请以 file 为名上传", "no file came; send it as `file`"),
    ))
}

async fn reached(parts: &mut Parts, now: Option<&(Timestamp, Position)>) -> Result<(), Problem> {
    let asked = AtLeast::from_request_parts(parts, &()).await?;
    asked.reached(|log| {
        now.filter(|(_, position)| position.log == *log).map(|(_, position)| position.index + 1)
    })
}

fn as_of(response: &mut Response, position: Option<&(Timestamp, Position)>) {
    let value =
        position.and_then(|(_, position)| web::at_least::as_of(&position.log, position.index + 1));
    if let Some(value) = value {
        response.headers_mut().insert(&web::at_least::AS_OF, value);
    }
}
