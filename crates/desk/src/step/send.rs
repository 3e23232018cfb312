//! Sending: the receipt's address, or what stands in the way with the form kept.

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{ETAG, LOCATION},
    },
    response::{IntoResponse, Response},
};
use engines::procedure::Act;
use kernel::{Receipt, Verdict};
use pages::{Component, Lang, Markup};
use web::Problem;

use super::Desked;
use crate::{
    Submission,
    case::input_of,
    paths,
    refused::{self, Again, Frame},
    show,
    terms::said,
    typed::{KEY, SEAT, SEEN, Typed},
};

impl Desked<'_> {
    pub(super) async fn send(&self, typed: &Typed, act: Act) -> Response {
        let lang = self.lang();
        let case = &self.case;
        let seat = match case.seat(typed) {
            Ok(seat) => seat,
            Err(text) => {
                let wrong = vec![(SEAT.to_owned(), said(lang, &text))];
                return self.form(typed, &wrong, StatusCode::UNPROCESSABLE_ENTITY);
            }
        };
        let submission = Submission {
            visitor: &case.visitor,
            seat,
            place: &case.place.place,
            act,
            thing: case.id(),
            key: typed.get(KEY).to_owned(),
            seen: web::etag::parse(typed.get(SEEN)),
            sent: typed.sent(self.uri.path()),
        };
        match self.desk.office.submit(submission).await {
            Ok(answer) => self.done(answer.receipt(), typed.get(KEY)),
            Err(verdict) => self.not_done(typed, verdict),
        }
    }

    /// Leads to the receipt, whose address keeps working.
    pub(super) fn done(&self, receipt: &Receipt, key: &str) -> Response {
        let office = &self.desk.office;
        let sent = (self.case.visitor.account(), key);
        let id = self.case.id().map(str::to_owned);
        let id = id.or_else(|| office.begun(&self.case.definition, receipt, sent));
        let own = |id: &str| {
            let of_thing = receipt
                .events
                .iter()
                .find(|event| event.stream.as_ref().is_some_and(|stream| stream.key() == id));
            of_thing.or(receipt.events.first()).map(|event| event.id.clone())
        };
        let to = match id.as_deref().and_then(|id| Some((id, own(id)?))) {
            Some((id, event)) => {
                paths::receipt(office.service(), &self.case.definition.id, id, &event)
            }
            None => self.desk.home(),
        };
        let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
        (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
    }

    pub(super) fn not_done(&self, typed: &Typed, verdict: Verdict) -> Response {
        let lang = self.lang();
        if let Verdict::Changed { .. } = &verdict {
            return self.changed(typed, &Problem::from(verdict));
        }
        if let Verdict::Refused(refusal) = &verdict
            && let Some(input) = input_of(refusal, &self.case, self.rolls.as_ref())
        {
            let parts = [&refusal.what, &refusal.remedy]
                .map(|text| refused::sentence(lang, &said(lang, text)));
            let mut text = parts.join(lang.pick("", " "));
            if let Some(law) = &refusal.law {
                let law = said(lang, &law.name);
                text.push_str(&match lang {
                    Lang::Zh => format!("（{law}）"),
                    Lang::En => format!(" ({law})"),
                });
            }
            let status = Problem::from(verdict.clone()).status;
            return self.form(typed, &vec![(input, text)], status);
        }
        let stage = match &verdict {
            Verdict::NotKnownYet(_) | Verdict::Unavailable(_) | Verdict::Unknown => "send",
            _ => "edit",
        };
        let mut typed = typed.clone();
        if verdict == Verdict::KeyReused {
            typed.put(KEY, self.desk.fresh_key());
        }
        self.refuse(&self.case.told(&self.terms, verdict), Some(&Again { typed: &typed, stage }))
    }

    pub(super) fn refuse(&self, problem: &Problem, again: Option<&Again<'_>>) -> Response {
        let frame = Frame {
            prefs: self.prefs,
            uri: self.uri,
            visitor: Some(&self.case.visitor),
            place: Some(&self.case.place),
        };
        refused::page(self.desk, frame, problem, again)
    }

    /// It has changed meanwhile: how it is now, and what was typed, to be checked against it.
    pub(super) fn changed(&self, typed: &Typed, problem: &Problem) -> Response {
        let lang = self.lang();
        let (act, _) = self.case.act(lang, typed, self.rolls.as_ref());
        let mine = show::summary(
            lang.pick("您刚才填的", "What you filled in"),
            self.typed_rows(typed, &act),
        );
        let now = self.known();
        let last = self.case.thing.as_ref().and_then(|(_, thing)| {
            thing.history.happened.last().map(|last| {
                let what = said(lang, &self.terms.happened(&self.case.definition, &last.fact));
                let who = last
                    .post
                    .as_deref()
                    .map(|post| said(lang, &self.terms.who(post)))
                    .unwrap_or_default();
                let at = pages::long_time(lang, last.at.micros());
                Markup::paragraph(&match lang {
                    Lang::Zh => format!("最近一次变动：{at}，{who}，{what}。"),
                    Lang::En => format!("The last change: {what}, {who}, {at}."),
                })
            })
        });
        let mut typed = typed.clone();
        if let Some((_, thing)) = &self.case.thing {
            typed.put(SEEN, thing.version.to_string());
        }
        let mut shell = self.shell(lang.pick("有人先改过了", "Somebody was faster").to_owned());
        let kept = lang.pick(
            "您的提交没有生效，填的内容还在。",
            " What you sent did not take effect; it is kept.",
        );
        shell.lead =
            Some(format!("{}{kept}", refused::sentence(lang, &said(lang, &problem.detail))));
        let sides: Vec<Markup> = [now, mine, self.sitting(&typed, &act)]
            .into_iter()
            .flatten()
            .map(|list| list.render(lang))
            .collect();
        let body = Markup::join(last.into_iter().chain([
            Markup::side_by_side(&sides),
            Again { typed: &typed, stage: "review" }.form(lang, self.uri).render(lang),
        ]));
        let mut response = shell.page_with_status(problem.status, &body).into_response();
        if let Some(version) = problem.version {
            response.headers_mut().insert(ETAG, web::etag(version));
        }
        response
    }
}
