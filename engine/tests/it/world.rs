//! What exists outside the driver: attempts, each somewhere on its way.

use std::collections::{BTreeMap, BTreeSet};

use aileron_engine::{AttemptSeen, Inside, NodeIx, Timestamp};

use crate::catalog::Catalog;

pub(crate) type Key = (NodeIx, u32);

/// When an attempt ends that hangs.
pub(crate) const NEVER: Timestamp = Timestamp(i64::MAX);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attempt {
    Pending,
    Running {
        since: Timestamp,
        until: Timestamp,
    },
    /// It has ended so, and the driver is still reading what it has left.
    Reading {
        since: Timestamp,
        ended: Box<Attempt>,
    },
    /// What is inside of the node goes on, or its time; a branch has chosen.
    Inside {
        since: Timestamp,
        arm: Option<u32>,
    },
    /// It knows what is inside of the node, which goes on.
    Grown {
        since: Timestamp,
        at: Timestamp,
        inside: Inside,
    },
    /// Its outputs are being collected.
    Collecting {
        since: Timestamp,
    },
    /// The cache is asked.
    LookingUp,
    /// It has answered.
    Looked(AttemptSeen),
    /// Its outputs are on their way into the cache.
    Storing,
    Ended(AttemptSeen),
}

/// What exists outside the driver and survives its crashes.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) attempts: BTreeMap<Key, Attempt>,
    /// Finished tries that count, by node: the script's position.
    pub(crate) tried: BTreeMap<NodeIx, usize>,
    /// Attempts that have run. What they were is forgotten by a driver that crashes, that they were is not:
    /// their folders say so.
    ran: BTreeSet<Key>,
    pub(crate) catalog: Catalog,
}

impl World {
    /// Begins the attempt, unless it has run.
    pub(crate) fn launch(&mut self, key: Key) {
        if self.ran.contains(&key) {
            return;
        }
        let attempt = self.attempts.entry(key).or_insert(Attempt::Pending);
        if matches!(attempt, Attempt::LookingUp | Attempt::Looked(_)) {
            *attempt = Attempt::Pending;
        }
    }

    /// Puts the attempt forward.
    pub(crate) fn put(&mut self, key: Key, attempt: Attempt) {
        if matches!(attempt, Attempt::Running { .. }) {
            self.ran.insert(key);
        }
        self.attempts.insert(key, attempt);
    }

    pub(crate) fn look_up(&mut self, key: Key) {
        self.attempts.entry(key).or_insert(Attempt::LookingUp);
    }

    /// What has ended well is put into the cache once.
    pub(crate) fn store(&mut self, key: Key) {
        let attempt = self.attempts.entry(key).or_insert(Attempt::Storing);
        if !matches!(attempt, Attempt::Ended(AttemptSeen::Stored { .. })) {
            *attempt = Attempt::Storing;
        }
    }

    /// Ends the attempt, or leaves a tombstone so that a late launch does nothing.
    pub(crate) fn kill(&mut self, key: Key) {
        let attempt = self.attempts.entry(key).or_insert(Attempt::Pending);
        if matches!(attempt, Attempt::Running { until: NEVER, .. }) {
            *self.tried.entry(key.0).or_default() += 1;
        }
        if !matches!(attempt, Attempt::Ended(_)) {
            *attempt = Attempt::Ended(AttemptSeen::Gone);
        }
    }

    pub(crate) fn collect(&mut self, key: Key, since: Timestamp) {
        let attempt = self.attempts.entry(key).or_insert(Attempt::Collecting { since });
        if !matches!(attempt, Attempt::Ended(_)) {
            *attempt = Attempt::Collecting { since };
        }
    }

    pub(crate) fn seen(&self, key: Key) -> Option<AttemptSeen> {
        Some(match self.attempts.get(&key)? {
            Attempt::Pending | Attempt::Collecting { .. } | Attempt::LookingUp | Attempt::Storing => {
                AttemptSeen::Pending
            }
            Attempt::Grown { since, at, inside } => {
                AttemptSeen::Grew { since: *since, at: *at, inside: inside.clone() }
            }
            Attempt::Inside { since, arm: Some(arm) } => AttemptSeen::Chose { since: *since, arm: *arm },
            Attempt::Running { since, .. }
            | Attempt::Reading { since, .. }
            | Attempt::Inside { since, arm: None } => AttemptSeen::Running { since: *since },
            Attempt::Looked(seen) | Attempt::Ended(seen) => seen.clone(),
        })
    }

    /// What would go on by itself; a node with children has nothing of its own.
    pub(crate) fn live(&self) -> usize {
        self.attempts.values().filter(|attempt| goes_on(attempt)).count()
    }

    /// Whether an earlier attempt of the node still goes on.
    pub(crate) fn overlaps(&self, (node, attempt): Key) -> bool {
        self.attempts.range((node, 0)..(node, attempt)).any(|(_, attempt)| goes_on(attempt))
    }

    /// Whether the attempts that a node has had are numbered without gaps.
    pub(crate) fn is_gapless(&self, node: NodeIx) -> bool {
        let numbers = || self.attempts.range((node, 0)..=(node, u32::MAX)).map(|((_, number), _)| *number);
        numbers().eq((0..).take(numbers().count()))
    }
}

fn goes_on(attempt: &Attempt) -> bool {
    match attempt {
        Attempt::Pending
        | Attempt::Running { .. }
        | Attempt::Reading { .. }
        | Attempt::LookingUp
        | Attempt::Collecting { .. } => true,
        Attempt::Looked(seen) => matches!(seen, AttemptSeen::HeldBy { .. }),
        Attempt::Ended(_) | Attempt::Inside { .. } | Attempt::Grown { .. } | Attempt::Storing => false,
    }
}
