//! Reads TOML with line numbers.

use crate::{cases::Case, finding::Finding};

pub(crate) fn cases(_file: &str, _text: &str) -> Result<Vec<Case>, Vec<Finding>> {
    Ok(Vec::new())
}
