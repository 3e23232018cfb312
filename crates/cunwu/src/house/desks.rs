//! The desks of the services in this process: who comes in, by which keys, past which gate.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use access::{Door, Gate, Issuer, SessionCookie, Verifier};
use anyhow::Context;
use desk::Surroundings;
use kernel::{Entropy, Text};

use super::open::Ground;

/// What all desks of a process have in common.
pub struct Desks {
    /// Secret key of organisation's tokens; the other services use its public half alone.
    pub token_key: [u8; 32],
    /// The public key that tokens are verified with.
    verifier: Verifier,
    /// Says who may see and do what.
    pub gate: Arc<Gate>,
    /// How a session travels in a browser.
    pub cookie: SessionCookie,
    /// A line above every page.
    pub banner: Option<Text>,
    /// Random in real use.
    pub seed: [u8; 32],
}

impl Desks {
    /// For a process that is reached at `base`; `token_public` when organisation runs elsewhere.
    ///
    /// # Errors
    /// When people would sign in over plain HTTP from other machines, or a key is none.
    pub fn new(
        ground: &Ground,
        base: &str,
        listen: SocketAddr,
        token_public: Option<[u8; 32]>,
        banner: Option<Text>,
    ) -> anyhow::Result<Self> {
        let token_key = ground.secrets.key("organisation", "tokens");
        let public = token_public.unwrap_or_else(|| Issuer::new(&token_key).public_key());
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Self {
            token_key,
            verifier: Verifier::new(&[public]).context("the key of tokens")?,
            gate: Arc::new(Gate::new()),
            cookie: SessionCookie::new(base.starts_with("https"), listen.ip().is_loopback())?,
            banner,
            seed,
        })
    }

    /// The door of a service.
    pub fn door(&self) -> Arc<Door> {
        Arc::new(Door::new(self.verifier.clone(), self.cookie))
    }

    /// The desks beside each other, and the public pages.
    pub fn nav() -> Vec<(Text, String)> {
        [
            ("村务大事", "Decisions", "/organisation"),
            ("集体财务", "Money", "/funds"),
            ("便民服务", "Services", "/services"),
            ("矛盾纠纷", "Disputes", "/disputes"),
            ("公开页面", "Public pages", "/"),
        ]
        .map(|(zh, en, href)| (Text::new(zh, en), href.to_owned()))
        .into()
    }

    /// What a desk is surrounded with.
    pub fn around(&self, ground: &Ground) -> Surroundings {
        Surroundings {
            gate: self.gate.clone(),
            clock: ground.clock.clone(),
            entropy: Arc::new(Mutex::new(Entropy::from_seed(self.seed))),
            banner: self.banner.clone(),
            nav: Self::nav(),
            burden: None,
        }
    }
}
