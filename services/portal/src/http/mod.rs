//! pages
use std::sync::Arc;
use axum::Router;
/// Router.
pub fn router(_portal: Arc<crate::Portal>) -> Router { Router::new() }
