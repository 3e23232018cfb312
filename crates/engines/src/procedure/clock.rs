//! Clocks: lengths become instants when an event is written; the event says which clocks it starts and stops.

use definitions::{
    Definition, Matter, Step, Within,
    model::{CLOSED, MISSED, Missed},
};
use kernel::{Date, Due, Period, Timestamp, WorkCalendar};
use serde_json::{Map, Value};

use super::{
    history::History,
    order::{Order, ends_with, followers, moves},
    pause::{Span, Turned},
};

/// Resolves lengths at an instant.
pub(super) struct Clock<'a> {
    pub(super) definition: &'a Definition,
    pub(super) matter: Option<&'a Matter>,
    pub(super) calendar: &'a WorkCalendar,
    pub(super) now: Timestamp,
    /// What is known of the case, with what was typed just now.
    pub(super) values: &'a Map<String, Value>,
}

impl Clock<'_> {
    /// The length in days; `None` when a parameter is not in force.
    pub(super) fn period(&self, within: &Within) -> Option<Period> {
        match within {
            Within::Period(period) | Within::MonthEnd(period) => Some(*period),
            Within::Parameter(name) => {
                self.definition.parameters.get(name)?.at(self.now.date())?.is.period()
            }
            Within::Matter => match &self.matter?.notice {
                Within::Matter => None,
                notice => self.period(notice),
            },
            Within::Date(_) => None,
        }
    }

    /// The last instant of a length that begins now.
    pub(super) fn due(&self, within: &Within) -> Option<Due> {
        if let Within::Date(field) = within {
            let day: Date = self.values.get(field)?.as_str()?.parse().ok()?;
            return Some(self.calendar.go_on(Timestamp::start_of(day), Period::Days(0)));
        }
        let period = self.period(within)?;
        Some(self.calendar.due(self.from(within), period))
    }

    /// The instant from which a length counts that begins now.
    fn from(&self, within: &Within) -> Timestamp {
        match within {
            Within::MonthEnd(_) => Timestamp::end_of(self.now.date().last_of_month()),
            _ => self.now,
        }
    }

    /// Sets a clock; of one that may be paused the event says from when it counts, and how long.
    fn set(&self, turned: &mut Turned, missed: &Missed, name: String, within: &Within) {
        let Some(ends) = self.due(within) else { return };
        let of = |step: &&Step| step.missed.as_ref() == Some(missed);
        let step = self.definition.steps.iter().find(of);
        if step.is_some_and(|step| self.definition.is_pausable(step))
            && let Some(lasts) = self.period(within)
        {
            let span = Span { name: name.clone(), from: self.from(within), lasts };
            turned.runs.insert(name.clone(), span.write());
        }
        turned.due.insert(name, ends.at.micros().into());
    }

    /// The clocks that an outcome starts and stops, put into the event's data.
    pub(super) fn mark(
        &self,
        history: Option<&History>,
        step: &Step,
        outcome: &str,
        about: Option<&str>,
        data: &mut Map<String, Value>,
    ) {
        let mut turned = Turned::default();
        let next = step.next_of(outcome).and_then(|next| next.within.as_ref());
        if moves(step, outcome) {
            turned.stops.extend(self.main_clocks(history));
            turned.stops.extend(self.times_used(history, step));
            if let Some(within) = next {
                for follower in followers(self.definition, &step.id, outcome) {
                    if let Some(missed) = &follower.missed {
                        self.set(&mut turned, missed, clock_name(missed), within);
                    }
                }
            }
        } else if let (Some(within), Some(missed)) = (next, &step.missed)
            && step.is_main()
            && outcome != MISSED
        {
            self.set(&mut turned, missed, clock_name(missed), within);
        }
        if let Some(history) = history {
            turned.turn(self, history, step);
        }
        if let Some(window) = step.window.as_ref().filter(|_| moves(step, outcome)) {
            self.open(step, outcome, window, &mut turned, data);
        }
        for (opener, window) in
            self.definition.steps.iter().filter_map(|s| Some((s, s.window.as_ref()?)))
        {
            if window.restarts_on.as_deref() == Some(step.id.as_str()) {
                let opened = opener.events.iter().find(|event| {
                    history.is_some_and(|history| history.last(&event.fact).is_some())
                });
                if let Some(opened) = opened {
                    self.open(opener, &opened.outcome, window, &mut turned, data);
                }
            }
        }
        if let Some(answerer) =
            self.definition.steps.iter().find(|other| other.answers.as_ref() == Some(&step.id))
            && let Some(missed) = &answerer.missed
        {
            let number = Order::new(self.definition, history).times(step) + 1;
            let window =
                self.definition.steps.iter().filter_map(|s| s.window.as_ref()).find_map(|window| {
                    window
                        .answered_within
                        .as_ref()
                        .filter(|_| window.objections.as_ref() == Some(&step.id))
                });
            if let Some(within) = window.or(next) {
                let name = format!("{}/{number}", clock_name(missed));
                self.set(&mut turned, missed, name, within);
            }
        }
        if let (Some(missed), Some(asked), Some(about)) =
            (&step.missed, step.answers.as_ref().and_then(|id| self.definition.step(id)), about)
        {
            let number = Order::new(self.definition, history)
                .of_step(asked)
                .position(|happened| happened.event.as_str() == about);
            turned
                .stops
                .extend(number.map(|number| format!("{}/{}", clock_name(missed), number + 1)));
        }
        let goes_on =
            step.window.is_some() || !followers(self.definition, &step.id, outcome).is_empty();
        let main_end = moves(step, outcome) || outcome == CLOSED;
        if main_end
            && (outcome == CLOSED || !goes_on)
            && followers_of(self.definition, step, outcome)
        {
            data.insert("concluded".to_owned(), true.into());
            // Clocks for answers run on: who objected in time is answered.
            let open = history.into_iter().flat_map(History::clocks).map(str::to_owned);
            turned.stops.extend(open.filter(|name| !name.contains('/')));
        }
        let Turned { due, runs, paused, mut stops } = turned;
        stops.retain(|name| !due.contains_key(name));
        stops.sort_unstable();
        stops.dedup();
        for (key, clocks) in [("due", due), ("runs", runs), ("paused", paused)] {
            if !clocks.is_empty() {
                data.insert(key.to_owned(), Value::Object(clocks));
            }
        }
        if !stops.is_empty() {
            data.insert("stops".to_owned(), stops.into());
        }
    }

    fn open(
        &self,
        step: &Step,
        outcome: &str,
        window: &definitions::Window,
        turned: &mut Turned,
        data: &mut Map<String, Value>,
    ) {
        let Some(ends) = self.due(&window.lasts) else { return };
        if let Some((_, closes)) = &window.closes {
            turned.due.insert(stem(closes).to_owned(), ends.at.micros().into());
        }
        let Some(event) = step.event_of(outcome) else { return };
        let mut opened = Map::new();
        opened.insert("fact".to_owned(), event.fact.clone().into());
        opened.insert("ends".to_owned(), ends.at.micros().into());
        data.insert("window".to_owned(), Value::Object(opened));
    }

    /// Clocks of the windows that a step was open in: they were the time within which to take it.
    fn times_used(&self, history: Option<&History>, step: &Step) -> Vec<String> {
        let used = |before: &Step| {
            before
                .events
                .iter()
                .any(|event| ends_with(self.definition, before, &event.outcome, step))
        };
        let closes = self.definition.steps.iter().filter(|before| used(before));
        let closes = closes.filter_map(|before| before.window.as_ref()?.closes.as_ref());
        let names: Vec<String> = closes.map(|(_, fact)| stem(fact).to_owned()).collect();
        let clocks = history.into_iter().flat_map(History::clocks);
        clocks.filter(|name| names.iter().any(|own| own == name)).map(str::to_owned).collect()
    }

    /// Clocks of main steps, running or paused: a case that moves on stops them.
    fn main_clocks(&self, history: Option<&History>) -> Vec<String> {
        let names: Vec<String> = self
            .definition
            .steps
            .iter()
            .filter(|step| step.is_main())
            .filter_map(|step| step.missed.as_ref().map(clock_name))
            .collect();
        let clocks = history.into_iter().flat_map(History::clocks);
        clocks.filter(|name| names.iter().any(|own| own == name)).map(str::to_owned).collect()
    }
}

/// Whether nothing may follow: neither after this outcome nor, for a window that closes, after the step itself.
fn followers_of(definition: &Definition, step: &Step, outcome: &str) -> bool {
    let own: Vec<&str> = if outcome == CLOSED {
        step.events.iter().map(|event| event.outcome.as_str()).chain([CLOSED]).collect()
    } else {
        vec![outcome]
    };
    own.iter().all(|own| {
        let mut next = followers(definition, &step.id, own).into_iter();
        // After the end of a window nothing follows that was open during it alone.
        next.all(|next| outcome == CLOSED && ends_with(definition, step, own, next))
    })
}

/// A clock is named as what it writes when it runs out.
pub(super) fn clock_name(missed: &Missed) -> String {
    stem(&missed.fact).to_owned()
}

/// A fact without its version.
pub(super) fn stem(fact: &str) -> &str {
    fact.rsplit_once(".v").map_or(fact, |(stem, _)| stem)
}

/// How many days of notice lie between two days, counted as the period counts.
pub(super) fn noticed(calendar: &WorkCalendar, from: Date, to: Date, period: Period) -> bool {
    match period {
        Period::Days(days) => {
            WorkCalendar::days_between(Timestamp::start_of(from), Timestamp::start_of(to))
                >= i64::from(days)
        }
        Period::WorkingDays(_) => calendar.due(Timestamp::start_of(from), period).at.date() <= to,
    }
}
