//! The account of whoever holds a seat (账号): opened, a new one-time code, suspended, resumed, closed, its sessions ended.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use desk::Visitor;
use kernel::{Actor, Answer, Entropy, Refusal, Text};
use pages::{
    Choice, Component, Field, FormPage, Link, Markup, Prefs, SummaryList, SummaryRow, Width,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use web::{Form, IdempotencyKey, Path, Problem};

use super::frame::{
    Shared, Typed, api_or, form_page, mark, page_or, said, sentence, shell, typed, whole,
};
use crate::{
    Ask,
    facts::account::{AccountAsk, AskAccount, Owner, Standing},
    shows::{
        accounts::{self, AccountRow},
        seats::{self, SeatRow},
        units::{self, UnitRow},
    },
    staff::{
        Service, Submit, competence::Matter, credentials, no_province, office::id_of, trouble,
    },
};

/// What can be done with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Act {
    /// Open it, under this log-in name.
    Open,
    /// A new one-time code: the password was forgotten.
    NewCode,
    /// Bar it for now.
    Suspend,
    /// Let its owner in again.
    Resume,
    /// End all sessions and tokens.
    Revoke,
    /// End it for good.
    Close,
}

const WORDS: &[(Act, &str, &str, &str)] = &[
    (Act::Open, "open", "开通账号", "Open the account"),
    (
        Act::NewCode,
        "new-code",
        "另发一次性验证码（忘记密码）",
        "Give a new one-time code (password forgotten)",
    ),
    (Act::Suspend, "suspend", "停用账号", "Suspend the account"),
    (Act::Resume, "resume", "恢复账号", "Let it in again"),
    (Act::Revoke, "revoke", "结束所有登录", "End all its sessions"),
    (Act::Close, "close", "注销账号（不能恢复）", "Close it for good"),
];

/// Body of `POST /api/organisation/seats/{seat}/account`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    #[serde(rename = "do")]
    act: Act,
    #[serde(default)]
    login: Option<String>,
}

/// JSON Schema of the body.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object", "required": ["do"], "additionalProperties": false,
        "properties": {
            "do": { "enum": WORDS.iter().map(|word| word.1).collect::<Vec<_>>() },
            "login": { "type": "string", "description": "开通时填写的登录名 / the log-in name, for `open`" },
        },
    })
}

/// What came of it.
#[derive(Serialize)]
struct Done {
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
    account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    /// Shown once; absent when this was done before.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// Whose account.
struct Of {
    seat: SeatRow,
    unit: UnitRow,
    account: Option<AccountRow>,
}

async fn load(service: &Service, visitor: &Visitor, seat: &str) -> Result<Of, Problem> {
    let store = &service.host.store;
    let seat = seats::one(store, seat).await.map_err(trouble)?.ok_or_else(Problem::not_found)?;
    let unit =
        units::one(store, &seat.unit).await.map_err(trouble)?.ok_or_else(Problem::not_found)?;
    service.sees(visitor, &unit)?;
    let account = accounts::of_holder(store, &seat.holder).await.map_err(trouble)?;
    Ok(Of { seat, unit, account })
}

fn no_account() -> Problem {
    Refusal::field(
        "/do",
        Text::new("此人还没有账号。", "This person has no account yet."),
        Text::new("请先开通。", "Open it first."),
    )
    .into()
}

async fn perform(
    service: &Service,
    visitor: &Visitor,
    of: &Of,
    body: Body,
    key: IdempotencyKey,
) -> Result<Done, Problem> {
    let competent = service.competent(visitor, &of.unit, Matter::Account).await?;
    let store = &service.host.store;
    let now = service.now();
    if !of.seat.held().is_effective(now) && body.act == Act::Open {
        return Err(Refusal::new(
            "no-such-seat",
            Text::new("此人现在不担任这一职务。", "This person does not hold the post now."),
            Text::new("请先登记任职。", "Record the taking of the post first."),
        )
        .by_law(crate::laws::law("OLVC 8"))
        .into());
    }
    if body.act == Act::NewCode {
        let account = of.account.as_ref().ok_or_else(no_account)?;
        let login = credentials::login_of(store, &account.account).await.map_err(trouble)?;
        let login = login.ok_or_else(no_account)?;
        let code = service.code_for(&login.login).await?;
        // whoever had the former password is out at once
        credentials::end_all(store, &account.account, now).await.map_err(trouble)?;
        return Ok(Done {
            answer: None,
            account: account.account.clone(),
            login: Some(login.login),
            code: Some(code),
        });
    }
    let (account, ask, login) = match body.act {
        Act::Open => {
            let login =
                credentials::login_name(body.login.as_deref().unwrap_or_default(), "/login")?;
            let account = id_of(visitor.account(), &format!("account {}", key.as_str()));
            let named = credentials::login(store, &login).await.map_err(trouble)?;
            if named.is_some_and(|named| named.account != account) {
                return Err(taken());
            }
            let owner = Owner::Holder(of.seat.holder.clone());
            (account, AccountAsk::Open { owner, person: None }, Some(login))
        }
        act => {
            let account = of.account.as_ref().ok_or_else(no_account)?;
            let ask = match act {
                Act::Suspend => AccountAsk::Suspend,
                Act::Resume => AccountAsk::Resume,
                Act::Close => AccountAsk::Close,
                _ => AccountAsk::Revoke,
            };
            (account.account.clone(), ask, None)
        }
    };
    let province = units::one(store, &of.unit.province).await.map_err(trouble)?;
    let place = province.ok_or_else(|| Problem::from(no_province()))?.place;
    let wanted = Submit {
        principal: visitor.account(),
        key: key.into_string(),
        actor: Actor::Official(competent),
        place,
        seen: None,
        body: Ask::Account(AskAccount { account: account.clone(), ask: ask.clone() }),
        sent: None,
        shown_by: &[accounts::NAME],
    };
    let answer = service.submit(wanted).await?;
    let mut code = None;
    if let Some(login) = &login {
        if !credentials::name_account(store, login, &account, now).await.map_err(trouble)? {
            return Err(taken());
        }
        // a repeat of the same form shows no second code
        if matches!(answer, Answer::Accepted(_)) {
            code = Some(service.code_for(login).await?);
        }
    } else if ask != AccountAsk::Resume {
        credentials::end_all(store, &account, now).await.map_err(trouble)?;
    }
    Ok(Done { answer: Some(answer), account, login, code })
}

fn taken() -> Problem {
    Refusal::field(
        "/login",
        Text::new("这个登录名已有人用。", "Somebody has this log-in name."),
        Text::new("请另选一个。", "Choose another."),
    )
    .into()
}

fn form(prefs: Prefs, of: &Of, sent: &Typed, key: &str) -> FormPage {
    let l = prefs.lang;
    let fits = |act: &Act| match of.account.as_ref().map(|account| account.standing) {
        None => *act == Act::Open,
        Some(Standing::Open) => !matches!(act, Act::Open | Act::Resume),
        Some(Standing::Suspended) => matches!(act, Act::Resume | Act::Close),
        Some(Standing::Closed) => false,
    };
    let choices: Vec<Choice> = WORDS
        .iter()
        .filter(|word| fits(&word.0))
        .map(|(_, value, zh, en)| Choice::new(*value, l.pick(zh, en)))
        .collect();
    let mut fields = Vec::new();
    if of.account.is_none() {
        fields.push(
            Field::text("login", l.pick("登录名", "Log-in name"), typed(sent, "login"))
                .hint(l.pick(
                    "本人记得住的名字，不公开。",
                    "A name that the person remembers; not public.",
                ))
                .width(Width::Medium),
        );
    } else if !choices.is_empty() {
        let label = l.pick("办什么", "What to do");
        fields.push(Field::radio("do", label, typed(sent, "do"), choices));
    }
    let action = format!("/organisation/seats/{}/account", pages::query_encode(&of.seat.seat));
    let mut form = FormPage::new(action, fields).hidden("key", key);
    form.button = if of.account.is_none() {
        l.pick("开通账号", "Open the account").to_owned()
    } else {
        l.pick("办理", "Do it").to_owned()
    };
    form
}

fn frame(service: &Service, prefs: Prefs, uri: &Uri, visitor: &Visitor, of: &Of) -> pages::Shell {
    let l = prefs.lang;
    let title = match l {
        pages::Lang::Zh => format!("{}的账号", of.seat.name),
        pages::Lang::En => format!("Account of {}", of.seat.name),
    };
    let mut shell = shell(service, prefs, uri, title, Some(visitor), Some(&of.unit));
    let unit = format!("/organisation/units/{}", of.unit.place.unit);
    shell.breadcrumb = vec![Link::new(of.unit.name.clone(), unit)];
    let standing = match of.account.as_ref().map(|account| account.standing) {
        None => l.pick("还没有账号。", "There is no account yet."),
        Some(Standing::Open) => l.pick("账号已开通。", "The account is open."),
        Some(Standing::Suspended) => l.pick("账号已停用。", "The account is suspended."),
        Some(Standing::Closed) => {
            l.pick("账号已注销，不能恢复。", "The account is closed for good.")
        }
    };
    shell.lead = Some(standing.to_owned());
    shell
}

/// The page.
pub(crate) async fn page(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    Path(seat): Path<String>,
) -> Response {
    let shown = async {
        let visitor = service.somebody(&headers).await?;
        let of = load(&service, &visitor, &seat).await?;
        let key = service.draw(Entropy::code);
        let mut form = form(prefs, &of, &Typed::new(), &key);
        if let Err(problem) = service.competent(&visitor, &of.unit, Matter::Account).await {
            let why = sentence(prefs.lang, &problem);
            form.cannot =
                Some(pages::Cannot { why, article: super::frame::article(prefs.lang, &problem) });
        }
        Ok(form_page(frame(&service, prefs, &uri, &visitor, &of), &form, None))
    };
    page_or(&uri, shown.await)
}

/// The form was sent.
pub(crate) async fn send(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    Path(seat): Path<String>,
    Form(sent): Form<Typed>,
) -> Response {
    let shown = async {
        let visitor = service.somebody(&headers).await?;
        let of = load(&service, &visitor, &seat).await?;
        let key = IdempotencyKey::parse(typed(&sent, "key"))?;
        let act = WORDS.iter().find(|word| word.1 == typed(&sent, "do")).map(|word| word.0);
        let act = if of.account.is_none() { Act::Open } else { act.unwrap_or(Act::Open) };
        let body = Body { act, login: Some(typed(&sent, "login").to_owned()) };
        match perform(&service, &visitor, &of, body, key).await {
            Ok(done) => {
                let of = load(&service, &visitor, &seat).await?;
                Ok(told(&service, prefs, &uri, &visitor, &of, &done))
            }
            Err(problem) => {
                let mut form = form(prefs, &of, &sent, typed(&sent, "key"));
                mark(prefs.lang, &mut form, &problem);
                Ok(form_page(frame(&service, prefs, &uri, &visitor, &of), &form, Some(&problem)))
            }
        }
    };
    page_or(&uri, shown.await)
}

fn told(
    service: &Service,
    prefs: Prefs,
    uri: &Uri,
    visitor: &Visitor,
    of: &Of,
    done: &Done,
) -> Response {
    let l = prefs.lang;
    let shell = frame(service, prefs, uri, visitor, of);
    let mut parts = vec![Markup::lead(l.pick("已登记。", "Recorded."))];
    if let (Some(login), Some(code)) = (&done.login, &done.code) {
        parts.push(Markup::paragraph(l.pick(
            "请把登录名和验证码当面交给本人，七天内有效，只显示这一次。本人用它设置密码。",
            "Hand log-in name and code to the person. The code is good for seven days and shown only now; with it the person sets a password.",
        )));
        let rows = vec![
            SummaryRow::text(l.pick("登录名", "Log-in name"), login.clone()),
            SummaryRow::text(l.pick("一次性验证码", "One-time code"), code.clone()),
            SummaryRow::text(l.pick("设置密码的页面", "Where to set it"), "/organisation/password"),
        ];
        parts.push(SummaryList::new(said(l, &Text::new("账号", "Account")), rows).render(l));
    }
    let back = format!("/organisation/units/{}", of.unit.place.unit);
    parts.push(Markup::action(&back, l.pick("返回", "Back")));
    whole(&shell, &Markup::join(parts))
}

/// The same for programs.
pub(crate) async fn api(
    State(service): State<Shared>,
    headers: HeaderMap,
    Path(seat): Path<String>,
    key: IdempotencyKey,
    web::Json(body): web::Json<Body>,
) -> Response {
    let done = async {
        let visitor = service.somebody(&headers).await?;
        let of = load(&service, &visitor, &seat).await?;
        perform(&service, &visitor, &of, body, key).await
    };
    api_or(done.await)
}
