//! The words of the field by their keys: levels, bodies, posts, matters, accounts, laws. A key without a word is shown as
//! it is, so that nothing is hidden. Knows no page and no event.

mod accounts;
mod laws;
mod offices;

use kernel::{Level, Text};
use pages::Lang;

pub use accounts::{Account, account, is_credit};
pub use laws::law;
pub use offices::{body, body_order, fact, matter, outcome, post};

/// A text in the language of the page; where it is missing the other one.
pub fn pick(lang: Lang, text: &Text) -> &str {
    let (first, second) = match lang {
        Lang::Zh => (&text.zh, &text.en),
        Lang::En => (&text.en, &text.zh),
    };
    if first.trim().is_empty() { second } else { first }
}

/// 省、市、县、乡镇、村
pub fn level(lang: Lang, level: Level) -> &'static str {
    match (level, lang) {
        (Level::Province, Lang::Zh) => "省",
        (Level::Prefecture, Lang::Zh) => "市（地区）",
        (Level::County, Lang::Zh) => "县（市、区）",
        (Level::Township, Lang::Zh) => "乡镇（街道）",
        (Level::Village, Lang::Zh) => "村（社区）",
        (Level::Province, Lang::En) => "Province",
        (Level::Prefecture, Lang::En) => "Prefecture",
        (Level::County, Lang::En) => "County",
        (Level::Township, Lang::En) => "Township",
        (Level::Village, Lang::En) => "Village",
    }
}

/// The month of `2026-03` in words: 2026年3月.
pub fn month(lang: Lang, month: &str) -> String {
    let parts = month.split_once('-').and_then(|(y, m)| Some((y.parse().ok()?, m.parse().ok()?)));
    parts.map_or_else(|| month.to_owned(), |(y, m)| pages::dates::month(lang, y, m))
}

/// The day of `2026-03-05` in words: 2026年3月5日.
pub fn day(lang: Lang, day: &str) -> String {
    pages::parse_date_input(day).map_or_else(|_| day.to_owned(), |d| d.long(lang))
}
