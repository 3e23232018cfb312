//! The story that is told to a deployment: the demo's villages, day by day, with a teller of our own.

#[path = "../../crates/cunwu/src/demo/consult.rs"]
mod consult;
#[path = "../../crates/cunwu/src/demo/county.rs"]
pub mod county;
#[path = "../../crates/cunwu/src/demo/decide.rs"]
mod decide;
#[path = "../../crates/cunwu/src/demo/join.rs"]
mod join;
#[path = "../../crates/cunwu/src/demo/money.rs"]
mod money;
#[path = "../../crates/cunwu/src/demo/names.rs"]
mod names;
#[path = "../../crates/cunwu/src/demo/people.rs"]
pub mod people;
#[path = "../../crates/cunwu/src/demo/plan.rs"]
mod plan;
#[path = "../../crates/cunwu/src/demo/quarrel.rs"]
mod quarrel;
#[path = "../../crates/cunwu/src/demo/talk.rs"]
mod talk;
#[path = "../../crates/cunwu/src/demo/village.rs"]
pub mod village;
#[path = "../../crates/cunwu/src/demo/warned.rs"]
mod warned;
#[path = "../../crates/cunwu/src/demo/window.rs"]
mod window;

use crate::teller;

use anyhow::Context;
use kernel::{Actor, Entropy, Place, Timestamp};

use self::{county::import, people::People, village::Village};
pub use self::{
    county::{FIRST_DAY, seed},
    decide::roll,
};
use teller::Teller;

const HOUR: i64 = 3_600_000_000;
const MONTHS: u8 = 2;
/// The second and the third village of the demo: between them they do all that office holders do. The first one's objection
/// is a resident's, who has no way in yet.
const VILLAGES: std::ops::RangeInclusive<usize> = 1..=2;

/// When the story begins.
pub fn beginning() -> Timestamp {
    Timestamp::start_of(FIRST_DAY)
}

/// Tells the whole story: a county is imported, villages set up, two decisions each taken from proposal to display,
/// budgets adopted, bills paid by three persons, months closed and published, a question raised and answered, a quarrel settled.
pub async fn tell(teller: &mut Teller) -> anyhow::Result<()> {
    tell_until(teller, i64::from(MONTHS) * 31 + 12).await
}

/// Tells it up to a day.
pub async fn tell_until(teller: &mut Teller, days: i64) -> anyhow::Result<()> {
    let mut door = Entropy::from_seed(seed(11, "script"));
    let county = county::county(VILLAGES.count());
    let units = import(teller, &county.csv, &mut door).await?;
    let place = |code: &str| -> anyhow::Result<(Place, String)> {
        let found = units.iter().find(|(place, _)| place.code.as_str() == code);
        found.cloned().with_context(|| format!("{code} was not formed"))
    };
    let term_ends = jiff::civil::date(2030, 12, 31);
    let (township, _) = place(&county.townships[0])?;
    let people = People::of_township(&township.unit, FIRST_DAY, term_ends, &mut door);
    for seat in people.seats() {
        teller.organisation(&township, Actor::System("set-up".into()), seat).await?;
    }
    let mut villages = Vec::new();
    for (number, code) in VILLAGES.zip(&county.villages) {
        villages.push(Village::new(
            place(code)?,
            (township.clone(), people.clone()),
            number,
            MONTHS,
            (FIRST_DAY, term_ends),
            Entropy::from_seed(door.bytes()),
        ));
    }
    for day in 0..days {
        let today = FIRST_DAY.saturating_add(jiff::Span::new().days(day));
        teller.until(Timestamp::start_of(today).plus_micros(8 * HOUR)).await?;
        for village in &mut villages {
            village.day(teller, day, today).await?;
        }
    }
    let last = FIRST_DAY.saturating_add(jiff::Span::new().days(days));
    teller.until(Timestamp::start_of(last)).await?;
    teller.heard_back().await
}
