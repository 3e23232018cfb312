//! The first two administrators (首批管理员): by a one-time token that the program prints, once, while there are none.
//! From then on roles come from organisation's events. Knows no page.

use access::{OneTimeCode, password};
use kernel::{Actor, Date, DivisionCode, Entropy, Level, Place, Refusal, Text, Timestamp, UnitId};
use sha2::{Digest, Sha256};
use web::Problem;

use super::{Service, Submit, credentials, no_province, trouble};
use crate::{
    Ask,
    facts::{
        account::{AccountAsk, AskAccount, Owner},
        definition::FIRST_START,
        seat::{FillSeat, LONGEST_TERM_YEARS},
        unit::{FormUnit, Unit},
    },
    shows::{self, units},
};

/// How long the token is good.
const LIFE: i64 = kernel::time::DAY;
const ABOUT: &str = "";
const BODY: &str = "operations";
/// The two: who runs the system, who keeps accounts.
const POSTS: [&str; 2] = ["system-administrator", "security-administrator"];

/// One of the two persons.
#[derive(Clone, Default)]
pub struct Person {
    /// The name: public with the post.
    pub name: String,
    /// Person-register id: sealed.
    pub person: String,
    /// Log-in name.
    pub login: String,
}

/// What the form asks.
#[derive(Clone, Default)]
pub struct FirstTwo {
    /// The one-time token.
    pub code: String,
    /// The system administrator (系统管理员), who fills in the form.
    pub system: Person,
    /// The password of the system administrator.
    pub password: String,
    /// The security administrator (安全管理员): gets a one-time code.
    pub security: Person,
    /// Code and name of the province, when there are no divisions yet.
    pub province: Option<(String, String)>,
}

/// Who they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// With this code the security administrator sets a password.
    pub security_code: String,
    /// Log-in name of the security administrator.
    pub security_login: String,
}

fn used() -> Problem {
    Problem::generic("one-time-code")
}

impl Service {
    /// The token with which the first administrators begin, while there are none. Each call makes a new one; the former
    /// is worth nothing then. To be printed on the terminal of whoever starts the program, and nowhere else.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn first_token(&self) -> Result<Option<String>, store::StoreError> {
        if !self.is_waiting_for_the_first().await? {
            return Ok(None);
        }
        let expires = self.now().plus_micros(LIFE);
        let (shown, kept) = self.draw(|entropy| OneTimeCode::issue(entropy, expires));
        credentials::keep_code(&self.host.store, credentials::FOR_FIRST, ABOUT, &kept).await?;
        Ok(Some(shown))
    }

    /// Whether no administrator holds a seat yet.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn is_waiting_for_the_first(&self) -> Result<bool, store::StoreError> {
        for reader in shows::all(self.definitions.clone()) {
            self.host.readers.catch_up(reader.as_ref()).await?;
        }
        let Some(province) = units::province(&self.host.store).await? else { return Ok(true) };
        let today = self.now().date();
        let unit = &province.place.unit;
        let [system, security] = POSTS;
        let both = shows::seats::somebody(&self.host.store, unit, &[system], today).await?
            && shows::seats::somebody(&self.host.store, unit, &[security], today).await?;
        Ok(!both)
    }

    /// Makes the two accounts and records the two seats. A call that broke off is finished by the same call again.
    ///
    /// # Errors
    /// `one-time-code` for a wrong, used or late token; a field that is wrong; a refusal of the core.
    pub async fn begin(&self, asked: FirstTwo) -> Result<Begun, Problem> {
        let now = self.now();
        let store = &self.host.store;
        // a guess is counted like a wrong password
        credentials::charge(store, "#first", now).await.map_err(trouble)??;
        let kept =
            credentials::code(store, credentials::FOR_FIRST, ABOUT).await.map_err(trouble)?;
        let mut kept = kept.ok_or_else(used)?;
        kept.redeem(&asked.code, now)?;
        credentials::forgive(store, "#first").await.map_err(trouble)?;

        let system_login = credentials::login_name(&asked.system.login, "/system/login")?;
        let security_login = credentials::login_name(&asked.security.login, "/security/login")?;
        check_two(&asked, &system_login, &security_login)?;
        password::check(&asked.password, &system_login)?;
        let mut ids = seeded(&kept.hash);
        let holders = [ids.opaque(), ids.opaque()];
        let seats = [ids.opaque(), ids.opaque()];
        let accounts = [ids.opaque(), ids.opaque()];
        let province_id = UnitId::new(ids.opaque());
        let logins = [&system_login, &security_login];
        for ((login, account), field) in
            logins.iter().zip(&accounts).zip(["/system/login", "/security/login"])
        {
            let named = credentials::login(store, login).await.map_err(trouble)?;
            if named.is_some_and(|named| named.account != *account) {
                return Err(taken(field).into());
            }
        }
        let salt = self.draw(kernel::Entropy::bytes);
        let hash = self.passwords.hash(asked.password.clone(), salt).await.map_err(|error| {
            tracing::warn!(%error, "a password was not computed");
            Problem::generic("unavailable")
        })?;

        let place = self.province(&asked, province_id, &kept.hash, now).await?;
        let today = now.date();
        let to = today.saturating_add(kernel_span(LONGEST_TERM_YEARS)).yesterday().unwrap_or(today);
        let people = [&asked.system, &asked.security];
        for (at, person) in people.into_iter().enumerate() {
            let fill = Ask::FillSeat(FillSeat {
                unit: place.unit.clone(),
                seat: seats[at].clone(),
                holder: holders[at].clone(),
                person: person.person.trim().to_owned(),
                name: person.name.trim().to_owned(),
                body: BODY.to_owned(),
                post: POSTS[at].to_owned(),
                from: today,
                to,
                households: None,
                relatives: None,
            });
            self.first_step(&kept.hash, &format!("seat-{at}"), &place, fill).await?;
            let open = Ask::Account(AskAccount {
                account: accounts[at].clone(),
                ask: AccountAsk::Open { owner: Owner::Holder(holders[at].clone()), person: None },
            });
            self.first_step(&kept.hash, &format!("account-{at}"), &place, open).await?;
            let named = credentials::name_account(store, logins[at], &accounts[at], now).await;
            if !named.map_err(trouble)? {
                return Err(taken(if at == 0 { "/system/login" } else { "/security/login" }).into());
            }
        }
        credentials::set_password(store, &accounts[0], &hash, now).await.map_err(trouble)?;
        let security_code = self.code_for(&security_login).await?;
        if !credentials::use_code(store, credentials::FOR_FIRST, ABOUT, &kept, now)
            .await
            .map_err(trouble)?
        {
            return Err(used());
        }
        Ok(Begun { security_code, security_login })
    }

    /// The province, formed when there is none.
    async fn province(
        &self,
        asked: &FirstTwo,
        id: UnitId,
        hash: &str,
        now: Timestamp,
    ) -> Result<Place, Problem> {
        if let Some(unit) = units::province(&self.host.store).await.map_err(trouble)? {
            return Ok(unit.place);
        }
        let Some((code, name)) = &asked.province else { return Err(no_province().into()) };
        let form = form_province(id.clone(), code, name, now.date())?;
        let place = Place { unit: id.clone(), code: form.code, keeper: id };
        let ask = Ask::Divisions { form: vec![form], rename: Vec::new() };
        self.first_step(hash, "province", &place, ask).await?;
        Ok(place)
    }

    async fn first_step(
        &self,
        hash: &str,
        step: &str,
        place: &Place,
        body: Ask,
    ) -> Result<(), Problem> {
        let wanted = Submit {
            principal: FIRST_START,
            key: format!("{hash}/{step}"),
            actor: Actor::System(FIRST_START.to_owned()),
            place: place.clone(),
            seen: None,
            body,
            sent: None,
            shown_by: &[units::NAME, shows::seats::NAME, shows::accounts::NAME],
        };
        self.submit(wanted).await?;
        Ok(())
    }
}

fn kernel_span(years: i16) -> jiff::Span {
    jiff::Span::new().years(years)
}

/// Ids of the two: from the token's hash, so that the same call again finds what the first one has done.
fn seeded(hash: &str) -> Entropy {
    Entropy::from_seed(
        Sha256::new().chain_update("first two\0").chain_update(hash).finalize().into(),
    )
}

fn taken(field: &str) -> Refusal {
    Refusal::field(
        field,
        Text::new("这个登录名已有人用。", "Somebody has this log-in name."),
        Text::new("请另选一个。", "Choose another."),
    )
}

/// Two persons, two names.
fn check_two(asked: &FirstTwo, system: &str, security: &str) -> Result<(), Refusal> {
    let same_person = asked.system.person.trim() == asked.security.person.trim();
    if system != security && !same_person {
        return Ok(());
    }
    let field = if same_person { "/security/person" } else { "/security/login" };
    Err(Refusal::new(
        "three-administrators",
        Text::new(
            "系统管理员和安全管理员须是两个人、两个账号。",
            "System administrator and security administrator are two persons with two accounts.",
        ),
        Text::new("请填写另一个人。", "Name another person."),
    )
    .by_law(crate::laws::law("province-rules"))
    .at(field))
}

fn form_province(unit: UnitId, code: &str, name: &str, from: Date) -> Result<FormUnit, Problem> {
    let wrong = |what: String| -> Problem {
        Refusal::field(
            "/province_code",
            Text::new("省级区划代码不对。", format!("This is not the code of a province: {what}.")),
            Text::new(
                "请填12位代码，如 330000000000。",
                "Write the 12 digits, such as 330000000000.",
            ),
        )
        .into()
    };
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let code = DivisionCode::parse(&digits).map_err(wrong)?;
    let form = FormUnit {
        unit,
        code,
        name: name.trim().to_owned(),
        level: Level::Province,
        parent: None,
        from,
    };
    // the core says what is wrong with it, before anything is recorded
    let checked: Result<(_, Unit), _> = crate::facts::unit::form(&form, None, None, false);
    checked.map(|_| form).map_err(Into::into)
}
