//! From the form of a sitting to the sitting; says which input is wrong. What the numbers come to is the engine's business.

use std::collections::BTreeMap;

use engines::procedure::{Attendee, Channel, Count, Sitting};
use pages::Lang;

use super::{Table, came_name, name_of, vote_name};
use crate::{
    Member,
    read::{self, Wrong},
    typed::Typed,
};

impl Table<'_> {
    /// The members ticked, or written by their names.
    pub(super) fn holders(
        &self,
        typed: &Typed,
        name: &str,
        say: &mut impl FnMut(&str, &str, &str),
    ) -> Vec<String> {
        found(self.roll, &typed.all(name), &mut |zh, en| say(name, zh, en))
    }

    /// Reads the sitting; what is wrong is added to `wrong`.
    pub(crate) fn read(&self, lang: Lang, typed: &Typed, wrong: &mut Wrong) -> Option<Sitting> {
        let before = wrong.len();
        let mut say = |name: &str, zh: &str, en: &str| {
            wrong.push((name.to_owned(), lang.pick(zh, en).to_owned()))
        };
        let held_on = day(typed, "held-on", &mut |text| say("held-on", &text.zh, &text.en));
        if typed.get("held-on").is_empty() {
            say("held-on", "请填开会日期", "Enter the day of the sitting");
        }
        let noticed_on =
            day(typed, "noticed-on", &mut |text| say("noticed-on", &text.zh, &text.en));
        let should_attend = read::count(typed.get("should-attend"));
        if should_attend.is_none() {
            say(
                "should-attend",
                "请填应到会人数，例如 35",
                "Enter how many should attend, such as 35",
            );
        }
        let attendance = self.read_attendance(typed, &mut say);
        let left_before_vote = self.holders(typed, "left-before-vote", &mut say);
        let recused = self.holders(typed, "recused", &mut say);
        let mut votes = BTreeMap::new();
        if self.step.vote.is_some() {
            for channel in self.channels() {
                let mut number = |vote: &str| {
                    let name = vote_name(channel, vote);
                    let text = typed.get(&name);
                    if text.is_empty() {
                        return 0;
                    }
                    read::count(text).unwrap_or_else(|| {
                        say(
                            &name,
                            "票数要填整数，例如 12",
                            "A count of votes is a whole number, such as 12",
                        );
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
        let (Some(held_on), Some(should_attend), true) =
            (held_on, should_attend, wrong.len() == before)
        else {
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

    pub(super) fn read_attendance(
        &self,
        typed: &Typed,
        say: &mut impl FnMut(&str, &str, &str),
    ) -> Vec<Attendee> {
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
            say(
                &came_name(self.channels().first().copied().unwrap_or(Channel::Hall)),
                "请勾选到会的人",
                "Tick who came",
            );
        }
        attendance
    }
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

/// The members of the roll that are meant, each by id or by a name that one member alone has.
fn found(roll: &[Member], said: &[String], say: &mut impl FnMut(&str, &str)) -> Vec<String> {
    let mut holders = Vec::new();
    let written =
        said.iter().flat_map(|said| said.split(['、', '，', ',', ';', '；', '\n'])).map(str::trim);
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
