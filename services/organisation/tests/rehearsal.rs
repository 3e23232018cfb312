//! The one harness over every definition of this service: each step by each role, each accepted step twice, each deadline.

mod village;

use definitions::cases::parse_cases;
use engines::rehearsal::rehearse;
use organisation::catalogue::{CASES, DEFINITIONS, catalogue};
use village::{embedded, host::Host, own::Own};

#[test]
fn every_definition_is_rehearsed() {
    let set = embedded();
    let posts = catalogue().posts;
    for definition in set.iter() {
        let beside = definition.file.replace(".toml", ".cases.toml");
        let (file, text) = CASES.iter().find(|(file, _)| *file == beside).expect("cases beside it");
        let cases = parse_cases(file, text).unwrap();
        // What the core follows itself is a proposal; all else is a case.
        let rehearsal = if definition.stream == "proposal" {
            rehearse(definition, &cases, &posts, &mut Host::new(set.clone()))
        } else {
            rehearse(definition, &cases, &posts, &mut Own::new(set.clone()))
        };
        let told =
            |f: &engines::cases::Failure| format!("{}: {}\n    {}\n", f.line, f.case, f.what);
        let failures: String = rehearsal.failures.iter().map(told).collect();
        assert!(failures.is_empty(), "{file}\n{failures}");
        assert!(rehearsal.accepted > 0, "{file}: nothing was accepted");
    }
    assert_eq!(set.iter().count(), DEFINITIONS.len());
}
