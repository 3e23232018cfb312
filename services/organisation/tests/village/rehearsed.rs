//! The village, looked into and copied: what the harness over every definition asks of it.

use casework::catalogue::NO_CONFLICT;
use definitions::{Definition, PostSpec, Step, cases::CaseLine};
use engines::rehearsal::{Rehearsed, Role};
use kernel::{Date, Deadline, Event, StreamId};
use organisation::bodies::BODIES;

use super::{Village, host::Host, own::Own, seats};

fn open(village: &Village) -> Vec<(StreamId, Deadline)> {
    village.memory.open().map(|(stream, deadline)| (stream.clone(), deadline)).collect()
}

/// Who sits in the post, as a member of every body whose sittings that body's members record.
fn somebody(post: &PostSpec) -> Role {
    if post.resident {
        return villager();
    }
    let sits = seats().into_iter().find(|(_, key, _)| *key == post.key);
    let Some((own, key, names)) = sits else {
        // Whoever claims a post that nobody holds here.
        return Role::new(format!("{}:Nobody", post.key), []);
    };
    let recorded = BODIES.iter().filter(|body| body.recorded_by().contains(&own));
    let is = recorded.map(|body| body.key).chain([key]).map(str::to_owned);
    Role::new(format!("{key}:{}", names[0]), is)
}

/// Whoever lives in the village may object: nobody is a stranger.
fn villager() -> Role {
    Role::new("resident:r1".to_owned(), ["villager".to_owned()])
}

impl Rehearsed for Own {
    fn written(&self) -> &[Event] {
        self.village.memory.events()
    }

    fn open(&self) -> Vec<(StreamId, Deadline)> {
        open(&self.village)
    }

    fn somebody(&self, post: &PostSpec) -> Role {
        somebody(post)
    }

    fn stranger(&self) -> Role {
        villager()
    }

    fn today(&self) -> Date {
        self.village.now.date()
    }

    fn refuses(&self, guard: &str) -> Vec<String> {
        match guard {
            NO_CONFLICT => ["conflict", "conflict-unknown"].map(str::to_owned).to_vec(),
            guard => vec![guard.to_owned()],
        }
    }
}

impl Rehearsed for Host {
    fn written(&self) -> &[Event] {
        self.village.memory.events()
    }

    fn open(&self) -> Vec<(StreamId, Deadline)> {
        open(&self.village)
    }

    fn somebody(&self, post: &PostSpec) -> Role {
        somebody(post)
    }

    fn stranger(&self) -> Role {
        villager()
    }

    fn complete(&self, _: &Definition, _: &Step, _: &mut CaseLine) {}

    fn today(&self) -> Date {
        self.village.now.date()
    }
}
