//! The second factor: six digits from a telephone, changing every 30 seconds (TOTP, RFC 6238). Knows no account.
//!
//! HMAC-SHA-1 with six digits is what every authenticator app offers; SHA-1's collisions do not touch its use in HMAC.

use hmac::{Hmac, KeyInit, Mac};
use kernel::{Entropy, Refusal, Text, Timestamp};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use subtle::ConstantTimeEq;

const SECONDS: i64 = 30;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What is kept of a second factor. The secret is as worthy of care as the account itself: keep it sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    secret: [u8; 20],
    /// The window of the last code that was taken: a code works once.
    last: i64,
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor").field("last", &self.last).finish_non_exhaustive()
    }
}

impl SecondFactor {
    /// A new secret of 160 random bits (RFC 4226 §4, R6).
    pub fn new(entropy: &mut Entropy) -> Self {
        Self { secret: entropy.bytes(), last: 0 }
    }

    /// The secret as a person types it into an app: base 32 without padding. Shown once.
    pub fn secret_text(&self) -> String {
        let mut text = String::with_capacity(32);
        let (mut buffer, mut bits) = (0_u32, 0);
        for byte in self.secret {
            buffer = (buffer << 8) | u32::from(byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(char::from(BASE32[((buffer >> bits) & 31) as usize]));
            }
        }
        text
    }

    /// The address that a QR code holds (`otpauth://`, the form that authenticator apps read).
    pub fn address(&self, installation: &str, login: &str) -> String {
        let (installation, login) = (escape(installation), escape(login));
        let secret = self.secret_text();
        format!("otpauth://totp/{installation}:{login}?secret={secret}&issuer={installation}")
    }

    /// Takes a code: of this window, the one before or the one after, each once.
    ///
    /// # Errors
    /// `second-factor`, one sentence for wrong and used alike. Count it among the wrong attempts of the account.
    pub fn take(&mut self, typed: &str, now: Timestamp) -> Result<(), Refusal> {
        let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
        let window = now.micros().div_euclid(1_000_000).div_euclid(SECONDS);
        for candidate in window - 1..=window + 1 {
            let right: bool = self.code(candidate).as_bytes().ct_eq(typed.as_bytes()).into();
            if right && candidate > self.last {
                self.last = candidate;
                return Ok(());
            }
        }
        Err(Refusal::new(
            "second-factor",
            Text::new(
                "动态验证码不对或已用过。",
                "The code of the second factor is wrong or was used.",
            ),
            Text::new(
                "请核对手机时间，等下一个验证码出现后再试。",
                "Check the telephone's clock and wait for the next code.",
            ),
        )
        .at("/second_factor"))
    }

    fn code(&self, window: i64) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.secret) else {
            return String::new();
        };
        mac.update(&window.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        // RFC 4226 §5.3: the last nibble says where the four bytes begin.
        let offset = usize::from(digest[19] & 15);
        let four =
            [digest[offset] & 0x7f, digest[offset + 1], digest[offset + 2], digest[offset + 3]];
        format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
    }
}

/// Percent-encoding of everything but the unreserved characters (RFC 3986 §2.3).
fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc() -> SecondFactor {
        SecondFactor { secret: *b"12345678901234567890", last: 0 }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_values_of_rfc_6238() {
        // Appendix B, SHA-1, the last six of its eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(rfc().take(code, at(seconds)), Ok(()), "{seconds}");
        }
    }

    #[test]
    fn a_code_works_once_and_in_its_windows_alone() {
        let mut factor = rfc();
        assert_eq!(factor.take("000000", at(59)).unwrap_err().code, "second-factor");
        assert!(factor.take("", at(59)).is_err());
        assert!(factor.clone().take("287082", at(0)).is_ok());
        assert!(factor.clone().take("287082", at(89)).is_ok());
        assert!(factor.clone().take("287082", at(90)).is_err());
        assert_eq!(factor.take("287 082", at(59)), Ok(()));
        assert!(factor.take("287082", at(60)).is_err());
    }

    #[test]
    fn apps_read_the_address_and_logs_do_not_see_the_secret() {
        let factor = rfc();
        assert_eq!(factor.secret_text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            factor.address("村务", "wang er"),
            "otpauth://totp/%E6%9D%91%E5%8A%A1:wang%20er?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E6%9D%91%E5%8A%A1"
        );
        assert_eq!(format!("{factor:?}"), "SecondFactor { last: 0, .. }");
        let mut entropy = Entropy::from_seed([5; 32]);
        assert_ne!(SecondFactor::new(&mut entropy), SecondFactor::new(&mut entropy));
    }
}
