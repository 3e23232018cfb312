//! Divisions (行政区划) and one unit: tree, search, seats, figures; the register's upload. Public facts, staff's entry.

use axum::{
    extract::{FromRequest, Multipart, Request, State},
    http::{HeaderMap, Uri},
    response::Response,
};
use desk::Visitor;
use kernel::{Level, Refusal, Text, UnitId};
use pages::{
    Cell, Column, Component, DataTable, Field, FormPage, Lang, Link, Markup, Prefs, SearchBox,
    SummaryList, SummaryRow, Tag, Tone, TreeList, TreeNode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Path, Problem, Query};

use super::{
    deeds,
    frame::{Shared, api_or, form_page, mark, page_or, said, sentence, shell, whole},
};
use crate::{
    State as Stream, bodies,
    facts::{unit::level_zh, village},
    shows::{
        seats::{self, SeatRow},
        units::{self, UnitRow},
    },
    staff::{Service, competence::Matter, import, trouble},
};

/// How many a search shows.
const FOUND: u32 = 50;

/// A search, or a unit to look into.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    below: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    past: bool,
    #[serde(default)]
    done: String,
}

fn node(lang: Lang, unit: &UnitRow) -> TreeNode {
    let href = match unit.level {
        Level::Village => format!("/organisation/units/{}", unit.place.unit),
        _ => format!("/organisation/units?below={}", unit.place.unit),
    };
    let below = match lang {
        Lang::Zh => format!("{} · 下辖{}个", unit.place.code, unit.children),
        Lang::En => format!("{} · {} below", unit.place.code, unit.children),
    };
    let note = if unit.children == 0 { unit.place.code.to_string() } else { below };
    TreeNode::new(unit.name.clone(), href).note(note)
}

/// The overview.
pub(crate) async fn overview(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let shown = async {
        let visitor = service.somebody(&headers).await?;
        let store = &service.host.store;
        let l = prefs.lang;
        let below = (!asked.below.is_empty()).then(|| UnitId::new(asked.below.clone()));
        let here = match &below {
            Some(unit) => Some(
                units::one(store, unit).await.map_err(trouble)?.ok_or_else(Problem::not_found)?,
            ),
            None => None,
        };
        let searched = !asked.q.trim().is_empty();
        let rows = if searched {
            units::find(store, &asked.q, FOUND).await
        } else {
            units::below(store, below.as_ref()).await
        };
        let rows = rows.map_err(trouble)?;
        let title = here
            .as_ref()
            .map_or_else(|| l.pick("行政区划", "Divisions").to_owned(), |unit| unit.name.clone());
        let mut shell = shell(&service, prefs, &uri, title, Some(&visitor), here.as_ref());
        if let Some(here) = &here {
            shell
                .breadcrumb
                .push(Link::new(l.pick("行政区划", "Divisions"), "/organisation/units"));
            let above = here.path.iter().zip(&here.above);
            let link = |(unit, name): (&UnitId, &String)| {
                Link::new(name.clone(), format!("/organisation/units?below={unit}"))
            };
            shell.breadcrumb.extend(above.map(link));
        } else {
            shell.lead = Some(counted(l, &units::counts(store).await.map_err(trouble)?));
        }
        let tree = TreeList {
            label: l.pick("行政区划", "Divisions").to_owned(),
            search: Some(SearchBox {
                action: "/organisation/units".to_owned(),
                name: "q".to_owned(),
                value: asked.q.clone(),
                label: l.pick("找名称或代码", "Find a name or a code").to_owned(),
                found: searched.then_some(rows.len()),
            }),
            nodes: rows.iter().map(|row| node(l, row)).collect(),
        };
        let mut parts = vec![tree.render(l)];
        if let Some(here) = &here {
            let to = format!("/organisation/units/{}", here.place.unit);
            parts.push(Markup::action(&to, l.pick("任职和账号", "Posts and accounts")));
        } else if is_system(&visitor) {
            parts.push(Markup::action(
                "/organisation/divisions",
                l.pick("导入区划文件", "Import a register"),
            ));
        }
        Ok(whole(&shell, &Markup::join(parts)))
    };
    page_or(&uri, shown.await)
}

fn is_system(visitor: &Visitor) -> bool {
    use access::{Administrator, Principal};
    matches!(visitor.principal, Principal::Administrator { office: Administrator::System, .. })
}

fn counted(lang: Lang, counts: &[(Level, u64)]) -> String {
    if counts.is_empty() {
        return lang
            .pick(
                "还没有区划。请系统管理员导入本省的区划文件。",
                "No divisions yet: the system administrator imports the province's register.",
            )
            .to_owned();
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(level, n)| match lang {
            Lang::Zh => format!("{}级{n}个", level_zh(*level)),
            Lang::En => format!("{n} of level {}", level.name()),
        })
        .collect();
    parts.join(lang.pick("，", ", "))
}

fn post_name(lang: Lang, seat: &SeatRow) -> (String, String) {
    let body =
        bodies::find(&seat.body).map_or_else(|| seat.body.clone(), |body| said(lang, &body.name()));
    let post = bodies::find_post(&seat.post)
        .map_or_else(|| seat.post.clone(), |(_, post)| said(lang, &post.name()));
    (body, post)
}

fn standing(lang: Lang, service: &Service, seat: &SeatRow) -> Tag {
    let today = service.now().date();
    if seat.vacated.is_some() {
        return Tag::new(Tone::Neutral, lang.pick("已离任", "given up"));
    }
    if seat.suspended {
        return Tag::new(Tone::Wrong, lang.pick("停职", "suspended"));
    }
    if seat.from > today {
        return Tag::new(Tone::Info, lang.pick("未到任", "not yet"));
    }
    Tag::new(Tone::Ok, lang.pick("在任", "in office"))
}

/// One unit: who sits where, its figures, and what can be recorded.
pub(crate) async fn unit(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    Path(unit): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let shown = async {
        let visitor = service.somebody(&headers).await?;
        let store = &service.host.store;
        let l = prefs.lang;
        let unit = units::one(store, &UnitId::new(unit)).await.map_err(trouble)?;
        let unit = unit.ok_or_else(Problem::not_found)?;
        service.sees(&visitor, &unit)?;
        let rows = seats::of_unit(store, &unit.place.unit, asked.past).await.map_err(trouble)?;
        let title = l.pick("任职和名册", "Posts and lists");
        let mut shell = shell(&service, prefs, &uri, title, Some(&visitor), Some(&unit));
        let done = deeds::ALL.iter().find(|deed| deed.id == asked.done);
        shell.lead = done.map(|deed| match l {
            Lang::Zh => format!("已登记：{}。", deed.title.0),
            Lang::En => format!("Recorded: {}.", deed.title.1),
        });
        let may = service.competent(&visitor, &unit, Matter::Seat).await;
        let mut parts = vec![seat_table(l, &service, &rows, may.is_ok())];
        parts.push(links(l, &unit, asked.past));
        if let Err(problem) = &may {
            parts.push(Markup::paragraph(&sentence(l, problem)));
        }
        if unit.is_village() {
            parts.push(figures(l, &service, &unit).await?);
        }
        Ok(whole(&shell, &Markup::join(parts)))
    };
    page_or(&uri, shown.await)
}

fn seat_table(l: Lang, service: &Service, rows: &[SeatRow], may: bool) -> Markup {
    let mut heads = vec![
        Column::text(l.pick("姓名", "Name")),
        Column::text(l.pick("组织", "Body")),
        Column::text(l.pick("职务", "Post")),
        Column::text(l.pick("任期", "Term")),
        Column::text(l.pick("状态", "Standing")),
    ];
    if may {
        heads.push(Column::text(l.pick("离任", "End")));
        heads.push(Column::text(l.pick("停职", "Suspend")));
    }
    let mut table = DataTable::new(l.pick("任职", "Posts"), heads);
    for seat in rows {
        let (body, post) = post_name(l, seat);
        let to = |deed: &str| format!("/organisation/seats/{}/{deed}", seat.seat);
        let mut cells = vec![
            Cell::text(seat.name.clone()).href(to("account")),
            Cell::text(body),
            Cell::text(post),
            Cell::text(format!("{} – {}", seat.from, seat.vacated.unwrap_or(seat.to))),
            Cell::tag(standing(l, service, seat)),
        ];
        if may && seat.vacated.is_none() {
            let (pause, word) = if seat.suspended {
                ("resume", l.pick("复职", "resume"))
            } else {
                ("suspend", l.pick("停职", "suspend"))
            };
            cells.push(Cell::text(l.pick("登记离任", "record")).href(to("vacate")));
            cells.push(Cell::text(word).href(to(pause)));
        } else if may {
            cells.extend([Cell::not_applicable(), Cell::not_applicable()]);
        }
        table = table.row(cells);
    }
    if rows.is_empty() {
        return Markup::paragraph(l.pick("还没有登记任职。", "No posts are recorded yet."));
    }
    table.render(l)
}

fn links(l: Lang, unit: &UnitRow, past: bool) -> Markup {
    let id = &unit.place.unit;
    let mut rows = Vec::new();
    let mut link = |deed: &str, zh: &str, en: &str| {
        let to = format!("/organisation/units/{id}/{deed}");
        rows.push(SummaryRow::link(l.pick(zh, en), Link::new(l.pick("去办理", "go"), to)));
    };
    link("fill-seat", "登记任职", "Record the taking of a post");
    if unit.is_village() {
        link("set-up", "登记组织定员", "Record the size of the bodies");
        link("electorate", "登记名册人数", "Record the numbers on the lists");
    }
    link("declaration", "申报本人亲属任职", "Declare my relatives in office");
    let to = format!("/organisation/units/{id}{}", if past { "" } else { "?past=true" });
    let text = if past {
        l.pick("只看现任", "those in office")
    } else {
        l.pick("连同已离任的", "past ones too")
    };
    rows.push(SummaryRow::link(l.pick("查看", "Show"), Link::new(text, to)));
    SummaryList::new(l.pick("可以办的", "What can be recorded"), rows).render(l)
}

async fn figures(l: Lang, service: &Service, unit: &UnitRow) -> Result<Markup, Problem> {
    let stream = village::stream(&unit.place.unit);
    let (_, state) = service.host.committer.state(&stream).await.map_err(trouble)?;
    let village = match state {
        Some(Stream::Village(village)) => village,
        _ => village::Village::default(),
    };
    let mut rows = Vec::new();
    let mut row = |zh: &str, en: &str, number: Option<u32>| {
        let value =
            number.map_or_else(|| l.pick("未登记", "not recorded").to_owned(), |n| n.to_string());
        rows.push(SummaryRow::text(l.pick(zh, en), value));
    };
    let (sizes, lists) = (&village.set_up, &village.electorate);
    row("村民委员会定员", "Seats of the village committee", sizes.as_ref().map(|s| s.committee));
    row(
        "监督委员会定员",
        "Seats of the supervision committee",
        sizes.as_ref().map(|s| s.supervision),
    );
    row("村民小组", "Villager groups", sizes.as_ref().map(|s| s.groups));
    row("十八周岁以上村民", "Villagers of eighteen and above", lists.as_ref().map(|e| e.adults));
    row("户数", "Households", lists.as_ref().map(|e| e.households));
    row(
        "有表决权的党员",
        "Party members with voting right",
        lists.as_ref().map(|e| e.party_members),
    );
    row(
        "集体经济组织成员",
        "Members of the collective",
        lists.as_ref().and_then(|e| e.capable_members),
    );
    Ok(SummaryList::new(l.pick("定员和名册", "Sizes and lists"), rows).render(l))
}

fn unit_json(unit: &UnitRow) -> Value {
    json!({
        "unit": unit.place.unit, "code": unit.place.code, "keeper": unit.place.keeper, "name": unit.name,
        "level": unit.level, "kind": unit.kind, "parent": unit.parent, "path": unit.path, "children": unit.children,
    })
}

/// `GET /api/organisation/units`: those below one, or found by name or code.
pub(crate) async fn api_units(
    State(service): State<Shared>,
    Query(asked): Query<Asked>,
) -> Response {
    let store = &service.host.store;
    let rows = if asked.q.trim().is_empty() {
        let below = (!asked.below.is_empty()).then(|| UnitId::new(asked.below.clone()));
        units::below(store, below.as_ref()).await
    } else {
        units::find(store, &asked.q, FOUND).await
    };
    let rows = rows.map_err(trouble);
    api_or(rows.map(|rows| json!({ "units": rows.iter().map(unit_json).collect::<Vec<_>>() })))
}

/// `GET /api/organisation/units/{unit}`.
pub(crate) async fn api_unit(State(service): State<Shared>, Path(unit): Path<String>) -> Response {
    let unit = units::one(&service.host.store, &UnitId::new(unit)).await.map_err(trouble);
    api_or(unit.and_then(|unit| unit.ok_or_else(Problem::not_found)).map(|unit| unit_json(&unit)))
}

/// `GET /api/organisation/seats?unit=`: who sits where; `past=true`: the past ones too.
pub(crate) async fn api_seats(
    State(service): State<Shared>,
    Query(asked): Query<Asked>,
) -> Response {
    let rows = async {
        let store = &service.host.store;
        let unit = UnitId::new(asked.unit.clone());
        if asked.unit.is_empty() {
            let detail =
                Text::new("缺少 unit（单位编号）。", "`unit` is missing: the id of the unit.");
            return Err(Problem::malformed("/unit", detail));
        }
        units::one(store, &unit).await.map_err(trouble)?.ok_or_else(Problem::not_found)?;
        let rows = seats::of_unit(store, &unit, asked.past).await.map_err(trouble)?;
        Ok(json!({ "unit": unit, "seats": rows }))
    };
    api_or(rows.await)
}

fn import_form(prefs: Prefs) -> FormPage {
    let l = prefs.lang;
    let file = Field::file("file", l.pick("区划文件（CSV）", "The register (CSV)"), ".csv").hint(l.pick(
        "UTF-8，首行 code,name,level，一行一个单位。同一文件再导入一次不会改变什么；名称变了记为更名；文件里没有的只报告，不删除。",
        "UTF-8, first line code,name,level, a unit a line. The same file again changes nothing; another name is recorded as a renaming; what the file lacks is reported, not deleted.",
    ));
    let mut form = FormPage::new("/organisation/divisions", vec![file]);
    form.button = l.pick("检查并导入", "Check and import").to_owned();
    form
}

async fn administrator(service: &Service, headers: &HeaderMap) -> Result<Visitor, Problem> {
    let visitor = service.somebody(headers).await?;
    let nowhere = access::Resource::nowhere(crate::SERVICE, kernel::Class::Sealed);
    let action = access::Action::Administer;
    service.gate.may(&visitor.principal, &action, &nowhere, service.now())?;
    Ok(visitor)
}

/// The page on which the system administrator imports a register.
pub(crate) async fn import_page(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let visitor = administrator(&service, &headers).await?;
        let l = prefs.lang;
        let title = l.pick("导入区划文件", "Import a register of divisions");
        let mut shell = shell(&service, prefs, &uri, title, Some(&visitor), None);
        let unfinished = import::unfinished(&service.host.store).await.map_err(trouble)?;
        shell.lead = unfinished.first().map(|row| match l {
            Lang::Zh => format!(
                "上一次导入没有完成（已登记{}个，共{}个）：请用同一个文件再导入一次。",
                row.done, row.planned
            ),
            Lang::En => format!(
                "The last import is not finished ({} of {} recorded): import the same file again.",
                row.done, row.planned
            ),
        });
        Ok(form_page(shell, &import_form(prefs), None))
    };
    page_or(&uri, shown.await)
}

async fn file_of(request: Request) -> Result<Vec<u8>, Problem> {
    let mut multipart = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::generic("unsupported-media-type"))?;
    while let Some(part) =
        multipart.next_field().await.map_err(|_| Problem::generic("too-large"))?
    {
        if part.name() == Some("file") {
            let bytes = part.bytes().await.map_err(|_| Problem::generic("too-large"))?;
            return Ok(bytes.to_vec());
        }
    }
    Err(Refusal::field(
        "/file",
        Text::new("没有收到文件。", "No file came."),
        Text::new("请选择区划文件。", "Choose the register."),
    )
    .into())
}

/// The file was sent.
pub(crate) async fn import_send(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let l = prefs.lang;
    let shown = async {
        let visitor = administrator(&service, &headers).await?;
        let done = match file_of(request).await {
            Ok(csv) => import::import_divisions(&service.host, &csv, |_, _| {})
                .await
                .map_err(|error| Problem::from(error.verdict())),
            Err(problem) => Err(problem),
        };
        let title = l.pick("导入区划文件", "Import a register of divisions");
        let shell = shell(&service, prefs, &uri, title, Some(&visitor), None);
        match done {
            Ok(report) => Ok(whole(&shell, &report_shown(l, &report))),
            Err(problem) => {
                let mut form = import_form(prefs);
                mark(l, &mut form, &problem);
                Ok(form_page(shell, &form, Some(&problem)))
            }
        }
    };
    page_or(&uri, shown.await)
}

fn report_shown(l: Lang, report: &import::ImportReport) -> Markup {
    let number = |n: u64| n.to_string();
    let mut rows = vec![
        SummaryRow::text(l.pick("新登记", "Formed"), number(report.formed)),
        SummaryRow::text(l.pick("更名", "Renamed"), number(report.renamed)),
        SummaryRow::text(l.pick("没有变化", "Unchanged"), number(report.unchanged)),
        SummaryRow::text(
            l.pick("文件里没有的", "Not in the file"),
            number(report.missing.len() as u64),
        ),
        SummaryRow::text(
            l.pick("上级不同的", "Under another unit in the file"),
            number(report.elsewhere.len() as u64),
        ),
    ];
    let named: Vec<String> =
        report.missing.iter().take(20).map(|(code, name)| format!("{code} {name}")).collect();
    if !named.is_empty() {
        rows.push(SummaryRow::text(l.pick("其中", "Among them"), named.join("\n")));
    }
    let list = SummaryList::new(l.pick("导入完成", "Imported"), rows).render(l);
    Markup::join([
        list,
        Markup::action("/organisation/units", l.pick("看区划", "Show the divisions")),
    ])
}
