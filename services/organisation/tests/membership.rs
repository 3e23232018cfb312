//! A person's whole way into the party, over the API: five closed stages, kin kept out of all of them, each look on record,
//! nothing of it anywhere in plain, and its erasure.

mod hall;

use std::collections::BTreeMap;

use casework::closed::{keys_of, own_key};
use hall::{
    Hall,
    village::{Village, done},
};
use kernel::{Actor, Command, Date, LogKind, StreamId};
use organisation::{
    Ask, State,
    catalogue::DEFINITIONS,
    facts::{
        roll, seat,
        village::{self, ElectorateCounted, VillageSetUp},
    },
};
use sealed::{SealedError, canary::Canary};
use serde_json::{Value, json};

const APPLICANT: &str = "kq4zt8wn2mx7vb5c";
const NAMED: &str = "仉督砚秋";
const WORDS: [&str; 4] =
    ["亓官带头试种旱稻", "谈话时说起祖父", "群众说他肯吃苦", "政审函调未见异常"];

/// Stages, in order, with the id of the case.
type Stages = BTreeMap<&'static str, String>;

struct Branch {
    village: Village,
    committee: Vec<String>,
}

impl Branch {
    /// The village with its branch: a secretary, and two members, of whom the second is the applicant's sister.
    async fn new() -> Self {
        let mut village = Village::new(DEFINITIONS).await;
        for (name, login) in [("白桦", "bai"), ("边城", "bian")] {
            village.join(("branch-committee", "branch-member", name, login)).await;
        }
        village.hall.adopt().await;
        let (unit, town) = (village.unit.clone(), village.town.clone());
        let kin = json!([{ "person": APPLICANT, "degree": "close-kin" }]);
        for (login, at, relatives) in
            [("bian", &unit, kin), ("tian", &town, json!([])), ("mayuan", &town, json!([]))]
        {
            let path = format!("/api/organisation/units/{at}/declaration");
            let body = json!({ "relatives": relatives });
            let hall = &village.hall;
            done(&hall.api(&path, village.token(login), &hall.key(), body).await);
        }
        for ask in [
            Ask::SetUpVillage(VillageSetUp {
                unit: unit.as_str().into(),
                committee: 5,
                supervision: 3,
                board: None,
                groups: 6,
            }),
            Ask::CountElectorate(ElectorateCounted {
                unit: unit.as_str().into(),
                adults: 120,
                households: 60,
                party_members: 30,
                capable_members: None,
                on: village.hall.host.committer.now().date(),
            }),
        ] {
            submit(&village.hall, &unit, ask).await;
        }
        let seats = village.hall.get(&format!("/api/organisation/seats?unit={unit}"), "").await;
        let holder = |name: &str| {
            let all = seats.json()["seats"].as_array().unwrap().clone();
            let found = all.iter().find(|seat| seat["name"] == name).unwrap();
            found["holder"].as_str().unwrap().to_owned()
        };
        let committee = ["石坚", "白桦", "边城"].map(holder).to_vec();
        Self { village, committee }
    }

    fn today(&self) -> Date {
        self.village.hall.host.committer.now().date()
    }

    /// The committee sits; the applicant's sister leaves for this item.
    fn committee_sits(&self) -> Value {
        let [there @ .., sister] = self.committee.as_slice() else { panic!("a committee") };
        let attendance: Vec<Value> =
            there.iter().map(|one| json!({ "holder": one, "channel": "hall" })).collect();
        json!({
            "held_on": self.today(), "should_attend": 3, "attendance": attendance, "recused": [sister],
            "votes": { "hall": { "for": 2 } },
        })
    }

    /// The members sit, and vote in secret.
    async fn members_sit(&self, against: u32) -> Value {
        let committer = &self.village.hall.host.committer;
        let unit = self.village.unit.as_str().into();
        let (_, seats) = committer.state(&seat::stream(&unit)).await.unwrap();
        let (_, lists) = committer.state(&village::stream(&unit)).await.unwrap();
        let (Some(State::Seats(seats)), Some(State::Village(lists))) = (seats, lists) else {
            panic!("set up")
        };
        let roll = roll::of("party-members-meeting", Some(&seats), Some(&lists), self.today());
        let members = roll.unwrap().members;
        let attendance: Vec<Value> =
            members.iter().map(|one| json!({ "holder": one, "channel": "hall" })).collect();
        let for_ = u32::try_from(members.len()).unwrap() - against;
        json!({
            "held_on": self.today(), "should_attend": members.len(), "attendance": attendance, "ballot": "secret",
            "votes": { "hall": { "for": for_, "against": against } },
        })
    }

    async fn begin(&self, login: &str, (procedure, step): (&str, &str), fields: Value) -> String {
        let begun = self.village.begin(login, procedure, step, fields).await;
        done(&begun);
        let told = &begun.json()["receipt"]["events"][0];
        assert!(told.get("fact").is_none() && told.get("stream").is_none(), "{told}");
        begun.json()["thing"]["id"].as_str().unwrap().to_owned()
    }

    async fn decide(&self, (procedure, step): (&str, &str), fields: Value) -> String {
        let sitting = self.committee_sits();
        let begun = self.village.begin_by_vote("shi", (procedure, step), fields, sitting).await;
        done(&begun);
        begun.json()["thing"]["id"].as_str().unwrap().to_owned()
    }

    async fn take(&self, login: &str, thing: &str, step: &str, fields: Value) {
        done(&self.village.take(login, thing, step, fields).await);
    }

    async fn vote(&self, thing: &str, fields: Value) {
        let body = json!({ "fields": fields, "sitting": self.members_sit(7).await });
        done(&self.village.send("shi", thing, "vote", body).await);
    }

    async fn status(&self, login: &str, path: &str) -> u16 {
        self.village.hall.api_get(path, self.village.token(login)).await.status.as_u16()
    }
}

async fn submit(hall: &Hall, unit: &str, body: Ask) {
    let place = organisation::shows::units::one(&hall.host.store, &unit.into()).await.unwrap();
    let command = Command {
        principal: "set-up".into(),
        key: hall.key(),
        actor: Actor::System("set-up".into()),
        place: place.unwrap().place,
        seen: None,
        causation: None,
        body,
    };
    hall.host.committer.submit(command).await.unwrap();
}

fn application() -> Value {
    json!({ "applicant": { "person": APPLICANT }, "named": NAMED, "age": 26, "letter": WORDS[0] })
}

/// Stage one, with everybody who has no business there looking for it.
async fn apply(branch: &Branch) -> String {
    let village = &branch.village;
    // the applicant's sister takes no application of theirs
    let refused = village.begin("bian", "member-application", "apply", application()).await;
    assert_eq!(refused.json()["code"], "conflict", "{}", refused.text);
    let id = branch.begin("shi", ("member-application", "apply"), application()).await;
    let (there, absent) = (
        format!("/api/organisation/member-application/{id}"),
        "/api/organisation/member-application/nobody",
    );
    let list = format!("/api/organisation/units/{}/member-application", village.unit);
    for login in ["wang", "jian", "miao", "bian"] {
        let [there, absent] = [&there, &absent.to_owned()];
        let token = village.token(login);
        let answers =
            [village.hall.api_get(there, token).await, village.hall.api_get(absent, token).await];
        let said = answers.map(|answer| {
            let mut said = answer.json();
            said.as_object_mut().unwrap().remove("instance");
            (answer.status.as_u16(), said)
        });
        assert_eq!(said[0], said[1], "{login}");
        assert_eq!(said[0].0, 404, "{login}");
        let talk = json!({ "talk_note": "聊过" });
        let acted = village
            .send(login, &format!("member-application/{id}"), "talk", json!({ "fields": talk }))
            .await;
        assert_eq!(acted.status, 404, "{login}: {}", acted.text);
    }
    // no list tells of it either: to kin it is empty, to the others there is none
    let listed = village.hall.api_get(&list, village.token("bian")).await;
    assert_eq!(listed.json()["items"], json!([]), "{}", listed.text);
    assert_eq!(branch.status("wang", &list).await, 404);
    let listed = village.hall.api_get(&list, village.token("shi")).await.json();
    assert_eq!(listed["items"][0]["id"], id.as_str(), "{listed}");
    let desk = village.page("shi", "/organisation/").await.text;
    assert!(desk.contains(&id) && !village.page("bian", "/organisation/").await.text.contains(&id));

    let looks = StreamId::of("looked", format!("member-application-{id}"));
    let (_, state) = village.hall.host.committer.state(&looks).await.unwrap();
    assert!(state.is_none(), "who saw nothing did not look: {state:?}");
    let seen = village.hall.api_get(&there, village.token("shi")).await;
    assert_eq!((seen.status.as_u16(), &seen.json()["values"]["named"]), (200, &json!(NAMED)));
    let page = village.page("shi", &format!("/organisation/member-application/{id}")).await.text;
    assert!(page.contains("谁查看过") && page.contains("石坚") && page.contains(NAMED), "{page}");

    // the second stage is not offered before the first is over
    let form = format!("/organisation/units/{}/member-activist/recommend", village.unit);
    assert!(!village.page("shi", &form).await.text.contains(&id));
    branch
        .take("bai", &format!("member-application/{id}"), "talk", json!({ "talk_note": WORDS[1] }))
        .await;
    assert!(village.page("shi", &form).await.text.contains(&id), "the next stage may cite it");
    assert!(!village.page("bian", &form).await.text.contains(&id), "kin is offered nothing");
    id
}

async fn activist(branch: &mut Branch, before: &str) -> String {
    let cited = json!({ "before": before });
    let recommend = ("member-activist", "recommend");
    // with the sister voting it does not stand
    let mut sitting = branch.committee_sits();
    let sister = json!({ "holder": branch.committee[2], "channel": "hall" });
    sitting["attendance"].as_array_mut().unwrap().push(sister);
    sitting["recused"] = json!([]);
    let refused =
        branch.village.begin_by_vote("shi", recommend, cited.clone(), sitting).await.json();
    assert_eq!(refused["code"], "recusal-missing", "{refused}");
    let sitting = branch.committee_sits();
    let refused = branch.village.begin_by_vote("bian", recommend, cited.clone(), sitting).await;
    assert_eq!(refused.json()["code"], "conflict", "{}", refused.text);

    let id = branch.decide(recommend, cited.clone()).await;
    let again = branch.village.begin_by_vote("shi", recommend, cited, branch.committee_sits());
    assert_eq!(again.await.json()["code"], "used-before", "a stage leads on once");
    let thing = format!("member-activist/{id}");
    // two stages from the one that names the applicant, kin is still kin
    assert_eq!(branch.status("bian", &format!("/api/organisation/{thing}")).await, 404);
    branch.take("shi", &thing, "file", json!({})).await;
    branch.take("shi", &thing, "assign", json!({ "contacts": "白桦" })).await;
    for step in ["observe-half", "observe-year"] {
        branch.village.days(187).await;
        branch.take("bai", &thing, step, json!({ "observed": WORDS[2] })).await;
    }
    let page = branch.village.page("shi", &format!("/organisation/{thing}")).await.text;
    assert!(page.contains(&format!("/organisation/member-application/{before}")), "{page}");
    id
}

async fn object(branch: &Branch, before: &str) -> String {
    let fields = json!({ "before": before, "opinions": WORDS[2] });
    let id = branch.decide(("member-object", "decide"), fields).await;
    let thing = format!("member-object/{id}");
    branch.take("shi", &thing, "file", json!({})).await;
    branch.take("shi", &thing, "introduce", json!({ "introducers": "白桦、石坚" })).await;
    let body = json!({ "fields": { "review": WORDS[3] }, "outcome": "passed" });
    done(&branch.village.send("shi", &thing, "review", body).await);
    branch.take("tian", &thing, "train", json!({ "training_days": 3, "training_hours": 24 })).await;
    id
}

async fn admission(branch: &mut Branch, before: &str) -> String {
    let fields = json!({ "before": before, "opinion": "材料齐全" });
    let id = branch.decide(("member-admission", "review"), fields).await;
    let thing = format!("member-admission/{id}");
    branch.take("tian", &thing, "pre-review", json!({})).await;
    branch.village.days(12).await;
    branch.vote(&thing, json!({ "form": "志愿书〇〇七号" })).await;
    branch.take("tian", &thing, "talk", json!({ "talked": "认识端正" })).await;
    let own = branch.village.take("tian", &thing, "approve", json!({})).await;
    assert_eq!(own.json()["code"], "four-eyes", "{}", own.text);
    branch.take("mayuan", &thing, "approve", json!({})).await;
    branch.take("tian", &thing, "file", json!({})).await;
    id
}

async fn probation(branch: &mut Branch, before: &str) -> String {
    let fields = json!({ "before": before, "group": "第一党小组" });
    let id = branch.begin("shi", ("member-probation", "assign"), fields).await;
    let thing = format!("member-probation/{id}");
    branch.take("shi", &thing, "oath", json!({})).await;
    for step in ["observe-half", "observe-year"] {
        branch.village.days(187).await;
        branch.take("bai", &thing, step, json!({ "observed": WORDS[2] })).await;
    }
    branch.take("shi", &thing, "request", json!({ "request": WORDS[0] })).await;
    branch.village.days(12).await;
    branch.vote(&thing, json!({})).await;
    branch.take("mayuan", &thing, "approve", json!({})).await;
    branch.take("shi", &thing, "archive", json!({ "archive": "党员档案-027" })).await;
    id
}

#[tokio::test]
async fn a_person_joins_and_nothing_of_it_is_told() {
    let mut branch = Branch::new().await;
    let mut stages = Stages::new();
    let id = apply(&branch).await;
    stages.insert("member-application", id.clone());
    let id = activist(&mut branch, &id).await;
    stages.insert("member-activist", id.clone());
    let id = object(&branch, &id).await;
    stages.insert("member-object", id.clone());
    let id = admission(&mut branch, &id).await;
    stages.insert("member-admission", id.clone());
    let id = probation(&mut branch, &id).await;
    stages.insert("member-probation", id);

    for (procedure, id) in &stages {
        let path = format!("/api/organisation/{procedure}/{id}");
        let seen = branch.village.hall.api_get(&path, branch.village.token("shi")).await.json();
        assert_eq!(seen["ended"], true, "{procedure}: {seen}");
        // the committee above sees the stages in which it has a part; kin and the rest of the village none
        let above =
            if ["member-admission", "member-probation"].contains(procedure) { 200 } else { 404 };
        assert_eq!(branch.status("mayuan", &path).await, above, "{procedure}");
        for login in ["bian", "wang"] {
            assert_eq!(branch.status(login, &path).await, 404, "{procedure}: {login}");
        }
    }
    untold(&branch, &stages).await;
    erased(&mut branch, &stages).await;
}

/// Neither logs nor tables tell who it is, what was said, or that there is such a case.
async fn untold(branch: &Branch, stages: &Stages) {
    let hall = &branch.village.hall;
    let plain = [APPLICANT, NAMED].into_iter().chain(WORDS);
    for text in plain {
        let found = Canary::new(text, text.as_bytes()).in_folder(hall.folder.path()).unwrap();
        assert!(found.is_empty(), "{text}: {found:?}");
    }
    let store = &hall.host.store;
    let mut closed = 0;
    for log in store.logs().await.unwrap() {
        for entry in store.entries(&log.id, 0, 5000).await.unwrap() {
            if log.kind == LogKind::Closed {
                assert_eq!(entry.bytes.len(), 32);
                closed += 1;
                continue;
            }
            let text = String::from_utf8_lossy(&entry.bytes);
            for (procedure, id) in stages {
                let adoption = text.contains("definition-adopted");
                assert!(!text.contains(id) && (adoption || !text.contains(procedure)), "{text}");
            }
        }
    }
    assert!(closed > 40, "{closed}");
    for table in ["org_case", "org_record", "org_waiting", "org_citing"] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE stream LIKE 'member-%'");
        assert_eq!(store.query(&sql, &[]).await.unwrap()[0].i64(0).unwrap(), 0, "{table}");
    }
    let sql = "SELECT stream, procedure_id, unit, ended FROM board_sealed ORDER BY stream";
    let rows = store.query(sql, &[]).await.unwrap();
    let lie: Vec<(&str, &str, i64)> = rows
        .iter()
        .map(|row| (row.text(0).unwrap(), row.text(1).unwrap(), row.i64(3).unwrap()))
        .collect();
    assert_eq!(lie.len(), 5, "{lie:?}");
    assert!(lie.iter().all(|(stream, procedure, ended)| {
        stages.get(procedure).is_some_and(|id| *stream == format!("{procedure}/{id}"))
            && *ended == 1
    }));
}

/// What was said of the applicant is erased alone; without the first stage nobody acts; then all of it is gone.
async fn erased(branch: &mut Branch, stages: &Stages) {
    // a new second stage would be cited by nobody: one that is under way shows who may act once nobody knows for whom
    let set = branch.village.hall.host.committer.domain().definitions().clone();
    let id = branch.begin("shi", ("member-application", "apply"), application()).await;
    branch
        .take("bai", &format!("member-application/{id}"), "talk", json!({ "talk_note": "谈过" }))
        .await;
    let under_way = branch.decide(("member-activist", "recommend"), json!({ "before": id })).await;
    let vault = branch.village.hall.vault.clone();
    let first = format!("{}:applicant", own_key(&StreamId::of("member-application", &id)));
    let now = branch.village.hall.host.committer.now();
    let kept = vault.erase(&first, now).await;
    assert!(matches!(kept, Err(SealedError::Retained { .. })), "kept by law for a time: {kept:?}");
    assert!(vault.erase_now(&first).await.unwrap() > 0);
    let thing = format!("member-activist/{under_way}");
    let filed = branch.village.take("shi", &thing, "file", json!({})).await;
    assert_eq!(filed.json()["code"], "conflict-unknown");

    for (procedure, id) in stages {
        let stream = StreamId::of(procedure, id);
        let key = format!("{}:applicant", own_key(&stream));
        assert!(vault.erase_now(&key).await.unwrap() > 0, "{procedure}");
        let path = format!("/api/organisation/{procedure}/{id}");
        let left = branch.village.hall.api_get(&path, branch.village.token("shi")).await.text;
        for word in [APPLICANT, NAMED].into_iter().chain(WORDS) {
            assert!(!left.contains(word), "{procedure}: {left}");
        }
        for key in keys_of(set.get(procedure).unwrap(), &stream) {
            vault.erase_now(&key).await.unwrap();
        }
        assert_eq!(branch.status("shi", &path).await, 404, "{procedure}: as if it had never been");
    }
    let hall = &branch.village.hall;
    let cases = organisation::shows::cases::Cases::new(std::sync::Arc::new(set));
    hall.host.readers.rebuild(&cases, |_| {}).await.unwrap();
    let sql = "SELECT stream FROM board_sealed ORDER BY stream";
    let rows = hall.host.store.query(sql, &[]).await.unwrap();
    let left: Vec<&str> = rows.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(left, [format!("member-activist/{under_way}")], "only what is not erased");
    assert!(hall.host.readers.parked().await.unwrap().is_empty());
    // time passes over it all the same
    branch.village.days(400).await;
}
