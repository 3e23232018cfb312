//! How a deployment begins: the first two administrators, the register of divisions, posts and accounts, all by the pages
//! and the API that people use.

use anyhow::Context;
use kernel::Place;
use organisation::facts::{seat::FillSeat, unit::FormUnit};
use serde_json::{Value, json};

use crate::{
    client::{Content, PASSWORD},
    known::{Person, township},
    teller::Teller,
};

const SYSTEM: &str = "first.admin";
const SECURITY: &str = "second.admin";
/// The procedures of the story.
const PROCEDURES: [&str; 6] =
    ["decision", "payment", "month-close", "supervision-query", "notice", "screening"];

impl Teller {
    /// The first two administrators, by the token on organisation's terminal, then the register on the import page.
    pub async fn import(&mut self, at: &Place, form: Vec<FormUnit>) -> anyhow::Result<()> {
        let province = form.iter().find(|unit| unit.unit == at.unit).context("no province")?;
        self.first_two(province).await?;
        let mut csv = String::from("code,name,level\n");
        for unit in &form {
            let level = serde_json::to_value(unit.level)?;
            let level = level.as_str().context("a level has a name")?;
            csv.push_str(&format!("{},{},{level}\n", unit.code, unit.name));
        }
        let file = Content::File(csv);
        self.client.send("organisation", "/organisation/divisions", Some(SYSTEM), file).await?;
        for unit in &form {
            let path = format!("/api/organisation/units?q={}", unit.code);
            let found = self.client.get("organisation", &path, None).await?.json()?;
            let id = found["units"][0]["unit"].as_str();
            let id = id.with_context(|| format!("{} was not imported", unit.code))?;
            self.known.learn_unit(&unit.unit, id);
        }
        self.adopted().await
    }

    async fn first_two(&mut self, province: &FormUnit) -> anyhow::Result<()> {
        let printed = self.deployment.log("organisation");
        let (_, token) = printed.split_once("first-administrator?code=").context("no token")?;
        let token = token.split_whitespace().next().context("no token")?;
        let form = [
            ("code", token),
            ("province_code", province.code.as_str()),
            ("province_name", &province.name),
            ("system-name", "甘春和"),
            ("system-person", "p-0001"),
            ("system-login", SYSTEM),
            ("password", PASSWORD),
            ("again", PASSWORD),
            ("security-name", "柏长青"),
            ("security-person", "p-0002"),
            ("security-login", SECURITY),
        ];
        let form = Content::Form(form.map(|(name, value)| (name, value.to_owned())).into());
        let path = "/organisation/first-administrator";
        let page = self.client.send("organisation", path, None, form).await?.text;
        let (_, code) = page.split_once("<dt>一次性验证码</dt><dd>").context(page.clone())?;
        let (code, _) = code.split_once('<').context("no code")?;
        self.set_password(SECURITY, code).await
    }

    /// Whoever has the code sets the password. When the answer was lost, signing in tells that it was set.
    async fn set_password(&mut self, login: &str, code: &str) -> anyhow::Result<()> {
        let body = json!({ "login": login, "code": code, "password": PASSWORD });
        let path = "/api/organisation/password";
        let set = self.client.send("organisation", path, None, Content::Json(body)).await;
        match (set, self.client.sign_in(login).await) {
            (_, Ok(_)) => Ok(()),
            (Err(error), Err(_)) | (Ok(_), Err(error)) => Err(error),
        }
    }

    /// Waits until the definitions of the story are adopted, as they are by themselves at a first start.
    async fn adopted(&mut self) -> anyhow::Result<()> {
        let start = tokio::time::Instant::now();
        loop {
            let path = "/api/organisation/definitions";
            let adopted = self.client.get("organisation", path, None).await?.text;
            if PROCEDURES.iter().all(|id| adopted.contains(&format!("\"{id}\""))) {
                return Ok(());
            }
            anyhow::ensure!(start.elapsed() < crate::client::PATIENCE, "adopted: {adopted}");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }

    /// Who records posts and accounts in a place: for a village somebody of its township, else the security administrator.
    pub async fn clerk(&mut self, place: &Place) -> anyhow::Result<String> {
        let is_village = !place.code.as_str().ends_with("000");
        match self.known.officers.get(&township(place)).cloned().filter(|_| is_village) {
            Some(officer) => Box::pin(self.login(&officer)).await,
            None => Ok(SECURITY.to_owned()),
        }
    }

    /// Learns who the holder of a seat is that was just filled.
    pub async fn seated(&mut self, place: &Place, fill: &FillSeat) -> anyhow::Result<()> {
        let unit = self.known.id(fill.unit.as_str()).to_owned();
        let path = format!("/api/organisation/seats?unit={unit}");
        let listed = self.client.get("organisation", &path, None).await?.json()?;
        let known = |seat: &str| self.known.people.values().any(|person| person.seat == seat);
        let mut new = listed["seats"].as_array().context("no seats")?.iter().filter(|row| {
            row["post"] == fill.post.as_str()
                && row["seat"].as_str().is_some_and(|seat| !known(seat))
        });
        let (Some(row), None) = (new.next(), new.next()) else {
            anyhow::bail!("one new {} in {listed}", fill.post);
        };
        let text = |name: &str| row[name].as_str().map(str::to_owned).context("a seat's row");
        let (seat, holder) = (text("seat")?, text("holder")?);
        self.known.learn(&fill.holder, &holder);
        let person = Person { seat, place: place.clone(), login: None };
        self.known.people.insert(fill.holder.clone(), person);
        if fill.post == "township-officer" {
            self.known.officers.insert(township(place), fill.holder.clone());
        }
        Ok(())
    }

    /// The log-in name of an office holder, who gets an account the first time.
    pub async fn login(&mut self, holder: &str) -> anyhow::Result<String> {
        let person = self.known.people.get(holder).with_context(|| format!("who is {holder}?"))?;
        if let Some(login) = &person.login {
            return Ok(login.clone());
        }
        let Person { seat, place, .. } = person.clone();
        let clerk = self.clerk(&place).await?;
        let login = format!(
            "official-{}",
            self.known.people.values().filter(|p| p.login.is_some()).count()
        );
        let path = format!("/api/organisation/seats/{seat}/account");
        let open = json!({ "do": "open", "login": login });
        let mut done = self.submit("organisation", path.clone(), clerk.clone(), None, open).await?;
        if done["code"].is_null() {
            // The first answer was lost, and a code is shown once: as for a password that was forgotten.
            let again =
                self.request("organisation", path, clerk, None, json!({ "do": "new-code" }));
            done = self.client.submit(&again).await?;
        }
        let code = done.get("code").and_then(Value::as_str).context("no code")?;
        self.set_password(&login, code).await?;
        if let Some(person) = self.known.people.get_mut(holder) {
            person.login = Some(login.clone());
        }
        Ok(login)
    }
}
