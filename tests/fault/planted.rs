//! Faults planted on purpose in what a run has left: the checker must see each of them, or it proves nothing.

use cunwu_checker::{Database, Effects, Line, Service, check};

/// What is spoiled in funds' database, one after the other.
const SPOILED: [(&str, &str); 8] = [
    (
        "an entry is dropped",
        "DELETE FROM core_entry WHERE (log, idx) IN (SELECT log, MAX(idx) FROM core_entry WHERE fact = 'payment-requested.v1' GROUP BY log)",
    ),
    (
        "an entry is repeated",
        "INSERT INTO core_entry (log, idx, bytes, leaf) SELECT log, (SELECT MAX(idx) + 1 FROM core_entry m WHERE m.log = e.log), bytes, leaf \
         FROM core_entry e WHERE fact = 'voucher-posted.v1' AND idx = (SELECT MAX(idx) FROM core_entry WHERE fact = 'voucher-posted.v1')",
    ),
    (
        "two entries change places",
        "UPDATE core_entry SET bytes = (SELECT o.bytes FROM core_entry o WHERE o.log = core_entry.log AND o.idx = CASE core_entry.idx WHEN 10 THEN 11 ELSE 10 END) \
         WHERE idx IN (10, 11) AND fact IS NOT NULL",
    ),
    (
        "a leaf is another's",
        "UPDATE core_entry SET leaf = (SELECT o.leaf FROM core_entry o WHERE o.log = core_entry.log AND o.idx = 13) WHERE idx = 12",
    ),
    ("the head is ahead of the log", "UPDATE core_log SET size = size + 1"),
    (
        "the first entry is another one",
        "UPDATE core_entry SET bytes = (SELECT o.bytes FROM core_entry o WHERE o.log = core_entry.log AND o.idx = 5) WHERE idx = 0 AND fact IS NOT NULL",
    ),
    ("a log begins at one", "DELETE FROM core_entry WHERE idx = 0"),
    (
        "the second half is gone",
        "DELETE FROM core_entry WHERE idx > (SELECT MAX(m.idx) / 2 FROM core_entry m WHERE m.log = core_entry.log)",
    ),
];

/// Spoils, checks, and says which were not seen.
pub async fn catch(
    services: &[Service],
    history: &[Line],
    effects: &Effects,
) -> anyhow::Result<(usize, Vec<String>)> {
    let funds: Vec<Service> = services.iter().filter(|one| one.name == "funds").cloned().collect();
    let mut missed = Vec::new();
    let history: Vec<Line> =
        history.iter().filter(|line| line.service == "funds").cloned().collect();
    let mut before = check(&funds, &history, effects).await?.violations;
    for (name, sql) in SPOILED {
        let database = Database::open(&funds[0].database, &funds[0].name).await?;
        let rows = database.run(sql).await?;
        anyhow::ensure!(rows > 0, "{name}: nothing was spoiled");
        let after = check(&funds, &history, effects).await?.violations;
        if after.iter().all(|one| before.contains(one)) {
            missed.push(name.to_owned());
        }
        before = after;
    }
    // A receipt for what never happened, and one command too few.
    let mut lies = history.clone();
    if let Some(line) =
        lies.iter_mut().find(|l| matches!(l.outcome, cunwu_checker::Outcome::Done(_)))
    {
        line.outcome = cunwu_checker::Outcome::Done(vec![("x".into(), "y".into(), 0)]);
    }
    let after = check(&funds, &lies, effects).await?.violations;
    if after.iter().all(|one| before.contains(one)) {
        missed.push("a receipt for what never happened".to_owned());
    }
    Ok((SPOILED.len() + 1, missed))
}
