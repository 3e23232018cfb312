//! One demo village: its people, and what it does each day. The days come from the plan.

use std::collections::BTreeMap;

use funds_oversight::{Ask as Money, facts::item::item_id};
use kernel::{Date, Entropy, Place};
use organisation::{
    Ask,
    facts::village::{ElectorateCounted, VillageSetUp},
};
use serde_json::json;

use super::{
    money::{key_of, month_of},
    names,
    people::{Official, People},
    plan::{Bill, Matter, Step, plan},
    teller::Teller,
};

/// A village with its people and what is under way in it.
pub struct Village {
    pub place: Place,
    pub name: String,
    pub(super) people: People,
    pub(super) township: People,
    pub(super) door: Entropy,
    pub(super) number: usize,
    pub(super) budget: Option<String>,
    pub(super) road: Option<String>,
    pub(super) invoices: u32,
    pub(super) queried: Option<String>,
    pub(super) bills: BTreeMap<Bill, String>,
    pub(super) notice: Option<String>,
    pub(super) round: Option<String>,
    pub(super) consultation: Option<String>,
    /// The level above, where petitions about the village lie.
    pub(super) above: Place,
    /// The case of a closed log under way, by procedure.
    pub(super) closed: BTreeMap<&'static str, String>,
    /// The code with which the writer of a petition asks what has become of it.
    pub(super) query_code: Option<String>,
    /// The request brought to the window in a month.
    pub(super) errands: BTreeMap<u8, String>,
    /// Payments of one thing in parts, and the warning about them.
    pub(super) parts: Vec<String>,
    pub(super) warning: Option<String>,
    plan: Vec<(i64, Step)>,
}

impl Village {
    pub fn new(
        (place, name): (Place, String),
        (above, township): (Place, People),
        number: usize,
        months: u8,
        (first, term_ends): (Date, Date),
        mut door: Entropy,
    ) -> Self {
        let people = People::of_village(&place.unit, first, term_ends, &mut door);
        let plan = plan(number, months, first);
        Self {
            place,
            name,
            people,
            township,
            door,
            number,
            budget: None,
            road: None,
            invoices: 0,
            queried: None,
            bills: BTreeMap::new(),
            notice: None,
            round: None,
            consultation: None,
            above,
            closed: BTreeMap::new(),
            query_code: None,
            errands: BTreeMap::new(),
            parts: Vec::new(),
            warning: None,
            plan,
        }
    }

    /// Who holds a post, here or in the township.
    pub fn official(&self, post: &str) -> anyhow::Result<&Official> {
        self.people.official(post).or_else(|_| self.township.official(post))
    }

    /// What is planned for a day, done in order.
    pub async fn day(&mut self, teller: &mut Teller, day: i64, today: Date) -> anyhow::Result<()> {
        let due: Vec<Step> =
            self.plan.iter().filter(|(at, _)| *at == day).map(|(_, step)| step.clone()).collect();
        for step in due {
            self.step(teller, &step, today)
                .await
                .map_err(|error| error.context(format!("{}, {today}: {step:?}", self.name)))?;
        }
        Ok(())
    }

    async fn step(&mut self, teller: &mut Teller, step: &Step, today: Date) -> anyhow::Result<()> {
        match step {
            Step::SetUp => self.set_up(teller, today).await,
            Step::Decide(matter, step) => self.decide(teller, *matter, step, today).await,
            Step::OpenBooks => self.open_books(teller).await,
            Step::Budget(matter) => self.adopt_budget(teller, *matter).await,
            Step::OpenMonth(month) => {
                let body = Money::SignPeriodOpening { month: month_of(*month)? };
                self.both(teller, body).await
            }
            Step::Receipts(month) => self.receipts(teller, *month, today).await,
            Step::Bill(bill, stage) => self.bill(teller, *bill, *stage, today).await,
            Step::Warned(what) => self.warned(teller, *what, today).await,
            Step::CloseMonth(month) => {
                let item = item_id(&self.place.unit, month_of(*month)?);
                self.take(teller, "bookkeeper", "month-close", "submit", Some(&item), None).await?;
                self.take(teller, "agency-accountant", "month-close", "draw-up", Some(&item), None)
                    .await?;
                Ok(())
            }
            Step::Review(month) => {
                let item = item_id(&self.place.unit, month_of(*month)?);
                let by = "supervision-chair";
                self.take(teller, by, "month-close", "review", Some(&item), Some("passed")).await?;
                Ok(())
            }
            Step::Publish(month) => {
                let item = item_id(&self.place.unit, month_of(*month)?);
                self.take(teller, "village-director", "month-close", "publish", Some(&item), None)
                    .await?;
                Ok(())
            }
            Step::AskAbout(month) => {
                let item = item_id(&self.place.unit, month_of(*month)?);
                let fields = json!({ "item": item, "text": "本月清运费比上月多，请说明原因。" });
                let receipt = self
                    .take_with(
                        teller,
                        "supervision-member",
                        "supervision-query",
                        "raise",
                        None,
                        None,
                        fields,
                    )
                    .await?;
                self.queried = key_of(&receipt, "query/");
                Ok(())
            }
            Step::AnswerQuestion => self.answer(teller).await,
            Step::Talk(month, talk) => self.talk(teller, *month, *talk).await,
            Step::Screen(month, screen) => self.screen(teller, *month, *screen).await,
            Step::Consult(step) => self.consult(teller, step).await,
            Step::Sealed(sealed) => self.sealed(teller, *sealed).await,
            Step::Join(post, step) => self.join(teller, post, step).await,
            Step::Errand(month, errand) => self.errand(teller, *month, *errand).await,
            Step::JudgeAnswer => {
                let Some(query) = self.queried.clone() else { return Ok(()) };
                let (by, id) = ("supervision-chair", "supervision-query");
                self.take(teller, by, id, "judge", Some(&query), Some("accepted")).await?;
                Ok(())
            }
        }
    }

    async fn set_up(&mut self, teller: &mut Teller, today: Date) -> anyhow::Result<()> {
        let unit = self.place.unit.clone();
        let system = || kernel::Actor::System("set-up".to_owned());
        let size = u32::try_from(names::below(&mut self.door, 400))?;
        let set_up = VillageSetUp {
            unit: unit.clone(),
            committee: 5,
            supervision: 3,
            board: Some(3),
            groups: 6,
        };
        teller.organisation(&self.place, system(), Ask::SetUpVillage(set_up)).await?;
        let counted = ElectorateCounted {
            unit,
            adults: 640 + size,
            households: 240 + size / 3,
            party_members: 38,
            capable_members: Some(560 + size),
            on: today,
        };
        teller.organisation(&self.place, system(), Ask::CountElectorate(counted)).await?;
        let seats: Vec<_> = self.people.seats().collect();
        for seat in seats {
            teller.organisation(&self.place, system(), seat).await?;
        }
        Ok(())
    }

    pub(super) fn proposal(&self, matter: Matter) -> Option<String> {
        match matter {
            Matter::Budget => self.budget.clone(),
            Matter::Road => self.road.clone(),
        }
    }
}
