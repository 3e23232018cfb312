//! Pages to look at: my desk, the list of a procedure, a thing with its path, a receipt. Nothing is changed here.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Uri, header::{ETAG, REFRESH}},
    response::{IntoResponse, Response},
};
use definitions::Definition;
use engines::procedure::{Open, Status, governing, open_steps, stepper};
use kernel::{Position, Seat, Timestamp};
use pages::{
    AsOf, Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Facts, Lang, Link, Markup, NextAct, Prefs, ReceiptPage, StateLine,
    Step, StepState, Stepper, SummaryList, SummaryRow, Tag, Tone,
};
use web::Problem;

use crate::{
    Desk, Listed, Listing, PlaceShown, Record, Thing, Visitor, Wanted,
    desk::Matter,
    paths,
    refused::{self, Frame},
    show,
    terms::{Terms, fits, named, said},
    words,
};

/// How many lines a list has.
const LINES: u32 = 50;

/// One look at a desk.
pub(crate) struct Look<'a> {
    desk: &'a Desk,
    prefs: Prefs,
    uri: Uri,
    terms: Terms,
    visitor: Visitor,
    now: Timestamp,
}

/// Which page.
pub(crate) enum Page<'a> {
    Home,
    List { unit: &'a str, procedure: &'a str },
    Thing { procedure: &'a str, id: &'a str },
    Receipt { procedure: &'a str, id: &'a str, event: &'a str },
}

/// Shows a page, or what stands in the way.
pub(crate) async fn show(desk: &Desk, prefs: Prefs, request: Request<Body>, page: Page<'_>) -> Response {
    let uri = request.uri().clone();
    let visitor = match desk.visitor(request.headers()).await {
        Ok(visitor) => visitor,
        Err(problem) => return refused::page(desk, Frame { prefs, uri: &uri, visitor: None, place: None }, &problem, None),
    };
    let look = Look { desk, prefs, uri, terms: desk.terms(), visitor, now: desk.now() };
    let shown = match page {
        Page::Home => look.home().await,
        Page::List { unit, procedure } => look.list(unit, procedure).await,
        Page::Thing { procedure, id } => look.thing(procedure, id).await,
        Page::Receipt { procedure, id, event } => look.receipt(procedure, id, event).await,
    };
    shown.unwrap_or_else(|problem| {
        let frame = Frame { prefs: look.prefs, uri: &look.uri, visitor: Some(&look.visitor), place: None };
        refused::page(look.desk, frame, &problem, None)
    })
}

impl Look<'_> {
    fn lang(&self) -> Lang {
        self.prefs.lang
    }

    fn service(&self) -> &'static str {
        self.desk.office.service()
    }

    fn facts(&self, as_of: Option<&(Timestamp, Position)>) -> Facts {
        Facts {
            as_of: as_of.map(|(at, position)| AsOf { micros: at.micros(), log: position.log.to_string(), index: position.index }),
            burden: self.desk.around.burden.clone(),
            ..Facts::default()
        }
    }

    /// My desk: for each seat what waits, oldest first, and what can be started.
    async fn home(&self) -> Result<Response, Problem> {
        let lang = self.lang();
        let mut shell = self.desk.shell(self.prefs, &self.uri, lang.pick("我的办公桌", "My desk"), Some(&self.visitor), None);
        let seats = self.visitor.seats(self.now);
        let mut body = Vec::new();
        let mut waiting = 0;
        for (index, seat) in seats.iter().enumerate() {
            let Some(place) = self.desk.office.place(&seat.unit).await? else { continue };
            let wanted = Wanted {
                unit: Some(seat.unit.clone()),
                below: !place.village,
                who: vec![seat.post.clone(), seat.body.clone()],
                open_only: true,
                limit: LINES,
                ..Wanted::default()
            };
            let listing = self.desk.office.things(&wanted).await?;
            waiting += listing.items.len();
            let title = format!("{} · {}", said(lang, &place.name), said(lang, &self.terms.who(&seat.post)));
            let mut part = vec![self.waiting(index, seat, &place, &listing)];
            part.extend(self.starts(index, seat, &place));
            body.push(Markup::section(&format!("seat-{index}"), &title, Markup::join(part)));
        }
        if seats.is_empty() {
            let why = EmptyState::new(lang.pick("轮到您办的事项", "What waits for you"), EmptyWhy::None)
                .because(lang.pick("您现在没有任职", "you hold no seat at present"))
                .act(lang.pick("如果您已经当选或受聘，请让村里先登记任职。", "If you were elected or appointed, ask the village to record it first."), None);
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

    fn waiting(&self, index: usize, seat: &Seat, place: &PlaceShown, listing: &Listing) -> Markup {
        let lang = self.lang();
        let keys = [seat.post.clone(), seat.body.clone()];
        let mine = |item: &Listed| {
            item.waiting().find(|open| open.who.iter().any(|key| keys.contains(key))).or(item.open.first()).cloned()
        };
        if listing.items.is_empty() {
            return EmptyState::new(lang.pick("轮到您办的事项", "What waits for you in this seat"), EmptyWhy::None)
                .because(lang.pick("有人提交后会出现在这里", "it appears here when somebody before you has acted"))
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
            let mut cells = vec![Cell::text(said(lang, &item.title)).href(paths::thing(self.service(), &item.procedure, &item.id))];
            if place_named {
                cells.push(Cell::text(said(lang, &item.place)));
            }
            cells.push(open.as_ref().map_or_else(Cell::not_applicable, |open| Cell::text(said(lang, &open.name))));
            cells.push(open.as_ref().map_or_else(Cell::not_applicable, |open| self.due_cell(open)));
            table = table.row(cells);
        }
        table.render(lang)
    }

    fn due_cell(&self, open: &Open) -> Cell {
        let lang = self.lang();
        match open.due {
            Some(due) if due < self.now => Cell::tag(Tag::new(Tone::Wrong, show::due(lang, due, self.now))),
            Some(due) => Cell::text(show::due(lang, due, self.now)),
            None => match open.not_before.filter(|from| *from > self.now) {
                Some(from) => Cell::text(match lang {
                    Lang::Zh => format!("{}之后", show::on(lang, from)),
                    Lang::En => format!("after {}", show::on(lang, from)),
                }),
                None => Cell::text(lang.pick("没有期限", "no deadline")),
            },
        }
    }

    /// What a seat can start, and the lists of all procedures.
    fn starts(&self, index: usize, seat: &Seat, place: &PlaceShown) -> Option<Markup> {
        let lang = self.lang();
        let definitions = self.desk.office.definitions();
        let mut table = DataTable::new(
            lang.pick("可以办理的", "What you can start"),
            vec![Column::text(lang.pick("办理", "Start")), Column::text(lang.pick("全部事项", "All of them"))],
        );
        table.id = format!("start-{index}");
        for definition in definitions.iter() {
            let first = open_steps(definition, None, self.now).into_iter().find(|open| fits(seat, place, &open.who));
            let Some(first) = first.filter(|_| place.village) else { continue };
            let start = paths::start(self.service(), &place.place.unit, &definition.id, &first.step);
            let list = paths::list(self.service(), &place.place.unit, &definition.id);
            table = table.row(vec![
                Cell::text(self.start_name(definition, &first)).href(start),
                Cell::text(said(lang, &definition.term)).href(list),
            ]);
        }
        if table.rows.is_empty() { None } else { Some(table.render(lang)) }
    }

    fn start_name(&self, definition: &Definition, first: &Open) -> String {
        let lang = self.lang();
        let (term, name) = (said(lang, &definition.term), said(lang, &first.name));
        if term == name { name } else { format!("{name}{}{term}", lang.pick("：", ": ")) }
    }

    /// The things of one procedure in one unit.
    async fn list(&self, unit: &str, procedure: &str) -> Result<Response, Problem> {
        let lang = self.lang();
        let place = self.desk.place(unit).await?;
        let definitions = self.desk.office.definitions();
        let definition = definitions.get(procedure).ok_or_else(Problem::not_found)?;
        let first = open_steps(definition, None, self.now);
        let keys: Vec<String> = first.iter().flat_map(|open| open.who.clone()).collect();
        self.desk.see(&self.visitor, &Matter::at(&place), &keys)?;
        let query = self.uri.query().unwrap_or_default();
        let asked = |name: &str| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
        let all = asked("all").as_deref() == Some("1");
        let after = match asked("cursor") {
            Some(cursor) => Some(serde_json::from_value::<web::Cursor>(cursor.into()).map_err(|_| Problem::not_found())?.key::<String>()?),
            None => None,
        };
        let wanted = Wanted {
            unit: Some(place.place.unit.clone()),
            below: !place.village,
            procedure: Some(procedure.to_owned()),
            open_only: !all,
            after,
            limit: LINES,
            ..Wanted::default()
        };
        let listing = self.desk.office.things(&wanted).await?;
        let mut shell = self.desk.shell(self.prefs, &self.uri, said(lang, &definition.term), Some(&self.visitor), Some(&place));
        shell.breadcrumb = vec![Link::new(lang.pick("我的办公桌", "My desk"), self.desk.home())];
        shell.facts = Some(self.facts(listing.as_of.as_ref()));
        let mut body = Vec::new();
        let seats = self.near(&place);
        for open in &first {
            match words::why_not(lang, &self.terms, open, &seats, &place, self.now) {
                None => body.push(Markup::action(&paths::start(self.service(), &place.place.unit, procedure, &open.step), &self.start_name(definition, open))),
                Some(why) => body.push(Markup::paragraph(&self.with_article(why, definition, &open.step))),
            }
        }
        let path = paths::list(self.service(), &place.place.unit, procedure);
        let (other, other_text) = if all {
            (path.clone(), lang.pick("只看没办完的", "Only what is not finished"))
        } else {
            (format!("{path}?all=1"), lang.pick("也看已经办完的", "Finished ones too"))
        };
        body.push(self.table(&listing, &path, all, definition));
        body.push(Markup::link(&other, other_text));
        Ok(shell.page(&Markup::join(body)).into_response())
    }

    fn table(&self, listing: &Listing, path: &str, all: bool, definition: &Definition) -> Markup {
        let lang = self.lang();
        if listing.items.is_empty() {
            let term = said(lang, &definition.term);
            return EmptyState::new(term, EmptyWhy::None)
                .because(if all { lang.pick("还没有办过", "none was ever begun") } else { lang.pick("没有正在办的", "none is under way") })
                .render(lang);
        }
        let mut table = DataTable::new(
            if all { lang.pick("全部", "All") } else { lang.pick("正在办的", "Under way") },
            vec![
                Column::text(lang.pick("事项", "Matter")),
                Column::text(lang.pick("到哪一步", "How far")),
                Column::text(lang.pick("轮到谁", "Whose turn")),
                Column::text(lang.pick("期限", "By when")),
            ],
        );
        for item in &listing.items {
            let main = item.open.iter().find(|open| !open.beside).or(item.open.first());
            let title = said(lang, &item.title);
            table = table.row(vec![
                Cell::text(title).href(paths::thing(self.service(), &item.procedure, &item.id)),
                Cell::tag(self.tag(item.ended, main)),
                main.map_or_else(Cell::not_applicable, |open| Cell::text(self.terms.anyone(lang, &open.who))),
                main.map_or_else(Cell::not_applicable, |open| self.due_cell(open)),
            ]);
        }
        if let Some(next) = &listing.next {
            let cursor = web::Cursor::after(next);
            let more = if all { "all=1&" } else { "" };
            table.download = None;
            let rest = Markup::link(&format!("{path}?{more}cursor={}", cursor.as_str()), lang.pick("再往后看", "Further on"));
            return Markup::join([table.render(lang), Markup::join([rest]), Markup::paragraph("")]);
        }
        table.render(lang)
    }

    /// The state in a word: what is to be done, late or not, or that nothing is.
    fn tag(&self, ended: bool, open: Option<&Open>) -> Tag {
        let lang = self.lang();
        match open {
            _ if ended => Tag::new(Tone::Ok, lang.pick("已办结", "Finished")),
            None => Tag::new(Tone::Neutral, lang.pick("等待", "Waiting")),
            Some(open) if open.due.is_some_and(|due| due < self.now) => {
                let name = said(lang, &open.name);
                Tag::new(Tone::Wrong, match lang {
                    Lang::Zh => format!("{name}（已超期）"),
                    Lang::En => format!("{name} (late)"),
                })
            }
            Some(open) if open.beside => Tag::new(Tone::Neutral, lang.pick("没有要办的", "Nothing to do")),
            Some(open) => Tag::new(Tone::Info, said(lang, &open.name)),
        }
    }

    fn near(&self, place: &PlaceShown) -> Vec<Seat> {
        let seats = self.visitor.seats(self.now);
        seats.into_iter().filter(|seat| seat.unit == place.place.unit || place.path.contains(&seat.unit)).collect()
    }

    fn with_article(&self, why: String, definition: &Definition, step: &str) -> String {
        let lang = self.lang();
        let article = definition.step(step).and_then(|step| words::article(lang, &self.terms, definition, step));
        match (article, lang) {
            (Some(article), Lang::Zh) => format!("{why}依据：{}。", article.text),
            (Some(article), Lang::En) => format!("{why} Basis: {}.", article.text),
            (None, _) => why,
        }
    }

    /// One thing: facts so far, what happens next, what you can do, its path and its records.
    async fn thing(&self, procedure: &str, id: &str) -> Result<Response, Problem> {
        let lang = self.lang();
        let (thing, definition, open) = self.open(procedure, id).await?;
        let mut shell = self.desk.shell(self.prefs, &self.uri, said(lang, &thing.title), Some(&self.visitor), Some(&thing.place));
        shell.breadcrumb = vec![
            Link::new(lang.pick("我的办公桌", "My desk"), self.desk.home()),
            Link::new(said(lang, &definition.term), paths::list(self.service(), &thing.place.place.unit, procedure)),
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
        body.extend(show::summary(lang.pick("这件事到现在为止", "The matter so far"), rows).map(|list| list.render(lang)));
        body.push(self.records(&definition, &thing, id));
        if !thing.links.is_empty() {
            let rows = thing.links.iter().map(|(text, href)| SummaryRow::link(said(lang, text), Link::new(href.clone(), href.clone())));
            body.push(SummaryList::new(lang.pick("还可以看", "See also"), rows.collect()).render(lang));
        }
        let mut response = shell.page(&Markup::join(body)).into_response();
        response.headers_mut().insert(ETAG, web::etag(thing.version));
        Ok(response)
    }

    /// A thing that the visitor may see, with what is open.
    async fn open(&self, procedure: &str, id: &str) -> Result<(Thing, Definition, Vec<Open>), Problem> {
        let thing = self.desk.thing(&self.visitor, procedure, id).await?;
        let definitions = self.desk.office.definitions();
        let definition = governing(&definitions, procedure, Some(&thing.history)).ok_or_else(Problem::not_found)?;
        let open = open_steps(definition, Some(&thing.history), self.now);
        let named: Vec<String> = definition
            .steps
            .iter()
            .flat_map(|step| named(definition, step, Some(&thing.history.values)).into_iter().chain(step.by.otherwise.clone()))
            .collect();
        self.desk.see(&self.visitor, &Matter::of(&thing), &named)?;
        let definition = definition.clone();
        Ok((thing, definition, open))
    }

    fn actions(&self, definition: &Definition, thing: &Thing, id: &str, open: &[Open]) -> Markup {
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
                (Some(why), true) => parts.push(Markup::paragraph(&self.with_article(why, definition, &open.step))),
                (Some(_), false) => others.push(match lang {
                    Lang::Zh => format!("{name}（{}）", self.terms.anyone(lang, &open.who)),
                    Lang::En => format!("{name} ({})", self.terms.anyone(lang, &open.who)),
                }),
            }
        }
        for (index, link) in links.into_iter().enumerate() {
            let before = if index == 0 { lang.pick("您也可以：", "You can also: ") } else { lang.pick("，", ", ") };
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
                lang.pick("这件事已经办结，没有要办的了。", "This matter is finished; nothing is left to do.")
            } else {
                lang.pick("现在没有要人办的；到期会自动进行。", "Nobody has to act now; what falls due happens by itself.")
            };
            parts.push(Markup::paragraph(said));
        }
        Markup::section("actions", title, Markup::join(parts))
    }

    fn path(&self, definition: &Definition, thing: &Thing, id: &str, main: Option<&Open>) -> Stepper {
        let lang = self.lang();
        let rows = stepper(definition, Some(&thing.history), self.now);
        let steps = rows.into_iter().map(|row| {
            let state = match row.status {
                Status::Done => StepState::Done,
                Status::Now => StepState::Now,
                Status::Returned => StepState::Returned,
                Status::Late => StepState::Late,
                Status::NotYet => StepState::NotYet,
            };
            // What may be done now beside the main act, like taking it back, is a way that may be left out.
            let aside = row.status == Status::Now && main.is_some_and(|main| main.step != row.step);
            let state = if aside { StepState::NotYet } else { state };
            let mut step = Step::new(said(lang, &row.name), state);
            step.optional = aside;
            step.date = match (row.at, row.due) {
                (_, Some(due)) if matches!(row.status, Status::Now | Status::Late) => Some(show::due(lang, due, self.now)),
                (Some(at), _) => Some(pages::table_date(at.micros())),
                _ => None,
            };
            let shown = definition.step(&row.step);
            step.seat = match (&row.post, shown) {
                (Some(post), _) => Some(said(lang, &self.terms.who(post))),
                (None, Some(shown)) => Some(self.terms.anyone(lang, &named(definition, shown, Some(&thing.history.values)))),
                (None, None) => None,
            };
            step.article = row.law.as_deref().and_then(|law| self.terms.catalogue().citations.entry(law)).map(|entry| said(lang, &entry.name));
            // The record of the step, where it was taken.
            let last = shown.and_then(|shown| {
                thing.history.happened.iter().rev().find(|happened| shown.events.iter().any(|event| event.fact == happened.fact))
            });
            step.href = last.map(|happened| paths::receipt(self.service(), &definition.id, id, &happened.event));
            step
        });
        Stepper {
            title: said(lang, &definition.term),
            steps: steps.collect(),
            next: main.map(|open| words::next(lang, &self.terms, open, self.now)),
        }
    }

    fn records(&self, definition: &Definition, thing: &Thing, id: &str) -> Markup {
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
                Cell::text(what).href(paths::receipt(self.service(), &definition.id, id, &happened.event)),
                Cell::text(self.actor(happened.post.as_deref())),
                Cell::text(pages::table_time(happened.at.micros())),
                record.map_or_else(Cell::not_applicable, |record| Cell::text(position(lang, record))),
            ]);
        }
        table.render(lang)
    }

    fn actor(&self, post: Option<&str>) -> String {
        let lang = self.lang();
        match post {
            Some(post) => said(lang, &self.terms.who(post)),
            None => lang.pick("村民或到期自动", "a villager, or by itself when due").to_owned(),
        }
    }

    /// The receipt of one record. Its address keeps working; a record not read yet is waited for.
    async fn receipt(&self, procedure: &str, id: &str, event: &str) -> Result<Response, Problem> {
        let lang = self.lang();
        let (thing, definition, open) = match self.open(procedure, id).await {
            Err(problem) if problem.status == 404 => return self.not_there_yet(procedure, problem),
            other => other?,
        };
        let happened = thing.history.happened.iter().find(|happened| happened.event.as_str() == event);
        let Some(happened) = happened else {
            return self.not_there_yet(procedure, Problem::not_found());
        };
        let record = thing.records.iter().find(|record| record.event == happened.event);
        let what = said(lang, &self.terms.happened(&definition, &happened.fact));
        let mut rows = vec![SummaryRow::text(lang.pick("谁办的", "By"), self.actor(happened.post.as_deref()))];
        if let Some(record) = record {
            rows.extend(show::facts(lang, &self.terms, &definition, &record.values, &thing.called()));
            rows.push(SummaryRow::text(lang.pick("日志位置", "Log position"), position(lang, record)));
            if let Some(proof) = &record.proof {
                rows.push(SummaryRow::link(lang.pick("证明", "Proof"), Link::new(lang.pick("怎么知道这是真的", "How do I know this is true?"), proof.clone())));
            }
        }
        let path = paths::thing(self.service(), procedure, id);
        rows.push(SummaryRow::link(lang.pick("这件事", "The matter"), Link::new(said(lang, &thing.title), path.clone())));
        let last = thing.history.happened.last().is_some_and(|last| last.event == happened.event);
        let waits = crate::office::waiting(&definition, &open);
        let main: Vec<NextAct> = open.iter().filter(|open| waits.contains(&open.step)).map(|open| words::next(lang, &self.terms, open, self.now)).collect();
        let ended = NextAct::new("", lang.pick("这件事已经办结，没有要办的了", "This matter is finished; nothing is left to do"), None);
        let page = ReceiptPage {
            done: match lang {
                Lang::Zh => format!("已办理：{what}"),
                Lang::En => format!("Done: {what}"),
            },
            number: record.map_or_else(|| happened.event.to_string(), |record| format!("{}-{}", record.position.log, record.position.index)),
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
        let mut shell = self.desk.shell(self.prefs, &self.uri, lang.pick("回执", "Receipt"), Some(&self.visitor), Some(&thing.place));
        shell.breadcrumb = vec![
            Link::new(lang.pick("我的办公桌", "My desk"), self.desk.home()),
            Link::new(said(lang, &definition.term), paths::list(self.service(), &thing.place.place.unit, procedure)),
            Link::new(said(lang, &thing.title), path),
        ];
        shell.lead = (!last).then(|| lang.pick("这之后又有新的记录；下面的“接下来”是现在的情况。", "There are later records; “what happens next” is as of now.").to_owned());
        shell.facts = Some(self.facts(thing.as_of.as_ref()));
        let mut body = vec![page.render(lang)];
        let back = [
            Markup::link(&self.desk.home(), lang.pick("回到我的办公桌", "Back to my desk")),
        ];
        body.extend(back);
        Ok(shell.page(&Markup::join(body)).into_response())
    }

    /// A record that was just written and not read yet: the page comes back by itself. What is never found stays 404.
    fn not_there_yet(&self, procedure: &str, problem: Problem) -> Result<Response, Problem> {
        let tries: u32 = self
            .uri
            .query()
            .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("try=")))
            .and_then(|tries| tries.parse().ok())
            .unwrap_or(0);
        if tries >= 5 || self.desk.office.definitions().get(procedure).is_none() {
            return Err(problem);
        }
        let frame = Frame { prefs: self.prefs, uri: &self.uri, visitor: Some(&self.visitor), place: None };
        let mut response = refused::page(self.desk, frame, &Problem::generic("not-reached-yet"), None);
        let again = HeaderValue::try_from(format!("1; url={}?try={}", self.uri.path(), tries + 1));
        if let Ok(again) = again {
            response.headers_mut().insert(REFRESH, again);
        }
        Ok(response)
    }
}

fn position(lang: Lang, record: &Record) -> String {
    match lang {
        Lang::Zh => format!("{} 第 {} 条", record.position.log, record.position.index),
        Lang::En => format!("{}, entry {}", record.position.log, record.position.index),
    }
}
