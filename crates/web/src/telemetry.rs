//! Telemetry: what the program says about itself, on standard error. One line an event, no personal data.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// The filter: `CUNWU_LOG=info,store=debug`.
pub const FILTER: &str = "CUNWU_LOG";
/// The form: `CUNWU_LOG_FORMAT=json` or `compact`.
pub const FORMAT: &str = "CUNWU_LOG_FORMAT";

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Compact,
    /// For machines.
    Json,
}

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A format nobody knows.
    #[error("{FORMAT}={0}: write `json` or `compact`")]
    Format(String),
    /// A filter that does not parse.
    #[error("{FILTER}: {0}; write for example `info,store=debug`")]
    Filter(String),
    /// Another part of the program has taken the place already.
    #[error("telemetry was started before")]
    Started,
}

impl std::str::FromStr for Format {
    type Err = TelemetryError;

    fn from_str(text: &str) -> Result<Self, TelemetryError> {
        match text {
            "" | "compact" => Ok(Self::Compact),
            "json" => Ok(Self::Json),
            other => Err(TelemetryError::Format(other.to_owned())),
        }
    }
}

/// Starts writing to standard error. `filter` is as in [`FILTER`]; blank means `info`.
///
/// # Errors
/// A filter that does not parse; started before.
pub fn init(filter: &str, format: Format) -> Result<(), TelemetryError> {
    let filter = if filter.trim().is_empty() { "info" } else { filter };
    let filter = EnvFilter::try_new(filter).map_err(|e| TelemetryError::Filter(e.to_string()))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        Format::Compact => {
            registry.with(fmt::layer().compact().with_writer(std::io::stderr)).try_init()
        }
        Format::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
            registry.with(lines).try_init()
        }
    };
    started.map_err(|_| TelemetryError::Started)
}

/// Starts as the environment says: [`FILTER`] and [`FORMAT`].
///
/// # Errors
/// What the environment says that nobody knows.
pub fn init_from_env() -> Result<(), TelemetryError> {
    let value = |name: &str| std::env::var(name).unwrap_or_default();
    init(&value(FILTER), value(FORMAT).parse()?)
}

/// The trace id of a W3C `traceparent` header (version 00): 32 hexadecimal digits, not all zero.
pub fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length
            && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let zero = |text: &str| text.bytes().all(|b| b == b'0');
    let sound =
        hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    (sound && !zero(trace) && !zero(parent)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traceparent_as_w3c_writes_it() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{id}-00f067aa0ba902b7-01")), Some(id));
        for bad in [
            "",
            "00",
            &format!("00-{id}-00f067aa0ba902b7"),
            &format!("ff-{id}-00f067aa0ba902b7-01"),
            &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            &format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
            &format!("00-{id}-0000000000000000-01"),
        ] {
            assert_eq!(trace_id(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_nobody_knows_is_told_with_the_remedy() {
        assert_eq!("json".parse::<Format>().unwrap(), Format::Json);
        assert!("xml".parse::<Format>().unwrap_err().to_string().contains("`json` or `compact`"));
        let wrong = init("store=loud", Format::Json).unwrap_err();
        assert!(matches!(wrong, TelemetryError::Filter(_)), "{wrong}");
    }
}
