//! One-time codes: shown once, kept as a hash, used once. For the first administrators and for a lost password.

use kernel::{Entropy, Refusal, Text, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What is kept of a one-time code: never the code itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeCode {
    /// SHA-256 of the code in lower case (hex). The code has 130 random bits, so that no slow hash is needed.
    pub hash: String,
    /// Until when it may be used.
    pub expires: Timestamp,
    /// When it was used.
    pub used: Option<Timestamp>,
}

impl OneTimeCode {
    /// Makes a code. The first of the pair is shown to the person, once; the second is kept.
    pub fn issue(entropy: &mut Entropy, expires: Timestamp) -> (String, Self) {
        let code = entropy.code();
        let hash = hash(&code);
        (code, Self { hash, expires, used: None })
    }

    /// Uses the code: afterwards it is worth nothing. Spaces, hyphens and capitals typed along are forgiven.
    ///
    /// # Errors
    /// `one-time-code`, one sentence for wrong, used and expired alike.
    pub fn redeem(&mut self, typed: &str, now: Timestamp) -> Result<(), Refusal> {
        let typed: String = typed
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let right: bool = hash(&typed).as_bytes().ct_eq(self.hash.as_bytes()).into();
        if !right || self.used.is_some() || now >= self.expires {
            return Err(Refusal::new(
                "one-time-code",
                Text::new(
                    "一次性验证码不对、已用过或已过期。",
                    "The one-time code is wrong, was used, or has expired.",
                ),
                Text::new("请核对后再试，或请管理员另发一个。", "Check it, or ask for a new one."),
            )
            .at("/code"));
        }
        self.used = Some(now);
        Ok(())
    }
}

fn hash(code: &str) -> String {
    hex::encode(Sha256::digest(code.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: fn(i64) -> Timestamp = Timestamp::from_micros;

    #[test]
    fn works_once_and_in_time() {
        let (code, mut kept) = OneTimeCode::issue(&mut Entropy::from_seed([3; 32]), T(100));
        assert_eq!(code.len(), 26);
        assert!(!serde_json::to_string(&kept).unwrap().contains(&code));
        assert_eq!(kept.redeem("wrong", T(1)).unwrap_err().code, "one-time-code");
        let spoken = format!("{}-{} ", &code[..13].to_uppercase(), &code[13..]);
        let mut late = kept.clone();
        assert!(late.redeem(&code, T(100)).is_err());
        assert_eq!(kept.redeem(&spoken, T(99)), Ok(()));
        assert!(kept.redeem(&code, T(99)).is_err());
    }
}
