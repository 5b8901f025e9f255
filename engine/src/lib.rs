//! The only place where the state of a run changes.
//!
//! A driver tells [`decide`] what it sees of the world; the engine answers with the state's next
//! value, the effects to carry out and the events to report. Kubernetes, local processes and the
//! seeded simulator are three drivers of this one engine: a behaviour fixed once is fixed in all.
//!
//! What this crate deliberately does not do: wait, read a clock, draw a random number, touch a file
//! or the network. Time is an argument and every effect is data. It never returns an error for what a
//! user's code did: a failed node is a state.
//!
//! Three properties hold it together, and are tested as properties:
//! - *level-triggered*: [`Observations`] is the whole picture; [`Look`] only says where it may have
//!   changed. Looking everywhere decides the same as looking in the right places.
//! - *idempotent*: an effect names the attempt it is about, so carrying it out twice is carrying it
//!   out once, and asking again after a crash loses nothing.
//! - *small*: a decision costs what it touches, never the size of the workflow.
//!
//! Start reading at [`decide`](decide()), then [`RunState`] and [`Plan`]. [`bind`] resolves a node's
//! inputs; [`conditions`] picks the arm of a branch; [`report`] says why a node is not running yet.

pub mod bind;
mod cache;
pub mod conditions;
mod decide;
mod effect;
mod event;
mod failure;
mod invariants;
mod observation;
mod parts;
pub mod phase;
mod place;
mod plan;
mod recovery;
mod report;
mod retry;
mod state;
mod time;

pub use aileron_compiler::{END_NODE, START_NODE};
pub use cache::{CacheReport, CacheRule};
pub use decide::{Decision, Look, decide, outputs_from};
pub use effect::Effect;
pub use event::{AttemptPhase, Event, ItemNews, ItemPhase, NodePhase, RunEventPhase};
pub use failure::{ErrorKind, Failure};
pub use invariants::{Violation, check};
pub use observation::{AttemptSeen, Observations};
pub use place::{Place, child_execution, place};
pub use plan::{
    Array, ArrayIx, BranchIx, Deadline, FailurePolicy, GateIx, Growth, Inside, LaunchPlanIx, MAX_DEPTH,
    MAX_NODES, NodeIx, NodeKind, Plan, PlanError, PlanNode, PlanSettings, Scope, ScopeIx, TaskIx,
};
pub use recovery::Recovered;
pub use report::{Reason, reason, report, report_from};
pub use retry::{SYSTEM_RETRIES, Tries};
pub use state::{Active, Block, BlockIx, NodeState, Progress, RunPhase, RunState};
pub use time::{Nanos, Timestamp};
