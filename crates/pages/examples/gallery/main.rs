//! Writes one static page per component, in both languages, with fictional data: `gallery FOLDER`.

mod forms;
mod money;

use std::path::Path;

use pages::*;

/// 2026-04-02 09:30 in China.
pub const NOW: i64 = 1_775_093_400_000_000;
pub const DAY: i64 = 86_400_000_000;
pub const HASH: &str = "9f3ac01be47d52668c10f2d7a35e91b44ce07a2199d3f6018bb52e7c64da8f10";

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for name in ["cunwu.css", "cunwu.js", "mark.svg"] {
        std::fs::write(folder.join(name), asset_text(name).unwrap_or_default())?;
    }
    let looks = [
        ("", Size::Normal, Theme::Light),
        ("-dark", Size::Normal, Theme::Dark),
        ("-extra", Size::Extra, Theme::Light),
    ];
    for lang in Lang::ALL {
        for (suffix, size, theme) in looks {
            let prefs = Prefs { lang, theme, size };
            for (name, html) in all(prefs) {
                std::fs::write(folder.join(format!("{name}-{}{suffix}.html", lang.code())), html)?;
            }
        }
    }
    std::fs::copy(folder.join("money-zh.html"), folder.join("index.html"))?;
    Ok(())
}

fn all(prefs: Prefs) -> Vec<(&'static str, String)> {
    vec![
        ("money", money::money(prefs)),
        ("matter", matter(prefs)),
        ("form", forms::form(prefs)),
        ("review", forms::review(prefs)),
        ("receipt", forms::receipt(prefs)),
        ("places", places(prefs)),
        ("tables", tables(prefs)),
        ("problem", problem(prefs)),
        ("notice", money::notice(prefs.lang, Paper::A4)),
        ("notice-a3", money::notice(prefs.lang, Paper::A3)),
    ]
}

pub fn shell(prefs: Prefs, path: &str, title: &str) -> Shell {
    let l = prefs.lang;
    let mut shell = Shell::new(prefs, path, title);
    shell.assets_base = Some(".".into());
    shell.place = l.pick("青禾村", "Qinghe Village").into();
    shell.place_above = l.pick("云溪镇", "Yunxi Town").into();
    shell.banner = Some(t(l, Word::Fictional).into());
    shell.nav = vec![
        NavItem::new(l.pick("首页", "Home"), "places-zh.html", false),
        NavItem::new(l.pick("钱", "Money"), "money-zh.html", path == "/money"),
        NavItem::new(l.pick("大事", "Decisions"), "matter-zh.html", path == "/matter"),
        NavItem::new(l.pick("办事", "Services"), "form-zh.html", path == "/form"),
        NavItem::new(l.pick("说理", "Disputes"), "tables-zh.html", false),
    ];
    shell.breadcrumb = vec![
        Link::new(l.pick("临川县", "Linchuan County"), "#"),
        Link::new(l.pick("云溪镇", "Yunxi Town"), "#"),
        Link::new(l.pick("青禾村", "Qinghe Village"), "#"),
    ];
    shell.facts = Some(Facts {
        as_of: Some(AsOf { micros: NOW, log: "cunwu.example/funds/33".into(), index: 18_204 }),
        published_by: Some(l.pick("青禾村村民委员会", "Village committee of Qinghe").into()),
        last_correction: Some(Link::new(
            l.pick("2026年3月12日，更正一笔运费", "12 March 2026, one transport bill"),
            "#",
        )),
        never_corrected: false,
        proof: Some("#proof".into()),
        feedback: Some("#".into()),
        burden: None,
    });
    shell.foot = vec![
        Link::new(l.pick("无障碍说明", "Accessibility"), "#"),
        Link::new(l.pick("数据接口", "Data and interfaces"), "#"),
    ];
    shell
}

fn matter(prefs: Prefs) -> String {
    let l = prefs.lang;
    let law = l.pick(
        "《中华人民共和国村民委员会组织法》第二十八条",
        "Organic Law of Villagers' Committees, art. 28",
    );
    let next = NextAct::new(
        l.pick("村民代表会议", "Representatives' meeting"),
        l.pick("表决是否修东组水渠", "votes on the eastern ditch"),
        Some(deadline(l, NOW + 4 * DAY, NOW)),
    );
    let mut s =
        shell(prefs, "/matter", l.pick("修不修东组的水渠", "Shall the eastern ditch be rebuilt?"));
    s.state = Some(StateLine {
        tag: Tag::new(Tone::Info, l.pick("等待表决", "Awaiting the vote"))
            .meaning(l.pick("材料已公开，会议已通知", "papers are public, the meeting is called")),
        next: Some(next.clone()),
    });
    let steps = vec![
        Step::new(l.pick("村党组织提议", "Proposed by the party branch"), StepState::Done)
            .date("2026-03-02")
            .seat(l.pick("村党支部", "Party branch"))
            .article(law)
            .href("#"),
        Step::new(l.pick("村“两委”会议商议", "Discussed by the two committees"), StepState::Done)
            .date("2026-03-06")
            .seat(l.pick("村“两委”", "Two committees"))
            .note(l.pick("应到 7 人，实到 7 人，同意 6 人", "7 of 7 present, 6 in favour"))
            .href("#"),
        Step::new(l.pick("党员大会审议", "Reviewed by all party members"), StepState::Done)
            .date("2026-03-15")
            .seat(l.pick("党员大会", "Party members' meeting"))
            .note(l.pick("应到 38 人，实到 31 人，同意 29 人", "31 of 38 present, 29 in favour"))
            .href("#"),
        Step::new(l.pick("村民代表会议决议", "Decided by the representatives"), StepState::Now)
            .date(deadline(l, NOW + 4 * DAY, NOW))
            .seat(l.pick("村民代表会议", "Representatives' meeting"))
            .note(l.pick(
                "三分之二以上代表到会才能开，到会的过半数同意才算通过。",
                "Two thirds must attend; more than half of those present must agree.",
            ))
            .article(l.pick(
                "《中华人民共和国村民委员会组织法》第三十条",
                "Organic Law of Villagers' Committees, art. 30",
            )),
        Step::new(l.pick("听取施工方说明", "Hearing the builder"), StepState::NotYet)
            .seat(l.pick("村民委员会", "Village committee"))
            .optional(),
        Step::new(
            l.pick("决议公开，贴出公告", "Resolution published and posted"),
            StepState::NotYet,
        )
        .seat(l.pick("村民委员会", "Village committee"))
        .date(l.pick("通过后 15 天以上", "for at least 15 days")),
    ];
    let stepper =
        Stepper { title: l.pick("走到哪一步了", "How far it is").into(), steps, next: None };
    let facts = SummaryList::new(
        l.pick("这件事是什么", "What it is about"),
        vec![
            SummaryRow::text(l.pick("提议", "Proposal"), l.pick("东组水渠长 620 米，已漏水三年。\n打算铺水泥，请村民投工 80 个。", "The eastern ditch, 620 m, has leaked for three years.\nLine it with concrete; villagers give 80 days of work.")),
            SummaryRow::money(l.pick("预算", "Budget"), 18_600_000),
            SummaryRow::text(l.pick("钱从哪来", "Paid from"), l.pick("村集体积累", "Savings of the collective")),
            SummaryRow::link(l.pick("图纸和报价", "Drawings and offers"), Link::new(l.pick("3 份文件", "3 documents"), "#")),
        ],
    );
    s.aside = Some(money::proof(l).render(l));
    s.html(&Markup::join([stepper.render(l), facts.render(l)]))
}

fn places(prefs: Prefs) -> String {
    let l = prefs.lang;
    let villages = vec![
        TreeNode { current: true, ..TreeNode::new(l.pick("青禾村", "Qinghe Village"), "#") },
        TreeNode::new(l.pick("石桥头村", "Shiqiaotou Village"), "#")
            .note(l.pick("2 项未报", "2 not reported")),
        TreeNode::new(l.pick("上云溪村", "Upper Yunxi Village"), "#"),
    ];
    let tree = TreeList {
        label: l.pick("行政区划", "Places").into(),
        search: Some(SearchBox {
            action: "#".into(),
            name: "q".into(),
            value: l.pick("轻禾", "Qinhe").into(),
            label: l.pick("找村名、镇名或代码", "Find a village, a town or a code").into(),
            found: Some(0),
        }),
        nodes: vec![
            TreeNode::new(l.pick("临川县", "Linchuan County"), "#")
                .note(l.pick("14 个镇", "14 towns"))
                .children(
                    vec![
                        TreeNode::new(l.pick("云溪镇", "Yunxi Town"), "#")
                            .note(l.pick("12 个村", "12 villages"))
                            .children(villages, true),
                        TreeNode::new(l.pick("白鹭洲镇", "Bailuzhou Town"), "#")
                            .note(l.pick("9 个村", "9 villages"))
                            .children(
                                vec![TreeNode::new(l.pick("白鹭村", "Bailu Village"), "#")],
                                false,
                            ),
                    ],
                    true,
                ),
        ],
    };
    let empty = EmptyState::new(l.pick("4月的收支明细", "The lines of April"), EmptyWhy::NotDue)
        .because(l.pick(
            "每月10日前公开上月账目",
            "each month's books are published by the 10th of the next",
        ))
        .act(
            l.pick("可以先看", "You can look at"),
            Some(Link::new(l.pick("3月的账", "March"), "#")),
        );
    let late = EmptyState::new(
        l.pick("石桥头村3月的收支", "The books of Shiqiaotou for March"),
        EmptyWhy::Late,
    )
    .because(l.pick("应在3月10日公开，已迟 23 天", "due on 10 March, 23 days late"))
    .act(
        l.pick("可以向镇里反映：", "Tell the town:"),
        Some(Link::new(l.pick("我要提问", "Ask a question"), "#")),
    );
    shell(prefs, "/", l.pick("找到您的村", "Find your village")).html(&Markup::join([
        tree.render(l),
        Markup::section("e1", l.pick("还没到时间", "Not due yet"), empty.render(l)),
        Markup::section("e2", l.pick("该公开而没公开", "Late"), late.render(l)),
    ]))
}

fn tables(prefs: Prefs) -> String {
    let l = prefs.lang;
    let mut three = DataTable::new(
        l.pick("各组应报和已报", "Groups and their reports"),
        vec![
            Column::text(l.pick("组", "Group")),
            Column::number(l.pick("到会", "Attended")),
            Column::money(l.pick("补助", "Allowance")),
        ],
    )
    .row(vec![
        Cell::text(l.pick("东组", "East")).href("#"),
        Cell::percent(25, 40, l.pick("户", "households")),
        Cell::money(0),
    ])
    .row(vec![Cell::text(l.pick("西组", "West")), Cell::not_applicable(), Cell::not_reported(12)])
    .row(vec![Cell::text(l.pick("南组", "South")), Cell::count(1204), Cell::not_due()])
    .row(vec![
        Cell::text(l.pick("冲回多记的运费", "Reversal")),
        Cell::text(""),
        Cell::money(-123_450),
    ]);
    three.pager = Some(Pager { at: 2, of: 7, previous: Some("#".into()), next: Some("#".into()) });
    let heads = [
        ("科目", "Account"),
        ("年初数", "Opening"),
        ("借方", "Debit"),
        ("贷方", "Credit"),
        ("期末数", "Closing"),
        ("上年同期", "A year ago"),
    ];
    let columns = heads
        .iter()
        .enumerate()
        .map(
            |(i, (zh, en))| {
                if i == 0 { Column::text(l.pick(zh, en)) } else { Column::money(l.pick(zh, en)) }
            },
        )
        .collect();
    let mut law =
        DataTable::new(l.pick("资产负债表（村集体）", "Balance sheet of the collective"), columns);
    for (zh, en, n) in [
        ("库存现金", "Cash", 120_000),
        ("银行存款", "Bank deposits", 12_225_678),
        ("应收款", "Receivables", 860_000),
        ("固定资产", "Fixed assets", 98_000_000),
    ] {
        law = law.row(vec![
            Cell::text(l.pick(zh, en)),
            Cell::money(n),
            Cell::money(n / 3),
            Cell::money(n / 4),
            Cell::money(n + n / 3 - n / 4),
            Cell::money(n / 2),
        ]);
    }
    law.statutory = true;
    law.id = "balance".into();
    let mut states = DataTable::new(
        l.pick("状态的说法", "State words"),
        vec![Column::text(l.pick("状态", "State")), Column::text(l.pick("意思", "Meaning"))],
    );
    for (tone, zh, en, mz, me) in [
        (Tone::Ok, "已公开", "Published", "全村都能看", "everyone can read it"),
        (Tone::Wait, "等人办", "Waiting", "轮到有关的人", "somebody has to act"),
        (Tone::Wrong, "超期", "Late", "过了规定的日子", "the day has passed"),
        (Tone::Info, "办理中", "In progress", "正在办", "being done"),
        (Tone::Neutral, "已撤回", "Withdrawn", "提出的人自己收回了", "taken back by the proposer"),
    ] {
        states =
            states.row(vec![Cell::tag(Tag::new(tone, l.pick(zh, en))), Cell::text(l.pick(mz, me))]);
    }
    let tags = states.render(l);
    shell(prefs, "/tables", l.pick("表格和状态", "Tables and states")).html(&Markup::join([
        three.render(l),
        law.render(l),
        tags,
    ]))
}

fn problem(prefs: Prefs) -> String {
    let l = prefs.lang;
    let page = ProblemPage {
        detail: l.pick("这笔钱 54,300.00 元，超过村委会能直接决定的 5,000.00 元，要先有村民代表会议的决议。", "54,300.00 yuan is above the 5,000.00 that the committee may decide alone: a resolution of the representatives must come first.").into(),
        article: Some(Link::new(l.pick("《中华人民共和国村民委员会组织法》第二十八条", "Organic Law of Villagers' Committees, art. 28"), "#")),
        remedy: l.pick("请先提出议题，决议公开后再报这笔账。", "Table the matter first; report the bill once the resolution is published.").into(),
        code: "resolution-missing".into(),
        back: Some("#".into()),
        ..ProblemPage::new(422)
    };
    page.page(shell(prefs, "/form", "")).html
}
