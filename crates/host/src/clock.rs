//! The clocks: the one real clock of the program, and those that are moved by hand or run beside it.

use std::sync::atomic::{AtomicI64, Ordering};

use kernel::{Clock, Timestamp};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place where the program reads the clock")]
    fn now(&self) -> Timestamp {
        let since =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is moved, and can be let go: then it runs on at the real pace from where it stood.
/// The demo prepares its history with it; never for real use.
#[derive(Debug, Default)]
pub struct DemoClock {
    standing: AtomicI64,
    offset: AtomicI64,
}

impl DemoClock {
    /// Stands at an instant.
    pub fn at(start: Timestamp) -> Self {
        Self { standing: AtomicI64::new(start.micros()), offset: AtomicI64::new(i64::MIN) }
    }

    /// Moves to an instant; never back.
    pub fn set(&self, to: Timestamp) {
        self.standing.fetch_max(to.micros(), Ordering::SeqCst);
    }

    /// Runs on at the real pace.
    pub fn let_go(&self) {
        let standing = self.standing.load(Ordering::SeqCst);
        self.offset.store(standing - SystemClock.now().micros(), Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        match self.offset.load(Ordering::SeqCst) {
            i64::MIN => Timestamp::from_micros(self.standing.load(Ordering::SeqCst)),
            offset => SystemClock.now().plus_micros(offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_clock_stands_until_it_is_let_go() {
        let clock = DemoClock::at(Timestamp::from_micros(1_000));
        assert_eq!(clock.now().micros(), 1_000);
        clock.set(Timestamp::from_micros(500));
        assert_eq!(clock.now().micros(), 1_000);
        clock.set(Timestamp::from_micros(2_000));
        clock.let_go();
        let first = clock.now();
        assert!(first.micros() >= 2_000 && first.micros() < 60_000_000);
    }
}
