//! The way of a form: questions, review, receipt.

use pages::*;

use crate::{DAY, NOW, shell};

fn choices(l: Lang) -> Vec<Choice> {
    vec![
        Choice::new("road", l.pick("修路、修水渠", "Roads and ditches")),
        Choice::new("office", l.pick("村部日常", "Village office"))
            .hint(l.pick("纸张、电费、电话费", "paper, electricity, telephone")),
        Choice::new("aid", l.pick("困难救助", "Aid")),
    ]
}

pub fn form(prefs: Prefs) -> String {
    let l = prefs.lang;
    let typed = "18,60";
    let wrong = parse_money_input(typed).err().map(|e| e.message(l)).unwrap_or_default();
    let fields = vec![
        Field::money("amount", l.pick("金额", "Amount"), typed)
            .hint(l.pick("按发票上的价税合计填写", "The total on the invoice, tax included"))
            .error(wrong),
        Field::money("paid", l.pick("其中已付", "Of this, paid already"), "１，２３４．５０")
            .optional(),
        Field::date("day", l.pick("发票日期", "Date of the invoice"), "").error(format!(
            "{}{}",
            DateInputError::Empty.message(l),
            l.pick("（《会计基础工作规范》第四十八条）", " (Rules for basic accounting, art. 48)")
        )),
        Field::radio("kind", l.pick("用在哪里", "What it was for"), "office", choices(l)),
        Field::select("order", l.pick("对应的决议", "Resolution"), "", choices(l))
            .why(l.pick("超过 5,000 元的支出要有决议", "spending above 5,000 yuan needs one")),
        Field::text("payee", l.pick("收款人", "Paid to"), "<b>安固建材</b>"),
        Field::checks(
            "seen",
            l.pick("谁验收的", "Who received the goods"),
            vec!["a".into()],
            vec![
                Choice::new("a", l.pick("村会计", "Accountant")),
                Choice::new("b", l.pick("监督委员会成员", "Member of the supervision committee")),
            ],
        ),
        Field::area("note", l.pick("说明", "Remarks"), "").optional(),
        Field::file("invoice", l.pick("发票", "Invoice"), "image/*,.pdf")
            .hint(l.pick("照片或 PDF，10 MB 以内", "A photo or PDF up to 10 MB")),
    ];
    let page = FormPage {
        before: Some(BeforeYouStart {
            papers: vec![
                l.pick("发票", "The invoice").into(),
                l.pick("验收单（有的话）", "The receipt of goods, if any").into(),
            ],
            minutes: 5,
            who_decides: l
                .pick(
                    "村委会主任审批，监督委员会审核",
                    "The director approves, the supervision committee reviews",
                )
                .into(),
            how_long: l.pick("3 个工作日内", "Within 3 working days").into(),
        }),
        ..FormPage::new("#", fields)
    };
    let mut s = shell(prefs, "/form", l.pick("报一笔账", "Report a bill"));
    s.signed_in = Some(SignedIn {
        name: l.pick("林秋实", "Lin Qiushi").into(),
        post: l.pick("村会计", "Accountant").into(),
        account: Some("#".into()),
        sign_out: Some(("#".into(), vec![])),
    });
    s.has_errors = page.has_errors();
    s.facts =
        Some(Facts { burden: Some("#".into()), feedback: Some("#".into()), ..Facts::default() });
    s.html(&page.render(l))
}

fn answers(l: Lang, change: bool) -> SummaryList {
    let rows = vec![
        SummaryRow::money(l.pick("金额", "Amount"), 5_430_000),
        SummaryRow::text(
            l.pick("收款人", "Paid to"),
            l.pick("临川县安固建材有限公司", "Angu Building Materials Ltd"),
        ),
        SummaryRow::text(l.pick("发票日期", "Invoice date"), long_date(l, NOW - 15 * DAY)),
        SummaryRow::text(l.pick("用在哪里", "What it was for"), l.pick("修村道", "Village road")),
        SummaryRow::text(l.pick("说明", "Remarks"), ""),
    ];
    let rows = rows.into_iter().map(|r| if change { r.change("#") } else { r }).collect();
    SummaryList::new(l.pick("这笔账", "This bill"), rows)
}

pub fn review(prefs: Prefs) -> String {
    let l = prefs.lang;
    let page = ReviewPage {
        groups: vec![answers(l, true)],
        declares: Some(l.pick("提交后，村委会主任和监督委员会会看到这笔账，月底向全村公开。", "After sending, the director and the supervision committee see this bill; at the end of the month the whole village does.").into()),
        action: "#".into(),
        ..ReviewPage::default()
    };
    shell(prefs, "/form", t(l, Word::ReviewTitle)).html(&page.render(l))
}

pub fn receipt(prefs: Prefs) -> String {
    let l = prefs.lang;
    let page = ReceiptPage {
        done: l.pick("报账单已提交", "The bill has been sent").into(),
        number: "QH-2026-0317".into(),
        sent_at: NOW,
        next: vec![
            NextAct::new(
                l.pick("村委会主任", "The director"),
                l.pick("审批", "approves"),
                Some(deadline(l, NOW + 2 * DAY, NOW)),
            ),
            NextAct::new(
                l.pick("村务监督委员会", "The supervision committee"),
                l.pick("审核", "reviews"),
                Some(deadline(l, NOW + 5 * DAY, NOW)),
            ),
            NextAct::new(
                l.pick("您", "You"),
                l.pick("会收到结果通知，不用来回问", "are told the result; no need to ask"),
                None,
            ),
        ],
        details: Some(answers(l, false)),
        contact: Some(
            l.pick(
                "村部值班电话 0000-0000000，周一至周五 8:00—17:30",
                "Village office 0000-0000000, Monday to Friday 8:00–17:30",
            )
            .into(),
        ),
        include_by: Some(NOW + DAY / 24),
    };
    shell(prefs, "/form", l.pick("回执", "Receipt")).html(&page.render(l))
}
