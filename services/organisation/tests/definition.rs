//! The embedded definition passes every check against the catalogue, and agrees with the core's table of matters.

use organisation::catalogue::{DEFINITIONS, catalogue};

#[test]
fn the_embedded_definitions_pass_every_check() {
    let found = definitions::Definitions::check(DEFINITIONS, &catalogue());
    if let Err(findings) = &found {
        for finding in findings {
            eprintln!("{finding}");
        }
    }
    assert!(found.is_ok());
}
