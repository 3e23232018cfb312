//! A definition as a list of sentences: the head, then each step. The words are the file's own wherever it has them.

use kernel::{Date, Text};

use super::{
    Called,
    words::{ballot, counted, item, length, list, outcome},
};
use crate::{
    model::{Definition, FieldType, Op, OrMatter, Step, Vote, Who, Within},
    number::{Threshold, Value, yuan},
};

/// What is told of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What people call the step.
    pub name: Text,
    /// The sentences.
    pub lines: Vec<Text>,
    /// The article that it rests on.
    pub law: Option<Text>,
}

/// The steps of a definition in sentences, with the parameters in force on a day.
pub fn told(definition: &Definition, called: &dyn Called, on: Date) -> Vec<Told> {
    let telling = Telling { definition, called, on };
    definition.steps.iter().map(|step| telling.step(step)).collect()
}

struct Telling<'a> {
    definition: &'a Definition,
    called: &'a dyn Called,
    on: Date,
}

impl Telling<'_> {
    fn step(&self, step: &Step) -> Told {
        let mut lines = vec![self.who(step)];
        lines.extend(self.tiers(step));
        lines.extend(self.order(step));
        lines.extend(self.asked(step));
        lines.extend(step.requires.iter().map(|require| {
            let right = self.definition.sentence(&require.that, self.on);
            Text::new(
                format!("条件：{}，否则不予办理。", right.zh.trim_end_matches('。')),
                format!("Condition: {}, or it is refused.", right.en.trim_end_matches('.')),
            )
        }));
        lines.extend(self.books(step));
        lines.extend(step.vote.as_ref().map(|vote| self.vote(step, vote)));
        if let Some(sitting) = &step.sitting {
            let share = threshold(&sitting.quorum);
            lines.push(Text::new(
                format!("会议须有{}应到会人员到会。", share.zh),
                format!("{} of those who should attend must be present.", capital(&share.en)),
            ));
        }
        if let Some(notice) = &step.notice_before {
            let length = length(self.definition, notice, self.on);
            lines.push(Text::new(
                format!("开会前至少{}通知。", length.zh),
                format!("It is announced at least {} before.", length.en),
            ));
        }
        lines.extend(self.window(step));
        lines.extend(self.next(step));
        let law = self.definition.law_of(step, None).and_then(|law| self.called.article(law));
        Told { name: step.name.clone(), lines, law }
    }

    fn whom(&self, who: &Who) -> Text {
        match who {
            Who::Post(posts) => list(posts.iter().map(|key| self.the(key)), "或", " or "),
            Who::Body(body) => self.the(body),
            Who::Resident(kind) => self.the(kind),
            Who::MatterBody => list(
                self.definition.matters.iter().map(|matter| self.the(&matter.body)),
                "或",
                " or ",
            ),
            Who::Tier(role) => {
                let of_tiers = self.definition.tiers.iter().filter_map(|tier| tier.roles.get(role));
                list(of_tiers.map(|who| self.whom(who)), "或", " or ")
            }
            Who::System(_) => Text::new("系统自动", "the system by itself"),
        }
    }

    /// A post, a body or an audience, as it stands within a sentence.
    fn the(&self, key: &str) -> Text {
        let Text { zh, en } = self.called.who(key);
        let mut letters = en.chars();
        let en = match letters.next() {
            Some(first) if first.is_uppercase() => {
                format!("the {}{}", first.to_lowercase(), letters.as_str())
            }
            _ => en,
        };
        Text::new(zh, en)
    }

    /// Who is competent for which amounts.
    fn tiers(&self, step: &Step) -> Vec<Text> {
        let Who::Tier(role) = &step.by.who else { return Vec::new() };
        let value = |name: &str| {
            let parameter = self.definition.parameters.get(name);
            let value = parameter.and_then(|parameter| parameter.at(self.on));
            match value.map(|value| value.is) {
                Some(Value::Money(money)) => {
                    Text::new(format!("{}元", yuan(money)), format!("{} yuan", yuan(money)))
                }
                Some(other) => Text::new(other.to_string(), other.to_string()),
                None => Text::new(name, name),
            }
        };
        let tiers = self.definition.tiers.iter();
        tiers
            .filter_map(|tier| {
                let who = self.whom(tier.roles.get(role)?);
                let conditions = tier.when.iter().map(|condition| {
                    let field = self.definition.fields.get(&condition.field);
                    let name = field.map_or_else(
                        || Text::new(&condition.field, &condition.field),
                        |field| field.label.clone(),
                    );
                    let (bound, (zh, en)) = (value(&condition.parameter), compared(condition.op));
                    Text::new(
                        format!("{}{zh}{}", name.zh, bound.zh),
                        format!("{} {en} {}", name.en.to_lowercase(), bound.en),
                    )
                });
                let when = list(conditions, "、", " and ");
                Some(Text::new(
                    format!("{}的，由{}办理。", when.zh, who.zh),
                    format!("Where {}: {}.", when.en, who.en),
                ))
            })
            .collect()
    }

    fn who(&self, step: &Step) -> Text {
        let by = &step.by;
        let (mut zh, mut en) = match &by.who {
            Who::Tier(_) => {
                ("按金额分级办理".to_owned(), "Whose it is depends on the amount".to_owned())
            }
            who => {
                let who = self.whom(who);
                (format!("由{}办理", who.zh), format!("It is for {}", who.en))
            }
        };
        if !by.not_also.is_empty() {
            let others = by.not_also.iter().flat_map(|one| self.definition.expand(one));
            let others = list(others.map(|(id, of)| item(self.definition, id, of)), "、", " or ");
            zh.push_str(&format!("，办过{}的人不得再办", others.zh));
            en.push_str(&format!(", not for whoever did {}", others.en));
        }
        if let Some(otherwise) = &by.otherwise {
            let otherwise = self.the(otherwise);
            zh.push_str(&format!("；都须回避时由{}办理", otherwise.zh));
            en.push_str(&format!("; where all are barred, {} acts", otherwise.en));
        }
        Text::new(format!("{zh}。"), format!("{en}."))
    }

    fn order(&self, step: &Step) -> Option<Text> {
        let definition = self.definition;
        let items = |named: &[String]| {
            let pairs = named.iter().flat_map(|one| definition.expand(one));
            list(pairs.map(|(id, of)| item(definition, id, of)), "或", " or ")
        };
        if let Some(answered) = &step.answers {
            let answered = items(std::slice::from_ref(answered));
            return Some(Text::new(
                format!("逐件答复{}，每件一次。", answered.zh),
                format!("It answers each {}, once.", answered.en),
            ));
        }
        let rounds = step
            .rounds
            .map(|rounds| (format!("，最多{rounds}次"), format!(", {rounds} times at most")));
        let (zh, en) = rounds.unwrap_or_default();
        if definition.is_first(step) {
            return Some(Text::new(format!("从这一步开始{zh}。"), format!("It begins here{en}.")));
        }
        let after = items(&step.after);
        let during = items(&step.during);
        let mut said = Vec::new();
        if !after.zh.is_empty() {
            said.push(Text::new(format!("在{}之后", after.zh), format!("after {}", after.en)));
        }
        if !during.zh.is_empty() {
            said.push(Text::new(
                format!("{}期间可以随时办", during.zh),
                format!("at any time while {} is the last that happened", during.en),
            ));
        }
        if said.is_empty() {
            return None;
        }
        let said = list(said, "，或", ", or ");
        Some(Text::new(format!("{}{zh}。", said.zh), format!("It comes {}{en}.", said.en)))
    }

    fn asked(&self, step: &Step) -> Option<Text> {
        let form = self.definition.form(step);
        if form.is_empty() {
            return None;
        }
        let what = list(
            form.iter().map(|field| {
                let closed = matches!(field.kind, FieldType::Text { .. })
                    && field.class.strictest() != kernel::Class::Public;
                let (zh, en) = if closed || field.class.strictest() != kernel::Class::Public {
                    ("（不公开）", " (not public)")
                } else {
                    ("", "")
                };
                Text::new(format!("{}{zh}", field.label.zh), format!("{}{en}", field.label.en))
            }),
            "、",
            ", ",
        );
        Some(Text::new(format!("填写：{}。", what.zh), format!("Asked for: {}.", what.en)))
    }

    fn vote(&self, step: &Step, vote: &Vote) -> Text {
        let mut zh = "表决：".to_owned();
        let mut en = "Vote: ".to_owned();
        if let Some(quorum) = &vote.quorum {
            let share = threshold(quorum);
            zh.push_str(&format!("{}应到会人员到会，", share.zh));
            en.push_str(&format!("{} of those who should attend present, ", share.en));
        }
        let (share, of) = (threshold(&vote.majority), counted(vote.of));
        zh.push_str(&format!("{}的{}同意为通过", of.zh, share.zh));
        en.push_str(&format!("{} of {} pass it", share.en, of.en));
        if let Some(way) = vote.ballot.map(ballot) {
            zh.push_str(&format!("，{}", way.zh));
            en.push_str(&format!(", {}", way.en));
        }
        if vote.recuse.is_some() {
            zh.push_str("，有亲属或利害关系的回避");
            en.push_str("; kin and whoever has an interest leave");
        }
        if let Some(witness) = step.roll.as_ref().and_then(|roll| roll.witness.as_ref()) {
            let witness = self.the(witness);
            zh.push_str(&format!("，{}到场见证", witness.zh));
            en.push_str(&format!("; {} witnesses", witness.en));
        }
        Text::new(format!("{zh}。"), format!("{en}."))
    }

    fn window(&self, step: &Step) -> Option<Text> {
        let window = step.window.as_ref()?;
        let lasts = length(self.definition, &window.lasts, self.on);
        let mut zh = format!("公示{}", lasts.zh);
        let mut en = format!("It stays open for {}", lasts.en);
        if let Some(objection) = window.objections.as_ref().and_then(|id| self.definition.step(id))
        {
            zh.push_str(&format!("，其间可以“{}”", objection.name.zh));
            en.push_str(&format!("; meanwhile: “{}”", objection.name.en));
        }
        if let Some(within) = &window.answered_within {
            let within = length(self.definition, within, self.on);
            zh.push_str(&format!("，{}内答复", within.zh));
            en.push_str(&format!(", answered within {}", within.en));
        }
        if window.blocks {
            zh.push_str("；期满并答复完毕才能进入下一步");
            en.push_str("; what comes next waits for its end and for the answers");
        }
        Some(Text::new(format!("{zh}。"), format!("{en}.")))
    }

    fn next(&self, step: &Step) -> Vec<Text> {
        let several = step.events.len() > 1;
        let mut lines: Vec<Text> = step
            .events
            .iter()
            .filter_map(|event| {
                let next = step.next_of(&event.outcome)?;
                let by_when = next.within.as_ref().map(|w| length(self.definition, w, self.on));
                let who = self.role(&next.who);
                let (mut zh, mut en) = ("之后：".to_owned(), "Then: ".to_owned());
                if several {
                    let came = outcome(step, &event.outcome);
                    zh = format!("{}：", came.zh);
                    en = format!("{}: ", capital(&came.en));
                }
                let text = self.filled(&next.text);
                let (said_zh, said_en) =
                    (text.zh.trim_end_matches('。'), text.en.trim_end_matches('.'));
                match by_when {
                    Some(by) => Some(Text::new(
                        format!("{zh}{said_zh}（{}，{}内）。", who.zh, by.zh),
                        format!("{en}{said_en} ({}, within {}).", who.en, by.en),
                    )),
                    None => Some(Text::new(
                        format!("{zh}{said_zh}（{}）。", who.zh),
                        format!("{en}{said_en} ({}).", who.en),
                    )),
                }
            })
            .collect();
        lines.dedup();
        if let Some(missed) = &step.missed {
            let told = list(missed.tell.iter().map(|who| self.the(who)), "、", " and ");
            lines.push(Text::new(
                format!("逾期未办的，记入日志并告知{}。", told.zh),
                format!("Where it is late, that is recorded and told to {}.", told.en),
            ));
        }
        if !step.tell.is_empty() {
            let told = list(step.tell.iter().map(|tell| self.the(&tell.who)), "、", " and ");
            lines.push(Text::new(
                format!("办理后告知{}。", told.zh),
                format!("It is told to {}.", told.en),
            ));
        }
        lines
    }

    /// What it books, and what it takes back.
    fn books(&self, step: &Step) -> Vec<Text> {
        let mut lines = Vec::new();
        for one in &step.books {
            let Some(ledger) = self.definition.ledger(&one.ledger) else { continue };
            let name = |id: &str| ledger.account(id).map_or(Text::default(), |a| a.name.clone());
            let (from, to) = (name(&one.from), name(&one.to));
            let amount = self.definition.sentence(&one.amount, self.on);
            lines.push(Text::new(
                format!(
                    "记账：“{}”{}，由“{}”转入“{}”。",
                    amount.zh, ledger.unit.zh, from.zh, to.zh
                ),
                format!("Booked: {} {}, from {} to {}.", amount.en, ledger.unit.en, from.en, to.en),
            ));
        }
        for other in step.reverses.iter().filter_map(|id| self.definition.step(id)) {
            lines.push(Text::new(
                format!("冲正“{}”所记的账，按当天日期另记一笔。", other.name.zh),
                format!(
                    "What \"{}\" booked is taken back by a booking of that day.",
                    other.name.en
                ),
            ));
        }
        lines
    }

    /// The words of the file, with the parameters in force where it names them: `{reply}`.
    fn filled(&self, text: &Text) -> Text {
        let mut text = text.clone();
        for name in self.definition.parameters.keys() {
            let mark = format!("{{{name}}}");
            if text.zh.contains(&mark) || text.en.contains(&mark) {
                let value = length(self.definition, &Within::Parameter(name.clone()), self.on);
                text.zh = text.zh.replace(&mark, &value.zh);
                text.en = text.en.replace(&mark, &value.en);
            }
        }
        text
    }

    /// Who acts next, by the key that `next` gives.
    fn role(&self, key: &str) -> Text {
        match key.strip_prefix("tier.") {
            Some(role) => self.whom(&Who::Tier(role.to_owned())),
            None if key == "matter.required_body" => self.whom(&Who::MatterBody),
            None => self.the(key),
        }
    }
}

fn compared(op: Op) -> (&'static str, &'static str) {
    match op {
        Op::Less => ("低于", "is below"),
        Op::AtMost => ("不超过", "is at most"),
        Op::More => ("超过", "is above"),
        Op::AtLeast => ("不低于", "is at least"),
    }
}

fn threshold(share: &OrMatter<Threshold>) -> Text {
    let OrMatter::Is(share) = share else {
        return Text::new("规定比例的", "the share that the kind of matter asks for");
    };
    let said = share.to_string();
    match said.split_once(' ') {
        Some((">", part)) => Text::new(format!("超过{part}"), format!("more than {part}")),
        Some((_, part)) => Text::new(format!("不少于{part}"), format!("at least {part}")),
        None => Text::new(said.clone(), said),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
