//! The service as people use it: who signs in, who may record what, the desk's office, imports. Knows no page.

mod closed;
pub mod competence;
pub mod credentials;
pub mod files;
pub mod first;
pub mod import;
pub mod offers;
pub mod office;
pub mod signing;
mod titles;

use std::sync::{Arc, Mutex, PoisonError};

use access::{Door, Gate, Issuer, PasswordError, Passwords, SessionCookie, Verifier};
use definitions::{Catalogue, Definitions};
use desk::{Desk, Surroundings};
use host::{Host, OpenError};
use kernel::{
    Actor, Answer, Clock, Command, Entropy, Place, Refusal, Sent, StreamId, Text, Timestamp,
    Verdict,
};
use sealed::{Attachments, Vault};
use store::StoreError;
use web::Problem;

pub use self::offers::{Offer, Standing};
use crate::{Ask, Organisation, shows};

/// What the program gives this service besides its host.
pub struct Ports {
    /// Secret key of the tokens (Ed25519).
    pub token_key: [u8; 32],
    /// Seed of session ids, one-time codes and salts of passwords: random in real use.
    pub seed: [u8; 32],
    /// The gate.
    pub gate: Arc<Gate>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How the session travels in a browser.
    pub cookie: SessionCookie,
    /// Opens what is sealed in cases.
    pub vault: Arc<Vault>,
    /// Files; without it none are taken.
    pub attachments: Option<Arc<Attachments>>,
    /// A line above every page.
    pub banner: Option<Text>,
    /// The desks beside this one, for the navigation.
    pub nav: Vec<(Text, String)>,
    /// Where somebody says that a task is too much.
    pub burden: Option<String>,
    /// Definitions of the region's own that are offered here.
    pub offers: Vec<Offer>,
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Host or read models.
    #[error(transparent)]
    Host(#[from] OpenError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Passwords cannot be computed here.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
    /// The key of tokens.
    #[error("the key of tokens: {0}")]
    Key(#[from] access::TokenError),
}

/// Organisation, ready to be used.
pub struct Service {
    /// Its store, committer, readers.
    pub host: Arc<Host<Organisation>>,
    /// Who comes in.
    pub door: Door,
    pub(crate) issuer: Issuer,
    pub(crate) passwords: Passwords,
    pub(crate) gate: Arc<Gate>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<Mutex<Entropy>>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) attachments: Option<Arc<Attachments>>,
    pub(crate) definitions: Arc<Definitions>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) around: Surroundings,
    pub(crate) offers: Vec<Offer>,
}

/// How many passwords are computed at once, each 19 MiB.
const PASSWORDS: usize = 2;

impl Service {
    /// Makes the tables, starts the read models, opens the door.
    ///
    /// # Errors
    /// With the remedy, when something it needs is not there or not right.
    pub async fn start(
        host: Arc<Host<Organisation>>,
        ports: Ports,
    ) -> Result<Arc<Self>, StartError> {
        let Ports { token_key, seed, gate, clock, cookie, vault, attachments, .. } = ports;
        let Ports { banner, nav, burden, offers, .. } = ports;
        let database = host.store.database();
        database.migrate("credentials", credentials::STEPS).await?;
        database.migrate("imports", import::STEPS).await?;
        database.migrate("files", files::STEPS).await?;
        let definitions = Arc::new(host.committer.domain().definitions().clone());
        for reader in shows::all(definitions.clone()) {
            host.show(reader).await?;
        }
        let issuer = Issuer::new(&token_key);
        let door = Door::new(Verifier::new(&[issuer.public_key()])?, cookie);
        let entropy = Arc::new(Mutex::new(Entropy::from_seed(seed)));
        let around = Surroundings {
            gate: gate.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            banner,
            nav,
            burden,
        };
        Ok(Arc::new(Self {
            host,
            door,
            issuer,
            passwords: Passwords::new(PASSWORDS)?,
            gate,
            clock,
            entropy,
            vault,
            attachments,
            definitions,
            catalogue: Arc::new(crate::catalogue::catalogue()),
            around,
            offers,
        }))
    }

    /// Everything that this service serves: sign-in, staff pages, API, and its desk.
    pub fn routes(self: &Arc<Self>) -> web::Routes {
        let office = Arc::new(office::DecisionOffice::new(self.clone()));
        crate::http::routes(self.clone()).merge(Desk::new(office, self.around.clone()).routes())
    }

    /// The public key of the tokens, for the other services.
    pub fn public_key(&self) -> [u8; 32] {
        self.issuer.public_key()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Something random.
    pub(crate) fn draw<T>(&self, what: impl FnOnce(&mut Entropy) -> T) -> T {
        what(&mut self.entropy.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Submits a command and waits until the read models show it.
    pub(crate) async fn submit(&self, wanted: Submit<'_>) -> Result<Answer, Verdict> {
        let command = Command {
            principal: wanted.principal.to_owned(),
            key: wanted.key,
            actor: wanted.actor,
            place: wanted.place,
            seen: wanted.seen,
            causation: None,
            body: wanted.body,
        };
        let committer = &self.host.committer;
        let answer = match wanted.sent {
            Some(sent) => committer.submit_sent(command, sent).await?,
            None => committer.submit(command).await?,
        };
        for reader in wanted.shown_by {
            // it is recorded either way: a page that is late says as of when it speaks
            if let Err(error) = shows::seen(&*self.host, reader, answer.receipt()).await {
                tracing::warn!(reader, %error, "a read model is out of reach");
            }
        }
        Ok(answer)
    }
}

/// A command with who waits for it.
pub(crate) struct Submit<'a> {
    pub principal: &'a str,
    pub key: String,
    pub actor: Actor,
    pub place: Place,
    pub seen: Option<(StreamId, u64)>,
    pub body: Ask,
    /// The request that it came from, where the body says more than that.
    pub sent: Option<Sent>,
    pub shown_by: &'a [&'a str],
}

/// The database is out of reach: the reason goes to the log alone.
pub(crate) fn out_of_reach(error: StoreError) -> Verdict {
    Verdict::Unavailable(error.to_string())
}

/// As a problem.
pub(crate) fn trouble(error: StoreError) -> Problem {
    out_of_reach(error).into()
}

/// No units yet: nothing can be recorded anywhere.
pub(crate) fn no_province() -> Refusal {
    Refusal::new(
        "no-divisions",
        Text::new("还没有行政区划。", "There are no divisions yet."),
        Text::new("请先导入本省的区划文件。", "Import the province's register of divisions first."),
    )
    .by_law(crate::laws::law("STAT-2009"))
}
