//! The page of the first two administrators. Works once, with the token that the program has printed.

use axum::{extract::State, http::Uri, response::Response};
use pages::{Component, Field, FieldKind, FormPage, Markup, Prefs, SummaryList, SummaryRow, Width};
use serde::Deserialize;
use web::{Form, Problem, Query};

use super::{
    frame::{Shared, Typed, form_page, mark, shell, typed, whole},
    sign_in::same_twice,
};
use crate::{
    shows::units,
    staff::first::{FirstTwo, Person},
};

const HERE: &str = "/organisation/first-administrator";

/// The token, when it came with the address.
#[derive(Deserialize, Default)]
pub(crate) struct Code {
    #[serde(default)]
    code: String,
}

fn person(prefs: Prefs, sent: &Typed, who: &str) -> Vec<Field> {
    let l = prefs.lang;
    let name = |part: &str| format!("{who}-{part}");
    let value = |part: &str| typed(sent, &name(part)).to_owned();
    vec![
        Field::text(name("name"), l.pick("姓名", "Name"), value("name")).width(Width::Medium),
        Field::text(name("person"), l.pick("人员登记编号", "Person-register id"), value("person"))
            .hint(l.pick("不公开，只用来分清两个人。", "Not public; tells two persons apart."))
            .width(Width::Medium),
        Field::text(name("login"), l.pick("登录名", "Log-in name"), value("login"))
            .width(Width::Medium),
    ]
}

fn form(prefs: Prefs, sent: &Typed, with_province: bool) -> FormPage {
    let l = prefs.lang;
    let mut system = person(prefs, sent, "system");
    for (field, label) in
        [("password", l.pick("密码", "Password")), ("again", l.pick("再写一遍", "Once more"))]
    {
        let mut input = Field::password(field, label);
        input.kind = FieldKind::Password { autocomplete: "new-password" };
        system.push(input);
    }
    let token = Field::text("code", l.pick("一次性口令", "One-time token"), typed(sent, "code"))
        .hint(l.pick("程序启动时印在终端上。", "The program printed it on its terminal."));
    let mut form = FormPage::new(HERE, vec![token]);
    if with_province {
        let code = typed(sent, "province_code");
        form = form.group(
            l.pick("本省", "The province"),
            vec![
                Field::digits("province_code", l.pick("12位区划代码", "12-digit code"), code)
                    .hint(l.pick("例如 330000000000", "For example 330000000000")),
                Field::text("province_name", l.pick("名称", "Name"), typed(sent, "province_name"))
                    .width(Width::Medium),
            ],
        );
    }
    form = form.group(l.pick("系统管理员（您）", "System administrator (you)"), system).group(
        l.pick("安全管理员（另一个人）", "Security administrator (another person)"),
        person(prefs, sent, "security"),
    );
    form.button = l.pick("登记并开通", "Record and open").to_owned();
    form
}

async fn wants_province(service: &Shared) -> Result<bool, Problem> {
    units::province(&service.host.store)
        .await
        .map(|province| province.is_none())
        .map_err(crate::staff::trouble)
}

fn title(prefs: Prefs) -> &'static str {
    prefs.lang.pick("首批管理员", "The first administrators")
}

/// The page; absent once there are administrators.
pub(crate) async fn page(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    Query(code): Query<Code>,
) -> Response {
    let wanted = async {
        if !service.is_waiting_for_the_first().await.map_err(crate::staff::trouble)? {
            return Err(Problem::not_found());
        }
        wants_province(&service).await
    };
    let with_province = match wanted.await {
        Ok(with_province) => with_province,
        Err(problem) => return super::frame::no_store(problem),
    };
    let mut sent = Typed::new();
    sent.insert("code".to_owned(), code.code);
    // the token stays out of the links that the page carries
    let bare: Uri = Uri::from_static(HERE);
    let _ = uri;
    let mut shell = shell(&service, prefs, &bare, title(prefs), None, None);
    shell.lead = Some(
        prefs
            .lang
            .pick(
                "两个人、两个账号：一个管系统，一个管账号。第三个是审计管理员，由安全管理员随后登记。",
                "Two persons, two accounts: one runs the system, one keeps accounts. The security administrator then records the third, for audit.",
            )
            .to_owned(),
    );
    form_page(shell, &form(prefs, &sent, with_province), None)
}

fn person_of(sent: &Typed, who: &str) -> Person {
    let value = |part: &str| typed(sent, &format!("{who}-{part}")).to_owned();
    Person { name: value("name"), person: value("person"), login: value("login") }
}

/// The form was sent.
pub(crate) async fn send(
    State(service): State<Shared>,
    prefs: Prefs,
    uri: Uri,
    Form(sent): Form<Typed>,
) -> Response {
    let asked = FirstTwo {
        code: typed(&sent, "code").to_owned(),
        system: person_of(&sent, "system"),
        password: sent.get("password").cloned().unwrap_or_default(),
        security: person_of(&sent, "security"),
        province: sent
            .get("province_code")
            .map(|code| (code.trim().to_owned(), typed(&sent, "province_name").to_owned())),
    };
    let begun = match same_twice(&sent, "again") {
        Ok(()) => service.begin(asked).await,
        Err(problem) => Err(problem),
    };
    let l = prefs.lang;
    match begun {
        Ok(begun) => {
            let title = l.pick("首批管理员已登记", "The first administrators are recorded");
            let shell = shell(&service, prefs, &uri, title, None, None);
            let rows = vec![
                SummaryRow::text(l.pick("登录名", "Log-in name"), begun.security_login),
                SummaryRow::text(l.pick("一次性验证码", "One-time code"), begun.security_code),
            ];
            let body = Markup::join([
                Markup::lead(l.pick(
                    "请把下面的验证码当面交给安全管理员，七天内有效，只显示这一次。",
                    "Give this code to the security administrator in person. It is good for seven days and shown only now.",
                )),
                SummaryList::new(l.pick("安全管理员", "Security administrator"), rows).render(l),
                Markup::action(super::frame::SIGN_IN, l.pick("登录", "Sign in")),
            ]);
            whole(&shell, &body)
        }
        Err(problem) => {
            let with_province = wants_province(&service).await.unwrap_or(false);
            let mut form = form(prefs, &sent, with_province);
            mark(l, &mut form, &problem);
            form_page(shell(&service, prefs, &uri, title(prefs), None, None), &form, Some(&problem))
        }
    }
}
