//! The money of a demo village: books, budget, bills, closing. All firms and sums are made up.

use anyhow::Context;
use engines::procedure::Act;
use funds_oversight::{
    Ask as Money,
    ask::Take,
    facts::{
        accounts::AccountCode, bank, month::Month, party::Opened, voucher::Line, voucher::Template,
    },
};
use kernel::{Date, Receipt};
use serde_json::{Map, Value, json};

use super::{
    names,
    plan::{Bill, Matter, Stage},
    teller::Teller,
    village::Village,
};

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
    /// Two signatures: the village's bookkeeper and the agency's accountant.
    pub(super) async fn both(&mut self, teller: &mut Teller, body: Money) -> anyhow::Result<()> {
        let bookkeeper = self.people.actor("bookkeeper")?;
        teller.funds(&self.place, bookkeeper, body.clone()).await?;
        let accountant = self.township.actor("agency-accountant")?;
        teller.funds(&self.place, accountant, body).await?;
        Ok(())
    }

    pub(super) async fn open_books(&mut self, teller: &mut Teller) -> anyhow::Result<()> {
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

    pub(super) async fn adopt_budget(
        &mut self,
        teller: &mut Teller,
        matter: Matter,
    ) -> anyhow::Result<()> {
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

    pub(super) fn reserve(&self, line: &str) -> String {
        format!("{}-2026-{line}", self.place.unit)
    }

    pub(super) fn bank(&self) -> String {
        format!("{}-basic", self.place.unit)
    }

    pub(super) async fn receipts(
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

    pub(super) fn invoice(&mut self) -> String {
        self.invoices += 1;
        format!("0330019{:05}:{:08}", self.number, self.invoices)
    }

    pub(super) async fn bill(
        &mut self,
        teller: &mut Teller,
        bill: Bill,
        stage: Stage,
        today: Date,
    ) -> anyhow::Result<()> {
        match stage {
            Stage::Request => {
                let fields = match bill {
                    Bill::Ordinary(month, which) => self.ordinary(month, which)?,
                    Bill::Road(part) => match self.road_part(part) {
                        Some(fields) => fields,
                        None => return Ok(()),
                    },
                };
                // One bill of the second village's second month comes back once and is corrected.
                let returned = self.number == 1 && matches!(bill, Bill::Ordinary(2, 7));
                let payment = self.request(teller, fields, returned).await?;
                self.bills.insert(bill, payment);
                Ok(())
            }
            Stage::Approve => {
                let Some(payment) = self.bills.get(&bill).cloned() else { return Ok(()) };
                self.shown(teller, "legal-representative", "approve", &payment, Map::new()).await
            }
            Stage::Pay => {
                let Some(payment) = self.bills.remove(&bill) else { return Ok(()) };
                let paid = [
                    ("on".to_owned(), json!(today)),
                    ("bank_account".to_owned(), json!(self.bank())),
                ];
                let fields = paid.into_iter().collect();
                self.shown(teller, "cashier", "pay", &payment, fields).await?;
                teller.heard_back().await
            }
        }
    }

    fn ordinary(&mut self, month: u8, which: usize) -> anyhow::Result<Value> {
        let (account, purpose, payee, about) = BILLS[which % BILLS.len()];
        let amount = about + i64::try_from(names::below(&mut self.door, 20_000))?;
        let purpose = purpose.replace("一月", &format!("{month}月"));
        Ok(json!({
            "amount": amount, "method": "bank", "account": account, "purpose": purpose,
            "payee": { "organisation": payee }, "invoice": self.invoice(), "reserve": self.reserve(account),
        }))
    }

    fn road_part(&mut self, part: usize) -> Option<Value> {
        let road = self.road.clone()?;
        let amount = [5_430_000, 3_120_000][part % 2];
        let purpose = ["村东机耕路石料、水泥款（首付）", "村东机耕路施工款（尾款）"][part % 2];
        Some(json!({
            "amount": amount, "method": "bank", "account": "153", "purpose": purpose,
            "payee": { "organisation": "临川县安固建材有限公司" }, "invoice": self.invoice(),
            "reserve": self.reserve("153"), "resolution": road,
        }))
    }

    async fn request(
        &mut self,
        teller: &mut Teller,
        fields: Value,
        returned: bool,
    ) -> anyhow::Result<String> {
        let receipt = self
            .take_with(teller, "bookkeeper", "payment", "request", None, None, fields.clone())
            .await?;
        let payment = key_of(&receipt, "payment/").context("the receipt names no payment")?;
        if returned {
            let why = json!({ "code": "wrong-amount", "reason": "单据金额与申请不一致，请核对。" });
            let by = "legal-representative";
            self.take_with(teller, by, "payment", "return", Some(&payment), None, why).await?;
            let Value::Object(fields) = fields else { anyhow::bail!("fields have names") };
            self.shown(teller, "bookkeeper", "correct", &payment, fields).await?;
        }
        Ok(payment)
    }

    pub(super) async fn shown(
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

    pub(super) fn actor(&self, post: &str) -> anyhow::Result<kernel::Actor> {
        self.people.actor(post).or_else(|_| self.township.actor(post))
    }

    pub(super) async fn take(
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
    pub(super) async fn take_with(
        &mut self,
        teller: &mut Teller,
        post: &str,
        procedure: &str,
        step: &str,
        on: Option<&str>,
        outcome: Option<&str>,
        fields: Value,
    ) -> anyhow::Result<Receipt> {
        let opened = std::collections::BTreeMap::new();
        self.take_opened(teller, post, (procedure, step), on, outcome, fields, opened).await
    }

    #[allow(clippy::too_many_arguments, reason = "a step has that many parts")]
    pub(super) async fn take_opened(
        &mut self,
        teller: &mut Teller,
        post: &str,
        (procedure, step): (&str, &str),
        on: Option<&str>,
        outcome: Option<&str>,
        fields: Value,
        opened: std::collections::BTreeMap<String, Opened>,
    ) -> anyhow::Result<Receipt> {
        let Value::Object(fields) = fields else { anyhow::bail!("fields have names") };
        let mut act = Act::new(procedure, step, fields);
        act.outcome = outcome.map(str::to_owned);
        let take = Take { on: on.map(str::to_owned), act, shown: None, opened };
        let actor = self.actor(post)?;
        teller.funds(&self.place, actor, Money::Take(Box::new(take))).await
    }

    pub(super) async fn answer(&mut self, teller: &mut Teller) -> anyhow::Result<()> {
        let Some(query) = self.queried.clone() else { return Ok(()) };
        let fields = json!({ "text": "春节期间增加了两次清运，有派工单，已补在凭证后。" });
        let (by, id) = ("village-director", "supervision-query");
        self.take_with(teller, by, id, "answer", Some(&query), None, fields).await?;
        Ok(())
    }
}

pub fn month_of(month: u8) -> anyhow::Result<Month> {
    let text = format!("2026-{month:02}");
    Month::parse(&text).ok_or_else(|| anyhow::anyhow!("{text} is no month"))
}

pub fn code(text: &str) -> anyhow::Result<AccountCode> {
    AccountCode::parse(text).ok_or_else(|| anyhow::anyhow!("{text} is no account"))
}

pub fn key_of(receipt: &Receipt, kind: &str) -> Option<String> {
    receipt
        .events
        .iter()
        .filter_map(|event| event.stream.as_ref())
        .find_map(|stream| stream.as_str().strip_prefix(kind).map(str::to_owned))
}
