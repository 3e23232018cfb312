//! Problems as pages: what is wrong, the article with its name, what would be right, the code with its explanation; and
//! the form kept, to go on from.

use axum::{
    http::{
        HeaderValue, StatusCode, Uri,
        header::{ETAG, LOCATION, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use pages::{Component, FormPage, Lang, Link, Markup, Prefs, SummaryList, SummaryRow};
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
            quiet: self.stage == "edit",
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
pub(crate) fn page(
    desk: &Desk,
    frame: Frame<'_>,
    problem: &Problem,
    again: Option<&Again<'_>>,
) -> Response {
    let lang = frame.prefs.lang;
    if problem.status == StatusCode::UNAUTHORIZED && again.is_none() {
        let to = HeaderValue::try_from(Desk::sign_in(frame.uri));
        let to = to.unwrap_or(HeaderValue::from_static("/organisation/sign-in"));
        return (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
    }
    let shell =
        desk.shell(frame.prefs, frame.uri, title(lang, problem), frame.visitor, frame.place);
    let mut body = vec![Markup::lead(&detail(lang, problem)), why(lang, problem, again.is_some())];
    match again {
        Some(again) => body.push(again.form(lang, frame.uri).render(lang)),
        None => {
            body.push(Markup::action(&desk.home(), lang.pick("回到我的办公桌", "Back to my desk")))
        }
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

/// What is wrong, and that nothing was changed by it.
fn detail(lang: Lang, problem: &Problem) -> String {
    let detail = sentence(lang, &said(lang, &problem.detail));
    let unknown = problem.code == "outcome-unknown";
    let nothing = !unknown && !problem.status.is_redirection();
    match (lang, nothing) {
        (_, false) => detail,
        (Lang::Zh, true) => format!("{detail}什么都没有改变。"),
        (Lang::En, true) => format!("{detail} Nothing was changed."),
    }
}

/// A text with a full stop and a capital, when it is to stand as a sentence.
pub(crate) fn sentence(lang: Lang, text: &str) -> String {
    let text = text.trim();
    let ended = text.ends_with(['。', '！', '？', '.', '!', '?']);
    let mut said: String = match (lang, text.chars().next()) {
        (Lang::En, Some(first)) => first.to_uppercase().chain(text.chars().skip(1)).collect(),
        _ => text.to_owned(),
    };
    if !ended && !said.is_empty() {
        said.push_str(lang.pick("。", "."));
    }
    said
}

/// Article, remedy, code with its explanation.
fn why(lang: Lang, problem: &Problem, kept: bool) -> Markup {
    let mut rows = Vec::new();
    if let Some(law) = &problem.law {
        rows.push(SummaryRow::text(lang.pick("依据", "Basis"), said(lang, &law.name)));
    }
    rows.push(SummaryRow::text(
        lang.pick("怎么办", "What to do"),
        sentence(lang, &remedy(lang, problem, kept)),
    ));
    if let Some(warning) = &problem.warning {
        rows.push(SummaryRow::text(
            lang.pick("同时触发的预警", "Warning raised as well"),
            warning.clone(),
        ));
    }
    rows.push(SummaryRow::link(lang.pick("编号", "Code"), explained(lang, &problem.code)));
    SummaryList::new("", rows).render(lang)
}

/// The link to the page of a code.
pub(crate) fn explained(lang: Lang, code: &str) -> Link {
    let text = match lang {
        Lang::Zh => format!("{code}（说明）"),
        Lang::En => format!("{code} (what it means)"),
    };
    Link::new(text, format!("/docs/refusals/{code}"))
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
