//! The articles that this service's rules enforce: the common table of citations, and the few it lacks.

use std::sync::LazyLock;

use definitions::Citations;
use kernel::Citation;

static TABLE: LazyLock<Citations> = LazyLock::new(|| {
    let own = Citations::parse("citations.toml", include_str!("citations.toml"));
    Citations::builtin().with(own.unwrap_or_default())
});

/// The table of citations with which this service's definitions are checked.
pub fn citations() -> &'static Citations {
    &TABLE
}

/// The citation of an article; one that is not in the table is cited by its key, so that nothing is hidden.
pub fn law(key: &str) -> Citation {
    TABLE.cite(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_article_that_a_rule_cites_is_in_the_table() {
        let cited = [
            "RCEO 26(7)",
            "RCEO 26(8)",
            "RCEO 35",
            "RCEO 36",
            "RCEO 43",
            "CC 705",
            "RCEO 44",
            "RCEO 45",
            "OLVC 35",
            "OLVC 37",
            "ACC-2023",
            "FIN-2021",
            "CASH-1988",
            "ARCHIVES-2015",
            "county-finance",
            "province",
        ];
        for key in cited {
            let name = law(key).name;
            assert!(name.is_complete() && name.zh != key, "{key}");
        }
    }
}
