//! A sitting counted anew (会议清点): the core's own arithmetic over roll, attendance and ballots.
//!
//! It trusts neither the definition nor the engine: nobody counts twice, nobody off the roll counts, ballots and marks
//! agree or the difference is noted, quorum and majority are the law's at least. Knows no stream.

use std::collections::BTreeSet;

use definitions::Counted;
use engines::procedure::Sitting;
use kernel::{Date, Refusal, Text};
use serde::{Deserialize, Serialize};

use crate::{
    bodies::{SittingLaw, threshold_text},
    laws::law,
};

/// What a sitting comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Those who should attend: the body's roll that day.
    pub should_attend: u32,
    /// Those who do not count for this item because of a declared conflict.
    pub barred: u32,
    /// Present at the opening, without those recused.
    pub present: u32,
    /// Present when the vote was taken: without those who had left and those recused.
    pub voting: u32,
    /// 赞成
    #[serde(rename = "for")]
    pub for_: u32,
    /// 反对
    pub against: u32,
    /// 弃权
    pub abstain: u32,
    /// 废票
    pub spoilt: u32,
}

/// The code of every refusal of the core about a sitting or resolution.
pub const UNFOUNDED: &str = "resolution-unfounded";

/// A refusal of the core: what was recorded does not carry what it is said to carry.
pub(crate) fn unfounded(article: &str, field: &str, what: Text, remedy: Text) -> Refusal {
    Refusal::new(UNFOUNDED, what, remedy).by_law(law(article)).at(field)
}

/// Counts a sitting. `barred` says of a recused member whether a conflict is declared: only then does the whole shrink,
/// so that nobody is recused to make a majority.
///
/// # Errors
/// A refusal when somebody counts twice or is not on the roll, or ballots and marks differ without a note.
pub fn count(
    sitting: &Sitting,
    roll: &[String],
    today: Date,
    article: &str,
    barred: impl Fn(&str) -> bool,
) -> Result<Tally, Refusal> {
    if sitting.held_on > today {
        return Err(unfounded(
            article,
            "/sitting/held_on",
            Text::new(
                format!("会议日期{}在今天之后。", sitting.held_on),
                format!("The sitting is dated {}, after today.", sitting.held_on),
            ),
            Text::new("会议开完再登记。", "Record a sitting after it was held."),
        ));
    }
    let on_roll: BTreeSet<&str> = roll.iter().map(String::as_str).collect();
    let present = distinct(
        sitting.attendance.iter().map(|attendee| attendee.holder.as_str()),
        &on_roll,
        "/sitting/attendance",
        article,
    )?;
    let recused = distinct(
        sitting.recused.iter().map(String::as_str),
        &on_roll,
        "/sitting/recused",
        article,
    )?;
    let left = distinct(
        sitting.left_before_vote.iter().map(String::as_str),
        &present,
        "/sitting/left_before_vote",
        article,
    )?;
    let size = |set: usize| u32::try_from(set).unwrap_or(u32::MAX);
    if sitting.should_attend != size(on_roll.len()) {
        return Err(unfounded(
            article,
            "/sitting/should_attend",
            Text::new(
                format!("应到{}人，名册为{}人。", sitting.should_attend, on_roll.len()),
                format!(
                    "{} should attend as recorded; the roll has {}.",
                    sitting.should_attend,
                    on_roll.len()
                ),
            ),
            Text::new("请按名册重新清点。", "Count again from the roll."),
        ));
    }
    let voting =
        present.iter().filter(|who| !left.contains(*who) && !recused.contains(*who)).count();
    let mut tally = Tally {
        should_attend: size(on_roll.len()),
        barred: size(recused.iter().filter(|who| barred(who)).count()),
        present: size(present.iter().filter(|who| !recused.contains(*who)).count()),
        voting: size(voting),
        ..Tally::default()
    };
    for count in sitting.votes.values() {
        for (sum, part) in [
            (&mut tally.for_, count.for_),
            (&mut tally.against, count.against),
            (&mut tally.abstain, count.abstain),
            (&mut tally.spoilt, count.spoilt),
        ] {
            *sum = sum.saturating_add(part);
        }
    }
    let marked = tally.cast() + u64::from(tally.spoilt);
    let noted = sitting.difference.as_deref().is_some_and(|note| !note.trim().is_empty());
    // fewer ballots than voters may be noted; more never: somebody would have voted twice
    let fits = marked == u64::from(tally.voting)
        || sitting.votes.is_empty()
        || (marked < u64::from(tally.voting) && noted);
    if !fits {
        return Err(unfounded(
            article,
            "/sitting/votes",
            Text::new(
                format!("共{marked}票，参加表决{}人，票数与人数不符。", tally.voting),
                format!("{marked} ballots for {} people who voted.", tally.voting),
            ),
            Text::new(
                "请重新清点；票数少于人数须注明原因，多于人数须重新表决。",
                "Count again; fewer ballots than voters are noted with the reason, more mean a new vote.",
            ),
        ));
    }
    Ok(tally)
}

fn distinct<'a>(
    names: impl Iterator<Item = &'a str>,
    within: &BTreeSet<&str>,
    field: &str,
    article: &str,
) -> Result<BTreeSet<&'a str>, Refusal> {
    let mut seen = BTreeSet::new();
    for (at, name) in names.enumerate() {
        if !within.contains(name) {
            return Err(unfounded(
                article,
                &format!("{field}/{at}"),
                Text::new("有人不在应到名册上。", "Somebody is not on the roll."),
                Text::new("只登记应到名册上的人。", "Record only who is on the roll."),
            ));
        }
        if !seen.insert(name) {
            return Err(unfounded(
                article,
                &format!("{field}/{at}"),
                Text::new("同一人登记了两次。", "The same person is recorded twice."),
                Text::new("每人只计一次。", "Each person counts once."),
            ));
        }
    }
    Ok(seen)
}

impl Tally {
    /// Valid ballots.
    pub fn cast(self) -> u64 {
        u64::from(self.for_) + u64::from(self.against) + u64::from(self.abstain)
    }

    /// Those who count for this item.
    pub fn whole(self) -> u64 {
        u64::from(self.should_attend.saturating_sub(self.barred))
    }

    /// Whether enough were there, at the opening and at the vote.
    pub fn is_quorate(self, law: &SittingLaw) -> bool {
        law.quorum.reached(u64::from(self.present), self.whole())
            && law.quorum.reached(u64::from(self.voting), self.whole())
    }

    /// Whether the item has the law's majority.
    pub fn passes(self, law: &SittingLaw) -> bool {
        let of = match law.counted {
            Counted::Present => u64::from(self.voting),
            Counted::ShouldAttend | Counted::All => self.whole(),
        };
        law.majority.reached(u64::from(self.for_), of)
    }

    /// Demands quorum, and the majority where a vote is said to have passed.
    ///
    /// # Errors
    /// A refusal with the numbers.
    pub fn carries(self, law: &SittingLaw, passed: bool) -> Result<(), Refusal> {
        if !self.is_quorate(law) {
            let words = threshold_text(law.quorum);
            return Err(unfounded(
                law.law,
                "/sitting/attendance",
                Text::new(
                    format!(
                        "应到{}人，到会{}人，表决时{}人：未达到{}。",
                        self.whole(),
                        self.present,
                        self.voting,
                        words.zh
                    ),
                    format!(
                        "{} of {} present, {} at the vote: not {}.",
                        self.present,
                        self.whole(),
                        self.voting,
                        words.en
                    ),
                ),
                Text::new(
                    "到会人数不足，会议不能作出决定；请另行召集。",
                    "Without quorum nothing is decided: call another sitting.",
                ),
            ));
        }
        if passed && !self.passes(law) {
            let words = threshold_text(law.majority);
            return Err(unfounded(
                law.law,
                "/sitting/votes",
                Text::new(
                    format!("赞成{}票，未达到{}。", self.for_, words.zh),
                    format!("{} votes for: not {}.", self.for_, words.en),
                ),
                Text::new("该事项没有通过。", "The item did not pass."),
            ));
        }
        Ok(())
    }
}
