//! The door of a service: from the headers of a request to verified claims. Knows no HTTP framework.

use std::sync::{PoisonError, RwLock};

use kernel::{Refusal, Text, Timestamp};

use crate::{
    cookie::SessionCookie,
    principal::unauthenticated,
    token::{Claims, Revoked, TokenError, Verifier},
};

/// Verifies whoever comes: by cookie from a browser, by bearer token from a program.
pub struct Door {
    verifier: Verifier,
    cookie: SessionCookie,
    revoked: RwLock<Revoked>,
}

/// How a token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came<'a> {
    Nothing,
    Token(&'a str),
    Unreadable,
}

impl Door {
    /// With organisation's public keys and the cookie of this installation.
    pub fn new(verifier: Verifier, cookie: SessionCookie) -> Self {
        Self { verifier, cookie, revoked: RwLock::default() }
    }

    /// The cookie of this installation.
    pub fn cookie(&self) -> &SessionCookie {
        &self.cookie
    }

    /// What organisation's events say was revoked: applied as they come.
    pub fn revoke(&self, change: impl FnOnce(&mut Revoked)) {
        change(&mut self.revoked.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The claims of whoever comes with these headers (`Cookie`, `Authorization`); `None` for a visitor. A token that is
    /// no good is an error even where visitors are welcome: somebody believes to be logged in.
    ///
    /// # Errors
    /// `session-over` for a token out of its time or revoked: renew it, or log in. `unauthenticated` for one that is none.
    pub fn claims(
        &self,
        cookie: Option<&str>,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Claims>, Refusal> {
        let token = match self.came(cookie, authorization) {
            Came::Nothing => return Ok(None),
            Came::Unreadable => return Err(unauthenticated()),
            Came::Token(token) => token,
        };
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        self.verifier.verify(token, &revoked, now).map(Some).map_err(refusal)
    }

    /// The claims of a token that may be over, to renew it. For organisation alone, which keeps the sessions.
    ///
    /// # Errors
    /// As for [`Door::claims`]; a visitor is `unauthenticated`.
    pub fn renewable(
        &self,
        cookie: Option<&str>,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> Result<Claims, Refusal> {
        let Came::Token(token) = self.came(cookie, authorization) else {
            return Err(unauthenticated());
        };
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        self.verifier.renewable(token, &revoked, now).map_err(refusal)
    }

    /// `Authorization` comes first: a program that sends both means it.
    fn came<'a>(&self, cookie: Option<&'a str>, authorization: Option<&'a str>) -> Came<'a> {
        match authorization.map(|value| value.split_once(' ')) {
            Some(Some((scheme, token))) if scheme.eq_ignore_ascii_case("bearer") => {
                Came::Token(token.trim())
            }
            Some(_) => Came::Unreadable,
            None => cookie
                .and_then(|header| self.cookie.read(header))
                .map_or(Came::Nothing, Came::Token),
        }
    }
}

fn refusal(error: TokenError) -> Refusal {
    match error {
        TokenError::Invalid | TokenError::Unsound => unauthenticated(),
        TokenError::Expired | TokenError::Revoked => session_over(),
    }
}

/// The session is over: log in again.
pub(crate) fn session_over() -> Refusal {
    Refusal::new(
        "session-over",
        Text::new("登录已过期或已退出。", "The session has expired or was ended."),
        Text::new("请重新登录。", "Log in again."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Issuer;

    #[test]
    fn cookie_bearer_visitor_and_what_is_no_good() {
        let issuer = Issuer::new(&[4; 32]);
        let cookie = SessionCookie::new(true, false).unwrap();
        let door = Door::new(Verifier::new(&[issuer.public_key()]).unwrap(), cookie);
        let at = |minutes: i64| Timestamp::from_micros(1_000_000_000_000 + minutes * 60_000_000);
        let claims = Claims {
            session: "s".into(),
            account: "a".into(),
            holder: None,
            resident: None,
            member_of: None,
            administrator: None,
            second_factor: None,
            issued: at(0),
            expires: at(15),
        };
        let token = issuer.issue(&claims).unwrap();
        let (cookie, bearer) =
            (format!("x=1; {}={token}", cookie.name()), format!("Bearer {token}"));
        assert_eq!(door.claims(None, None, at(1)), Ok(None));
        assert_eq!(door.claims(Some("x=1"), None, at(1)), Ok(None));
        assert_eq!(door.claims(Some(&cookie), None, at(1)), Ok(Some(claims.clone())));
        assert_eq!(door.claims(None, Some(&bearer), at(1)), Ok(Some(claims.clone())));
        let code =
            |cookie, authorization, now| door.claims(cookie, authorization, now).unwrap_err().code;
        assert_eq!(code(Some(&cookie), Some("Basic eDp5"), at(1)), "unauthenticated");
        assert_eq!(code(None, Some("Bearer x.y"), at(1)), "unauthenticated");
        assert_eq!(code(Some(&cookie), None, at(15)), "session-over");
        assert_eq!(door.renewable(Some(&cookie), None, at(16)), Ok(claims));
        door.revoke(|revoked| revoked.session("s"));
        assert_eq!(code(Some(&cookie), None, at(1)), "session-over");
        assert!(door.renewable(Some(&cookie), None, at(1)).is_err());
    }
}
