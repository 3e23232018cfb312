//! services (便民服务): what residents are served with. Its mechanisms are definitions alone; the Rust is `casework`'s.

use std::sync::Arc;

use definitions::{Catalogue, Definitions, Finding};
use kernel::Text;

/// The definitions that the program brings along: file name and text.
pub const EMBEDDED: [(&str, &str); 7] = [
    ("notice.toml", include_str!("../definitions/notice.toml")),
    ("one-stop.toml", include_str!("../definitions/one-stop.toml")),
    ("points-household.toml", include_str!("../definitions/points-household.toml")),
    ("points-year.toml", include_str!("../definitions/points-year.toml")),
    ("points.toml", include_str!("../definitions/points.toml")),
    ("points-goods.toml", include_str!("../definitions/points-goods.toml")),
    ("cost-proposal.toml", include_str!("../definitions/cost-proposal.toml")),
];

/// The cases beside them: file name and text.
pub const CASES: &[(&str, &str)] = &[
    ("notice.cases.toml", include_str!("../definitions/notice.cases.toml")),
    ("one-stop.cases.toml", include_str!("../definitions/one-stop.cases.toml")),
    ("points-household.cases.toml", include_str!("../definitions/points-household.cases.toml")),
    ("points-year.cases.toml", include_str!("../definitions/points-year.cases.toml")),
    ("points.cases.toml", include_str!("../definitions/points.cases.toml")),
    ("points-goods.cases.toml", include_str!("../definitions/points-goods.cases.toml")),
    ("cost-proposal.cases.toml", include_str!("../definitions/cost-proposal.cases.toml")),
];

/// This service, as casework knows it.
#[derive(Debug, Clone, Copy)]
pub struct Services;

impl casework::Service for Services {
    const SERVICE: &'static str = "services";

    fn title() -> Text {
        Text::new("便民服务", "Services for residents")
    }
}

/// The decisions of this service.
pub type Domain = casework::Casework<Services>;

/// What its definitions may name.
pub fn catalogue() -> Catalogue {
    casework::catalogue(<Services as casework::Service>::SERVICE)
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

/// What this service grants others: nothing of it is needed for their decisions.
pub fn grants() -> Vec<host::Grant> {
    Vec::new()
}

/// The reader that keeps the desk's lists, under these definitions.
pub fn board(definitions: Arc<Definitions>) -> Arc<casework::Board> {
    casework::Board::new(<Services as casework::Service>::SERVICE, definitions)
}

/// The reader that keeps who holds which seat, for the desk; hears organisation.
pub fn directory() -> Arc<casework::Directory> {
    casework::Directory::new(<Services as casework::Service>::SERVICE)
}

/// Pages and API of the staff's desk.
pub fn routes(parts: casework::Parts<Services>, around: desk::Surroundings) -> web::Routes<()> {
    desk::Desk::new(casework::CaseOffice::new(parts), around).routes()
}
