//! The API of bookkeeping: acts that no procedure orders, what is left, the book of a month. Decides nothing.

use access::Action;
use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{AUTHORIZATION, COOKIE},
    },
    response::{IntoResponse, Response},
};
use desk::{Office, PlaceShown, Visitor};
use kernel::{Answer, Class, Money, Seat, Sent, Text, UnitId};
use serde::Serialize;
use serde_json::{Value, json};
use web::{IdempotencyKey, Json, Path, Problem, RouteInfo, Routes};

use super::Service;
use crate::{
    State,
    facts::{accounts, book::Figures, bookkeeping, bookkeeping::Original, month::Month, voucher},
    shows::{
        away,
        ledger::{self, Voucher},
    },
    staff::acts::{self, ACTS, Act},
};

/// The routes of the API.
pub(super) fn routes(service: &Service) -> Routes<()> {
    let info = |method: Method, path: &str, name: &str, (zh, en): (&str, &str), action: &str| {
        let at = format!("/api/funds/units/{{unit}}/{path}");
        RouteInfo::new(method, at, name, Text::new(zh, en), ("funds", action, Class::Staff))
    };
    let (a, b) = (service.clone(), service.clone());
    let reserves =
        info(Method::GET, "reserves", "funds-reserves", ("额度余额", "What is left"), "read");
    let book = info(
        Method::GET,
        "books/{month}",
        "funds-book",
        ("一个月的账", "The book of a month"),
        "read",
    );
    let routes = Routes::new()
        .add(reserves, move |Path(unit): Path<String>, request: Request| {
            let service = a.clone();
            async move { or_problem(left(&service, request.headers(), &unit).await) }
        })
        .add(book, move |Path((unit, month)): Path<(String, String)>, request: Request| {
            let service = b.clone();
            async move { or_problem(month_book(&service, request.headers(), &unit, &month).await) }
        });
    ACTS.iter().fold(routes, |routes, act| {
        let path = format!("bookkeeping/{}", act.key);
        let name = format!("funds-{}", act.key);
        let route = info(Method::POST, &path, &name, act.name, "act");
        let service = service.clone();
        routes.add(
            route.keyed().takes(acts::schema(act)),
            move |Path(unit): Path<String>, request: Request| {
                let service = service.clone();
                async move { or_problem(post(&service, request, &unit, act).await) }
            },
        )
    })
}

pub(super) fn or_problem(shown: Result<Response, Problem>) -> Response {
    shown.unwrap_or_else(IntoResponse::into_response)
}

impl Service {
    /// Who asks.
    ///
    /// # Errors
    /// 401 when nobody is signed in.
    pub(super) async fn visitor(&self, headers: &HeaderMap) -> Result<Visitor, Problem> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let visitor = self.office.visitor(text(COOKIE), text(AUTHORIZATION)).await?;
        visitor.ok_or_else(|| Problem::generic("unauthenticated"))
    }

    /// A place that somebody may see, or act in with these posts; for everybody else it is not there.
    ///
    /// # Errors
    /// 404.
    pub(super) async fn seen(
        &self,
        visitor: &Visitor,
        unit: &str,
        posts: &[&str],
    ) -> Result<PlaceShown, Problem> {
        let place = self.office.place(&UnitId::new(unit)).await?.ok_or_else(Problem::not_found)?;
        let read = self.office.may(visitor, &Action::Read, &place, Class::Staff);
        if read || self.may_act(visitor, &place, posts) {
            Ok(place)
        } else {
            Err(Problem::not_found())
        }
    }

    fn may_act(&self, visitor: &Visitor, place: &PlaceShown, posts: &[&str]) -> bool {
        let named = posts.iter().map(|post| (*post).to_owned()).collect();
        self.office.may(visitor, &Action::Act, place, Class::Staff)
            || self.office.may(visitor, &Action::ActFor(named), place, Class::Staff)
    }

    /// In which seat somebody acts in a place: one of these posts, else any seat of the unit, and the core refuses it
    /// with its article.
    ///
    /// # Errors
    /// 403 without a seat that may address the unit.
    pub(super) fn seat(
        &self,
        visitor: &Visitor,
        place: &PlaceShown,
        posts: &[&str],
    ) -> Result<Seat, Problem> {
        let no_right = || Problem::from(access::principal::no_right());
        if !self.may_act(visitor, place, posts) {
            return Err(no_right());
        }
        let seats = visitor.seats(self.office.now());
        let near =
            |seat: &&Seat| seat.unit == place.place.unit || place.path.last() == Some(&seat.unit);
        let named = |seat: &&Seat| posts.contains(&seat.post.as_str());
        let seat = seats.iter().filter(near).find(named);
        let own = || seats.iter().find(|seat| seat.unit == place.place.unit);
        seat.or_else(own).cloned().ok_or_else(no_right)
    }

    /// Does an act of bookkeeping: from its fields to a receipt.
    ///
    /// # Errors
    /// Any problem.
    pub(super) async fn keep_books(
        &self,
        visitor: &Visitor,
        place: &PlaceShown,
        act: &Act,
        body: &Value,
        key: &str,
    ) -> Result<Answer, Problem> {
        let seat = self.seat(visitor, place, act.posts)?;
        // A reversal reads what the ledger says now, which may have been closed since the request came first.
        let sent = Sent::of(&format!("{}/bookkeeping/{}", place.place.unit, act.key), body);
        let ask = match acts::ask(act, body, visitor.account(), key)? {
            Some(ask) => ask,
            None => {
                let acts::Reversal { voucher, reason } = acts::read(body)?;
                let original = self.original(&place.place.unit, &voucher).await?;
                acts::reverse(original, reason)
            }
        };
        Ok(self.office.execute(visitor, &seat, &place.place, key.to_owned(), (ask, sent)).await?)
    }

    /// A voucher as it was posted, with the hashes of its month where that is closed.
    async fn original(&self, unit: &UnitId, id: &str) -> Result<Original, Problem> {
        let store = &self.office.host().store;
        let found = ledger::one(store, unit, id).await.map_err(away)?;
        let Some(Voucher { voucher: id, date, month, lines, reverses, .. }) = found else {
            return Err(Problem::malformed(
                "/voucher",
                Text::new("没有这张凭证", "There is no such voucher"),
            ));
        };
        let date = date.parse().map_err(|_| Problem::generic("internal"))?;
        let closed = match self.book(unit).await? {
            Some(book) => Month::parse(&month)
                .and_then(|month| book.months.get(&month).map(|of| of.closed))
                .unwrap_or(false),
            None => false,
        };
        let mut digests = Vec::new();
        if closed {
            for one in ledger::vouchers(store, unit, &month).await.map_err(away)? {
                let date = one.date.parse().map_err(|_| Problem::generic("internal"))?;
                let reverses = one.reverses.as_deref();
                digests.push(voucher::digest(&one.voucher, date, reverses, &one.lines));
            }
        }
        Ok(Original { voucher: id, date, reverses, lines, month: digests })
    }

    /// The book of a unit.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub(super) async fn book(
        &self,
        unit: &UnitId,
    ) -> Result<Option<crate::facts::book::Book>, Problem> {
        let store = &self.office.host().store;
        let (_, state) = store.state::<State>(&bookkeeping::stream(unit)).await.map_err(away)?;
        Ok(match state {
            Some(State::Book(book)) => Some(*book),
            _ => None,
        })
    }

    /// The book of a month, from the same state that the sheet is drawn up from.
    ///
    /// # Errors
    /// 404 for a month that was never opened.
    pub(super) async fn month(&self, unit: &UnitId, month: &str) -> Result<MonthBook, Problem> {
        let asked = Month::parse(month).ok_or_else(Problem::not_found)?;
        let book = self.book(unit).await?.ok_or_else(Problem::not_found)?;
        let of = book.months.get(&asked).ok_or_else(Problem::not_found)?;
        let figures = book.figures(asked).ok_or_else(Problem::not_found)?;
        let store = &self.office.host().store;
        let vouchers = ledger::vouchers(store, unit, month).await.map_err(away)?;
        let row = |code: &accounts::AccountCode, amount: &Money| Balance {
            account: *code,
            name: accounts::account(*code).map(|a| a.name.clone()).unwrap_or_default(),
            debit: if amount.is_negative() { Money::ZERO } else { *amount },
            credit: if amount.is_negative() { amount.negated() } else { Money::ZERO },
        };
        // Balances of a closed month before the last are folded into what follows: its hash alone is kept.
        let last = book.months.iter().filter(|(_, m)| m.closed).map(|(m, _)| *m).next_back();
        let trial_balance = (!of.closed || last == Some(asked)).then(|| {
            let mut balances = book.settled.clone();
            let until = book.months.iter().filter(|(m, b)| **m <= asked && !b.closed);
            for (code, amount) in until.flat_map(|(_, b)| &b.moved) {
                let sum = balances.entry(*code).or_default();
                *sum = sum.saturating_add(*amount);
            }
            balances.iter().filter(|(_, m)| !m.is_zero()).map(|(c, m)| row(c, m)).collect()
        });
        let hash = if of.closed { of.trial_balance.clone() } else { book.trial_balance(asked) };
        Ok(MonthBook {
            unit: unit.clone(),
            month: asked,
            closed: of.closed,
            figures,
            trial_balance,
            trial_balance_hash: hash,
            lines: vouchers,
        })
    }
}

/// The book of a month: opening + income − expense = closing, in fen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonthBook {
    /// Whose.
    pub unit: UnitId,
    /// The month.
    pub month: Month,
    /// Whether it is closed.
    pub closed: bool,
    /// Opening, income, expense, closing.
    #[serde(flatten)]
    pub figures: Figures,
    /// Balances at the month's end; absent for a closed month that others followed.
    pub trial_balance: Option<Vec<Balance>>,
    /// SHA-256 over them, as two persons sign it.
    pub trial_balance_hash: String,
    /// The vouchers.
    pub lines: Vec<Voucher>,
}

/// A line of the trial balance (试算平衡表).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Balance {
    /// The account.
    pub account: accounts::AccountCode,
    /// Its name.
    pub name: Text,
    /// Fen.
    pub debit: Money,
    /// Fen.
    pub credit: Money,
}

async fn left(service: &Service, headers: &HeaderMap, unit: &str) -> Result<Response, Problem> {
    let visitor = service.visitor(headers).await?;
    let place = service.seen(&visitor, unit, &[]).await?;
    let store = &service.office.host().store;
    let items = ledger::left(store, &place.place.unit).await.map_err(away)?;
    Ok(Json(json!({ "items": items })).into_response())
}

async fn month_book(
    service: &Service,
    headers: &HeaderMap,
    unit: &str,
    month: &str,
) -> Result<Response, Problem> {
    let visitor = service.visitor(headers).await?;
    let place = service.seen(&visitor, unit, &[]).await?;
    Ok(Json(service.month(&place.place.unit, month).await?).into_response())
}

async fn post(
    service: &Service,
    request: Request<Body>,
    unit: &str,
    act: &Act,
) -> Result<Response, Problem> {
    let visitor = service.visitor(request.headers()).await?;
    let place = service.seen(&visitor, unit, act.posts).await?;
    let (mut parts, body) = request.into_parts();
    let key = IdempotencyKey::from_request_parts(&mut parts, &()).await?;
    let request = Request::from_parts(parts, body);
    let Json(body) = Json::<Value>::from_request(request, &()).await?;
    let answer = service.keep_books(&visitor, &place, act, &body, key.as_str()).await?;
    let status = match answer {
        Answer::Accepted(_) => StatusCode::CREATED,
        Answer::AlreadyDone(_) => StatusCode::OK,
    };
    Ok((status, Json(answer)).into_response())
}
