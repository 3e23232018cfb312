//! The committer decides as the in-memory log of the kernel does: same outcomes, same states, for random histories.

use kernel::{Answer, Timestamp, Verdict, WorkCalendar, memory::Memory};

use crate::support::*;

on_both!(agrees_with_the_memory);

/// A small generator, so that a failure names its seed and can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn ask(&mut self) -> Ask {
        let account = format!("a{}", self.roll(6));
        let amount = i64::try_from(self.roll(50)).unwrap();
        match self.roll(10) {
            0 | 1 => Ask::Open {
                due: (self.roll(2) == 0).then(|| i64::try_from(self.roll(90)).unwrap() * SECOND),
                links: (self.roll(3) == 0).then(|| format!("a{}", self.roll(6))),
                closed: false,
                account,
            },
            2..=6 => Ask::Pay {
                invoice: (self.roll(2) == 0).then(|| format!("INV-{}", self.roll(40))),
                note: (self.roll(3) == 0).then(|| "说明".to_owned()),
                account,
                amount,
            },
            7 | 8 => Ask::Spend { account, amount: amount * 3 },
            _ => Ask::Huge { account },
        }
    }
}

/// An outcome without what differs by design: ids, logs, promises.
fn outline(result: &Result<Answer, Verdict>) -> String {
    match result {
        Ok(answer) => {
            let events: Vec<_> =
                answer.receipt().events.iter().map(|e| (e.fact.clone(), e.version)).collect();
            let first = matches!(answer, Answer::Accepted(_));
            format!("{first} {} {events:?}", answer.receipt().at)
        }
        Err(Verdict::Refused(refusal)) => format!("refused {}", refusal.code),
        Err(other) => format!("{other:?}"),
    }
}

async fn agrees_with_the_memory(db: Db) {
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let name = format!("model{seed}");
        let url = if db.is_postgres() { db.url.clone() } else { format!("{}{seed}", db.url) };
        let store = store::Store::open(&url, &name).await.unwrap();
        let clock = Hand::new();
        let handle = start(store, &clock, options(), 5);
        let mut memory = Memory::new(Accounts, WorkCalendar::default(), [5; 32]);
        let mut now = START;
        for n in 0..150 {
            now += i64::try_from(dice.roll(8)).unwrap() * SECOND;
            clock.set(now);
            let at = Timestamp::from_micros(now);
            if dice.roll(20) == 0 {
                memory.pass(at);
                handle.due(at).await.unwrap();
            }
            let body = dice.ask();
            if matches!(body, Ask::Huge { .. }) {
                // The memory keeps no limit of size.
                continue;
            }
            let mut ask = command(&format!("k{}", dice.roll(140)), body);
            if let (0, Ask::Pay { account: id, .. } | Ask::Spend { account: id, .. }) =
                (dice.roll(5), &ask.body)
            {
                ask.seen = Some((account(id), dice.roll(5)));
            }
            // What the memory leaves to the domain, the committer refuses itself.
            if let Ask::Pay { invoice, .. } = &mut ask.body {
                *invoice = None;
            }
            let expected = memory.execute(&ask, at);
            let found = handle.submit(ask.clone()).await;
            assert_eq!(outline(&found), outline(&expected), "seed {seed}, command {n}: {ask:?}");
        }
        for n in 0..6 {
            let stream = account(&format!("a{n}"));
            let (_, state) = handle.state(&stream).await.unwrap();
            assert_eq!(state.as_ref(), memory.state(&stream), "seed {seed}");
        }
        assert_eq!(audit(handle.store()).await.len(), memory.events().len());
        replay(handle.store()).await;
    }
}
