//! `/matters/{service}/{procedure}/{id}`: one matter: what it says, questions and answers, steps, deadlines, rule, proof.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use definitions::FieldType;
use pages::{Link, Markup, Prefs};
use serde::Deserialize;
use store::StoreError;

use super::{Ask, Named, list, named, parts::Case, rule, section, state};
use crate::{
    Portal,
    http::{
        frame::{self, Built, Failure, Tab, answer},
        proof_box, say, voucher,
    },
    shows::{
        divisions,
        matters::{self, Told},
        position, seats,
    },
    words,
};

/// Which event's proof is shown: its number among those of the matter, from 1. Without it the first, by which the matter's
/// own text was put up.
#[derive(Deserialize, Default)]
pub(crate) struct Wanted {
    event: Option<usize>,
}

impl Wanted {
    fn of<'a>(&self, events: &'a [Told]) -> Option<(usize, &'a Told)> {
        let n = self.event.filter(|n| (1..=events.len()).contains(n)).unwrap_or(1);
        events.get(n.checked_sub(1)?).map(|event| (n, event))
    }
}

/// A matter with its events and texts, as the page and the data have it.
pub(crate) async fn load(
    ask: &Ask<'_>,
    (service, procedure, id): (&str, &str, &str),
) -> Result<Case, Failure> {
    let db = &ask.portal.db;
    let matter = matters::get(db, service, procedure, id).await?.ok_or(Failure::Missing)?;
    if super::own_page(matter.service, &matter.kind).is_some() {
        return Err(Failure::Moved(super::href(&matter)));
    }
    let events = matters::events(db, &matter).await?;
    let one = named(ask, vec![matter]).await.into_iter().next().ok_or(Failure::Missing)?;
    let names = names(ask, &one, &events).await?;
    Ok(Case::load(ask, one, events, names).await)
}

/// Names of those who acted in office, and of office holders in public fields.
async fn names(
    ask: &Ask<'_>,
    named: &Named,
    events: &[Told],
) -> Result<BTreeMap<String, String>, StoreError> {
    let mut holders: Vec<&str> =
        events.iter().filter_map(|event| event.happening.actor.holder.as_deref()).collect();
    let fields = named.definition.iter().flat_map(|d| d.fields.values());
    holders.extend(
        fields
            .filter(|field| field.kind == FieldType::Holder)
            .filter_map(|field| named.matter.history.values.get(&field.name)?.as_str()),
    );
    seats::names(&ask.portal.db, &holders).await
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((service, procedure, id)): Path<(String, String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask, (&service, &procedure, &id), &frame::asked(&uri)).await)
}

async fn build(ask: &Ask<'_>, of: (&str, &str, &str), wanted: &Wanted) -> Built {
    let (db, l, now) = (&ask.portal.db, ask.prefs.lang, ask.portal.now());
    let case = load(ask, of).await?;
    let matter = &case.named.matter;
    let unit = divisions::get(db, &matter.unit).await?.ok_or(Failure::Missing)?;
    let definition = case.named.definition.as_deref();
    let mut shell = ask.shell_of(&unit, case.named.title(ask), Tab::Matters).await?;
    shell.breadcrumb.push(Link::new(
        section::term(ask, definition, &matter.procedure),
        section::list_href(&unit, &matter.procedure),
    ));
    let line = state::line(l, matter, definition, now);
    let next = line.next.clone();
    shell.state = Some(line);
    let as_of = match list::kept(matter.service) {
        Some(kept) => position::of(db, kept, &matter.position.log).await?,
        None => None,
    };
    let mut facts = ask.facts(as_of);
    facts.proof = Some("#proof".into());
    let first = case.events.first();
    facts.published_by = first.map(|e| say::actor(l, &e.happening.actor, &case.names));
    shell.facts = Some(facts);
    let mut aside = match definition {
        Some(definition) => rule::render(ask, definition).await?,
        None => Markup::default(),
    };
    aside.push(proof(ask, &case, wanted).await);
    shell.aside = Some(aside);
    Ok(shell.page(&Markup::join([
        case.reading(ask),
        case.added(ask),
        case.facts(ask),
        case.counted(ask),
        case.exchanges(ask),
        case.stepper(ask, next),
        case.deadlines(ask),
        case.happened(ask),
    ])))
}

/// The proof of the event asked for.
async fn proof(ask: &Ask<'_>, case: &Case, wanted: &Wanted) -> Markup {
    let Some((n, event)) = wanted.of(&case.events) else { return Markup::default() };
    let matter = &case.named.matter;
    let named = super::meaning(case.named.definition.as_deref(), &event.happening.fact);
    let said = words::pick(ask.prefs.lang, &named);
    let all = case.events.len();
    let which = match ask.prefs.lang {
        pages::Lang::Zh => {
            format!("下面证明的是第 {n} 件（共 {all} 件）：{said}。别的在“发生过的每一件事”里点。")
        }
        pages::Lang::En => format!(
            "Proved below is event {n} of {all}: {said}. The list of events leads to the others."
        ),
    };
    let download = format!("{}/proof.json?event={n}", super::href(matter));
    let file = format!("{}-{}-{n}.json", matter.procedure, matter.id);
    let shown =
        proof_box::render(ask, matter.service, &event.happening.position, &download, &file).await;
    Markup::join([Markup::paragraph(&which), shown])
}

/// `/matters/{service}/{procedure}/{id}/proof.json`: the proof of one of its events, with its public texts.
pub(crate) async fn proof_file(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((service, procedure, id)): Path<(String, String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let found = async {
        let db = &portal.db;
        let matter = matters::get(db, &service, &procedure, &id).await?.ok_or(Failure::Missing)?;
        let events = matters::events(db, &matter).await?;
        let (n, event) = frame::asked::<Wanted>(&uri).of(&events).ok_or(Failure::Missing)?;
        Ok::<_, Failure>((n, event.clone(), matter))
    };
    let (n, event, matter) = match found.await {
        Ok(found) => found,
        Err(failure) => return answer(&ask, Err(failure)),
    };
    let texts = event.happening.texts();
    let wanted: Vec<_> = texts.iter().collect();
    let name = format!("{}-{}-{n}.json", matter.procedure, matter.id);
    voucher::proof_answer(&ask, matter.service, &event.happening.position, &wanted, &name).await
}
