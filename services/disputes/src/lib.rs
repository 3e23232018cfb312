//! disputes (矛盾纠纷): how quarrels are found and settled. Its mechanisms are definitions alone; the Rust is `casework`'s.

mod front;

use std::sync::Arc;

use definitions::{Catalogue, Definitions, Finding};
use kernel::Text;

/// The definitions that the program brings along: file name and text.
pub const EMBEDDED: [(&str, &str); 3] = [
    ("screening.toml", include_str!("../definitions/screening.toml")),
    ("mediation.toml", include_str!("../definitions/mediation.toml")),
    ("petition.toml", include_str!("../definitions/petition.toml")),
];

/// The cases beside them: file name and text.
pub const CASES: &[(&str, &str)] = &[
    ("screening.cases.toml", include_str!("../definitions/screening.cases.toml")),
    ("mediation.cases.toml", include_str!("../definitions/mediation.cases.toml")),
    ("petition.cases.toml", include_str!("../definitions/petition.cases.toml")),
];

/// This service, as casework knows it.
#[derive(Debug, Clone, Copy)]
pub struct Disputes;

impl casework::Service for Disputes {
    const SERVICE: &'static str = "disputes";

    fn title() -> Text {
        Text::new("矛盾纠纷化解", "Disputes")
    }
}

/// The decisions of this service.
pub type Domain = casework::Casework<Disputes>;

/// What its definitions may name.
pub fn catalogue() -> Catalogue {
    casework::catalogue(<Disputes as casework::Service>::SERVICE)
}

/// The embedded definitions, checked.
///
/// # Errors
/// What the checker finds.
pub fn definitions() -> Result<Definitions, Vec<Finding>> {
    Definitions::check(&EMBEDDED, &catalogue())
}

/// The decisions under a checked set.
pub fn domain(definitions: Definitions) -> Domain {
    Domain::new(definitions, catalogue())
}

/// What is heard of organisation.
pub fn hears() -> impl host::Hears<Domain> {
    casework::FromOrganisation
}

/// What this service grants others: nothing. What is sealed here serves no other service's decision.
pub fn grants() -> Vec<host::Grant> {
    Vec::new()
}

/// The reader that keeps the desk's lists, under these definitions.
pub fn board(definitions: Arc<Definitions>) -> Arc<casework::Board> {
    casework::Board::new(<Disputes as casework::Service>::SERVICE, definitions)
}

/// The reader that keeps who holds which seat, for the desk; hears organisation.
pub fn directory() -> Arc<casework::Directory> {
    casework::Directory::new(<Disputes as casework::Service>::SERVICE)
}

/// Pages and API of the staff's desk, and the petitioners' own pages.
pub fn routes(parts: casework::Parts<Disputes>, around: desk::Surroundings) -> web::Routes<()> {
    let office = casework::CaseOffice::new(parts);
    let front = front::routes(office.clone(), around.clone());
    desk::Desk::new(office, around).routes().merge(front)
}
