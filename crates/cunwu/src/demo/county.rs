//! The demo's county: a register of a fictional province with one county, as a real one would be imported.

use super::names;

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
