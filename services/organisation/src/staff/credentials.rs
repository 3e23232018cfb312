//! Credentials beside the log: log-in names, password hashes, sessions, one-time codes, wrong tries. Nothing here is ever
//! in an event, and no secret is in a log line or an error.

use access::{Attempts, OneTimeCode, SecondFactor, Session};
use kernel::{LogId, Refusal, Text, Timestamp};
use store::{CipherPart, PlainPart, Row, Sealer, Store, StoreError, Tx};

/// The tables, step by step.
pub const STEPS: &[&[&str]] = &[&[
    "CREATE TABLE org_login (login TEXT PRIMARY KEY, account TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, changed BIGINT NOT NULL, factor BYTEA)",
    "CREATE TABLE org_session (id TEXT PRIMARY KEY, account TEXT NOT NULL, opened BIGINT NOT NULL, renewed BIGINT NOT NULL, \
     second_factor BIGINT NOT NULL, ended BIGINT NOT NULL)",
    "CREATE INDEX org_session_account ON org_session (account)",
    "CREATE TABLE org_code (purpose TEXT NOT NULL, about TEXT NOT NULL, hash TEXT NOT NULL, expires BIGINT NOT NULL, used BIGINT NOT NULL, \
     PRIMARY KEY (purpose, about))",
    "CREATE TABLE org_attempt (login TEXT PRIMARY KEY, wrong BIGINT NOT NULL, last BIGINT NOT NULL)",
]];

/// What a one-time code is for: to set a password.
pub const FOR_PASSWORD: &str = "password";
/// To become the first administrators.
pub const FOR_FIRST: &str = "first-administrator";

/// Wrong tries are forgotten after a day.
const DAY: i64 = kernel::time::DAY;

/// A log-in name with what proves it.
#[derive(Clone)]
pub struct Login {
    /// The name, in lower case.
    pub login: String,
    /// The account.
    pub account: String,
    /// PHC string of the password; `None` until one was set.
    pub hash: Option<String>,
    /// The second factor, sealed.
    factor: Option<Vec<u8>>,
}

impl Login {
    /// Whether a second factor is asked for.
    pub fn has_factor(&self) -> bool {
        self.factor.is_some()
    }
}

/// A log-in name as it is kept: without blanks around, in lower case, full-width letters made plain.
///
/// # Errors
/// A refusal that names the field.
pub fn login_name(typed: &str, field: &str) -> Result<String, Refusal> {
    let plain = |c: char| match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    let login: String = typed.trim().chars().map(plain).flat_map(char::to_lowercase).collect();
    let fits = (3..=40).contains(&login.chars().count())
        && login.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'));
    if fits {
        return Ok(login);
    }
    Err(Refusal::field(
        field,
        Text::new("登录名不合要求。", "This cannot be a log-in name."),
        Text::new(
            "请填3至40个字母、数字、汉字或 - _ . @，不含空格。",
            "Write 3 to 40 letters, digits or - _ . @ without blanks.",
        ),
    ))
}

fn micros(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::micros)
}

fn instant(row: &Row, column: usize) -> Result<Option<Timestamp>, StoreError> {
    let at = row.i64(column)?;
    Ok((at != 0).then(|| Timestamp::from_micros(at)))
}

/// A log-in name.
///
/// # Errors
/// When the database is out of reach.
pub async fn login(store: &Store, login: &str) -> Result<Option<Login>, StoreError> {
    find(store, "login", login).await
}

/// The log-in name of an account.
///
/// # Errors
/// When the database is out of reach.
pub async fn login_of(store: &Store, account: &str) -> Result<Option<Login>, StoreError> {
    find(store, "account", account).await
}

async fn find(store: &Store, by: &str, value: &str) -> Result<Option<Login>, StoreError> {
    let sql = format!("SELECT login, account, hash, factor FROM org_login WHERE {by} = $1");
    let rows = store.query(&sql, &[value.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let hash = row.text(2)?;
    Ok(Some(Login {
        login: row.text(0)?.to_owned(),
        account: row.text(1)?.to_owned(),
        hash: (!hash.is_empty()).then(|| hash.to_owned()),
        factor: row.opt_bytes(3)?.map(<[u8]>::to_vec),
    }))
}

/// Keeps a log-in name for an account; `false` when another account has the name. The same again changes nothing.
///
/// # Errors
/// When the database is out of reach.
pub async fn name_account(
    store: &Store,
    login: &str,
    account: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO org_login (login, account, hash, changed) VALUES ($1, $2, '', $3) ON CONFLICT (login) DO NOTHING",
        &[login.into(), account.into(), now.micros().into()],
    )
    .await?;
    let rows = tx.fetch("SELECT account FROM org_login WHERE login = $1", &[login.into()]).await?;
    let ours = rows.first().map(|row| row.text(0)).transpose()? == Some(account);
    tx.commit().await?;
    Ok(ours)
}

/// Sets a password and ends every session that was open under the former one.
///
/// # Errors
/// When the database is out of reach.
pub async fn set_password(
    store: &Store,
    account: &str,
    hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "UPDATE org_login SET hash = $2, changed = $3 WHERE account = $1",
        &[account.into(), hash.into(), now.micros().into()],
    )
    .await?;
    end_in(&mut tx, account, now).await?;
    tx.commit().await
}

/// Ends every session of an account.
///
/// # Errors
/// When the database is out of reach.
pub async fn end_all(store: &Store, account: &str, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    end_in(&mut tx, account, now).await?;
    tx.commit().await
}

async fn end_in(tx: &mut Tx<'_>, account: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE org_session SET ended = $2 WHERE account = $1 AND ended = 0",
        &[account.into(), now.micros().into()],
    )
    .await
    .map(|_| ())
}

/// Counts a try before the password is compared, so that many at once count too.
///
/// # Errors
/// `too-many-attempts`, or the database is out of reach.
pub async fn charge(
    store: &Store,
    login: &str,
    now: Timestamp,
) -> Result<Result<(), Refusal>, StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("DELETE FROM org_attempt WHERE last < $1", &[now.plus_micros(-DAY).micros().into()])
        .await?;
    // the row is locked by the write: tries at the same time wait for each other
    tx.execute(
        "INSERT INTO org_attempt (login, wrong, last) VALUES ($1, 0, $2) \
         ON CONFLICT (login) DO UPDATE SET wrong = org_attempt.wrong",
        &[login.into(), now.micros().into()],
    )
    .await?;
    let rows =
        tx.fetch("SELECT wrong, last FROM org_attempt WHERE login = $1", &[login.into()]).await?;
    let attempts = match rows.first() {
        Some(row) => Attempts {
            wrong: u32::try_from(row.i64(0)?).unwrap_or(u32::MAX),
            last: Timestamp::from_micros(row.i64(1)?),
        },
        None => Attempts::default(),
    };
    if let Err(refusal) = attempts.check(now) {
        tx.rollback().await?;
        return Ok(Err(refusal));
    }
    let next = attempts.wrong(now);
    tx.execute(
        "UPDATE org_attempt SET wrong = $2, last = $3 WHERE login = $1",
        &[login.into(), i64::from(next.wrong).into(), next.last.micros().into()],
    )
    .await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// The right one was given: earlier tries count no more.
///
/// # Errors
/// When the database is out of reach.
pub async fn forgive(store: &Store, login: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("DELETE FROM org_attempt WHERE login = $1", &[login.into()]).await?;
    tx.commit().await
}

/// Keeps a session, new or renewed; sessions that were over a day ago are forgotten.
///
/// # Errors
/// When the database is out of reach.
pub async fn keep_session(store: &Store, session: &Session) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "DELETE FROM org_session WHERE renewed < $1",
        &[session.renewed.plus_micros(-DAY).micros().into()],
    )
    .await?;
    tx.execute(
        "INSERT INTO org_session (id, account, opened, renewed, second_factor, ended) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO UPDATE SET renewed = excluded.renewed, second_factor = excluded.second_factor",
        &[
            session.id.as_str().into(),
            session.account.as_str().into(),
            session.opened.micros().into(),
            session.renewed.micros().into(),
            micros(session.second_factor).into(),
            micros(session.ended).into(),
        ],
    )
    .await?;
    tx.commit().await
}

/// A session.
///
/// # Errors
/// When the database is out of reach.
pub async fn session(store: &Store, id: &str) -> Result<Option<Session>, StoreError> {
    let sql =
        "SELECT id, account, opened, renewed, second_factor, ended FROM org_session WHERE id = $1";
    let rows = store.query(sql, &[id.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Session {
        id: row.text(0)?.to_owned(),
        account: row.text(1)?.to_owned(),
        opened: Timestamp::from_micros(row.i64(2)?),
        renewed: Timestamp::from_micros(row.i64(3)?),
        second_factor: instant(row, 4)?,
        ended: instant(row, 5)?,
    }))
}

/// Ends a session.
///
/// # Errors
/// When the database is out of reach.
pub async fn end_session(store: &Store, id: &str, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "UPDATE org_session SET ended = $2 WHERE id = $1 AND ended = 0",
        &[id.into(), now.micros().into()],
    )
    .await?;
    tx.commit().await
}

/// Keeps a one-time code; one that was there for the same use is worth nothing any more.
///
/// # Errors
/// When the database is out of reach.
pub async fn keep_code(
    store: &Store,
    purpose: &str,
    about: &str,
    code: &OneTimeCode,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO org_code (purpose, about, hash, expires, used) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (purpose, about) DO UPDATE SET hash = excluded.hash, expires = excluded.expires, used = excluded.used",
        &[
            purpose.into(),
            about.into(),
            code.hash.as_str().into(),
            code.expires.micros().into(),
            micros(code.used).into(),
        ],
    )
    .await?;
    tx.commit().await
}

/// The code that is kept for a use.
///
/// # Errors
/// When the database is out of reach.
pub async fn code(
    store: &Store,
    purpose: &str,
    about: &str,
) -> Result<Option<OneTimeCode>, StoreError> {
    let sql = "SELECT hash, expires, used FROM org_code WHERE purpose = $1 AND about = $2";
    let rows = store.query(sql, &[purpose.into(), about.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(OneTimeCode {
        hash: row.text(0)?.to_owned(),
        expires: Timestamp::from_micros(row.i64(1)?),
        used: instant(row, 2)?,
    }))
}

/// Marks a code as used; `false` when somebody was faster.
///
/// # Errors
/// When the database is out of reach.
pub async fn use_code(
    store: &Store,
    purpose: &str,
    about: &str,
    code: &OneTimeCode,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let used = tx
        .execute(
            "UPDATE org_code SET used = $4 WHERE purpose = $1 AND about = $2 AND hash = $3 AND used = 0",
            &[purpose.into(), about.into(), code.hash.as_str().into(), now.micros().into()],
        )
        .await?;
    tx.commit().await?;
    Ok(used == 1)
}

/// The place that a second factor is sealed for.
fn factor_place(account: &str) -> (LogId, String) {
    (LogId::from(""), format!("second-factor:{account}"))
}

fn seal_trouble(error: impl std::fmt::Display) -> StoreError {
    StoreError::Seal(error.to_string())
}

/// The second factor of a log-in, opened.
///
/// # Errors
/// When the key store is out of reach.
pub async fn factor(
    sealer: &dyn Sealer,
    login: &Login,
) -> Result<Option<SecondFactor>, StoreError> {
    let Some(ciphertext) = &login.factor else { return Ok(None) };
    let (log, field) = factor_place(&login.account);
    let part = CipherPart {
        subject: login.account.clone(),
        log,
        index: 0,
        field,
        ciphertext: ciphertext.clone(),
    };
    let opened = sealer.open(&[part]).await.map_err(seal_trouble)?;
    // a factor that cannot be opened is not the same as none
    let plain = opened
        .into_iter()
        .flatten()
        .next()
        .ok_or_else(|| seal_trouble("the second factor is erased"))?;
    serde_json::from_slice(&plain).map(Some).map_err(seal_trouble)
}

/// Keeps a second factor, sealed; `None` takes it away.
///
/// # Errors
/// When the key store or the database is out of reach.
pub async fn keep_factor(
    store: &Store,
    sealer: &dyn Sealer,
    account: &str,
    factor: Option<&SecondFactor>,
) -> Result<(), StoreError> {
    let sealed = match factor {
        None => None,
        Some(factor) => {
            let (log, field) = factor_place(account);
            let bytes = serde_json::to_vec(factor).map_err(seal_trouble)?;
            let part = PlainPart { subject: account.to_owned(), log, index: 0, field, bytes };
            sealer.seal(&[part]).await.map_err(seal_trouble)?.into_iter().next()
        }
    };
    let mut tx = store.begin().await?;
    match sealed {
        Some(sealed) => {
            tx.execute(
                "UPDATE org_login SET factor = $2 WHERE account = $1",
                &[account.into(), sealed.into()],
            )
            .await?;
        }
        None => {
            tx.execute("UPDATE org_login SET factor = NULL WHERE account = $1", &[account.into()])
                .await?;
        }
    }
    tx.commit().await
}
