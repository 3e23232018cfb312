//! The demo's county: a register of a fictional province with one county, imported as a real one is; its first day.

use anyhow::Context;
use kernel::{Date, Entropy, Level, Place};
use organisation::facts::divisions::{Plan, Register};

use super::{names, teller::Teller};

/// The first day of the history.
pub const FIRST_DAY: Date = jiff::civil::date(2026, 1, 5);

/// Villages in a township.
const IN_A_TOWNSHIP: usize = 12;

/// The register as CSV, and the codes of the villages that get a history.
pub struct County {
    /// `code,name,level`
    pub csv: String,
    /// Codes of the villages.
    pub villages: Vec<String>,
    /// Codes of their townships, a village each.
    pub townships: Vec<String>,
}

/// The county with so many villages.
pub fn county(villages: usize) -> County {
    let mut csv = String::from("code,name,level\n");
    let mut row =
        |code: &str, name: &str, level: &str| csv.push_str(&format!("{code},{name},{level}\n"));
    row("990000000000", "云岭省", "province");
    row("990100000000", "清江市", "prefecture");
    row("990121000000", "临川县", "county");
    let mut codes = Vec::new();
    let mut townships = Vec::new();
    let towns = ["云溪镇", "石门镇", "白沙乡", "长桥镇", "南坪乡", "古渡镇"];
    for number in 0..villages {
        let town = number / IN_A_TOWNSHIP;
        let township = format!("990121{:03}000", 100 + town);
        if number % IN_A_TOWNSHIP == 0 {
            let name =
                towns.get(town).map_or_else(|| format!("第{}乡", town + 1), |n| (*n).to_owned());
            row(&township, &name, "township");
            // A community and a purely statistical area, which are kept and have no history here.
            row(&format!("990121{:03}001", 100 + town), &format!("{}社区", &name[..6]), "village");
            row(
                &format!("990121{:03}498", 100 + town),
                &format!("{}工业园区", &name[..6]),
                "village",
            );
        }
        let code = format!("990121{:03}{}", 100 + town, 200 + number % IN_A_TOWNSHIP);
        row(&code, &names::village(number), "village");
        codes.push(code);
        townships.push(township);
    }
    County { csv, villages: codes, townships }
}

/// Imports the register as a user would, and gives each unit's place and name.
pub async fn import(
    teller: &mut Teller,
    csv: &str,
    door: &mut Entropy,
) -> anyhow::Result<Vec<(Place, String)>> {
    let register = Register::parse(csv.as_bytes())
        .map_err(|complaints| anyhow::anyhow!("{}", complaints.refusal()))?;
    let plan = Plan::against(&register, Vec::new(), FIRST_DAY, door);
    let find = |level: Level| plan.form.iter().find(|unit| unit.level == level);
    let province = find(Level::Province).context("no province")?;
    let county = find(Level::County).context("no county")?.unit.clone();
    let at_province =
        Place { unit: province.unit.clone(), code: province.code, keeper: province.unit.clone() };
    let units = plan
        .form
        .iter()
        .map(|unit| {
            let keeper = match unit.level {
                Level::Township | Level::Village | Level::County => county.clone(),
                _ => unit.unit.clone(),
            };
            (Place { unit: unit.unit.clone(), code: unit.code, keeper }, unit.name.clone())
        })
        .collect();
    teller.import(&at_province, plan.form).await?;
    Ok(units)
}

/// A 32-byte seed for one use.
pub fn seed(number: u64, usage: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::new().chain_update(number.to_be_bytes()).chain_update(usage).finalize().into()
}
