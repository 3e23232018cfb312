//! Which mechanisms of the mission's map the definitions carry, by number: with their cases and the page where each is seen.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{check::Sound, shown::SoundShown, watches::SoundWatch};
use crate::out::say;

/// A mechanism in one service, which is named as definition files name it.
#[derive(Serialize)]
struct Row<'a> {
    capability: u16,
    service: &'a str,
    definitions: Vec<&'a str>,
    scenarios: usize,
    page: String,
}

/// Where everybody sees how many warnings there were and how they ended.
const WARNINGS: &str = "/funds/warnings";

/// Prints the table.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn print(
    sound: &[Sound],
    watches: &[SoundWatch],
    shown: &[SoundShown],
    as_json: bool,
) -> anyhow::Result<()> {
    let rows = rows(sound, watches, shown);
    if as_json {
        say!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for row in rows {
        say!(
            "{:>3}  {:<15}  {:<32} {:>4} cases  {}",
            row.capability,
            row.service,
            row.definitions.join(", "),
            row.scenarios,
            row.page
        );
    }
    Ok(())
}

fn rows<'a>(
    sound: &'a [Sound],
    watches: &'a [SoundWatch],
    shown: &'a [SoundShown],
) -> Vec<Row<'a>> {
    let mut rows: BTreeMap<(u16, &str), Row<'_>> = BTreeMap::new();
    for one in sound {
        for capability in &one.definition.capabilities {
            let row = rows.entry((*capability, one.named)).or_insert_with(|| Row {
                capability: *capability,
                service: one.named,
                definitions: Vec::new(),
                scenarios: 0,
                page: page(one),
            });
            row.definitions.push(&one.definition.id);
            row.scenarios += one.cases.count();
        }
    }
    for one in watches {
        for capability in &one.watch.capabilities {
            let row = rows.entry((*capability, one.named)).or_insert_with(|| Row {
                capability: *capability,
                service: one.named,
                definitions: Vec::new(),
                scenarios: 0,
                page: WARNINGS.to_owned(),
            });
            row.definitions.push(&one.watch.id);
            row.scenarios += one.cases.count();
        }
    }
    for one in shown {
        for capability in &one.shown.head().capabilities {
            let row = rows.entry((*capability, one.named)).or_insert_with(|| Row {
                capability: *capability,
                service: one.named,
                definitions: Vec::new(),
                scenarios: 0,
                page: one.page(),
            });
            row.definitions.push(&one.shown.head().id);
            row.scenarios += one.cases.count();
        }
    }
    rows.into_values().collect()
}

/// Where everybody sees it: the page that its file names, or that of all procedures; a closed one its officers at their desk.
fn page(one: &Sound) -> String {
    let id = &one.definition.id;
    let common = || match one.definition.is_closed() {
        true => format!("/{}/units/{{unit}}/{id}", one.service),
        false => format!("/villages/{{unit}}/matters/{id}"),
    };
    one.definition.page.clone().unwrap_or_else(common)
}
