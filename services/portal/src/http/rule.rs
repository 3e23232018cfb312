//! `/rules/{reference}`: how something is done, in plain sentences and as a picture, from the adopted text itself.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use definitions::{
    Definition,
    plain::{Called, Language, picture, told},
};
use kernel::Text;
use pages::{Component, Lang, Link, Markup, Prefs, SummaryList, SummaryRow};
use web::Problem;

use super::frame::{Ask, Built, Failure, answer};
use crate::{
    Portal,
    shows::{position, rules},
    words,
};

/// The portal's words for posts, bodies and articles.
struct Words;

impl Called for Words {
    fn who(&self, key: &str) -> Text {
        let known = [words::post(key), words::body(key)].into_iter().find(|name| name.zh != key);
        known.unwrap_or_else(|| definitions::Catalogue::default().who(key))
    }

    fn article(&self, article: &str) -> Option<Text> {
        Some(words::law(article))
    }
}

fn language(lang: Lang) -> Language {
    match lang {
        Lang::Zh => Language::Zh,
        Lang::En => Language::En,
    }
}

/// The adopted text, from whichever service runs it.
pub(crate) async fn found(portal: &Portal, reference: &str) -> Option<Arc<Definition>> {
    for owner in portal.owners.values() {
        if let Some(found) = portal.procedures.get(Some(owner.as_ref()), reference).await {
            return Some(found);
        }
    }
    None
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    Path(reference): Path<String>,
    prefs: Prefs,
    uri: Uri,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask, &reference).await)
}

async fn build(ask: &Ask<'_>, reference: &str) -> Built {
    let l = ask.prefs.lang;
    let definition = found(ask.portal, reference).await.ok_or(Failure::Missing)?;
    let mut shell = ask.shell(words::pick(l, &definition.term).to_owned());
    shell.breadcrumb = vec![
        Link::new(ask.pick("全部村子", "All villages"), "/"),
        Link::new(ask.pick("按什么规则办事", "By which rules"), "/how#rules"),
    ];
    shell.lead = Some(
        ask.pick(
            "谁来办、什么时候办、办完怎样，一步一步写在这里。",
            "Who does what, by when, and what comes of it, step by step.",
        )
        .into(),
    );
    shell.facts =
        Some(ask.facts(position::all(&ask.portal.db, rules::OF).await?.into_iter().next()));
    let on = ask.portal.now().date();
    let mut parts: Vec<Markup> = Vec::new();
    for (index, step) in told(&definition, &Words, on).iter().enumerate() {
        let mut rows: Vec<Markup> =
            step.lines.iter().map(|line| Markup::paragraph(words::pick(l, line))).collect();
        if let Some(law) = &step.law {
            let row = SummaryRow::text(ask.pick("依据", "Rests on"), words::pick(l, law));
            rows.push(SummaryList::new("", vec![row]).render(l));
        }
        let title = format!("{}. {}", index + 1, words::pick(l, &step.name));
        parts.push(Markup::section(&format!("step-{}", index + 1), &title, Markup::join(rows)));
    }
    let lang = if l == Lang::Zh { "zh" } else { "en" };
    let picture = format!("/rules/{reference}/course.svg?lang={lang}");
    parts.push(Markup::action(&picture, ask.pick("看流程图", "See its course as a picture")));
    parts.push(Markup::action(
        &format!("/definitions/{reference}"),
        ask.pick("看全文", "Read the text itself"),
    ));
    Ok(shell.page(&Markup::join(parts)))
}

/// The course as a picture.
pub(crate) async fn course(
    State(portal): State<Arc<Portal>>,
    Path(reference): Path<String>,
    prefs: Prefs,
) -> Response {
    match found(&portal, &reference).await {
        Some(definition) => {
            let svg = picture(&definition, &Words, language(prefs.lang));
            ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response()
        }
        None => Problem::not_found().into_response(),
    }
}
