//! The rules by which things are done (办事规则): what a region offers and what was adopted; two administrators adopt what
//! governs. Everybody may read; whose business adopting is, `staff` says.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Redirect, Response},
};
use desk::Visitor;
use kernel::{Answer, Date, Entropy};
use pages::{
    Cannot, Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Field, FormPage, Lang, Link,
    Markup, Prefs, SummaryList, SummaryRow, short_hash,
};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Form, IdempotencyKey, Path, Problem};

use super::frame::{
    Shared, Typed, api_or, article, form_page, mark, no_store, page_or, said, shell, typed, whole,
};
use crate::{
    shows::adopted,
    staff::{Offer, Service, Standing, signing::credentials_in, trouble},
};

const HERE: &str = "/organisation/definitions";

async fn visitor(service: &Service, headers: &HeaderMap) -> Result<Option<Visitor>, Problem> {
    let (cookie, authorization) = credentials_in(headers);
    Ok(service.visitor(cookie, authorization).await?)
}

fn here(id: &str) -> String {
    format!("{HERE}/{}", pages::query_encode(id))
}

fn standing(lang: Lang, standing: &Standing) -> String {
    match (lang, standing) {
        (Lang::Zh, Standing::Offered) => "等待提出".to_owned(),
        (Lang::En, Standing::Offered) => "waits to be proposed".to_owned(),
        (Lang::Zh, Standing::Proposed { .. }) => "已提出，等待另一人启用".to_owned(),
        (Lang::En, Standing::Proposed { .. }) => "proposed, waits for a second person".to_owned(),
        (Lang::Zh, Standing::Adopted { from }) => format!("已启用，{from}起施行"),
        (Lang::En, Standing::Adopted { from }) => format!("adopted, in force from {from}"),
    }
}

/// The list: what is offered, what was adopted.
pub(crate) async fn page(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let visitor = visitor(&service, &headers).await?;
        let l = prefs.lang;
        let title = l.pick("办事规则", "Rules of procedure");
        let mut shell = shell(&service, prefs, &uri, title, visitor.as_ref(), None);
        shell.lead = Some(l.pick(
            "本省自己写的办法，由两名管理员先后提出和启用，记入公开日志后才能用来办事。",
            "What the province wrote itself governs once two administrators have proposed and adopted it, on the open record.",
        ).to_owned());
        let columns = vec![
            Column::text(l.pick("办法", "Rules")),
            Column::number(l.pick("版本", "Version")),
            Column::text(l.pick("现在", "Now")),
            Column::text(l.pick("文本的指纹", "Hash of its text")),
        ];
        let mut offered = DataTable::new(l.pick("本省的办法", "The province's own"), columns);
        for (offer, now) in service.offered().await? {
            let one = offer;
            offered = offered.row(vec![
                Cell::text(said(l, &one.term)).href(here(&one.id)),
                Cell::count(i64::from(one.version)),
                Cell::text(standing(l, &now)),
                Cell::text(short_hash(offer.hash())),
            ]);
        }
        offered.empty = Some(
            EmptyState::new(l.pick("本省的办法", "The province's own"), EmptyWhy::None)
                .because(l.pick("现在没有提供", "none is offered at present")),
        );
        let columns = vec![
            Column::text(l.pick("办法", "Rules")),
            Column::number(l.pick("版本", "Version")),
            Column::text(l.pick("从哪天起", "In force from")),
            Column::text(l.pick("文本的指纹", "Hash of its text")),
        ];
        let mut known = DataTable::new(l.pick("已经启用的", "Adopted"), columns);
        for row in adopted::all(&service.host.store).await.map_err(trouble)? {
            let fact = row.adopted;
            known = known.row(vec![
                Cell::text(fact.definition.clone())
                    .href(format!("/definitions/{}", fact.reference())),
                Cell::count(i64::from(fact.version)),
                Cell::text(fact.from.to_string()),
                Cell::text(short_hash(&fact.hash)),
            ]);
        }
        Ok(whole(&shell, &Markup::join([offered.render(l), known.render(l)])))
    };
    page_or(&uri, shown.await)
}

/// What somebody can do with an offer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Propose,
    Adopt,
}

impl Act {
    fn of(standing: &Standing) -> Option<Self> {
        match standing {
            Standing::Offered => Some(Self::Propose),
            Standing::Proposed { .. } => Some(Self::Adopt),
            Standing::Adopted { .. } => None,
        }
    }

    fn button(self, lang: Lang) -> &'static str {
        match self {
            Self::Propose => lang.pick("提出", "Propose"),
            Self::Adopt => lang.pick("启用", "Adopt"),
        }
    }
}

async fn form(
    service: &Service,
    lang: Lang,
    visitor: &Visitor,
    offer: &Offer,
    act: Act,
    sent: &Typed,
) -> Result<FormPage, Problem> {
    let mut fields = Vec::new();
    if act == Act::Adopt {
        let from = match typed(sent, "from") {
            "" => service.now().date().to_string(),
            from => from.to_owned(),
        };
        fields.push(Field::date("from", lang.pick("从哪天起施行", "In force from"), from));
    }
    let key = match typed(sent, "key") {
        "" => service.draw(Entropy::code),
        key => key.to_owned(),
    };
    let mut form = FormPage::new(here(&offer.id), fields)
        .hidden("key", key)
        .hidden("hash", offer.hash())
        .hidden("do", if act == Act::Propose { "propose" } else { "adopt" });
    form.button = act.button(lang).to_owned();
    if let Err(problem) = service.rules_seat(visitor).await {
        if problem.law.is_none() {
            return Err(problem);
        }
        let why = format!("{}{}", said(lang, &problem.detail), said(lang, &problem.remedy));
        form.cannot = Some(Cannot { why, article: article(lang, &problem) });
    }
    Ok(form)
}

async fn shown(
    service: &Service,
    prefs: Prefs,
    uri: &Uri,
    visitor: Option<&Visitor>,
    id: &str,
    refused: Option<(&Problem, &Typed)>,
) -> Result<Response, Problem> {
    let l = prefs.lang;
    let (offer, now) = service.offer(id).await?;
    let one = offer;
    let mut shell = shell(service, prefs, uri, said(l, &one.term), visitor, None);
    shell.breadcrumb = vec![Link::new(l.pick("办事规则", "Rules of procedure"), HERE)];
    let mut rows = vec![
        SummaryRow::text(l.pick("编号", "Id"), one.id.clone()),
        SummaryRow::text(l.pick("版本", "Version"), one.version.to_string()),
        SummaryRow::text(l.pick("现在", "Now"), standing(l, &now)),
        SummaryRow::text(
            l.pick("文本的指纹（SHA-256）", "Hash of its text (SHA-256)"),
            offer.hash(),
        ),
        SummaryRow::link(
            l.pick("全文", "The whole text"),
            Link::new(l.pick("看全文", "Read it"), format!("/definitions/{}", one.reference)),
        ),
    ];
    if let Some(base) = &one.extends {
        rows.push(SummaryRow::text(l.pick("替代", "Replaces"), base.clone()));
    }
    let mut parts = vec![SummaryList::new("", rows).render(l)];
    let today = service.now().date();
    for (index, passage) in offer.told(today).iter().enumerate() {
        let law = passage.law.as_ref().map(|law| match l {
            Lang::Zh => format!("依据：{}", law.zh),
            Lang::En => format!("Basis: {}", law.en),
        });
        let lines = passage.lines.iter().map(|line| said(l, line)).chain(law);
        let body = Markup::join(lines.map(|line| Markup::paragraph(&line)));
        let title = match &passage.name {
            Some(name) => format!("{}. {}", index + 1, said(l, name)),
            None => l.pick("写了什么", "What it says").to_owned(),
        };
        parts.push(Markup::section(&format!("step-{}", index + 1), &title, body));
    }
    let form = match (Act::of(&now), visitor) {
        (Some(act), Some(visitor)) => {
            let empty = Typed::new();
            let sent = refused.map_or(&empty, |(_, sent)| sent);
            Some(form(service, l, visitor, offer, act, sent).await?)
        }
        (Some(_), None) => {
            parts.push(Markup::paragraph(l.pick(
                "管理员登录后可以提出或启用。",
                "Administrators sign in to propose or adopt it.",
            )));
            None
        }
        (None, _) => None,
    };
    let Some(mut form) = form else { return Ok(whole(&shell, &Markup::join(parts))) };
    if let Some((problem, _)) = refused {
        mark(l, &mut form, problem);
        return Ok(form_page(shell, &form, Some(problem)));
    }
    parts.push(form.render(l));
    shell.has_errors = false;
    Ok(no_store(shell.page(&Markup::join(parts))))
}

/// The page of one offer: what it says, how far it has come, and the next act.
pub(crate) async fn one(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let page = async {
        let visitor = visitor(&service, &headers).await?;
        shown(&service, prefs, &uri, visitor.as_ref(), &id, None).await
    };
    page_or(&uri, page.await)
}

/// Proposed or adopted through the page.
pub(crate) async fn send(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(sent): Form<Typed>,
) -> Response {
    let page = async {
        let visitor = service.somebody(&headers).await?;
        let key = IdempotencyKey::parse(typed(&sent, "key"))?.into_string();
        let hash = typed(&sent, "hash");
        let done = if typed(&sent, "do") == "adopt" {
            match day(typed(&sent, "from")) {
                Ok(from) => service.adopt(&visitor, &id, hash, from, key).await,
                Err(problem) => Err(problem),
            }
        } else {
            service.propose(&visitor, &id, hash, key).await
        };
        match done {
            Ok(_) => Ok(no_store(Redirect::to(&here(&id)).into_response())),
            Err(problem) => {
                shown(&service, prefs, &uri, Some(&visitor), &id, Some((&problem, &sent))).await
            }
        }
    };
    page_or(&uri, page.await)
}

fn day(text: &str) -> Result<Option<Date>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let iso =
        pages::parse_date_input(text).map(|day| day.iso()).unwrap_or_else(|_| text.to_owned());
    iso.parse().map(Some).map_err(|_| {
        kernel::Refusal::field(
            "/from",
            kernel::Text::new("这不是日期。", "This is no day."),
            kernel::Text::new("请写成 2026-03-01。", "Write it as 2026-03-01."),
        )
        .into()
    })
}

/// Body of `POST /api/organisation/definitions/{id}/…`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    /// SHA-256 of the text that was read.
    hash: String,
    /// From which day; today where it is left out.
    #[serde(default)]
    from: Option<String>,
}

/// JSON Schema of the body.
pub(crate) fn schema(with_day: bool) -> Value {
    let mut properties = json!({
        "hash": { "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "所读文本的SHA-256 / SHA-256 of the text that was read" },
    });
    if with_day {
        properties["from"] = json!({ "type": "string", "format": "date", "description": "从哪天起施行，不填为今天 / in force from; today where left out" });
    }
    json!({ "type": "object", "required": ["hash"], "additionalProperties": false, "properties": properties })
}

/// Proposes an offer.
pub(crate) async fn api_propose(
    State(service): State<Shared>,
    headers: HeaderMap,
    Path(id): Path<String>,
    key: IdempotencyKey,
    web::Json(body): web::Json<Body>,
) -> Response {
    let done = async {
        let visitor = service.somebody(&headers).await?;
        service.propose(&visitor, &id, &body.hash, key.into_string()).await
    };
    api_or::<Answer>(done.await)
}

/// Adopts an offer that another has proposed.
pub(crate) async fn api_adopt(
    State(service): State<Shared>,
    headers: HeaderMap,
    Path(id): Path<String>,
    key: IdempotencyKey,
    web::Json(body): web::Json<Body>,
) -> Response {
    let done = async {
        let visitor = service.somebody(&headers).await?;
        let from = day(body.from.as_deref().unwrap_or_default())?;
        service.adopt(&visitor, &id, &body.hash, from, key.into_string()).await
    };
    api_or::<Answer>(done.await)
}

/// `GET /api/organisation/definitions`: what was adopted, and what is offered. The texts are at `/definitions/{id@hash}`.
pub(crate) async fn api(State(service): State<Shared>) -> Response {
    let answer = async {
        let mut rows = adopted::all(&service.host.store).await.map_err(trouble)?;
        for row in &mut rows {
            row.adopted.text = None;
        }
        let offered = service.offered().await?;
        let offered: Vec<Value> = offered
            .into_iter()
            .map(|(offer, standing)| {
                let one = offer;
                json!({
                    "definition": one.id, "version": one.version, "hash": offer.hash(),
                    "reference": one.reference, "service": offer.service, "term": one.term,
                    "extends": one.extends, "standing": standing.word(),
                })
            })
            .collect();
        Ok(json!({ "definitions": rows, "offered": offered }))
    };
    api_or(answer.await)
}
