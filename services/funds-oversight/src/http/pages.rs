//! The pages of bookkeeping: what may be entered, a form for each act, the book of a month with its trial balance.
//! Decides nothing.

use ::pages::{
    Cell, Choice, Column, Component, DataTable, EquationStrip, Field, FormPage, Lang, Markup,
    NavItem, Prefs, ReceiptPage, Shell, SignedIn,
};
use axum::{
    extract::{FromRequest, Request},
    http::{Method, StatusCode, Uri, header::LOCATION, request::Parts},
    response::{IntoResponse, Response},
};
use desk::{PlaceShown, Visitor};
use kernel::{Class, Text};
use serde_json::{Map, Value, json};
use web::{Path, Problem, RouteInfo, Routes};

use super::{Service, api::MonthBook};
use crate::staff::{
    acts::{ACTS, Act, Asked, Kind},
    choices,
};

/// What was typed, by field.
type Typed = std::collections::BTreeMap<String, String>;

fn said(lang: Lang, text: &Text) -> &str {
    lang.pick(&text.zh, &text.en)
}

/// The routes of the pages.
pub(super) fn routes(service: &Service) -> Routes<()> {
    let info = |method: Method, path: &str, name: String, summary: Text, action: &str| {
        let at = format!("/funds/units/{{unit}}/{path}");
        RouteInfo::new(method, at, name, summary, ("funds", action, Class::Staff)).html()
    };
    let text = |zh: &str, en: &str| Text::new(zh, en);
    let (a, b) = (service.clone(), service.clone());
    let home = info(
        Method::GET,
        "bookkeeping",
        "funds-bookkeeping-page".to_owned(),
        text("记账", "Bookkeeping"),
        "read",
    );
    let month = info(
        Method::GET,
        "books/{month}",
        "funds-book-page".to_owned(),
        text("一个月的账", "The book of a month"),
        "read",
    );
    let routes = Routes::new()
        .add(home, move |prefs: Prefs, Path(unit): Path<String>, request: Request| {
            let service = a.clone();
            async move {
                let (parts, _) = request.into_parts();
                shown(&service, prefs, &parts.uri, list(&service, prefs, &parts, &unit).await)
            }
        })
        .add(
            month,
            move |prefs: Prefs, Path((unit, month)): Path<(String, String)>, request: Request| {
                let service = b.clone();
                async move {
                    let (parts, _) = request.into_parts();
                    let page = month_page(&service, prefs, &parts, &unit, &month).await;
                    shown(&service, prefs, &parts.uri, page)
                }
            },
        );
    ACTS.iter().fold(routes, |routes, act| {
        let path = format!("bookkeeping/{}", act.key);
        let name = |part: &str| format!("funds-{}-{part}", act.key);
        let (c, d) = (service.clone(), service.clone());
        routes
            .add(
                info(Method::GET, &path, name("page"), act.title(), "act"),
                move |prefs: Prefs, Path(unit): Path<String>, request: Request| {
                    let service = c.clone();
                    async move {
                        let (parts, _) = request.into_parts();
                        let page = form_page(&service, prefs, &parts, &unit, act).await;
                        shown(&service, prefs, &parts.uri, page)
                    }
                },
            )
            .add(
                info(Method::POST, &path, name("send"), act.title(), "act"),
                move |prefs: Prefs, Path(unit): Path<String>, request: Request| {
                    let service = d.clone();
                    let uri = request.uri().clone();
                    async move {
                        let page = send(&service, prefs, request, &unit, act).await;
                        shown(&service, prefs, &uri, page)
                    }
                },
            )
    })
}

/// A page, or the problem as one; who is not signed in goes to sign in.
pub(super) fn shown(
    service: &Service,
    prefs: Prefs,
    uri: &Uri,
    page: Result<Response, Problem>,
) -> Response {
    let problem = match page {
        Ok(response) => return response,
        Err(problem) => problem,
    };
    if problem.status == StatusCode::UNAUTHORIZED {
        let here = ::pages::query_encode(&::pages::local_path(uri.path()));
        let to = format!("/organisation/sign-in?next={here}");
        return (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
    }
    let lang = prefs.lang;
    let shell = frame(service, prefs, uri.path(), said(lang, &problem.title), None, None);
    let body = Markup::join([
        Markup::lead(said(lang, &problem.detail)),
        Markup::paragraph(said(lang, &problem.remedy)),
        Markup::action("/funds/", lang.pick("回到我的办公桌", "Back to my desk")),
    ]);
    shell.page_with_status(problem.status, &body).into_response()
}

pub(super) fn frame(
    service: &Service,
    prefs: Prefs,
    path: &str,
    title: &str,
    visitor: Option<&Visitor>,
    place: Option<&PlaceShown>,
) -> Shell {
    let lang = prefs.lang;
    let mut shell = Shell::new(prefs, path, title);
    if let Some(place) = place {
        shell.place = said(lang, &place.name).to_owned();
        shell.place_above = said(lang, &place.above).to_owned();
    }
    "/funds/".clone_into(&mut shell.home);
    let item = |(text, href): &(Text, String)| {
        NavItem::new(said(lang, text), href.clone(), href == "/funds/")
    };
    shell.nav = service.around.nav.iter().map(item).collect();
    shell.signed_in = visitor.map(|visitor| SignedIn {
        name: visitor.name.clone(),
        post: String::new(),
        account: None,
        sign_out: Some(("/organisation/sign-out".to_owned(), Vec::new())),
    });
    shell.banner = service.around.banner.as_ref().map(|banner| said(lang, banner).to_owned());
    shell
}

async fn list(
    service: &Service,
    prefs: Prefs,
    parts: &Parts,
    unit: &str,
) -> Result<Response, Problem> {
    let visitor = service.visitor(&parts.headers).await?;
    let place = service.seen(&visitor, unit, &["bookkeeper", "agency-accountant"]).await?;
    let lang = prefs.lang;
    let path = parts.uri.path();
    let shell =
        frame(service, prefs, path, lang.pick("记账", "Bookkeeping"), Some(&visitor), Some(&place));
    let mut acts = DataTable::new(
        lang.pick("可以办理", "What may be entered"),
        vec![
            Column::text(lang.pick("事项", "What")),
            Column::text(lang.pick("签字", "Signatures")),
        ],
    );
    for act in ACTS {
        let signed = if act.two_persons {
            lang.pick("两个人先后签字", "two persons sign")
        } else {
            lang.pick("一个人办理", "one person")
        };
        let href = format!("/funds/units/{unit}/bookkeeping/{}", act.key);
        acts = acts.row(vec![Cell::text(said(lang, &act.title())).href(href), Cell::text(signed)]);
    }
    let mut body = vec![acts.render(lang)];
    if let Some(book) = service.book(&place.place.unit).await? {
        let heads = vec![
            Column::text(lang.pick("月份", "Month")),
            Column::money(lang.pick("收入", "In")),
            Column::money(lang.pick("支出", "Out")),
        ];
        let mut months = DataTable::new(lang.pick("各月的账", "The months"), heads);
        for (month, of) in book.months.iter().rev() {
            let href = format!("/funds/units/{unit}/books/{month}");
            months = months.row(vec![
                Cell::text(month.to_string()).href(href),
                Cell::money(of.income.fen()),
                Cell::money(of.expense.fen()),
            ]);
        }
        body.push(months.render(lang));
    }
    Ok(shell.page(&Markup::join(body)).into_response())
}

async fn month_page(
    service: &Service,
    prefs: Prefs,
    parts: &Parts,
    unit: &str,
    month: &str,
) -> Result<Response, Problem> {
    let visitor = service.visitor(&parts.headers).await?;
    let place = service.seen(&visitor, unit, &[]).await?;
    let lang = prefs.lang;
    let MonthBook { figures, trial_balance, trial_balance_hash, lines, .. } =
        service.month(&place.place.unit, month).await?;
    let title = match lang {
        Lang::Zh => format!("{month}的账"),
        Lang::En => format!("The book of {month}"),
    };
    let shell = frame(service, prefs, parts.uri.path(), &title, Some(&visitor), Some(&place));
    let strip = EquationStrip {
        period: month.to_owned(),
        opening: figures.opening.fen(),
        income: figures.income.fen(),
        spending: figures.expense.fen(),
        closing: figures.closing.fen(),
        ..EquationStrip::default()
    };
    let mut body = vec![strip.render(lang)];
    let heads = vec![
        Column::text(lang.pick("凭证", "Voucher")),
        Column::text(lang.pick("日期", "Day")),
        Column::money(lang.pick("收入", "In")),
        Column::money(lang.pick("支出", "Out")),
    ];
    let mut vouchers = DataTable::new(lang.pick("凭证", "Vouchers"), heads);
    for one in &lines {
        vouchers = vouchers.row(vec![
            Cell::text(one.number.to_string()),
            Cell::text(one.date.clone()),
            Cell::money(one.income.fen()),
            Cell::money(one.expense.fen()),
        ]);
    }
    body.push(vouchers.render(lang));
    if let Some(balances) = trial_balance {
        let heads = vec![
            Column::text(lang.pick("科目", "Account")),
            Column::money(lang.pick("借方余额", "Debit")),
            Column::money(lang.pick("贷方余额", "Credit")),
        ];
        let mut table = DataTable::new(lang.pick("试算平衡表", "Trial balance"), heads);
        let (mut debit, mut credit) = (kernel::Money::ZERO, kernel::Money::ZERO);
        for one in &balances {
            debit = debit.saturating_add(one.debit);
            credit = credit.saturating_add(one.credit);
            table = table.row(vec![
                Cell::text(format!("{} {}", one.account, said(lang, &one.name))),
                Cell::money(one.debit.fen()),
                Cell::money(one.credit.fen()),
            ]);
        }
        let sum = lang.pick("合计", "Total");
        let total = vec![Cell::text(sum), Cell::money(debit.fen()), Cell::money(credit.fen())];
        body.push(table.total(total).render(lang));
    }
    body.push(Markup::paragraph(&format!("SHA-256 {trial_balance_hash}")));
    Ok(shell.page(&Markup::join(body)).into_response())
}

async fn form_page(
    service: &Service,
    prefs: Prefs,
    parts: &Parts,
    unit: &str,
    act: &Act,
) -> Result<Response, Problem> {
    let visitor = service.visitor(&parts.headers).await?;
    let place = service.seen(&visitor, unit, act.posts).await?;
    let key = {
        let entropy = service.around.entropy.lock();
        entropy.unwrap_or_else(std::sync::PoisonError::into_inner).code()
    };
    let typed = Typed::from([("key".to_owned(), key)]);
    form(service, prefs, (&visitor, &place), act, &typed, None).await
}

/// The form with what was typed, and what is wrong with it.
async fn form(
    service: &Service,
    prefs: Prefs,
    (visitor, place): (&Visitor, &PlaceShown),
    act: &Act,
    typed: &Typed,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let lang = prefs.lang;
    let path = format!("/funds/units/{}/bookkeeping/{}", place.place.unit, act.key);
    let mut fields = Vec::with_capacity(act.fields.len());
    for asked in act.fields {
        let mut field = input(service, lang, place, asked, typed).await?;
        let wrong = problem.into_iter().flat_map(|p| &p.errors).find(|error| {
            let at = error.pointer.trim_start_matches('/').split('/').next();
            at == Some(asked.name)
        });
        field.error = wrong.map(|error| said(lang, &error.detail).to_owned());
        fields.push(field);
    }
    let mut form = FormPage::new(path.clone(), fields);
    form.hidden = vec![("key".to_owned(), typed.get("key").cloned().unwrap_or_default())];
    lang.pick("确认提交", "Confirm and send").clone_into(&mut form.button);
    if let Some(problem) = problem {
        let law = problem.law.as_ref().map(|law| said(lang, &law.name)).unwrap_or_default();
        let (what, remedy) = (said(lang, &problem.detail), said(lang, &problem.remedy));
        form.errors = vec![format!("{what} {law} {remedy}")];
    }
    let mut shell =
        frame(service, prefs, &path, said(lang, &act.title()), Some(visitor), Some(place));
    shell.has_errors = problem.is_some();
    if act.two_persons {
        let lead = lang.pick(
            "两个人先后签字才生效：第二个人填写同样的内容再签一次。",
            "It takes effect when two persons have signed: the second enters the same and signs.",
        );
        shell.lead = Some(lead.to_owned());
    }
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    Ok(shell.page_with_status(status, &form.render(lang)).into_response())
}

async fn input(
    service: &Service,
    lang: Lang,
    place: &PlaceShown,
    asked: &Asked,
    typed: &Typed,
) -> Result<Field, Problem> {
    let (name, label) = (asked.name, lang.pick(asked.label.0, asked.label.1));
    let value = typed.get(name).map(String::as_str).unwrap_or_default();
    let definitions = desk::Office::definitions(service.office.as_ref());
    let of = |field: &'static str| {
        let store = &service.office.host().store;
        choices::of_field(
            (store, &definitions),
            &place.place.unit,
            field,
            service.office.now().date(),
        )
    };
    let pick = |list: Option<Vec<desk::Choice>>| {
        let choice = |c: desk::Choice| {
            let hint = c.hint.map(|hint| format!(" · {}", said(lang, &hint))).unwrap_or_default();
            Choice::new(c.value, format!("{}{hint}", said(lang, &c.label)))
        };
        let list = list.unwrap_or_default().into_iter().map(choice).collect();
        Field::select(name, label, value, list)
    };
    let listed = |found: Result<Option<Vec<desk::Choice>>, store::StoreError>| {
        found.map(pick).map_err(|error| Problem::from(crate::shows::away(error)))
    };
    let mut field = match asked.kind {
        Kind::Month => {
            Field::digits(name, label, value).hint(lang.pick("例如 2026-03", "For example 2026-03"))
        }
        Kind::Year => {
            Field::digits(name, label, value).hint(lang.pick("例如 2026", "For example 2026"))
        }
        Kind::Date => Field::date(name, label, value),
        Kind::Money => Field::money(name, label, value),
        Kind::Text => Field::text(name, label, value),
        Kind::Account => {
            let chart = crate::facts::accounts::chart().iter();
            let all = chart.filter(|account| !account.code.is_money()).map(choices::account);
            pick(Some(all.collect()))
        }
        Kind::MoneyAccount => {
            let chart = crate::facts::accounts::chart().iter();
            let money = chart.filter(|account| account.code.is_money()).map(choices::account);
            pick(Some(money.collect()))
        }
        Kind::BankAccount => listed(of("bank_account").await)?,
        Kind::Resolution => listed(of("resolution").await)?,
        Kind::Voucher => listed(of("voucher").await)?,
        Kind::Word(words) => {
            let word = |word: &&str| {
                let text = choices::word(name, word).unwrap_or_else(|| Text::new(*word, *word));
                Choice::new(*word, said(lang, &text))
            };
            Field::radio(name, label, value, words.iter().map(word).collect())
        }
        Kind::Lines => Field::area(name, label, value).hint(lang.pick(
            "每行一条：科目 借方 贷方，没有的一方写0。例如 102 1000.00 0",
            "One a line: account, debit, credit; 0 for the empty side. For example 102 1000.00 0",
        )),
    };
    field.optional = asked.optional;
    Ok(field)
}

async fn send(
    service: &Service,
    prefs: Prefs,
    request: Request,
    unit: &str,
    act: &Act,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let visitor = service.visitor(&headers).await?;
    let place = service.seen(&visitor, unit, act.posts).await?;
    let web::Form(typed) = web::Form::<Typed>::from_request(request, &()).await?;
    let lang = prefs.lang;
    let key = web::IdempotencyKey::parse(typed.get("key").map(String::as_str).unwrap_or_default())?;
    let done = match body(act, &typed) {
        Ok(body) => service.keep_books(&visitor, &place, act, &body, key.as_str()).await,
        Err(problem) => Err(problem),
    };
    let answer = match done {
        Ok(answer) => answer,
        Err(problem) => {
            let who = (&visitor, &place);
            return form(service, prefs, who, act, &typed, Some(&problem)).await;
        }
    };
    let receipt = answer.receipt();
    let path = format!("/funds/units/{unit}/bookkeeping");
    let title = said(lang, &act.title()).to_owned();
    let shell = frame(service, prefs, &path, &title, Some(&visitor), Some(&place));
    let number = receipt
        .events
        .first()
        .map(|event| format!("{} · {}", event.position.log, event.position.index));
    let page = ReceiptPage {
        done: title,
        number: number.unwrap_or_default(),
        sent_at: receipt.at.micros(),
        next: Vec::new(),
        details: None,
        contact: None,
        include_by: None,
    };
    let back = Markup::action(&path, lang.pick("回到记账", "Back to bookkeeping"));
    Ok(shell.page(&Markup::join([page.render(lang), back])).into_response())
}

/// From what was typed to the fields as the API takes them.
fn body(act: &Act, typed: &Typed) -> Result<Value, Problem> {
    let mut fields = Map::new();
    for asked in act.fields {
        let text = typed.get(asked.name).map(|text| text.trim()).unwrap_or_default();
        let wrong = |zh: String, en: String| {
            Problem::malformed(format!("/{}", asked.name), Text::new(zh, en))
        };
        if text.is_empty() && asked.kind != Kind::Lines {
            if asked.optional {
                continue;
            }
            let (zh, en) = asked.label;
            return Err(wrong(format!("请填写“{zh}”"), format!("Fill in “{en}”")));
        }
        let money = |text: &str| {
            ::pages::parse_money_input(text)
                .map_err(|error| wrong(error.message(Lang::Zh), error.message(Lang::En)))
        };
        let value = match asked.kind {
            Kind::Money => json!(money(text)?),
            Kind::Year => json!(::pages::money::half_width(text).parse::<i16>().map_err(|_| {
                wrong("请填四位年份".to_owned(), "write a year, such as 2026".to_owned())
            })?),
            Kind::Date => {
                let day = ::pages::parse_date_input(text).map_err(|error| {
                    wrong(error.message(Lang::Zh).into(), error.message(Lang::En).into())
                })?;
                json!(day.iso())
            }
            Kind::Lines => {
                let mut lines = Vec::new();
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    let parts: Vec<&str> = line.split_whitespace().collect();
                    let [account, debit, credit] = parts.as_slice() else {
                        return Err(wrong(
                            format!("“{line}”应为：科目 借方 贷方"),
                            format!("“{line}” should be: account, debit, credit"),
                        ));
                    };
                    let mut entry = json!({ "account": account });
                    for (side, amount) in [("debit", debit), ("credit", credit)] {
                        let fen = money(amount)?;
                        if fen != 0 {
                            entry[side] = json!(fen);
                        }
                    }
                    lines.push(entry);
                }
                Value::Array(lines)
            }
            _ => json!(text),
        };
        fields.insert(asked.name.to_owned(), value);
    }
    Ok(Value::Object(fields))
}
