//! Bodies and posts of villages and the levels above (组织与职务), with what the law asks of their sittings.
//!
//! Source: `decisions.md` §1 of the domain reference: OLVC 8, 25–32, 37; RCEO 26–32; PBR 11–12. Knows no stream.

use definitions::{Counted, Fraction, Threshold};
use kernel::{Level, Text};

/// Whose members a body has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// The holders of its own seats.
    Seats,
    /// The holders of seats in any of these bodies, each person once.
    Joint(&'static [&'static str]),
    /// Numbers on a posted list whose length was counted: villagers of age, households, members, party members.
    List(List),
}

/// A posted list (名册). Its people are in no event: a place on it is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Villagers of eighteen and above (登记参加的村民).
    Adults,
    /// Households (户), each by one representative.
    Households,
    /// Members of the collective with full civil capacity (具有完全民事行为能力的成员).
    CapableMembers,
    /// Party members with voting right (有表决权的党员).
    PartyMembers,
}

/// A post of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Post {
    /// Its key: `village-director`.
    pub key: &'static str,
    /// 主任
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// One holder at a time.
    pub single: bool,
}

/// What the law asks of a body's sitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SittingLaw {
    /// Of those who should attend.
    pub quorum: Threshold,
    /// What passes.
    pub majority: Threshold,
    /// Of whom.
    pub counted: Counted,
    /// Notice in calendar days; 0: none.
    pub notice_days: u16,
    /// Whether special circumstances may shorten the notice.
    pub short_notice: bool,
    /// The article.
    pub law: &'static str,
}

/// A body (组织机构).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// Its key: `village-committee`.
    pub key: &'static str,
    /// 村民委员会
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// At which levels it exists.
    pub levels: &'static [Level],
    /// Its posts; none for a meeting.
    pub posts: &'static [Post],
    /// Its members.
    pub members: Members,
    /// The law of its sittings.
    pub sitting: Option<SittingLaw>,
    /// Who takes a seat in it states first which relatives hold office (declares conflicts).
    pub declares: bool,
}

impl Body {
    /// Its name in both languages.
    pub fn name(&self) -> Text {
        Text::new(self.zh, self.en)
    }

    /// The bodies whose members preside over its sittings and record them: its own members, and for a meeting of many
    /// the committee that calls it.
    pub fn recorded_by(&self) -> &'static [&'static str] {
        match (self.members, self.key) {
            (Members::Joint(parts), _) => parts,
            (Members::List(List::PartyMembers), _) => &["branch-committee"],
            (Members::List(List::CapableMembers), _) => &["collective-board", "village-committee"],
            (Members::List(_), _) => &["village-committee"],
            (Members::Seats, "member-delegates") => &["member-delegates", "collective-board"],
            (Members::Seats, key) => BODIES
                .iter()
                .find(|body| body.key == key)
                .map_or(&[], |body| std::slice::from_ref(&body.key)),
        }
    }

    /// A post by key.
    pub fn post(&self, key: &str) -> Option<&'static Post> {
        self.posts.iter().find(|post| post.key == key)
    }
}

impl Post {
    /// Its name in both languages.
    pub fn name(&self) -> Text {
        Text::new(self.zh, self.en)
    }
}

const fn one(key: &'static str, zh: &'static str, en: &'static str) -> Post {
    Post { key, zh, en, single: true }
}

const fn many(key: &'static str, zh: &'static str, en: &'static str) -> Post {
    Post { key, zh, en, single: false }
}

const HALF: Fraction = Fraction { num: 1, den: 2 };
const TWO_THIRDS: Fraction = Fraction { num: 2, den: 3 };

const fn sitting(
    quorum: Threshold,
    majority: Threshold,
    counted: Counted,
    notice_days: u16,
    law: &'static str,
) -> Option<SittingLaw> {
    Some(SittingLaw { quorum, majority, counted, notice_days, short_notice: false, law })
}

const fn body(
    key: &'static str,
    zh: &'static str,
    en: &'static str,
    levels: &'static [Level],
    posts: &'static [Post],
) -> Body {
    Body { key, zh, en, levels, posts, members: Members::Seats, sitting: None, declares: false }
}

const VILLAGE: &[Level] = &[Level::Village];
const ABOVE: &[Level] = &[Level::Township, Level::County, Level::Prefecture, Level::Province];

/// Every body.
pub const BODIES: &[Body] = &[
    Body {
        sitting: sitting(
            Threshold::at_least(HALF),
            Threshold::more_than(HALF),
            Counted::Present,
            0,
            "PBR 12",
        ),
        declares: true,
        ..body(
            "branch-committee",
            "村党组织委员会",
            "Village party committee",
            VILLAGE,
            &[
                one("party-secretary", "村党组织书记", "Party secretary"),
                many("branch-member", "村党组织委员", "Member of the party committee"),
            ],
        )
    },
    Body {
        sitting: sitting(
            Threshold::more_than(HALF),
            Threshold::more_than(HALF),
            Counted::Present,
            0,
            "local rules",
        ),
        declares: true,
        ..body(
            "village-committee",
            "村民委员会",
            "Village committee",
            VILLAGE,
            &[
                one("village-director", "村委会主任", "Village director"),
                many("deputy-director", "村委会副主任", "Deputy director"),
                many("committee-member", "村委会委员", "Committee member"),
            ],
        )
    },
    Body {
        members: Members::Joint(&["branch-committee", "village-committee"]),
        sitting: sitting(
            Threshold::more_than(HALF),
            Threshold::more_than(HALF),
            Counted::All,
            0,
            "local rules",
        ),
        ..body("two-committees", "村“两委”会议", "Meeting of the two committees", VILLAGE, &[])
    },
    Body {
        declares: true,
        ..body(
            "supervision-committee",
            "村务监督委员会",
            "Supervision committee",
            VILLAGE,
            &[
                one("supervision-chair", "村务监督委员会主任", "Chair of supervision"),
                many("supervision-member", "村务监督委员会委员", "Member of supervision"),
            ],
        )
    },
    Body {
        members: Members::List(List::PartyMembers),
        sitting: sitting(
            Threshold::at_least(TWO_THIRDS),
            Threshold::more_than(HALF),
            Counted::ShouldAttend,
            3,
            "PBR 11",
        ),
        ..body("party-members-meeting", "党员大会", "Party members' meeting", VILLAGE, &[])
    },
    Body {
        members: Members::Joint(&["representatives", "village-committee"]),
        sitting: sitting(
            Threshold::at_least(TWO_THIRDS),
            Threshold::more_than(HALF),
            Counted::Present,
            3,
            "OLVC 30",
        ),
        ..body("representatives-meeting", "村民代表会议", "Representatives' meeting", VILLAGE, &[])
    },
    body(
        "representatives",
        "村民代表",
        "Villager representatives",
        VILLAGE,
        &[many("representative", "村民代表", "Villager representative")],
    ),
    Body {
        members: Members::List(List::Adults),
        sitting: Some(SittingLaw {
            quorum: Threshold::more_than(HALF),
            majority: Threshold::more_than(HALF),
            counted: Counted::Present,
            notice_days: 10,
            short_notice: true,
            law: "OLVC 26",
        }),
        ..body("villagers-meeting", "村民会议", "Villagers' meeting", VILLAGE, &[])
    },
    Body {
        members: Members::List(List::Households),
        sitting: Some(SittingLaw {
            quorum: Threshold::at_least(TWO_THIRDS),
            majority: Threshold::more_than(HALF),
            counted: Counted::Present,
            notice_days: 10,
            short_notice: true,
            law: "OLVC 26",
        }),
        ..body(
            "households-meeting",
            "村民会议（户代表）",
            "Villagers' meeting by households",
            VILLAGE,
            &[],
        )
    },
    Body {
        members: Members::List(List::CapableMembers),
        sitting: sitting(
            Threshold::at_least(TWO_THIRDS),
            Threshold::at_least(TWO_THIRDS),
            Counted::All,
            10,
            "RCEO 27",
        ),
        ..body("members-assembly", "成员大会", "Members' assembly", VILLAGE, &[])
    },
    Body {
        sitting: sitting(
            Threshold::at_least(TWO_THIRDS),
            Threshold::at_least(TWO_THIRDS),
            Counted::All,
            3,
            "RCEO 28",
        ),
        ..body(
            "member-delegates",
            "成员代表大会",
            "Member delegates",
            VILLAGE,
            &[many("delegate", "成员代表", "Member delegate")],
        )
    },
    Body {
        sitting: sitting(
            Threshold::at_least(TWO_THIRDS),
            Threshold::more_than(HALF),
            Counted::All,
            0,
            "RCEO 31",
        ),
        declares: true,
        ..body(
            "collective-board",
            "集体经济组织理事会",
            "Board of the collective",
            VILLAGE,
            &[
                one(
                    "legal-representative",
                    "理事长（法定代表人）",
                    "Chair and legal representative",
                ),
                many("board-member", "理事", "Board member"),
            ],
        )
    },
    Body {
        declares: true,
        ..body(
            "collective-supervisors",
            "集体经济组织监事会",
            "Supervisors of the collective",
            VILLAGE,
            &[
                one("supervisors-chair", "监事长", "Chair of the supervisors"),
                many("collective-supervisor", "监事", "Supervisor of the collective"),
            ],
        )
    },
    Body {
        declares: true,
        ..body(
            "finance-office",
            "村级财务岗位",
            "Finance posts",
            VILLAGE,
            &[
                one("bookkeeper", "报账员", "Bookkeeper"),
                one("cashier", "出纳", "Cashier"),
                many("handler", "经办人", "Handler"),
            ],
        )
    },
    body(
        "village-window",
        "便民服务站",
        "Service window",
        VILLAGE,
        &[
            many("window-clerk", "窗口工作人员", "Window clerk"),
            many("agent", "帮办代办员", "Agent"),
        ],
    ),
    body(
        "mediation-committee",
        "人民调解委员会",
        "Mediation committee",
        VILLAGE,
        &[
            one("mediation-chair", "调解委员会主任", "Chair of mediation"),
            many("mediator", "人民调解员", "Mediator"),
        ],
    ),
    body(
        "villager-groups",
        "村民小组",
        "Villager groups",
        VILLAGE,
        &[
            many("group-leader", "村民小组长", "Group leader"),
            many("grid-worker", "网格员", "Grid worker"),
        ],
    ),
    body(
        "township",
        "乡镇人民政府",
        "Township government",
        &[Level::Township],
        &[
            one("township-head", "乡镇长", "Township head"),
            many("township-officer", "乡镇干部", "Township officer"),
            many("justice-officer", "司法所工作人员", "Justice officer"),
            many("petition-officer", "信访工作人员", "Petition officer"),
        ],
    ),
    body(
        "township-agency",
        "乡镇农村集体“三资”服务中心",
        "Township agency",
        &[Level::Township],
        &[
            one("agency-head", "服务中心主任", "Head of the agency"),
            many("agency-accountant", "代理会计", "Agency accountant"),
            many("agency-cashier", "代理出纳", "Agency cashier"),
            many("agency-reviewer", "审核人", "Agency reviewer"),
        ],
    ),
    body(
        "county-agriculture",
        "县级农业农村部门",
        "County agriculture department",
        &[Level::County, Level::Prefecture],
        &[many("county-officer", "县级业务干部", "County officer")],
    ),
    body(
        "petition-review",
        "信访复查复核机构",
        "Review of petitions",
        ABOVE,
        &[
            many("review-officer", "复查工作人员", "Review officer"),
            many("reexamination-officer", "复核工作人员", "Re-examination officer"),
        ],
    ),
    body(
        "discipline",
        "纪检监察机关",
        "Discipline inspection",
        ABOVE,
        &[many("discipline-inspector", "纪检监察干部", "Discipline inspector")],
    ),
    body(
        "rules-office",
        "规则管理机构",
        "Rules office",
        ABOVE,
        &[many("rules-officer", "规则管理员", "Rules officer")],
    ),
    body(
        "operations",
        "系统运行机构",
        "Operations",
        ABOVE,
        &[
            one("system-administrator", "系统管理员", "System administrator"),
            one("security-administrator", "安全管理员", "Security administrator"),
            one("audit-administrator", "审计管理员", "Audit administrator"),
            many("operator", "运行值班员", "Operator on duty"),
        ],
    ),
];

/// A body by its key.
pub fn find(key: &str) -> Option<&'static Body> {
    BODIES.iter().find(|body| body.key == key)
}

/// A post by its key, with its body.
pub fn find_post(key: &str) -> Option<(&'static Body, &'static Post)> {
    BODIES.iter().find_map(|body| body.post(key).map(|post| (body, post)))
}

/// A threshold in words of both languages.
pub fn threshold_text(threshold: Threshold) -> Text {
    let Fraction { num, den } = threshold.fraction;
    match (threshold.strictly, num, den) {
        (true, 1, 2) => Text::new("过半数", "more than half"),
        (true, ..) => Text::new(format!("超过{den}分之{num}"), format!("more than {num}/{den}")),
        (false, ..) => Text::new(format!("{den}分之{num}以上"), format!("at least {num}/{den}")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_are_unique_and_joint_bodies_exist() {
        let bodies: HashSet<_> = BODIES.iter().map(|body| body.key).collect();
        assert_eq!(bodies.len(), BODIES.len());
        let posts: Vec<_> = BODIES.iter().flat_map(|body| body.posts).map(|p| p.key).collect();
        assert_eq!(posts.iter().collect::<HashSet<_>>().len(), posts.len());
        for body in BODIES {
            assert!(body.name().is_complete());
            if let Members::Joint(parts) = body.members {
                assert!(parts.iter().all(|part| find(part).is_some()), "{}", body.key);
                assert!(body.posts.is_empty());
            }
        }
    }

    #[test]
    fn the_law_table_says_what_the_law_says() {
        let law = |key: &str| find(key).and_then(|body| body.sitting).unwrap();
        assert!(!law("villagers-meeting").quorum.reached(625, 1250));
        assert!(law("villagers-meeting").quorum.reached(626, 1250));
        assert!(law("representatives-meeting").quorum.reached(30, 45));
        assert!(!law("representatives-meeting").quorum.reached(29, 45));
        assert_eq!(law("members-assembly").counted, Counted::All);
        assert_eq!(law("members-assembly").notice_days, 10);
        assert_eq!(threshold_text(law("party-members-meeting").majority).zh, "过半数");
    }
}
