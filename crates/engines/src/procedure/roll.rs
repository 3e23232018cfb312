//! The roll of a sitting: who should attend, who did, who had to leave. Knows nothing of what is decided.

use std::collections::BTreeSet;

use kernel::Refusal;

use super::{
    act::{Channel, Sitting},
    facts::Roll,
    say::both,
    vote::{Room, count},
};

impl Room<'_> {
    /// The roll as read out is the body's roll; everybody is on it, once, through a channel that is allowed.
    pub(super) fn on_roll(&self, sitting: &Sitting, roll: &Roll) -> Result<(), Refusal> {
        let should = count(roll.members.iter());
        if u64::from(sitting.should_attend) != should {
            return Err(self
                .no(
                    "roll-differs",
                    both(
                        format!("应到{}人与名册{should}人不符", sitting.should_attend),
                        format!(
                            "{} should attend by the minutes, {should} by the roll",
                            sitting.should_attend
                        ),
                    ),
                    both("请按名册核对应到人数", "check it against the roll"),
                )
                .at("/sitting/should_attend"));
        }
        let members: BTreeSet<&str> = roll.members.iter().map(String::as_str).collect();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for (index, attendee) in sitting.attendance.iter().enumerate() {
            let field = format!("/sitting/attendance/{index}");
            if !members.contains(attendee.holder.as_str()) {
                return Err(self
                    .no(
                        "not-on-roll",
                        both("签到的人不在名册上", "somebody marked present is not on the roll"),
                        both("请按名册签到", "mark only those on the roll"),
                    )
                    .at(field));
            }
            if !seen.insert(&attendee.holder) {
                return Err(self
                    .no(
                        "duplicate-vote",
                        both("同一人签到两次", "one person is marked twice"),
                        both(
                            "每人只能通过一种方式参加一次",
                            "each takes part once, through one channel",
                        ),
                    )
                    .at(field));
            }
            let allowed = self.say.step.roll.as_ref().map_or_else(
                || attendee.channel == Channel::Hall,
                |roll| roll.channels.iter().any(|word| word == attendee.channel.word()),
            );
            if !allowed {
                return Err(self
                    .no(
                        "channel-not-allowed",
                        both(
                            format!("不能以此方式参加（{}）", attendee.channel.word()),
                            format!("nobody takes part by {} here", attendee.channel.word()),
                        ),
                        both("请到场参加", "take part in the way that is allowed"),
                    )
                    .at(field));
            }
        }
        let odd = sitting
            .recused
            .iter()
            .find(|holder| !members.contains(holder.as_str()))
            .map(|_| "/sitting/recused")
            .or_else(|| {
                sitting
                    .left_before_vote
                    .iter()
                    .find(|holder| !seen.contains(holder.as_str()))
                    .map(|_| "/sitting/left_before_vote")
            });
        if let Some(field) = odd {
            return Err(Refusal::field(
                field,
                both("此人不在名册或未签到", "somebody here is not on the roll or was not present"),
                both("请核对名单", "check the list"),
            ));
        }
        self.witness(sitting)
    }

    fn witness(&self, sitting: &Sitting) -> Result<(), Refusal> {
        let Some(body) = self.say.step.roll.as_ref().and_then(|roll| roll.witness.as_ref()) else {
            return Ok(());
        };
        let roll = self.facts.roll(body);
        let is_witness = sitting.witness.as_ref().is_some_and(|witness| {
            roll.as_ref().is_some_and(|roll| roll.members.contains(witness))
        });
        if !is_witness {
            return Err(self
                .no(
                    "witness-missing",
                    both(
                        format!("没有{body}成员在场见证"),
                        format!("no member of `{body}` witnessed the roll and the count"),
                    ),
                    both("请其派员到场并签名", "let one of them be present and sign"),
                )
                .at("/sitting/witness"));
        }
        Ok(())
    }

    /// Who has an interest has left; who left had one. Unknown fails closed. All named here are on the roll already.
    pub(super) fn recusals(&self, sitting: &Sitting) -> Result<(), Refusal> {
        if self.say.step.vote.as_ref().is_none_or(|vote| vote.recuse.is_none()) {
            return if sitting.recused.is_empty() {
                Ok(())
            } else {
                Err(self
                    .no(
                        "recusal-unfounded",
                        both("此项没有回避规定", "nobody is recused from this item"),
                        both("请将其计入应到人数", "count them as members"),
                    )
                    .at("/sitting/recused"))
            };
        }
        let taking_part = sitting.attendance.iter().map(|attendee| &attendee.holder);
        let concerned: BTreeSet<&String> = taking_part.chain(&sitting.recused).collect();
        let left: BTreeSet<&String> = sitting.recused.iter().collect();
        for holder in concerned {
            let recused = left.contains(holder);
            match (self.facts.conflicted(holder, self.subject), recused) {
                (Some(true), true) | (Some(false), false) => {}
                (Some(true), false) => {
                    return Err(self
                        .no(
                            "recusal-missing",
                            both("有利害关系的人没有回避", "somebody with an interest took part"),
                            both(
                                "请其回避后重新表决，回避者不计入人数",
                                "let them leave and vote again; who leaves is not counted",
                            ),
                        )
                        .at("/sitting/recused"));
                }
                (Some(false), true) => {
                    return Err(self
                        .no(
                            "recusal-unfounded",
                            both(
                                "没有利害关系的人不能被要求回避",
                                "somebody without an interest is listed as recused",
                            ),
                            both(
                                "请将其计入，或先登记其利害关系",
                                "count them, or register the interest first",
                            ),
                        )
                        .at("/sitting/recused"));
                }
                (None, _) => {
                    return Err(self
                        .no(
                            "recusal-unknown",
                            both(
                                "有人的亲属和利害关系尚未申报",
                                "the kin and interests of somebody are not declared yet",
                            ),
                            both("请先申报，再表决", "let them declare first, then vote"),
                        )
                        .at("/sitting/attendance"));
                }
            }
        }
        Ok(())
    }
}
