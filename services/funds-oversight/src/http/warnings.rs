//! What everybody may know of warnings (预警公开): how many there are, how grave, and for each rule how those that are over ended. No
//! village, no person; a rule is counted once a warning is over, so that nobody is told of one that is being looked into.

use std::collections::BTreeMap;

use ::pages::{Cell, Column, Component, DataTable, Lang, Markup, Prefs};
use axum::{
    extract::Request,
    http::Method,
    response::{IntoResponse, Response},
};
use kernel::{Class, Text};
use serde::Serialize;
use serde_json::{Map, Value, json};
use web::{Json, Problem, RouteInfo, Routes};

use super::{Service, api::or_problem, pages};
use crate::{shows::away, staff::choices};

/// How the warnings of a rule that are over ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfRule {
    /// Its number.
    pub rule: String,
    /// What it is called.
    pub term: Text,
    /// Over.
    pub closed: i64,
    /// True, and put right.
    pub rectified: i64,
    /// False alarms.
    pub false_positive: i64,
    /// Handed on as clues.
    pub clue: i64,
    /// Of 100 that are over, so many were true (准确率).
    pub precision: i64,
}

/// How many there are of a severity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OfSeverity {
    /// All that were raised.
    pub raised: i64,
    /// Not over yet.
    pub open: i64,
}

/// All counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// By rule.
    pub rules: Vec<OfRule>,
    /// By severity.
    pub severities: BTreeMap<String, OfSeverity>,
}

const COUNTS: &str = "SELECT f.rule, c.ended, c.facts, COUNT(DISTINCT f.warning) FROM funds_watch_found~ f \
     JOIN funds_case~ c ON c.stream = 'warning/' || f.warning GROUP BY f.rule, c.ended, c.facts";

impl Service {
    /// The counts.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn warnings(&self) -> Result<Counts, Problem> {
        let host = self.office.host();
        let rows = host.store.query(COUNTS, &[]).await.map_err(away)?;
        let mut rules: BTreeMap<String, OfRule> = BTreeMap::new();
        let mut severities: BTreeMap<String, OfSeverity> = BTreeMap::new();
        for row in &rows {
            let (rule, ended) = (row.text(0).map_err(away)?, row.i64(1).map_err(away)? != 0);
            let facts: Map<String, Value> =
                serde_json::from_str(row.text(2).map_err(away)?).unwrap_or_default();
            let count = row.i64(3).map_err(away)?;
            let text = |name: &str| facts.get(name).and_then(Value::as_str).unwrap_or_default();
            let of = severities.entry(text("severity").to_owned()).or_default();
            of.raised += count;
            of.open += if ended { 0 } else { count };
            if !ended {
                continue;
            }
            let watches = host.committer.domain().watches();
            let term = watches.iter().find(|watch| watch.rule == rule).map(|one| one.term.clone());
            let of = rules.entry(rule.to_owned()).or_insert_with(|| OfRule {
                rule: rule.to_owned(),
                term: term.unwrap_or_default(),
                closed: 0,
                rectified: 0,
                false_positive: 0,
                clue: 0,
                precision: 0,
            });
            of.closed += count;
            match text("result") {
                "rectified" => of.rectified += count,
                "clue" => of.clue += count,
                _ => of.false_positive += count,
            }
            of.precision = (of.rectified + of.clue) * 100 / of.closed.max(1);
        }
        Ok(Counts { rules: rules.into_values().collect(), severities })
    }
}

/// The routes, open to everybody.
pub(super) fn routes(service: &Service) -> Routes<()> {
    let info = |path: &str, name: &str| {
        let what = Text::new("预警统计", "Warnings, counted");
        RouteInfo::new(Method::GET, path, name, what, ("funds", "read", Class::Public))
    };
    let (a, b) = (service.clone(), service.clone());
    let api = info("/api/funds/warnings", "funds-warnings");
    let page = info("/funds/warnings", "funds-warnings-page").html();
    Routes::new()
        .add(api, move || {
            let service = a.clone();
            async move {
                let counts = service.warnings().await;
                or_problem(counts.map(|counts| Json(json!(counts)).into_response()))
            }
        })
        .add(page, move |prefs: Prefs, request: Request| {
            let service = b.clone();
            async move {
                let shown = shown(&service, prefs, request.uri().path()).await;
                pages::shown(&service, prefs, request.uri(), shown)
            }
        })
}

async fn shown(service: &Service, prefs: Prefs, path: &str) -> Result<Response, Problem> {
    let lang = prefs.lang;
    let counts = service.warnings().await?;
    let title = lang.pick("预警统计", "Warnings, counted");
    let mut shell = pages::frame(service, prefs, path, title, None, None);
    shell.lead = Some(
        match lang {
            Lang::Zh => "系统按公开的规则核对账目，发现问题就提出预警，由乡镇以上核查。这里只公布数量和结果，不涉及任何村和个人。",
            Lang::En => {
                "The books are checked by published rules; what they find is looked into by the township or above. Counts and results are published here, of no village and of nobody."
            }
        }
        .to_owned(),
    );
    Ok(shell.page(&Markup::join(vec![graves(lang, &counts), rules(lang, &counts)])).into_response())
}

fn graves(lang: Lang, counts: &Counts) -> Markup {
    let heads = vec![
        Column::text(lang.pick("等级", "How grave")),
        Column::number(lang.pick("提出", "Raised")),
        Column::number(lang.pick("正在处理", "Being dealt with")),
    ];
    let mut table = DataTable::new(lang.pick("按等级", "By how grave"), heads);
    for severity in ["red", "yellow", "blue"] {
        let of = counts.severities.get(severity).cloned().unwrap_or_default();
        let name = choices::word("severity", severity).unwrap_or_default();
        let cells = vec![
            Cell::text(lang.pick(&name.zh, &name.en)),
            Cell::count(of.raised),
            Cell::count(of.open),
        ];
        table = table.row(cells);
    }
    table.render(lang)
}

fn rules(lang: Lang, counts: &Counts) -> Markup {
    let heads = vec![
        Column::text(lang.pick("规则", "Rule")),
        Column::number(lang.pick("已办结", "Over")),
        Column::number(lang.pick("属实，已整改", "True, and put right")),
        Column::number(lang.pick("误报", "False alarms")),
        Column::number(lang.pick("转为问题线索", "Handed on as clues")),
        Column::number(lang.pick("每百件属实", "True of a hundred")),
    ];
    let mut table =
        DataTable::new(lang.pick("已办结的，按规则", "Those that are over, by rule"), heads);
    for one in &counts.rules {
        table = table.row(vec![
            Cell::text(format!("{} {}", one.rule, lang.pick(&one.term.zh, &one.term.en))),
            Cell::count(one.closed),
            Cell::count(one.rectified),
            Cell::count(one.false_positive),
            Cell::count(one.clue),
            Cell::count(one.precision),
        ]);
    }
    table.render(lang)
}
