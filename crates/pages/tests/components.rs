//! Every component with hostile text, in both languages; and what each must say in its special cases.

use pages::*;

const EVIL: &str = "<script>alert(1)</script>\"onload=x' <i>&";
const BAD_LINK: &str = "javascript:alert(1)";

fn evil_choices() -> Vec<Choice> {
    vec![Choice::new(EVIL, EVIL).hint(EVIL)]
}

/// One of each, every text of it hostile.
fn all(text: &str, href: &str, lang: Lang) -> Vec<(&'static str, String)> {
    let link = || Link::new(text, href);
    let next = || NextAct::new(text, text, Some(text.into()));
    let summary = SummaryList::new(
        text,
        vec![
            SummaryRow::text(text, text).change(href),
            SummaryRow::link(text, link()),
            SummaryRow::markup(text, Tag::new(Tone::Ok, text).meaning(text).render(lang)),
        ],
    );
    let table = DataTable {
        rows: vec![vec![
            Cell::text(text).href(href),
            Cell::tag(Tag::new(Tone::Wrong, text)),
            Cell::percent(1, 2, text),
            Cell::money(1),
        ]],
        total: Some(vec![Cell::text(text)]),
        download: Some(link()),
        pager: Some(Pager { at: 1, of: 2, previous: Some(href.into()), next: Some(href.into()) }),
        id: text.into(),
        statutory: true,
        ..DataTable::new(
            text,
            vec![
                Column::text(text).sort(href, Sorted::Up),
                Column::text(text),
                Column::number(text),
                Column::money(text),
            ],
        )
    };
    let fields = vec![
        Field::text(text, text, text).hint(text).why(text).error(text),
        Field::money("m", text, text).error(text),
        Field::date("d", text, text),
        Field::password("p", text),
        Field::radio("r", text, text, evil_choices()).error(text),
        Field::select("s", text, text, evil_choices()),
        Field::checks("c", text, vec![text.into()], evil_choices()),
        Field::area("a", text, text).optional(),
        Field {
            kind: FieldKind::File { accept: text.into(), multiple: true, sent: vec![text.into()] },
            ..Field::file("f", text, "")
        },
    ];
    let form = FormPage {
        before: Some(BeforeYouStart {
            papers: vec![text.into()],
            minutes: 3,
            who_decides: text.into(),
            how_long: text.into(),
        }),
        errors: vec![text.into()],
        cannot: Some(Cannot { why: text.into(), article: Some(link()) }),
        ..FormPage::new(href, fields).group(text, vec![]).hidden(text, text)
    };
    let mut shell = Shell::new(Prefs { lang, ..Prefs::default() }, "/a", text);
    shell.place = text.into();
    shell.place_above = text.into();
    shell.home = href.into();
    shell.breadcrumb = vec![link()];
    shell.nav = vec![NavItem::new(text, href, true)];
    shell.foot = vec![link()];
    shell.banner = Some(text.into());
    shell.lead = Some(text.into());
    shell.state = Some(StateLine { tag: Tag::new(Tone::Info, text), next: Some(next()) });
    shell.signed_in = Some(SignedIn {
        name: text.into(),
        post: text.into(),
        account: Some(href.into()),
        sign_out: Some((href.into(), vec![(text.into(), text.into())])),
    });
    shell.facts = Some(Facts {
        as_of: Some(AsOf { micros: 0, log: text.into(), index: 1 }),
        published_by: Some(text.into()),
        last_correction: Some(link()),
        never_corrected: false,
        proof: Some(href.into()),
        feedback: Some(href.into()),
        burden: Some(href.into()),
    });
    let steps = vec![
        Step::new(text, StepState::Done)
            .date(text)
            .seat(text)
            .article(text)
            .note(text)
            .href(href)
            .optional(),
        Step::new(text, StepState::Late),
    ];
    let node = TreeNode::new(text, href).note(text);
    vec![
        (
            "stepper",
            Stepper { title: text.into(), steps, next: Some(next()) }.render(lang).into_string(),
        ),
        ("table", table.render(lang).into_string()),
        ("summary", summary.render(lang).into_string()),
        ("form", form.render(lang).into_string()),
        (
            "figure",
            MoneyFigure {
                note: Some(text.into()),
                href: Some(href.into()),
                ..MoneyFigure::new(text, 1)
            }
            .render(lang)
            .into_string(),
        ),
        (
            "equation",
            EquationStrip {
                period: text.into(),
                links: Some((href.into(), href.into())),
                labels: Some((text.into(), text.into())),
                bank: Some(Bank { balance: 9, date: text.into(), reasons: vec![(text.into(), 5)] }),
                ..EquationStrip::default()
            }
            .render(lang)
            .into_string(),
        ),
        (
            "review",
            ReviewPage {
                groups: vec![summary.clone()],
                declares: Some(text.into()),
                action: href.into(),
                hidden: vec![(text.into(), text.into())],
                button: text.into(),
            }
            .render(lang)
            .into_string(),
        ),
        (
            "receipt",
            ReceiptPage {
                done: text.into(),
                number: text.into(),
                sent_at: 0,
                next: vec![next()],
                details: Some(summary),
                contact: Some(text.into()),
                include_by: Some(0),
            }
            .render(lang)
            .into_string(),
        ),
        (
            "proof",
            ProofBox {
                log: text.into(),
                leaf_hash: text.into(),
                root: text.into(),
                witnesses: vec![text.into()],
                download: Some(href.into()),
                file_name: text.into(),
                qr: text.into(),
                ..ProofBox::default()
            }
            .render(lang)
            .into_string(),
        ),
        (
            "empty",
            EmptyState::new(text, EmptyWhy::Late)
                .because(text)
                .act(text, Some(link()))
                .render(lang)
                .into_string(),
        ),
        (
            "tree",
            TreeList {
                label: text.into(),
                search: Some(SearchBox {
                    action: href.into(),
                    name: text.into(),
                    value: text.into(),
                    label: text.into(),
                    found: Some(0),
                }),
                nodes: vec![node.clone().children(vec![node], true)],
            }
            .render(lang)
            .into_string(),
        ),
        (
            "bars",
            Bars {
                title: text.into(),
                sentence: text.into(),
                bars: (0..9).map(|i| Bar::new(text, i).href(href)).collect(),
                id: text.into(),
            }
            .render(lang)
            .into_string(),
        ),
        (
            "problem",
            ProblemPage {
                title: text.into(),
                detail: text.into(),
                article: Some(link()),
                remedy: text.into(),
                code: text.into(),
                back: Some(href.into()),
                home: href.into(),
                status: 422,
            }
            .page(shell.clone())
            .html,
        ),
        (
            "notice",
            NoticeSheet {
                title: text.into(),
                village: text.into(),
                period: text.into(),
                issuer: text.into(),
                log: text.into(),
                leaf_hash: text.into(),
                short_url: text.into(),
                objection: text.into(),
                objection_until: text.into(),
                banner: Some(text.into()),
                ..NoticeSheet::default()
            }
            .html(lang, None),
        ),
        (
            "words",
            Markup::join([
                Markup::link(href, text),
                Markup::lead(text),
                Markup::paragraph(text),
                Markup::action(href, text),
                Markup::section(text, text, Markup::heading(text, text)),
            ])
            .into_string(),
        ),
        ("shell", shell.html(&Markup::default())),
    ]
}

#[test]
fn text_stays_text_and_links_stay_links() {
    for lang in Lang::ALL {
        for (name, html) in all(EVIL, BAD_LINK, lang) {
            assert!(!html.contains("<script>"), "{name}: a script got through");
            assert!(!html.contains("<i>"), "{name}: markup got through");
            assert!(!html.contains("\"onload"), "{name}: an attribute was left");
            assert!(!html.contains("javascript:"), "{name}: a script address got through");
            assert!(html.contains("&#60;script&#62;"), "{name}: the text is not shown");
        }
    }
}

#[test]
fn pages_keep_their_own_content_policy() {
    for (name, html) in all("x", "/x", Lang::Zh) {
        for barred in
            [" style=", " onclick", " onload", "<style", "src=\"http", "href=\"http", "url(http"]
        {
            assert!(!html.contains(barred), "{name} has {barred}");
        }
    }
}

#[test]
fn english_pages_have_no_chinese_words_of_the_kit() {
    for (name, html) in all("x", "/x", Lang::En) {
        let mut rest = html.as_str();
        let mut plain = String::new();
        // what is marked as Chinese may be Chinese: capitals of amounts, the name of the other language
        while let Some(at) = rest.find("lang=\"zh-CN\"") {
            plain.push_str(&rest[..at]);
            let after = &rest[at..];
            rest = after.find("</").map_or("", |end| &after[end..]);
        }
        plain.push_str(rest);
        let found: String =
            plain.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).collect();
        assert!(found.is_empty(), "{name} has {found}");
    }
}

#[test]
fn tags_are_balanced() {
    for (name, html) in all("x", "/x", Lang::Zh) {
        for tag in [
            "div", "p", "ul", "ol", "li", "dl", "dd", "span", "section", "table", "tr", "td", "th",
            "form", "a", "details", "figure", "svg", "fieldset", "nav", "small",
        ] {
            let open = html.matches(&format!("<{tag}>")).count()
                + html.matches(&format!("<{tag} ")).count();
            assert_eq!(open, html.matches(&format!("</{tag}>")).count(), "{name}: <{tag}>");
        }
    }
}

#[test]
fn a_strip_that_does_not_add_up_says_so() {
    let good = EquationStrip {
        opening: 100,
        income: 50,
        spending: 30,
        closing: 120,
        ..EquationStrip::default()
    };
    let shown = good.render(Lang::Zh).into_string();
    assert!(!shown.contains("对不上") && shown.contains("还没有收到银行对账单"));
    let bad = EquationStrip { closing: 119, ..good.clone() };
    assert!(bad.render(Lang::Zh).as_str().contains("这四个数对不上，差 0.01 元"));
    let equal =
        EquationStrip { bank: Some(Bank { balance: 120, ..Bank::default() }), ..good.clone() };
    assert!(equal.render(Lang::Zh).as_str().contains("一分不差"));
    let part = EquationStrip {
        bank: Some(Bank {
            balance: 20,
            date: "2026-03-31".into(),
            reasons: vec![("票据在途".into(), -60)],
        }),
        ..good
    };
    let shown = part.render(Lang::Zh).into_string();
    assert!(
        shown.contains("银行比账上少 1.00 元")
            && shown.contains("\u{2212}0.60")
            && shown.contains("还有 0.40 元说不清")
    );
    // extremes are told, not overflowed
    let extreme = EquationStrip {
        opening: i64::MAX,
        income: i64::MAX,
        spending: i64::MIN,
        closing: i64::MIN,
        ..EquationStrip::default()
    };
    assert!(extreme.render(Lang::En).as_str().contains("do not add up"));
}

#[test]
fn no_cell_is_blank() {
    let table = DataTable::new("t", vec![Column::text("a"), Column::money("b"), Column::text("c")])
        .row(vec![Cell::text("  ")])
        .row(vec![Cell::text("x"), Cell::money(0), Cell::not_reported(12)])
        .row(vec![Cell::text("y"), Cell::not_due(), Cell::not_reported(0)]);
    let html = table.render(Lang::Zh).into_string();
    assert_eq!(html.matches("class=\"dash\"").count(), 3);
    for said in ["0.00", "未报，已迟 12 天", "未到期", ">未报<", "单位：元", "不适用"]
    {
        assert!(html.contains(said), "{said}");
    }
    assert!(html.contains("data-label=\"b\"") && !html.contains("table cards"));
}

#[test]
fn an_empty_table_says_why() {
    let mut table = DataTable::new("3月支出", vec![Column::text("a")]);
    table.empty = Some(EmptyState::new("支出", EmptyWhy::NotDue));
    let html = table.render(Lang::Zh).into_string();
    assert!(html.contains("这里会有：") && html.contains("还没到时间") && !html.contains("<table"));
}

#[test]
fn the_stepper_knows_where_it_stands() {
    let step = |state| Step::new("x", state);
    let show = |states: &[StepState]| {
        Stepper {
            title: String::new(),
            steps: states.iter().map(|s| step(*s)).collect(),
            next: None,
        }
        .render(Lang::Zh)
        .into_string()
    };
    use StepState::{Done, Late, NotYet, Now};
    let html = show(&[Done, Done, Done, Late, Now, NotYet]);
    assert!(html.contains("共 6 步，第 4 步"));
    assert_eq!(html.matches("aria-current=\"step\"").count(), 1);
    assert_eq!(html.matches("class=\"tag ").count(), 2, "only now, returned and late carry a tag");
    assert!(show(&[Done, Done]).contains("共 2 步，全部完成"));
    assert!(show(&[NotYet, NotYet]).contains("共 2 步，还没有开始"));
    assert!(show(&[Done, NotYet]).contains("共 2 步，第 2 步"));
    assert!(show(&[]).contains("共 0 步"));
}

#[test]
fn what_was_typed_is_kept_and_echoed() {
    let html = Field::money("amount", "金额", "１，２３４．５０").render(Lang::Zh).into_string();
    assert!(html.contains("value=\"１，２３４．５０\"") && html.contains("壹仟贰佰叁拾肆元伍角整"));
    assert!(html.contains("inputmode=\"decimal\"") && !html.contains("type=\"number\""));
    let form = FormPage::new(
        "/x",
        vec![Field::radio("kind", "用途", "", vec![Choice::new("a", "甲")]).error("请选一项")],
    );
    assert!(form.has_errors());
    let html = form.render(Lang::Zh).into_string();
    assert!(
        html.contains("有 1 处要改")
            && html.contains("href=\"#kind-0\"")
            && html.contains("id=\"kind-0\"")
    );
    assert!(html.find("error-summary") < html.find("<form"));
    assert!(!FormPage::new("/x", vec![]).render(Lang::Zh).as_str().contains("error-summary"));
}

#[test]
fn what_cannot_be_sent_has_a_sentence_instead_of_a_button() {
    let form = FormPage {
        cannot: Some(Cannot { why: "投票还没有开始".into(), article: None }),
        ..FormPage::new("/x", vec![])
    };
    let html = form.render(Lang::Zh).into_string();
    assert!(html.contains("现在不能提交：") && html.contains("投票还没有开始"));
    assert!(!html.contains("<button") && !html.contains("disabled"));
}

#[test]
fn many_bars_are_gathered_but_listed() {
    let bars = |n: i64| Bars {
        title: "t".into(),
        bars: (1..=n).map(|i| Bar::new(format!("项{i}"), i * 100)).collect(),
        ..Bars::default()
    };
    let eight = bars(8).render(Lang::Zh).into_string();
    assert!(
        eight.contains("其他 3 项") && eight.contains("项1<"),
        "the small ones stand in the table"
    );
    assert!(eight.contains("role=\"img\"") && eight.contains("<desc"));
    assert!(!bars(6).render(Lang::Zh).as_str().contains("其他"));
    assert!(eight.contains("36.00"), "the table's total is the sum of all");
    // nothing to draw is no division by zero
    let _ = Bars { bars: vec![Bar::new("x", 0), Bar::new("y", -5)], ..Bars::default() }
        .render(Lang::En);
    let _ = Bars::default().render(Lang::Zh);
}

#[test]
fn every_problem_has_words_and_nothing_was_changed() {
    for status in [400, 401, 403, 404, 409, 410, 412, 422, 429, 500, 502, 503, 0, 999] {
        for lang in Lang::ALL {
            let page = ProblemPage::new(status).page(Shell::new(
                Prefs { lang, ..Prefs::default() },
                "/x",
                "",
            ));
            assert!(page.html.contains("<h1>") && !page.html.contains("<h1></h1>"), "{status}");
            assert!(page.html.contains("<a class=\"button\" href=\"/\""), "{status}");
        }
    }
    let refused = ProblemPage { detail: "超过限额。".into(), ..ProblemPage::new(422) }
        .render(Lang::Zh)
        .into_string();
    assert!(refused.contains("超过限额。什么都没有改变。"));
}

#[test]
fn the_frame_has_what_every_page_needs() {
    let prefs = Prefs { lang: Lang::Zh, theme: Theme::Dark, size: Size::Extra };
    let mut shell = Shell::new(prefs, "/v/1?m=3", "三月");
    shell.has_errors = true;
    shell.facts =
        Some(Facts { never_corrected: true, burden: Some("/burden".into()), ..Facts::default() });
    let html = shell.html(&Markup::paragraph("正文"));
    for said in [
        "<html lang=\"zh-CN\" data-theme=\"dark\" data-size=\"extra\">",
        "<title>错误：三月",
        "href=\"#main\"",
        "/prefs?lang=en&#38;back=/v/1%3Fm%3D3",
        "/prefs?size=large&#38;back=",
        "没有更正过",
        "这件事给我添了不该有的负担",
        "<p>正文</p>",
    ] {
        assert!(html.contains(said), "{said}");
    }
    assert_eq!(html.matches("<h1>").count(), 1);
}
