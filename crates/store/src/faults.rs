//! Failures on purpose: a statement after which the process "dies", a lost answer to COMMIT, a slow commit. Tests only
//! set them; the default does nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// A handle to the failures of one committer; cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Set>);

#[derive(Debug, Default)]
struct Set {
    fail_at: AtomicU64,
    lose_answer: AtomicBool,
    hold_micros: AtomicU64,
    abort: AtomicBool,
}

impl Faults {
    /// The n-th statement (from 1) of the next transaction does not happen, and its connection ends there.
    pub fn fail_at(&self, statement: u64) {
        self.0.fail_at.store(statement, Ordering::SeqCst);
    }

    /// As [`Faults::fail_at`], but the whole process ends at once.
    pub fn abort_at(&self, statement: u64) {
        self.0.abort.store(true, Ordering::SeqCst);
        self.fail_at(statement);
    }

    /// The next COMMIT happens, and its answer is lost.
    pub fn lose_answer(&self) {
        self.0.lose_answer.store(true, Ordering::SeqCst);
    }

    /// Every transaction waits so long before its COMMIT.
    pub fn hold(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.0.hold_micros.store(micros, Ordering::SeqCst);
    }

    pub(crate) fn strikes(&self, statement: u64) -> bool {
        let hit = self
            .0
            .fail_at
            .compare_exchange(statement, 0, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok_and(|n| n > 0);
        if hit && self.0.abort.load(Ordering::SeqCst) {
            std::process::abort();
        }
        hit
    }

    pub(crate) fn loses_answer(&self) -> bool {
        self.0.lose_answer.swap(false, Ordering::SeqCst)
    }

    pub(crate) fn held(&self) -> Option<Duration> {
        match self.0.hold_micros.load(Ordering::SeqCst) {
            0 => None,
            micros => Some(Duration::from_micros(micros)),
        }
    }
}
