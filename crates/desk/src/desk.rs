//! A mounted desk: who asks, what the gate says, and the frame that all its pages share.

use std::sync::{Arc, Mutex, PoisonError};

use access::{Action, Gate, Principal, Resource, Scope};
use axum::http::{
    HeaderMap, HeaderValue, Uri,
    header::{AUTHORIZATION, COOKIE},
};
use definitions::Definition;
use kernel::{Class, Clock, Entropy, Seat, Text, Timestamp, UnitId};
use pages::{NavItem, Prefs, Shell, SignedIn};
use web::Problem;

use crate::{
    Listed, Listing, Office, PlaceShown, Thing, Visitor,
    terms::{Terms, said},
};

/// What a program gives every desk.
#[derive(Clone)]
pub struct Surroundings {
    /// The gate.
    pub gate: Arc<Gate>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The door through which idempotency keys of forms come.
    pub entropy: Arc<Mutex<Entropy>>,
    /// A line above every page: 演示数据.
    pub banner: Option<Text>,
    /// The desks beside this one and the public pages, for the navigation: text and address.
    pub nav: Vec<(Text, String)>,
    /// Where somebody says that a task is too much: 这件事给我添了不该有的负担.
    pub burden: Option<String>,
}

/// The staff's desk of one service.
#[derive(Clone)]
pub struct Desk {
    pub(crate) office: Arc<dyn Office>,
    pub(crate) around: Surroundings,
}

/// Where people sign in and out, for all services.
const SIGN_IN: &str = "/organisation/sign-in";
const SIGN_OUT: &str = "/organisation/sign-out";

impl Desk {
    /// A desk of a service.
    pub fn new(office: Arc<dyn Office>, around: Surroundings) -> Self {
        Self { office, around }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.around.clock.now()
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms::new(self.office.clone())
    }

    /// A new idempotency key, made when a form is shown.
    pub(crate) fn fresh_key(&self) -> String {
        self.around.entropy.lock().unwrap_or_else(PoisonError::into_inner).code()
    }

    /// Who asks.
    ///
    /// # Errors
    /// 401 when nobody is signed in.
    pub(crate) async fn visitor(&self, headers: &HeaderMap) -> Result<Visitor, Problem> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let visitor = self.office.visitor(text(COOKIE), text(AUTHORIZATION)).await?;
        visitor.ok_or_else(|| Problem::generic("unauthenticated"))
    }

    fn may(&self, visitor: &Visitor, action: &Action, matter: &Matter<'_>) -> bool {
        let resource = Resource::new(
            matter.unit.clone(),
            matter.path.to_vec(),
            self.office.service(),
            matter.class,
        )
        .handled_by(matter.officers.to_vec());
        self.around.gate.may(&visitor.principal, action, &resource, self.now()).is_ok()
    }

    /// Whether somebody may act here for whom a definition names these posts and bodies.
    pub(crate) fn may_act(&self, visitor: &Visitor, matter: &Matter<'_>, named: &[String]) -> bool {
        self.may(visitor, &Action::Act, matter)
            || self.may(visitor, &Action::ActFor(named.to_vec()), matter)
    }

    /// Lets in who may see a matter, or act in it; for everybody else it is not there.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn see(
        &self,
        visitor: &Visitor,
        matter: &Matter<'_>,
        named: &[String],
    ) -> Result<(), Problem> {
        if self.may(visitor, &Action::Read, matter) || self.may_act(visitor, matter, named) {
            Ok(())
        } else {
            Err(Problem::not_found())
        }
    }

    /// The units of which a list may show something to somebody: those watched, and those acted in or for.
    pub(crate) fn scope(&self, visitor: &Visitor, named: &[String]) -> Scope {
        let (now, service) = (self.now(), self.office.service());
        let actions = [Action::Read, Action::Act, Action::ActFor(named.to_vec())];
        actions.iter().fold(Scope::default(), |mut all, action| {
            let part =
                self.around.gate.scope(&visitor.principal, action, service, Class::Staff, now);
            all.everywhere |= part.everywhere;
            all.subtrees.extend(part.subtrees);
            all.units.extend(part.units);
            all.children_of.extend(part.children_of);
            all
        })
    }

    /// A list as the gate lets somebody see it: what the office let through by mistake is left out.
    pub(crate) fn seen(
        &self,
        visitor: &Visitor,
        mut listing: Listing,
        named: &[String],
    ) -> Listing {
        let seats = visitor.seats(self.now());
        listing.items.retain(|item| {
            !seats.iter().any(|seat| item.barred.contains(&seat.holder))
                && self.see(visitor, &Matter::listed(item), named).is_ok()
        });
        listing
    }

    /// The place of a unit.
    ///
    /// # Errors
    /// 404, or the service's verdict.
    pub(crate) async fn place(&self, unit: &str) -> Result<PlaceShown, Problem> {
        self.office.place(&UnitId::new(unit)).await?.ok_or_else(Problem::not_found)
    }

    /// A thing.
    ///
    /// # Errors
    /// 404, or the service's verdict.
    pub(crate) async fn thing(
        &self,
        visitor: &Visitor,
        procedure: &str,
        id: &str,
    ) -> Result<Thing, Problem> {
        self.office.thing(visitor, procedure, id).await?.ok_or_else(Problem::not_found)
    }

    /// The first page of this desk.
    pub(crate) fn home(&self) -> String {
        format!("/{}/", self.office.service())
    }

    /// Where to sign in, to come back here.
    pub(crate) fn sign_in(uri: &Uri) -> String {
        let here = uri.path_and_query().map_or("/", |here| here.as_str());
        format!("{SIGN_IN}?next={}", pages::query_encode(&pages::local_path(here)))
    }

    /// The frame of a page.
    pub(crate) fn shell(
        &self,
        prefs: Prefs,
        uri: &Uri,
        title: impl Into<String>,
        visitor: Option<&Visitor>,
        place: Option<&PlaceShown>,
    ) -> Shell {
        let lang = prefs.lang;
        let path = uri.path_and_query().map_or("/", |here| here.as_str());
        let mut shell = Shell::new(prefs, path, title);
        if let Some(place) = place {
            shell.place = said(lang, &place.name);
            shell.place_above = said(lang, &place.above);
        }
        shell.home = self.home();
        let home = self.home();
        shell.nav = if self.around.nav.is_empty() {
            vec![NavItem::new(said(lang, &self.office.title()), home.clone(), true)]
        } else {
            let item = |(text, href): &(Text, String)| {
                NavItem::new(said(lang, text), href.clone(), *href == home)
            };
            self.around.nav.iter().map(item).collect()
        };
        shell.signed_in = visitor.map(|visitor| SignedIn {
            name: visitor.name.clone(),
            post: self.posts(lang, visitor, place),
            account: None,
            sign_out: Some((SIGN_OUT.to_owned(), Vec::new())),
        });
        shell.banner = self.around.banner.as_ref().map(|banner| said(lang, banner));
        shell
    }

    /// The posts of somebody, those of this place first, in a few words.
    fn posts(&self, lang: pages::Lang, visitor: &Visitor, place: Option<&PlaceShown>) -> String {
        let terms = self.terms();
        let seats = visitor.seats(self.now());
        let here = |seat: &&Seat| place.is_none_or(|place| place.place.unit == seat.unit);
        let mut names: Vec<String> =
            seats.iter().filter(here).map(|seat| said(lang, &terms.who(&seat.post))).collect();
        if names.is_empty() {
            names = seats.iter().map(|seat| said(lang, &terms.who(&seat.post))).collect();
        }
        names.dedup();
        match (&visitor.principal, names.is_empty()) {
            (Principal::Administrator { .. }, _) => lang.pick("管理员", "administrator").to_owned(),
            (_, true) => lang.pick("没有任职", "no post").to_owned(),
            _ => names.join(lang.pick("、", ", ")),
        }
    }
}

/// What the gate is asked about.
pub(crate) struct Matter<'a> {
    pub(crate) unit: &'a UnitId,
    pub(crate) path: &'a [UnitId],
    pub(crate) class: Class,
    pub(crate) officers: &'a [(UnitId, String)],
}

impl<'a> Matter<'a> {
    /// Something that does not exist yet, or a list: for the staff of a place.
    pub(crate) fn at(place: &'a PlaceShown) -> Self {
        Self { unit: &place.place.unit, path: &place.path, class: Class::Staff, officers: &[] }
    }

    /// What does not exist yet, or a list: of a closed procedure for its case officers alone.
    pub(crate) fn of_procedure(
        definition: &Definition,
        place: &'a PlaceShown,
        officers: &'a [(UnitId, String)],
    ) -> Self {
        let class = if definition.is_closed() { Class::Sealed } else { Class::Staff };
        Self { class, officers, ..Self::at(place) }
    }

    /// A thing.
    pub(crate) fn of(thing: &'a Thing) -> Self {
        Self { class: thing.class, officers: &thing.officers, ..Self::at(&thing.place) }
    }

    /// A thing in a list.
    pub(crate) fn listed(item: &'a Listed) -> Self {
        Self { unit: &item.unit, path: &item.path, class: item.class, officers: &item.officers }
    }
}
