//! A table of a file, read key by key with typed getters; collects findings instead of stopping at the first.

use std::{collections::BTreeMap, ops::Range};

use kernel::Text;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    finding::{Finding, FindingCode as Code},
    names::nearest,
};

/// The file being read and what was found so far.
pub(crate) struct Reader {
    file: String,
    starts: Vec<usize>,
    pub(crate) findings: Vec<Finding>,
}

impl Reader {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file: file.to_owned(), starts, findings: Vec::new() }
    }

    /// Reads a file of a kind and proves it.
    ///
    /// # Errors
    /// All findings of both, sorted by line.
    pub(crate) fn proved<T>(
        file: &str,
        text: &str,
        read: impl FnOnce(&mut Self, &str, &str) -> Option<T>,
        check: impl FnOnce(&T) -> Vec<Finding>,
    ) -> Result<T, Vec<Finding>> {
        let mut reader = Self::new(file, text);
        let read = read(&mut reader, file, text);
        let mut findings = reader.findings;
        findings.extend(read.as_ref().map(check).into_iter().flatten());
        match read {
            Some(one) if findings.is_empty() => Ok(one),
            _ => {
                Finding::sort(&mut findings);
                Err(findings)
            }
        }
    }

    pub(crate) fn line(&self, span: &Range<usize>) -> usize {
        self.starts.partition_point(|start| *start <= span.start)
    }

    pub(crate) fn find(
        &mut self,
        code: Code,
        line: Option<usize>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.push(Finding::new(&self.file, line, code, what, remedy));
    }

    /// Parses the text; what is no TOML becomes a finding a mistake.
    pub(crate) fn parse<'i>(&mut self, text: &'i str) -> DeTable<'i> {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let line = error.span().map(|span| self.line(&span));
            let message = error.message().replace('\n', "; ");
            if message.contains("duplicate key") {
                self.find(Code::Duplicate, line, message, "Keep one of the two.");
            } else {
                self.find(
                    Code::Syntax,
                    line,
                    format!("not TOML: {message}."),
                    "Correct the syntax.",
                );
            }
        }
        table.into_inner()
    }
}

/// `Did you mean …?` when a name is near enough, else the list of names.
pub(crate) fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match nearest(wrong, names.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if names.is_empty() => "There is none to choose from.".to_owned(),
        None => format!(
            "Choose from {}.",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// One table, with the keys asked for so far.
pub(crate) struct Table<'t, 'i> {
    map: &'t DeTable<'i>,
    /// Line on which it begins.
    pub(crate) line: usize,
    what: String,
    /// Where it stands in the language, as the list of keys names it: `step.window`; empty for the file itself.
    place: String,
    known: Vec<&'static str>,
}

impl<'t, 'i> Table<'t, 'i> {
    pub(crate) fn new(map: &'t DeTable<'i>, line: usize, what: impl Into<String>) -> Self {
        Self { map, line, what: what.into(), place: String::new(), known: Vec::new() }
    }

    /// The same, at this place of the language: for tables whose own key is a name of the file.
    pub(crate) fn at(mut self, place: &str) -> Self {
        place.clone_into(&mut self.place);
        self
    }

    fn below(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// From a value that should be a table.
    pub(crate) fn of(
        reader: &mut Reader,
        value: &'t Spanned<DeValue<'i>>,
        what: impl Into<String>,
    ) -> Option<Self> {
        let what = what.into();
        let line = reader.line(&value.span());
        match value.get_ref() {
            DeValue::Table(map) => Some(Self::new(map, line, what)),
            other => {
                reader.find(
                    Code::BadValue,
                    Some(line),
                    format!("{what} is {}, not a table.", article(other.type_str())),
                    "Write it as `{ … }`.",
                );
                None
            }
        }
    }

    pub(crate) fn name(&mut self, what: impl Into<String>) {
        self.what = what.into();
    }

    /// What this table is, for messages.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        #[cfg(test)]
        super::keys::note(&self.place, key);
        self.map.get(key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    pub(crate) fn line_of(&self, reader: &Reader, key: &str) -> usize {
        self.map.get_key_value(key).map_or(self.line, |(key, _)| reader.line(&key.span()))
    }

    /// All keys with values, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<(&'t str, usize, &'t Spanned<DeValue<'i>>)> {
        let mut entries: Vec<_> = self
            .map
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
            .collect();
        entries.sort_by_key(|(_, at, _)| *at);
        entries
    }

    fn wrong(&self, reader: &mut Reader, key: &str, value: &Spanned<DeValue<'_>>, remedy: &str) {
        let line = reader.line(&value.span());
        reader.find(
            Code::BadValue,
            Some(line),
            format!("`{key}` of {} is {}.", self.what, article(value.get_ref().type_str())),
            remedy,
        );
    }

    pub(crate) fn missing(&self, reader: &mut Reader, key: &str, remedy: &str) {
        reader.find(
            Code::MissingKey,
            Some(self.line),
            format!("{} does not say `{key}`.", self.what),
            remedy,
        );
    }

    pub(crate) fn text(&mut self, reader: &mut Reader, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            _ => {
                self.wrong(reader, key, value, "Write a text in quotes.");
                None
            }
        }
    }

    pub(crate) fn need_text(
        &mut self,
        reader: &mut Reader,
        key: &'static str,
        remedy: &str,
    ) -> Option<String> {
        if self.get(key).is_none() {
            self.missing(reader, key, remedy);
            return None;
        }
        let text = self.text(reader, key)?;
        if text.trim().is_empty() {
            let line = self.line_of(reader, key);
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{key}` of {} is empty.", self.what),
                remedy,
            );
            return None;
        }
        Some(text)
    }

    pub(crate) fn whole(&mut self, reader: &mut Reader, key: &'static str) -> Option<i64> {
        let value = self.get(key)?;
        match whole(value.get_ref()) {
            Some(number) => Some(number),
            None => {
                self.wrong(reader, key, value, "Write a whole number.");
                None
            }
        }
    }

    /// A list of whole numbers from 1.
    pub(crate) fn wholes(&mut self, reader: &mut Reader, key: &'static str) -> Vec<u16> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let number = |item: &Spanned<DeValue<'_>>| {
            u16::try_from(whole(item.get_ref())?).ok().filter(|n| *n > 0)
        };
        let numbers: Option<Vec<u16>> =
            value.get_ref().as_array().and_then(|items| items.iter().map(number).collect());
        if numbers.is_none() {
            self.wrong(reader, key, value, "Write a list of numbers: `[51]`.");
        }
        numbers.unwrap_or_default()
    }

    pub(crate) fn yes(&mut self, reader: &mut Reader, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        match value.get_ref().as_bool() {
            Some(yes) => Some(yes),
            None => {
                self.wrong(reader, key, value, "Write true or false.");
                None
            }
        }
    }

    /// A list of texts; a single text counts as a list of one.
    pub(crate) fn texts(&mut self, reader: &mut Reader, key: &'static str) -> Vec<String> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::String(text) => vec![text.clone().into_owned()],
            DeValue::Array(items) => {
                let mut texts = Vec::new();
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::String(text) => texts.push(text.clone().into_owned()),
                        _ => self.wrong(reader, key, item, "Write a list of texts."),
                    }
                }
                texts
            }
            _ => {
                self.wrong(reader, key, value, "Write a list of texts.");
                Vec::new()
            }
        }
    }

    /// A list of values: `"bank"`, or `{ is = "bank", zh = "…", en = "…" }`, whose name goes to `names`.
    pub(crate) fn named(
        &mut self,
        reader: &mut Reader,
        key: &'static str,
        names: &mut BTreeMap<String, Text>,
    ) -> Vec<String> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(reader, key, value, "Write a list of values.");
            return Vec::new();
        };
        let mut values = Vec::new();
        for item in items.iter() {
            if let DeValue::String(text) = item.get_ref() {
                values.push(text.clone().into_owned());
                continue;
            }
            let Some(row) = Table::of(reader, item, format!("a value of `{key}`")) else {
                continue;
            };
            let mut row = row.at(&self.below(key));
            let is = row.need_text(reader, "is", "Say which value: `is = \"bank\"`.");
            let name = row.both(reader);
            row.finish(reader);
            if let Some(is) = is {
                names.insert(is.clone(), name);
                values.push(is);
            }
        }
        values
    }

    pub(crate) fn table(
        &mut self,
        reader: &mut Reader,
        key: &'static str,
    ) -> Option<Table<'t, 'i>> {
        let value = self.get(key)?;
        let what = format!("`{key}` of {}", self.what);
        let place = self.below(key);
        Table::of(reader, value, what).map(|table| table.at(&place))
    }

    /// The tables of `[[key]]`, or of a list of inline tables.
    pub(crate) fn tables(&mut self, reader: &mut Reader, key: &'static str) -> Vec<Table<'t, 'i>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => {
                let what = format!("a row of `{key}`");
                let place = self.below(key);
                let row = |item| Table::of(reader, item, what.clone()).map(|row| row.at(&place));
                items.iter().filter_map(row).collect()
            }
            _ => {
                self.wrong(reader, key, value, "Write it as a list of tables.");
                Vec::new()
            }
        }
    }

    /// `zh` and `en` of this table.
    pub(crate) fn both(&mut self, reader: &mut Reader) -> Text {
        let mut get = |key: &'static str| {
            let text = self.text(reader, key).unwrap_or_default();
            if text.trim().is_empty() {
                let language = if key == "zh" { "Chinese" } else { "English" };
                let line = if self.has(key) { self.line_of(reader, key) } else { self.line };
                reader.find(
                    Code::MissingLanguage,
                    Some(line),
                    format!("{} has no {language} (`{key}`).", self.what),
                    "Say it in both languages.",
                );
            }
            text
        };
        let zh = get("zh");
        let en = get("en");
        Text { zh, en }
    }

    /// A key that holds `{ zh, en }` and nothing else.
    pub(crate) fn words(&mut self, reader: &mut Reader, key: &'static str) -> Option<Text> {
        let mut table = self.table(reader, key)?;
        let text = table.both(reader);
        table.finish(reader);
        Some(text)
    }

    /// Reports every key that was not asked for.
    pub(crate) fn finish(self, reader: &mut Reader) {
        for (key, at, _) in self.entries() {
            if !self.known.contains(&key) {
                let line = reader.line(&(at..at));
                reader.find(
                    Code::UnknownKey,
                    Some(line),
                    format!("`{key}` is not a key of {}.", self.what),
                    did_you_mean(key, self.known.iter().copied()),
                );
            }
        }
    }
}

pub(crate) fn whole(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}
