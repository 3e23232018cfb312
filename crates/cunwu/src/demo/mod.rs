//! `cunwu demo`: a fictional county with a deterministic history, made through the same commands as a user's.
//!
//! The same seed, number of villages and months give the same open logs, root for root: the clock is moved by hand, and
//! ids and salts come from the seed. All people, firms and sums are made up; every page says so.

mod consult;
mod county;
mod decide;
mod join;
mod money;
mod names;
mod people;
mod plan;
mod quarrel;
mod talk;
mod teller;
mod village;
mod warned;
mod window;

use std::sync::Arc;

use anyhow::Context;
use host::clock::DemoClock;
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Actor, Entropy, Place, Timestamp};
use organisation::Ask;

pub use self::county::{FIRST_DAY, seed};
use self::{county::import, people::People, teller::Teller, village::Village};
use crate::house::{House, adopt_these};

/// Villages are a minute apart on each day, from eight in the morning on.
const MORNING: i64 = 8 * 3_600_000_000;
const MINUTE: i64 = 60_000_000;

/// How large the demo is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub villages: u16,
    pub months: u16,
    pub seed: u64,
}

/// Writes the history. The clock ends on the last day's evening.
///
/// # Errors
/// When a command is refused: a fault in the script.
pub async fn write(
    house: &House,
    clock: Arc<DemoClock>,
    size: Size,
    quiet: bool,
) -> anyhow::Result<History> {
    let mut door = Entropy::from_seed(seed(size.seed, "script"));
    let mut teller = Teller {
        organisation: house.organisation()?,
        funds: house.funds()?,
        funds_hears: house.funds_hears()?,
        funds_reacts: house.funds_reacts()?,
        organisation_reacts: house.organisation_reacts()?,
        services: house.services_hear()?,
        disputes: house.disputes_hear()?,
        clock,
        commands: 0,
    };
    let county = county::county(usize::from(size.villages));
    let units = import(&mut teller, &county.csv, &mut door).await?;
    let place = |code: &str| {
        units
            .iter()
            .find(|(place, _)| place.code.as_str() == code)
            .with_context(|| format!("{code} was not formed"))
    };
    let (province, _) = place("990000000000")?;
    adopt_these(&teller.organisation, province, "demo", house.rules.adoptable()).await?;

    let term_ends = jiff::civil::date(2030, 12, 31);
    let mut townships: Vec<(String, Place, People)> = Vec::new();
    let mut villages = Vec::new();
    for (number, (code, town)) in county.villages.iter().zip(&county.townships).enumerate() {
        if townships.last().is_none_or(|(last, ..)| last != town) {
            let (place, _) = place(town)?;
            let people = People::of_township(&place.unit, FIRST_DAY, term_ends, &mut door);
            for seat in people.seats() {
                teller.organisation(place, Actor::System("set-up".into()), seat).await?;
            }
            townships.push((town.clone(), place.clone(), people));
        }
        let (here, name) = place(code)?;
        let Some((_, above, township)) = townships.last() else { continue };
        villages.push(Village::new(
            (here.clone(), name.clone()),
            (above.clone(), township.clone()),
            number,
            u8::try_from(size.months)?,
            (FIRST_DAY, term_ends),
            Entropy::from_seed(door.bytes()),
        ));
    }
    play(&mut teller, &mut villages, size, quiet).await?;
    let accounts = match villages.first() {
        Some(first) => accounts(&mut teller, first, &mut door).await?,
        None => Vec::new(),
    };
    let petition = villages.iter().find_map(|village| {
        let code = village.query_code.as_deref()?;
        Some((village.name.clone(), casework::own::show_code(code)))
    });
    Ok(History { commands: teller.commands, accounts, petition })
}

/// What was written.
pub struct History {
    /// Commands submitted.
    pub commands: u64,
    /// Whom a visitor may play.
    pub accounts: Vec<Account>,
    /// A village about which somebody wrote to the level above, and the code with which the writer asks.
    pub petition: Option<(String, String)>,
}

/// An account of somebody in the first village, for visitors to play.
pub struct Account {
    /// Log-in name.
    pub login: &'static str,
    /// The account's id.
    pub account: String,
    /// Post and name.
    pub title: String,
}

/// Log-in names and posts.
const ACCOUNTS: [(&str, &str, &str); 12] = [
    ("shuji", "party-secretary", "村党组织书记"),
    ("zhuren", "village-director", "村委会主任"),
    ("lishizhang", "legal-representative", "理事长（法定代表人）"),
    ("baozhang", "bookkeeper", "报账员"),
    ("chuna", "cashier", "出纳"),
    ("jianwei", "supervision-chair", "监委会主任"),
    ("tiaojie", "mediation-chair", "调解委员会主任"),
    ("daibiao", "representative", "村民代表"),
    ("chuangkou", "window-clerk", "窗口工作人员"),
    ("daili", "agency-accountant", "代理会计"),
    ("zhenganbu", "township-officer", "乡镇干部"),
    ("xinfang", "petition-officer", "乡镇信访工作人员"),
];

/// Opens accounts for officials of the first village and its township.
async fn accounts(
    teller: &mut Teller,
    village: &Village,
    door: &mut Entropy,
) -> anyhow::Result<Vec<Account>> {
    use organisation::facts::account::{AccountAsk, AskAccount, Owner};
    let mut accounts = Vec::new();
    for (login, post, title) in ACCOUNTS {
        let official = village.official(post)?;
        let account = door.opaque();
        let ask = AccountAsk::Open { owner: Owner::Holder(official.holder.clone()), person: None };
        let body = Ask::Account(AskAccount { account: account.clone(), ask });
        teller.organisation(&village.place, Actor::System("set-up".into()), body).await?;
        accounts.push(Account { login, account, title: format!("{title} {}", official.name) });
    }
    Ok(accounts)
}

/// Day after day, village after village.
async fn play(
    teller: &mut Teller,
    villages: &mut [Village],
    size: Size,
    quiet: bool,
) -> anyhow::Result<()> {
    // The last month is closed and published in the first week of the next.
    let days = i64::from(size.months) * 31 + 12;
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(u64::try_from(days)?) };
    bar.set_style(ProgressStyle::with_template("{msg:<28} {wide_bar} {pos:>3}/{len} days")?);
    for day in 0..days {
        let today = FIRST_DAY.saturating_add(jiff::Span::new().days(day));
        bar.set_message(format!("A county's history: {today}"));
        let morning = Timestamp::start_of(today).plus_micros(MORNING);
        teller.until(morning).await?;
        for (number, village) in villages.iter_mut().enumerate() {
            teller.clock.set(morning.plus_micros(MINUTE * i64::try_from(number)?));
            village.day(teller, day, today).await?;
        }
        bar.inc(1);
    }
    let last = FIRST_DAY.saturating_add(jiff::Span::new().days(days - 1));
    teller.until(Timestamp::start_of(last).plus_micros(20 * 3_600_000_000)).await?;
    teller.funds_hears.catch_up().await?;
    teller.heard_back().await?;
    if let Some(village) = villages.first() {
        teller.watched(&village.place.unit, "").await?;
    }
    bar.finish_and_clear();
    Ok(())
}
