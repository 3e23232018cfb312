//! Sittings: roll, notice, recusal, quorum at opening and at the vote, the count, the majority. Exact integers throughout.

use std::collections::BTreeSet;

use definitions::{
    Ballot, Counted, Threshold, Who,
    model::{INQUORATE, OrMatter, PASSED},
};
use kernel::{Date, Refusal, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    act::{Channel, Count, Sitting},
    clock::{Clock, noticed},
    facts::Facts,
    people::keys,
    say::{Say, both},
};

/// What the law counts in one sitting.
pub(super) struct Room<'a> {
    pub(super) say: &'a Say<'a>,
    pub(super) clock: &'a Clock<'a>,
    pub(super) facts: &'a dyn Facts,
    pub(super) who: &'a [Who],
    /// The day of what enabled the step.
    pub(super) enabled_on: Option<Date>,
    /// What is decided, for recusal.
    pub(super) subject: &'a Value,
}

impl Room<'_> {
    /// The outcome of a sitting, with its figures put into the data.
    pub(super) fn hold(
        &self,
        sitting: &Sitting,
        now: Timestamp,
        data: &mut Map<String, Value>,
    ) -> Result<String, Refusal> {
        let step = self.say.step;
        let body = keys(self.who).into_iter().next().unwrap_or_default();
        let mut roll = self.facts.roll(&body).ok_or_else(|| {
            self.no(
                "roll-unknown",
                both(format!("{body}的名册尚不清楚"), format!("the roll of `{body}` is not known")),
                both("请先登记其成员", "register its members first"),
            )
        })?;
        // Nobody counts twice, whatever the roll says of them.
        roll.members.sort_unstable();
        roll.members.dedup();
        self.dates(sitting, now)?;
        self.on_roll(sitting, &roll)?;
        self.recusals(sitting)?;
        let recused: BTreeSet<&str> = sitting.recused.iter().map(String::as_str).collect();
        let members = count(roll.members.iter().filter(|m| !recused.contains(m.as_str())));
        let left: BTreeSet<&str> = sitting.left_before_vote.iter().map(String::as_str).collect();
        let at_opening: Vec<_> =
            sitting.attendance.iter().filter(|a| !recused.contains(a.holder.as_str())).collect();
        let at_vote: Vec<_> =
            at_opening.iter().filter(|a| !left.contains(a.holder.as_str())).copied().collect();
        let (present, present_at_vote) = (count(at_opening.iter()), count(at_vote.iter()));
        let mut figures = json!({
            "body": body,
            "held_on": sitting.held_on.to_string(),
            "should_attend": members,
            "recused": recused.len(),
            "present": present,
            "present_at_vote": present_at_vote,
        });
        if let Some(noticed_on) = sitting.noticed_on {
            figures["noticed_on"] = noticed_on.to_string().into();
        }
        if let Some(minutes) = &sitting.minutes {
            figures["minutes"] = minutes.clone().into();
        }
        let quorum = self.threshold(
            step.vote
                .as_ref()
                .and_then(|vote| vote.quorum)
                .or_else(|| step.sitting.as_ref().map(|sitting| sitting.quorum)),
            |matter| matter.quorum,
        );
        let outcome = if quorum.is_some_and(|quorum| {
            !quorum.reached(present, members) || !quorum.reached(present_at_vote, members)
        }) {
            self.inquorate(quorum, present.min(present_at_vote), members)?
        } else if step.vote.is_some() {
            let marks = |channel: Channel| count(at_vote.iter().filter(|a| a.channel == channel));
            let votes = self.count(sitting, &marks, &mut figures)?;
            self.result(votes, present_at_vote, members)
        } else {
            step.events
                .iter()
                .find(|event| event.outcome != INQUORATE)
                .map_or_else(String::new, |event| event.outcome.clone())
        };
        if let Value::Object(figures) = figures {
            data.extend(figures);
        }
        Ok(outcome)
    }

    pub(super) fn no(&self, code: &str, what: kernel::Text, remedy: kernel::Text) -> Refusal {
        self.say.refuse(code, what, remedy)
    }

    fn threshold(
        &self,
        given: Option<OrMatter<Threshold>>,
        of: impl Fn(&definitions::Matter) -> Threshold,
    ) -> Option<Threshold> {
        match given? {
            OrMatter::Is(threshold) => Some(threshold),
            OrMatter::Matter => self.say.matter.map(of),
        }
    }

    /// Not in the future, not before what enabled it, and after the notice.
    fn dates(&self, sitting: &Sitting, now: Timestamp) -> Result<(), Refusal> {
        if sitting.held_on > now.date() {
            return Err(Refusal::field(
                "/sitting/held_on",
                both("会议日期在今天之后", "the sitting lies in the future"),
                both("会后再记录", "record it when it has been held"),
            ));
        }
        if let Some(enabled_on) = self.enabled_on.filter(|day| sitting.held_on < *day) {
            return Err(self
                .no(
                    "back-dated",
                    both(
                        format!("会议日期早于上一步（{enabled_on}）"),
                        format!("the sitting lies before the step before it ({enabled_on})"),
                    ),
                    both(
                        "步骤不能倒签；请按顺序重新开会",
                        "steps cannot be dated back: hold the sitting in its turn",
                    ),
                )
                .at("/sitting/held_on"));
        }
        let Some(within) = &self.say.step.notice_before else { return Ok(()) };
        let Some(period) = self.clock.period(within) else {
            return Err(self.no(
                "parameter-not-in-force",
                both("会议通知期限尚未规定", "the length of notice is not set for this day"),
                both("请先确定该参数", "adopt the parameter first"),
            ));
        };
        let given = sitting.noticed_on.or(self.enabled_on).unwrap_or(sitting.held_on);
        if self.enabled_on.is_some_and(|day| given < day) {
            return Err(self
                .no(
                    "back-dated",
                    both("通知日期早于上一步", "notice was given before the step before it"),
                    both("请在上一步完成后通知", "give notice when the step before is done"),
                )
                .at("/sitting/noticed_on"));
        }
        if !noticed(self.clock.calendar, given, sitting.held_on, period) {
            return Err(self
                .no(
                    "notice-too-short",
                    both(
                        format!("{given}通知、{}开会，不足{}", sitting.held_on, zh_period(period)),
                        format!(
                            "notice on {given} for {} is shorter than {period}",
                            sitting.held_on
                        ),
                    ),
                    both(
                        format!("至少提前{}通知", zh_period(period)),
                        format!("give notice at least {period} before"),
                    ),
                )
                .at("/sitting/held_on"));
        }
        Ok(())
    }

    fn inquorate(
        &self,
        quorum: Option<Threshold>,
        present: u64,
        members: u64,
    ) -> Result<String, Refusal> {
        if self.say.step.event_of(INQUORATE).is_some() {
            return Ok(INQUORATE.to_owned());
        }
        let needed = quorum.and_then(|quorum| quorum.fewest(members)).unwrap_or(members);
        Err(self.no(
            "no-quorum",
            both(
                format!("到会{present}人，应到{members}人，未达法定人数"),
                format!("{present} of {members} were present: no quorum"),
            ),
            both(format!("至少须{needed}人到会"), format!("at least {needed} must be present")),
        ))
    }

    /// Ballots never exceed marks on the roll; fewer need a note.
    fn count(
        &self,
        sitting: &Sitting,
        marks: &dyn Fn(Channel) -> u64,
        figures: &mut Value,
    ) -> Result<Count, Refusal> {
        let mut all = Count::default();
        let mut fewer = false;
        for channel in [Channel::Hall, Channel::Paper, Channel::Phone] {
            let votes = sitting.votes.get(&channel).copied().unwrap_or_default();
            if votes.total() > marks(channel) {
                return Err(self
                    .no(
                        "duplicate-vote",
                        both(
                            format!(
                                "{}票{}张，多于签到{}人",
                                zh_channel(channel),
                                votes.total(),
                                marks(channel)
                            ),
                            format!(
                                "{} ballots by {}, but {} marked present",
                                votes.total(),
                                channel.word(),
                                marks(channel)
                            ),
                        ),
                        both(
                            "请重新清点；票数不能多于人数",
                            "count again: there are never more ballots than people",
                        ),
                    )
                    .at(format!("/sitting/votes/{}", channel.word())));
            }
            fewer |= votes.total() < marks(channel);
            all.for_ = all.for_.saturating_add(votes.for_);
            all.against = all.against.saturating_add(votes.against);
            all.abstain = all.abstain.saturating_add(votes.abstain);
            all.spoilt = all.spoilt.saturating_add(votes.spoilt);
        }
        if fewer && (sitting.difference.is_none() || sitting.witness.is_none()) {
            return Err(self
                .no(
                    "ballots-differ",
                    both(
                        "收回的票少于签到人数",
                        "there are fewer ballots than people marked present",
                    ),
                    both(
                        "请写明差额的原因并由见证人签名；未投票的计弃权",
                        "note why, with a witness; who did not vote counts as abstaining",
                    ),
                )
                .at("/sitting/difference"));
        }
        let wanted = match self.say.step.vote.as_ref().and_then(|vote| vote.ballot) {
            Some(OrMatter::Is(ballot)) => Some(ballot),
            Some(OrMatter::Matter) => self.say.matter.and_then(|matter| matter.ballot),
            None => None,
        };
        let word = wanted.map(|ballot| match ballot {
            Ballot::Secret => "secret",
            Ballot::ShowOfHands => "show-of-hands",
        });
        if let Some(word) = word.filter(|word| sitting.ballot.as_deref() != Some(*word)) {
            return Err(self
                .no(
                    "ballot-kind",
                    both(
                        if word == "secret" {
                            "此项须无记名投票"
                        } else {
                            "此项须举手表决"
                        },
                        format!("this is decided by {word} ballot"),
                    ),
                    both("请按规定方式重新表决", "vote again in that way"),
                )
                .at("/sitting/ballot"));
        }
        figures["for"] = all.for_.into();
        figures["against"] = all.against.into();
        figures["abstain"] = all.abstain.into();
        figures["spoilt"] = all.spoilt.into();
        figures["channels"] = sitting
            .votes
            .iter()
            .map(|(channel, votes)| (channel.word().to_owned(), json!(votes)))
            .collect::<Map<_, _>>()
            .into();
        if let Some(ballot) = &sitting.ballot {
            figures["ballot"] = ballot.clone().into();
        }
        if let Some(witness) = &sitting.witness {
            figures["witness"] = witness.clone().into();
        }
        figures["difference_noted"] = sitting.difference.is_some().into();
        Ok(all)
    }

    /// `passed` when those for it reach the majority, else the step's other outcome.
    fn result(&self, votes: Count, present: u64, members: u64) -> String {
        let step = self.say.step;
        let passed = step.vote.as_ref().is_some_and(|vote| {
            let majority = self.threshold(Some(vote.majority), |matter| matter.majority);
            let of = match vote.of {
                OrMatter::Is(of) => Some(of),
                OrMatter::Matter => self.say.matter.map(|matter| matter.counted),
            };
            let whole = match of {
                Some(Counted::Present) => present,
                _ => members,
            };
            majority.is_some_and(|majority| majority.reached(u64::from(votes.for_), whole))
        });
        if passed {
            return PASSED.to_owned();
        }
        step.events
            .iter()
            .find(|event| event.outcome != PASSED && event.outcome != INQUORATE)
            .map_or_else(|| PASSED.to_owned(), |event| event.outcome.clone())
    }
}

pub(super) fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}

fn zh_channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Hall => "现场",
        Channel::Paper => "书面",
        Channel::Phone => "线上",
    }
}

/// A length in Chinese.
pub(super) fn zh_period(period: kernel::Period) -> String {
    match period {
        kernel::Period::Days(days) => format!("{days}日"),
        kernel::Period::WorkingDays(days) => format!("{days}个工作日"),
    }
}
