//! What a demo village tells its people, and how it looks for quarrels.

use engines::procedure::Act;
use kernel::Receipt;
use serde_json::{Value, json};

use super::{
    money::key_of,
    plan::{Screen, Talk},
    teller::Teller,
    village::Village,
};

/// Topic, headline, text, question, answer.
const NOTICES: [[&str; 5]; 4] = [
    [
        "health",
        "城乡居民医保集中缴费",
        "本月可在便民服务站或手机缴纳居民医保，老人可由家人代缴，需带身份证。",
        "低保户还要自己缴吗？",
        "低保户由财政资助参保，不用自己缴，名单以民政为准。",
    ],
    [
        "farming",
        "春耕农机预约",
        "合作社有旋耕机三台，按预约先后安排，先到服务站登记地块。",
        "坡地能用吗？",
        "坡度小的可以，农机手会先去看地。",
    ],
    [
        "weather",
        "倒春寒提醒",
        "近日最低气温降到三度，茶园、秧棚注意保温，老人注意添衣。",
        "秧棚薄膜哪里领？",
        "农技站有补贴薄膜，凭登记条领取。",
    ],
    [
        "jobs",
        "家门口就业招工",
        "镇服装厂招缝纫工二十名，可接送，报名到服务站。",
        "五十岁以上要吗？",
        "五十五岁以下都可以，先试工三天。",
    ],
];

impl Village {
    pub(super) async fn talk(
        &mut self,
        teller: &mut Teller,
        month: u8,
        talk: Talk,
    ) -> anyhow::Result<()> {
        let [topic, headline, text, question, reply] =
            NOTICES[(usize::from(month) + self.number) % NOTICES.len()];
        let (post, step, fields) = match talk {
            Talk::Post => (
                "village-director",
                "post",
                json!({ "topic": topic, "headline": headline, "text": text }),
            ),
            Talk::Ask => ("representative", "ask", json!({ "question": question })),
            Talk::Answer => ("deputy-director", "answer", json!({ "reply": reply })),
        };
        let on = if talk == Talk::Post { None } else { self.notice.clone() };
        let receipt = self.case(teller, post, "notice", step, on.as_deref(), fields).await?;
        if talk == Talk::Post {
            self.notice = receipt;
        }
        Ok(())
    }

    pub(super) async fn screen(
        &mut self,
        teller: &mut Teller,
        month: u8,
        screen: Screen,
    ) -> anyhow::Result<()> {
        let (step, fields) = match screen {
            Screen::Open => {
                ("open", json!({ "kind": if month == 2 { "key-period" } else { "regular" } }))
            }
            Screen::Report => (
                "report",
                json!({ "colour": "blue", "finding": "两户因排水沟走向有口角，已约双方到场看沟。" }),
            ),
            Screen::Close => ("close", json!({})),
        };
        let on = if screen == Screen::Open { None } else { self.round.clone() };
        let by = "mediation-chair";
        let receipt = self.case(teller, by, "screening", step, on.as_deref(), fields).await?;
        if screen == Screen::Open {
            self.round = receipt;
        }
        Ok(())
    }

    /// Takes a step of a case; gives the id of a new one.
    async fn case(
        &mut self,
        teller: &mut Teller,
        post: &str,
        procedure: &str,
        step: &str,
        on: Option<&str>,
        fields: Value,
    ) -> anyhow::Result<Option<String>> {
        let receipt = self.case_with(teller, post, (procedure, step, None), on, fields).await?;
        Ok(key_of(&receipt, &format!("{procedure}/")))
    }

    /// Takes a step of a case, with the outcome that was chosen.
    pub(super) async fn case_with(
        &mut self,
        teller: &mut Teller,
        post: &str,
        (procedure, step, outcome): (&str, &str, Option<&str>),
        on: Option<&str>,
        fields: Value,
    ) -> anyhow::Result<Receipt> {
        let Value::Object(fields) = fields else { anyhow::bail!("fields have names") };
        let actor = self.actor(post)?;
        let mut act = Act::new(procedure, step, fields);
        act.outcome = outcome.map(str::to_owned);
        teller.casework(&self.place, actor, on, act).await
    }
}
