//! The driver for a cluster: every task attempt is an object of Kubernetes, most often a pod.
//!
//! ```text
//! flyteworkflow ─watch─▶ controller ─▶ run (one loop each) ─▶ runner ─create─▶ pod
//!      ▲                                │  ▲___ what was seen __│◀──watch (objects)
//!      └── status, about every second ──┴─ journal ─▶ sink (events, in order)
//! ```
//!
//! A run is carried by the same loop, with the same engine, as on one machine (`run`). What differs is here: where
//! runs come from ([`controller`]), what a task runs as (`runner`, by the plugins), and what survives (`journal`,
//! `checkpoint`). Of every object only the latest is known, and only while somebody waits for it.
//!
//! Several propellers share the work by shards, each held by a lease (`lease`); one that loses a lease stops the
//! shard's runs where they are, and the next one finds their pods by name.
//!
//! What it deliberately does not do: decide (the engine), make objects of tasks (the plugins), or poll. Timers
//! only back the watches up.
//!
//! Start reading at [`Controller`].

mod answer;
mod checkpoint;
mod controller;
mod gc;
mod journal;
mod lease;
mod objects;
mod outbox;
mod owned;
mod pauses;
mod plans;
mod runner;
mod seen;
mod settings;
mod shard;
mod waiting;
mod workflows;

use std::time::Duration;

pub use controller::{Controller, ControllerError};
pub use settings::Settings;
pub use waiting::{WaitingError, WaitingNodes};

/// After how many seconds the API server ends a watch, which is begun again where it ended: one whose connection has died
/// without a word is noticed a moment later.
const WATCH: u32 = 60;
/// How often the API server is asked for what a watch may have lost: for all live workflows, and for an object of which
/// nothing was heard for so long.
const NET: Duration = Duration::from_secs(10 * 60);
/// Who writes, as the API server notes it.
const FIELD_MANAGER: &str = "aileron-propeller";
