//! Clocks that pause: what is left is exact in days and in working days, nothing falls due meanwhile, all of it is in events.

#[path = "../../definitions/tests/sample/mod.rs"]
mod sample;
mod shed;

use engines::procedure::{Outcome, Status, open_steps, stepper};
use kernel::{Date, Period, Timestamp, Verdict, WorkCalendar};
use proptest::prelude::*;
use serde_json::json;
use shed::{Shed, official};

const CLOCK: &str = "handing-overdue";

/// A shed in which the porter has ten working days (or, as `days` says, as many days) to hand the tool over.
fn approved(days: Option<u16>) -> Shed {
    let mut shed = Shed::new();
    if let Some(days) = days {
        shed.change(&[
            ("handing       = { type = \"working-days\"", "handing       = { type = \"days\""),
            ("more          = { type = \"working-days\"", "more          = { type = \"days\""),
            (
                "is = 10, source = \"default\" }] }\nmore",
                &format!("is = {days}, source = \"default\" }}] }}\nmore"),
            ),
        ]);
    }
    shed.request("300.00").unwrap();
    shed.agree();
    shed.posted();
    shed.act("approve", official("warden", "wang"), json!({})).unwrap();
    shed
}

fn porter(shed: &mut Shed, step: &str) -> Result<Outcome, Verdict> {
    shed.act(step, official("porter", "zhao"), json!({}))
}

fn due(shed: &Shed) -> Option<Date> {
    let clocks = shed.history().deadlines();
    clocks.iter().find(|clock| clock.name == CLOCK).map(|clock| clock.due_at.date())
}

fn on(day: &str) -> Timestamp {
    Timestamp::start_of(day.parse().unwrap()).plus_micros(kernel::time::DAY / 2)
}

#[test]
fn a_paused_clock_fires_nothing_and_goes_on_with_what_was_left() {
    let mut shed = approved(None);
    // Approved on Tuesday, 2026-03-24: ten working days end on 2026-04-07.
    assert_eq!(due(&shed).unwrap().to_string(), "2026-04-07");
    shed.now = on("2026-03-27");
    let out = porter(&mut shed, "mend").unwrap();
    assert_eq!(out.data["paused"][CLOCK]["lasts"], "7 working-days");
    assert_eq!(out.data["stops"], json!([CLOCK]));
    assert_eq!(due(&shed), None);
    let row = |shed: &Shed| {
        let rows = stepper(&shed.definition, Some(shed.history()), shed.now);
        rows.into_iter().find(|row| row.step == "hand-over").unwrap()
    };
    assert_eq!(row(&shed).status, Status::Paused);
    assert_eq!(row(&shed).paused, Some(Period::WorkingDays(7)));
    shed.now = on("2026-06-01");
    assert_eq!(shed.pass(), Vec::<String>::new());
    assert_eq!(shed::code(&porter(&mut shed, "mend").unwrap_err()), "clock-paused");
    let out = porter(&mut shed, "mended").unwrap();
    // The new instant stands in the event.
    assert_eq!(due(&shed).unwrap().to_string(), "2026-06-10");
    assert_eq!(out.data["due"][CLOCK], Timestamp::end_of("2026-06-10".parse().unwrap()).micros());
    assert_eq!(row(&shed).status, Status::Now);
    assert_eq!(shed::code(&porter(&mut shed, "mended").unwrap_err()), "clock-not-paused");
    shed.now = on("2026-06-11");
    assert_eq!(shed.pass(), ["handing-overdue.v1"]);
    // What has run out can be mended, but not prolonged.
    let warden = official("warden", "wang");
    let late = shed.act("give-time", warden, json!({})).unwrap_err();
    assert_eq!((shed::code(&late), shed::law(&late)), ("clock-run-out", "county-finance"));
    porter(&mut shed, "mend").unwrap();
    assert!(shed.history().paused.is_empty());
    porter(&mut shed, "mended").unwrap();
    assert_eq!(due(&shed), None);
}

#[test]
fn more_time_is_added_to_what_was_given_running_or_standing_still() {
    let warden = || official("warden", "wang");
    let mut running = approved(None);
    running.now = on("2026-03-26");
    running.act("give-time", warden(), json!({})).unwrap();
    assert_eq!(due(&running).unwrap().to_string(), "2026-04-14");
    let again = running.act("give-time", warden(), json!({})).unwrap_err();
    assert_eq!(shed::code(&again), "rounds-exhausted");

    let mut standing = approved(None);
    standing.now = on("2026-03-26");
    porter(&mut standing, "mend").unwrap();
    standing.act("give-time", warden(), json!({})).unwrap();
    assert_eq!(standing.history().paused(CLOCK).unwrap().lasts, Period::WorkingDays(13));
    porter(&mut standing, "mended").unwrap();
    assert_eq!(due(&standing), due(&running));
}

#[test]
fn whoever_moves_on_leaves_no_clock_behind() {
    let mut shed = approved(None);
    porter(&mut shed, "mend").unwrap();
    let out = porter(&mut shed, "hand-over").unwrap();
    assert_eq!(out.data["stops"], json!([CLOCK]));
    assert!(shed.history().paused.is_empty() && shed.history().runs.is_empty());
    let open = open_steps(&shed.definition, Some(shed.history()), shed.now);
    assert!(open.iter().all(|open| open.step != "mended" && open.paused.is_none()));
}

#[test]
fn three_days_of_outage_fire_each_once_in_order_and_the_paused_not_at_all() {
    let mut shed = approved(None);
    shed.now = on("2026-04-01");
    porter(&mut shed, "mend").unwrap();
    let (before, events) = (shed.history().clone(), shed.history().happened.len());
    // Everybody was away from the day before it would have been due.
    shed.now = on("2026-04-09");
    assert_eq!(shed.pass(), Vec::<String>::new());
    assert_eq!(*shed.history(), before);
    porter(&mut shed, "mended").unwrap();
    let ends = due(&shed).unwrap();
    assert_eq!(ends.to_string(), "2026-04-15");
    shed.now = on("2026-04-18");
    assert_eq!(shed.pass(), ["handing-overdue.v1"]);
    assert_eq!(shed.pass(), Vec::<String>::new());
    assert_eq!(shed.history().happened.len(), events + 2);
}

#[test]
fn a_clock_that_ran_before_anything_could_pause_it_is_counted_back_from_its_end() {
    let mut shed = approved(None);
    let mut old = shed.history().clone();
    old.runs.clear();
    shed.become_(old);
    shed.now = on("2026-03-27");
    let out = porter(&mut shed, "mend").unwrap();
    assert_eq!(out.data["paused"][CLOCK]["lasts"], "7 working-days");
}

/// Days that count from `from` to `to`, the first not, the last one so.
fn counted(calendar: &WorkCalendar, from: Date, to: Date, working: bool) -> i64 {
    let mut day = from;
    let mut count = 0;
    while day < to {
        day = day.tomorrow().unwrap();
        count += i64::from(!working || calendar.is_working_day(day));
    }
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the pauses: the days outside them are as many as were given, and the last one is a working day.
    #[test]
    fn the_days_outside_pauses_are_those_given(given in 4u16..60, working: bool, gaps in prop::collection::vec((0i64..9, 0i64..20), 1..5)) {
        let mut shed = approved((!working).then_some(given));
        let given = if working { 10 } else { i64::from(given) };
        let calendar = WorkCalendar::default();
        let mut from = shed.now.date();
        let mut ran = 0;
        for (runs, stands) in gaps {
            shed.days(runs);
            if !shed.pass().is_empty() {
                return Ok(());
            }
            porter(&mut shed, "mend").unwrap();
            ran += counted(&calendar, from, shed.now.date(), working);
            shed.days(stands);
            prop_assert!(shed.pass().is_empty());
            porter(&mut shed, "mended").unwrap();
            from = shed.now.date();
        }
        let mut end = from;
        while ran < given {
            end = end.tomorrow().unwrap();
            ran += counted(&calendar, end.yesterday().unwrap(), end, working);
        }
        while !calendar.is_working_day(end) {
            end = end.tomorrow().unwrap();
        }
        prop_assert_eq!(due(&shed), Some(end));
    }

    /// A pause that ends on the day it began changes nothing.
    #[test]
    fn a_pause_within_a_day_changes_nothing(given in 1u16..40, working: bool, after in 0i64..12) {
        let mut shed = approved((!working).then_some(given));
        shed.days(after);
        if !shed.pass().is_empty() {
            return Ok(());
        }
        let before = due(&shed);
        porter(&mut shed, "mend").unwrap();
        porter(&mut shed, "mended").unwrap();
        prop_assert_eq!(due(&shed), before);
    }
}
