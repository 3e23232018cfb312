//! `cunwu rebuild`: computes read models and copies of foreign facts again from the logs of a data folder, and swaps.

use std::sync::Arc;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use portal::shows;
use serde_json::json;
use store::Reader;

use crate::{
    cli::Rebuild,
    exit::Exit,
    house::{self, House, open::Ground},
    out::say,
    rules,
};

/// Runs the command.
///
/// # Errors
/// When there is no such read model, or a database is out of reach.
pub async fn run(args: Rebuild) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        args.folder.data.join("organisation.sqlite").exists(),
        "{} holds no service's data",
        args.folder.data.display()
    );
    let Some(rules) = rules::book(args.definitions.as_deref())? else { return Ok(Exit::Wrong) };
    let ground = Ground::real(&args.folder.data, &args.folder.signer_state())?;
    let house = House::whole(ground, rules).await?;
    let owners = house.owners();
    let portal = house.portal.as_ref().context("the portal does not run here")?;
    let mut hearings = vec![house.funds_hears()?];
    for show in shows::ALL {
        let Some(owner) = owners.get(show.source()) else { continue };
        let reader: Arc<dyn Reader> = Arc::new(shows::ShowReader(*show));
        hearings.push(house::portal_hears(portal, show.source(), owner.clone(), reader));
    }
    let named = |name: &str| {
        args.name == "all"
            || args.name == name
            || (args.name == "portal" && name.starts_with("portal-"))
    };
    let names: Vec<String> = hearings.iter().map(|h| h.reader.name().to_owned()).collect();
    let mut done = Vec::new();
    for hearing in hearings.iter().filter(|hearing| named(hearing.reader.name())) {
        let name = hearing.reader.name().to_owned();
        let bar = if args.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        bar.set_style(ProgressStyle::with_template("{spinner} {msg} {pos} entries")?);
        bar.set_message(name.clone());
        let entries = hearing.rebuild(|count| bar.set_position(count)).await?;
        bar.finish_and_clear();
        if !args.json {
            say!("{name}: rebuilt from {entries} entries");
        }
        done.push(json!({ "name": name, "entries": entries }));
    }
    anyhow::ensure!(
        !done.is_empty(),
        "there is no read model `{}`; there are: all, portal, {}",
        args.name,
        names.join(", ")
    );
    if args.json {
        say!("{}", serde_json::to_string_pretty(&json!({ "rebuilt": done }))?);
    }
    Ok(Exit::Done)
}
