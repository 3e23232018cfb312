//! What all pages of this service share: the frame, what was typed, where an error stands. Knows no decision.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use desk::Visitor;
use kernel::Text;
use pages::{Component, FormPage, Lang, Link, Markup, NavItem, Page, Prefs, Shell, SignedIn};
use web::Problem;

use crate::{bodies, shows::units::UnitRow, staff::Service};

/// What handlers are given.
pub(crate) type Shared = Arc<Service>;
/// What was typed, by field.
pub(crate) type Typed = BTreeMap<String, String>;

pub(crate) const SIGN_IN: &str = "/organisation/sign-in";
pub(crate) const SIGN_OUT: &str = "/organisation/sign-out";

/// The text in a language.
pub(crate) fn said(lang: Lang, text: &Text) -> String {
    lang.pick(&text.zh, &text.en).to_owned()
}

pub(crate) fn typed<'a>(typed: &'a Typed, field: &str) -> &'a str {
    typed.get(field).map_or("", |text| text.trim())
}

/// Staff pages are kept by no cache.
pub(crate) fn no_store(answer: impl IntoResponse) -> Response {
    let mut answer = answer.into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// With a `Set-Cookie`.
pub(crate) fn with_cookie(mut answer: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    answer
}

/// Where to sign in, to come back here.
pub(crate) fn to_sign_in(uri: &Uri) -> Response {
    let here = uri.path_and_query().map_or("/organisation/", |here| here.as_str());
    let to = format!("{SIGN_IN}?next={}", pages::query_encode(&pages::local_path(here)));
    no_store(Redirect::to(&to))
}

/// A page, or the way to sign in for who is not, or the problem.
pub(crate) fn page_or(uri: &Uri, shown: Result<Response, Problem>) -> Response {
    match shown {
        Ok(page) => page,
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => to_sign_in(uri),
        Err(problem) => no_store(problem),
    }
}

/// An answer of the API, or the problem.
pub(crate) fn api_or<T: serde::Serialize>(answer: Result<T, Problem>) -> Response {
    match answer {
        Ok(answer) => no_store(axum::Json(answer)),
        Err(problem) => no_store(problem),
    }
}

/// The frame.
pub(crate) fn shell(
    service: &Service,
    prefs: Prefs,
    uri: &Uri,
    title: impl Into<String>,
    visitor: Option<&Visitor>,
    unit: Option<&UnitRow>,
) -> Shell {
    let lang = prefs.lang;
    let path = uri.path_and_query().map_or("/", |here| here.as_str());
    let mut shell = Shell::new(prefs, path, title);
    if let Some(unit) = unit {
        shell.place.clone_from(&unit.name);
        shell.place_above = unit.above.get(1..).unwrap_or_default().join(" · ");
    }
    shell.home = "/organisation/".to_owned();
    shell.nav = if service.around.nav.is_empty() {
        vec![
            NavItem::new(lang.pick("我的办公桌", "My desk"), "/organisation/", false),
            NavItem::new(lang.pick("行政区划", "Divisions"), "/organisation/units", false),
        ]
    } else {
        let item = |(text, href): &(Text, String)| {
            NavItem::new(said(lang, text), href.clone(), href == "/organisation/")
        };
        service.around.nav.iter().map(item).collect()
    };
    shell.signed_in = visitor.map(|visitor| SignedIn {
        name: visitor.name.clone(),
        post: posts(service, lang, visitor),
        account: None,
        sign_out: Some((SIGN_OUT.to_owned(), Vec::new())),
    });
    shell.banner = service.around.banner.as_ref().map(|banner| said(lang, banner));
    shell
}

fn posts(service: &Service, lang: Lang, visitor: &Visitor) -> String {
    if let access::Principal::Administrator { office, .. } = &visitor.principal {
        let key = format!("{}-administrator", office.name());
        return bodies::find_post(&key)
            .map_or_else(String::new, |(_, post)| said(lang, &post.name()));
    }
    let mut names: Vec<String> = visitor
        .seats(service.now())
        .iter()
        .filter_map(|seat| bodies::find_post(&seat.post))
        .map(|(_, post)| said(lang, &post.name()))
        .collect();
    names.dedup();
    if names.is_empty() {
        lang.pick("没有任职", "no post").to_owned()
    } else {
        names.join(lang.pick("、", ", "))
    }
}

/// The article of a problem as it is read.
pub(crate) fn article(lang: Lang, problem: &Problem) -> Option<Link> {
    problem.law.as_ref().map(|law| Link::new(said(lang, &law.name), String::new()))
}

/// What is wrong, under which article, and what would be right, in a line.
pub(crate) fn sentence(lang: Lang, problem: &Problem) -> String {
    let mut text = said(lang, &problem.detail);
    if let Some(law) = &problem.law {
        let name = said(lang, &law.name);
        text = match lang {
            Lang::Zh => format!("{text}（依据：{name}）"),
            Lang::En => format!("{text} (basis: {name})"),
        };
    }
    format!("{text}{}{}", lang.pick("", " "), said(lang, &problem.remedy))
}

/// Puts a problem beside the field that it names, or on top of the form.
pub(crate) fn mark(lang: Lang, form: &mut FormPage, problem: &Problem) {
    let text = sentence(lang, problem);
    let pointers =
        problem.errors.iter().map(|error| error.pointer.trim_start_matches('/').replace('/', "-"));
    let mut placed = false;
    for name in pointers {
        let fields = form.groups.iter_mut().flat_map(|(_, fields)| fields);
        // `/body` and `/post` are one question, `/relatives/0/person` is its line
        let found = fields.into_iter().find(|field| field.name == name);
        if let Some(field) = found {
            field.error = Some(text.clone());
            placed = true;
        }
    }
    if !placed {
        form.errors.push(text);
    }
}

/// A form in its frame, with the status of what is wrong with it.
pub(crate) fn form_page(mut shell: Shell, form: &FormPage, problem: Option<&Problem>) -> Response {
    let lang = shell.lang();
    shell.has_errors = form.has_errors();
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let mut answer = no_store(shell.page_with_status(status, &form.render(lang)));
    if let Some(seconds) = problem.and_then(|problem| problem.retry_after) {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// A page in its frame.
pub(crate) fn whole(shell: &Shell, body: &Markup) -> Response {
    let page: Page = shell.page(body);
    no_store(page)
}
