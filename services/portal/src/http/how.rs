//! `/how`: how do I know that this is true, in plain words; and the rules in force.

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Link, Markup, Prefs, short_hash,
};

use super::frame::{Ask, Built, answer};
use crate::{
    Portal,
    shows::{position, rules},
    words,
};

pub(crate) async fn page(State(portal): State<Arc<Portal>>, prefs: Prefs, uri: Uri) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask).await)
}

const PARTS: [(&str, &str, &str, &str, &str); 5] = [
    (
        "once",
        "写下就改不掉",
        "What is written stays",
        "每件事发生时写进一本“流水账”（日志），一条接一条编号，只能往后写，不能改前面的。写错了，就在后面再写一条“更正”，两条都看得见。",
        "When something happens it is written into a log, numbered one after another. Nothing before it can be changed. A mistake is corrected by a later entry, and both stay visible.",
    ),
    (
        "hash",
        "每条有指纹，合起来有总指纹",
        "Each entry has a hash, all together one root",
        "从每条的内容算出一个“指纹”，改一个字，指纹就全变。所有指纹两个两个合并，最后得到一个总指纹，每小时签名公布一次，叫“检查点”。谁改了以前的任何一条，总指纹就对不上。",
        "A hash is computed from each entry: one changed character changes it altogether. Hashes are joined two by two until one root is left, which is signed and published every hour as a checkpoint. Whoever changed an old entry could no longer produce that root.",
    ),
    (
        "witness",
        "不止一家盯着",
        "More than one is watching",
        "村务监督委员会、乡镇、报社可以当“见证人”：每次都核对新的检查点是不是接着旧的，是，才签名。所以不能给你看一本，给审计看另一本。",
        "A supervision committee, the township or a newspaper can be a witness: each checks that a new checkpoint continues the old one, and only then signs. So nobody can show you one history and the auditors another.",
    ),
    (
        "text",
        "文字可以删，痕迹删不掉",
        "A text can be removed, its trace cannot",
        "人名、病情这类文字不写进日志，日志里只有它的指纹。法律要求删的可以删，但“这里有过一段文字”删不掉；显示的文字每次都和指纹核对，对不上就不显示。已经抄走的，谁也收不回来。",
        "Names and free texts are not in the log; it holds only their hash. What the law wants removed can be removed, yet that there was a text remains. Each text shown here is compared with its hash first. What somebody copied cannot be taken back.",
    ),
    (
        "limit",
        "也要说清它管不了什么",
        "What it cannot do",
        "它保证写下的没有被偷偷改过，保证大家看到的是同一本。它不能保证写下的时候说的是真话：那要靠双人签字、监督委员会对凭证、银行对账单和你的眼睛。",
        "It shows that what was written was not changed in secret and that all see the same. It cannot show that what was written was true: for that there are two signatures, the supervision committee's look at each voucher, the bank's statement, and your own eyes.",
    ),
];

async fn build(ask: &Ask<'_>) -> Built {
    let l = ask.prefs.lang;
    let mut shell = ask.shell(ask.pick("怎么知道这是真的", "How do I know this is true"));
    shell.breadcrumb = vec![Link::new(ask.pick("全部村子", "All villages"), "/")];
    shell.lead = Some(
        ask.pick(
            "不用相信任何人的话。这里说清楚：账写下以后为什么改不掉，你自己怎么验。",
            "You need not take anybody's word. Here is why what is written cannot be changed, and how to check it yourself.",
        )
        .into(),
    );
    shell.facts = Some(pages::Facts {
        proof: Some("/verify".into()),
        ..ask.facts(position::all(&ask.portal.db, rules::OF).await?.into_iter().next())
    });
    let mut parts: Vec<Markup> = PARTS
        .iter()
        .map(|(id, zh, en, text_zh, text_en)| {
            Markup::section(id, l.pick(zh, en), Markup::paragraph(l.pick(text_zh, text_en)))
        })
        .collect();
    parts.push(Markup::action("/verify", ask.pick("验一张公开单", "Check a notice")));
    let mut table = DataTable::new(
        ask.pick("现在和以前采用的办事规则", "Rules of procedure, now and before"),
        vec![
            Column::text(ask.pick("规则", "Rule")),
            Column::number(ask.pick("版本", "Version")),
            Column::text(ask.pick("从哪天起", "In force from")),
            Column::text(ask.pick("文本的指纹", "Hash of its text")),
        ],
    );
    for rule in rules::all(&ask.portal.db).await? {
        let reference = format!("{}@{}", rule.definition, rule.hash);
        let definition = super::rule::found(ask.portal, &reference).await;
        let name = definition
            .map_or_else(|| rule.definition.clone(), |d| words::pick(l, &d.term).to_owned());
        table = table.row(vec![
            Cell::text(name).href(format!("/rules/{reference}")),
            Cell::count(rule.version),
            Cell::text(rule.from.clone()),
            Cell::text(short_hash(&rule.hash)),
        ]);
    }
    table.empty = Some(
        EmptyState::new(ask.pick("办事规则", "Rules of procedure"), EmptyWhy::None)
            .because(ask.pick("还没有采用过规则", "none was adopted yet")),
    );
    let title = ask.pick("按什么规则办事", "By which rules");
    parts.push(Markup::section("rules", title, table.render(l)));
    Ok(shell.page(&Markup::join(parts)))
}
