//! The story that is told to a deployment: the demo's villages, day by day, with a teller of our own.

#[path = "../../crates/cunwu/src/demo/county.rs"]
pub mod county;
#[path = "../../crates/cunwu/src/demo/decide.rs"]
mod decide;
#[path = "../../crates/cunwu/src/demo/money.rs"]
mod money;
#[path = "../../crates/cunwu/src/demo/names.rs"]
mod names;
#[path = "../../crates/cunwu/src/demo/people.rs"]
pub mod people;
#[path = "../../crates/cunwu/src/demo/plan.rs"]
mod plan;
#[path = "../../crates/cunwu/src/demo/talk.rs"]
mod talk;
#[path = "../../crates/cunwu/src/demo/village.rs"]
pub mod village;

use crate::teller;

use std::time::Duration;

use anyhow::Context;
use kernel::{Actor, Entropy, Place, Timestamp};
use tokio::time::Instant;

pub use self::county::{FIRST_DAY, seed};
use self::{county::import, people::People, village::Village};
use crate::house;
use teller::Teller;

const HOUR: i64 = 3_600_000_000;
const MONTHS: u8 = 2;
const VILLAGES: usize = 2;

/// Tells the whole story: a county is imported, villages set up, two decisions each taken from proposal to display,
/// budgets adopted, bills paid by three persons, months closed and published, a question raised and answered.
pub async fn tell(teller: &mut Teller) -> anyhow::Result<()> {
    let mut door = Entropy::from_seed(seed(11, "script"));
    let county = county::county(VILLAGES);
    let units = import(teller, &county.csv, &mut door).await?;
    let place = |code: &str| {
        let found = units.iter().find(|(place, _)| place.code.as_str() == code);
        found.cloned().with_context(|| format!("{code} was not formed"))
    };
    adopt(teller, place("990000000000")?.0).await?;
    let term_ends = jiff::civil::date(2030, 12, 31);
    let (township, _) = place(&county.townships[0])?;
    let people = People::of_township(&township.unit, FIRST_DAY, term_ends, &mut door);
    for seat in people.seats() {
        teller.organisation(&township, Actor::System("set-up".into()), seat).await?;
    }
    let mut villages = Vec::new();
    for (number, code) in county.villages.iter().enumerate() {
        villages.push(Village::new(
            place(code)?,
            people.clone(),
            number,
            MONTHS,
            (FIRST_DAY, term_ends),
            Entropy::from_seed(door.bytes()),
        ));
    }
    for day in 0..i64::from(MONTHS) * 31 + 12 {
        let today = FIRST_DAY.saturating_add(jiff::Span::new().days(day));
        let morning = Timestamp::start_of(today).plus_micros(8 * HOUR);
        teller.until(morning).await?;
        for (number, village) in villages.iter_mut().enumerate() {
            teller.deployment.clock.set(morning.plus_micros(HOUR * i64::try_from(number)?));
            village.day(teller, day, today).await?;
        }
        teller.until(morning.plus_micros(14 * HOUR)).await?;
    }
    teller.heard_back().await
}

/// The definitions are adopted as at a first start, again until it is done.
async fn adopt(teller: &Teller, province: Place) -> anyhow::Result<()> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let province = province.clone();
        let node = &teller.deployment.organisation;
        let adopted =
            node.ask(|host| async move { house::adopt(&host, &province, "slice").await }).await;
        if let Some(Ok(_)) = adopted {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < until, "adopting: {adopted:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
