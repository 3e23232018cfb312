//! A message is a log entry with its place; subjects follow the hierarchy, a token a level.

use bytes::Bytes;
use kernel::{DivisionCode, LogId, LogKind};

/// An entry under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The log it lies in.
    pub log: LogId,
    /// Its index there.
    pub index: u64,
    /// Open: the event's bytes. Closed: the commitment.
    pub kind: LogKind,
    /// The entry, byte for byte.
    pub bytes: Bytes,
}

/// `cunwu.event.<service>.<pp>.<cc>.<aa>.<ttt>.<vvv>.<type>`: one token a level, `_` where absent, so that permissions and
/// filters work by region. `fact` is `payment-executed.v1`.
pub fn event_subject(service: &str, village: &DivisionCode, fact: &str) -> String {
    let [pp, cc, aa, ttt, vvv] = village.tokens();
    format!("cunwu.event.{service}.{pp}.{cc}.{aa}.{ttt}.{vvv}.{}", fact.replace('.', "-"))
}

/// `cunwu.closed.<service>`: neither unit nor type.
pub fn closed_subject(service: &str) -> String {
    format!("cunwu.closed.{service}")
}

/// The JetStream stream of a service.
pub fn stream_name(service: &str) -> String {
    format!("CUNWU_{}", service.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_have_a_token_a_level() {
        let code = DivisionCode::parse("441900003001").unwrap();
        assert_eq!(
            event_subject("funds", &code, "payment-executed.v1"),
            "cunwu.event.funds.44.19._.003.001.payment-executed-v1"
        );
        assert_eq!(stream_name("funds"), "CUNWU_FUNDS");
    }
}
