//! Names: events in CamelCase, facts in kebab-case, and the nearest name to a misspelt one.

/// The fact of an event's name in version 1: `ToolLent` → `tool-lent.v1`.
pub fn fact_of(event: &str) -> String {
    format!("{}.v1", kebab(event))
}

/// The fact of an event that a region declares itself: `yl`, `ToolLent` → `local.yl.tool-lent.v1`.
pub fn local_fact(region: &str, event: &str) -> String {
    format!("local.{region}.{}", fact_of(event))
}

/// The event's name of a fact in version 1: `tool-lent.v1` → `ToolLent`; `None` for a region's own and for what is none.
pub fn event_of(fact: &str) -> Option<String> {
    let words = fact.strip_suffix(".v1").filter(|words| !words.contains('.'))?;
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    words.split('-').map(capital).collect()
}

/// `ToolLent` → `tool-lent`.
pub fn kebab(event: &str) -> String {
    let mut out = String::new();
    for (index, character) in event.chars().enumerate() {
        if character.is_uppercase() && index > 0 {
            out.push('-');
        }
        out.extend(character.to_lowercase());
    }
    out
}

/// The words of a CamelCase name, in lower case.
pub fn words(event: &str) -> Vec<String> {
    kebab(event).split('-').map(str::to_owned).collect()
}

/// The name nearest to a misspelt one, when it is near enough to be meant.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = wrong.chars().count().div_ceil(3);
    let shared = |name: &str| wrong.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    names
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, name)| {
            *distance <= most
                || (wrong.len() > 3 && (name.starts_with(wrong) || wrong.starts_with(name)))
        })
        .min_by(|a, b| a.0.cmp(&b.0).then(shared(b.1).cmp(&shared(a.1))).then(a.1.cmp(b.1)))
        .map(|(_, name)| name)
}

/// Damerau–Levenshtein distance with adjacent swaps (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_turn_into_facts() {
        assert_eq!(fact_of("ToolLent"), "tool-lent.v1");
        assert_eq!(words("RequestSentBack"), ["request", "sent", "back"]);
    }

    #[test]
    fn the_nearest_name_is_one_that_could_be_meant() {
        assert_eq!(nearest("cash_limits", ["cash_limit", "tier2"]), Some("cash_limit"));
        assert_eq!(nearest("gaurd", ["guard", "by"]), Some("guard"));
        assert_eq!(nearest("zebra", ["guard", "by"]), None);
    }
}
