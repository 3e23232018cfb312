//! Pages and API of organisation beyond its procedures. Knows no decision: each handler asks `staff`.

use std::sync::Arc;

use web::Routes;

use crate::staff::Service;

/// Every route but those of the desk.
pub fn routes(service: Arc<Service>) -> Routes {
    let _ = service;
    Routes::new()
}
