//! Real processes: one is stopped while it holds the head, one is killed while it writes.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use kernel::{Answer, Verdict};
use tokio::time::Instant;

use crate::support::*;

on_both!(
    a_process_stopped_at_the_head_does_not_stop_the_rest_for_good,
    a_killed_process_loses_nothing_it_acknowledged,
);

/// How long the process is stopped: far longer than every limit (2 s).
fn stopped_for(db: &Db) -> Duration {
    Duration::from_secs(if db.is_postgres() { 30 } else { 8 })
}

/// Runs as the other process: this test program started again, with its task in the environment.
#[tokio::test]
async fn other_process() {
    let Ok(url) = std::env::var("CUNWU_OTHER_PROCESS") else { return };
    let hold: u64 = std::env::var("CUNWU_HOLD_MS").unwrap().parse().unwrap();
    if url.starts_with("postgres") {
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let options = options();
    options.faults.hold(Duration::from_millis(hold));
    let store = store::Store::open(&url, "accounts").await.unwrap();
    let handle = start(store, &Hand::new(), options, 200);
    for n in 0..100_000 {
        println!("ask {n}");
        loop {
            match handle.submit(command(&format!("other{n}"), pay("a", 1))).await {
                Ok(_) => break,
                Err(Verdict::Unavailable(_) | Verdict::Unknown) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(other) => panic!("{other}"),
            }
        }
        println!("ack {n}");
    }
}

struct Other {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Other {
    fn start(db: &Db, hold: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["processes::other_process", "--exact", "--nocapture"])
            .env("CUNWU_OTHER_PROCESS", &db.url)
            .env("CUNWU_HOLD_MS", hold.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).for_each(|line| {
                let _ = sender.send(line);
            });
        });
        Self { child, lines }
    }

    fn wait_for(&self, wanted: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            match self.lines.recv_timeout(Duration::from_secs(1)) {
                Ok(line) if line.ends_with(wanted) => return,
                _ => {}
            }
        }
        panic!("the other process never said `{wanted}`");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn a_process_stopped_at_the_head_does_not_stop_the_rest_for_good(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    // It holds the head for a second before each COMMIT; it is stopped in that second.
    let other = Other::start(&db, 1000);
    other.wait_for("ask 0");
    tokio::time::sleep(Duration::from_millis(500)).await;
    other.signal("-STOP");
    let stopped = Instant::now();
    let mut refused = 0;
    let mut done = None;
    while stopped.elapsed() < stopped_for(&db) {
        match handle.submit(command("mine", pay("a", 100))).await {
            Ok(answer) => {
                done.get_or_insert((answer, stopped.elapsed()));
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(Verdict::Unavailable(_)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    if db.is_postgres() {
        // The database ends the stopped session: the rest goes on before it wakes.
        assert!(done.is_some(), "refused {refused} times");
    } else {
        // A file's lock cannot be taken away: refused in time, nothing half done.
        assert!(done.is_none() && refused > 0);
    }
    other.signal("-CONT");
    other.wait_for("ack 0");
    other.wait_for("ack 1");
    drop(other);
    let answer = loop {
        match handle.submit(command("mine", pay("a", 100))).await {
            Err(Verdict::Unavailable(_)) => {}
            other => break other.unwrap(),
        }
    };
    assert_eq!(answer.receipt().events.len(), 1);
    for n in 0..2 {
        let again = handle.submit(command(&format!("other{n}"), pay("a", 1))).await.unwrap();
        assert!(matches!(again, Answer::AlreadyDone(_)), "{n} was acknowledged");
    }
    replay(handle.store()).await;
}

async fn a_killed_process_loses_nothing_it_acknowledged(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let mut next = 0;
    for round in 0..4_u64 {
        let other = Other::start(&db, 0);
        other.wait_for(&format!("ack {next}"));
        tokio::time::sleep(Duration::from_millis(60 + 37 * round)).await;
        other.signal("-KILL");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let acknowledged = other
            .lines
            .try_iter()
            .filter_map(|line| line.rsplit_once("ack ").and_then(|(_, n)| n.parse::<u64>().ok()))
            .max()
            .unwrap_or(next);
        drop(other);
        for n in 0..=acknowledged {
            let again = handle.submit(command(&format!("other{n}"), pay("a", 1))).await.unwrap();
            assert!(matches!(again, Answer::AlreadyDone(_)), "{n} was acknowledged");
        }
        next = acknowledged + 1;
    }
    replay(handle.store()).await;
}
