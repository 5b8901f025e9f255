//! One run, from what is persisted of it to its end: what all drivers share.
//!
//! ```text
//! driver -> carry (one loop a run) -> attempt -> TaskRunner (a process, a pod)
//!            |  ^_____ what was seen ____|_____________|
//!            v
//!          Journal (what survives this process, and the events that go out)
//! ```
//!
//! Everything that a node does but running a task is the same wherever tasks run: binding inputs, branches,
//! arrays, gates, child executions, the cache, recovery. A driver brings three things: a [`TaskRunner`], a
//! [`Journal`], and whoever starts runs and tells them to end.
//!
//! Start reading at [`carry`](carry()).

mod attempt;
mod carry;
mod elements;
mod host;
mod journal;
mod literals;
mod news;
mod plan;

pub(crate) use attempt::{Attempt, Halt, Step, TaskOutcome};
pub(crate) use carry::{Carried, Facts, Inbox, Message, Waits, carry};
pub(crate) use host::{Host, TaskRunner};
#[cfg(test)]
pub(crate) use journal::KeptInside;
pub(crate) use journal::{Grown, Journal, JournalError, LiveRun, Round, RunId};
pub(crate) use plan::load as load_plan;
