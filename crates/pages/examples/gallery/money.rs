//! Pages about money, and the proof and the notice that go with them.

use pages::*;

use crate::{DAY, HASH, NOW, shell};

pub fn proof(l: Lang) -> ProofBox {
    ProofBox {
        log: "cunwu.example/funds/33".into(),
        index: 18_204,
        leaf_hash: HASH.into(),
        tree_size: 1_204_518,
        root: "Hb1rK8m0mZqfUo2v6bqk6m2mPZr0w7o3rj8y1lWqk0c=".into(),
        witnesses: vec![
            l.pick("青禾村村务监督委员会", "Supervision committee of Qinghe").into(),
            l.pick("云溪镇人民政府", "Yunxi Town government").into(),
        ],
        download: Some("proof.json".into()),
        file_name: String::new(),
        qr: "https://cunwu.example/p/33-18204?h=9f3ac01be47d5266".into(),
    }
}

fn spending(l: Lang) -> DataTable {
    let lines = [
        (
            29,
            "东组水渠清淤人工",
            "Labour for dredging the eastern ditch",
            "云溪镇便民劳务队",
            "Yunxi labour team",
            1_860_000,
        ),
        (
            25,
            "路灯电费",
            "Electricity for street lamps",
            "临川县供电所",
            "Linchuan power office",
            213_460,
        ),
        (
            18,
            "村道石料款",
            "Stone for the village road",
            "临川县安固建材有限公司",
            "Angu Building Materials Ltd",
            5_430_000,
        ),
        (
            9,
            "困难户临时救助",
            "Emergency aid for households in need",
            "2 户",
            "2 households",
            240_000,
        ),
        (5, "办公用纸", "Office paper", "云溪镇文具店", "Yunxi stationery shop", 18_600),
    ];
    let mut table = DataTable::new(
        l.pick("2026年3月支出", "Spending in March 2026"),
        vec![
            Column::text(l.pick("用途", "Purpose")),
            Column::date(l.pick("日期", "Date")).sort("#", Sorted::Down),
            Column::text(l.pick("收款人", "Paid to")),
            Column::money(l.pick("金额", "Amount")).sort("#", Sorted::No),
        ],
    );
    for (day, zh, en, to_zh, to_en, fen) in lines {
        table = table.row(vec![
            Cell::text(l.pick(zh, en)).href("#"),
            Cell::date(NOW - (33 - day) * DAY),
            Cell::text(l.pick(to_zh, to_en)),
            Cell::money(fen),
        ]);
    }
    let mut table = table.total(vec![
        Cell::text(l.pick("合计", "Total")),
        Cell::not_applicable(),
        Cell::not_applicable(),
        Cell::money(7_762_060),
    ]);
    table.download = Some(Link::new("", "march.csv"));
    table
}

fn equation(l: Lang) -> EquationStrip {
    EquationStrip {
        period: dates::month(l, 2026, 3),
        opening: 18_247_738,
        income: 1_860_000,
        spending: 7_762_060,
        closing: 12_345_678,
        labels: None,
        links: Some(("#in".into(), "#out".into())),
        bank: Some(Bank {
            balance: 14_205_678,
            date: "2026-03-31".into(),
            reasons: vec![(
                l.pick(
                    "3月29日已付、银行4月1日才划走的人工费",
                    "Wages paid on 29 March that the bank moved on 1 April",
                )
                .into(),
                1_860_000,
            )],
        }),
    }
}

pub fn money(prefs: Prefs) -> String {
    let l = prefs.lang;
    let mut s =
        shell(prefs, "/money", l.pick("2026年3月村里的钱", "The village's money in March 2026"));
    s.state = Some(StateLine {
        tag: Tag::new(Tone::Ok, l.pick("已公开", "Published")),
        next: Some(NextAct::new(
            l.pick("村务监督委员会", "Supervision committee"),
            l.pick("审核3月账目", "checks the March books"),
            Some(deadline(l, NOW + 8 * DAY, NOW)),
        )),
    });
    s.lead = Some(
        l.pick(
            "3月花得最多的是修村道的石料，5.43 万元，村民代表会议2月20日通过。",
            "Most of it went into stone for the village road: 54,300.00 yuan, agreed by the representatives on 20 February.",
        )
        .into(),
    );
    let bars = Bars {
        title: l.pick("钱花在哪里", "Where it was spent").into(),
        sentence: l
            .pick("每 10 元里有 7 元修路。", "Seven yuan of every ten went into the road.")
            .into(),
        bars: vec![
            Bar::new(l.pick("修路", "Road"), 5_430_000).href("#"),
            Bar::new(l.pick("水利", "Irrigation"), 1_860_000).href("#"),
            Bar::new(l.pick("困难救助", "Aid"), 240_000).href("#"),
            Bar::new(l.pick("公共用电", "Public electricity"), 213_460).href("#"),
            Bar::new(l.pick("办公", "Office"), 18_600).href("#"),
        ],
        id: "by-use".into(),
    };
    let figure = MoneyFigure {
        note: Some(
            l.pick(
                "3月31日，账上。比上月底少 59,020.60 元。",
                "31 March, in the books. 59,020.60 yuan less than a month before.",
            )
            .into(),
        ),
        ..MoneyFigure::new(l.pick("村集体账上还有", "The collective still has"), 12_345_678)
    };
    s.html(&Markup::join([
        figure.render(l),
        equation(l).render(l),
        spending(l).render(l),
        bars.render(l),
        proof(l).render(l),
    ]))
}

pub fn notice(l: Lang, paper: Paper) -> String {
    let mut table = spending(l);
    table.download = None;
    for column in &mut table.columns {
        column.sort = None;
    }
    let capitals = MoneyFigure {
        capitals: true,
        ..MoneyFigure::new(l.pick("本月余额", "Closing balance"), 12_345_678)
    };
    NoticeSheet {
        title: l.pick("2026年3月财务收支公开", "Income and spending, March 2026").into(),
        village: l.pick("云溪镇青禾村", "Qinghe Village, Yunxi Town").into(),
        period: l.pick("2026年3月1日至3月31日", "1 to 31 March 2026").into(),
        body: Markup::join([equation(l).render(l), table.render(l), capitals.render(l)]),
        issuer: l.pick("青禾村村民委员会　2026年4月2日", "Village committee of Qinghe, 2 April 2026").into(),
        sheet: (1, 1),
        log: "cunwu.example/funds/33".into(),
        index: 18_204,
        leaf_hash: HASH.into(),
        short_url: "https://cunwu.example/p/33-18204".into(),
        qr: "https://cunwu.example/p/33-18204?h=9f3ac01be47d5266".into(),
        objection: l.pick("认为哪一笔不对，可以当面、打电话或扫码向村务监督委员会提出，5 个工作日内答复。", "If a line seems wrong, tell the supervision committee in person, by telephone or by the code; it answers within 5 working days.").into(),
        objection_until: l.pick("2026年4月17日", "17 April 2026").into(),
        banner: Some(t(l, Word::Fictional).into()),
        paper,
    }
    .html(l, Some("."))
}
