//! My desk: for each seat what waits, oldest first, and what can be started.

use axum::response::{IntoResponse, Response};
use engines::procedure::open_steps;
use kernel::Seat;
use pages::{Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Lang, Markup};
use web::Problem;

use super::{LINES, Look};
use crate::{
    Listed, Listing, PlaceShown, Wanted, paths,
    terms::{fits, said},
};

impl Look<'_> {
    /// My desk: for each seat what waits, oldest first, and what can be started.
    pub(super) async fn home(&self) -> Result<Response, Problem> {
        let lang = self.lang();
        let mut shell = self.desk.shell(
            self.prefs,
            &self.uri,
            lang.pick("我的办公桌", "My desk"),
            Some(&self.visitor),
            None,
        );
        let seats = self.visitor.seats(self.now);
        let mut body = Vec::new();
        let mut waiting = 0;
        for (index, seat) in seats.iter().enumerate() {
            let Some(place) = self.desk.office.place(&seat.unit).await? else { continue };
            let keys = vec![seat.post.clone(), seat.body.clone()];
            let wanted = Wanted {
                scope: self.desk.scope(&self.visitor, &keys),
                unit: Some(seat.unit.clone()),
                below: !place.village,
                who: keys.clone(),
                open_only: true,
                limit: LINES,
                ..Wanted::default()
            };
            let listing = self.desk.office.things(&wanted).await?;
            let listing = self.desk.seen(&self.visitor, listing, &keys);
            waiting += listing.items.len();
            let title = format!(
                "{} · {}",
                said(lang, &place.name),
                said(lang, &self.terms.who(&seat.post))
            );
            let mut part = vec![self.waiting(index, seat, &place, &listing)];
            part.extend(self.starts(index, seat, &place));
            body.push(Markup::section(&format!("seat-{index}"), &title, Markup::join(part)));
        }
        if seats.is_empty() {
            let why =
                EmptyState::new(lang.pick("轮到您办的事项", "What waits for you"), EmptyWhy::None)
                    .because(lang.pick("您现在没有任职", "you hold no seat at present"))
                    .act(
                        lang.pick(
                            "如果您已经当选或受聘，请让村里先登记任职。",
                            "If you were elected or appointed, ask the village to record it first.",
                        ),
                        None,
                    );
            body.push(why.render(lang));
        }
        shell.lead = Some(match (lang, waiting) {
            (Lang::Zh, 0) => "现在没有等您办的事。".to_owned(),
            (Lang::Zh, n) => format!("有 {n} 件事等您办，最早到期的排在前面。"),
            (Lang::En, 0) => "Nothing waits for you now.".to_owned(),
            (Lang::En, 1) => "One matter waits for you.".to_owned(),
            (Lang::En, n) => format!("{n} matters wait for you; what is due first comes first."),
        });
        shell.facts = Some(self.facts(None));
        Ok(shell.page(&Markup::join(body)).into_response())
    }

    pub(super) fn waiting(
        &self,
        index: usize,
        seat: &Seat,
        place: &PlaceShown,
        listing: &Listing,
    ) -> Markup {
        let lang = self.lang();
        let keys = [seat.post.clone(), seat.body.clone()];
        let mine = |item: &Listed| {
            item.waiting()
                .find(|open| open.who.iter().any(|key| keys.contains(key)))
                .or(item.open.first())
                .cloned()
        };
        if listing.items.is_empty() {
            return EmptyState::new(
                lang.pick("轮到您办的事项", "What waits for you in this seat"),
                EmptyWhy::None,
            )
            .because(lang.pick(
                "有人提交后会出现在这里",
                "it appears here when somebody before you has acted",
            ))
            .render(lang);
        }
        let place_named = !place.village;
        let mut columns = vec![Column::text(lang.pick("事项", "Matter"))];
        if place_named {
            columns.push(Column::text(lang.pick("在哪里", "Where")));
        }
        columns.push(Column::text(lang.pick("要办什么", "What to do")));
        columns.push(Column::text(lang.pick("期限", "By when")));
        let mut table = DataTable::new(lang.pick("等您办的", "Waiting for you"), columns);
        table.id = format!("waiting-{index}");
        for item in &listing.items {
            let open = mine(item);
            let mut cells = vec![Cell::text(said(lang, &item.title)).href(paths::thing(
                self.service(),
                &item.procedure,
                &item.id,
            ))];
            if place_named {
                cells.push(Cell::text(said(lang, &item.place)));
            }
            cells.push(
                open.as_ref()
                    .map_or_else(Cell::not_applicable, |open| Cell::text(said(lang, &open.name))),
            );
            cells.push(open.as_ref().map_or_else(Cell::not_applicable, |open| self.due_cell(open)));
            table = table.row(cells);
        }
        table.render(lang)
    }

    /// All procedures of the seat's unit: what the seat can start there, and where their things are listed.
    fn starts(&self, index: usize, seat: &Seat, place: &PlaceShown) -> Option<Markup> {
        let lang = self.lang();
        let definitions = self.desk.office.definitions();
        let mut table = DataTable::new(
            lang.pick("办理和查看", "Start and look up"),
            vec![
                Column::text(lang.pick("全部事项", "All matters")),
                Column::text(lang.pick("您可以办理", "You can start")),
            ],
        );
        table.id = format!("start-{index}");
        for definition in definitions.iter() {
            let officers = self.desk.office.officers(definition, place);
            if definition.is_closed() && !officers.iter().any(|(_, post)| *post == seat.post) {
                continue;
            }
            let first = open_steps(definition, None, self.now)
                .into_iter()
                .find(|open| fits(seat, place, &open.who));
            let start = match first {
                Some(open) => Cell::text(said(lang, &open.name)).href(paths::start(
                    self.service(),
                    &place.place.unit,
                    &definition.id,
                    &open.step,
                )),
                None => Cell::not_applicable(),
            };
            let list = paths::list(self.service(), &place.place.unit, &definition.id);
            table = table.row(vec![Cell::text(said(lang, &definition.term)).href(list), start]);
        }
        if table.rows.is_empty() { None } else { Some(table.render(lang)) }
    }
}
