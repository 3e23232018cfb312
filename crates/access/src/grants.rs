//! Seats held in units for terms, as organisation's events tell; knows no account and no policy.

use std::collections::BTreeSet;

use kernel::{Date, Seat, Timestamp, UnitId};
use serde::{Deserialize, Serialize};

/// A seat with its term and with the units above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldSeat {
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

    /// Whether the seat is in a body on duty. Assemblies, their representatives (村民代表) and delegates decide in
    /// meetings: a seat there gives no sight of what is for staff alone.
    pub fn is_on_duty(&self) -> bool {
        let assembly = ["assembly", "representatives", "delegates", "congress", "group"]
            .iter()
            .any(|word| self.seat.body.split('-').any(|part| part == *word));
        let member = matches!(
            self.seat.post.as_str(),
            "representative" | "villager-representative" | "delegate" | "group-leader"
        );
        !assembly && !member
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

    /// `seat-suspended`: the running seats in that body and post neither see nor act.
    pub fn suspend(&mut self, unit: &UnitId, body: &str, post: &str) {
        self.each(unit, body, post, |seat| seat.suspended = true);
    }

    /// `seat-vacated`: from the start of that day the seat is over. An earlier end stays.
    pub fn vacate(&mut self, unit: &UnitId, body: &str, post: &str, on: Date) {
        self.each(unit, body, post, |seat| {
            seat.vacated = Some(seat.vacated.map_or(on, |before| before.min(on)));
        });
    }

    /// A unit was moved under another parent: its seats have this path from now on.
    pub fn moved(&mut self, unit: &UnitId, path: &[UnitId]) {
        for held in self.0.iter_mut().filter(|held| held.seat.unit == *unit) {
            held.path = path.to_vec();
        }
    }

    /// The seats in effect at the instant.
    pub fn effective(&self, now: Timestamp) -> impl Iterator<Item = &HeldSeat> {
        self.0.iter().filter(move |held| held.is_effective(now))
    }

    /// The seats in effect in one unit: what a person may choose to act in there.
    pub fn seats_in<'a>(
        &'a self,
        unit: &'a UnitId,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Seat> {
        self.effective(now).filter(move |held| held.seat.unit == *unit).map(|held| &held.seat)
    }

    /// Every seat, past ones included.
    pub fn all(&self) -> &[HeldSeat] {
        &self.0
    }

    /// The units watched over by a body on duty; what lies below each is watched too.
    pub fn watched(&self, now: Timestamp) -> BTreeSet<UnitId> {
        self.effective(now)
            .filter(|held| held.is_on_duty())
            .map(|held| held.seat.unit.clone())
            .collect()
    }

    fn each(&mut self, unit: &UnitId, body: &str, post: &str, change: impl Fn(&mut HeldSeat)) {
        self.0
            .iter_mut()
            .filter(|held| {
                let seat = &held.seat;
                seat.unit == *unit && seat.body == body && seat.post == post
            })
            .for_each(change);
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
        let grants = Grants::new(vec![held("v", &["p"], "village-committee", "chair")]);
        let counts = ["2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"]
            .map(|text| grants.effective(at(text)).count());
        assert_eq!(counts, [0, 1, 1, 0]);
    }

    #[test]
    fn a_vacated_seat_is_over_on_that_day_and_a_suspended_one_at_once() {
        let mut grants = Grants::new(vec![
            held("v", &["p"], "village-committee", "chair"),
            held("v", &["p"], "village-committee", "bookkeeper"),
        ]);
        grants.vacate(&"v".into(), "village-committee", "chair", day("2026-05-02"));
        grants.vacate(&"v".into(), "village-committee", "chair", day("2026-06-01"));
        assert_eq!(grants.effective(at("2026-05-01")).count(), 2);
        assert_eq!(grants.effective(at("2026-05-02")).count(), 1);
        grants.suspend(&"v".into(), "village-committee", "bookkeeper");
        assert_eq!(grants.effective(at("2026-05-02")).count(), 0);
    }

    #[test]
    fn representatives_watch_nothing_and_bodies_on_duty_their_unit() {
        let grants = Grants::new(vec![
            held("v", &["p", "c"], "representatives-assembly", "representative"),
            held("w", &["p", "c"], "village-committee", "chair"),
            held("c", &["p"], "discipline-inspection", "inspector"),
        ]);
        assert_eq!(grants.watched(at("2026-03-01")), BTreeSet::from(["c".into(), "w".into()]));
    }
}
