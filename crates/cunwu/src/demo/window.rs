//! What people bring to a demo village's service window, and how it comes out. All made up.

use serde_json::{Value, json};

use super::{money::key_of, plan::Errand, teller::Teller, village::Village};

/// Item, applicant, papers.
const REQUESTS: [[&str; 3]; 6] = [
    ["old-age-allowance", "冯桂兰", "身份证、户口簿、银行卡复印件"],
    ["minimum-living", "邹长根", "申请书、家庭收入声明"],
    ["machine-subsidy", "葛立春", "购机发票、人机合影"],
    ["pension-check", "车秀英", "身份证"],
    ["medical-claim", "阮小满", "住院发票、出院小结"],
    ["job-registration", "柯望舒", "身份证、毕业证"],
];

/// How a request goes: days after it was brought, who, step, outcome.
type Course = &'static [(i64, &'static str, &'static str, Option<&'static str>)];

const AT_ONCE: Course = &[
    (0, "window-clerk", "file", None),
    (0, "window-clerk", "accept", None),
    (2, "township-officer", "review", None),
    (5, "township-head", "grant", None),
    (6, "window-clerk", "deliver", None),
    (9, "representative", "rate", Some("very-satisfied")),
];
const WITH_PAPERS_MISSING: Course = &[
    (0, "window-clerk", "file", None),
    (0, "window-clerk", "tell-missing", None),
    (4, "agent", "supplement", None),
    (4, "window-clerk", "accept", None),
    (6, "township-officer", "review", None),
    (7, "window-clerk", "post", None),
    (15, "window-clerk", "take-down", None),
    (17, "township-head", "grant", None),
    (18, "agent", "deliver", None),
    (20, "representative", "rate", Some("satisfied")),
];
const REFUSED: Course = &[
    (0, "window-clerk", "file", None),
    (1, "window-clerk", "accept", None),
    (3, "township-officer", "review", None),
    (9, "township-head", "refuse", None),
    (10, "window-clerk", "deliver", None),
    (12, "supervision-member", "rate-badly", Some("dissatisfied")),
    (15, "township-officer", "answer", None),
];
/// The window says nothing: after five working days it counts as accepted, and the township hears of it.
const LEFT_LYING: Course = &[
    (0, "agent", "file", None),
    (10, "township-officer", "review", None),
    (13, "township-head", "grant", None),
    (14, "agent", "deliver", None),
    (16, "representative", "rate", Some("fair")),
];

/// The course of a village's request in a month.
pub fn course(number: usize, month: u8) -> Course {
    match (number + usize::from(month)) % 4 {
        0 => AT_ONCE,
        1 => WITH_PAPERS_MISSING,
        2 => REFUSED,
        _ => LEFT_LYING,
    }
}

impl Village {
    pub(super) async fn errand(
        &mut self,
        teller: &mut Teller,
        month: u8,
        errand: Errand,
    ) -> anyhow::Result<()> {
        let Errand { post, step, outcome } = errand;
        let number = self.number;
        let [item, applicant, papers] =
            REQUESTS[(usize::from(month) * 2 + number) % REQUESTS.len()];
        let fields: Value = match step {
            "file" => json!({
                "item": item, "applicant": applicant, "papers": papers,
                "channel": if post == "agent" { "visit" } else { "in-person" },
            }),
            "tell-missing" => json!({ "missing": "近期照片一张、银行卡复印件" }),
            "supplement" => json!({ "brought": "照片、银行卡复印件，由代办员取回" }),
            "review" => json!({ "finding": "材料齐全，情况与申请一致。" }),
            "refuse" => json!({
                "grounds": "经核对，不符合本县规定的条件，标准见县民政局公布的办法。",
                "remedy": "reconsideration-or-suit",
            }),
            "rate-badly" => json!({ "comment": "等的时候没人告知进度。" }),
            "answer" => json!({ "reply": "已上门说明，窗口今后每周告知进度。" }),
            _ => json!({}),
        };
        let on = self.errands.get(&month).cloned().filter(|_| step != "file");
        let receipt = self
            .case_with(teller, post, ("one-stop", step, outcome), on.as_deref(), fields)
            .await?;
        if step == "file"
            && let Some(id) = key_of(&receipt, "application/")
        {
            self.errands.insert(month, id);
        }
        Ok(())
    }
}
