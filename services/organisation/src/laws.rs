//! The articles that this service cites: the program's table and a few of its own. Knows no rule.

use std::sync::LazyLock;

use definitions::Citations;
use kernel::Citation;

static TABLE: LazyLock<Citations> = LazyLock::new(|| {
    let own = Citations::parse("citations.toml", include_str!("../citations.toml"));
    Citations::builtin().with(own.unwrap_or_default())
});

/// The table.
pub fn table() -> &'static Citations {
    &TABLE
}

/// The article behind a key such as `OLVC 37`.
pub fn law(key: &str) -> Citation {
    TABLE.cite(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_own_table_reads() {
        let own = Citations::parse("citations.toml", include_str!("../citations.toml"));
        assert!(own.is_ok(), "{own:?}");
        assert!(law("OLVC 37").name.zh.contains("第三十七条"));
        assert!(law("RCEO 26(6)").name.en.contains("26(6)"));
    }

    /// Every key that the sources cite stands in the table.
    #[test]
    fn every_article_cited_in_the_sources_is_in_the_table() {
        let known = |key: &str| table().entry(key).is_some();
        let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut checked = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                for quoted in text.split('"').filter(|part| {
                    let short = part.split(' ').next().unwrap_or_default();
                    ["OLVC", "RCEO", "PBR", "LCL", "LAL", "PIPL", "ACL", "SUP-2017"]
                        .contains(&short)
                        && part.len() < 16
                        && part.contains(' ')
                }) {
                    assert!(known(quoted), "{quoted} in {}", path.display());
                    checked += 1;
                }
            }
        }
        assert!(checked > 60, "{checked}");
    }
}
