//! Passwords: Argon2id, at most a few at once, and the same time for an account that does not exist. Knows no account.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{self, phc::PasswordHash},
};
use kernel::{Refusal, Text};
use tokio::sync::Semaphore;

/// Fewest characters of a password.
pub const SHORTEST: usize = 10;
/// Most bytes of a password: more is no safer and costs the server.
const LONGEST: usize = 256;
/// How many may wait for their turn; beyond, the answer is "busy" instead of a queue without end.
const QUEUE: usize = 64;
/// Passwords of ten characters and more that are among the first tried by anybody.
const COMMON: &str = include_str!("common-passwords.txt");

/// Why a password could not be hashed or compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many at once: try again in a moment.
    #[error("too many log-ins at once")]
    Busy,
    /// The stored hash is damaged, or the machine has no memory left.
    #[error("the password could not be computed: {0}")]
    Failed(String),
}

/// Hashes and compares passwords on the blocking pool, a few at a time.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    params: Params,
    /// What an unknown account is compared with, so that it takes the same time.
    nobody: Arc<str>,
}

impl Passwords {
    /// At most `parallel` at once, each 19 MiB and two passes (the second choice of the OWASP password storage sheet).
    ///
    /// # Errors
    /// When not even one hash can be computed on this machine.
    pub fn new(parallel: usize) -> Result<Self, PasswordError> {
        let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| failed(&e))?;
        Self::with_params(parallel, params)
    }

    fn with_params(parallel: usize, params: Params) -> Result<Self, PasswordError> {
        let nobody = compute(&params, b"nobody has this password", &[7; 16])?;
        Ok(Self {
            turns: Arc::new(Semaphore::new(parallel.max(1))),
            queue: Arc::new(Semaphore::new(parallel.max(1) + QUEUE)),
            params,
            nobody: nobody.into(),
        })
    }

    /// The PHC string to be stored. The salt comes from [`kernel::Entropy`].
    ///
    /// # Errors
    /// Busy, or the machine has no memory left.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, PasswordError> {
        let params = self.params.clone();
        self.turn(move || compute(&params, password.as_bytes(), &salt)).await
    }

    /// Whether it is the password. `stored` is `None` for an account that does not exist: the answer is no, after the
    /// same work.
    ///
    /// # Errors
    /// Busy, or the stored hash is damaged.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.as_ref().to_owned());
        let right = self.turn(move || compare(password.as_bytes(), &stored)).await?;
        Ok(known && right)
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let queued = self.queue.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        // The permits go along: a caller that goes away does not let another hash start beside this one.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (queued, turn);
            work()
        });
        done.await.map_err(|e| failed(&e))?
    }
}

fn failed(error: &dyn std::fmt::Display) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

fn compute(params: &Params, password: &[u8], salt: &[u8; 16]) -> Result<String, PasswordError> {
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hash: PasswordHash =
        argon.hash_password_with_salt(password, salt).map_err(|e| failed(&e))?;
    Ok(hash.to_string())
}

fn compare(password: &[u8], stored: &str) -> Result<bool, PasswordError> {
    let hash = PasswordHash::new(stored).map_err(|e| failed(&e))?;
    match Argon2::default().verify_password(password, &hash) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(other) => Err(failed(&other)),
    }
}

/// Whether a password may be chosen: length, not the log-in name, not one that everybody tries first.
///
/// # Errors
/// A refusal `weak-password` that names the field and says what would be right.
pub fn check(password: &str, login: &str) -> Result<(), Refusal> {
    let weak = |zh: &str, en: &str| {
        let remedy = Text::new(
            format!("请用至少{SHORTEST}个字符；几个不相干的词连成一句最好记。"),
            format!(
                "Use at least {SHORTEST} characters; a few unrelated words are easiest to remember."
            ),
        );
        Err(Refusal::new("weak-password", Text::new(zh, en), remedy).at("/password"))
    };
    if password.chars().count() < SHORTEST {
        return weak("密码太短。", "The password is too short.");
    }
    if password.len() > LONGEST {
        return weak("密码太长。", "The password is too long.");
    }
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (lowered, name) = (plain(password), plain(login));
    if name.chars().count() >= 3 && lowered.replace(&name, "").chars().count() < 4 {
        return weak("密码与登录名相同或相近。", "The password is the log-in name or close to it.");
    }
    if is_run(password) || COMMON.lines().any(|common| common == lowered) {
        return weak("这个密码太常见。", "Everybody tries this password first.");
    }
    Ok(())
}

/// One character or pair repeated, or the next character each time: `1111111111`, `abababab…`, `0123456789`.
fn is_run(password: &str) -> bool {
    let chars: Vec<u32> = password.chars().map(u32::from).collect();
    let distance = |by: usize, step: i64| {
        chars.windows(by + 1).all(|w| i64::from(w[by]) - i64::from(w[0]) == step)
    };
    distance(1, 0) || distance(2, 0) || distance(1, 1) || distance(1, -1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick() -> Passwords {
        Passwords::with_params(2, Params::new(8, 1, 1, None).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_and_no_other() {
        let passwords = quick();
        let stored = passwords.hash("稻田 边上 三棵树啊".into(), [1; 16]).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
        assert!(passwords.verify("稻田 边上 三棵树啊".into(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.verify("稻田 边上 三棵树".into(), Some(stored.clone())).await.unwrap());
        let other = passwords.hash("稻田 边上 三棵树啊".into(), [2; 16]).await.unwrap();
        assert_ne!(stored, other);
    }

    #[tokio::test]
    async fn the_default_is_19_mib_and_two_passes() {
        let stored = Passwords::new(1).unwrap().hash("x".into(), [1; 16]).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    }

    #[tokio::test]
    async fn nobody_can_log_in_without_an_account_even_with_the_inner_password() {
        let passwords = quick();
        assert!(!passwords.verify("nobody has this password".into(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_and_not_a_no() {
        let damaged = quick().verify("x".into(), Some("$argon2id$".into())).await;
        assert!(matches!(damaged, Err(PasswordError::Failed(_))));
    }

    #[tokio::test]
    async fn beyond_the_queue_it_is_busy() {
        let passwords = quick();
        let all = passwords.queue.clone().try_acquire_many_owned(66).unwrap();
        assert_eq!(passwords.verify("x".into(), None).await, Err(PasswordError::Busy));
        drop(all);
        assert_eq!(passwords.verify("x".into(), None).await, Ok(false));
    }

    #[test]
    fn rules_of_choice() {
        for bad in [
            "short",
            "chenmeihua",
            "ChenMeihua1",
            "1111111111",
            "0123456789",
            "9876543210",
            "ababababab",
            "password123",
            "Woaini1314520",
            "一二三四五六七八九",
        ] {
            let refusal = check(bad, "chenmeihua").unwrap_err();
            assert_eq!(
                (refusal.code.as_str(), refusal.field.as_deref()),
                ("weak-password", Some("/password")),
                "{bad}"
            );
        }
        assert!(check(&"长".repeat(200), "chenmeihua").is_err());
        for good in ["稻田边上有三棵老槐树", "correct horse battery", "chenmeihua likes tea"]
        {
            assert_eq!(check(good, "chenmeihua"), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_common_list_is_as_the_rule_compares_it() {
        for line in COMMON.lines() {
            assert!(line.chars().count() >= SHORTEST, "{line}");
            assert!(line.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase()), "{line}");
        }
    }
}
