//! Articles of law by citation key, as events and definitions name them. Article numbers are those in force on 2026-01-01.

use std::sync::LazyLock;

use definitions::Citations;
use kernel::Text;

/// Laws by short name: Chinese title, English title.
const LAWS: &[(&str, &str, &str)] = &[
    ("OLVC", "《中华人民共和国村民委员会组织法》", "Organic Law of the Villagers' Committees"),
    ("RCEO", "《中华人民共和国农村集体经济组织法》", "Rural Collective Economic Organisations Law"),
    ("LCL", "《中华人民共和国农村土地承包法》", "Rural Land Contracting Law"),
    ("LAL", "《中华人民共和国土地管理法》", "Land Administration Law"),
    ("PIPL", "《中华人民共和国个人信息保护法》", "Personal Information Protection Law"),
    ("PBR", "《中国共产党支部工作条例（试行）》", "Regulations on Party Branch Work (Trial)"),
    ("ACL", "《中华人民共和国会计法》", "Accounting Law"),
    (
        "SUP-2017",
        "《关于建立健全村务监督委员会的指导意见》",
        "Guiding Opinions on Village Supervision Committees (2017)",
    ),
    (
        "ACC-2023",
        "《农村集体经济组织会计制度》",
        "Accounting System of Rural Collective Economic Organisations",
    ),
    (
        "FIN-2021",
        "《农村集体经济组织财务制度》",
        "Financial System of Rural Collective Economic Organisations",
    ),
    ("default", "系统默认规则", "the system's default rule"),
    ("local-decision-rules", "地方“四议两公开”工作规程", "the local rules for village decisions"),
    ("local rules", "地方规定", "local rules"),
    ("county-finance", "县级农村集体财务管理规定", "the county's rules for collective finance"),
];

/// What definitions may cite: the table that the program carries.
static CITED: LazyLock<Citations> = LazyLock::new(Citations::builtin);

/// `OLVC 35` as 《…村民委员会组织法》第35条; what else definitions cite as the table of citations names it; an unknown key as it is.
pub fn law(key: &str) -> Text {
    let known = LAWS.iter().find(|(short, ..)| key == *short);
    if let Some((_, zh, en)) = known {
        return Text::new(*zh, *en);
    }
    let split = key.rsplit_once(' ').and_then(|(short, article)| {
        LAWS.iter().find(|(name, ..)| *name == short).map(|law| (law, article))
    });
    let Some(((_, zh, en), article)) = split else {
        let cited = CITED.entry(key).map(|entry| entry.name.clone());
        return cited.unwrap_or_else(|| Text::new(key, key));
    };
    let spelt = match article.split_once('(') {
        Some((article, item)) => format!("第{article}条第{}项", item.trim_end_matches(')')),
        None => format!("第{article}条"),
    };
    Text::new(format!("{zh}{spelt}"), format!("{en}, art. {article}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_have_names() {
        assert_eq!(law("OLVC 35").zh, "《中华人民共和国村民委员会组织法》第35条");
        assert_eq!(law("RCEO 26(7)").zh, "《中华人民共和国农村集体经济组织法》第26条第7项");
        assert_eq!(law("RCEO 26(7)").en, "Rural Collective Economic Organisations Law, art. 26(7)");
        assert_eq!(law("local rules").zh, "地方规定");
        assert_eq!(law("XYZ 1").zh, "XYZ 1");
        assert!(law("PML").zh.contains("人民调解法"), "{:?}", law("PML"));
    }
}
