//! The form of a sitting (会议): attendance from the roll, recusal, votes by channel. Counts nothing that the engine judges.

mod read;
mod summary;

use definitions::{Ballot, Step, model::OrMatter};
use engines::procedure::Channel;
use pages::{Field, Lang};

use crate::{
    Member,
    read::kept,
    terms::{Terms, said},
    typed::Typed,
};

/// What the form needs to know.
pub(crate) struct Table<'a> {
    pub(crate) step: &'a Step,
    /// The body's members.
    pub(crate) roll: &'a [Member],
    /// Who may witness; empty where nobody need.
    pub(crate) witnesses: &'a [Member],
}

/// From how many members on only those present in the hall are ticked off: for the few others their names are written.
const LONG_ROLL: usize = 12;

const VOTES: [(&str, &str, &str); 4] = [
    ("for", "赞成", "For"),
    ("against", "反对", "Against"),
    ("abstain", "弃权", "Abstained"),
    ("spoilt", "废票", "Spoilt"),
];

fn vote_name(channel: Channel, vote: &str) -> String {
    format!("votes-{}-{vote}", channel.word())
}

fn came_name(channel: Channel) -> String {
    format!("came-{}", channel.word())
}

impl Table<'_> {
    /// Whether a step is decided in a sitting.
    pub(crate) fn is_for(step: &Step) -> bool {
        step.sitting.is_some() || step.vote.is_some()
    }

    /// The channels that may be used.
    pub(crate) fn channels(&self) -> Vec<Channel> {
        let all = [Channel::Hall, Channel::Paper, Channel::Phone];
        match &self.step.roll {
            Some(roll) if !roll.channels.is_empty() => all
                .into_iter()
                .filter(|channel| roll.channels.iter().any(|word| word == channel.word()))
                .collect(),
            _ => vec![Channel::Hall],
        }
    }

    fn ballots(&self) -> Vec<&'static str> {
        match self.step.vote.as_ref().and_then(|vote| vote.ballot) {
            Some(OrMatter::Is(Ballot::Secret)) => vec!["secret"],
            Some(OrMatter::Is(Ballot::ShowOfHands)) => vec!["show-of-hands"],
            Some(OrMatter::Matter) | None => vec!["show-of-hands", "secret"],
        }
    }

    fn members(&self, lang: Lang, terms: &Terms, list: &[Member]) -> Vec<pages::Choice> {
        // A post that all have says nothing.
        let alike = list.windows(2).all(|two| two[0].post == two[1].post);
        let choice = |member: &Member| {
            let choice = pages::Choice::new(member.holder.clone(), member.name.clone());
            if member.post.is_empty() || alike {
                choice
            } else {
                choice.hint(said(lang, &terms.who(&member.post)))
            }
        };
        list.iter().map(choice).collect()
    }

    /// The groups of the form: the sitting, who came, the count.
    pub(crate) fn groups(
        &self,
        lang: Lang,
        terms: &Terms,
        typed: &Typed,
    ) -> Vec<(String, Vec<Field>)> {
        let mut held = vec![
            Field::date(
                "held-on",
                lang.pick("开会日期", "Day of the sitting"),
                typed.get("held-on"),
            ),
            Field::text("held-at", lang.pick("开会地点", "Where"), typed.get("held-at")).optional(),
        ];
        if self.step.notice_before.is_some() {
            held.push(
                Field::date(
                    "noticed-on",
                    lang.pick("通知日期", "Day of the notice"),
                    typed.get("noticed-on"),
                )
                .hint(lang.pick(
                    "不填即为上一环节完成之日，例如 2026-03-05",
                    "Left empty: the day of the step before. For example 2026-03-05",
                ))
                .optional(),
            );
        }
        let mut groups = vec![(lang.pick("会议", "The sitting").to_owned(), held)];
        groups
            .push((lang.pick("到会", "Who came").to_owned(), self.attendance(lang, terms, typed)));
        if self.step.vote.is_some() {
            groups.extend(self.votes(lang, terms, typed));
        }
        groups.push((
            lang.pick("见证和记录", "Witness and minutes").to_owned(),
            self.witness(lang, terms, typed),
        ));
        groups
    }

    fn attendance(&self, lang: Lang, terms: &Terms, typed: &Typed) -> Vec<Field> {
        let expected = self.roll.len().to_string();
        let should =
            if typed.has("should-attend") { typed.get("should-attend") } else { &expected };
        let mut fields = vec![
            Field::digits("should-attend", lang.pick("应到会人数", "Should attend"), should)
                .hint(lang.pick("按会上宣读的名册", "As read out at the sitting, from the roll")),
        ];
        let channels = self.channels();
        for channel in &channels {
            let word = said(lang, &terms.value("channel", channel.word()));
            let label = if channels.len() == 1 {
                lang.pick("到会的人", "Who was present").to_owned()
            } else {
                match lang {
                    Lang::Zh => format!("{word}参加的人"),
                    Lang::En => format!("Took part: {}", word.to_lowercase()),
                }
            };
            let name = came_name(*channel);
            let field = if *channel == Channel::Hall || self.is_short() {
                Field::checks(&name, label, typed.all(&name), self.members(lang, terms, self.roll))
            } else {
                self.written(lang, &name, &label, typed, "")
            };
            fields.push(if *channel == Channel::Hall { field } else { field.optional() });
        }
        let some = |name: &str, zh: &str, en: &str, hint_zh: &str, hint_en: &str| {
            if !self.is_short() {
                return self
                    .written(lang, name, lang.pick(zh, en), typed, lang.pick(hint_zh, hint_en))
                    .optional();
            }
            Field::checks(
                name,
                lang.pick(zh, en),
                typed.all(name),
                self.members(lang, terms, self.roll),
            )
            .hint(lang.pick(hint_zh, hint_en))
            .optional()
        };
        if self.step.vote.as_ref().is_some_and(|vote| vote.recuse.is_some()) {
            fields.push(some(
                "recused",
                "因利害关系回避的人",
                "Who withdrew because of an interest",
                "本人或近亲属与这件事有利害关系的，不参加表决，也不计入人数。",
                "Whoever has an interest, or is kin to somebody who has, does not vote and is not counted.",
            ));
        }
        if self.step.vote.is_some() {
            fields.push(some(
                "left-before-vote",
                "表决前离场的人",
                "Who had left before the vote",
                "开会时到了、表决时不在的人。",
                "Present at the opening, absent at the vote.",
            ));
        }
        fields
    }

    fn is_short(&self) -> bool {
        self.roll.len() <= LONG_ROLL
    }

    /// Names to be written, of a few members of a long roll.
    fn written(&self, lang: Lang, name: &str, label: &str, typed: &Typed, hint: &str) -> Field {
        let how = lang.pick(
            "写姓名，用顿号隔开；没有就不填。",
            "Write their names, with commas between; leave empty when there are none.",
        );
        let said = typed.all(name).join(lang.pick("、", ", "));
        Field::text(name, label, said)
            .hint(format!("{hint}{}{how}", if hint.is_empty() { "" } else { lang.pick("", " ") }))
    }

    fn votes(&self, lang: Lang, terms: &Terms, typed: &Typed) -> Vec<(String, Vec<Field>)> {
        let channels = self.channels();
        let mut groups: Vec<(String, Vec<Field>)> = channels
            .iter()
            .map(|channel| {
                let word = said(lang, &terms.value("channel", channel.word()));
                let title = match (channels.len(), lang) {
                    (1, _) => lang.pick("计票", "The count").to_owned(),
                    (_, Lang::Zh) => format!("计票：{word}"),
                    (_, Lang::En) => format!("The count: {}", word.to_lowercase()),
                };
                let fields = VOTES.iter().map(|(vote, zh, en)| {
                    let name = vote_name(*channel, vote);
                    let value = if typed.has(&name) { typed.get(&name) } else { "0" };
                    Field::digits(&name, lang.pick(zh, en), value).width(pages::Width::Short)
                });
                (title, fields.collect())
            })
            .collect();
        let ballots = self.ballots();
        if let (true, Some((_, fields))) = (ballots.len() > 1, groups.first_mut()) {
            let choices = ballots
                .iter()
                .map(|word| pages::Choice::new(*word, said(lang, &terms.value("ballot", word))));
            fields.insert(
                0,
                Field::radio(
                    "ballot",
                    lang.pick("表决方式", "How votes were given"),
                    typed.get("ballot"),
                    choices.collect(),
                ),
            );
        }
        groups
    }

    fn witness(&self, lang: Lang, terms: &Terms, typed: &Typed) -> Vec<Field> {
        let mut fields = Vec::new();
        if self.step.vote.is_some() {
            fields.push(
                Field::area(
                    "difference",
                    lang.pick("票数与到会人数不符的原因", "Why ballots and attendance differ"),
                    typed.get("difference"),
                )
                .hint(lang.pick("相符就不填。", "Leave empty when they agree."))
                .optional(),
            );
        }
        if !self.witnesses.is_empty() {
            fields.push(Field::radio(
                "witness",
                lang.pick("现场监督并核对名册、票数的人", "Who witnessed the roll and the count"),
                typed.get("witness"),
                self.members(lang, terms, self.witnesses),
            ));
        }
        let mut minutes = Field::file(
            "minutes",
            lang.pick("会议记录（扫描件或照片）", "Minutes (scan or photo)"),
            ".pdf,image/*",
        )
        .optional();
        if let pages::FieldKind::File { sent, .. } = &mut minutes.kind {
            *sent = names_of(typed, "minutes");
        }
        fields.push(minutes);
        fields
    }
}

fn names_of(typed: &Typed, name: &str) -> Vec<String> {
    kept(typed, name).into_iter().map(|kept| kept.name).collect()
}

fn name_of<'a>(list: &'a [Member], holder: &'a str) -> &'a str {
    list.iter().find(|member| member.holder == holder).map_or(holder, |member| member.name.as_str())
}
