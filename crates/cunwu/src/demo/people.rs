//! The people of a demo village and of its township: who sits where. All made up.

use kernel::{Actor, Date, Entropy, UnitId};
use organisation::{Ask, bodies, facts::seat::FillSeat};

use super::{names, teller};

/// Body, post, how many.
const VILLAGE: [(&str, &str, usize); 16] = [
    ("branch-committee", "party-secretary", 1),
    ("branch-committee", "branch-member", 2),
    ("village-committee", "village-director", 1),
    ("village-committee", "deputy-director", 1),
    ("village-committee", "committee-member", 3),
    ("supervision-committee", "supervision-chair", 1),
    ("supervision-committee", "supervision-member", 2),
    ("collective-board", "legal-representative", 1),
    ("collective-board", "board-member", 2),
    ("finance-office", "bookkeeper", 1),
    ("finance-office", "cashier", 1),
    ("mediation-committee", "mediation-chair", 1),
    ("village-window", "window-clerk", 1),
    ("village-window", "agent", 1),
    ("representatives", "representative", 24),
    ("member-delegates", "delegate", 21),
];
const TOWNSHIP: [(&str, &str, usize); 8] = [
    ("township", "township-head", 1),
    ("township", "township-officer", 1),
    ("township", "petition-officer", 1),
    ("discipline", "discipline-inspector", 1),
    ("township-agency", "agency-head", 1),
    ("township-agency", "agency-accountant", 1),
    ("township-agency", "agency-cashier", 1),
    ("township-agency", "agency-reviewer", 1),
];

/// Somebody in office.
#[derive(Clone)]
pub struct Official {
    pub post: &'static str,
    pub holder: String,
    pub name: String,
    fill: FillSeat,
}

/// The officials of a unit.
#[derive(Clone)]
pub struct People {
    unit: UnitId,
    pub all: Vec<Official>,
}

impl People {
    /// Of a village.
    pub fn of_village(unit: &UnitId, from: Date, to: Date, door: &mut Entropy) -> Self {
        Self::of(unit, &VILLAGE, from, to, door)
    }

    /// Of a township.
    pub fn of_township(unit: &UnitId, from: Date, to: Date, door: &mut Entropy) -> Self {
        Self::of(unit, &TOWNSHIP, from, to, door)
    }

    fn of(
        unit: &UnitId,
        posts: &[(&'static str, &'static str, usize)],
        from: Date,
        to: Date,
        door: &mut Entropy,
    ) -> Self {
        let mut all = Vec::new();
        for (body, post, count) in posts {
            for _ in 0..*count {
                let (holder, name) = (door.opaque(), names::person(door));
                let fill = FillSeat {
                    unit: unit.clone(),
                    seat: door.opaque(),
                    holder: holder.clone(),
                    person: door.opaque(),
                    name: name.clone(),
                    body: (*body).to_owned(),
                    post: (*post).to_owned(),
                    from,
                    to,
                    households: (*post == "representative").then_some(10),
                    relatives: declares(body, post).then(Vec::new),
                };
                all.push(Official { post, holder, name, fill });
            }
        }
        Self { unit: unit.clone(), all }
    }

    /// The commands that fill their seats.
    pub fn seats(&self) -> impl Iterator<Item = Ask> + '_ {
        self.all.iter().map(|official| Ask::FillSeat(official.fill.clone()))
    }

    /// Who holds a post; the first of several.
    pub fn official(&self, post: &str) -> anyhow::Result<&Official> {
        self.all
            .iter()
            .find(|official| official.post == post)
            .ok_or_else(|| anyhow::anyhow!("nobody is {post}"))
    }

    /// The holder of a post; the first of several.
    pub fn holder(&self, post: &str) -> anyhow::Result<&str> {
        self.official(post).map(|official| official.holder.as_str())
    }

    /// The actor in a post.
    pub fn actor(&self, post: &str) -> anyhow::Result<Actor> {
        teller::seat(&self.unit, post, self.holder(post)?)
    }
}

/// Who deals with quarrels, petitions and warnings declares relatives too: nobody of whom nothing is known may.
const UNCONCERNED: [&str; 5] = [
    "mediation-chair",
    "petition-officer",
    "discipline-inspector",
    "township-officer",
    "agency-accountant",
];

fn declares(body: &str, post: &str) -> bool {
    bodies::find(body).is_some_and(|body| body.declares) || UNCONCERNED.contains(&post)
}
