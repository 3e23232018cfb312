//! Named guards and separations across mechanisms, one file each with its article.

pub mod separation;
