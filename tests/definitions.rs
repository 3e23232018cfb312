//! Definitions of others: what `docs/definitions.md` teaches is sound, loads, is adopted and works over HTTP, without a line
//! of Rust; what is broken is refused with line and remedy.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

#[path = "definitions/broken.rs"]
mod broken;
#[path = "definitions/page.rs"]
mod page;
#[path = "definitions/running.rs"]
mod running;
#[path = "definitions/visitor.rs"]
mod visitor;

use std::path::PathBuf;

/// The folder of examples.
fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/examples")
}

fn example(name: &str) -> String {
    std::fs::read_to_string(examples().join(name)).unwrap()
}
