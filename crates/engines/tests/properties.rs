//! Properties: majorities are exact, tiers are covered once or the amount is named, history needs no file.

#[path = "../../definitions/tests/sample/mod.rs"]
mod sample;
mod shed;

use definitions::{Definitions, FindingCode, Fraction, Threshold};
use proptest::prelude::*;
use sample::{LENDING, catalogue};
use shed::Shed;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Compared with rational arithmetic on wide integers, never rounded.
    #[test]
    fn a_majority_is_exact(num in 1u32..7, den in 1u32..7, whole in 0u64..2_000_000, part in 0u64..2_000_000, strictly: bool) {
        prop_assume!(num <= den);
        let threshold = Threshold { fraction: Fraction::new(num, den).unwrap(), strictly };
        let (left, right) = (u128::from(part) * u128::from(den), u128::from(whole) * u128::from(num));
        let reached = whole > 0 && if strictly { left > right } else { left >= right };
        prop_assert_eq!(threshold.reached(part, whole), reached);
        if let Some(fewest) = threshold.fewest(whole) {
            prop_assert!(whole == 0 || threshold.reached(fewest, whole));
            prop_assert!(fewest == 0 || !threshold.reached(fewest - 1, whole));
        }
    }

    /// A motion and its opposite never both pass with more than half.
    #[test]
    fn two_opposites_never_both_pass(whole in 1u64..100_000, yes in 0u64..100_000) {
        prop_assume!(yes <= whole);
        let half = Threshold::parse_majority("1/2").unwrap();
        prop_assert!(!(half.reached(yes, whole) && half.reached(whole - yes, whole)));
    }

    /// The vote of the engine agrees with the arithmetic, for every count of a body of five.
    #[test]
    fn a_vote_is_what_the_arithmetic_says(yes in 0u32..=5, no in 0u32..=5) {
        prop_assume!(yes + no <= 5);
        let mut shed = Shed::new();
        shed.request("300.00").unwrap();
        shed.days(4);
        let out = shed.vote(yes, no).unwrap();
        let expected = if (yes + no) * 2 <= 5 { "inquorate" } else if yes * 2 > yes + no { "passed" } else { "returned" };
        prop_assert_eq!(out.outcome, expected);
    }

    /// Two rows that meet are sound at every bound; a gap or an overlap is named to the fen.
    #[test]
    fn tiers_cover_every_amount_once(fen in 2i64..1_000_000_000, inclusive: bool, exclusive: bool) {
        let yuan = kernel::Money::from_fen(fen);
        let text = LENDING
            .replacen("is = \"500.00\"", &format!("is = \"{yuan}\""), 1)
            .replacen("is = \"400.00\"", &format!("is = \"{yuan}\""), 1)
            .replacen("deposit < deposit_limit", if inclusive { "deposit <= deposit_limit" } else { "deposit < deposit_limit" }, 1)
            .replacen("deposit >= deposit_limit", if exclusive { "deposit > deposit_limit" } else { "deposit >= deposit_limit" }, 1);
        let found = Definitions::check(&[("lending.toml", &text)], &catalogue()).err().unwrap_or_default();
        let said = format!("{} yuan", definitions::number::yuan(yuan));
        match (inclusive, exclusive) {
            (false, false) | (true, true) => prop_assert!(found.is_empty(), "{:?}", found),
            (true, false) => prop_assert!(found.iter().any(|f| f.code == FindingCode::TierOverlap && f.what.contains(&said))),
            (false, true) => prop_assert!(found.iter().any(|f| f.code == FindingCode::TierGap && f.what.contains(&said))),
        }
    }

    /// Whatever is typed, the engine answers and never panics.
    #[test]
    fn any_input_gets_an_answer(deposit in ".{0,24}", tool in ".{0,24}", kind in ".{0,12}") {
        let mut shed = Shed::new();
        shed.fields["tool"] = tool.into();
        shed.fields["kind"] = kind.into();
        let _ = shed.request(&deposit);
    }

    /// The reader never panics on a damaged file and always points at the file.
    #[test]
    fn a_damaged_file_is_reported(at in 0usize..6000, junk in "[\\[\\]{}=\"a-z\n]{1,6}") {
        let at = (0..=at.min(LENDING.len())).rev().find(|at| LENDING.is_char_boundary(*at)).unwrap_or(0);
        let text = format!("{}{junk}{}", &LENDING[..at], &LENDING[at..]);
        if let Err(found) = Definitions::check(&[("lending.toml", &text)], &catalogue()) {
            prop_assert!(found.iter().all(|finding| finding.file == "lending.toml" && !finding.what.is_empty()));
        }
    }
}
