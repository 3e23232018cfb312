//! Pages to look at: my desk, the list of a procedure, a thing with its path, a receipt. Nothing is changed here.

mod home;
mod list;
mod receipt;
mod thing;

use axum::{body::Body, extract::Request, http::Uri, response::Response};
use definitions::Definition;
use engines::procedure::{Open, governing, open_steps};
use kernel::{Position, Seat, Timestamp};
use pages::{AsOf, Cell, Facts, Lang, Prefs, Tag, Tone};
use web::Problem;

use crate::{
    Desk, PlaceShown, Record, Thing, Visitor,
    desk::Matter,
    refused::{self, Frame},
    show,
    terms::{Terms, named, said},
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
pub(crate) async fn show(
    desk: &Desk,
    prefs: Prefs,
    request: Request<Body>,
    page: Page<'_>,
) -> Response {
    let uri = request.uri().clone();
    let visitor = match desk.visitor(request.headers()).await {
        Ok(visitor) => visitor,
        Err(problem) => {
            return refused::page(
                desk,
                Frame { prefs, uri: &uri, visitor: None, place: None },
                &problem,
                None,
            );
        }
    };
    let look = Look { desk, prefs, uri, terms: desk.terms(), visitor, now: desk.now() };
    let shown = match page {
        Page::Home => look.home().await,
        Page::List { unit, procedure } => look.list(unit, procedure).await,
        Page::Thing { procedure, id } => look.thing(procedure, id).await,
        Page::Receipt { procedure, id, event } => look.receipt(procedure, id, event).await,
    };
    shown.unwrap_or_else(|problem| {
        let frame =
            Frame { prefs: look.prefs, uri: &look.uri, visitor: Some(&look.visitor), place: None };
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
            as_of: as_of.map(|(at, position)| AsOf {
                micros: at.micros(),
                log: position.log.to_string(),
                index: position.index,
            }),
            burden: self.desk.around.burden.clone(),
            ..Facts::default()
        }
    }

    fn due_cell(&self, open: &Open) -> Cell {
        let lang = self.lang();
        match open.due {
            Some(due) if due < self.now => {
                Cell::tag(Tag::new(Tone::Wrong, show::due(lang, due, self.now)))
            }
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

    fn start_name(&self, definition: &Definition, first: &Open) -> String {
        let lang = self.lang();
        let (term, name) = (said(lang, &definition.term), said(lang, &first.name));
        if term == name { name } else { format!("{name}{}{term}", lang.pick("：", ": ")) }
    }

    /// The state in a word: what is to be done, late or not, or that nothing is.
    fn tag(&self, ended: bool, open: Option<&Open>) -> Tag {
        let lang = self.lang();
        match open {
            _ if ended => Tag::new(Tone::Ok, lang.pick("已办结", "Finished")),
            None => Tag::new(Tone::Neutral, lang.pick("等待", "Waiting")),
            Some(open) if open.due.is_some_and(|due| due < self.now) => {
                let name = said(lang, &open.name);
                Tag::new(
                    Tone::Wrong,
                    match lang {
                        Lang::Zh => format!("{name}（已超期）"),
                        Lang::En => format!("{name} (late)"),
                    },
                )
            }
            Some(open) if open.beside => {
                Tag::new(Tone::Neutral, lang.pick("没有要办的", "Nothing to do"))
            }
            Some(open) => Tag::new(Tone::Info, said(lang, &open.name)),
        }
    }

    fn near(&self, place: &PlaceShown) -> Vec<Seat> {
        let seats = self.visitor.seats(self.now);
        seats
            .into_iter()
            .filter(|seat| seat.unit == place.place.unit || place.path.contains(&seat.unit))
            .collect()
    }

    fn with_article(&self, why: String, definition: &Definition, step: &str) -> String {
        let lang = self.lang();
        let article = definition
            .step(step)
            .and_then(|step| words::article(lang, &self.terms, definition, step));
        match (article, lang) {
            (Some(article), Lang::Zh) => format!("{why}依据：{}。", article.text),
            (Some(article), Lang::En) => format!("{why} Basis: {}.", article.text),
            (None, _) => why,
        }
    }

    /// A thing that the visitor may see, with what is open.
    async fn open(
        &self,
        procedure: &str,
        id: &str,
    ) -> Result<(Thing, Definition, Vec<Open>), Problem> {
        let thing = self.desk.thing(&self.visitor, procedure, id).await?;
        let definitions = self.desk.office.definitions();
        let definition = governing(&definitions, procedure, Some(&thing.history))
            .ok_or_else(Problem::not_found)?;
        let open = open_steps(definition, Some(&thing.history), self.now);
        let named: Vec<String> = definition
            .steps
            .iter()
            .flat_map(|step| {
                named(definition, step, Some(&thing.history.values))
                    .into_iter()
                    .chain(step.by.otherwise.clone())
            })
            .collect();
        self.desk.see(&self.visitor, &Matter::of(&thing), &named)?;
        let definition = definition.clone();
        Ok((thing, definition, open))
    }

    fn actor(&self, post: Option<&str>) -> String {
        let lang = self.lang();
        match post {
            Some(post) => said(lang, &self.terms.who(post)),
            None => lang.pick("村民或到期自动", "a villager, or by itself when due").to_owned(),
        }
    }
}

fn position(lang: Lang, record: &Record) -> String {
    match lang {
        Lang::Zh => format!("{} 第 {} 条", record.position.log, record.position.index),
        Lang::En => format!("{}, entry {}", record.position.log, record.position.index),
    }
}
