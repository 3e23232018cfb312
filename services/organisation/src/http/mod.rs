//! Pages and API of organisation beyond its procedures. Knows no decision: each handler asks `staff`.

mod accounts;
mod deeds;
mod divisions;
mod first;
mod frame;
mod rules;
mod second_factor;
mod sign_in;

use std::sync::Arc;

use axum::http::Method;
use kernel::{Class, Text};
use serde_json::{Value, json};
use web::{RouteInfo, Routes};

use crate::{SERVICE, staff::Service};

fn info(
    method: Method,
    path: &str,
    operation: &str,
    (zh, en): (&str, &str),
    (action, class): (&str, Class),
) -> RouteInfo {
    let operation = format!("{SERVICE}-{operation}");
    RouteInfo::new(method, path, operation, Text::new(zh, en), (SERVICE, action, class))
}

const OPEN: (&str, Class) = ("open", Class::Public);
const READ: (&str, Class) = ("read", Class::Public);
const STAFF: (&str, Class) = ("read", Class::Staff);
const ACT: (&str, Class) = ("act", Class::Staff);
const RUN: (&str, Class) = ("administer", Class::Sealed);

fn texts(required: &[&str], optional: &[&str]) -> Value {
    let property = |name: &&str| ((*name).to_owned(), json!({ "type": "string" }));
    let properties: serde_json::Map<String, Value> =
        required.iter().chain(optional).map(property).collect();
    json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
}

/// Every route but those of the desk.
pub fn routes(service: Arc<Service>) -> Routes {
    let routes = signing(Routes::new());
    let routes = rulebook(places(routes));
    deeds::routes(accounts(routes)).with_state(service)
}

fn signing(routes: Routes<Arc<Service>>) -> Routes<Arc<Service>> {
    let (get, post) = (Method::GET, Method::POST);
    let page = |method: &Method, path: &str, operation: &str, words: (&str, &str)| {
        info(method.clone(), path, operation, words, OPEN).html()
    };
    let api = |path: &str, operation: &str, words: (&str, &str)| {
        info(Method::POST, path, operation, words, OPEN)
    };
    routes
        .add(
            page(&get, "/organisation/sign-in", "sign-in-page", ("登录页", "Sign-in page")),
            sign_in::page,
        )
        .add(
            page(&post, "/organisation/sign-in", "sign-in-send", ("登录", "Sign in")),
            sign_in::send,
        )
        .add(
            page(&post, "/organisation/sign-out", "sign-out-send", ("退出", "Sign out")),
            sign_in::out,
        )
        .add(
            page(
                &get,
                "/organisation/password",
                "password-page",
                ("设置密码页", "Page to set a password"),
            ),
            sign_in::password_page,
        )
        .add(
            page(&post, "/organisation/password", "password-send", ("设置密码", "Set a password")),
            sign_in::password_send,
        )
        .add(
            page(
                &get,
                "/organisation/first-administrator",
                "first-page",
                ("首批管理员页", "Page of the first administrators"),
            ),
            first::page,
        )
        .add(
            page(
                &post,
                "/organisation/first-administrator",
                "first-send",
                ("登记首批管理员", "Record the first administrators"),
            ),
            first::send,
        )
        .add(
            page(
                &get,
                "/organisation/second-factor",
                "second-factor-page",
                ("开通动态验证码页", "Page to set up a second factor"),
            ),
            second_factor::page,
        )
        .add(
            page(
                &post,
                "/organisation/second-factor",
                "second-factor-send",
                ("开通动态验证码", "Set up a second factor"),
            ),
            second_factor::send,
        )
        .add(
            api("/api/organisation/sign-in", "sign-in", ("登录，取得令牌", "Sign in for a token"))
                .takes(texts(&["login", "password"], &["second_factor"])),
            sign_in::api_in,
        )
        .add(
            api("/api/organisation/renew", "renew", ("续期令牌", "Renew the token")),
            sign_in::api_renew,
        )
        .add(
            api("/api/organisation/sign-out", "sign-out", ("结束登录", "End the session")),
            sign_in::api_out,
        )
        .add(
            api(
                "/api/organisation/password",
                "password",
                ("用一次性验证码设置密码", "Set a password with a one-time code"),
            )
            .takes(texts(&["login", "code", "password"], &[])),
            sign_in::api_password,
        )
        .add(
            info(
                get,
                "/organisation/token-key",
                "token-key",
                ("令牌公钥", "Public key of the tokens"),
                OPEN,
            ),
            sign_in::token_key,
        )
}

fn places(routes: Routes<Arc<Service>>) -> Routes<Arc<Service>> {
    let get = |path: &str, operation: &str, words: (&str, &str), asked: (&str, Class)| {
        info(Method::GET, path, operation, words, asked)
    };
    routes
        .add(
            get("/organisation/units", "units-page", ("行政区划页", "Page of divisions"), READ)
                .html(),
            divisions::overview,
        )
        .add(
            get(
                "/organisation/units/{unit}",
                "unit-page",
                ("单位页：任职和名册", "Page of a unit: posts and lists"),
                STAFF,
            )
            .html(),
            divisions::unit,
        )
        .add(
            get("/api/organisation/units", "units", ("行政区划", "Divisions"), READ),
            divisions::api_units,
        )
        .add(
            get("/api/organisation/units/{unit}", "unit", ("一个单位", "A unit"), READ),
            divisions::api_unit,
        )
        .add(
            get("/api/organisation/seats", "seats", ("任职", "Posts held"), READ),
            divisions::api_seats,
        )
        .add(
            get(
                "/api/organisation/definitions",
                "adopted",
                ("已启用和待启用的办事规则", "Definitions adopted and offered"),
                READ,
            ),
            rules::api,
        )
        .add(
            get(
                "/organisation/divisions",
                "import-page",
                ("导入区划页", "Page to import a register"),
                RUN,
            )
            .html(),
            divisions::import_page,
        )
        .add(
            info(
                Method::POST,
                "/organisation/divisions",
                "import-send",
                ("导入区划文件", "Import a register"),
                RUN,
            )
            .html()
            .upload(),
            divisions::import_send,
        )
}

/// Reading the rules, and adopting them.
fn rulebook(routes: Routes<Arc<Service>>) -> Routes<Arc<Service>> {
    let (get, post) = (Method::GET, Method::POST);
    let one = "/organisation/definitions/{id}";
    let api = |part: &str, operation: &str, words: (&str, &str)| {
        let path = format!("/api/organisation/definitions/{{id}}/{part}");
        info(Method::POST, &path, operation, words, ACT).keyed()
    };
    routes
        .add(
            info(
                get.clone(),
                "/organisation/definitions",
                "rules-page",
                ("办事规则页", "Page of the rules of procedure"),
                READ,
            )
            .html(),
            rules::page,
        )
        .add(
            info(get, one, "rule-page", ("一个办法的页面", "Page of one definition"), READ).html(),
            rules::one,
        )
        .add(
            info(post, one, "rule-send", ("提出或启用办法", "Propose or adopt a definition"), ACT)
                .html(),
            rules::send,
        )
        .add(
            api("propose", "rule-propose", ("提出办法", "Propose a definition"))
                .takes(rules::schema(false)),
            rules::api_propose,
        )
        .add(
            api("adopt", "rule-adopt", ("启用办法", "Adopt a definition"))
                .takes(rules::schema(true)),
            rules::api_adopt,
        )
}

fn accounts(routes: Routes<Arc<Service>>) -> Routes<Arc<Service>> {
    let path = "/organisation/seats/{seat}/account";
    routes
        .add(
            info(Method::GET, path, "account-page", ("账号页", "Page of an account"), ACT).html(),
            accounts::page,
        )
        .add(
            info(
                Method::POST,
                path,
                "account-send",
                ("开通、停用账号", "Open or bar an account"),
                ACT,
            )
            .html(),
            accounts::send,
        )
        .add(
            info(
                Method::POST,
                "/api/organisation/seats/{seat}/account",
                "account",
                ("任职人员的账号", "The account of whoever holds a seat"),
                ACT,
            )
            .takes(accounts::schema())
            .keyed(),
            accounts::api,
        )
        .add(
            info(
                Method::POST,
                "/api/organisation/seats",
                "seat-filled",
                ("登记任职", "Record the taking of a post"),
                ACT,
            )
            .keyed(),
            deeds::api_fill,
        )
}
