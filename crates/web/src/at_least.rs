//! Reading one's own writing: the caller names the position of its receipt, the answer is at least as new or says 503.

use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, request::Parts},
};
use kernel::{LogId, Position, Text};

use crate::problem::Problem;

/// Asks for at least this position: `log:index`.
pub static AT_LEAST: HeaderName = HeaderName::from_static("x-cunwu-at-least");
/// Says as of which position an answer speaks: `log:index`.
pub static AS_OF: HeaderName = HeaderName::from_static("x-cunwu-as-of");

const LONGEST_WAIT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(25);

/// The position that the answer must have reached, if the caller named one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AtLeast(pub Option<Position>);

impl AtLeast {
    /// From `log:index`.
    ///
    /// # Errors
    /// A sentence on the form.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = || {
            Problem::malformed(
                "",
                Text::new(
                    "X-Cunwu-At-Least 须为“日志:序号”。",
                    "X-Cunwu-At-Least must be `log:index`.",
                ),
            )
        };
        let (log, index) = text.trim().rsplit_once(':').ok_or_else(wrong)?;
        let named =
            !log.is_empty() && log.len() <= 128 && log.bytes().all(|b| b.is_ascii_graphic());
        let index = index.parse().map_err(|_| wrong())?;
        if !named {
            return Err(wrong());
        }
        Ok(Self(Some(Position { log: LogId::new(log), index })))
    }

    /// Whether a reader that has applied so many entries of the log (its next index) is far enough.
    ///
    /// # Errors
    /// 503 `not-reached-yet` with Retry-After.
    pub fn reached(&self, applied: impl FnOnce(&LogId) -> Option<u64>) -> Result<(), Problem> {
        match &self.0 {
            Some(asked) if applied(&asked.log).unwrap_or(0) <= asked.index => {
                Err(Problem::generic("not-reached-yet"))
            }
            _ => Ok(()),
        }
    }

    /// Waits up to two seconds for a reader to be far enough. `applied` tells how many entries of the log it has applied.
    ///
    /// # Errors
    /// 503 `not-reached-yet` with Retry-After.
    pub async fn wait<F>(&self, mut applied: impl FnMut(LogId) -> F) -> Result<(), Problem>
    where
        F: Future<Output = Option<u64>>,
    {
        let Some(asked) = &self.0 else { return Ok(()) };
        let far_enough = async {
            while applied(asked.log.clone()).await.unwrap_or(0) <= asked.index {
                tokio::time::sleep(PAUSE).await;
            }
        };
        let waited = tokio::time::timeout(LONGEST_WAIT, far_enough).await;
        waited.map_err(|_| Problem::generic("not-reached-yet"))
    }
}

/// The value of [`AS_OF`] for a reader that has applied so many entries of a log; `None` before the first.
pub fn as_of(log: &LogId, applied: u64) -> Option<HeaderValue> {
    let last = applied.checked_sub(1)?;
    HeaderValue::try_from(format!("{log}:{last}")).ok()
}

impl<S: Send + Sync> FromRequestParts<S> for AtLeast {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.headers.get(&AT_LEAST) {
            None => Ok(Self::default()),
            Some(value) => Self::parse(value.to_str().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_position_is_reached_when_its_entry_is_applied() {
        let asked = AtLeast::parse("funds-c1-open:7").unwrap();
        for (applied, fine) in [(None, false), (Some(7), false), (Some(8), true)] {
            assert_eq!(asked.reached(|_| applied).is_ok(), fine, "{applied:?}");
        }
        assert!(AtLeast::default().reached(|_| None).is_ok());
        for bad in ["7", ":7", "log:", "log:x", "日志:1", "log:-1"] {
            assert_eq!(AtLeast::parse(bad).unwrap_err().status, 422, "{bad}");
        }
        assert_eq!(as_of(&"l".into(), 8).unwrap(), "l:7");
        assert_eq!(as_of(&"l".into(), 0), None);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_for_it_but_not_for_ever() {
        let asked = AtLeast::parse("l:3").unwrap();
        let applied = AtomicU64::new(0);
        let grows = || Some(applied.fetch_add(1, Ordering::Relaxed));
        assert!(asked.wait(|_| async { grows() }).await.is_ok());
        let never = asked.wait(|_| async { Some(3) }).await.unwrap_err();
        assert_eq!((never.status.as_u16(), never.retry_after), (503, Some(1)));
    }
}
