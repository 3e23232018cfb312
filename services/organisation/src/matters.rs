//! Kinds of matter (事项类别): which body decides, with which special majority, whether it spends.
//!
//! Source: OLVC 27, 28, 31 for the villagers' side; RCEO 15, 26, 28, LCL 52 and LAL 63 for the collective's.

use definitions::{Counted, Fraction, Threshold};
use kernel::Text;

use crate::bodies::{self, SittingLaw};

/// Whose matter it is: two legal persons, two deciding bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// 村民自治事项
    Villagers,
    /// 集体经济组织事项
    Collective,
}

/// A kind of matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatterKind {
    /// Its key, such as `annual-budget`.
    pub key: &'static str,
    /// 年度财务预算、决算
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// Whose.
    pub side: Side,
    /// Whether representatives or delegates may decide it.
    pub delegable: bool,
    /// Whether payments may cite its resolution: then it has a limit.
    pub spends: bool,
    /// A majority above the body's own, and of whom.
    pub special: Option<(Threshold, Counted)>,
    /// The township approves it besides.
    pub township_approves: bool,
    /// The article.
    pub law: &'static str,
}

const fn matter(
    key: &'static str,
    zh: &'static str,
    en: &'static str,
    side: Side,
    law: &'static str,
) -> MatterKind {
    MatterKind {
        key,
        zh,
        en,
        side,
        delegable: true,
        spends: false,
        special: None,
        township_approves: false,
        law,
    }
}

const TWO_THIRDS_OF_ALL: Option<(Threshold, Counted)> =
    Some((Threshold::at_least(Fraction { num: 2, den: 3 }), Counted::All));
const THREE_QUARTERS_OF_ALL: Option<(Threshold, Counted)> =
    Some((Threshold::at_least(Fraction { num: 3, den: 4 }), Counted::All));

use Side::{Collective, Villagers};

/// Every kind of matter.
pub const MATTERS: &[MatterKind] = &[
    // the villagers' side: OLVC 28, 31
    matter(
        "village-planning",
        "村庄规划、村庄建设",
        "Village planning and building",
        Villagers,
        "OLVC 28",
    ),
    MatterKind {
        spends: true,
        ..matter(
            "lost-work-allowance",
            "享受误工补贴的人员及补贴标准",
            "Who receives lost-work allowance, and its rate",
            Villagers,
            "OLVC 28",
        )
    },
    MatterKind {
        spends: true,
        ..matter(
            "use-of-collective-grant",
            "从村集体取得的资金和物资的使用",
            "Use of money and goods received from the collective",
            Villagers,
            "OLVC 28",
        )
    },
    MatterKind {
        spends: true,
        ..matter(
            "public-welfare",
            "兴办公益事业及建设承包方案",
            "Public-welfare undertakings and their building contracts",
            Villagers,
            "OLVC 28",
        )
    },
    MatterKind {
        spends: true,
        ..matter(
            "levy-plan",
            "筹资筹劳方案",
            "Plan to raise money and labour",
            Villagers,
            "OLVC 28",
        )
    },
    matter(
        "assisted-persons",
        "重点帮扶对象和帮扶方案",
        "Key assisted persons and assistance plans",
        Villagers,
        "OLVC 28",
    ),
    MatterKind {
        delegable: false,
        ..matter(
            "village-rules",
            "村民自治章程、村规民约",
            "Village charter and village rules",
            Villagers,
            "OLVC 31",
        )
    },
    MatterKind {
        spends: true,
        ..matter(
            "other-village-matter",
            "村民会议认为应当讨论决定的其他事项",
            "Other matters that the villagers' meeting decides",
            Villagers,
            "OLVC 28",
        )
    },
    // the collective's side: RCEO 26, 28
    MatterKind {
        delegable: false,
        ..matter(
            "collective-charter",
            "集体经济组织章程",
            "Charter of the collective",
            Collective,
            "RCEO 26(1)",
        )
    },
    matter("internal-rules", "内部管理制度", "Internal rules", Collective, "RCEO 26(2)"),
    MatterKind {
        delegable: false,
        ..matter(
            "member-confirmation",
            "成员确认",
            "Confirmation of members",
            Collective,
            "RCEO 26(3)",
        )
    },
    matter(
        "electing-board",
        "选举理事会、监事会成员",
        "Electing board and supervisors",
        Collective,
        "RCEO 26(4)",
    ),
    MatterKind {
        spends: true,
        ..matter(
            "managers-pay",
            "理事、监事及主要经营管理人员报酬",
            "Pay of board, supervisors and managers",
            Collective,
            "RCEO 26(5)",
        )
    },
    MatterKind {
        spends: true,
        ..matter(
            "development-plan",
            "集体经济发展规划、业务经营计划",
            "Development and business plans",
            Collective,
            "RCEO 26(6)",
        )
    },
    MatterKind {
        spends: true,
        ..matter(
            "annual-budget",
            "年度财务预决算、收益分配方案",
            "Annual budget, final accounts and profit distribution",
            Collective,
            "RCEO 26(7)",
        )
    },
    MatterKind {
        delegable: false,
        ..matter(
            "land-plan",
            "土地承包、宅基地使用、集体经营性财产份额量化方案",
            "Plans for land contracting, homesteads and shares",
            Collective,
            "RCEO 26(8)",
        )
    },
    MatterKind {
        special: TWO_THIRDS_OF_ALL,
        ..matter(
            "commercial-land",
            "集体经营性建设用地使用、出让、出租方案",
            "Use, transfer or lease of collective commercial construction land",
            Collective,
            "LAL 63",
        )
    },
    MatterKind {
        delegable: false,
        spends: true,
        ..matter(
            "land-compensation",
            "土地补偿费等的分配、使用办法",
            "Distribution and use of land compensation",
            Collective,
            "RCEO 26(10)",
        )
    },
    MatterKind {
        spends: true,
        ..matter(
            "investment",
            "投资等重大事项",
            "Investments and other major matters",
            Collective,
            "RCEO 26(11)",
        )
    },
    MatterKind {
        delegable: false,
        ..matter(
            "merger-or-split",
            "合并、分立等重大事项",
            "Merger or split of the collective",
            Collective,
            "RCEO 26(12)",
        )
    },
    MatterKind {
        special: TWO_THIRDS_OF_ALL,
        township_approves: true,
        ..matter(
            "contract-to-outsider",
            "将农村土地发包给本集体以外的单位或者个人",
            "Contracting land to an outsider",
            Collective,
            "LCL 52",
        )
    },
    MatterKind {
        delegable: false,
        special: THREE_QUARTERS_OF_ALL,
        ..matter(
            "benefits-of-non-members",
            "长期工作的非成员享有成员部分权益",
            "Members' benefits for long-serving non-members",
            Collective,
            "RCEO 15",
        )
    },
];

/// Marks a matter that the whole meeting decides although the law lets representatives or delegates.
const BY_ALL: &str = "-by-all";
/// Marks a matter that the villagers' meeting decides by households.
const BY_HOUSEHOLDS: &str = "-by-households";

/// A kind by its key, or by the key with `-by-all` or `-by-households`.
pub fn find(key: &str) -> Option<&'static MatterKind> {
    let stem = key.strip_suffix(BY_ALL).or_else(|| key.strip_suffix(BY_HOUSEHOLDS)).unwrap_or(key);
    let found = MATTERS.iter().find(|matter| matter.key == stem)?;
    let fits = key == stem
        || (key.ends_with(BY_ALL) && found.delegable)
        || (key.ends_with(BY_HOUSEHOLDS) && found.side == Side::Villagers);
    fits.then_some(found)
}

impl MatterKind {
    /// Its name in both languages.
    pub fn name(&self) -> Text {
        Text::new(self.zh, self.en)
    }

    /// The bodies that may decide it: the whole meeting always, representatives or delegates where the law lets them.
    pub fn bodies(&self) -> &'static [&'static str] {
        match (self.side, self.delegable) {
            (Side::Villagers, true) => {
                &["representatives-meeting", "villagers-meeting", "households-meeting"]
            }
            (Side::Villagers, false) => &["villagers-meeting", "households-meeting"],
            (Side::Collective, true) => &["member-delegates", "members-assembly"],
            (Side::Collective, false) => &["members-assembly"],
        }
    }

    /// The body that decides under a key: representatives or delegates where the law lets them, unless the key says that
    /// the whole meeting decides.
    pub fn body_of(&self, key: &str) -> &'static str {
        let whole = key.ends_with(BY_ALL) || !self.delegable;
        match (self.side, whole) {
            (Side::Villagers, _) if key.ends_with(BY_HOUSEHOLDS) => "households-meeting",
            (Side::Villagers, true) => "villagers-meeting",
            (Side::Villagers, false) => "representatives-meeting",
            (Side::Collective, true) => "members-assembly",
            (Side::Collective, false) => "member-delegates",
        }
    }

    /// What the law asks of this body's sitting on this matter; `None` when the body may not decide it.
    pub fn law_of(&self, body: &str) -> Option<SittingLaw> {
        if !self.bodies().contains(&body) {
            return None;
        }
        let mut law = bodies::find(body)?.sitting?;
        if let Some((special, counted)) = self.special
            && (law.majority.is_weaker_than(special) || law.counted != counted)
        {
            law.majority = special;
            law.counted = counted;
            law.law = self.law;
        }
        Some(law)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_matter_has_a_body_with_a_law() {
        for matter in MATTERS {
            assert!(matter.name().is_complete());
            assert!(matter.bodies().contains(&matter.body_of(matter.key)));
            for body in matter.bodies() {
                assert!(matter.law_of(body).is_some(), "{} by {body}", matter.key);
            }
            assert!(matter.law_of("village-committee").is_none());
        }
    }

    #[test]
    fn what_is_not_delegable_stays_with_the_whole_meeting() {
        assert!(find("village-rules").unwrap().law_of("representatives-meeting").is_none());
        assert!(find("land-compensation").unwrap().law_of("member-delegates").is_none());
        assert!(find("annual-budget").unwrap().law_of("member-delegates").is_some());
    }

    #[test]
    fn a_key_may_ask_for_the_whole_meeting_never_for_less() {
        let budget = find("annual-budget-by-all").unwrap();
        assert_eq!(budget.body_of("annual-budget-by-all"), "members-assembly");
        assert_eq!(budget.body_of("annual-budget"), "member-delegates");
        assert!(find("annual-budget-by-households").is_none());
        assert!(find("village-rules-by-all").is_none());
        assert_eq!(
            find("village-rules").unwrap().body_of("village-rules-by-households"),
            "households-meeting"
        );
    }

    #[test]
    fn special_majorities_are_of_all() {
        let law = find("benefits-of-non-members").unwrap().law_of("members-assembly").unwrap();
        assert!(!law.majority.reached(74, 100) && law.majority.reached(75, 100));
        assert_eq!(law.counted, Counted::All);
        assert_eq!(law.law, "RCEO 15");
    }
}
