//! `/verify?log=&index=&hash=`: what a QR code leads to: fetches the proof of an entry, computes its hash and path here,
//! says in plain words what holds, and how to check it without this page.

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use kernel::{Event, LogId};
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Link, Markup, Prefs, SearchBox,
    SummaryList, SummaryRow, Tag, Tone, TreeList, long_time, yuan_with_unit,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    frame::{self, Ask, Built, Failure, answer},
    proof_box,
};
use crate::{Portal, shows::divisions, words};

/// Characters of the hash that a notice prints: 64 bits.
const PRINTED: usize = 16;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    log: String,
    #[serde(default)]
    index: String,
    #[serde(default)]
    hash: String,
    /// What somebody copied from a sheet: log, index and hash in one line, or the whole address.
    #[serde(default)]
    code: String,
}

pub(crate) async fn page(State(portal): State<Arc<Portal>>, prefs: Prefs, uri: Uri) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask, frame::asked(&uri)).await)
}

/// What was asked, in order: log, index, the beginning of the hash (hexadecimal, spaces left out).
fn parse(asked: &Asked) -> Option<(String, u64, String)> {
    let (log, index, hash) = if asked.code.trim().is_empty() {
        (asked.log.clone(), asked.index.clone(), asked.hash.clone())
    } else {
        let code = pages::money::half_width(&asked.code);
        let code = code.rsplit_once('?').map_or(code.as_str(), |(_, query)| query);
        let parts: Vec<&str> = code
            .split(|c: char| c.is_whitespace() || "&·,;，；".contains(c))
            .map(|p| p.split_once('=').map_or(p, |(_, value)| value))
            .filter(|p| !p.is_empty())
            .collect();
        let (log, rest) = parts.split_first()?;
        let (index, hash) = rest.split_first()?;
        ((*log).to_owned(), (*index).to_owned(), hash.concat())
    };
    let hash: String = hash.chars().filter(|c| !c.is_whitespace()).collect();
    let hash = hash.to_ascii_lowercase();
    let hex = hash.bytes().all(|b| b.is_ascii_hexdigit()) && hash.len() <= 64;
    let log = log.trim().to_owned();
    if log.is_empty() || log.len() > 200 || !hex {
        return None;
    }
    Some((log, index.trim().parse().ok()?, hash))
}

async fn build(ask: &Ask<'_>, asked: Asked) -> Built {
    let l = ask.prefs.lang;
    let mut shell = ask.shell(ask.pick("验一张公开单", "Check a notice"));
    shell.breadcrumb = vec![Link::new(ask.pick("全部村子", "All villages"), "/")];
    shell.lead = Some(
        ask.pick(
            "公开栏的单子和每笔账都有三样东西：日志、编号、指纹。这一页看它和日志里的对不对得上。",
            "Every sheet and every line has three things: log, number and hash. This page sees whether they agree with the log.",
        )
        .into(),
    );
    let nothing = asked.log.is_empty() && asked.code.trim().is_empty();
    let form = TreeList {
        label: String::new(),
        search: Some(SearchBox {
            action: "/verify".into(),
            name: "code".into(),
            value: asked.code.clone(),
            label: ask
                .pick(
                    "抄下单子上的日志、编号、指纹，用空格隔开",
                    "Log, number and hash from the sheet, with spaces between",
                )
                .into(),
            found: None,
        }),
        nodes: Vec::new(),
    }
    .render(l);
    let Some((log, index, hash)) = parse(&asked) else {
        let said = if nothing {
            Markup::paragraph(ask.pick(
                "用手机扫单子上的方形码，会直接到这里，什么都不用抄。",
                "Scanning the code on the sheet leads here with everything filled in.",
            ))
        } else {
            EmptyState::new(ask.pick("核对的结果", "The result"), EmptyWhy::None)
                .because(ask.pick(
                    "没有看懂抄下来的内容：要有日志名、一个数字编号、16 位指纹",
                    "what was typed is not a log's name, a number and 16 characters of a hash",
                ))
                .act(
                    ask.pick("请照单子右下角再抄一遍", "copy it again from the foot of the sheet"),
                    None,
                )
                .render(l)
        };
        return Ok(shell.page(&Markup::join([said, form, independent(ask, "proof.json")])));
    };
    let result = check(ask, &log, index, &hash).await?;
    Ok(shell.page(&Markup::join([result, form, independent(ask, "proof.json")])))
}

async fn check(ask: &Ask<'_>, log: &str, index: u64, hash: &str) -> Result<Markup, Failure> {
    let l = ask.prefs.lang;
    let id = LogId::from(log);
    let mut found = None;
    for (source, owner) in &ask.portal.owners {
        if let Some(file) = owner.proof(&id, index).await {
            found = Some((source.clone(), file));
            break;
        }
    }
    let Some((source, file)) = found else {
        return Ok(EmptyState::new(ask.pick("核对的结果", "The result"), EmptyWhy::None)
            .because(ask.pick(
                "没有找到这个日志里的这个编号，或者它还没有进检查点（一般一小时内）",
                "there is no such number in such a log, or no checkpoint covers it yet (usually within an hour)",
            ))
            .act(ask.pick("核对一下抄的字，或者过一会再来", "check what was typed, or come back later"), None)
            .render(l));
    };
    let leaf = proof::leaf_hash(&file.entry);
    let hex = leaf.to_hex();
    let same_hash = !hash.is_empty() && hex.starts_with(hash);
    let read = proof_box::read(&file);
    let included = read.as_ref().is_some_and(|read| {
        read.checkpoint.origin == file.log
            && proof::verify_inclusion(
                &leaf,
                file.index,
                read.checkpoint.size,
                &file.path,
                &read.checkpoint.root,
            )
            .is_ok()
            && file.index == index
    });
    let yes = |holds: bool,
               zh: &'static str,
               en: &'static str,
               not_zh: &'static str,
               not_en: &'static str| {
        if holds {
            Tag::new(Tone::Ok, l.pick("对得上", "Holds")).meaning(l.pick(zh, en)).render(l)
        } else {
            Tag::new(Tone::Wrong, l.pick("对不上", "Does not hold"))
                .meaning(l.pick(not_zh, not_en))
                .render(l)
        }
    };
    let first =
        if hash.is_empty() {
            Tag::new(Tone::Neutral, l.pick("没有给指纹", "No hash given"))
                .meaning(l.pick(
                    "只看了日志，没有和单子比",
                    "the log was looked at, the sheet was not compared",
                ))
                .render(l)
        } else if same_hash && hash.len() < PRINTED {
            Tag::new(Tone::Wait, l.pick("只对上了一部分", "A part agrees"))
                .meaning(l.pick(
                    "指纹抄得太短，要 16 位才算数",
                    "the hash is too short: 16 characters count",
                ))
                .render(l)
        } else {
            yes(
                same_hash,
                "单子上的指纹，和日志里这条记录算出来的一样",
                "the sheet's hash is that of this entry",
                "单子上的指纹，和日志里这条记录的不一样：单子或抄写有问题",
                "the sheet's hash is not that of this entry: the sheet or the copy is wrong",
            )
        };
    let mut rows = vec![
        SummaryRow::markup(ask.pick("单子和日志", "Sheet and log"), first),
        SummaryRow::markup(
            ask.pick("记录和检查点", "Entry and checkpoint"),
            yes(
                included,
                "这条记录确实在公布的检查点里，之后改不掉",
                "the entry is in the published checkpoint and cannot be changed since",
                "算不到检查点上的总指纹，请告诉监督委员会",
                "the path does not lead to the checkpoint's root: tell the supervision committee",
            ),
        ),
    ];
    let witnesses = read.as_ref().map(|r| r.witnesses.clone()).unwrap_or_default();
    rows.push(SummaryRow::text(
        ask.pick("谁一起签过", "Cosigned by"),
        if witnesses.is_empty() {
            ask.pick("还没有见证人签名", "no witness yet").to_owned()
        } else {
            witnesses.join(ask.pick("、", ", "))
        },
    ));
    rows.push(SummaryRow::text(ask.pick("完整指纹", "Full hash"), hex));
    let list = SummaryList::new(ask.pick("核对的结果", "The result"), rows).render(l);
    Ok(Markup::join([list, what_it_says(ask, &source, &file.entry).await?]))
}

/// What the entry says, read from the very bytes that were proved.
async fn what_it_says(ask: &Ask<'_>, source: &str, entry: &[u8]) -> Result<Markup, Failure> {
    let l = ask.prefs.lang;
    let Ok(event) = Event::decode(entry) else {
        return Ok(EmptyState::new(
            ask.pick("这条记录的内容", "What the entry says"),
            EmptyWhy::NoRight,
        )
        .because(ask.pick(
            "它在不公开的日志里，只公布指纹",
            "it lies in a closed log: only its hash is public",
        ))
        .render(l));
    };
    let unit = divisions::get(&ask.portal.db, event.unit.as_str()).await?;
    let mut table = DataTable::new(
        ask.pick("这条记录写的是", "What this entry says"),
        vec![Column::text(ask.pick("项目", "Item")), Column::text(ask.pick("内容", "Content"))],
    )
    .row(vec![
        Cell::text(ask.pick("什么事", "What")),
        Cell::text(words::pick(l, &words::fact(event.fact()))),
    ])
    .row(vec![
        Cell::text(ask.pick("哪里", "Where")),
        match &unit {
            Some(unit) => Cell::text(unit.name.clone()).href(unit.href()),
            None => Cell::text(event.village.to_string()),
        },
    ])
    .row(vec![
        Cell::text(ask.pick("什么时候记的", "Recorded")),
        Cell::text(long_time(l, event.time.micros())),
    ]);
    let figures = [
        ("month", "月份", "Month"),
        ("amount", "金额", "Amount"),
        ("opening", "月初", "Opening"),
        ("income", "收入", "Income"),
        ("expense", "支出", "Expense"),
        ("closing", "月末", "Closing"),
        ("number", "凭证号", "Number"),
    ];
    for (field, zh, en) in figures {
        let said = match event.data.get(field) {
            Some(Value::Number(n)) if field == "number" => n.to_string(),
            Some(Value::Number(n)) => match n.as_i64() {
                Some(fen) => yuan_with_unit(l, fen),
                None => continue,
            },
            Some(Value::String(text)) => words::month(l, text),
            _ => continue,
        };
        table = table.row(vec![Cell::text(l.pick(zh, en)), Cell::text(said)]);
    }
    let own = |field: &str| event.data.get(field).and_then(Value::as_str);
    let page = match (event.stream.kind(), own("voucher"), own("month")) {
        (_, Some(voucher), _) if source == "funds" => Some(format!("/vouchers/{voucher}")),
        ("payment", ..) => Some(format!("/payments/{}", event.stream.key())),
        ("proposal", ..) => Some(format!("/decisions/{}", event.stream.key())),
        (_, _, Some(month)) => unit.as_ref().map(|u| format!("{}/accounts/{month}", u.href())),
        _ => None,
    };
    table.id = "says".into();
    let mut parts = vec![table.render(l)];
    if let Some(page) = page {
        parts.push(Markup::action(&page, ask.pick("看这件事的页面", "Open its page")));
    }
    Ok(Markup::join(parts))
}

/// How to check without trusting this page.
fn independent(ask: &Ask<'_>, file: &str) -> Markup {
    let l = ask.prefs.lang;
    let rows = vec![
        SummaryRow::text(
            ask.pick("第一步", "First"),
            ask.pick("在那笔账的页面上下载证明文件", "Download the proof file from the record's page"),
        ),
        SummaryRow::text(
            ask.pick("第二步", "Second"),
            ask.pick(
                "从别处拿到日志的公钥：印在监督委员会的牌子上，报纸上也登过",
                "Take the log's key from elsewhere: it is printed on the supervision committee's board and in the newspaper",
            ),
        ),
        SummaryRow::text(
            ask.pick("第三步", "Third"),
            format!(
                "{}cunwu verify {file} --key {}",
                ask.pick("在自己的电脑上运行，不用联网： ", "On your own computer, without a network: "),
                ask.pick("日志的公钥", "KEY-OF-THE-LOG")
            ),
        ),
    ];
    Markup::section(
        "independent",
        ask.pick("不相信这个网页？自己验", "Do not trust this page? Check yourself"),
        Markup::join([
            Markup::paragraph(ask.pick(
                "这一页是网站自己算的。要完全不靠网站，可以这样：",
                "This page was computed by the site itself. Without it:",
            )),
            SummaryList::new("", rows).render(l),
        ]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_copy_is_understood() {
        let want = Some(("funds33".to_owned(), 18_204, "9f3ac01be47d5266".to_owned()));
        let code = |code: &str| parse(&Asked { code: code.into(), ..Asked::default() });
        assert_eq!(code("funds33 18204 9f3a c01b e47d 5266"), want);
        assert_eq!(code("funds33 · 18204 · 9F3AC01BE47D5266"), want);
        assert_eq!(code("funds33　１８２０４　9f3ac01be47d5266"), want);
        assert_eq!(
            code("https://c.example/verify?log=funds33&index=18204&hash=9f3ac01be47d5266"),
            want
        );
        for bad in ["funds33", "funds33 x", "funds33 1 zz", "  "] {
            assert_eq!(code(bad), None, "{bad}");
        }
    }
}
