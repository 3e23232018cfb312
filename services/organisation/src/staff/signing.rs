//! Signing in, renewing, signing out; one-time codes that set a password. Says the same for a wrong name and a wrong password.

use access::{Claims, OneTimeCode, Principal, Session, password, token::LONGEST};
use axum::http::HeaderMap;
use desk::Visitor;
use kernel::{Refusal, Text, Timestamp, Verdict};
use web::Problem;

use super::{Service, credentials, out_of_reach, trouble};
use crate::{
    State,
    facts::account::{self, Account, Owner, Standing},
    shows::{accounts, seats},
};

/// How long a one-time code to set a password is good: a week.
const CODE_LIFE: i64 = 7 * kernel::time::DAY;

/// Somebody who has just signed in, or whose session was renewed.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The token: for the cookie, or as a bearer token.
    pub token: String,
    /// What it says.
    pub claims: Claims,
}

/// What somebody types to sign in.
#[derive(Clone, Default)]
pub struct Typed<'a> {
    /// Log-in name.
    pub login: &'a str,
    /// Password.
    pub password: &'a str,
    /// Code of the second factor, where one is set.
    pub second_factor: &'a str,
}

fn wrong() -> Problem {
    Problem {
        code: "wrong-password".to_owned(),
        remedy: Text::new(
            "请核对后再试；忘记密码的，请登记您任职的单位另发一次性验证码。",
            "Check both and try again; who forgot the password asks the office that recorded the post for a one-time code.",
        ),
        ..Problem::generic("unauthenticated").with_detail(Text::new(
            "登录名或密码不对。",
            "The log-in name or the password is wrong.",
        ))
    }
}

fn barred(standing: Standing) -> Refusal {
    let (zh, en) = match standing {
        Standing::Suspended => ("该账号已停用。", "This account is suspended."),
        _ => ("该账号已注销。", "This account is closed."),
    };
    Refusal::new(
        "account-barred",
        Text::new(zh, en),
        Text::new("请联系安全管理员。", "Ask the security administrator."),
    )
    .by_law(crate::laws::law("PIPL 51"))
}

fn busy(error: access::PasswordError) -> Problem {
    // which of the two it is goes to the log; neither holds a secret
    tracing::warn!(%error, "a password was not compared");
    Problem::generic("unavailable")
}

fn needs_factor() -> Problem {
    Refusal::new(
        "second-factor",
        Text::new("请填写动态验证码。", "The code of the second factor is missing."),
        Text::new(
            "请打开手机上的验证器，填写六位数字。",
            "Open the app on your telephone and write its six digits.",
        ),
    )
    .at("/second_factor")
    .into()
}

impl Service {
    /// Signs in.
    ///
    /// # Errors
    /// 401 for a wrong name or password alike, 429 after too many, 422 for the second factor.
    pub async fn sign_in(&self, typed: Typed<'_>) -> Result<SignedIn, Problem> {
        let now = self.now();
        let Ok(name) = credentials::login_name(typed.login, "/login") else {
            // what cannot be a name costs the same work as one that is not there
            self.passwords.verify(typed.password.to_owned(), None).await.map_err(busy)?;
            return Err(wrong());
        };
        let store = &self.host.store;
        credentials::charge(store, &name, now).await.map_err(trouble)??;
        let login = credentials::login(store, &name).await.map_err(trouble)?;
        let hash = login.as_ref().and_then(|login| login.hash.clone());
        let right = self.passwords.verify(typed.password.to_owned(), hash).await.map_err(busy)?;
        let (true, Some(login)) = (right, login) else { return Err(wrong()) };
        let account = self.account(&login.account).await?.ok_or_else(wrong)?;
        if account.standing != Standing::Open {
            return Err(barred(account.standing).into());
        }
        let mut second_factor = None;
        if let Some(mut factor) = credentials::factor(self.host.committer.sealer().as_ref(), &login)
            .await
            .map_err(trouble)?
        {
            if typed.second_factor.trim().is_empty() {
                return Err(needs_factor());
            }
            factor.take(typed.second_factor, now)?;
            let sealer = self.host.committer.sealer().clone();
            credentials::keep_factor(store, sealer.as_ref(), &login.account, Some(&factor))
                .await
                .map_err(trouble)?;
            second_factor = Some(now);
        }
        credentials::forgive(store, &name).await.map_err(trouble)?;
        let mut session = self.draw(|entropy| Session::open(entropy, login.account.clone(), now));
        session.second_factor = second_factor;
        credentials::keep_session(store, &session).await.map_err(trouble)?;
        self.issue(&session, &account.owner, now).await
    }

    /// Whether it is the password of this log-in. Charge a try before.
    ///
    /// # Errors
    /// 422 beside the field: whoever asks is signed in already.
    pub(crate) async fn check_password(
        &self,
        login: &credentials::Login,
        password: &str,
    ) -> Result<(), Problem> {
        let right = self.passwords.verify(password.to_owned(), login.hash.clone()).await;
        if right.map_err(busy)? {
            return Ok(());
        }
        Err(Refusal::field(
            "/password",
            Text::new("密码不对。", "The password is wrong."),
            Text::new("请填写您的登录密码。", "Write the password that you sign in with."),
        )
        .into())
    }

    async fn account(&self, account: &str) -> Result<Option<Account>, Problem> {
        let stream = account::stream(account);
        let (_, state) = self.host.committer.state(&stream).await.map_err(trouble)?;
        Ok(match state {
            Some(State::Account(account)) => Some(account),
            _ => None,
        })
    }

    async fn issue(
        &self,
        session: &Session,
        owner: &Owner,
        now: Timestamp,
    ) -> Result<SignedIn, Problem> {
        let (holder, resident, administrator) = match owner {
            Owner::Resident(id) => (None, Some(id.clone()), None),
            Owner::Holder(id) => {
                let (_, grants) = seats::grants(&self.host.store, id).await.map_err(trouble)?;
                match grants.administrator(now) {
                    Some(office) => (None, None, Some(office)),
                    None => (Some(id.clone()), None, None),
                }
            }
        };
        let claims = Claims {
            session: session.id.clone(),
            account: session.account.clone(),
            holder,
            resident,
            member_of: None,
            administrator,
            second_factor: session.second_factor,
            issued: now,
            expires: now.plus_micros(LONGEST).min(session.expires()),
        };
        let token = self.issuer.issue(&claims).map_err(|error| {
            tracing::error!(%error, "a token could not be issued");
            Problem::generic("internal")
        })?;
        Ok(SignedIn { token, claims })
    }

    /// A new token for a session that goes on.
    ///
    /// # Errors
    /// 401 `session-over`.
    pub async fn renew(&self, headers: &HeaderMap) -> Result<SignedIn, Problem> {
        let now = self.now();
        let (cookie, authorization) = credentials_in(headers);
        let claims = self.door.renewable(cookie, authorization, now)?;
        let store = &self.host.store;
        let over = || Problem::generic("session-over");
        let mut session = credentials::session(store, &claims.session)
            .await
            .map_err(trouble)?
            .ok_or_else(over)?;
        session.renew(now)?;
        let account = self.account(&session.account).await?.ok_or_else(over)?;
        if account.standing != Standing::Open || self.revoked(&claims).await? {
            return Err(over());
        }
        credentials::keep_session(store, &session).await.map_err(trouble)?;
        self.issue(&session, &account.owner, now).await
    }

    async fn revoked(&self, claims: &Claims) -> Result<bool, Problem> {
        let row = accounts::one(&self.host.store, &claims.account).await.map_err(trouble)?;
        Ok(row.and_then(|row| row.revoked).is_some_and(|until| claims.issued <= until))
    }

    /// Ends the session that somebody comes with. Who has none is signed out already.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sign_out(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let now = self.now();
        let (cookie, authorization) = credentials_in(headers);
        if let Ok(claims) = self.door.renewable(cookie, authorization, now) {
            credentials::end_session(&self.host.store, &claims.session, now)
                .await
                .map_err(trouble)?;
        }
        Ok(())
    }

    /// Who comes with these headers; `None` for nobody. Here, beside the sessions, an ended one is over at once.
    ///
    /// # Errors
    /// `session-over`, `unauthenticated`, or the database is out of reach.
    pub async fn visitor(
        &self,
        cookie: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Option<Visitor>, Verdict> {
        let now = self.now();
        let Some(claims) = self.door.claims(cookie, authorization, now)? else { return Ok(None) };
        let store = &self.host.store;
        let session = credentials::session(store, &claims.session).await.map_err(out_of_reach)?;
        let account = accounts::one(store, &claims.account).await.map_err(out_of_reach)?;
        let alive = session.is_some_and(|session| session.ended.is_none())
            && account.as_ref().is_some_and(|account| {
                account.standing == Standing::Open
                    && account.revoked.is_none_or(|until| claims.issued > until)
            });
        let Some(account) = account.filter(|_| alive) else {
            return Err(Refusal::new(
                "session-over",
                Text::new("登录已过期或已退出。", "The session has expired or was ended."),
                Text::new("请重新登录。", "Log in again."),
            )
            .into());
        };
        let (name, grants) = match &account.owner {
            Owner::Holder(holder) => seats::grants(store, holder).await.map_err(out_of_reach)?,
            Owner::Resident(_) => Default::default(),
        };
        let mut claims = claims;
        // who has become an administrator, or is none any more, is what the seats say now
        claims.administrator = grants.administrator(now);
        if claims.administrator.is_none()
            && claims.holder.is_none()
            && let Owner::Holder(holder) = &account.owner
        {
            claims.holder = Some(holder.clone());
        }
        Ok(Some(Visitor { principal: Principal::from_claims(&claims, grants), name }))
    }

    /// Who comes, or 401.
    ///
    /// # Errors
    /// 401 for nobody.
    pub async fn somebody(&self, headers: &HeaderMap) -> Result<Visitor, Problem> {
        let (cookie, authorization) = credentials_in(headers);
        let visitor = self.visitor(cookie, authorization).await?;
        visitor.ok_or_else(|| Problem::generic("unauthenticated"))
    }

    /// A one-time code with which the owner of an account sets a password. Shown once, kept as a hash.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn code_for(&self, login: &str) -> Result<String, Problem> {
        let expires = self.now().plus_micros(CODE_LIFE);
        let (shown, kept) = self.draw(|entropy| OneTimeCode::issue(entropy, expires));
        credentials::keep_code(&self.host.store, credentials::FOR_PASSWORD, login, &kept)
            .await
            .map_err(trouble)?;
        Ok(shown)
    }

    /// Sets a password with a one-time code. All sessions under a former password end.
    ///
    /// # Errors
    /// `one-time-code`, `weak-password`, `too-many-attempts`.
    pub async fn set_password(
        &self,
        login: &str,
        code: &str,
        new_password: &str,
    ) -> Result<(), Problem> {
        let now = self.now();
        let name = credentials::login_name(login, "/login")?;
        let store = &self.host.store;
        password::check(new_password, &name)?;
        credentials::charge(store, &name, now).await.map_err(trouble)??;
        let kept =
            credentials::code(store, credentials::FOR_PASSWORD, &name).await.map_err(trouble)?;
        // a name without a code is answered as a wrong code is
        let mut kept = kept.unwrap_or(OneTimeCode {
            hash: String::new(),
            expires: Timestamp::default(),
            used: None,
        });
        kept.redeem(code, now)?;
        let login = credentials::login(store, &name).await.map_err(trouble)?.ok_or_else(wrong)?;
        let salt = self.draw(kernel::Entropy::bytes);
        let hash = self.passwords.hash(new_password.to_owned(), salt).await.map_err(busy)?;
        if !credentials::use_code(store, credentials::FOR_PASSWORD, &name, &kept, now)
            .await
            .map_err(trouble)?
        {
            return Err(Problem::generic("one-time-code"));
        }
        credentials::set_password(store, &login.account, &hash, now).await.map_err(trouble)?;
        credentials::forgive(store, &name).await.map_err(trouble)
    }

    /// The office holder behind an account.
    pub(crate) async fn holder_of(&self, account: &str) -> Result<Option<String>, Problem> {
        let row = accounts::one(&self.host.store, account).await.map_err(trouble)?;
        Ok(row.and_then(|row| match row.owner {
            Owner::Holder(holder) => Some(holder),
            Owner::Resident(_) => None,
        }))
    }
}

/// `Cookie` and `Authorization`.
pub(crate) fn credentials_in(headers: &HeaderMap) -> (Option<&str>, Option<&str>) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    (text("cookie"), text("authorization"))
}
