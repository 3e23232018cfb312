//! Properties of the count: nobody counts twice, counted + spoilt = marked, and the law's thresholds are exact.

use std::collections::{BTreeMap, BTreeSet};

use engines::procedure::{Attendee, Channel, Count, Sitting};
use kernel::Date;
use organisation::{
    bodies,
    facts::sitting::{self, Tally},
    matters,
};
use proptest::prelude::*;

const DAY: Date = Date::constant(2026, 3, 2);

fn roll(size: usize) -> Vec<String> {
    (0..size).map(|n| format!("h{n}")).collect()
}

fn channel(n: u8) -> Channel {
    [Channel::Hall, Channel::Paper, Channel::Phone][usize::from(n % 3)]
}

prop_compose! {
    /// Any record of a sitting, honest or not: attendance may repeat people or name strangers.
    fn any_sitting()(
        size in 1..40_usize,
        attending in prop::collection::vec((0..44_usize, 0..3_u8), 0..44),
        left in prop::collection::vec(0..44_usize, 0..4),
        recused in prop::collection::vec(0..44_usize, 0..4),
        votes in prop::collection::vec((0..20_u32, 0..20_u32, 0..5_u32, 0..3_u32), 0..4),
        noted in any::<bool>(),
    ) -> (Vec<String>, Sitting) {
        let name = |n: usize| format!("h{n}");
        let sitting = Sitting {
            held_on: DAY,
            place: String::new(),
            noticed_on: None,
            should_attend: u32::try_from(size).unwrap(),
            attendance: attending
                .into_iter()
                .map(|(who, by)| Attendee { holder: name(who), channel: channel(by) })
                .collect(),
            left_before_vote: left.into_iter().map(name).collect(),
            recused: recused.into_iter().map(name).collect(),
            votes: votes
                .into_iter()
                .enumerate()
                .map(|(at, (for_, against, abstain, spoilt))| {
                    (channel(u8::try_from(at % 3).unwrap()), Count { for_, against, abstain, spoilt })
                })
                .collect(),
            ballot: None,
            difference: noted.then(|| "noted".to_owned()),
            witness: None,
            minutes: None,
        };
        (roll(size), sitting)
    }
}

/// So many members, so many of them present, so many of those for it.
fn numbers() -> impl Strategy<Value = (usize, usize, usize)> {
    (1..200_usize)
        .prop_flat_map(|size| (Just(size), 0..=size))
        .prop_flat_map(|(size, present)| (Just(size), Just(present), 0..=present))
}

prop_compose! {
    /// An honest record: so many of so many, so many for.
    fn honest()(case in numbers()) -> (Vec<String>, Sitting) {
        let (size, present, for_) = case;
        let members = roll(size);
        let votes = Count {
            for_: u32::try_from(for_).unwrap(),
            against: u32::try_from(present - for_).unwrap(),
            ..Count::default()
        };
        let sitting = Sitting {
            held_on: DAY,
            place: String::new(),
            noticed_on: None,
            should_attend: u32::try_from(size).unwrap(),
            attendance: members[..present]
                .iter()
                .map(|holder| Attendee { holder: holder.clone(), channel: Channel::Hall })
                .collect(),
            left_before_vote: Vec::new(),
            recused: Vec::new(),
            votes: BTreeMap::from([(Channel::Hall, votes)]),
            ballot: None,
            difference: None,
            witness: None,
            minutes: None,
        };
        (members, sitting)
    }
}

fn count(members: &[String], sitting: &Sitting) -> Option<Tally> {
    sitting::count(sitting, members, DAY, "OLVC 30", |_| false).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn what_is_counted_adds_up(case in any_sitting()) {
        let (members, sitting) = case;
        let Some(tally) = count(&members, &sitting) else { return Ok(()) };
        let names: Vec<_> = sitting.attendance.iter().map(|a| &a.holder).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        prop_assert_eq!(distinct.len(), names.len(), "somebody counts twice");
        prop_assert!(names.iter().all(|name| members.contains(name)), "a stranger counts");
        let marked = tally.cast() + u64::from(tally.spoilt);
        prop_assert!(marked <= u64::from(tally.voting) || sitting.votes.is_empty());
        if !sitting.votes.is_empty() && marked != u64::from(tally.voting) {
            prop_assert!(sitting.difference.is_some(), "a difference is noted");
        }
        prop_assert!(tally.voting <= tally.present && tally.present <= tally.should_attend);
        prop_assert!(u64::from(tally.present) <= u64::from(tally.should_attend));
    }

    #[test]
    fn a_vote_more_never_loses_and_a_member_more_never_helps(case in honest()) {
        let (members, sitting) = case;
        let Some(tally) = count(&members, &sitting) else {
            return Err(TestCaseError::fail("an honest record counts"));
        };
        for body in bodies::BODIES {
            let Some(law) = body.sitting else { continue };
            let more = Tally { for_: tally.for_ + 1, against: tally.against.saturating_sub(1), ..tally };
            prop_assert!(!tally.passes(&law) || more.passes(&law));
            let larger = Tally { should_attend: tally.should_attend + 1, ..tally };
            prop_assert!(tally.is_quorate(&law) || !larger.is_quorate(&law));
        }
    }

    /// Against the words of the law, computed another way.
    #[test]
    fn thresholds_are_the_laws(case in honest()) {
        let (members, sitting) = case;
        let Some(tally) = count(&members, &sitting) else {
            return Err(TestCaseError::fail("an honest record counts"));
        };
        let (all, present, for_) = (members.len(), sitting.attendance.len(), tally.for_ as usize);
        let law = |key: &str| bodies::find(key).and_then(|body| body.sitting);
        let (Some(reps), Some(villagers), Some(assembly), Some(party)) = (
            law("representatives-meeting"),
            law("villagers-meeting"),
            law("members-assembly"),
            law("party-members-meeting"),
        ) else {
            return Err(TestCaseError::fail("bodies"));
        };
        prop_assert_eq!(tally.is_quorate(&reps), present * 3 >= all * 2);
        prop_assert_eq!(tally.is_quorate(&villagers), present * 2 > all);
        prop_assert_eq!(tally.passes(&reps), for_ * 2 > present);
        prop_assert_eq!(tally.passes(&assembly), for_ * 3 >= all * 2);
        prop_assert_eq!(tally.passes(&party), for_ * 2 > all);
        if let Some(three_quarters) =
            matters::find("benefits-of-non-members").and_then(|m| m.law_of("members-assembly"))
        {
            prop_assert_eq!(tally.passes(&three_quarters), for_ * 4 >= all * 3);
        }
    }

    /// Sending people out without a declared conflict never makes the whole smaller.
    #[test]
    fn recusal_without_a_declared_conflict_changes_no_whole(case in honest(), out in 0..10_usize) {
        let (members, mut sitting) = case;
        sitting.recused = members.iter().rev().take(out).cloned().collect();
        sitting.attendance.retain(|a| !sitting.recused.contains(&a.holder));
        let there = u32::try_from(sitting.attendance.len()).unwrap();
        sitting.votes =
            BTreeMap::from([(Channel::Hall, Count { for_: there, ..Count::default() })]);
        if let Some(tally) = count(&members, &sitting) {
            prop_assert_eq!(tally.whole(), members.len() as u64);
        }
        let barred = sitting::count(&sitting, &members, DAY, "OLVC 30", |_| true);
        if let Ok(tally) = barred {
            prop_assert_eq!(tally.whole(), (members.len() - sitting.recused.len()) as u64);
        }
    }
}
