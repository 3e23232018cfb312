//! The rule that a matter follows: which text, since when, on which articles; and where to read it whole.

use definitions::Definition;
use pages::{Component, Lang, Link, Markup, SummaryList, SummaryRow};
use store::StoreError;

use super::Ask;
use crate::{shows::rules, telling, words};

/// The section about the rule.
pub(crate) async fn render(ask: &Ask<'_>, definition: &Definition) -> Result<Markup, StoreError> {
    let l = ask.prefs.lang;
    let reference = definition.reference.as_str();
    let hash = reference.rsplit_once('@').map_or("", |(_, hash)| hash);
    let adopted = rules::of(&ask.portal.db, &definition.id).await?;
    let adopted = adopted.into_iter().find(|rule| rule.hash.eq_ignore_ascii_case(hash));
    let term = words::pick(l, &definition.term);
    let name = match l {
        Lang::Zh => format!("{term}，第 {} 版", definition.version),
        Lang::En => format!("{term}, version {}", definition.version),
    };
    let mut rows = vec![SummaryRow::text(ask.pick("规则", "Rule"), name)];
    if let Some(adopted) = adopted {
        rows.push(SummaryRow::text(
            ask.pick("从哪天起用", "In force from"),
            words::day(l, &adopted.from),
        ));
    }
    let articles: Vec<String> = telling::articles(definition)
        .into_iter()
        .map(|law| words::pick(l, &words::law(law)).to_owned())
        .collect();
    rows.push(SummaryRow::text(ask.pick("依据", "Rests on"), articles.join("\n")));
    rows.push(SummaryRow::link(
        ask.pick("一步一步怎么办", "Step by step"),
        Link::new(ask.pick("看怎么办", "See how it is done"), format!("/rules/{reference}")),
    ));
    rows.push(SummaryRow::link(
        ask.pick("规则原文", "Its text"),
        Link::new(
            format!("{}@{}", definition.id, pages::short_hash(hash)),
            format!("/definitions/{reference}"),
        ),
    ));
    Ok(SummaryList::new(ask.pick("按什么规则办", "The rule it follows"), rows).render(l))
}
