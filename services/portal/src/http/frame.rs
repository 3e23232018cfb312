//! The frame that the portal's pages share: place, breadcrumb, navigation, foot; and pages for what cannot be shown.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use pages::{AsOf as PageAsOf, Facts, Link, NavItem, Page, Prefs, ProblemPage, Shell};
use serde::de::DeserializeOwned;
use store::StoreError;

use crate::{
    Portal,
    shows::{
        AsOf,
        divisions::{self, Unit},
    },
    words,
};

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no such thing, or not here.
    Missing,
    /// It is elsewhere.
    Moved(String),
    /// The read models are out of reach.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a handler gives.
pub(crate) type Built = Result<Page, Failure>;

/// What each handler is given of the request.
pub(crate) struct Ask<'a> {
    pub portal: &'a Portal,
    pub prefs: Prefs,
    pub path: String,
}

impl<'a> Ask<'a> {
    pub fn new(portal: &'a Portal, prefs: Prefs, uri: &Uri) -> Self {
        Self { portal, prefs, path: uri.to_string() }
    }

    /// One of two texts, in the language of the page.
    pub fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        self.prefs.lang.pick(zh, en)
    }

    /// A frame without a place.
    pub fn shell(&self, title: impl Into<String>) -> Shell {
        let mut shell = Shell::new(self.prefs, self.path.clone(), title);
        let l = self.prefs.lang;
        let banner = self.portal.settings.banner.as_ref();
        shell.banner = banner.map(|text| words::pick(l, text).to_owned());
        shell.foot = vec![
            Link::new(self.pick("怎么知道这是真的", "How do I know this is true"), "/how"),
            Link::new(self.pick("验一张公开单", "Check a notice"), "/verify"),
            Link::new(self.pick("找村子", "Find a village"), "/search"),
        ];
        shell
    }

    /// The frame of a page about a unit: its place, all above it, and for villages the navigation.
    pub async fn shell_of(
        &self,
        unit: &Unit,
        title: impl Into<String>,
        current: Tab,
    ) -> Result<Shell, StoreError> {
        let mut shell = self.shell(title);
        let path = divisions::path(&self.portal.db, &unit.unit).await?;
        shell.place = unit.name.clone();
        shell.place_above =
            path.iter().rev().take(2).map(|u| u.name.as_str()).collect::<Vec<_>>().join(" · ");
        shell.home = unit.href();
        shell.breadcrumb = vec![Link::new(self.pick("全部村子", "All villages"), "/")];
        shell.breadcrumb.extend(path.iter().map(|u| Link::new(u.name.clone(), u.href())));
        if current != Tab::Home {
            shell.breadcrumb.push(Link::new(unit.name.clone(), unit.href()));
        }
        if unit.is_governed_village() {
            let at = |tab: &str| format!("/villages/{}{tab}", unit.unit);
            shell.nav = vec![
                NavItem::new(self.pick("村里", "Village"), at(""), current == Tab::Home),
                NavItem::new(
                    self.pick("大家的决定", "Decisions"),
                    at("/decisions"),
                    current == Tab::Decisions,
                ),
                NavItem::new(
                    self.pick("村里的账", "Money"),
                    at("/accounts"),
                    current == Tab::Money,
                ),
            ];
        }
        Ok(shell)
    }

    /// The foot of a page with facts.
    pub fn facts(&self, as_of: Option<AsOf>) -> Facts {
        Facts {
            as_of: as_of.map(|a| PageAsOf {
                micros: a.time.micros(),
                log: format!("{} {}", a.source, a.log),
                index: a.index,
            }),
            proof: Some("/how".into()),
            ..Facts::default()
        }
    }
}

/// Which entry of the navigation a page belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Home,
    Decisions,
    Money,
    Matters,
}

/// Turns what a handler gives into an answer. A public page is never stored by caches in between with another's language.
pub(crate) fn answer(ask: &Ask<'_>, built: Built) -> Response {
    let page = match built {
        Ok(page) => page,
        Err(Failure::Moved(to)) => {
            return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to)]).into_response();
        }
        Err(Failure::Missing) => missing(ask),
        Err(Failure::Store(error)) => {
            tracing::error!(%error, path = ask.path, "a page of the portal");
            let mut response = ProblemPage::new(503).page(ask.shell("")).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            return response;
        }
    };
    let mut response = page.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn missing(ask: &Ask<'_>) -> Page {
    ProblemPage {
        title: ask.pick("没有找到这一页", "This page was not found").into(),
        detail: ask
            .pick(
                "这个地址下没有公开的内容。可能是地址抄错了一个字，也可能这件事还没有公开。",
                "There is nothing published at this address. A character may be wrong, or the matter is not published yet.",
            )
            .into(),
        remedy: ask
            .pick(
                "请从村子的首页找，或者按村名搜索。公开过的东西不会被删掉，只会被更正。",
                "Look from the village's own page, or search by its name. What was published is never taken away, only corrected.",
            )
            .into(),
        ..ProblemPage::new(404)
    }
    .page(ask.shell(""))
}

/// The page for an address that does not exist.
pub async fn not_found(State(portal): State<Arc<Portal>>, prefs: Prefs, uri: Uri) -> Response {
    answer(&Ask::new(&portal, prefs, &uri), Err(Failure::Missing))
}

/// A village by its id. A 12-digit code leads to the unit that bears it.
pub(crate) async fn village(ask: &Ask<'_>, id: &str, rest: &str) -> Result<Unit, Failure> {
    let unit = unit(ask, id, rest).await?;
    if unit.level == kernel::Level::Village { Ok(unit) } else { Err(Failure::Moved(unit.href())) }
}

/// A unit by its id. A 12-digit code leads to the unit that bears it.
pub(crate) async fn unit(ask: &Ask<'_>, id: &str, rest: &str) -> Result<Unit, Failure> {
    if let Some(unit) = divisions::get(&ask.portal.db, id).await? {
        return Ok(unit);
    }
    let is_code = id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    if is_code && let Some(unit) = divisions::by_code(&ask.portal.db, id).await? {
        return Err(Failure::Moved(format!("{}{rest}", unit.href())));
    }
    Err(Failure::Missing)
}

/// What an address asks beside its path. A question that cannot be read is like none: a link is never refused for it.
pub(crate) fn asked<T: DeserializeOwned + Default>(uri: &Uri) -> T {
    Query::<T>::try_from_uri(uri).map(|Query(asked)| asked).unwrap_or_default()
}
