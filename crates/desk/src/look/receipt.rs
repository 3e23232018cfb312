//! The receipt of one record, at an address that keeps working.

use axum::{
    http::{HeaderValue, header::REFRESH},
    response::{IntoResponse, Response},
};
use kernel::Timestamp;
use pages::{Component, Lang, Link, Markup, NextAct, ReceiptPage, SummaryList, SummaryRow};
use web::Problem;

use super::{Look, position};
use crate::{
    paths,
    refused::{self, Frame},
    show,
    terms::said,
    words,
};

impl Look<'_> {
    /// The receipt of one record. Its address keeps working; a record not read yet is waited for.
    pub(super) async fn receipt(
        &self,
        procedure: &str,
        id: &str,
        event: &str,
    ) -> Result<Response, Problem> {
        let lang = self.lang();
        let (thing, definition, open) = match self.open(procedure, id).await {
            Err(problem) if problem.status == 404 => return self.not_there_yet(procedure, problem),
            other => other?,
        };
        let happened =
            thing.history.happened.iter().find(|happened| happened.event.as_str() == event);
        let Some(happened) = happened else {
            return self.not_there_yet(procedure, Problem::not_found());
        };
        let record = thing.records.iter().find(|record| record.event == happened.event);
        let what = said(lang, &self.terms.happened(&definition, &happened.fact));
        let mut rows =
            vec![SummaryRow::text(lang.pick("谁办的", "By"), self.actor(happened.post.as_deref()))];
        if let Some(record) = record {
            rows.extend(show::facts(
                lang,
                &self.terms,
                &definition,
                &record.values,
                &thing.called(),
            ));
            rows.push(SummaryRow::text(
                lang.pick("日志位置", "Log position"),
                position(lang, record),
            ));
            if let Some(proof) = &record.proof {
                rows.push(SummaryRow::link(
                    lang.pick("证明", "Proof"),
                    Link::new(
                        lang.pick("怎么知道这是真的", "How do I know this is true?"),
                        proof.clone(),
                    ),
                ));
            }
        }
        let path = paths::thing(self.service(), procedure, id);
        rows.push(SummaryRow::link(
            lang.pick("这件事", "The matter"),
            Link::new(said(lang, &thing.title), path.clone()),
        ));
        let last = thing.history.happened.last().is_some_and(|last| last.event == happened.event);
        let waits = crate::office::waiting(&definition, &open);
        let main: Vec<NextAct> = open
            .iter()
            .filter(|open| waits.contains(&open.step))
            .map(|open| words::next(lang, &self.terms, open, self.now))
            .collect();
        let ended = NextAct::new(
            "",
            lang.pick(
                "这件事已经办结，没有要办的了",
                "This matter is finished; nothing is left to do",
            ),
            None,
        );
        let page = ReceiptPage {
            done: match lang {
                Lang::Zh => format!("已办理：{what}"),
                Lang::En => format!("Done: {what}"),
            },
            number: record.map_or_else(
                || happened.event.to_string(),
                |record| format!("{}-{}", record.position.log, record.position.index),
            ),
            sent_at: happened.at.micros(),
            next: match (thing.history.ended, main.is_empty()) {
                (true, _) => vec![ended],
                (false, true) => Vec::new(),
                (false, false) => main,
            },
            details: Some(SummaryList::new(lang.pick("这条记录", "This record"), rows)),
            contact: None,
            include_by: record.and_then(|record| record.include_by).map(Timestamp::micros),
        };
        let mut shell = self.desk.shell(
            self.prefs,
            &self.uri,
            lang.pick("回执", "Receipt"),
            Some(&self.visitor),
            Some(&thing.place),
        );
        shell.breadcrumb = vec![
            Link::new(lang.pick("我的办公桌", "My desk"), self.desk.home()),
            Link::new(
                said(lang, &definition.term),
                paths::list(self.service(), &thing.place.place.unit, procedure),
            ),
            Link::new(said(lang, &thing.title), path),
        ];
        shell.lead = (!last).then(|| {
            lang.pick(
                "这之后又有新的记录；下面的“接下来”是现在的情况。",
                "There are later records; “what happens next” is as of now.",
            )
            .to_owned()
        });
        shell.facts = Some(self.facts(thing.as_of.as_ref()));
        let mut body = vec![page.render(lang)];
        let back =
            [Markup::link(&self.desk.home(), lang.pick("回到我的办公桌", "Back to my desk"))];
        body.extend(back);
        Ok(shell.page(&Markup::join(body)).into_response())
    }

    /// A record that was just written and not read yet: the page comes back by itself. What is never found stays 404.
    pub(super) fn not_there_yet(
        &self,
        procedure: &str,
        problem: Problem,
    ) -> Result<Response, Problem> {
        let tries: u32 = self
            .uri
            .query()
            .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("try=")))
            .and_then(|tries| tries.parse().ok())
            .unwrap_or(0);
        if tries >= 5 || self.desk.office.definitions().get(procedure).is_none() {
            return Err(problem);
        }
        let frame =
            Frame { prefs: self.prefs, uri: &self.uri, visitor: Some(&self.visitor), place: None };
        let mut response =
            refused::page(self.desk, frame, &Problem::generic("not-reached-yet"), None);
        let again = HeaderValue::try_from(format!("1; url={}?try={}", self.uri.path(), tries + 1));
        if let Ok(again) = again {
            response.headers_mut().insert(REFRESH, again);
        }
        Ok(response)
    }
}
