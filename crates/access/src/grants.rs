//! Seats held in units for terms, as organisation's events tell; knows no account and no policy.

use std::collections::BTreeSet;

use kernel::{Date, Seat, Timestamp, UnitId};
use serde::{Deserialize, Serialize};

use crate::{OPERATIONS, TOWNSHIP_AGENCY, principal::Administrator};

/// A seat with its term and with the units above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldSeat {
    /// The seat's own id: who is elected again holds another seat in the same post.
    pub id: String,
    /// Unit, body, post and holder.
    pub seat: Seat,
    /// The units above the seat's unit, from the province down; without the unit itself.
    pub path: Vec<UnitId>,
    /// First day of the term.
    pub from: Date,
    /// Last day of the term, that day included.
    pub to: Option<Date>,
    /// The day on which the seat became vacant: from its start no act any more.
    pub vacated: Option<Date>,
    /// Suspended (停职): neither sees nor acts until it ends.
    pub suspended: bool,
}

impl HeldSeat {
    /// Whether the seat is in effect at the instant.
    pub fn is_effective(&self, now: Timestamp) -> bool {
        let day = now.date();
        !self.suspended
            && self.from <= day
            && self.to.is_none_or(|last| day <= last)
            && self.vacated.is_none_or(|on| day < on)
    }

    /// What the seat lets its holder see beyond what is public, in its unit and below.
    pub fn duty(&self) -> Duty {
        duty(&self.seat.body)
    }
}

/// What a body on duty watches over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// What is for staff in its unit and all units below, in every service.
    All,
    /// What is for staff in its own unit, in one service: a desk (窗口) sees its own files.
    Desk(&'static str),
    /// Nothing: assemblies, representatives and delegates decide in meetings; rules and operations see no business.
    None,
}

/// What a body watches over. A body that is not named here watches nothing.
pub fn duty(body: &str) -> Duty {
    match body {
        "branch-committee"
        | "village-committee"
        | "supervision-committee"
        | "collective-board"
        | "collective-supervisors"
        | "finance-office"
        | "township"
        | TOWNSHIP_AGENCY
        | "county-agriculture"
        | "discipline" => Duty::All,
        "village-window" => Duty::Desk("services"),
        "mediation-committee" => Duty::Desk("disputes"),
        _ => Duty::None,
    }
}

/// All seats that one holder has or had.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(Vec<HeldSeat>);

impl Grants {
    /// With these seats.
    pub fn new(seats: Vec<HeldSeat>) -> Self {
        Self(seats)
    }

    /// `seat-filled`: adds a seat.
    pub fn fill(&mut self, seat: HeldSeat) {
        self.0.push(seat);
    }

    /// `seat-suspended`: the seat neither sees nor acts.
    pub fn suspend(&mut self, id: &str) {
        self.each(id, |seat| seat.suspended = true);
    }

    /// `seat-resumed`: the suspension has ended.
    pub fn resume(&mut self, id: &str) {
        self.each(id, |seat| seat.suspended = false);
    }

    /// `seat-vacated`: from the start of that day the seat is over. An earlier end stays.
    pub fn vacate(&mut self, id: &str, on: Date) {
        self.each(id, |seat| {
            seat.vacated = Some(seat.vacated.map_or(on, |before| before.min(on)));
        });
    }

    /// A unit was moved under another parent: its seats have this path from now on.
    pub fn moved(&mut self, unit: &UnitId, path: &[UnitId]) {
        for held in self.0.iter_mut().filter(|held| held.seat.unit == *unit) {
            held.path = path.to_vec();
        }
    }

    /// The seats in effect at the instant. Seats of those who run the system (运行机构) are left out: they see and do
    /// nothing of the villages' business.
    pub fn effective(&self, now: Timestamp) -> impl Iterator<Item = &HeldSeat> {
        self.0.iter().filter(move |held| held.is_effective(now) && held.seat.body != OPERATIONS)
    }

    /// The seats in effect in one unit: what a person may choose to act in there.
    pub fn seats_in<'a>(
        &'a self,
        unit: &'a UnitId,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Seat> {
        self.effective(now).filter(move |held| held.seat.unit == *unit).map(|held| &held.seat)
    }

    /// Which of the three administrators the holder is: a running seat of the operations body says so. Who holds two is
    /// none: three administrators are three people (三员分立).
    pub fn administrator(&self, now: Timestamp) -> Option<Administrator> {
        let held =
            self.0.iter().filter(|held| held.is_effective(now) && held.seat.body == OPERATIONS);
        let mut offices = held.filter_map(|held| Administrator::of_post(&held.seat.post));
        let first = offices.next()?;
        offices.all(|other| other == first).then_some(first)
    }

    /// Every seat, past ones included.
    pub fn all(&self) -> &[HeldSeat] {
        &self.0
    }

    /// The units in which a seat is held.
    pub fn units(&self, now: Timestamp) -> BTreeSet<UnitId> {
        self.effective(now).map(|held| held.seat.unit.clone()).collect()
    }

    /// The units watched over by a body on duty; what lies below each is watched too.
    pub fn watched(&self, now: Timestamp) -> BTreeSet<UnitId> {
        self.effective(now)
            .filter(|held| held.duty() == Duty::All)
            .map(|held| held.seat.unit.clone())
            .collect()
    }

    /// The desks at which a seat is held: unit and service.
    pub fn desks(&self, now: Timestamp) -> BTreeSet<(UnitId, &'static str)> {
        self.effective(now)
            .filter_map(|held| match held.duty() {
                Duty::Desk(service) => Some((held.seat.unit.clone(), service)),
                Duty::All | Duty::None => None,
            })
            .collect()
    }

    /// The units in which a seat is held that is named, by its body or its post: it acts for the units directly below.
    pub fn acts_for(&self, named: &[String], now: Timestamp) -> BTreeSet<UnitId> {
        self.effective(now)
            .filter(|held| named.iter().any(|n| *n == held.seat.post || *n == held.seat.body))
            .map(|held| held.seat.unit.clone())
            .collect()
    }

    fn each(&mut self, id: &str, change: impl Fn(&mut HeldSeat)) {
        self.0.iter_mut().filter(|held| held.id == id).for_each(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn held(unit: &str, path: &[&str], body: &str, post: &str) -> HeldSeat {
        HeldSeat {
            id: format!("{unit}-{post}"),
            seat: Seat {
                unit: unit.into(),
                body: body.into(),
                post: post.into(),
                holder: "h".into(),
            },
            path: path.iter().map(|id| UnitId::from(*id)).collect(),
            from: day("2026-01-01"),
            to: Some(day("2026-12-31")),
            vacated: None,
            suspended: false,
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::start_of(day(text))
    }

    #[test]
    fn a_term_has_a_first_and_a_last_day() {
        let grants = Grants::new(vec![held("v", &["p"], "village-committee", "village-director")]);
        let counts = ["2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"]
            .map(|text| grants.effective(at(text)).count());
        assert_eq!(counts, [0, 1, 1, 0]);
    }

    #[test]
    fn a_vacated_seat_is_over_on_that_day_and_a_suspended_one_at_once() {
        let mut grants = Grants::new(vec![
            held("v", &["p"], "village-committee", "village-director"),
            held("v", &["p"], "finance-office", "bookkeeper"),
        ]);
        grants.vacate("v-village-director", day("2026-05-02"));
        grants.vacate("v-village-director", day("2026-06-01"));
        assert_eq!(grants.effective(at("2026-05-01")).count(), 2);
        assert_eq!(grants.effective(at("2026-05-02")).count(), 1);
        grants.suspend("v-bookkeeper");
        assert_eq!(grants.effective(at("2026-05-02")).count(), 0);
        grants.resume("v-bookkeeper");
        assert_eq!(grants.effective(at("2026-05-02")).count(), 1);
    }

    #[test]
    fn representatives_watch_nothing_and_bodies_on_duty_their_unit() {
        let grants = Grants::new(vec![
            held("v", &["p", "c"], "representatives", "representative"),
            held("w", &["p", "c"], "village-committee", "village-director"),
            held("c", &["p"], "discipline", "inspector"),
        ]);
        assert_eq!(grants.watched(at("2026-03-01")), BTreeSet::from(["c".into(), "w".into()]));
        let desk = Grants::new(vec![held("v", &["p"], "village-window", "window-clerk")]);
        assert!(desk.watched(at("2026-03-01")).is_empty());
        let desks = BTreeSet::from([("v".into(), "services")]);
        assert_eq!(desk.desks(at("2026-03-01")), desks);
    }

    #[test]
    fn who_runs_the_system_holds_no_seat_here() {
        let mut grants = Grants::new(vec![held("p", &[], "operations", "system-administrator")]);
        let now = at("2026-03-01");
        assert_eq!(grants.effective(now).count(), 0);
        assert_eq!(grants.administrator(now), Some(Administrator::System));
        assert_eq!(grants.administrator(at("2027-03-01")), None);
        grants.fill(held("p", &[], "operations", "operator"));
        assert_eq!(grants.administrator(now), Some(Administrator::System));
        grants.fill(held("p", &[], "operations", "audit-administrator"));
        assert_eq!(grants.administrator(now), None);
    }
}
