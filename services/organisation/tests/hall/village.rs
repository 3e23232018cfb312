//! A village on the service: people signed in, who begin cases and take steps over the API.

use serde_json::{Value, json};

use super::{Answer, Hall, PASSWORD};

/// Its people, by log-in.
pub struct Village {
    pub hall: Hall,
    pub unit: String,
    pub town: String,
    tokens: Vec<(&'static str, String)>,
}

impl Village {
    pub async fn new(texts: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("organisation.sqlite").display());
        let hall = Hall::of(&url, folder, texts).await;
        hall.divisions().await;
        let security = hall.security().await;
        let town = hall.unit("云溪镇").await;
        done(&hall.appoint(&security, &town, "township", "township-officer", "田野").await);
        let officer = hall.let_in(&security, &town, "township-officer", "tian").await;
        done(&hall.appoint(&security, &town, "township", "township-head", "马原").await);
        let head = hall.let_in(&security, &town, "township-head", "mayuan").await;
        let unit = hall.unit("青禾村").await;
        let mut tokens = Vec::new();
        for (body, post, name, login) in [
            ("branch-committee", "party-secretary", "石坚", "shi"),
            ("village-committee", "village-director", "王平", "wang"),
            ("village-committee", "deputy-director", "邓川", "deng"),
            ("supervision-committee", "supervision-chair", "简明", "jian"),
            ("villager-groups", "group-leader", "何苗", "miao"),
        ] {
            done(&hall.appoint(&officer, &unit, body, post, name).await);
            tokens.push((login, hall.let_in(&officer, &unit, post, login).await));
        }
        tokens.push(("tian", officer));
        tokens.push(("mayuan", head));
        Self { hall, unit, town, tokens }
    }

    pub fn token(&self, login: &str) -> &str {
        &self.tokens.iter().find(|(name, _)| *name == login).unwrap().1
    }

    /// Days pass; everybody signs in anew.
    pub async fn days(&mut self, days: i64) {
        self.hall.wait(days * 24 * 60);
        let committer = &self.hall.host.committer;
        committer.due(committer.now()).await.unwrap();
        for (login, token) in &mut self.tokens {
            *token = self.hall.token(login, PASSWORD).await;
        }
    }

    /// Seats somebody else and lets them in.
    pub async fn join(&mut self, (body, post, name, login): (&str, &str, &str, &'static str)) {
        let officer = self.token("tian").to_owned();
        done(&self.hall.appoint(&officer, &self.unit, body, post, name).await);
        let token = self.hall.let_in_named(&officer, &self.unit, (post, name), login).await;
        self.tokens.push((login, token));
    }

    pub fn cookie(&self, login: &str) -> String {
        format!("__Host-cunwu-session={}", self.token(login))
    }

    pub async fn begin(&self, login: &str, procedure: &str, step: &str, fields: Value) -> Answer {
        let path = format!("/api/organisation/units/{}/{procedure}/{step}", self.unit);
        let body = json!({ "fields": fields });
        self.hall.api(&path, self.token(login), &self.hall.key(), body).await
    }

    /// Begins a case by a vote.
    pub async fn begin_by_vote(
        &self,
        login: &str,
        step: (&str, &str),
        fields: Value,
        sitting: Value,
    ) -> Answer {
        let path = format!("/api/organisation/units/{}/{}/{}", self.unit, step.0, step.1);
        let body = json!({ "fields": fields, "sitting": sitting });
        self.hall.api(&path, self.token(login), &self.hall.key(), body).await
    }

    /// Takes a step on the version that is there.
    pub async fn take(&self, login: &str, thing: &str, step: &str, fields: Value) -> Answer {
        self.send(login, thing, step, json!({ "fields": fields })).await
    }

    /// Takes a step with all that is sent, on the version that is there.
    pub async fn send(&self, login: &str, thing: &str, step: &str, body: Value) -> Answer {
        let path = format!("/api/organisation/{thing}");
        let seen = self.hall.api_get(&path, self.token(login)).await.json()["version"].as_u64();
        let path = format!("{path}/{step}");
        self.hall.api_seeing(&path, self.token(login), &self.hall.key(), body, seen).await
    }

    pub async fn page(&self, login: &str, path: &str) -> Answer {
        self.hall.get(path, &self.cookie(login)).await
    }
}

pub fn done(answer: &Answer) {
    assert!(answer.status.is_success(), "{}", answer.text);
}
