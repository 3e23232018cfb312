//! What happens around the story: the broker and the services are killed while they are asked. The moments are drawn from
//! a seed, as places in the course of the story, so that a slow machine sees as many as a fast one. Knows no story.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use kernel::Entropy;
use tokio::task::JoinSet;

use crate::deployment::{Deployment, FIVE};

/// Requests after which the first shot may fall, and the last.
const FROM: u64 = 10;
const UNTIL: u64 = 310;

/// What is shot.
#[derive(Debug, Clone, Copy)]
enum Target {
    Broker {
        wipe: bool,
    },
    Service(&'static str),
    /// The service that is being asked.
    Asked,
}

const TARGETS: [Target; 13] = [
    Target::Broker { wipe: false },
    Target::Broker { wipe: true },
    Target::Broker { wipe: false },
    Target::Broker { wipe: true },
    Target::Service(FIVE[0]),
    Target::Service(FIVE[1]),
    Target::Service(FIVE[2]),
    Target::Service(FIVE[3]),
    Target::Service(FIVE[4]),
    Target::Asked,
    Target::Asked,
    Target::Asked,
    Target::Asked,
];

struct Shot {
    after: u64,
    target: Target,
    /// From the moment at which the request is sent.
    delay: Duration,
    away: Duration,
}

/// Shots to come, and those that fell.
pub struct Trouble {
    to_come: VecDeque<Shot>,
    under_way: JoinSet<()>,
    asked: u64,
    /// How often the broker was killed, and how often of those it was wiped.
    pub broker: (u32, u32),
    /// How often each service was killed.
    pub services: BTreeMap<&'static str, u32>,
}

impl Trouble {
    /// None at all.
    pub fn none() -> Self {
        Self {
            to_come: VecDeque::new(),
            under_way: JoinSet::new(),
            asked: 0,
            broker: (0, 0),
            services: BTreeMap::new(),
        }
    }

    /// Of a seed.
    pub fn of(seed: [u8; 32]) -> Self {
        let mut dice = Entropy::from_seed(seed);
        let mut below = |limit: u64| u64::from_be_bytes(dice.bytes()) % limit;
        let mut targets = TARGETS.to_vec();
        for at in (1..targets.len()).rev() {
            targets.swap(at, usize::try_from(below(at as u64 + 1)).unwrap());
        }
        let step = (UNTIL - FROM) / TARGETS.len() as u64;
        let shots = (0_u64..).zip(targets).map(|(number, target)| Shot {
            after: FROM + number * step + below(step),
            target,
            delay: Duration::from_millis(below(40)),
            away: Duration::from_millis(below(600)),
        });
        Self { to_come: shots.collect(), ..Self::none() }
    }

    /// A request is about to be sent to this service.
    pub fn at(&mut self, deployment: &Arc<Deployment>, asked: &'static str) {
        self.asked += 1;
        while self.to_come.front().is_some_and(|shot| shot.after <= self.asked) {
            let Some(shot) = self.to_come.pop_front() else { return };
            let service = match shot.target {
                Target::Broker { wipe } => {
                    self.broker.0 += 1;
                    self.broker.1 += u32::from(wipe);
                    None
                }
                Target::Service(name) => Some(name),
                Target::Asked => Some(asked),
            };
            if let Some(name) = service {
                *self.services.entry(name).or_default() += 1;
            }
            let deployment = deployment.clone();
            self.under_way.spawn_blocking(move || {
                std::thread::sleep(shot.delay);
                match (service, shot.target) {
                    (Some(name), _) => deployment.shoot(name, shot.away),
                    (None, target) => {
                        let wipe = matches!(target, Target::Broker { wipe: true });
                        deployment.shoot_broker(wipe, shot.away);
                    }
                }
            });
        }
    }

    /// Waits until everybody is back; nothing may be left to come.
    pub async fn over(&mut self) {
        while let Some(shot) = self.under_way.join_next().await {
            shot.unwrap();
        }
        assert!(self.to_come.is_empty(), "the story ended before {} shots", self.to_come.len());
    }
}
