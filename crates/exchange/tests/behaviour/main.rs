//! One behaviour suite for both carriers: delay, repeat, hole and kill are injected in both, bytes are compared.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

mod ends;

use std::{sync::Arc, time::Duration};

use ends::{FaultyFeed, Owner, Reader, generator};
use exchange::{Connection, Feed, Follow, LocalFeed, NatsFeed, Relay, follow, stream_name};
use rand_core::Rng;
use testbed::Nats;
use tokio_util::sync::CancellationToken;

/// A carrier under test.
enum Carrier {
    Local,
    Nats(Connection),
}

impl Carrier {
    fn feed(&self, owner: &Arc<Owner>, reader: &str) -> Box<dyn Feed> {
        match self {
            Self::Local => Box::new(LocalFeed::new(owner.clone())),
            Self::Nats(connection) => Box::new(NatsFeed::new(connection.clone(), "funds", reader)),
        }
    }
}

/// Writes while a faulty follower runs that is killed again and again; in the end every byte was applied once, in order.
async fn everything_once_and_in_order(carrier: &Carrier, owner: Arc<Owner>, seed: u64) {
    let reader = Arc::new(Reader::new(&format!("reader{seed}")));
    let writer = tokio::spawn({
        let owner = owner.clone();
        async move {
            for i in 0..1500 {
                owner.write(i % 3);
                if i % 50 == 0 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    });
    let mut random = generator(seed);
    for _ in 0..5 {
        let stop = CancellationToken::new();
        let inner = carrier.feed(&owner, reader.as_str());
        let feed = Box::new(FaultyFeed::new(inner, owner.clone(), random.next_u64()));
        let task = tokio::spawn(follow(
            Follow { reader: reader.clone(), owner: owner.clone(), feed },
            stop.clone(),
        ));
        tokio::time::sleep(Duration::from_millis(50 + random.next_u64() % 200)).await;
        // Killed without a word, in the middle of whatever it does.
        task.abort();
        let _ = task.await;
    }
    writer.await.unwrap();
    let stop = CancellationToken::new();
    let feed = carrier.feed(&owner, reader.as_str());
    let last = tokio::spawn(follow(
        Follow { reader: reader.clone(), owner: owner.clone(), feed },
        stop.clone(),
    ));
    ends::until(Duration::from_secs(30), || reader.has_all_of(&owner)).await;
    stop.cancel();
    last.await.unwrap();
    reader.assert_equals(&owner);
}

fn relay(
    connection: &Connection,
    owner: &Arc<Owner>,
) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let stop = CancellationToken::new();
    let relay = Relay {
        connection: connection.clone(),
        service: "funds".to_owned(),
        owner: owner.clone(),
        book: owner.clone(),
        replicas: 1,
    };
    (stop.clone(), tokio::spawn(relay.run(stop)))
}

#[tokio::test(flavor = "multi_thread")]
async fn local_everything_once_and_in_order() {
    for seed in 1..=3 {
        everything_once_and_in_order(&Carrier::Local, Arc::new(Owner::new()), seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_everything_once_and_in_order() {
    let server = Nats::start().unwrap();
    let connection = Connection::open(&server.url(), "test").await.unwrap();
    let owner = Arc::new(Owner::new());
    let (stop, task) = relay(&connection, &owner);
    for seed in 1..=3 {
        everything_once_and_in_order(&Carrier::Nats(connection.clone()), owner.clone(), seed).await;
    }
    stop.cancel();
    task.await.unwrap();
}

/// All (log, index, bytes) that the stream holds, checked for density a log each.
async fn stream_content(connection: &Connection) -> Vec<(String, u64, Vec<u8>)> {
    let context = connection.jetstream();
    let Ok(stream) = context.get_stream(stream_name("funds")).await else {
        return Vec::new();
    };
    let info = stream.get_info().await.unwrap();
    let mut content = Vec::new();
    for sequence in info.state.first_sequence.max(1)..=info.state.last_sequence {
        if let Ok(message) = stream.get_raw_message(sequence).await {
            let header = |name| message.headers.get(name).unwrap().as_str().to_owned();
            content.push((
                header("Cunwu-Log"),
                header("Cunwu-Index").parse().unwrap(),
                message.payload.to_vec(),
            ));
        }
    }
    content.sort();
    content.dedup();
    content
}

async fn whole(connection: &Connection, owner: &Owner) -> bool {
    stream_content(connection).await == owner.content()
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_a_lost_broker_is_made_whole_again() {
    let mut server = Nats::start().unwrap();
    let connection = Connection::open(&server.url(), "test").await.unwrap();
    let owner = Arc::new(Owner::new());
    let reader = Arc::new(Reader::new("reader"));
    let (stop, relaying) = relay(&connection, &owner);
    let feed = Box::new(NatsFeed::new(connection.clone(), "funds", "reader"));
    let following = tokio::spawn(follow(
        Follow { reader: reader.clone(), owner: owner.clone(), feed },
        stop.clone(),
    ));
    let write = |n| (0..n).for_each(|i| owner.write(i % 3));

    write(300);
    ends::until(Duration::from_secs(20), || reader.has_all_of(&owner)).await;

    // Killed while entries are written, the folder wiped, started again: everything is in the new stream.
    server.kill();
    write(200);
    server.wipe().unwrap();
    server.restart().unwrap();
    write(100);
    ends::until(Duration::from_secs(40), || reader.has_all_of(&owner)).await;
    ends::until_async(Duration::from_secs(40), || whole(&connection, &owner)).await;

    // Messages deleted in the middle: noticed, and made whole.
    let stream = connection.jetstream().get_stream(stream_name("funds")).await.unwrap();
    for sequence in [17, 18, 250] {
        stream.delete_message(sequence).await.unwrap();
    }
    write(50);
    ends::until_async(Duration::from_secs(40), || whole(&connection, &owner)).await;
    ends::until(Duration::from_secs(40), || reader.has_all_of(&owner)).await;
    reader.assert_equals(&owner);

    stop.cancel();
    relaying.await.unwrap();
    following.await.unwrap();
}

/// The checker catches what it must: a reader that skips, and one that repeats.
#[test]
#[should_panic(expected = "index 1 of")]
fn a_reader_that_skips_is_caught() {
    let owner = Owner::new();
    (0..9).for_each(|i| owner.write(i % 3));
    let reader = Reader::new("skips");
    reader.force(&owner, |index| index != 1);
    reader.assert_equals(&owner);
}
