//! What is built in: the catalogue and the definition files of each service.

use definitions::Catalogue;

/// The services with their catalogues.
pub fn catalogues() -> Vec<(&'static str, Catalogue)> {
    vec![
        ("organisation", organisation::catalogue::catalogue()),
        ("funds", funds_oversight::catalogue()),
        ("services", services::catalogue()),
        ("disputes", disputes::catalogue()),
    ]
}

/// The definition files of a service: name and text.
pub fn files(service: &str) -> Vec<(&'static str, &'static str)> {
    match service {
        "organisation" => organisation::catalogue::DEFINITIONS.to_vec(),
        "funds" => funds_oversight::funds::EMBEDDED.to_vec(),
        "services" => services::EMBEDDED.to_vec(),
        "disputes" => disputes::EMBEDDED.to_vec(),
        _ => Vec::new(),
    }
}
