//! The things of one procedure in one unit, by cursor.

use axum::response::{IntoResponse, Response};
use definitions::Definition;
use engines::procedure::open_steps;
use pages::{Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Link, Markup};
use web::Problem;

use super::{LINES, Look};
use crate::{Listing, Wanted, desk::Matter, paths, terms::said, words};

impl Look<'_> {
    /// The things of one procedure in one unit.
    pub(super) async fn list(&self, unit: &str, procedure: &str) -> Result<Response, Problem> {
        let lang = self.lang();
        let place = self.desk.place(unit).await?;
        let definitions = self.desk.office.definitions();
        let definition = definitions.get(procedure).ok_or_else(Problem::not_found)?;
        let first = open_steps(definition, None, self.now);
        let keys: Vec<String> = first.iter().flat_map(|open| open.who.clone()).collect();
        let officers = self.desk.office.officers(definition, &place);
        let matter = Matter::of_procedure(definition, &place, &officers);
        self.desk.see(&self.visitor, &matter, &keys)?;
        let query = self.uri.query().unwrap_or_default();
        let asked = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let all = asked("all").as_deref() == Some("1");
        let after = match asked("cursor") {
            Some(cursor) => Some(
                serde_json::from_value::<web::Cursor>(cursor.into())
                    .map_err(|_| Problem::not_found())?
                    .key::<String>()?,
            ),
            None => None,
        };
        let wanted = Wanted {
            scope: self.desk.scope(&self.visitor, &keys),
            unit: Some(place.place.unit.clone()),
            below: !place.village,
            procedure: Some(procedure.to_owned()),
            open_only: !all,
            after,
            limit: LINES,
            ..Wanted::default()
        };
        let listing = self.desk.office.things(&wanted).await?;
        let listing = self.desk.seen(&self.visitor, listing, &keys);
        let mut shell = self.desk.shell(
            self.prefs,
            &self.uri,
            said(lang, &definition.term),
            Some(&self.visitor),
            Some(&place),
        );
        shell.breadcrumb = vec![Link::new(lang.pick("我的办公桌", "My desk"), self.desk.home())];
        shell.facts = Some(self.facts(listing.as_of.as_ref()));
        let mut body = Vec::new();
        let seats = self.near(&place);
        for open in &first {
            match words::why_not(lang, &self.terms, open, &seats, &place, self.now) {
                None => body.push(Markup::action(
                    &paths::start(self.service(), &place.place.unit, procedure, &open.step),
                    &self.start_name(definition, open),
                )),
                Some(why) => {
                    body.push(Markup::paragraph(&self.with_article(why, definition, &open.step)))
                }
            }
        }
        let path = paths::list(self.service(), &place.place.unit, procedure);
        let (other, other_text) = if all {
            (path.clone(), lang.pick("只看没办完的", "Only what is not finished"))
        } else {
            (format!("{path}?all=1"), lang.pick("也看已经办完的", "Finished ones too"))
        };
        body.push(self.table(&listing, &path, all, definition, !place.village));
        body.push(Markup::link(&other, other_text));
        Ok(shell.page(&Markup::join(body)).into_response())
    }

    pub(super) fn table(
        &self,
        listing: &Listing,
        path: &str,
        all: bool,
        definition: &Definition,
        placed: bool,
    ) -> Markup {
        let lang = self.lang();
        if listing.items.is_empty() {
            let term = said(lang, &definition.term);
            return EmptyState::new(term, EmptyWhy::None)
                .because(if all {
                    lang.pick("还没有办过", "none was ever begun")
                } else {
                    lang.pick("没有正在办的", "none is under way")
                })
                .render(lang);
        }
        let mut columns = vec![Column::text(lang.pick("事项", "Matter"))];
        if placed {
            columns.push(Column::text(lang.pick("在哪里", "Where")));
        }
        columns.extend([
            Column::text(lang.pick("到哪一步", "How far")),
            Column::text(lang.pick("轮到谁", "Whose turn")),
            Column::text(lang.pick("期限", "By when")),
        ]);
        let caption =
            if all { lang.pick("全部", "All") } else { lang.pick("正在办的", "Under way") };
        let mut table = DataTable::new(caption, columns);
        for item in &listing.items {
            let main = item.open.iter().find(|open| !open.beside).or(item.open.first());
            let title = said(lang, &item.title);
            let mut cells = vec![Cell::text(title).href(paths::thing(
                self.service(),
                &item.procedure,
                &item.id,
            ))];
            if placed {
                cells.push(Cell::text(said(lang, &item.place)));
            }
            cells.extend([
                Cell::tag(self.tag(item.ended, main)),
                main.map_or_else(Cell::not_applicable, |open| {
                    Cell::text(words::whose(lang, &self.terms, open))
                }),
                main.map_or_else(Cell::not_applicable, |open| self.due_cell(open)),
            ]);
            table = table.row(cells);
        }
        if let Some(next) = &listing.next {
            let cursor = web::Cursor::after(next);
            let more = if all { "all=1&" } else { "" };
            let rest = Markup::link(
                &format!("{path}?{more}cursor={}", cursor.as_str()),
                lang.pick("再往后看", "Further on"),
            );
            return Markup::join([table.render(lang), rest, Markup::text(lang.pick("　", " · "))]);
        }
        table.render(lang)
    }
}
