//! `cunwu import divisions`: a register into a data folder, all or nothing, with every bad line named.

use std::path::Path;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Level, Place};
use organisation::{
    State,
    facts::unit,
    staff::import::{ImportError, ImportReport, import_divisions},
};
use serde_json::json;

use crate::{
    exit::Exit,
    house::{self, open::Ground},
    out::say,
};

/// Imports a file. Exit 1: the register has errors, nothing was changed.
///
/// # Errors
/// When the file or the data folder cannot be used.
pub async fn divisions(ground: &Ground, file: &Path, as_json: bool) -> anyhow::Result<Exit> {
    let csv = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let organisation =
        house::open::open(ground, None, house::book::Rulebook::built_in()?.organisation()).await?;
    let bar = if as_json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} units")?);
    bar.set_message("importing divisions");
    let outcome = import_divisions(&organisation.host, &csv, |done, planned| {
        bar.set_length(planned);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    match outcome {
        Ok(report) => {
            if let Some(province) = province(&organisation.host.store, &csv).await? {
                house::adopt(&organisation.host, &province, "set-up").await?;
            }
            if as_json {
                say!(
                    "{}",
                    serde_json::to_string_pretty(&json!({ "imported": true, "report": report }))?
                );
            } else {
                print(&report);
            }
            Ok(Exit::Done)
        }
        Err(ImportError::Register(complaints)) => {
            if as_json {
                let lines: Vec<_> = complaints
                    .0
                    .iter()
                    .map(|bad| json!({ "line": bad.line, "reason": bad.reason, "what": bad.what }))
                    .collect();
                say!(
                    "{}",
                    serde_json::to_string_pretty(
                        &json!({ "imported": false, "bad_lines": lines })
                    )?
                );
            } else {
                for bad in &complaints.0 {
                    say!("{}:{}  {}  {}", file.display(), bad.line, bad.what.zh, bad.what.en);
                }
                say!("{} bad lines; nothing was imported", complaints.0.len());
            }
            Ok(Exit::Wrong)
        }
        Err(ImportError::Verdict(verdict)) => Err(verdict.into()),
    }
}

fn print(report: &ImportReport) {
    let name = |level: &Level| level.name();
    let lines: Vec<String> =
        report.lines.iter().map(|(level, count)| format!("{count} {}", name(level))).collect();
    say!("the register has {}", lines.join(", "));
    say!("formed {}, renamed {}, unchanged {}", report.formed, report.renamed, report.unchanged);
    for (code, name) in &report.missing {
        say!("not in this register, and kept: {code} {name}");
    }
    for (line, code, name) in &report.elsewhere {
        say!("line {line}: {code} {name} stands elsewhere, and was not moved");
    }
}

/// The place of the province that a register is of.
async fn province(store: &store::Store, csv: &[u8]) -> anyhow::Result<Option<Place>> {
    let Ok(register) = organisation::facts::divisions::Register::parse(csv) else {
        return Ok(None);
    };
    let Some(first) = register.rows().first() else { return Ok(None) };
    let code = first.code;
    let known = organisation::shows::units::known(store).await?;
    let Some(known) = known.into_iter().find(|known| known.code == code) else { return Ok(None) };
    let (_, state) = store.state::<State>(&unit::stream(&known.unit)).await?;
    Ok(match state {
        Some(State::Unit(unit)) => Some(unit.place()),
        _ => None,
    })
}
