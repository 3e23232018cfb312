//! HTTP conventions of all services: problems, keys, versions, paging, routes, middleware, health, telemetry. Knows no
//! service, no database and no policy; who may do what is asked elsewhere, the registry of routes only tells it.

pub mod at_least;
pub mod catalogue;
pub mod etag;
pub mod extract;
pub mod health;
pub mod idempotency;
pub mod language;
pub mod metrics;
pub mod middleware;
pub mod openapi;
pub mod paging;
pub mod problem;
pub mod routes;
pub mod serve;
pub mod telemetry;

pub use at_least::AtLeast;
pub use etag::{IfMatch, RequiredIfMatch, etag, not_modified};
pub use extract::{Form, Json, Path, Query};
pub use health::Health;
pub use idempotency::IdempotencyKey;
pub use language::Language;
pub use metrics::Metrics;
pub use middleware::Conventions;
pub use openapi::openapi;
pub use paging::{Cursor, Paging};
pub use problem::{FieldError, Problem};
pub use routes::{Media, RouteInfo, Routes, Site};
pub use serve::serve;
