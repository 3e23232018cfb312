//! The indicators of appraisal (考核指标) that the program brings along, one of each of the five dimensions: adopted on record,
//! computed from public events by whoever shows them.

/// File name and text.
pub const EMBEDDED: [(&str, &str); 5] = [
    ("decisions-posted.toml", include_str!("../definitions/indicators/decisions-posted.toml")),
    (
        "income-carries-running.toml",
        include_str!("../definitions/indicators/income-carries-running.toml"),
    ),
    ("screenings-in-time.toml", include_str!("../definitions/indicators/screenings-in-time.toml")),
    (
        "spent-on-surroundings.toml",
        include_str!("../definitions/indicators/spent-on-surroundings.toml"),
    ),
    ("people-answered.toml", include_str!("../definitions/indicators/people-answered.toml")),
];

/// The files of cases beside them.
pub const CASES: [(&str, &str); 5] = [
    (
        "decisions-posted.cases.toml",
        include_str!("../definitions/indicators/decisions-posted.cases.toml"),
    ),
    (
        "income-carries-running.cases.toml",
        include_str!("../definitions/indicators/income-carries-running.cases.toml"),
    ),
    (
        "screenings-in-time.cases.toml",
        include_str!("../definitions/indicators/screenings-in-time.cases.toml"),
    ),
    (
        "spent-on-surroundings.cases.toml",
        include_str!("../definitions/indicators/spent-on-surroundings.cases.toml"),
    ),
    (
        "people-answered.cases.toml",
        include_str!("../definitions/indicators/people-answered.cases.toml"),
    ),
];
