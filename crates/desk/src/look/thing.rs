//! One thing: facts so far, what happens next, what can be done and by whom, its path and its records.

use axum::{
    http::header::ETAG,
    response::{IntoResponse, Response},
};
use definitions::Definition;
use engines::procedure::{Open, Status, stepper};
use pages::{
    Cell, Column, Component, DataTable, Lang, Link, Markup, StateLine, Step, StepState, Stepper,
    SummaryList, SummaryRow,
};
use web::Problem;

use super::{Look, position};
use crate::{
    Thing, paths, show,
    terms::{named, said},
    words,
};

impl Look<'_> {
    /// One thing: facts so far, what happens next, what you can do, its path and its records.
    pub(super) async fn thing(&self, procedure: &str, id: &str) -> Result<Response, Problem> {
        let lang = self.lang();
        let (thing, definition, open) = self.open(procedure, id).await?;
        let mut shell = self.desk.shell(
            self.prefs,
            &self.uri,
            said(lang, &thing.title),
            Some(&self.visitor),
            Some(&thing.place),
        );
        shell.breadcrumb = vec![
            Link::new(lang.pick("我的办公桌", "My desk"), self.desk.home()),
            Link::new(
                said(lang, &definition.term),
                paths::list(self.service(), &thing.place.place.unit, procedure),
            ),
        ];
        let main = open.iter().find(|open| !open.beside);
        shell.state = Some(StateLine {
            tag: self.tag(thing.history.ended, main.or(open.first())),
            next: main.map(|open| words::next(lang, &self.terms, open, self.now)),
        });
        shell.facts = Some(self.facts(thing.as_of.as_ref()));
        let path = self.path(&definition, &thing, id, main);
        shell.aside = Some(path.render(lang));
        let mut body = Vec::new();
        body.push(self.actions(&definition, &thing, id, &open));
        let rows = show::facts(lang, &self.terms, &definition, &thing.known(), &thing.called());
        body.extend(
            show::summary(lang.pick("这件事到现在为止", "The matter so far"), rows)
                .map(|list| list.render(lang)),
        );
        body.push(self.records(&definition, &thing, id));
        body.extend(self.looks(&thing));
        if !thing.links.is_empty() {
            let rows = thing.links.iter().map(|(text, href)| {
                SummaryRow::link(said(lang, text), Link::new(href.clone(), href.clone()))
            });
            body.push(
                SummaryList::new(lang.pick("还可以看", "See also"), rows.collect()).render(lang),
            );
        }
        let mut response = shell.page(&Markup::join(body)).into_response();
        response.headers_mut().insert(ETAG, web::etag(thing.version));
        Ok(response)
    }

    pub(super) fn actions(
        &self,
        definition: &Definition,
        thing: &Thing,
        id: &str,
        open: &[Open],
    ) -> Markup {
        let lang = self.lang();
        let title = lang.pick("现在能办的", "What can be done now");
        let seats = self.near(&thing.place);
        let main = open.iter().find(|open| !open.beside).map(|open| open.step.clone());
        let mut parts = Vec::new();
        let (mut links, mut others) = (Vec::new(), Vec::new());
        for open in open {
            let name = said(lang, &open.name);
            let href = paths::step(self.service(), &definition.id, id, &open.step);
            let why = words::why_not(lang, &self.terms, open, &seats, &thing.place, self.now);
            match (why, main.as_ref() == Some(&open.step)) {
                (None, true) => parts.push(Markup::action(&href, &name)),
                (None, false) => links.push(Markup::link(&href, &name)),
                (Some(why), true) => {
                    parts.push(Markup::paragraph(&self.with_article(why, definition, &open.step)))
                }
                (Some(_), false) => others.push(match lang {
                    Lang::Zh => format!("{name}（{}）", words::whose(lang, &self.terms, open)),
                    Lang::En => format!("{name} ({})", words::whose(lang, &self.terms, open)),
                }),
            }
        }
        for (index, link) in links.into_iter().enumerate() {
            let before = if index == 0 {
                lang.pick("您也可以：", "You can also: ")
            } else {
                lang.pick("，", ", ")
            };
            parts.push(Markup::join([Markup::text(before), link]));
        }
        if !others.is_empty() {
            let list = others.join(lang.pick("、", ", "));
            parts.push(Markup::paragraph(&match lang {
                Lang::Zh => format!("由别人办的：{list}。"),
                Lang::En => format!("For others to do: {list}."),
            }));
        }
        if parts.is_empty() {
            let said = if thing.history.ended {
                lang.pick(
                    "这件事已经办结，没有要办的了。",
                    "This matter is finished; nothing is left to do.",
                )
            } else {
                lang.pick(
                    "现在没有要人办的；到期会自动进行。",
                    "Nobody has to act now; what falls due happens by itself.",
                )
            };
            parts.push(Markup::paragraph(said));
        }
        Markup::section("actions", title, Markup::join(parts))
    }

    pub(super) fn path(
        &self,
        definition: &Definition,
        thing: &Thing,
        id: &str,
        main: Option<&Open>,
    ) -> Stepper {
        let lang = self.lang();
        let rows = stepper(definition, Some(&thing.history), self.now);
        let steps = rows.into_iter().map(|row| {
            let state = match row.status {
                Status::Done => StepState::Done,
                Status::Now => StepState::Now,
                Status::Returned => StepState::Returned,
                Status::Late => StepState::Late,
                Status::Paused => StepState::Paused,
                Status::NotYet => StepState::NotYet,
            };
            // What may be done now beside the main act, like taking it back, is a way that may be left out.
            let aside = row.status == Status::Now && main.is_some_and(|main| main.step != row.step);
            let state = if aside { StepState::NotYet } else { state };
            let mut step = Step::new(said(lang, &row.name), state);
            step.optional = aside;
            step.date = match (row.at, row.due) {
                (_, Some(due)) if matches!(row.status, Status::Now | Status::Late) => {
                    Some(show::due(lang, due, self.now))
                }
                _ if row.status == Status::Paused => {
                    row.paused.map(|left| words::standing(lang, left))
                }
                (Some(at), _) => Some(pages::table_date(at.micros())),
                _ => None,
            };
            let shown = definition.step(&row.step);
            step.seat = match (&row.post, shown) {
                (Some(post), _) => Some(said(lang, &self.terms.who(post))),
                (None, Some(shown)) => Some(
                    self.terms.anyone(lang, &named(definition, shown, Some(&thing.history.values))),
                ),
                (None, None) => None,
            };
            step.article = row
                .law
                .as_deref()
                .and_then(|law| self.terms.catalogue().citations.entry(law))
                .map(|entry| said(lang, &entry.name));
            // The record of the step, where it was taken.
            let last =
                shown.and_then(|shown| {
                    thing.history.happened.iter().rev().find(|happened| {
                        shown.events.iter().any(|event| event.fact == happened.fact)
                    })
                });
            step.href = last.map(|happened| {
                paths::receipt(self.service(), &definition.id, id, &happened.event)
            });
            step
        });
        Stepper {
            title: said(lang, &definition.term),
            steps: steps.collect(),
            next: main.map(|open| words::next(lang, &self.terms, open, self.now)),
        }
    }

    /// Who has looked at a sealed matter.
    fn looks(&self, thing: &Thing) -> Option<Markup> {
        let lang = self.lang();
        if thing.looks.is_empty() {
            return None;
        }
        let columns = vec![
            Column::text(lang.pick("谁", "Who")),
            Column::text(lang.pick("职务", "Post")),
            Column::date(lang.pick("时间", "When")),
        ];
        let caption = lang.pick("谁查看过", "Who has looked at it");
        let table = thing.looks.iter().fold(DataTable::new(caption, columns), |table, look| {
            table.row(vec![
                Cell::text(look.name.clone()),
                Cell::text(self.actor(Some(&look.post))),
                Cell::text(pages::table_time(look.at.micros())),
            ])
        });
        Some(table.render(lang))
    }

    pub(super) fn records(&self, definition: &Definition, thing: &Thing, id: &str) -> Markup {
        let lang = self.lang();
        let mut table = DataTable::new(
            lang.pick("记录", "Records"),
            vec![
                Column::text(lang.pick("发生了什么", "What happened")),
                Column::text(lang.pick("谁", "Who")),
                Column::date(lang.pick("时间", "When")),
                Column::text(lang.pick("日志位置", "Log position")),
            ],
        );
        for happened in &thing.history.happened {
            let record = thing.records.iter().find(|record| record.event == happened.event);
            let what = said(lang, &self.terms.happened(definition, &happened.fact));
            table = table.row(vec![
                Cell::text(what).href(paths::receipt(
                    self.service(),
                    &definition.id,
                    id,
                    &happened.event,
                )),
                Cell::text(self.actor(happened.post.as_deref())),
                Cell::text(pages::table_time(happened.at.micros())),
                record
                    .map_or_else(Cell::not_applicable, |record| Cell::text(position(lang, record))),
            ]);
        }
        table.render(lang)
    }
}
