//! Signing in, renewing, signing out, setting a password: pages and API. No secret is ever shown again or logged.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Refusal, Text};
use pages::{Field, FieldKind, FormPage, Prefs, Width};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Form, Problem, Query};

use super::frame::{
    SIGN_IN, Shared, Typed, api_or, form_page, mark, no_store, shell, typed, with_cookie,
};
use crate::staff::signing::{self, SignedIn};

/// Where to go afterwards.
#[derive(Deserialize, Default)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
    #[serde(default)]
    done: String,
}

/// Only a page of this site, and not this one again.
fn local(next: &str) -> String {
    let path = pages::local_path(next);
    if next.is_empty() || path == "/" || path.starts_with(SIGN_IN) {
        "/organisation/".to_owned()
    } else {
        path
    }
}

fn form(prefs: Prefs, login: &str, next: &str) -> FormPage {
    let l = prefs.lang;
    let fields = vec![
        Field::text("login", l.pick("登录名", "Log-in name"), login)
            .width(Width::Medium)
            .input("text", "username"),
        Field::password("password", l.pick("密码", "Password")),
        Field::digits("second_factor", l.pick("动态验证码", "Code of the second factor"), "")
            .hint(l.pick("没有开通的不填。", "Leave empty if you have none."))
            .width(Width::Short)
            .optional(),
    ];
    let mut form = FormPage::new(SIGN_IN, fields).hidden("next", next);
    form.button = l.pick("登录", "Sign in").to_owned();
    form.beside = Some(pages::Link::new(
        l.pick("用一次性验证码设置密码", "Set a password with a one-time code"),
        "/organisation/password",
    ));
    form
}

/// The page. Who has a session that goes on is led on at once.
pub(crate) async fn page(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    headers: HeaderMap,
    Query(next): Query<Next>,
) -> Response {
    let to = local(&next.next);
    if service.somebody(&headers).await.is_ok() {
        return no_store(Redirect::to(&to));
    }
    if let Ok(signed) = service.renew(&headers).await {
        let cookie = service.door.cookie().set(&signed.token);
        return with_cookie(no_store(Redirect::to(&to)), &cookie);
    }
    let l = prefs.lang;
    let mut shell = shell(&service, prefs, &uri, l.pick("登录", "Sign in"), None, None);
    shell.lead = Some(
        match next.done.as_str() {
            "password" => l.pick("密码已设置，请登录。", "The password is set. Sign in now."),
            "out" => l.pick("您已退出。", "You are signed out."),
            _ => l.pick(
                "村干部和各级工作人员从这里登录。看公开内容不用登录。",
                "For village cadres and staff. What is public needs no sign-in.",
            ),
        }
        .to_owned(),
    );
    form_page(shell, &form(prefs, "", &to), None)
}

/// The form was sent.
pub(crate) async fn send(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    Form(sent): Form<Typed>,
) -> Response {
    let to = local(typed(&sent, "next"));
    let given = signing::Typed {
        login: typed(&sent, "login"),
        password: sent.get("password").map_or("", String::as_str),
        second_factor: typed(&sent, "second_factor"),
    };
    match service.sign_in(given).await {
        Ok(signed) => {
            let cookie = service.door.cookie().set(&signed.token);
            with_cookie(no_store(Redirect::to(&to)), &cookie)
        }
        Err(problem) => {
            let mut form = form(prefs, typed(&sent, "login"), &to);
            mark(prefs.lang, &mut form, &problem);
            let title = prefs.lang.pick("登录", "Sign in");
            form_page(shell(&service, prefs, &uri, title, None, None), &form, Some(&problem))
        }
    }
}

/// Signs out.
pub(crate) async fn out(State(service): State<Shared>, headers: HeaderMap) -> Response {
    match service.sign_out(&headers).await {
        Ok(()) => {
            let cookie = service.door.cookie().clear();
            with_cookie(no_store(Redirect::to(&format!("{SIGN_IN}?done=out"))), &cookie)
        }
        Err(problem) => no_store(problem),
    }
}

/// Body of `POST /api/organisation/sign-in`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    login: String,
    password: String,
    #[serde(default)]
    second_factor: String,
}

fn told(signed: &SignedIn) -> Value {
    json!({
        "token": signed.token,
        "token_type": "Bearer",
        "expires": signed.claims.expires.to_string(),
        "account": signed.claims.account,
        "holder": signed.claims.holder,
        "administrator": signed.claims.administrator,
    })
}

/// A token for programs.
pub(crate) async fn api_in(
    State(service): State<Shared>,
    web::Json(given): web::Json<Credentials>,
) -> Response {
    let given = signing::Typed {
        login: &given.login,
        password: &given.password,
        second_factor: &given.second_factor,
    };
    api_or(service.sign_in(given).await.map(|signed| told(&signed)))
}

/// A new token for a session that goes on.
pub(crate) async fn api_renew(State(service): State<Shared>, headers: HeaderMap) -> Response {
    match service.renew(&headers).await {
        Ok(signed) if headers.contains_key("authorization") => no_store(Json(told(&signed))),
        // a browser keeps its token where no script reads it
        Ok(signed) => {
            let cookie = service.door.cookie().set(&signed.token);
            let answer = json!({ "expires": signed.claims.expires.to_string() });
            with_cookie(no_store(Json(answer)), &cookie)
        }
        Err(problem) => no_store(problem),
    }
}

/// Ends the session.
pub(crate) async fn api_out(State(service): State<Shared>, headers: HeaderMap) -> Response {
    match service.sign_out(&headers).await {
        Ok(()) => {
            let cookie = service.door.cookie().clear();
            with_cookie(no_store(StatusCode::NO_CONTENT), &cookie)
        }
        Err(problem) => no_store(problem),
    }
}

/// The public key with which other services verify tokens offline: a JWK (RFC 8037).
pub(crate) async fn token_key(State(service): State<Shared>) -> Response {
    let key = service.public_key();
    let body = json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig",
        "x": URL_SAFE_NO_PAD.encode(key), "hex": hex::encode(key),
    });
    ([("cache-control", "public, max-age=300")], Json(body)).into_response()
}

fn new_password(name: &str, label: &str) -> Field {
    let mut field = Field::password(name, label);
    field.kind = FieldKind::Password { autocomplete: "new-password" };
    field
}

fn password_form(prefs: Prefs, sent: &Typed) -> FormPage {
    let l = prefs.lang;
    let fields = vec![
        Field::text("login", l.pick("登录名", "Log-in name"), typed(sent, "login"))
            .width(Width::Medium)
            .input("text", "username"),
        Field::text("code", l.pick("一次性验证码", "One-time code"), typed(sent, "code"))
            .hint(l.pick(
                "登记您任职的单位当面交给您的那串字符。",
                "The characters that the office which recorded your post gave you in person.",
            ))
            .input("text", "one-time-code"),
        new_password("password", l.pick("新密码", "New password")).hint(l.pick(
            "至少十个字符；几个不相干的词连成一句最好记。",
            "At least ten characters; a few unrelated words are easiest to remember.",
        )),
        new_password("again", l.pick("再写一遍", "Once more")),
    ];
    let mut form = FormPage::new("/organisation/password", fields);
    form.button = l.pick("设置密码", "Set the password").to_owned();
    form
}

/// The page on which a one-time code becomes a password.
pub(crate) async fn password_page(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
) -> Response {
    let title = prefs.lang.pick("设置密码", "Set a password");
    let shell = shell(&service, prefs, &uri, title, None, None);
    form_page(shell, &password_form(prefs, &Typed::new()), None)
}

/// Two inputs that must be equal.
pub(crate) fn same_twice(sent: &Typed, again: &str) -> Result<(), Problem> {
    if sent.get("password") == sent.get(again) {
        return Ok(());
    }
    Err(Refusal::field(
        format!("/{again}"),
        Text::new("两次写的密码不一样。", "The two passwords differ."),
        Text::new("请把同一个密码写两遍。", "Write the same password twice."),
    )
    .into())
}

/// The form was sent.
pub(crate) async fn password_send(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    Form(sent): Form<Typed>,
) -> Response {
    let password = sent.get("password").map_or("", String::as_str);
    let set = match same_twice(&sent, "again") {
        Ok(()) => service.set_password(typed(&sent, "login"), typed(&sent, "code"), password).await,
        Err(problem) => Err(problem),
    };
    match set {
        Ok(()) => no_store(Redirect::to(&format!("{SIGN_IN}?done=password"))),
        Err(problem) => {
            let mut form = password_form(prefs, &sent);
            mark(prefs.lang, &mut form, &problem);
            let title = prefs.lang.pick("设置密码", "Set a password");
            form_page(shell(&service, prefs, &uri, title, None, None), &form, Some(&problem))
        }
    }
}

/// Body of `POST /api/organisation/password`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    login: String,
    code: String,
    password: String,
}

/// The same for programs.
pub(crate) async fn api_password(
    State(service): State<Shared>,
    web::Json(given): web::Json<NewPassword>,
) -> Response {
    match service.set_password(&given.login, &given.code, &given.password).await {
        Ok(()) => no_store(StatusCode::NO_CONTENT),
        Err(problem) => no_store(problem),
    }
}
