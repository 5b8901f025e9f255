//! The data plane: it carries out what the engine decides, and tells the control plane what happened.
//!
//! [`local`] is the driver for one machine: every task attempt is a child process in a folder of its
//! own; [`kubernetes`] is the one for a cluster, whose objects [`plugins`] make. What any driver needs is beside them:
//! `run` (the loop of one run and all that its nodes do but running a task), [`container`] (arguments and environment
//! of a task), [`plan`] (what an execution's settings mean for its plan), [`outcome`] and [`outputs`] (what an attempt
//! left in the object store), [`events`] (the engine's events as messages) and [`sink`] (where those messages go);
//! [`control`] is what a driver asks of the control plane, [`catalog`] what it asks of the cache; [`connectors`] are
//! services that run tasks for either driver, as is AWS Batch ([`batch`]), by the calls that `web` makes; [`waiting`] says
//! why nodes do not run yet.
//!
//! What this crate deliberately does not do: decide. When a node runs, is tried again or fails is the
//! engine's to say; a driver observes, asks, persists the answer and carries it out. It does not know
//! the control plane either: a run comes in as a `flyteworkflow` object, events go out to a sink.
//!
//! Start reading at [`local::LocalDriver`], then `run/carry.rs`, the loop of one run.

pub mod batch;
pub mod catalog;
mod clock;
pub mod connectors;
pub mod container;
pub mod control;
pub mod events;
pub mod kubernetes;
pub mod local;
pub mod outcome;
pub mod outputs;
pub mod paths;
pub mod plan;
pub mod plugins;
mod run;
pub mod sink;
pub mod waiting;
mod web;

/// So many bytes of the digest of what tells one from others, in hexadecimal digits.
fn digest(of: &[u8], bytes: usize) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(of).iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

/// An error with its causes, in one line.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
