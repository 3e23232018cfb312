//! The form of a sitting (会议): attendance from the roll, recusal, votes by channel. Counts nothing that the engine judges.

use definitions::{Ballot, Step, model::OrMatter};
use engines::procedure::{Attendee, Channel, Count, Sitting};
use pages::{Field, Lang, SummaryList, SummaryRow};

use crate::{
    Member,
    read::{self, Wrong},
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
            Some(roll) if !roll.channels.is_empty() => {
                all.into_iter().filter(|channel| roll.channels.iter().any(|word| word == channel.word())).collect()
            }
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
    pub(crate) fn groups(&self, lang: Lang, terms: &Terms, typed: &Typed) -> Vec<(String, Vec<Field>)> {
        let mut held = vec![
            Field::date("held-on", lang.pick("开会日期", "Day of the sitting"), typed.get("held-on")),
            Field::text("held-at", lang.pick("开会地点", "Where"), typed.get("held-at")).optional(),
        ];
        if self.step.notice_before.is_some() {
            held.push(
                Field::date("noticed-on", lang.pick("通知日期", "Day of the notice"), typed.get("noticed-on"))
                    .hint(lang.pick("不填即为上一环节完成之日，例如 2026-03-05", "Left empty: the day of the step before. For example 2026-03-05"))
                    .optional(),
            );
        }
        let mut groups = vec![(lang.pick("会议", "The sitting").to_owned(), held)];
        groups.push((lang.pick("到会", "Who came").to_owned(), self.attendance(lang, terms, typed)));
        if self.step.vote.is_some() {
            groups.extend(self.votes(lang, terms, typed));
        }
        groups.push((lang.pick("见证和记录", "Witness and minutes").to_owned(), self.witness(lang, terms, typed)));
        groups
    }

    fn attendance(&self, lang: Lang, terms: &Terms, typed: &Typed) -> Vec<Field> {
        let expected = self.roll.len().to_string();
        let should = if typed.has("should-attend") { typed.get("should-attend") } else { &expected };
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
                return self.written(lang, name, lang.pick(zh, en), typed, lang.pick(hint_zh, hint_en)).optional();
            }
            Field::checks(name, lang.pick(zh, en), typed.all(name), self.members(lang, terms, self.roll))
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
        let how = lang.pick("写姓名，用顿号隔开；没有就不填。", "Write their names, with commas between; leave empty when there are none.");
        let said = typed.all(name).join(lang.pick("、", ", "));
        Field::text(name, label, said).hint(format!("{hint}{}{how}", if hint.is_empty() { "" } else { lang.pick("", " ") }))
    }

    /// The members ticked, or written by their names.
    fn holders(&self, typed: &Typed, name: &str, say: &mut impl FnMut(&str, &str, &str)) -> Vec<String> {
        found(self.roll, &typed.all(name), &mut |zh, en| say(name, zh, en))
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
            let choices = ballots.iter().map(|word| {
                pages::Choice::new(*word, said(lang, &terms.value("ballot", word)))
            });
            fields.insert(0, Field::radio("ballot", lang.pick("表决方式", "How votes were given"), typed.get("ballot"), choices.collect()));
        }
        groups
    }

    fn witness(&self, lang: Lang, terms: &Terms, typed: &Typed) -> Vec<Field> {
        let mut fields = Vec::new();
        if self.step.vote.is_some() {
            fields.push(
                Field::area("difference", lang.pick("票数与到会人数不符的原因", "Why ballots and attendance differ"), typed.get("difference"))
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
        let mut minutes = Field::file("minutes", lang.pick("会议记录（扫描件或照片）", "Minutes (scan or photo)"), ".pdf,image/*").optional();
        if let pages::FieldKind::File { sent, .. } = &mut minutes.kind {
            *sent = names_of(typed, "minutes");
        }
        fields.push(minutes);
        fields
    }

    /// Reads the sitting; what is wrong is added to `wrong`.
    pub(crate) fn read(&self, lang: Lang, typed: &Typed, wrong: &mut Wrong) -> Option<Sitting> {
        let before = wrong.len();
        let mut say = |name: &str, zh: &str, en: &str| wrong.push((name.to_owned(), lang.pick(zh, en).to_owned()));
        let held_on = day(typed, "held-on", &mut |text| say("held-on", &text.zh, &text.en));
        if typed.get("held-on").is_empty() {
            say("held-on", "请填开会日期", "Enter the day of the sitting");
        }
        let noticed_on = day(typed, "noticed-on", &mut |text| say("noticed-on", &text.zh, &text.en));
        let should_attend = read::count(typed.get("should-attend"));
        if should_attend.is_none() {
            say("should-attend", "请填应到会人数，例如 35", "Enter how many should attend, such as 35");
        }
        let attendance = self.read_attendance(typed, &mut say);
        let left_before_vote = self.holders(typed, "left-before-vote", &mut say);
        let recused = self.holders(typed, "recused", &mut say);
        let mut votes = std::collections::BTreeMap::new();
        if self.step.vote.is_some() {
            for channel in self.channels() {
                let mut number = |vote: &str| {
                    let name = vote_name(channel, vote);
                    let text = typed.get(&name);
                    if text.is_empty() {
                        return 0;
                    }
                    read::count(text).unwrap_or_else(|| {
                        say(&name, "票数要填整数，例如 12", "A count of votes is a whole number, such as 12");
                        0
                    })
                };
                let count = Count {
                    for_: number("for"),
                    against: number("against"),
                    abstain: number("abstain"),
                    spoilt: number("spoilt"),
                };
                if count.total() > 0 {
                    votes.insert(channel, count);
                }
            }
        }
        let ballots = self.ballots();
        let ballot = match typed.get("ballot") {
            _ if self.step.vote.is_none() => None,
            "" if ballots.len() == 1 => ballots.first().map(|word| (*word).to_owned()),
            "" => {
                say("ballot", "请选择表决方式", "Say how votes were given");
                None
            }
            word => Some(word.to_owned()),
        };
        let witness = typed.get("witness");
        if !self.witnesses.is_empty() && witness.is_empty() {
            say("witness", "请选择现场监督的人", "Say who witnessed");
        }
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let witness = given(witness);
        let (Some(held_on), Some(should_attend), true) = (held_on, should_attend, wrong.len() == before) else {
            return None;
        };
        Some(Sitting {
            held_on,
            place: typed.get("held-at").to_owned(),
            noticed_on,
            should_attend,
            attendance,
            left_before_vote,
            recused,
            votes,
            ballot,
            difference: given(typed.get("difference")),
            witness,
            minutes: read::kept(typed, "minutes").into_iter().next().map(|kept| kept.sha256),
        })
    }

    fn read_attendance(&self, typed: &Typed, say: &mut impl FnMut(&str, &str, &str)) -> Vec<Attendee> {
        let mut attendance: Vec<Attendee> = Vec::new();
        for channel in self.channels() {
            let name = came_name(channel);
            for holder in self.holders(typed, &name, say) {
                if attendance.iter().any(|attendee| attendee.holder == holder) {
                    let who = name_of(self.roll, &holder);
                    let (zh, en) = (
                        format!("{who}写了两次：一人只能以一种方式参加"),
                        format!("{who} stands twice: everybody takes part in one way"),
                    );
                    say(&name, &zh, &en);
                    continue;
                }
                attendance.push(Attendee { holder, channel });
            }
        }
        if attendance.is_empty() {
            say(&came_name(self.channels().first().copied().unwrap_or(Channel::Hall)), "请勾选到会的人", "Tick who came");
        }
        attendance
    }

    /// The sitting as it will be recorded.
    pub(crate) fn summary(&self, lang: Lang, terms: &Terms, sitting: &Sitting, typed: &Typed) -> SummaryList {
        let names = |holders: &[String]| {
            let all: Vec<&str> = holders.iter().map(|holder| name_of(self.roll, holder)).collect();
            all.join(lang.pick("、", ", "))
        };
        let day = |date: &kernel::Date| {
            pages::parse_date_input(&date.to_string()).map_or_else(|_| date.to_string(), |day| day.long(lang))
        };
        let mut rows = vec![
            SummaryRow::text(lang.pick("开会日期", "Day of the sitting"), day(&sitting.held_on)),
            SummaryRow::text(lang.pick("开会地点", "Where"), sitting.place.clone()),
        ];
        if let Some(noticed) = &sitting.noticed_on {
            rows.push(SummaryRow::text(lang.pick("通知日期", "Day of the notice"), day(noticed)));
        }
        rows.push(SummaryRow::text(lang.pick("应到会人数", "Should attend"), sitting.should_attend.to_string()));
        rows.push(SummaryRow::text(lang.pick("实到会人数", "Present"), sitting.attendance.len().to_string()));
        for channel in self.channels() {
            let came: Vec<String> = sitting.attendance.iter().filter(|a| a.channel == channel).map(|a| a.holder.clone()).collect();
            if !came.is_empty() {
                rows.push(SummaryRow::text(said(lang, &terms.value("channel", channel.word())), names(&came)));
            }
        }
        for (list, zh, en) in [
            (&sitting.recused, "回避", "Recused"),
            (&sitting.left_before_vote, "表决前离场", "Left before the vote"),
        ] {
            if !list.is_empty() {
                rows.push(SummaryRow::text(lang.pick(zh, en), names(list)));
            }
        }
        if self.step.vote.is_some() {
            rows.extend(self.count_rows(lang, terms, sitting));
        }
        if let Some(ballot) = &sitting.ballot {
            rows.push(SummaryRow::text(lang.pick("表决方式", "How votes were given"), said(lang, &terms.value("ballot", ballot))));
        }
        if let Some(difference) = &sitting.difference {
            rows.push(SummaryRow::text(lang.pick("不符的原因", "Why they differ"), difference.clone()));
        }
        if let Some(witness) = &sitting.witness {
            rows.push(SummaryRow::text(lang.pick("现场监督", "Witness"), name_of(self.witnesses, witness)));
        }
        if sitting.minutes.is_some() {
            rows.push(SummaryRow::text(lang.pick("会议记录", "Minutes"), names_of(typed, "minutes").join("\n")));
        }
        SummaryList::new(lang.pick("会议情况", "The sitting"), rows)
    }

    fn count_rows(&self, lang: Lang, terms: &Terms, sitting: &Sitting) -> Vec<SummaryRow> {
        let sum = |pick: fn(&Count) -> u32| -> u64 { sitting.votes.values().map(|count| u64::from(pick(count))).sum() };
        let channels = sitting.votes.len();
        let split = |pick: fn(&Count) -> u32| -> String {
            let parts: Vec<String> = sitting
                .votes
                .iter()
                .map(|(channel, count)| format!("{} {}", said(lang, &terms.value("channel", channel.word())), pick(count)))
                .collect();
            match lang {
                Lang::Zh => format!("（{}）", parts.join("，")),
                Lang::En => format!(" ({})", parts.join(", ")),
            }
        };
        let picks: [fn(&Count) -> u32; 4] =
            [|count| count.for_, |count| count.against, |count| count.abstain, |count| count.spoilt];
        VOTES
            .iter()
            .zip(picks)
            .map(|((_, zh, en), pick)| {
                let detail = if channels > 1 { split(pick) } else { String::new() };
                SummaryRow::text(lang.pick(zh, en), format!("{}{detail}", sum(pick)))
            })
            .collect()
    }
}

fn names_of(typed: &Typed, name: &str) -> Vec<String> {
    read::kept(typed, name).into_iter().map(|kept| kept.name).collect()
}

fn day(typed: &Typed, name: &str, say: &mut impl FnMut(kernel::Text)) -> Option<kernel::Date> {
    let text = typed.get(name);
    if text.is_empty() {
        return None;
    }
    match read::day(text) {
        Ok(iso) => iso.parse().ok(),
        Err(wrong) => {
            say(wrong);
            None
        }
    }
}

fn name_of<'a>(list: &'a [Member], holder: &'a str) -> &'a str {
    list.iter().find(|member| member.holder == holder).map_or(holder, |member| member.name.as_str())
}

/// The members of the roll that are meant, each by id or by a name that one member alone has.
fn found(roll: &[Member], said: &[String], say: &mut impl FnMut(&str, &str)) -> Vec<String> {
    let mut holders = Vec::new();
    let written = said.iter().flat_map(|said| said.split(['、', '，', ',', ';', '；', '\n'])).map(str::trim);
    for written in written.filter(|text| !text.is_empty()) {
        if roll.iter().any(|member| member.holder == written) {
            holders.push(written.to_owned());
            continue;
        }
        let mut named = roll.iter().filter(|member| member.name == written);
        match (named.next(), named.next()) {
            (Some(member), None) => holders.push(member.holder.clone()),
            (Some(_), Some(_)) => say(
                &format!("名册上有两个“{written}”，请改用编号"),
                &format!("two members are called “{written}”: give the id on the roll"),
            ),
            (None, _) => say(
                &format!("名册上没有“{written}”，请核对姓名"),
                &format!("nobody on the roll is called “{written}”: check the name"),
            ),
        }
    }
    holders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_long_roll_are_found_or_asked_again() {
        let member = |n: usize| {
            let name = if n < 2 { "同名".to_owned() } else { format!("村民{n}") };
            Member { holder: format!("h{n}"), name, post: String::new() }
        };
        let roll: Vec<Member> = (0..15).map(member).collect();
        let mut wrong = Vec::new();
        let said = ["村民3、村民4，h5 , 村民99、同名".to_owned(), "h0".to_owned()];
        let holders = found(&roll, &said, &mut |zh, _| wrong.push(zh.to_owned()));
        assert_eq!(holders, ["h3", "h4", "h5", "h0"]);
        assert_eq!(wrong, ["名册上没有“村民99”，请核对姓名", "名册上有两个“同名”，请改用编号"]);
    }
}
