//! What a driver sees of the world.

use std::collections::HashMap;

use crate::plan::Inside;
use crate::{CacheReport, Failure, NodeIx, Recovered, Timestamp};

/// What is known of one attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum AttemptSeen {
    /// The driver has it; it waits for a slot.
    Pending,
    /// The cache has its outputs, and they are the attempt's now.
    Cached {
        /// When they were found.
        at: Timestamp,
        /// What is told of it.
        report: CacheReport,
    },
    /// The execution that this one recovers has its outputs, and they are the attempt's now.
    Recovered {
        /// When they were found.
        at: Timestamp,
        /// What is told of it.
        recovered: Recovered,
    },
    /// The cache does not have its outputs, or does not answer; nobody else is waited for. Nothing runs.
    NotCached {
        /// What is told of it.
        report: CacheReport,
    },
    /// The cache does not have its outputs yet: another is at it.
    HeldBy {
        /// Who.
        owner: String,
        /// What is told of it.
        report: CacheReport,
    },
    /// Its outputs are in the cache, or could not be put there.
    Stored {
        /// When.
        at: Timestamp,
        /// What is told of it.
        report: CacheReport,
    },
    /// It runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// A branch's conditions are evaluated.
    Chose {
        /// Since when it runs.
        since: Timestamp,
        /// The arm it takes: its place among the children.
        arm: u32,
    },
    /// It has found out what is inside of the node: a task made a workflow and is over, or the lists of an
    /// array are read. The node goes on with that.
    Grew {
        /// When it began.
        since: Timestamp,
        /// When it found that out.
        at: Timestamp,
        /// What is inside.
        inside: Inside,
    },
    /// It ended and left what it should.
    Succeeded {
        /// When it began.
        since: Timestamp,
        /// When it ended.
        at: Timestamp,
        /// Whether it left a deck.
        deck: bool,
    },
    /// It ended otherwise, or could not begin.
    Failed {
        /// When it began, if it did.
        since: Option<Timestamp>,
        /// When it ended.
        at: Timestamp,
        /// How.
        failure: Failure,
    },
    /// It vanished without a result because the driver went away: nobody's fault, costs no try.
    Lost {
        /// When that was noticed.
        at: Timestamp,
    },
    /// It does not exist and never will: it was ended or taken back.
    Gone,
}

/// The whole picture a driver has. An attempt without an entry is unknown: a full look asks for it again.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// Why the run is to end, once someone asked for that.
    pub abort: Option<String>,
    attempts: HashMap<(NodeIx, u32), AttemptSeen>,
}

impl Observations {
    /// Records what is now known of an attempt.
    pub fn set(&mut self, node: NodeIx, attempt: u32, seen: AttemptSeen) {
        self.attempts.insert((node, attempt), seen);
    }

    /// Drops what is known of an attempt, once the engine is past it.
    pub fn forget(&mut self, node: NodeIx, attempt: u32) {
        self.attempts.remove(&(node, attempt));
    }

    /// What is known of an attempt.
    pub fn attempt(&self, node: NodeIx, attempt: u32) -> Option<&AttemptSeen> {
        self.attempts.get(&(node, attempt))
    }
}
