//! What is built in: the services with their catalogues, definition files and the cases beside them.

use definitions::{Catalogue, WatchCatalogue, formula::Unit};

/// A service that runs definitions.
pub struct Room {
    /// Its name in types, databases and addresses.
    pub service: &'static str,
    /// Its name in definition files.
    pub named: &'static str,
    /// Whether others bind the events of its core too; where not, they declare all of theirs.
    pub lends_its_core: bool,
    /// What its definitions may name.
    pub catalogue: Catalogue,
    /// The definition files that the program brings along: name and text.
    pub files: Vec<(&'static str, &'static str)>,
    /// The files of cases beside them, and beside the watches.
    pub cases: Vec<(&'static str, &'static str)>,
    /// What its watches may look at.
    pub watched: WatchCatalogue,
    /// The watches that the program brings along.
    pub watches: Vec<(&'static str, &'static str)>,
    /// Figures of its books that reports and indicators may name.
    pub figures: Vec<(String, Unit)>,
    /// The reports and indicators that the program brings along.
    pub shown: Vec<(&'static str, &'static str)>,
}

/// All of them.
pub fn rooms() -> Vec<Room> {
    vec![
        Room {
            service: "organisation",
            named: "organisation",
            lends_its_core: true,
            catalogue: organisation::catalogue::catalogue(),
            files: organisation::catalogue::DEFINITIONS.to_vec(),
            cases: [organisation::catalogue::CASES, &organisation::indicators::CASES].concat(),
            watched: organisation::catalogue::watch_catalogue(),
            watches: organisation::catalogue::WATCHES.to_vec(),
            figures: Vec::new(),
            shown: organisation::indicators::EMBEDDED.to_vec(),
        },
        Room {
            service: "funds",
            named: "funds-oversight",
            lends_its_core: false,
            catalogue: funds_oversight::catalogue(),
            files: funds_oversight::funds::EMBEDDED.to_vec(),
            cases: [
                funds_oversight::funds::CASES,
                funds_oversight::watching::WATCH_CASES,
                &funds_oversight::reports::REPORT_CASES,
            ]
            .concat(),
            watched: funds_oversight::watching::watch_catalogue(),
            watches: funds_oversight::watching::EMBEDDED.to_vec(),
            figures: funds_oversight::reports::figures(),
            shown: funds_oversight::reports::EMBEDDED.to_vec(),
        },
        Room {
            service: "services",
            named: "services",
            lends_its_core: true,
            catalogue: services::catalogue(),
            files: services::EMBEDDED.to_vec(),
            cases: services::CASES.to_vec(),
            watched: WatchCatalogue::default(),
            watches: Vec::new(),
            figures: Vec::new(),
            shown: Vec::new(),
        },
        Room {
            service: "disputes",
            named: "disputes",
            lends_its_core: true,
            catalogue: disputes::catalogue(),
            files: disputes::EMBEDDED.to_vec(),
            cases: disputes::CASES.to_vec(),
            watched: WatchCatalogue::default(),
            watches: Vec::new(),
            figures: Vec::new(),
            shown: Vec::new(),
        },
    ]
}
