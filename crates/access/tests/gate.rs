//! The gate, from outside: properties over roles, units and instants.

use std::{collections::BTreeMap, sync::LazyLock};

use access::{Action, Administrator, Gate, Grants, HeldSeat, Person, Principal, Resource, matrix};
use kernel::{Class, Date, Seat, Timestamp, UnitId};
use proptest::prelude::*;

static GATE: LazyLock<Gate> = LazyLock::new(Gate::new);
const CLASSES: [Class; 4] = [Class::Public, Class::Members, Class::Staff, Class::Sealed];

fn actions() -> Vec<Action> {
    ["open", "read", "take-part", "act", "act-for", "administer", "secure", "audit"]
        .map(|name| Action::parse(name).unwrap())
        .to_vec()
}

/// A small country: every unit with the units above it. Ids begin alike on purpose.
fn units() -> BTreeMap<UnitId, Vec<UnitId>> {
    let mut units: BTreeMap<UnitId, Vec<UnitId>> = BTreeMap::new();
    let mut add = |id: &str, parent: Option<&str>| {
        let path = parent.map_or_else(Vec::new, |parent| {
            let mut path = units[&UnitId::from(parent)].clone();
            path.push(parent.into());
            path
        });
        units.insert(id.into(), path);
    };
    add("33", None);
    for county in ["3301", "33011"] {
        add(county, Some("33"));
        for township in ["1", "11"] {
            let township = format!("{county}{township}t");
            add(&township, Some(county));
            for village in ["1", "11"] {
                add(&format!("{township}{village}"), Some(&township));
            }
        }
    }
    units
}

fn day(n: i8) -> Date {
    Date::constant(2026, 6, n)
}

fn seat() -> impl Strategy<Value = HeldSeat> {
    let all: Vec<(UnitId, Vec<UnitId>)> = units().into_iter().collect();
    let posts = [
        ("village-committee", "village-director"),
        ("supervision-committee", "supervision-member"),
        ("township-agency", "agency-accountant"),
        ("township", "township-officer"),
        ("representatives", "representative"),
        ("village-window", "window-clerk"),
        ("operations", "operator"),
    ];
    let dates = (1i8..28, proptest::option::of(1i8..28), proptest::option::of(1i8..28));
    (
        prop::sample::select(all),
        prop::sample::select(posts.to_vec()),
        dates,
        prop::bool::weighted(0.2),
    )
        .prop_map(|((unit, path), (body, post), (from, to, vacated), suspended)| HeldSeat {
            id: "seat".into(),
            seat: Seat { unit, body: body.into(), post: post.into(), holder: "h".into() },
            path,
            from: day(from),
            to: to.map(day),
            vacated: vacated.map(day),
            suspended,
        })
}

fn principal() -> impl Strategy<Value = Principal> {
    let ids: Vec<UnitId> = units().into_keys().collect();
    let person = (
        prop::collection::vec(seat(), 0..4),
        prop::collection::vec(prop::sample::select(ids), 0..2),
    )
        .prop_map(|(seats, member_of)| {
            Principal::Person(Person {
                account: "a".into(),
                member_of,
                grants: Grants::new(seats),
                ..Person::default()
            })
        });
    let offices = vec![Administrator::System, Administrator::Security, Administrator::Audit];
    prop_oneof![
        8 => person,
        1 => Just(Principal::Visitor),
        1 => prop::sample::select(offices)
            .prop_map(|office| Principal::Administrator { account: "a".into(), office }),
    ]
}

fn effective(principal: &Principal, now: Timestamp) -> Vec<&HeldSeat> {
    match principal {
        Principal::Person(person) => person.grants.effective(now).collect(),
        _ => Vec::new(),
    }
}

fn members(principal: &Principal) -> &[UnitId] {
    match principal {
        Principal::Person(person) => &person.member_of,
        _ => &[],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whoever it is: nothing is written for a unit in which they hold no seat and of which they are no member; the one
    /// exception is a post directly above, where it is named.
    #[test]
    fn nobody_writes_in_another_units_name(who in principal(), n in 1i8..28) {
        let gate = &*GATE;
        let now = Timestamp::start_of(day(n));
        for (unit, path) in units() {
            let seated = effective(&who, now).iter().any(|held| held.seat.unit == unit);
            let member = members(&who).contains(&unit);
            let above = |named: &str| {
                effective(&who, now).iter().any(|held| {
                    let is_named = held.seat.body == named || held.seat.post == named;
                    is_named && path.last() == Some(&held.seat.unit)
                })
            };
            for class in CLASSES {
                let resource = Resource::new(unit.clone(), path.clone(), "funds", class)
                    .handled_by(vec![(unit.clone(), "supervision-member".into())]);
                let may = |action: &Action| gate.may(&who, action, &resource, now).is_ok();
                if !seated {
                    prop_assert!(!may(&Action::Act), "{unit} {class:?}");
                }
                if !member {
                    prop_assert!(!may(&Action::TakePart), "{unit} {class:?}");
                }
                for named in ["township-agency", "agency-accountant", "township-officer"] {
                    let allowed = above(named) && class != Class::Sealed;
                    prop_assert_eq!(may(&Action::ActFor(vec![named.into()])), allowed, "{} {}", unit, named);
                }
            }
        }
    }

    /// Beyond what is public, seeing needs a seat in the unit or above it, or membership.
    #[test]
    fn nobody_sees_into_a_unit_beside_their_own(who in principal(), n in 1i8..28) {
        let gate = &*GATE;
        let now = Timestamp::start_of(day(n));
        for (unit, path) in units() {
            let above = effective(&who, now)
                .iter()
                .any(|held| held.seat.unit == unit || path.contains(&held.seat.unit));
            for class in [Class::Members, Class::Staff, Class::Sealed] {
                let resource = Resource::new(unit.clone(), path.clone(), "funds", class)
                    .handled_by(vec![(unit.clone(), "supervision-member".into())]);
                let sees = gate.may(&who, &Action::Read, &resource, now).is_ok();
                if sees {
                    let member = class == Class::Members && members(&who).contains(&unit);
                    prop_assert!(above || member, "{unit} {class:?}");
                }
            }
        }
    }

    /// Lists and single matters never differ.
    #[test]
    fn scope_and_gate_agree(who in principal(), n in 1i8..28) {
        let gate = &*GATE;
        let now = Timestamp::start_of(day(n));
        for action in actions() {
            for class in CLASSES {
                let scope = gate.scope(&who, &action, "services", class, now);
                for (unit, path) in units() {
                    let resource = Resource::new(unit.clone(), path.clone(), "services", class);
                    let posts: Vec<_> = effective(&who, now)
                        .iter()
                        .map(|held| (unit.clone(), held.seat.post.clone()))
                        .collect();
                    let resource = resource.handled_by(posts);
                    let may = gate.may(&who, &action, &resource, now).is_ok();
                    prop_assert_eq!(
                        scope.contains(&unit, &path), may, "{:?} {:?} {}", action, class, unit
                    );
                }
            }
        }
    }

    /// Log-in alone, without a seat in effect or a village, shows what everybody sees.
    #[test]
    fn ended_and_suspended_seats_are_worth_nothing(seats in prop::collection::vec(seat(), 1..4)) {
        let gate = &*GATE;
        let over: Vec<HeldSeat> = seats
            .into_iter()
            .enumerate()
            .map(|(i, held)| match i % 3 {
                0 => HeldSeat { suspended: true, ..held },
                1 => HeldSeat { vacated: Some(day(1)), ..held },
                _ => HeldSeat { from: day(29), to: None, ..held },
            })
            .collect();
        let who = Principal::Person(Person {
            account: "a".into(),
            grants: Grants::new(over),
            ..Person::default()
        });
        for (unit, path) in units() {
            for action in actions().into_iter().filter(|action| *action != Action::Open) {
                for class in [Class::Members, Class::Staff, Class::Sealed] {
                    let resource = Resource::new(unit.clone(), path.clone(), "funds", class);
                    prop_assert!(gate.may(&who, &action, &resource, Timestamp::start_of(day(28))).is_err());
                }
            }
        }
    }
}

#[test]
fn refusals_tell_log_in_from_no_right() {
    let gate = Gate::new();
    let village = matrix::own_village();
    let staff = Resource::new(village.unit, village.path, "funds", Class::Staff);
    let now = matrix::instant();
    let code = |who: &Principal| gate.may(who, &Action::Read, &staff, now).unwrap_err().code;
    assert_eq!(code(&Principal::Visitor), "unauthenticated");
    let office = Administrator::System;
    assert_eq!(code(&Principal::Administrator { account: "a".into(), office }), "no-right");
}

#[test]
fn a_path_that_runs_in_a_circle_is_refused() {
    let role =
        matrix::roles().into_iter().find(|role| role.name == "discipline-inspector").unwrap();
    let path: Vec<UnitId> = ["county-1", "x", "county-1"].map(UnitId::from).to_vec();
    let resource = Resource::new("village-1".into(), path, "funds", Class::Staff);
    let answer = Gate::new().may(&role.principal, &Action::Read, &resource, matrix::instant());
    assert_eq!(answer.unwrap_err().code, "no-right");
}

#[test]
fn policies_are_checked_against_the_schema_and_have_a_hash() {
    let gate = Gate::new();
    assert_eq!(gate.policy_hash().len(), 64);
    assert!(Gate::policy_text().contains("@id("));
    let schema = include_str!("../policies/access.cedarschema");
    let other = Gate::with_policies(schema, "permit (principal, action, resource);").unwrap();
    assert_ne!(other.policy_hash(), gate.policy_hash());
    for wrong in [
        "permit (principal, action == Action::\"reed\", resource);",
        "permit (principal is Person, action == Action::\"read\", resource) when { principal.age > 3 };",
        "permit (principal",
    ] {
        assert!(Gate::with_policies(schema, wrong).is_err(), "{wrong}");
    }
}
