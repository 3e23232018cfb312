//! The golden matrix: every route × role × own and foreign village, allowed or not, beside a committed file. A route that
//! the file does not list fails, and so does a listed one that is gone.

use std::collections::BTreeMap;

use kernel::{Class, Date, Seat, Timestamp, UnitId};

use crate::{
    TOWNSHIP_AGENCY,
    gate::{Action, Gate, Resource, class_name},
    grants::{Grants, HeldSeat},
    principal::{Administrator, Person, Principal},
};

/// A route as far as access is concerned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// `GET`
    pub method: String,
    /// `/funds/payments/{payment}`
    pub path: String,
    /// The service that answers.
    pub service: String,
    /// The action's name, as [`Action::parse`] reads it.
    pub action: String,
    /// Who may see what it shows or touches.
    pub class: Class,
}

/// A role to be tried: somebody with one thing to do in the sample hierarchy.
#[derive(Debug, Clone)]
pub struct Role {
    /// The column's name.
    pub name: &'static str,
    /// Who.
    pub principal: Principal,
}

/// A village to be tried on, with the units above it.
#[derive(Debug, Clone)]
pub struct Village {
    /// The unit.
    pub unit: UnitId,
    /// The units above it, from the province down.
    pub path: Vec<UnitId>,
}

/// The sample's own village: all village roles live here, and the levels above are above this one.
pub fn own_village() -> Village {
    Village { unit: "village-1".into(), path: upper(&["province", "county-1", "township-1"]) }
}

/// The next village, in the same township.
pub fn neighbour_village() -> Village {
    Village { unit: "village-2".into(), path: upper(&["province", "county-1", "township-1"]) }
}

/// A village in another county, whose codes begin alike.
pub fn foreign_village() -> Village {
    Village { unit: "village-11".into(), path: upper(&["province", "county-11", "township-11"]) }
}

/// The villages of each cell, in order.
pub fn villages() -> [Village; 3] {
    [own_village(), neighbour_village(), foreign_village()]
}

fn upper(ids: &[&str]) -> Vec<UnitId> {
    ids.iter().map(|id| UnitId::from(*id)).collect()
}

/// The instant at which the sample's terms run.
pub fn instant() -> Timestamp {
    Timestamp::start_of(Date::constant(2026, 3, 2))
}

/// Every role of the field, once.
pub fn roles() -> Vec<Role> {
    let village = ["province", "county-1", "township-1", "village-1"];
    let at = |depth: usize, body: &str, post: &str| official(&village[..depth], body, post);
    let resident = Person {
        account: "resident".into(),
        resident: Some("r".into()),
        member_of: vec!["village-1".into()],
        ..Person::default()
    };
    let administrator = |office: Administrator| Principal::Administrator {
        account: office.name().to_owned(),
        office,
    };
    [
        ("visitor", Principal::Visitor),
        ("member", Principal::Person(resident)),
        ("representative", at(4, "representatives", "representative")),
        ("group-leader", at(4, "villager-groups", "group-leader")),
        ("window-clerk", at(4, "village-window", "window-clerk")),
        ("mediator", at(4, "mediation-committee", "mediator")),
        ("village-director", at(4, "village-committee", "village-director")),
        ("bookkeeper", at(4, "finance-office", "bookkeeper")),
        ("legal-representative", at(4, "collective-board", "legal-representative")),
        ("supervision-member", at(4, "supervision-committee", "supervision-member")),
        ("agency-accountant", at(3, TOWNSHIP_AGENCY, "agency-accountant")),
        ("township-officer", at(3, "township", "township-officer")),
        ("discipline-inspector", at(2, "discipline", "discipline-inspector")),
        ("county-officer", at(2, "county-agriculture", "county-officer")),
        ("rules-officer", at(1, "rules-office", "rules-officer")),
        ("operator", at(1, "operations", "operator")),
        ("system-administrator", administrator(Administrator::System)),
        ("security-administrator", administrator(Administrator::Security)),
        ("audit-administrator", administrator(Administrator::Audit)),
    ]
    .map(|(name, principal)| Role { name, principal })
    .to_vec()
}

fn official(path_and_unit: &[&str], body: &str, post: &str) -> Principal {
    let mut path = upper(path_and_unit);
    let unit = path.pop().unwrap_or_else(|| "province".into());
    let holder = format!("{body}-{post}");
    let seat = Seat { unit, body: body.into(), post: post.into(), holder: holder.clone() };
    let held = HeldSeat {
        id: holder.clone(),
        seat,
        path,
        from: Date::constant(2026, 1, 1),
        to: None,
        vacated: None,
        suspended: false,
    };
    Principal::Person(Person {
        account: holder.clone(),
        holder: Some(holder),
        grants: Grants::new(vec![held]),
        ..Person::default()
    })
}

/// The matrix as text: CSV, a line a route, a column a role; a cell has a sign for the own village, the next one, and one
/// in another county (`+` may, `-` may not).
///
/// # Errors
/// A route whose action nobody knows, or one registered twice.
pub fn compute(gate: &Gate, routes: &[Route]) -> Result<String, String> {
    let roles = roles();
    let mut lines = BTreeMap::new();
    for route in routes {
        let action = Action::parse(&route.action).ok_or_else(|| {
            format!("{} {}: no action is called `{}`", route.method, route.path, route.action)
        })?;
        let head = [
            route.path.as_str(),
            route.method.as_str(),
            route.service.as_str(),
            action.name(),
            class_name(route.class),
        ];
        let cells = roles.iter().map(|role| cell(gate, &role.principal, &action, route));
        let line: Vec<String> = head.map(str::to_owned).into_iter().chain(cells).collect();
        if lines.insert((route.path.clone(), route.method.clone()), line).is_some() {
            return Err(format!("{} {} is registered twice", route.method, route.path));
        }
    }
    let head = ["path", "method", "service", "action", "class"];
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = head.into_iter().chain(roles.iter().map(|role| role.name));
    writer.write_record(names).map_err(|e| e.to_string())?;
    for line in lines.values() {
        writer.write_record(line).map_err(|e| e.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

fn cell(gate: &Gate, principal: &Principal, action: &Action, route: &Route) -> String {
    let signs = villages().map(|village| {
        // A sealed matter is tried with the supervision committee of its own village as case officers.
        let officers = vec![(village.unit.clone(), "supervision-member".to_owned())];
        let resource =
            Resource::new(village.unit, village.path, route.service.clone(), route.class)
                .handled_by(officers);
        if gate.may(principal, action, &resource, instant()).is_ok() { '+' } else { '-' }
    });
    signs.iter().collect()
}

/// What differs between the committed matrix and the one computed from the routes, in sentences; empty when nothing does.
pub fn differences(committed: &str, computed: &str) -> Vec<String> {
    let (Ok(before), Ok(now)) = (read(committed), read(computed)) else {
        return vec!["the committed matrix is not readable CSV".to_owned()];
    };
    let mut found = Vec::new();
    for (route, cells) in &now {
        match before.get(route) {
            None => found.push(format!("{route}: not in the committed matrix")),
            Some(old) => {
                for (role, sign) in cells {
                    let was = old.get(role).map_or("absent", String::as_str);
                    if was != sign {
                        found.push(format!("{route}: {role} was `{was}` and is `{sign}`"));
                    }
                }
                for role in old.keys().filter(|role| !cells.contains_key(*role)) {
                    found.push(format!("{route}: the column {role} is gone"));
                }
            }
        }
    }
    let gone = before.keys().filter(|route| !now.contains_key(*route));
    found.extend(gone.map(|route| format!("{route}: committed, but no such route")));
    found
}

type Lines = BTreeMap<String, BTreeMap<String, String>>;

fn read(text: &str) -> Result<Lines, csv::Error> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers()?.clone();
    let mut lines = Lines::new();
    for record in reader.records() {
        let record = record?;
        let named: BTreeMap<String, String> = head
            .iter()
            .zip(&record)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let get = |name: &str| named.get(name).map_or("", String::as_str);
        lines.insert(format!("{} {}", get("method"), get("path")), named.clone());
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str, action: &str, class: Class) -> Route {
        Route {
            method: method.into(),
            path: path.into(),
            service: "funds".into(),
            action: action.into(),
            class,
        }
    }

    fn sample() -> Vec<Route> {
        let mut routes = vec![
            route("GET", "/login", "open", Class::Public),
            route("GET", "/funds/books", "read", Class::Public),
            route("GET", "/funds/members", "read", Class::Members),
            route("GET", "/funds/invoices", "read", Class::Staff),
            route("GET", "/funds/cases", "read", Class::Sealed),
            route("POST", "/funds/payments", "act", Class::Staff),
            route("POST", "/funds/for-village", "act-for", Class::Staff),
            route("POST", "/funds/queries", "take-part", Class::Public),
            route("GET", "/services/files", "read", Class::Staff),
            route("POST", "/system", "administer", Class::Sealed),
            route("POST", "/keys", "secure", Class::Sealed),
            route("GET", "/audit", "audit", Class::Sealed),
        ];
        for route in routes.iter_mut().filter(|route| route.path.starts_with("/services")) {
            route.service = "services".into();
        }
        routes
    }

    const GOLDEN: &str = include_str!("matrix-sample.csv");

    #[test]
    fn the_matrix_is_as_written_down() {
        let computed = compute(&Gate::new(), &sample()).unwrap();
        assert_eq!(differences(GOLDEN, &computed), Vec::<String>::new());
        assert_eq!(computed, GOLDEN);
    }

    #[test]
    fn an_unlisted_route_a_gone_one_and_a_changed_cell_are_found() {
        let mut routes = sample();
        routes.retain(|route| route.path != "/audit");
        routes.push(route("GET", "/new", "read", Class::Staff));
        for route in &mut routes {
            if route.path == "/funds/books" {
                route.class = Class::Members;
            }
        }
        let found = differences(GOLDEN, &compute(&Gate::new(), &routes).unwrap());
        assert!(found.contains(&"GET /new: not in the committed matrix".to_owned()), "{found:?}");
        assert!(
            found.contains(&"GET /audit: committed, but no such route".to_owned()),
            "{found:?}"
        );
        assert!(
            found.contains(&"GET /funds/books: visitor was `+++` and is `---`".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn an_unknown_action_and_a_route_twice_are_errors() {
        let gate = Gate::new();
        let unknown = [route("GET", "/x", "reed", Class::Public)];
        assert!(compute(&gate, &unknown).unwrap_err().contains("`reed`"));
        let twice =
            [route("GET", "/x", "read", Class::Public), route("GET", "/x", "act", Class::Public)];
        assert!(compute(&gate, &twice).unwrap_err().contains("twice"));
    }
}
