//! Proves a watch: every name is a field of its rows or a parameter, units fit, what is measured is measured in one unit, a
//! parameter tightens the way it says, every article and post is known.

use super::{Level, Looks, SourceSpec, Watch, WatchCatalogue};
use crate::{
    finding::{Finding, FindingCode as Code},
    formula::{Ast, Name, Names, Unit},
    model::{Parameter, Tighten},
    read::did_you_mean,
};

/// The instant of a judgement, as a day: the row's own, or the day that is looked at.
pub(super) const TODAY: &str = "today";

/// The names of a watch: today, the fields of its row, its parameters; and the sources with theirs.
struct Seen<'a> {
    watch: &'a Watch,
    row: Option<&'a SourceSpec>,
    catalogue: &'a WatchCatalogue,
}

struct Fields<'a>(&'a SourceSpec);

impl Names for Fields<'_> {
    fn name(&self, name: &str) -> Option<Name> {
        let field = self.0.field(name)?;
        Some(Name { unit: field.unit.clone(), always: field.always })
    }

    fn all(&self) -> Vec<&str> {
        self.0.fields.iter().map(|field| field.name.as_str()).collect()
    }
}

fn unit_of(parameter: &Parameter) -> Option<Unit> {
    Some(match parameter.unit.as_str() {
        "money" => Unit::Money,
        "days" => Unit::Days,
        "working-days" => Unit::WorkingDays,
        "count" => Unit::Count,
        "share" => Unit::Share,
        _ => return None,
    })
}

impl Names for Seen<'_> {
    fn name(&self, name: &str) -> Option<Name> {
        if name == TODAY {
            return Some(Name { unit: Some(Unit::Date), always: true });
        }
        if let Some(parameter) = self.watch.parameters.get(name) {
            return Some(Name { unit: unit_of(parameter), always: true });
        }
        self.row.and_then(|row| Fields(row).name(name))
    }

    fn all(&self) -> Vec<&str> {
        let mut all = vec![TODAY];
        all.extend(self.watch.parameters.keys().map(String::as_str));
        all.extend(self.row.iter().flat_map(|row| row.fields.iter().map(|f| f.name.as_str())));
        all
    }

    fn rows(&self, of: &str) -> Option<Box<dyn Names + '_>> {
        self.catalogue.source(of).map(|source| Box::new(Fields(source)) as Box<dyn Names>)
    }

    fn sources(&self) -> Vec<&str> {
        self.catalogue.sources.iter().map(|source| source.key.as_str()).collect()
    }
}

struct Check<'a> {
    watch: &'a Watch,
    catalogue: &'a WatchCatalogue,
    findings: Vec<Finding>,
}

pub(super) fn watch(watch: &Watch, catalogue: &WatchCatalogue) -> Vec<Finding> {
    let mut check = Check { watch, catalogue, findings: Vec::new() };
    check.head();
    match &watch.looks {
        Looks::Guard { of, comes, line } => check.guard(of, comes, *line),
        Looks::Rows { source, alike, levels, line, .. } => {
            check.rows(source, alike, levels, *line);
        }
    }
    check.findings
}

impl Check<'_> {
    fn find(&mut self, code: Code, line: usize, what: String, remedy: impl Into<String>) {
        self.findings.push(Finding::new(&self.watch.file, Some(line), code, what, remedy));
    }

    fn head(&mut self) {
        let watch = self.watch;
        let citations = &self.catalogue.citations;
        if citations.entry(&watch.law).is_none() {
            let articles = citations.articles().map(|entry| entry.article.as_str());
            let remedy = did_you_mean(&watch.law, articles);
            let what = format!("`{}` is not in the table of citations.", watch.law);
            self.find(Code::UnknownCitation, 1, what, remedy);
        }
        for post in &watch.to {
            if !self.catalogue.posts.contains(post) {
                let posts = self.catalogue.posts.iter().map(String::as_str);
                let remedy = did_you_mean(post, posts);
                self.find(Code::BadValue, 1, format!("`{post}` is no post here."), remedy);
            }
        }
    }

    fn guard(&mut self, of: &str, comes: &str, line: usize) {
        let known = &self.catalogue.shown;
        if !known.iter().any(|(procedure, code)| procedure == of && code == comes) {
            let of_it = known.iter().filter(|(procedure, _)| procedure == of);
            let remedy = did_you_mean(comes, of_it.map(|(_, code)| code.as_str()));
            let what = format!("no case of `{of}` shows `{comes}`.");
            self.find(Code::BadValue, line, what, remedy);
        }
    }

    fn rows(&mut self, source: &str, alike: &[String], levels: &[Level], line: usize) {
        let Some(spec) = self.catalogue.source(source) else {
            let keys = self.catalogue.sources.iter().map(|source| source.key.as_str());
            let remedy = did_you_mean(source, keys);
            let what = format!("`{source}` is nothing that can be watched here.");
            return self.find(Code::BadValue, line, what, remedy);
        };
        for field in alike.iter().filter(|field| spec.field(field).is_none()) {
            let fields = spec.fields.iter().map(|field| field.name.as_str());
            let remedy = did_you_mean(field, fields);
            self.find(
                Code::UnknownField,
                line,
                format!("`{field}` is no field of `{source}`."),
                remedy,
            );
        }
        for pair in levels.windows(2) {
            if let [before, after] = pair
                && before.severity < after.severity
            {
                let what = format!("`{}` stands behind what is less grave.", after.severity.word());
                self.find(Code::BadValue, after.line, what, "Let the grave ones stand first.");
            }
        }
        let names = Seen { watch: self.watch, row: Some(spec), catalogue: self.catalogue };
        for level in levels {
            self.typed(&level.when, level.line, &names, Some(&Unit::Truth));
            let value = self.typed(&level.value, level.line, &names, None);
            let threshold = self.typed(&level.threshold, level.line, &names, None);
            if let Some((value, threshold)) = value.zip(threshold)
                && value != threshold
            {
                let what = format!("{} is measured against {}.", value.word(), threshold.word());
                self.find(Code::Units, level.line, what, "Let both have one unit.");
            }
            for days in [&level.answer_in, &level.result_in] {
                let unit = self.watch.parameters.get(days).map(|one| one.unit.as_str());
                if unit != Some("working-days") {
                    let what = format!("`{days}` is no parameter of type `working-days`.");
                    self.find(Code::BadValue, level.line, what, "Declare it under `[parameters]`.");
                }
            }
        }
        self.parameters(levels);
    }

    fn typed(
        &mut self,
        ast: &Ast,
        line: usize,
        names: &Seen<'_>,
        wanted: Option<&Unit>,
    ) -> Option<Unit> {
        match ast.unit(names) {
            Ok(unit) if wanted.is_none_or(|wanted| unit == *wanted) => Some(unit),
            Ok(unit) => {
                let what = format!("`{}` is {}, not a condition.", ast.text, unit.word());
                self.find(Code::Units, line, what, "Compare it: `… > …`.");
                None
            }
            Err(flaws) => {
                for flaw in flaws {
                    let flaw = flaw.marked(&ast.text);
                    self.find(flaw.code, line, flaw.what, flaw.remedy);
                }
                None
            }
        }
    }

    /// Every parameter is used, and tightening it finds more, never less.
    fn parameters(&mut self, levels: &[Level]) {
        for (name, parameter) in &self.watch.parameters {
            let as_days = levels.iter().any(|l| l.answer_in == *name || l.result_in == *name);
            let mut used = as_days;
            for level in levels {
                used |=
                    [&level.value, &level.threshold].iter().any(|ast| ast.stricter(name).is_some());
                let Some(harder) = level.when.stricter(name) else { continue };
                used = true;
                if harder == Some(parameter.tighten) {
                    let other = match parameter.tighten {
                        Tighten::Up => "down",
                        Tighten::Down => "up",
                    };
                    let what = format!("tightening `{name}` as it says would find less.");
                    self.find(
                        Code::BadValue,
                        parameter.line,
                        what,
                        format!("Write `tighten = \"{other}\"`."),
                    );
                }
            }
            if !used {
                let what = format!("the parameter `{name}` is not used.");
                self.find(Code::BadValue, parameter.line, what, "Take it out, or use it.");
            }
        }
    }
}
