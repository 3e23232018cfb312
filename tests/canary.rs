//! Canaries: personal data planted in a county's sealed parts is found in no log, tile, stream, foreign table, page, metric,
//! trace or free page of a disk, in any spelling; and no id of a closed log in an open one. Before and after an erasure.
#![allow(clippy::disallowed_methods, reason = "tests run on the machine's clock")]

#[allow(
    dead_code,
    unused_imports,
    reason = "the program's own wiring; the test needs a part of it"
)]
#[path = "../crates/cunwu/src/house/mod.rs"]
mod house;

#[path = "canary/deployment.rs"]
mod deployment;
#[path = "canary/planted.rs"]
mod planted;
#[path = "canary/rooms.rs"]
mod rooms;
#[path = "canary/search.rs"]
mod search;

use std::{collections::BTreeSet, path::PathBuf};

use cunwu_tests::Demo;
use deployment::Deployment;
use host::{Asker, Owner, Wanted};
use planted::{DECLARER, PARTY, PURPOSE, RELATIVE, control, planted};
use rooms::{Rooms, ciphertexts, parts, plant};
use sealed::SealedError;
use search::{at_rest, closed_ids, in_bytes, leaks, open_logs};

#[tokio::test]
async fn what_is_planted_is_found_nowhere_before_and_after_its_erasure() {
    let copied = Demo::of(1, 1, 1).copy();
    let data: PathBuf = copied.data();
    let mut planted = planted();
    let rooms = Rooms::open(&copied).await;
    let payment = plant(&rooms).await;
    planted.extend(ciphertexts(&rooms).await);
    let ids = closed_ids(&rooms).await;
    assert!(
        ids.len() > 80
            && [DECLARER, RELATIVE, "canary-mediation"].iter().all(|id| ids.contains(*id)),
        "{} ids",
        ids.len()
    );
    rooms.close().await;

    let mut deployment = Deployment::start(&copied);
    deployment.settle(&data).await;
    let public = deployment.public(&payment).await;
    assert!(public.len() > 100, "{} pages and files", public.len());
    let mut found = Vec::new();
    for (url, body) in &public {
        found.extend(in_bytes(url, body, &planted, true));
        found.extend(leaks(&ids, body).iter().map(|id| format!("{id} of a closed log at {url}")));
    }
    deployment.stop();
    found.extend(in_bytes("traces", deployment.logs().as_bytes(), &planted, false));
    found.extend(at_rest(&data, &deployment.nats.store(), &planted, &ids).await);
    assert!(found.is_empty(), "before:\n{}", found.join("\n"));

    // The search does find: what is public is where it may be, and an id put into an open log is noticed.
    let control = control();
    assert!(
        public
            .iter()
            .any(|(url, body)| url.contains("/logs/") && !control.in_bytes(body).is_empty())
    );
    assert!(!control.in_bytes(&open_logs(&data).await).is_empty());
    let files: BTreeSet<String> = control
        .in_folder(&data)
        .unwrap()
        .iter()
        .map(|hit| hit.file.file_name().unwrap().to_string_lossy().replace("-wal", ""))
        .collect();
    assert!(files.contains("funds.sqlite") && files.contains("portal.sqlite"), "{files:?}");
    for one in planted.iter().filter(|one| !one.files.is_empty()) {
        let copies = one.canary.in_folder(&data).unwrap();
        assert!(!copies.is_empty(), "{}: funds-oversight has heard it", one.what);
    }
    let spoiled = [open_logs(&data).await, format!("\"{RELATIVE}\"").into_bytes()].concat();
    assert_eq!(leaks(&ids, &spoiled), [RELATIVE]);
    assert!(deployment.logs().len() > 1000, "the processes have said something");
    let shown = public.iter().find(|(url, _)| {
        url.ends_with(&format!("/payments/{payment}")) && url.starts_with(deployment.portal())
    });
    let shown = String::from_utf8_lossy(&shown.unwrap().1).into_owned();
    assert!(shown.contains(PURPOSE), "what anyone may read is shown, by asking the owner");

    // The owner opens to whom it was granted, until it is erased; then to nobody.
    let rooms = Rooms::open(&copied).await;
    let payee = "SELECT log, idx, field, subject FROM core_part WHERE field = 'payee'";
    let payee = parts(&rooms.funds.host.store, payee).await;
    assert_eq!(payee.len(), 1);
    let owner = rooms.funds.host.owner.clone();
    let (wanted, subject) = &payee[0];
    let opened = owner.open(&Asker::Anyone, std::slice::from_ref(wanted)).await.unwrap();
    assert_eq!(opened, [None], "a payee is opened for nobody without a grant");
    let opener = sealed::Opener { actor: "system/test".into(), reason: "test".into() };
    let closed =
        "SELECT log, idx, field, subject FROM core_part WHERE field = '' ORDER BY log, idx";
    let closed = parts(&rooms.organisation.host.store, closed).await;
    let asked: Vec<Wanted> = closed.iter().map(|(wanted, _)| wanted.clone()).collect();
    let organisation = rooms.organisation.host.owner.clone();
    let by_funds = Asker::Service("funds".to_owned());
    let holds = |opened: &[Option<host::Opened>], id: &str| {
        opened.iter().flatten().filter(|one| one.value.contains(id)).count()
    };
    let opened = organisation.open(&by_funds, &asked).await.unwrap();
    assert!(holds(&opened, RELATIVE) > 0 && holds(&opened, DECLARER) > 0, "granted to funds");
    let others = organisation.open(&Asker::Anyone, &asked).await.unwrap();
    assert_eq!(holds(&others, "") + others.iter().flatten().count(), 0, "granted to nobody else");
    let others = organisation.open(&Asker::Service("portal".to_owned()), &asked).await.unwrap();
    assert_eq!(others.iter().flatten().count(), 0);

    // Papers of payments are kept by law: the erasure is refused with the article, then ordered.
    let now = rooms.funds.host.committer.now();
    let refused = rooms.funds.vault.erase(subject, now).await;
    assert!(matches!(refused, Err(SealedError::Retained { .. })), "{refused:?}");
    assert!(rooms.funds.vault.erase_now(subject).await.unwrap() > 0);
    let subjects: BTreeSet<&String> = closed
        .iter()
        .zip(&opened)
        .filter(|(_, opened)| {
            opened
                .as_ref()
                .is_some_and(|o| o.value.contains(RELATIVE) || o.value.contains(DECLARER))
        })
        .map(|((_, subject), _)| subject)
        .collect();
    for subject in &subjects {
        assert!(rooms.organisation.vault.erase_now(subject).await.unwrap() > 0, "{subject}");
    }
    let opened = organisation.open(&by_funds, &asked).await.unwrap();
    assert_eq!(holds(&opened, RELATIVE) + holds(&opened, DECLARER), 0, "erased");
    let after =
        rooms.funds.vault.open_part(&wanted.log, wanted.index, &wanted.field, &opener).await;
    assert!(matches!(after, Ok(None)), "{after:?}");
    erase_cases(&rooms).await;
    rooms.close().await;
    let found = at_rest(&data, &deployment.nats.store(), &planted, &ids).await;
    assert!(found.is_empty(), "after:\n{}", found.join("\n"));
}

/// Of the closed cases nothing is opened for another service, and after their erasure for nobody.
async fn erase_cases(rooms: &Rooms) {
    let sql = "SELECT log, idx, field, subject FROM core_part WHERE field = '' ORDER BY log, idx";
    let sealed = parts(&rooms.disputes.host.store, sql).await;
    let asked: Vec<Wanted> = sealed.iter().map(|(wanted, _)| wanted.clone()).collect();
    for asker in [Asker::Anyone, Asker::Service("funds".to_owned())] {
        let opened = rooms.disputes.host.owner.open(&asker, &asked).await.unwrap();
        assert_eq!(opened.iter().flatten().count(), 0, "{asker:?}");
    }
    let mine = |wanted: &Wanted| {
        let at = (wanted.log.clone(), wanted.index);
        async move { rooms.disputes.host.committer.closed_event(&at.0, at.1).await.unwrap() }
    };
    let mut said = 0;
    for wanted in &asked {
        let event = mine(wanted).await;
        said += usize::from(
            event.is_some_and(|event| serde_json::to_string(&event.data).unwrap().contains(PARTY)),
        );
    }
    assert_eq!(said, 1, "the owner's committer opens what it has to decide on");
    let subjects: BTreeSet<&String> = sealed.iter().map(|(_, subject)| subject).collect();
    assert!(subjects.iter().any(|subject| subject.ends_with(":applicant")), "{subjects:?}");
    for subject in subjects {
        assert!(rooms.disputes.vault.erase_now(subject).await.unwrap() > 0, "{subject}");
    }
    for wanted in &asked {
        assert!(mine(wanted).await.is_none(), "{wanted:?} is erased");
    }
}
