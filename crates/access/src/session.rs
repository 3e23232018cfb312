//! Sessions: what organisation keeps so that a short-lived token can be renewed, and ended at once. Pure.

use kernel::{Entropy, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

use crate::door::session_over;

const MINUTE: i64 = 60_000_000;
/// Nothing was asked for so long: the session is over.
pub const IDLE: i64 = 30 * MINUTE;
/// The longest a session lasts, however busy.
pub const LONGEST: i64 = 12 * 60 * MINUTE;
/// How long a second factor stands for what needs a fresh one: approvals, grants, erasure, keys.
pub const FRESH: i64 = 5 * MINUTE;

/// A session (会话), kept by organisation under its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Opaque, 130 random bits.
    pub id: String,
    /// The account.
    pub account: String,
    /// When the password was given.
    pub opened: Timestamp,
    /// When a token was last issued for it.
    pub renewed: Timestamp,
    /// When a second factor was last given.
    pub second_factor: Option<Timestamp>,
    /// When it was ended: logged out, revoked.
    pub ended: Option<Timestamp>,
}

impl Session {
    /// A new session. A new id at every log-in: one planted before is worth nothing.
    pub fn open(entropy: &mut Entropy, account: impl Into<String>, now: Timestamp) -> Self {
        Self {
            id: entropy.code(),
            account: account.into(),
            opened: now,
            renewed: now,
            second_factor: None,
            ended: None,
        }
    }

    /// Renews the session: a new token may be issued.
    ///
    /// # Errors
    /// `session-over` when it was ended, idle for 30 minutes, or 12 hours old.
    pub fn renew(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let over = self.ended.is_some()
            || now.micros() - self.renewed.micros() >= IDLE
            || now >= self.expires();
        if over {
            return Err(session_over());
        }
        self.renewed = now;
        Ok(())
    }

    /// When the session is over however busy.
    pub fn expires(&self) -> Timestamp {
        self.opened.plus_micros(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_micros(n * MINUTE)
    }

    #[test]
    fn idle_old_and_ended_sessions_are_over() {
        let mut entropy = Entropy::from_seed([1; 32]);
        let mut session = Session::open(&mut entropy, "a", minute(0));
        assert_eq!(session.renew(minute(29)), Ok(()));
        let mut idle = session.clone();
        assert_eq!(idle.renew(minute(59)).unwrap_err().code, "session-over");
        let mut ended = Session { ended: Some(minute(30)), ..session.clone() };
        assert!(ended.renew(minute(30)).is_err());
        for n in 30..720 {
            assert_eq!(session.renew(minute(n)), Ok(()), "{n}");
        }
        assert!(session.renew(minute(720)).is_err());
        assert_ne!(Session::open(&mut entropy, "a", minute(0)).id, session.id);
    }
}
