//! Two warnings of the first demo village: one thing bought in two parts, which is dealt with to its end; and cash below zero in the
//! books, which waits for the township. All made up.

use anyhow::Context;
use funds_oversight::{Ask as Money, facts::voucher::Template};
use kernel::Date;
use serde_json::{Map, json};

use super::{
    money::{code, key_of},
    plan::Warned,
    teller::Teller,
    village::Village,
};

impl Village {
    pub(super) async fn warned(
        &mut self,
        teller: &mut Teller,
        what: Warned,
        today: Date,
    ) -> anyhow::Result<()> {
        match what {
            Warned::InParts => {
                for amount in [130_000, 118_000] {
                    let fields = json!({
                        "amount": amount, "method": "bank", "account": "514",
                        "purpose": "文化广场音响设备", "payee": { "organisation": "清江音响设备商行" },
                        "invoice": self.invoice(), "reserve": self.reserve("514"),
                    });
                    let (by, id) = ("bookkeeper", "payment");
                    let receipt =
                        self.take_with(teller, by, id, "request", None, None, fields).await?;
                    let payment = key_of(&receipt, "payment/").context("no payment")?;
                    self.parts.push(payment);
                }
                self.warning = teller.watched(&self.place.unit, "W01").await?;
                Ok(())
            }
            Warned::Approve => {
                for part in self.parts.clone() {
                    self.shown(teller, "legal-representative", "approve", &part, Map::new())
                        .await?;
                }
                Ok(())
            }
            Warned::Deal(post, step, outcome) => self.deal(teller, post, step, outcome).await,
            Warned::Pay => {
                for part in std::mem::take(&mut self.parts) {
                    let paid = [("on", json!(today)), ("bank_account", json!(self.bank()))];
                    let fields = paid.map(|(name, value)| (name.to_owned(), value));
                    let fields = fields.into_iter().collect();
                    self.shown(teller, "cashier", "pay", &part, fields).await?;
                }
                teller.heard_back().await
            }
            Warned::TooMuchBanked => {
                self.moved(teller, ("101", "102", 150_000), today, "现金存入银行").await?;
                teller.watched(&self.place.unit, "W27").await?.map(drop).context("no warning")
            }
            Warned::PutRight => {
                self.moved(teller, ("102", "101", 80_000), today, "补记备用金取现").await
            }
        }
    }

    async fn deal(
        &mut self,
        teller: &mut Teller,
        post: &str,
        step: &str,
        outcome: Option<&str>,
    ) -> anyhow::Result<()> {
        let warning = self.warning.clone().context("no warning was raised")?;
        let fields = match step {
            "explain" => json!({ "explanation": "音箱和调音台分两次到货，没有合并报批。" }),
            "verify" => {
                json!({ "result": "rectified", "reason": "两笔合计2480元，已由理事长按合计金额重新审批。" })
            }
            "clear" => json!({ "reason": "材料齐全，同意解除。" }),
            _ => json!({}),
        };
        let opened = teller.finding(&warning).await?;
        let on = Some(warning.as_str());
        self.take_opened(teller, post, ("warning", step), on, outcome, fields, opened).await?;
        Ok(())
    }

    async fn moved(
        &mut self,
        teller: &mut Teller,
        (from, to, amount): (&str, &str, i64),
        today: Date,
        summary: &str,
    ) -> anyhow::Result<()> {
        let entry = Template::Transfer {
            out_of: code(from)?,
            into: code(to)?,
            amount: kernel::Money::from_fen(amount),
        };
        let body = Money::PostVoucher { entry, date: today, summary: summary.to_owned() };
        let bookkeeper = self.people.actor("bookkeeper")?;
        teller.funds(&self.place, bookkeeper, body).await?;
        Ok(())
    }
}
