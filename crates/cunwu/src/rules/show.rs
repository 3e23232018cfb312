//! `cunwu rules show`: a definition as plain sentences, and its course as a picture.

use std::path::Path;

use anyhow::Context;
use definitions::{
    Catalogue, Definition, Finding, Shown, Watch,
    plain::{Called, Language, picture, told},
};
use kernel::Date;

use super::{shown, watches};
use crate::{
    cli::Lang,
    exit::Exit,
    house::{
        book::{Given, examine, read},
        builtin::rooms,
    },
};

/// Shows a definition, named by its id or as a file.
///
/// # Errors
/// When there is no such definition, or the picture cannot be written.
pub fn show(
    id: &str,
    lang: Lang,
    svg: Option<&Path>,
    folder: Option<&Path>,
) -> anyhow::Result<Exit> {
    if let Some(exit) = watch(id, lang)? {
        return Ok(exit);
    }
    if let Some(exit) = no_procedure(id, lang, folder)? {
        return Ok(exit);
    }
    let Some((definition, catalogue)) = found(id, folder)? else { return Ok(Exit::Wrong) };
    let language = match lang {
        Lang::Zh => Language::Zh,
        Lang::En => Language::En,
    };
    // The values in force are those that the file dates last: an offline reader has no day of its own.
    let on = definition.dates().last().copied().unwrap_or(Date::MIN);
    crate::out::print(format_args!("{}", text(&definition, &catalogue, language, on)));
    if let Some(file) = svg {
        std::fs::write(file, picture(&definition, &catalogue, language))
            .with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(Exit::Done)
}

/// Shows a watch, when that is what is named.
fn watch(id: &str, lang: Lang) -> anyhow::Result<Option<Exit>> {
    let path = Path::new(id);
    let file = if path.is_file() { read(&[path.to_owned()])?.pop() } else { None };
    if file.as_ref().is_some_and(|file| !Watch::is_meant(&file.text)) {
        return Ok(None);
    }
    let files: Vec<Given> = file.iter().cloned().collect();
    Ok(said(watches::told(id, file.as_ref(), matches!(lang, Lang::Zh)), &files))
}

/// Shows a report or an indicator, when that is what is named.
fn no_procedure(id: &str, lang: Lang, folder: Option<&Path>) -> anyhow::Result<Option<Exit>> {
    let path = Path::new(id);
    let mut own = if path.is_file() { read(&[path.to_owned()])? } else { Vec::new() };
    if own.iter().any(|file| !Shown::is_meant(&file.text)) {
        return Ok(None);
    }
    let id = own.first().map_or_else(|| id.to_owned(), |file| file.name.clone());
    own.extend(match folder {
        Some(folder) => read(&[folder.to_owned()])?,
        None => Vec::new(),
    });
    own.retain(|file| Shown::is_meant(&file.text));
    Ok(said(shown::told(&id, &own, matches!(lang, Lang::Zh)), &own))
}

/// Says what was found, or what is wrong with it.
fn said(told: Option<Result<String, Vec<Finding>>>, files: &[Given]) -> Option<Exit> {
    Some(match told? {
        Ok(text) => {
            crate::out::print(format_args!("{text}"));
            Exit::Done
        }
        Err(findings) => {
            let sources = files.iter().map(|file| (file.name.as_str(), file.text.as_str()));
            eprint!("{}", super::told(&findings, &sources.collect()));
            Exit::Wrong
        }
    })
}

fn found(id: &str, folder: Option<&Path>) -> anyhow::Result<Option<(Definition, Catalogue)>> {
    let path = Path::new(id);
    if !path.is_file() {
        let Some(book) = super::book(folder)? else { return Ok(None) };
        let (service, definition) = book.find(id)?;
        return Ok(Some((definition.clone(), book.catalogue(service))));
    }
    let (rooms, files) = (rooms(), read(&[path.to_owned()])?);
    let examined = examine(&rooms, &files);
    if !examined.findings.is_empty() {
        let sources = files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
        eprint!("{}", super::told(&examined.findings, &sources));
        return Ok(None);
    }
    let sets = rooms.into_iter().filter_map(|room| Some((examined.sets.get(room.service)?, room)));
    let named = |name: &str| files.iter().any(|file| file.name == name);
    Ok(sets.into_iter().find_map(|(set, room)| {
        set.iter().find(|one| named(&one.file)).map(|one| (one.clone(), room.catalogue.clone()))
    }))
}

fn text(definition: &Definition, called: &dyn Called, language: Language, on: Date) -> String {
    let term = language.of(&definition.term);
    let zh = language == Language::Zh;
    let mut text = match language {
        Language::Zh => format!("{term}（{}，第{}版）\n", definition.id, definition.version),
        Language::En => format!("{term} ({}, version {})\n", definition.id, definition.version),
    };
    let basis = |law: &str| called.article(law).map(|name| language.of(&name).to_owned());
    if let Some(law) = definition.law.as_deref().and_then(basis) {
        text.push_str(&if zh { format!("依据：{law}\n") } else { format!("Basis: {law}\n") });
    }
    for (index, step) in told(definition, called, on).iter().enumerate() {
        text.push_str(&format!("\n{}. {}\n", index + 1, language.of(&step.name)));
        for line in &step.lines {
            text.push_str(&format!("   {}\n", language.of(line)));
        }
        if let Some(law) = &step.law {
            let law = language.of(law);
            text.push_str(&if zh {
                format!("   依据：{law}\n")
            } else {
                format!("   Basis: {law}\n")
            });
        }
    }
    text
}
