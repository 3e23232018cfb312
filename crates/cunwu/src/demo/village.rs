//! One demo village: what it does on which day. The days are those that the law's periods leave.

use engines::procedure::{Act, Attendee, Channel, Count, Sitting};
use funds_oversight::{
    Ask as Money,
    ask::Take,
    facts::{
        accounts::AccountCode, bank, item::item_id, month::Month, voucher::Line, voucher::Template,
    },
};
use kernel::{Date, Entropy, Place, Receipt};
use organisation::{
    Ask,
    facts::{
        roll,
        village::{ElectorateCounted, VillageSetUp},
    },
};
use serde_json::{Map, Value, json};

use super::{names, people::People, teller::Teller};

/// A village with its people and what is under way in it.
pub struct Village {
    pub place: Place,
    pub name: String,
    people: People,
    township: People,
    door: Entropy,
    number: usize,
    budget: Option<String>,
    road: Option<String>,
    invoices: u32,
    queried: Option<String>,
    plan: Vec<(i64, Step)>,
}

/// Something that happens on a day.
#[derive(Debug, Clone)]
enum Step {
    SetUp,
    Decide(Matter, &'static str),
    OpenBooks,
    Budget(Matter),
    OpenMonth(u8),
    Receipts(u8),
    Bill(u8, usize),
    RoadBill(usize),
    CloseMonth(u8),
    Review(u8),
    Publish(u8),
    AskAbout(u8),
    AnswerQuestion,
    JudgeAnswer,
}

/// The two decisions of a demo village.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    Budget,
    Road,
}

const BILLS: [(&str, &str, &str, i64); 10] = [
    ("513", "村部打印纸、墨盒", "临川县文汇办公用品店", 38_600),
    ("514", "村内路灯一月电费", "临川县供电所", 213_460),
    ("514", "垃圾清运", "云溪镇洁美保洁服务队", 460_000),
    ("513", "村部网络和电话费", "清江通信服务有限公司", 29_900),
    ("511", "灌溉水泵维修", "临川县农机维修站", 172_000),
    ("514", "文化活动室乐器更换弦线", "云岭文体用品店", 86_000),
    ("513", "档案盒、装订费", "临川县文汇办公用品店", 54_200),
    ("514", "东组水渠清淤人工", "云溪镇便民劳务队", 1_860_000),
    ("511", "集体茶园有机肥", "清江农资合作社", 1_245_000),
    ("514", "卫生室取暖费", "临川县供热服务中心", 320_000),
];

impl Village {
    pub fn new(
        place: Place,
        name: String,
        township: People,
        number: usize,
        months: u8,
        first: Date,
        term_ends: Date,
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
            plan,
        }
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
            Step::Bill(month, which) => self.bill(teller, *month, *which, today).await,
            Step::RoadBill(part) => self.road_bill(teller, *part, today).await,
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

    /// Two signatures: the village's bookkeeper and the agency's accountant.
    async fn both(&mut self, teller: &mut Teller, body: Money) -> anyhow::Result<()> {
        let bookkeeper = self.people.actor("bookkeeper")?;
        teller.funds(&self.place, bookkeeper, body.clone()).await?;
        let accountant = self.township.actor("agency-accountant")?;
        teller.funds(&self.place, accountant, body).await?;
        Ok(())
    }

    async fn open_books(&mut self, teller: &mut Teller) -> anyhow::Result<()> {
        let bank = 38_000_000 + i64::try_from(names::below(&mut self.door, 9_000_000))?;
        let line = |account: &str, debit: Option<i64>, credit: Option<i64>| {
            serde_json::from_value::<Line>(
                json!({ "account": account, "debit": debit, "credit": credit }),
            )
        };
        let lines = vec![
            line("101", Some(120_000), None)?,
            line("102", Some(bank), None)?,
            line("151", Some(218_000_000), None)?,
            line("301", None, Some(bank + 120_000 + 218_000_000))?,
        ];
        self.both(teller, Money::SignOpeningBalances { month: month_of(1)?, lines }).await?;
        let account = Money::RecordBankAccount {
            account: self.bank(),
            kind: bank::AccountKind::Basic,
            held_by: bank::HeldBy::Collective,
            number: format!("99012100{:012}", names::below(&mut self.door, 1_000_000_000_000)),
        };
        let bookkeeper = self.people.actor("bookkeeper")?;
        teller.funds(&self.place, bookkeeper, account).await?;
        Ok(())
    }

    async fn adopt_budget(&mut self, teller: &mut Teller, matter: Matter) -> anyhow::Result<()> {
        let lines: &[(&str, i64)] = match matter {
            Matter::Budget => &[("511", 8_000_000), ("513", 3_000_000), ("514", 12_000_000)],
            Matter::Road => &[("153", 9_600_000)],
        };
        let Some(resolution) = self.proposal(matter) else { return Ok(()) };
        for (line, amount) in lines {
            let body = Money::AdoptBudget {
                reserve: self.reserve(line),
                line: code(line)?,
                year: 2026,
                amount: kernel::Money::from_fen(*amount),
                resolution: resolution.clone(),
            };
            let bookkeeper = self.people.actor("bookkeeper")?;
            teller.funds(&self.place, bookkeeper, body).await?;
        }
        Ok(())
    }

    fn reserve(&self, line: &str) -> String {
        format!("{}-2026-{line}", self.place.unit)
    }

    fn bank(&self) -> String {
        format!("{}-basic", self.place.unit)
    }

    async fn receipts(
        &mut self,
        teller: &mut Teller,
        month: u8,
        today: Date,
    ) -> anyhow::Result<()> {
        let rent = 1_800_000 + i64::try_from(names::below(&mut self.door, 900_000))?;
        let mut entries = vec![("501", rent, format!("{month}月厂房、鱼塘租金"))];
        if month.is_multiple_of(3) {
            entries.push(("503", 2_000_000, "县财政村级运转补助（季度）".to_owned()));
        }
        for (from, amount, summary) in entries {
            let entry = Template::Receipt {
                into: code("102")?,
                from: code(from)?,
                amount: kernel::Money::from_fen(amount),
                bank_account: Some(self.bank()),
            };
            let bookkeeper = self.people.actor("bookkeeper")?;
            let body = Money::PostVoucher { entry, date: today, summary };
            teller.funds(&self.place, bookkeeper, body).await?;
        }
        Ok(())
    }

    fn invoice(&mut self) -> String {
        self.invoices += 1;
        format!("0330019{:05}:{:08}", self.number, self.invoices)
    }

    async fn bill(
        &mut self,
        teller: &mut Teller,
        month: u8,
        which: usize,
        today: Date,
    ) -> anyhow::Result<()> {
        let (account, purpose, payee, about) = BILLS[which % BILLS.len()];
        let amount = about + i64::try_from(names::below(&mut self.door, 20_000))?;
        let purpose = purpose.replace("一月", &format!("{month}月"));
        let fields = json!({
            "amount": amount, "method": "bank", "account": account, "purpose": purpose,
            "payee": { "organisation": payee }, "invoice": self.invoice(), "reserve": self.reserve(account),
        });
        // One bill in the second village's second month comes back once and is corrected.
        let returned = self.number == 1 && month == 2 && which == 3;
        self.pay(teller, fields, returned, today).await
    }

    async fn road_bill(
        &mut self,
        teller: &mut Teller,
        part: usize,
        today: Date,
    ) -> anyhow::Result<()> {
        let Some(road) = self.road.clone() else { return Ok(()) };
        let amount = [5_430_000, 3_120_000][part % 2];
        let purpose = ["村东机耕路石料、水泥款（首付）", "村东机耕路施工款（尾款）"][part % 2];
        let fields = json!({
            "amount": amount, "method": "bank", "account": "153", "purpose": purpose,
            "payee": { "organisation": "临川县安固建材有限公司" }, "invoice": self.invoice(),
            "reserve": self.reserve("153"), "resolution": road,
        });
        self.pay(teller, fields, false, today).await?;
        teller.heard_back().await
    }

    /// Asked for, approved, paid: three persons.
    async fn pay(
        &mut self,
        teller: &mut Teller,
        fields: Value,
        returned: bool,
        today: Date,
    ) -> anyhow::Result<()> {
        let receipt = self
            .take_with(teller, "bookkeeper", "payment", "request", None, None, fields.clone())
            .await?;
        let Some(payment) = key_of(&receipt, "payment/") else {
            anyhow::bail!("the receipt names no payment");
        };
        if returned {
            let why = json!({ "code": "wrong-amount", "reason": "单据金额与申请不一致，请核对。" });
            let by = "legal-representative";
            self.take_with(teller, by, "payment", "return", Some(&payment), None, why).await?;
            self.take_with(
                teller,
                "bookkeeper",
                "payment",
                "correct",
                Some(&payment),
                None,
                fields,
            )
            .await?;
        }
        self.shown(teller, "legal-representative", "approve", &payment, Map::new()).await?;
        let paid =
            [("on".to_owned(), json!(today)), ("bank_account".to_owned(), json!(self.bank()))];
        self.shown(teller, "cashier", "pay", &payment, paid.into_iter().collect()).await
    }

    async fn shown(
        &mut self,
        teller: &mut Teller,
        post: &str,
        step: &str,
        payment: &str,
        fields: Map<String, Value>,
    ) -> anyhow::Result<()> {
        let take = Take {
            on: Some(payment.to_owned()),
            act: Act::new("payment", step, fields),
            shown: None,
            opened: std::collections::BTreeMap::new(),
        };
        let take = teller.showing(payment, take).await?;
        let actor = self.actor(post)?;
        teller.funds(&self.place, actor, Money::Take(Box::new(take))).await?;
        Ok(())
    }

    fn actor(&self, post: &str) -> anyhow::Result<kernel::Actor> {
        self.people.actor(post).or_else(|_| self.township.actor(post))
    }

    async fn take(
        &mut self,
        teller: &mut Teller,
        post: &str,
        procedure: &str,
        step: &str,
        on: Option<&str>,
        outcome: Option<&str>,
    ) -> anyhow::Result<Receipt> {
        self.take_with(teller, post, procedure, step, on, outcome, json!({})).await
    }

    #[allow(clippy::too_many_arguments, reason = "a step has that many parts")]
    async fn take_with(
        &mut self,
        teller: &mut Teller,
        post: &str,
        procedure: &str,
        step: &str,
        on: Option<&str>,
        outcome: Option<&str>,
        fields: Value,
    ) -> anyhow::Result<Receipt> {
        let Value::Object(fields) = fields else { anyhow::bail!("fields have names") };
        let mut act = Act::new(procedure, step, fields);
        act.outcome = outcome.map(str::to_owned);
        let take = Take {
            on: on.map(str::to_owned),
            act,
            shown: None,
            opened: std::collections::BTreeMap::new(),
        };
        let actor = self.actor(post)?;
        teller.funds(&self.place, actor, Money::Take(Box::new(take))).await
    }

    async fn answer(&mut self, teller: &mut Teller) -> anyhow::Result<()> {
        let Some(query) = self.queried.clone() else { return Ok(()) };
        let fields = json!({ "text": "春节期间增加了两次清运，有派工单，已补在凭证后。" });
        let (by, id) = ("village-director", "supervision-query");
        self.take_with(teller, by, id, "answer", Some(&query), None, fields).await?;
        Ok(())
    }

    fn proposal(&self, matter: Matter) -> Option<String> {
        match matter {
            Matter::Budget => self.budget.clone(),
            Matter::Road => self.road.clone(),
        }
    }

    async fn decide(
        &mut self,
        teller: &mut Teller,
        matter: Matter,
        step: &str,
        today: Date,
    ) -> anyhow::Result<()> {
        let id = match self.proposal(matter) {
            Some(id) => id,
            None => {
                let id = self.door.opaque();
                match matter {
                    Matter::Budget => self.budget = Some(id.clone()),
                    Matter::Road => self.road = Some(id.clone()),
                }
                id
            }
        };
        let (kind, title, limit, grounds) = match matter {
            Matter::Budget => (
                "annual-budget",
                "2026年度财务预算",
                "230000.00",
                "按上年决算和今年计划编制：经营支出8万元，管理费用3万元，公益支出12万元。",
            ),
            Matter::Road => (
                "public-welfare",
                "硬化村东机耕路",
                "96000.00",
                "村东机耕路雨天无法通行，拟硬化六百米，资金从集体积累中列支，竣工后由监委会验收。",
            ),
        };
        let (post, body) = deciding(step, matter);
        let mut fields = Map::new();
        let mut outcome = None;
        match step {
            "propose" => {
                let typed = json!({ "title": title, "matter": kind, "limit": limit, "grounds": grounds, "proposer": "party-organisation" });
                if let Value::Object(typed) = typed {
                    fields = typed;
                }
            }
            "call-meeting" => {
                let held_on = today.saturating_add(jiff::Span::new().days(4));
                fields.insert("held_on".into(), json!(held_on));
            }
            "resolve" => {
                fields.insert("read_out".into(), json!(true));
            }
            "supervise" => {
                fields.insert("note".into(), json!("程序和方案核过，没有意见。"));
                outcome = None;
            }
            "report-execution" => {
                fields.insert("note".into(), json!("路面已硬化六百米，余款待验收后支付。"));
            }
            "accept-result" => {
                fields.insert("note".into(), json!("监委会会同村民代表现场验收，长度、厚度合格。"));
            }
            "object" => {
                fields.insert("objection".into(), json!("路线为什么绕开三组？"));
            }
            "answer" => {
                fields.insert("note".into(), json!("三组段列入下一期，路线图已贴在公开栏。"));
            }
            _ => {}
        }
        let mut act = Act::new("decision", step, fields);
        act.outcome = outcome;
        if let Some(body) = body {
            act.sitting = Some(self.sitting(teller, body, today).await?);
        }
        let actor = if step == "object" {
            kernel::Actor::Resident(self.door.opaque())
        } else {
            self.actor(post)?
        };
        teller.organisation(&self.place, actor, Ask::Act { subject: id, act }).await?;
        Ok(())
    }

    /// A sitting of the whole body but a few; most are for it.
    async fn sitting(
        &mut self,
        teller: &Teller,
        body: &str,
        today: Date,
    ) -> anyhow::Result<Sitting> {
        let store = &teller.organisation.store;
        let unit = &self.place.unit;
        let (_, seats) = store.state(&organisation::facts::seat::stream(unit)).await?;
        let (_, village) = store.state(&organisation::facts::village::stream(unit)).await?;
        let seats = match &seats {
            Some(organisation::State::Seats(seats)) => Some(seats),
            _ => None,
        };
        let village = match &village {
            Some(organisation::State::Village(village)) => Some(village),
            _ => None,
        };
        let roll = roll::of(body, seats, village, today).unwrap_or_default().members;
        let away = usize::try_from(names::below(&mut self.door, 1 + roll.len() as u64 / 8))?;
        let present = roll.len() - away;
        let against = if present > 12 { names::below(&mut self.door, 3) } else { 0 };
        let count = Count {
            for_: u32::try_from(present)? - u32::try_from(against)?,
            against: u32::try_from(against)?,
            ..Count::default()
        };
        Ok(Sitting {
            held_on: today,
            place: "村部会议室".into(),
            noticed_on: None,
            should_attend: u32::try_from(roll.len())?,
            attendance: roll
                .iter()
                .take(present)
                .map(|holder| Attendee { holder: holder.clone(), channel: Channel::Hall })
                .collect(),
            left_before_vote: Vec::new(),
            recused: Vec::new(),
            votes: [(Channel::Hall, count)].into(),
            ballot: None,
            difference: None,
            witness: Some(self.people.holder("supervision-chair")?.to_owned()),
            minutes: None,
        })
    }
}

/// Who takes a step of the decision, and the body that sits for it.
fn deciding(step: &str, matter: Matter) -> (&'static str, Option<&'static str>) {
    match step {
        "propose" | "send-materials" => ("party-secretary", None),
        "study" => ("party-secretary", Some("branch-committee")),
        "consult" => ("party-secretary", Some("two-committees")),
        "supervise" | "accept-result" => ("supervision-chair", None),
        "review" => ("party-secretary", Some("party-members-meeting")),
        "resolve" if matter == Matter::Budget => ("legal-representative", Some("member-delegates")),
        "resolve" => ("village-director", Some("representatives-meeting")),
        _ if matter == Matter::Budget => ("legal-representative", None),
        _ => ("village-director", None),
    }
}

/// What a village does on which day from the first one on.
fn plan(number: usize, months: u8, first: Date) -> Vec<(i64, Step)> {
    let mut plan = vec![(0, Step::SetUp), (1, Step::OpenBooks)];
    let decision = |plan: &mut Vec<(i64, Step)>, matter, from: i64| {
        for (after, step) in [
            (0, "propose"),
            (1, "study"),
            (2, "consult"),
            (3, "supervise"),
            (3, "send-materials"),
            (8, "review"),
            (9, "call-meeting"),
            (13, "resolve"),
            (13, "post-resolution"),
        ] {
            plan.push((from + after, Step::Decide(matter, step)));
        }
    };
    decision(&mut plan, Matter::Budget, 1);
    plan.push((15, Step::Budget(Matter::Budget)));
    // Villages decide on the road at different times; the last one has only just begun.
    let road = 16 + i64::try_from(number % 4).unwrap_or(0) * 5;
    if number % 6 == 5 {
        for (after, step) in [(0, "propose"), (1, "study"), (2, "consult")] {
            let last = days_into(first, months + 1, 1) - 4;
            plan.push((last + after, Step::Decide(Matter::Road, step)));
        }
    } else {
        decision(&mut plan, Matter::Road, road);
        plan.push((road + 14, Step::Budget(Matter::Road)));
        plan.push((road + 20, Step::RoadBill(0)));
        if number % 3 == 0 {
            plan.push((road + 17, Step::Decide(Matter::Road, "object")));
            plan.push((road + 19, Step::Decide(Matter::Road, "answer")));
        }
        plan.push((road + 44, Step::Decide(Matter::Road, "report-execution")));
        if number % 4 < 2 {
            plan.push((road + 46, Step::RoadBill(1)));
            plan.push((road + 50, Step::Decide(Matter::Road, "accept-result")));
            plan.push((road + 52, Step::Decide(Matter::Road, "post-result")));
        }
    }
    for month in 1..=months {
        let start = days_into(first, month, 1);
        if month > 1 {
            plan.push((start.max(2), Step::OpenMonth(month)));
        }
        plan.push((start.max(0) + 17, Step::Receipts(month)));
        for bill in 0..5 {
            let which = usize::from(month) * 3 + bill * 2 + number;
            let at = start.max(0) + 18 + i64::try_from(bill).unwrap_or(0) * 2;
            plan.push((at, Step::Bill(month, which)));
        }
        let next = days_into(first, month + 1, 1);
        if month == months {
            plan.push((next, Step::OpenMonth(month + 1)));
        }
        // The fourth village is late with its last month: the page says so.
        let late = number % 6 == 3 && month == months;
        plan.push((next + 2, Step::CloseMonth(month)));
        if !late {
            plan.push((next + 4, Step::Review(month)));
            plan.push((next + 6, Step::Publish(month)));
        }
        if month == 2 && number % 2 == 0 {
            plan.push((next + 7, Step::AskAbout(month)));
            plan.push((next + 10, Step::AnswerQuestion));
            plan.push((next + 12, Step::JudgeAnswer));
        }
    }
    plan
}

/// Days from the first day to a day of a month of the same year; month 13 is next January.
fn days_into(first: Date, month: u8, day: i8) -> i64 {
    let year = first.year() + i16::from((month - 1) / 12);
    let month = i8::try_from((month - 1) % 12 + 1).unwrap_or(1);
    let at = jiff::civil::date(year, month, day);
    i64::from((at - first).get_days())
}

fn month_of(month: u8) -> anyhow::Result<Month> {
    let text = format!("2026-{month:02}");
    Month::parse(&text).ok_or_else(|| anyhow::anyhow!("{text} is no month"))
}

fn code(text: &str) -> anyhow::Result<AccountCode> {
    AccountCode::parse(text).ok_or_else(|| anyhow::anyhow!("{text} is no account"))
}

fn key_of(receipt: &Receipt, kind: &str) -> Option<String> {
    receipt
        .events
        .iter()
        .filter_map(|event| event.stream.as_ref())
        .find_map(|stream| stream.as_str().strip_prefix(kind).map(str::to_owned))
}
