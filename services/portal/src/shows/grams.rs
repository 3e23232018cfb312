//! Pairs of neighbouring characters, by which names are found in both databases alike. Pure.

use std::collections::BTreeSet;

/// Characters of a word that a search takes in.
const MOST: usize = 24;

/// What a name or a query compares by: half-width, lower case, letters and digits alone.
pub fn plain(text: &str) -> String {
    pages::money::half_width(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Everything a name is found by: each of its characters and each pair of neighbours.
pub fn of_name(name: &str) -> BTreeSet<String> {
    let chars: Vec<char> = plain(name).chars().collect();
    let singles = chars.iter().map(char::to_string);
    let pairs = chars.windows(2).map(|pair| pair.iter().collect());
    singles.chain(pairs).collect()
}

/// What a word of a query asks for: its pairs, or the one character that it is.
pub fn of_word(word: &str) -> BTreeSet<String> {
    let chars: Vec<char> = plain(word).chars().take(MOST).collect();
    match chars.as_slice() {
        [one] => BTreeSet::from([one.to_string()]),
        many => many.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_name_finds_it() {
        let name = of_name("青禾村");
        for word in ["青", "禾村", "青禾", "青禾村", "ＱＩＮＧ".trim_start_matches("ＱＩＮＧ")]
        {
            assert!(of_word(word).is_subset(&name), "{word}");
        }
        assert!(!of_word("禾青").is_subset(&name));
        assert_eq!(plain("Ｑing-He （一）"), "qinghe一");
        assert!(of_word("？！").is_empty());
    }
}
