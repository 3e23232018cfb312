//! Problems as pages: what is wrong, the article with its name, what would be right, the code with its explanation; and
//! the form kept, to go on from.

use axum::{
    http::{HeaderValue, Uri, header::{ETAG, LOCATION, RETRY_AFTER}, StatusCode},
    response::{IntoResponse, Response},
};
use pages::{Component, FormPage, Lang, Link, Markup, Prefs, ProblemPage};
use web::Problem;

use crate::{
    Desk, PlaceShown, Visitor,
    terms::said,
    typed::{STAGE, Typed},
};

/// A way on that keeps what was typed: a button that posts it again.
pub(crate) struct Again<'a> {
    pub(crate) typed: &'a Typed,
    /// `edit`, `review` or `send`.
    pub(crate) stage: &'static str,
}

impl Again<'_> {
    /// The button with all that was typed.
    pub(crate) fn form(&self, lang: Lang, uri: &Uri) -> FormPage {
        let button = match self.stage {
            "send" => lang.pick("再试一次", "Try again"),
            "review" => lang.pick("重新核对", "Check again"),
            _ => lang.pick("返回修改", "Go back and change"),
        };
        let hidden = self.typed.hidden();
        FormPage {
            groups: Vec::new(),
            hidden: hidden.into_iter().chain([(STAGE.to_owned(), self.stage.to_owned())]).collect(),
            button: button.to_owned(),
            ..FormPage::new(uri.path(), Vec::new())
        }
    }
}

/// What is known about the one who asks, for the frame.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) prefs: Prefs,
    pub(crate) uri: &'a Uri,
    pub(crate) visitor: Option<&'a Visitor>,
    pub(crate) place: Option<&'a PlaceShown>,
}

/// The page of a problem. Somebody who is not signed in is sent to sign in, unless a form would be lost.
pub(crate) fn page(desk: &Desk, frame: Frame<'_>, problem: &Problem, again: Option<&Again<'_>>) -> Response {
    let lang = frame.prefs.lang;
    if problem.status == StatusCode::UNAUTHORIZED && again.is_none() {
        let to = HeaderValue::try_from(Desk::sign_in(frame.uri));
        let to = to.unwrap_or(HeaderValue::from_static("/organisation/sign-in"));
        return (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
    }
    let mut shell = desk.shell(frame.prefs, frame.uri, "", frame.visitor, frame.place);
    let mut body = Vec::new();
    let known = ProblemPage {
        title: title(lang, problem),
        detail: said(lang, &problem.detail),
        article: problem.law.as_ref().map(|law| Link::new(said(lang, &law.name), String::new())),
        remedy: remedy(lang, problem, again.is_some()),
        code: problem.code.clone(),
        home: desk.home(),
        ..ProblemPage::new(problem.status.as_u16())
    };
    shell.title = known.title(lang);
    body.push(known.render(lang));
    body.push(explained(lang, &problem.code));
    if let Some(again) = again {
        body.push(again.form(lang, frame.uri).render(lang));
    }
    let mut response = shell.page_with_status(problem.status, &Markup::join(body)).into_response();
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    if let Some(version) = problem.version {
        response.headers_mut().insert(ETAG, web::etag(version));
    }
    response
}

/// The link to the page of a code.
pub(crate) fn explained(lang: Lang, code: &str) -> Markup {
    let text = match lang {
        Lang::Zh => format!("代码“{code}”的说明"),
        Lang::En => format!("What the code “{code}” means"),
    };
    Markup::join([Markup::link(&format!("/docs/refusals/{code}"), &text)])
}

fn title(lang: Lang, problem: &Problem) -> String {
    match problem.code.as_str() {
        "not-known-here-yet" => lang.pick("还在路上", "Still on its way").to_owned(),
        // A code of a rule: what is refused stands below.
        _ if problem.status == StatusCode::CONFLICT => {
            lang.pick("这样办不了", "This cannot be done").to_owned()
        }
        _ => said(lang, &problem.title),
    }
}

fn remedy(lang: Lang, problem: &Problem, kept: bool) -> String {
    let text = match problem.code.as_str() {
        _ if !kept => return said(lang, &problem.remedy),
        "not-known-here-yet" => lang.pick(
            "您填的都还在。稍等一会儿再按“再试一次”；不会重复办理。",
            "All that you filled in is kept. Wait a moment and press “Try again”; nothing is done twice.",
        ),
        "unavailable" | "outcome-unknown" | "timeout" => lang.pick(
            "您填的都还在。稍后按“再试一次”：用的是同一个编号，不会重复办理，只会告知结果。",
            "All that you filled in is kept. Press “Try again” later: it has the same key, so nothing is done twice.",
        ),
        "unauthenticated" | "session-over" => lang.pick(
            "您填的都还在。请在另一个标签页登录，再回到这里按“再试一次”。",
            "All that you filled in is kept. Sign in in another tab, come back here and press “Try again”.",
        ),
        _ => return said(lang, &problem.remedy),
    };
    text.to_owned()
}
