//! Signed tokens: organisation issues them for minutes, the other services verify them with its public key alone.
//!
//! Form: `base64url(json).base64url(signature)`, Ed25519 (RFC 8032) over a fixed first line and the first part as it is
//! written. One algorithm, none to be negotiated.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use kernel::{Refusal, Text, Timestamp, UnitId};
use serde::{Deserialize, Serialize};

use crate::{
    principal::Administrator,
    session::{FRESH, IDLE},
};

/// The longest a token may live.
pub const LONGEST: i64 = 15 * 60_000_000;
/// How far the issuer's clock may be ahead of the verifier's.
const SKEW: i64 = 5_000_000;
/// No token is longer; longer text is not looked at.
const MAX_BYTES: usize = 4096;
/// So that the signature means a token and nothing else.
const FIRST_LINE: &[u8] = b"cunwu session token v1\n";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The session, by which it is renewed and revoked.
    pub session: String,
    /// The account.
    pub account: String,
    /// The opaque office-holder id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub holder: Option<String>,
    /// The resident id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resident: Option<String>,
    /// The unit of whose collective the resident is a member.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub member_of: Option<UnitId>,
    /// Which of the three administrators, for those; then neither holder nor resident.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub administrator: Option<Administrator>,
    /// When a second factor was last given in this session.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub second_factor: Option<Timestamp>,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it is over; at most 15 minutes later.
    pub expires: Timestamp,
}

impl Claims {
    /// Whether a second factor was given in the last five minutes: asked for approvals, grants, erasure and keys.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.second_factor.is_some_and(|at| now.micros() - at.micros() < FRESH)
    }

    /// Asks for a second factor given in the last five minutes.
    ///
    /// # Errors
    /// `second-factor-needed`.
    pub fn require_fresh(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.is_fresh(now) {
            return Ok(());
        }
        Err(Refusal::new(
            "second-factor-needed",
            Text::new(
                "此事项须在五分钟内验证过动态验证码。",
                "This needs a second factor given in the last five minutes.",
            ),
            Text::new(
                "请输入动态验证码后再办理。",
                "Give the code of your second factor, then do it again.",
            ),
        ))
    }

    fn is_sound(&self) -> bool {
        let life = self.expires.micros().saturating_sub(self.issued.micros());
        let one_thing =
            self.administrator.is_none() || (self.holder.is_none() && self.resident.is_none());
        life > 0 && life <= LONGEST && one_thing && !self.session.is_empty()
    }
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token, or not signed by a known key.
    #[error("not a token of this installation")]
    Invalid,
    /// Its time is over: renew it through its session.
    #[error("the token has expired")]
    Expired,
    /// Its session or account was revoked.
    #[error("the token was revoked")]
    Revoked,
    /// Claims that no token may have: a life beyond 15 minutes, an administrator with a seat.
    #[error(
        "these claims can't be signed: at most 15 minutes, and an administrator is nothing else"
    )]
    Unsound,
}

/// Signs tokens. Held by organisation alone.
pub struct Issuer(SigningKey);

impl Issuer {
    /// With the secret key, 32 bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The public key, for the other services.
    pub fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs.
    ///
    /// # Errors
    /// Unsound claims.
    pub fn issue(&self, claims: &Claims) -> Result<String, TokenError> {
        if !claims.is_sound() {
            return Err(TokenError::Unsound);
        }
        let json = serde_json::to_vec(claims).map_err(|_| TokenError::Unsound)?;
        let body = URL_SAFE_NO_PAD.encode(json);
        let signature = self.0.sign(&signed_bytes(&body)).to_bytes();
        let token = format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature));
        if token.len() > MAX_BYTES { Err(TokenError::Unsound) } else { Ok(token) }
    }
}

/// Verifies tokens, offline. Several keys while one is being replaced.
#[derive(Clone)]
pub struct Verifier(Vec<VerifyingKey>);

impl Verifier {
    /// With these public keys.
    ///
    /// # Errors
    /// A key that is none, or a weak one.
    pub fn new(keys: &[[u8; 32]]) -> Result<Self, TokenError> {
        let keys = keys.iter().map(|key| {
            let key = VerifyingKey::from_bytes(key).map_err(|_| TokenError::Invalid)?;
            if key.is_weak() { Err(TokenError::Invalid) } else { Ok(key) }
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// The claims of a token that is genuine, in its time and not revoked.
    ///
    /// # Errors
    /// Which of these it is not.
    pub fn verify(
        &self,
        token: &str,
        revoked: &Revoked,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        let claims = self.genuine(token, revoked, now)?;
        if now >= claims.expires { Err(TokenError::Expired) } else { Ok(claims) }
    }

    /// The claims of a token that may be over: to renew it through its session. Not after the longest idle time.
    ///
    /// # Errors
    /// Not genuine, revoked, or over for too long.
    pub fn renewable(
        &self,
        token: &str,
        revoked: &Revoked,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        let claims = self.genuine(token, revoked, now)?;
        if now >= claims.issued.plus_micros(IDLE) { Err(TokenError::Expired) } else { Ok(claims) }
    }

    fn genuine(
        &self,
        token: &str,
        revoked: &Revoked,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        if token.len() > MAX_BYTES {
            return Err(TokenError::Invalid);
        }
        let (body, signature) = token.split_once('.').ok_or(TokenError::Invalid)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Invalid)?;
        let signature = Signature::from_slice(&signature).map_err(|_| TokenError::Invalid)?;
        let message = signed_bytes(body);
        if !self.0.iter().any(|key| key.verify_strict(&message, &signature).is_ok()) {
            return Err(TokenError::Invalid);
        }
        let json = URL_SAFE_NO_PAD.decode(body).map_err(|_| TokenError::Invalid)?;
        let claims: Claims = serde_json::from_slice(&json).map_err(|_| TokenError::Invalid)?;
        if !claims.is_sound() || claims.issued.micros() > now.micros().saturating_add(SKEW) {
            return Err(TokenError::Invalid);
        }
        if revoked.covers(&claims) { Err(TokenError::Revoked) } else { Ok(claims) }
    }
}

fn signed_bytes(body: &str) -> Vec<u8> {
    [FIRST_LINE, body.as_bytes()].concat()
}

/// What was revoked, as organisation's events tell. Sessions by id; accounts with the instant: tokens issued until then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    sessions: BTreeSet<String>,
    accounts: BTreeMap<String, Timestamp>,
}

impl Revoked {
    /// A session is over.
    pub fn session(&mut self, id: impl Into<String>) {
        self.sessions.insert(id.into());
    }

    /// All sessions of an account are over that were opened until this instant.
    pub fn account(&mut self, id: impl Into<String>, at: Timestamp) {
        let until = self.accounts.entry(id.into()).or_insert(at);
        *until = at.max(*until);
    }

    /// Whether a token falls under it.
    pub fn covers(&self, claims: &Claims) -> bool {
        self.sessions.contains(&claims.session)
            || self.accounts.get(&claims.account).is_some_and(|until| claims.issued <= *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_micros(1_000_000 * MINUTE + minutes * MINUTE)
    }

    fn claims() -> Claims {
        Claims {
            session: "s1".into(),
            account: "a1".into(),
            holder: Some("h1".into()),
            resident: None,
            member_of: None,
            administrator: None,
            second_factor: Some(at(-1)),
            issued: at(0),
            expires: at(15),
        }
    }

    fn pair() -> (Issuer, Verifier) {
        let issuer = Issuer::new(&[9; 32]);
        let verifier = Verifier::new(&[Issuer::new(&[8; 32]).public_key(), issuer.public_key()]);
        (issuer, verifier.unwrap())
    }

    #[test]
    fn a_token_is_good_in_its_time() {
        let (issuer, verifier) = pair();
        let token = issuer.issue(&claims()).unwrap();
        let none = Revoked::default();
        assert_eq!(verifier.verify(&token, &none, at(14)), Ok(claims()));
        assert_eq!(verifier.verify(&token, &none, at(15)), Err(TokenError::Expired));
        assert_eq!(verifier.verify(&token, &none, at(-1)), Err(TokenError::Invalid));
        assert_eq!(verifier.renewable(&token, &none, at(29)), Ok(claims()));
        assert_eq!(verifier.renewable(&token, &none, at(30)), Err(TokenError::Expired));
        assert!(claims().require_fresh(at(3)).is_ok());
        assert_eq!(claims().require_fresh(at(4)).unwrap_err().code, "second-factor-needed");
        assert!(Claims { second_factor: None, ..claims() }.require_fresh(at(0)).is_err());
    }

    #[test]
    fn every_changed_character_spoils_it() {
        let (issuer, verifier) = pair();
        let token = issuer.issue(&claims()).unwrap();
        for i in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let answer = verifier.verify(&changed, &Revoked::default(), at(1));
            assert_eq!(answer, Err(TokenError::Invalid), "at {i}");
        }
        for text in ["", ".", "a.b", "....", &"a".repeat(9000)] {
            assert_eq!(verifier.verify(text, &Revoked::default(), at(1)), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn another_installation_has_another_key() {
        let token = Issuer::new(&[1; 32]).issue(&claims()).unwrap();
        let (_, verifier) = pair();
        assert_eq!(verifier.verify(&token, &Revoked::default(), at(1)), Err(TokenError::Invalid));
        assert!(Verifier::new(&[[0; 32]]).is_err());
    }

    #[test]
    fn revocation_by_session_and_by_account() {
        let (issuer, verifier) = pair();
        let token = issuer.issue(&claims()).unwrap();
        let mut revoked = Revoked::default();
        revoked.session("other");
        revoked.account("a1", at(-1));
        assert!(verifier.verify(&token, &revoked, at(1)).is_ok());
        revoked.account("a1", at(0));
        assert_eq!(verifier.verify(&token, &revoked, at(1)), Err(TokenError::Revoked));
        assert_eq!(verifier.renewable(&token, &revoked, at(20)), Err(TokenError::Revoked));
        let mut revoked = Revoked::default();
        revoked.session("s1");
        assert_eq!(verifier.verify(&token, &revoked, at(1)), Err(TokenError::Revoked));
    }

    #[test]
    fn unsound_claims_are_not_signed() {
        let (issuer, _) = pair();
        let long = Claims { expires: at(16), ..claims() };
        let both = Claims { administrator: Some(Administrator::Audit), ..claims() };
        let ended = Claims { expires: at(0), ..claims() };
        for bad in [long, both, ended] {
            assert_eq!(issuer.issue(&bad), Err(TokenError::Unsound));
        }
    }
}
