//! What definitions of casework may name: bodies, posts and audiences; no event of a core, and one guard. Knows no mechanism.

use definitions::{AudienceSpec, BodySpec, Catalogue, Citations, GuardSpec, PostSpec, Reserved};
use kernel::{Class, Level, Text};

use crate::books::LEDGER;

/// The guard that nobody acts in a matter of their own or their kin's (回避).
pub const NO_CONFLICT: &str = "no-conflict";
/// The person whose case it is (当事人).
pub const CONCERNED: &str = "person-concerned";

type Names = (&'static str, &'static str, &'static str);

/// Bodies of villages, townships and counties with their posts, as organisation fills them.
const OFFICES: &[(Names, &[Names])] = &[
    (
        ("branch-committee", "村党组织委员会", "Village party committee"),
        &[
            ("party-secretary", "村党组织书记", "Party secretary"),
            ("branch-member", "村党组织委员", "Member of the party committee"),
        ],
    ),
    (
        ("village-committee", "村民委员会", "Village committee"),
        &[
            ("village-director", "村委会主任", "Village director"),
            ("deputy-director", "村委会副主任", "Deputy director"),
            ("committee-member", "村委会委员", "Committee member"),
        ],
    ),
    (
        ("supervision-committee", "村务监督委员会", "Supervision committee"),
        &[
            ("supervision-chair", "村务监督委员会主任", "Chair of supervision"),
            ("supervision-member", "村务监督委员会委员", "Member of supervision"),
        ],
    ),
    (
        ("representatives", "村民代表", "Villager representatives"),
        &[("representative", "村民代表", "Villager representative")],
    ),
    (
        ("village-window", "便民服务站", "Service window"),
        &[("window-clerk", "窗口工作人员", "Window clerk"), ("agent", "帮办代办员", "Agent")],
    ),
    (
        ("mediation-committee", "人民调解委员会", "Mediation committee"),
        &[
            ("mediation-chair", "调解委员会主任", "Chair of mediation"),
            ("mediator", "人民调解员", "Mediator"),
        ],
    ),
    (
        ("villager-groups", "村民小组", "Villager groups"),
        &[("group-leader", "村民小组长", "Group leader"), ("grid-worker", "网格员", "Grid worker")],
    ),
    (
        ("township", "乡镇人民政府", "Township government"),
        &[
            ("township-head", "乡镇长", "Township head"),
            ("township-officer", "乡镇干部", "Township officer"),
            ("justice-officer", "司法所工作人员", "Justice officer"),
            ("petition-officer", "信访工作人员", "Petition officer"),
        ],
    ),
    (
        ("petition-review", "信访复查复核机构", "Review of petitions"),
        &[
            ("review-officer", "复查工作人员", "Review officer"),
            ("reexamination-officer", "复核工作人员", "Re-examination officer"),
        ],
    ),
    (
        ("discipline", "纪检监察机关", "Discipline inspection"),
        &[("discipline-inspector", "纪检监察干部", "Discipline inspector")],
    ),
    (
        ("county-agriculture", "县级农业农村部门", "County agriculture department"),
        &[("county-officer", "县级业务干部", "County officer")],
    ),
];

/// The posts of a body; none for a post or an unknown key.
pub fn posts_of(body: &str) -> impl Iterator<Item = &'static str> {
    let found = OFFICES.iter().find(|((key, ..), _)| *key == body);
    found.into_iter().flat_map(|(_, posts)| posts.iter().map(|(key, ..)| *key))
}

/// The body that has a post.
pub fn body_of(post: &str) -> Option<&'static str> {
    let has = |posts: &[Names]| posts.iter().any(|(key, ..)| *key == post);
    OFFICES.iter().find(|(_, posts)| has(posts)).map(|((body, ..), _)| *body)
}

/// The level at which a body sits, or one of its posts.
pub fn level_of(body: &str, post: &str) -> Level {
    match (body, post) {
        ("township", _) => Level::Township,
        (_, "reexamination-officer") => Level::Province,
        ("county-agriculture" | "petition-review" | "discipline", _) => Level::County,
        _ => Level::Village,
    }
}

/// The guard that the checker demands at every step of an office in a closed case.
pub fn no_conflict() -> GuardSpec {
    GuardSpec {
        key: NO_CONFLICT.to_owned(),
        // The refusal cites the article of the step, as for recusal in a vote.
        law: "default".to_owned(),
        mandatory_in_closed: true,
        message: Text::new("办理人须回避", "Whoever handles it steps aside"),
        ..GuardSpec::default()
    }
}

/// The catalogue of a service of casework.
pub fn catalogue(service: &str) -> Catalogue {
    let text = |(_, zh, en): &Names| Text::new(*zh, *en);
    Catalogue {
        service: service.to_owned(),
        bodies: OFFICES.iter().map(|(body, _)| BodySpec::new(body.0, text(body))).collect(),
        posts: OFFICES
            .iter()
            .flat_map(|(_, posts)| posts.iter())
            .map(|post| PostSpec::new(post.0, text(post)))
            .chain([PostSpec::resident(CONCERNED, Text::new("当事人", "The person concerned"))])
            .collect(),
        guards: vec![no_conflict()],
        closed_cases: true,
        keeps_ledgers: true,
        reserved: Reserved { streams: vec![LEDGER.to_owned()], ..Reserved::default() },
        audiences: vec![AudienceSpec {
            key: "followers-of-village".to_owned(),
            reads: Class::Public,
        }],
        citations: Citations::builtin(),
        ..Catalogue::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_office_has_both_names_and_a_key_of_its_own() {
        let catalogue = catalogue("anything");
        let mut keys: Vec<&str> = catalogue.posts.iter().map(|post| post.key.as_str()).collect();
        assert!(catalogue.posts.iter().all(|post| post.name.is_complete()));
        assert!(catalogue.bodies.iter().all(|body| body.name.is_complete()));
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all);
        assert_eq!(
            posts_of("mediation-committee").collect::<Vec<_>>(),
            ["mediation-chair", "mediator"]
        );
        assert!(catalogue.events.is_empty());
        assert!(catalogue.guards.iter().all(|guard| guard.mandatory_in_closed));
    }
}
