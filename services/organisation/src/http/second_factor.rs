//! The second factor (动态验证码): set up by its owner, with the password and the first code of the app.

use access::SecondFactor;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::{Redirect, Response},
};
use desk::Visitor;
use pages::{Component, Field, FormPage, Markup, Prefs, SummaryList, SummaryRow, Width};
use web::{Form, Problem};

use super::frame::{Shared, Typed, form_page, mark, no_store, page_or, shell, typed};
use crate::staff::{Service, credentials, trouble};

const HERE: &str = "/organisation/second-factor";

fn read(hidden: &str) -> Option<SecondFactor> {
    serde_json::from_slice(&hex::decode(hidden).ok()?).ok()
}

fn written(factor: &SecondFactor) -> String {
    serde_json::to_vec(factor).map(hex::encode).unwrap_or_default()
}

async fn login(service: &Service, visitor: &Visitor) -> Result<credentials::Login, Problem> {
    let login =
        credentials::login_of(&service.host.store, visitor.account()).await.map_err(trouble)?;
    login.ok_or_else(Problem::not_found)
}

fn shown(
    service: &Service,
    prefs: Prefs,
    uri: &Uri,
    visitor: &Visitor,
    factor: &SecondFactor,
    problem: Option<&Problem>,
) -> Response {
    let l = prefs.lang;
    let fields = vec![
        Field::digits(
            "second_factor",
            l.pick("验证器上的六位数字", "The six digits of the app"),
            "",
        )
        .width(Width::Short)
        .input("numeric", "one-time-code"),
        Field::password("password", l.pick("登录密码", "Your password")),
    ];
    let mut form = FormPage::new(HERE, fields).hidden("factor", written(factor));
    form.button = l.pick("开通动态验证码", "Turn it on").to_owned();
    if let Some(problem) = problem {
        mark(l, &mut form, problem);
    }
    let title = l.pick("开通动态验证码", "Second factor");
    let mut shell = shell(service, prefs, uri, title, Some(visitor), None);
    shell.lead = Some(
        l.pick(
            "在手机验证器里添加下面的密钥，再填它显示的数字。以后登录时，除密码外还要填一次。",
            "Add this key to an authenticator app, then write the digits it shows. From then on signing in asks for them too.",
        )
        .to_owned(),
    );
    let Some(problem) = problem else {
        let key = SummaryRow::text(l.pick("密钥", "Key"), factor.secret_text());
        let list = SummaryList::new("", vec![key]).render(l);
        return no_store(shell.page(&Markup::join([list, form.render(l)])));
    };
    form_page(shell, &form, Some(problem))
}

/// The page, with a fresh key.
pub(crate) async fn page(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let page = async {
        let visitor = service.somebody(&headers).await?;
        let factor = service.draw(SecondFactor::new);
        Ok(shown(&service, prefs, &uri, &visitor, &factor, None))
    };
    page_or(&uri, page.await)
}

async fn turn_on(
    service: &Service,
    visitor: &Visitor,
    sent: &Typed,
    factor: &mut SecondFactor,
) -> Result<(), Problem> {
    let now = service.now();
    let store = &service.host.store;
    let login = login(service, visitor).await?;
    credentials::charge(store, &login.login, now).await.map_err(trouble)??;
    service.check_password(&login, sent.get("password").map_or("", String::as_str)).await?;
    factor.take(typed(sent, "second_factor"), now)?;
    let sealer = service.host.committer.sealer().clone();
    credentials::keep_factor(store, sealer.as_ref(), &login.account, Some(factor))
        .await
        .map_err(trouble)?;
    credentials::forgive(store, &login.login).await.map_err(trouble)
}

/// The form was sent.
pub(crate) async fn send(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    Form(sent): Form<Typed>,
) -> Response {
    let done = async {
        let visitor = service.somebody(&headers).await?;
        let mut factor =
            read(typed(&sent, "factor")).ok_or_else(|| Problem::generic("malformed"))?;
        match turn_on(&service, &visitor, &sent, &mut factor).await {
            Ok(()) => Ok(no_store(Redirect::to("/organisation/"))),
            Err(problem) => Ok(shown(&service, prefs, &uri, &visitor, &factor, Some(&problem))),
        }
    };
    page_or(&uri, done.await)
}
