//! The session cookie: its name, its attributes, and how to find it among others. Knows no framework.

use crate::session::LONGEST;

/// How the session token travels in a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionCookie {
    secure: bool,
}

/// A page on plain HTTP that others than this machine can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a log-in over plain HTTP is only allowed on this machine itself: listen on 127.0.0.1, or put HTTPS in front and say so with the public address"
)]
pub struct PlainHttp;

impl SessionCookie {
    /// For pages that people reach over HTTPS (also when a proxy ends it), or over plain HTTP on this machine alone.
    ///
    /// # Errors
    /// Plain HTTP that others can reach.
    pub const fn new(https: bool, loopback: bool) -> Result<Self, PlainHttp> {
        if https || loopback { Ok(Self { secure: https }) } else { Err(PlainHttp) }
    }

    /// The cookie's name: with HTTPS the prefix that browsers bind to host, path and HTTPS (RFC 6265bis §4.1.3.2).
    pub const fn name(&self) -> &'static str {
        if self.secure { "__Host-cunwu-session" } else { "cunwu-session" }
    }

    /// The value of `Set-Cookie` that hands over a token.
    pub fn set(&self, token: &str) -> String {
        self.header(token, LONGEST / 1_000_000)
    }

    /// The value of `Set-Cookie` that takes it away.
    pub fn clear(&self) -> String {
        self.header("", 0)
    }

    /// The token in a `Cookie` header.
    pub fn read<'a>(&self, header: &'a str) -> Option<&'a str> {
        header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.name())
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    }

    fn header(&self, value: &str, seconds: i64) -> String {
        let name = self.name();
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback() {
        let https = SessionCookie::new(true, false).unwrap();
        assert_eq!(
            https.set("t.s"),
            "__Host-cunwu-session=t.s; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(https.clear().contains("Max-Age=0"));
        let here = SessionCookie::new(false, true).unwrap();
        assert_eq!(
            here.set("t.s"),
            "cunwu-session=t.s; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"
        );
        assert_eq!(SessionCookie::new(false, false), Err(PlainHttp));
    }

    #[test]
    fn finds_its_own_cookie_alone() {
        let https = SessionCookie::new(true, false).unwrap();
        assert_eq!(https.read("lang=zh; __Host-cunwu-session=a.b; x=y"), Some("a.b"));
        for other in ["cunwu-session=a.b", "__Host-cunwu-session=", "", "x__Host-cunwu-session=a"] {
            assert_eq!(https.read(other), None, "{other}");
        }
    }
}
