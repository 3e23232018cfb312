//! Bodies, posts, kinds of matter and facts by key, in both languages: the words of the contract. Knows no event.

use kernel::Text;

/// Bodies (组织机构), those that lead first.
const BODIES: &[(&str, &str, &str)] = &[
    ("branch-committee", "村党组织委员会", "Village party committee"),
    ("village-committee", "村民委员会", "Village committee"),
    ("two-committees", "村“两委”会议", "Meeting of the two committees"),
    ("supervision-committee", "村务监督委员会", "Supervision committee"),
    ("party-members-meeting", "党员大会", "Party members' meeting"),
    ("representatives-meeting", "村民代表会议", "Representatives' meeting"),
    ("representatives", "村民代表", "Villager representatives"),
    ("villagers-meeting", "村民会议", "Villagers' meeting"),
    ("households-meeting", "村民会议（户代表）", "Villagers' meeting by households"),
    ("members-assembly", "成员大会", "Members' assembly"),
    ("member-delegates", "成员代表大会", "Member delegates"),
    ("collective-board", "集体经济组织理事会", "Board of the collective"),
    ("collective-supervisors", "集体经济组织监事会", "Supervisors of the collective"),
    ("finance-office", "村级财务岗位", "Finance posts"),
    ("village-window", "便民服务站", "Service window"),
    ("mediation-committee", "人民调解委员会", "Mediation committee"),
    ("villager-groups", "村民小组", "Villager groups"),
    ("township", "乡镇人民政府", "Township government"),
    ("township-agency", "乡镇农村集体“三资”服务中心", "Township agency"),
    ("county-agriculture", "县级农业农村部门", "County agriculture department"),
    ("discipline", "纪检监察机关", "Discipline inspection"),
    ("rules-office", "规则管理机构", "Rules office"),
    ("operations", "系统运行机构", "Operations"),
];

/// Posts (职务).
const POSTS: &[(&str, &str, &str)] = &[
    ("party-secretary", "村党组织书记", "Party secretary"),
    ("branch-member", "村党组织委员", "Member of the party committee"),
    ("village-director", "村委会主任", "Village director"),
    ("deputy-director", "村委会副主任", "Deputy director"),
    ("committee-member", "村委会委员", "Committee member"),
    ("supervision-chair", "村务监督委员会主任", "Chair of supervision"),
    ("supervision-member", "村务监督委员会委员", "Member of supervision"),
    ("representative", "村民代表", "Villager representative"),
    ("delegate", "成员代表", "Member delegate"),
    ("legal-representative", "理事长（法定代表人）", "Chair and legal representative"),
    ("board-member", "理事", "Board member"),
    ("supervisors-chair", "监事长", "Chair of the supervisors"),
    ("collective-supervisor", "监事", "Supervisor of the collective"),
    ("bookkeeper", "报账员", "Bookkeeper"),
    ("cashier", "出纳", "Cashier"),
    ("handler", "经办人", "Handler"),
    ("window-clerk", "窗口工作人员", "Window clerk"),
    ("agent", "帮办代办员", "Agent"),
    ("mediation-chair", "调解委员会主任", "Chair of mediation"),
    ("mediator", "人民调解员", "Mediator"),
    ("group-leader", "村民小组长", "Group leader"),
    ("grid-worker", "网格员", "Grid worker"),
    ("township-head", "乡镇长", "Township head"),
    ("township-officer", "乡镇干部", "Township officer"),
    ("justice-officer", "司法所工作人员", "Justice officer"),
    ("petition-officer", "信访工作人员", "Petition officer"),
    ("agency-head", "服务中心主任", "Head of the agency"),
    ("agency-accountant", "代理会计", "Agency accountant"),
    ("agency-cashier", "代理出纳", "Agency cashier"),
    ("agency-reviewer", "审核人", "Agency reviewer"),
    ("county-officer", "县级业务干部", "County officer"),
    ("discipline-inspector", "纪检监察干部", "Discipline inspector"),
    ("rules-officer", "规则管理员", "Rules officer"),
    ("system-administrator", "系统管理员", "System administrator"),
    ("security-administrator", "安全管理员", "Security administrator"),
    ("audit-administrator", "审计管理员", "Audit administrator"),
    ("operator", "运行值班员", "Operator on duty"),
];

/// Kinds of matter (事项类别).
const MATTERS: &[(&str, &str, &str)] = &[
    ("village-planning", "村庄规划、村庄建设", "Village planning and building"),
    (
        "lost-work-allowance",
        "享受误工补贴的人员及补贴标准",
        "Who receives lost-work allowance, and its rate",
    ),
    (
        "use-of-collective-grant",
        "从村集体取得的资金和物资的使用",
        "Use of money and goods received from the collective",
    ),
    (
        "public-welfare",
        "兴办公益事业及建设承包方案",
        "Public-welfare undertakings and their building contracts",
    ),
    ("levy-plan", "筹资筹劳方案", "Plan to raise money and labour"),
    ("assisted-persons", "重点帮扶对象和帮扶方案", "Key assisted persons and assistance plans"),
    ("village-rules", "村民自治章程、村规民约", "Village charter and village rules"),
    (
        "other-village-matter",
        "村民会议认为应当讨论决定的其他事项",
        "Other matters that the villagers' meeting decides",
    ),
    ("collective-charter", "集体经济组织章程", "Charter of the collective"),
    ("internal-rules", "内部管理制度", "Internal rules"),
    ("member-confirmation", "成员确认", "Confirmation of members"),
    ("electing-board", "选举理事会、监事会成员", "Electing board and supervisors"),
    ("managers-pay", "理事、监事及主要经营管理人员报酬", "Pay of board, supervisors and managers"),
    ("development-plan", "集体经济发展规划、业务经营计划", "Development and business plans"),
    (
        "annual-budget",
        "年度财务预决算、收益分配方案",
        "Annual budget, final accounts and profit distribution",
    ),
    (
        "land-plan",
        "土地承包、宅基地使用、集体经营性财产份额量化方案",
        "Plans for land contracting, homesteads and shares",
    ),
    (
        "commercial-land",
        "集体经营性建设用地使用、出让、出租方案",
        "Use, transfer or lease of collective commercial construction land",
    ),
    (
        "land-compensation",
        "土地补偿费等的分配、使用办法",
        "Distribution and use of land compensation",
    ),
    ("investment", "投资等重大事项", "Investments and other major matters"),
    ("merger-or-split", "合并、分立等重大事项", "Merger or split of the collective"),
    (
        "contract-to-outsider",
        "将农村土地发包给本集体以外的单位或者个人",
        "Contracting land to an outsider",
    ),
    (
        "benefits-of-non-members",
        "长期工作的非成员享有成员部分权益",
        "Members' benefits for long-serving non-members",
    ),
];

/// Outcomes that any procedure may have.
const OUTCOMES: &[(&str, &str, &str)] = &[
    ("done", "办了", "done"),
    ("passed", "通过", "passed"),
    ("failed", "没有通过", "not passed"),
    ("rejected", "不同意", "rejected"),
    ("approved", "同意", "approved"),
    ("accepted", "同意", "accepted"),
    ("refused", "不同意", "refused"),
    ("returned", "退回补正", "returned for changes"),
    ("withdrawn", "撤回", "withdrawn"),
    ("inquorate", "人数不够", "too few present"),
    ("upheld", "成立", "upheld"),
    ("dismissed", "不成立", "dismissed"),
];

/// What happened, for the lists of events.
const FACTS: &[(&str, &str, &str)] = &[
    ("proposal-tabled", "提出议题", "Proposal tabled"),
    ("proposal-consulted", "“两委”商议通过", "Consulted by the two committees"),
    ("proposal-reviewed", "党员大会审议通过", "Reviewed by the party members"),
    ("proposal-returned", "退回修改", "Sent back for changes"),
    ("proposal-rejected", "没有通过", "Not passed"),
    ("proposal-withdrawn", "撤回", "Withdrawn"),
    ("meeting-inquorate", "到会人数不够", "Too few attended"),
    ("resolution-adopted", "决议通过", "Resolution adopted"),
    ("resolution-published", "决议公开", "Resolution posted"),
    ("resolution-annulled", "决议被撤销", "Resolution annulled"),
    ("objection-filed", "村民提出异议", "Objection filed"),
    ("objection-answered", "答复异议", "Objection answered"),
    ("objection-escalated", "异议转乡镇", "Objection sent to the township"),
    ("payment-requested", "申请付款", "Payment requested"),
    ("payment-approved", "审批", "Payment approved"),
    ("payment-executed", "出纳支付", "Paid by the cashier"),
    ("payment-returned", "退回", "Payment sent back"),
    ("approval-overdue", "审批超期", "Approval overdue"),
    ("resolution-display-ended", "决议公示期满", "Display of the resolution ended"),
    ("resolution-rejected", "会议没有通过", "Not passed by the meeting"),
    ("result-published", "实施结果公开", "Result posted"),
    ("result-display-ended", "结果公示期满", "Display of the result ended"),
    ("result-accepted", "验收结果", "Result accepted"),
    ("execution-reported", "报告实施情况", "Execution reported"),
    ("notice-posted-anew", "重新公示", "Posted anew"),
    ("meeting-called", "召集会议", "Meeting called"),
    ("meeting-called-again", "另行召集会议", "Meeting called again"),
    ("party-meeting-inquorate", "党员大会到会人数不够", "Too few attended the party meeting"),
    ("materials-sent-to-members", "向党员送达材料", "Papers sent to the party members"),
    ("proposal-endorsed-by-party", "村党组织研究同意", "Endorsed by the party organisation"),
    ("proposal-returned-by-party", "村党组织退回修改", "Sent back by the party organisation"),
    ("proposal-returned-by-committees", "“两委”退回修改", "Sent back by the two committees"),
    ("proposal-revised", "修改提案", "Proposal revised"),
    ("proposal-reviewed-by-supervision", "监督委员会核议", "Reviewed by supervision"),
    ("proposal-rejected-by-members", "党员大会没有通过", "Not passed by the party members"),
    ("disclosure-overdue", "决议公开超期", "Posting overdue"),
    ("answer-overdue", "答复异议超期", "Answer overdue"),
    ("result-overdue", "结果公开超期", "Posting of the result overdue"),
    ("payment-corrected", "更正后重新申请", "Asked again, corrected"),
    ("payment-overdue", "支付超期", "Payment overdue"),
    ("period-opened", "启用会计期间", "Month opened"),
    ("period-closed", "结账", "Month closed"),
    ("opening-balances-signed", "期初余额确认", "Opening balances signed"),
    ("query-escalated", "询问转乡镇", "Question sent to the township"),
    ("query-accepted", "答复认可", "Answer accepted"),
    ("query-referred", "提请乡镇处理", "Referred to the township"),
    ("query-settled", "乡镇处理完", "Settled by the township"),
    ("unit-formed", "登记行政区划", "Unit registered"),
    ("unit-renamed", "改名", "Renamed"),
    ("seat-filled", "任职", "Seat filled"),
    ("seat-suspended", "停职", "Seat suspended"),
    ("seat-resumed", "复职", "Seat resumed"),
    ("resolution-drawn", "按决议付了一笔钱", "Money paid under the resolution"),
    ("village-set-up", "登记村的组织", "Village set up"),
    ("disclosure-due", "约定公开日", "Day of posting set"),
    ("month-submitted", "报账", "Month submitted"),
    ("sheet-drawn-up", "做好公开单", "Sheet drawn up"),
    ("display-ended", "公开期满", "Display ended"),
    ("seat-vacated", "离任", "Seat vacated"),
    ("definition-adopted", "采用办事规则", "Rules adopted"),
    ("budget-adopted", "预算通过", "Budget adopted"),
    ("voucher-posted", "记账", "Posted to the books"),
    ("voucher-reversed", "冲销", "Reversed"),
    ("item-published", "公开", "Posted on the board"),
    ("query-raised", "监督委员会询问", "Question raised"),
    ("query-answered", "答复询问", "Question answered"),
    ("due-arisen", "租金到期", "Rent fell due"),
    ("due-settled", "冲抵到期租金", "Taken off what was due"),
    ("asset-let", "由合同出租", "Let by a contract"),
    ("asset-handed-back", "合同终止收回", "Handed back by a contract"),
];

fn named(table: &[(&str, &str, &str)], key: &str) -> Text {
    table
        .iter()
        .find(|(known, ..)| *known == key)
        .map_or_else(|| Text::new(key, key), |(_, zh, en)| Text::new(*zh, *en))
}

/// A body: 村民委员会.
pub fn body(key: &str) -> Text {
    named(BODIES, key)
}

/// Where a body stands in lists: those that lead first, unknown ones last.
pub fn body_order(key: &str) -> usize {
    BODIES.iter().position(|(known, ..)| *known == key).unwrap_or(BODIES.len())
}

/// A post: 报账员. A body's key is a post's too where a meeting acts.
pub fn post(key: &str) -> Text {
    let known = POSTS.iter().any(|(known, ..)| *known == key);
    named(if known { POSTS } else { BODIES }, key)
}

/// A kind of matter: 年度财务预算、决算.
pub fn matter(key: &str) -> Text {
    named(MATTERS, key)
}

/// What an event says, without its version: `payment-executed.v1` is 出纳支付.
pub fn fact(fact: &str) -> Text {
    named(FACTS, fact.split('.').next().unwrap_or(fact))
}

/// What came of a step that can end in several ways (结果).
pub fn outcome(key: &str) -> Text {
    named(OUTCOMES, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_in_both_languages_once() {
        for table in [BODIES, POSTS, MATTERS, FACTS, OUTCOMES] {
            let mut keys: Vec<_> = table.iter().map(|(key, ..)| *key).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), table.len());
            assert!(table.iter().all(|(_, zh, en)| !zh.is_empty() && en.is_ascii()));
        }
        assert_eq!(post("bookkeeper").zh, "报账员");
        assert_eq!(post("members-assembly").zh, "成员大会");
        assert_eq!(body("unknown-body").zh, "unknown-body");
        assert_eq!(fact("payment-executed.v1").en, "Paid by the cashier");
        assert!(body_order("branch-committee") < body_order("operations"));
    }
}
