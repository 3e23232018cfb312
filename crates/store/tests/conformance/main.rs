//! The conformance suite: every test runs on SQLite and on PostgreSQL and cannot tell which.

#[path = "../support/mod.rs"]
mod support;

/// Makes a test of a function for each database.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Db::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Db::postgres()).await;
            })*
        }
    };
}

mod commands;
mod deadlines;
mod faults;
mod model;
mod processes;
mod readers;
mod sealing;
