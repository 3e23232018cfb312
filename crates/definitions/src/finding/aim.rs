//! Where in the text a finding points, and how it is printed with the line quoted: as a compiler does.

use super::Finding;

impl Finding {
    /// Points at the first name in backticks, on the finding's line or below it in the same table; where no line is known,
    /// wherever that name is written. Else at the whole line.
    pub fn aim(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        let names: Vec<&str> = self.what.split('`').skip(1).step_by(2).collect();
        let found = match self.line {
            Some(line) => {
                let first = line.saturating_sub(1);
                let block = lines.iter().skip(first + 1).take_while(|line| !line.starts_with('['));
                let last = first + block.count();
                names.iter().find_map(|name| {
                    (first..=last).find_map(|at| Some((at, word(lines.get(at)?, name)?)))
                })
            }
            None => names.iter().find_map(|name| {
                let quoted = format!("\"{name}\"");
                let at = lines.iter().position(|line| line.contains(&quoted))?;
                Some((at, word(lines[at], name)?))
            }),
        };
        match found {
            Some((at, (from, to))) => {
                self.line = Some(at + 1);
                self.columns = Some((from + 1, to + 1));
            }
            None => self.columns = self.line.and_then(|line| whole(lines.get(line - 1)?)),
        }
    }

    /// The finding with its line quoted, what is meant underlined, and what would be right.
    pub fn shown(&self, text: Option<&str>) -> String {
        let code = serde_json::to_value(self.code);
        let code = code.as_ref().ok().and_then(|code| code.as_str()).unwrap_or_default();
        let mut shown = format!("error[{code}]: {}\n", self.what);
        let Some(line) = self.line else {
            shown.push_str(&format!("  --> {}\n", self.file));
            if !self.remedy.is_empty() {
                shown.push_str(&format!("  = help: {}\n", self.remedy));
            }
            return shown;
        };
        let gutter = " ".repeat(line.to_string().len());
        shown.push_str(&format!("{gutter}--> {}:{line}\n", self.file));
        if let Some(quoted) = text.and_then(|text| text.lines().nth(line - 1)) {
            shown.push_str(&format!("{gutter} |\n{line} | {quoted}\n"));
            if let Some((from, to)) = self.columns {
                let wide = |from: usize, to: usize| -> usize {
                    quoted.chars().skip(from - 1).take(to - from).map(cells).sum()
                };
                let (before, under) = (" ".repeat(wide(1, from)), "^".repeat(wide(from, to)));
                shown.push_str(&format!("{gutter} | {before}{under}\n"));
            }
        }
        if !self.remedy.is_empty() {
            shown.push_str(&format!("{gutter} = help: {}\n", self.remedy));
        }
        shown
    }
}

/// The characters from which to which a name stands as a whole word.
fn word(line: &str, name: &str) -> Option<(usize, usize)> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    line.match_indices(name).find_map(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let apart = !before.ends_with(part) && !after.starts_with(part);
        apart.then(|| {
            let from = before.chars().count();
            (from, from + name.chars().count())
        })
    })
}

/// A line without its margins.
fn whole(line: &str) -> Option<(usize, usize)> {
    let (all, trimmed) = (line.chars().count(), line.trim_start().chars().count());
    let length = line.trim().chars().count();
    (length > 0).then(|| (all - trimmed + 1, all - trimmed + 1 + length))
}

/// How wide a terminal shows a character.
fn cells(c: char) -> usize {
    match u32::from(c) {
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6 => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::FindingCode, *};

    const TEXT: &str = "[[step]]\nid   = \"ask\"\nname = { zh = \"提问\", en = \"Ask\" }\nguard = [\"cahs\"]\n\n[[step]]\nid = \"cahs\"\n";

    #[test]
    fn it_points_at_the_word_that_is_meant() {
        let mut finding = Finding::new(
            "x.toml",
            Some(2),
            FindingCode::UnknownGuard,
            "`cahs` is no guard.",
            "Did you mean `cash`?",
        );
        finding.aim(TEXT);
        assert_eq!((finding.line, finding.columns), (Some(4), Some((11, 15))));
        assert_eq!(
            finding.shown(Some(TEXT)),
            "error[unknown-guard]: `cahs` is no guard.\n --> x.toml:4\n  |\n4 | guard = [\"cahs\"]\n  |           ^^^^\n  = help: Did you mean `cash`?\n"
        );
    }

    #[test]
    fn wide_characters_are_two_cells_and_a_line_without_the_word_is_meant_whole() {
        let mut finding =
            Finding::new("x.toml", Some(3), FindingCode::BadValue, "`en` is wrong.", "");
        finding.aim(TEXT);
        let shown = finding.shown(Some(TEXT));
        let lines: Vec<&str> = shown.lines().collect();
        let under = lines.iter().rposition(|line| line.contains('^')).unwrap();
        assert_eq!(lines[under].find('^'), Some(lines[under - 1].find("en =").unwrap() - 2));
        let mut finding = Finding::new("x.toml", Some(3), FindingCode::BadValue, "wrong.", "");
        finding.aim(TEXT);
        assert_eq!(finding.columns, Some((1, 33)));
    }

    #[test]
    fn without_a_line_the_name_is_looked_for() {
        let mut finding =
            Finding::new("x.toml", None, FindingCode::Duplicate, "`ask` is there too.", "");
        finding.aim(TEXT);
        assert_eq!(finding.line, Some(2));
    }
}
