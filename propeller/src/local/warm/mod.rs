//! Warm workers: tasks of flytekit's without the second that an interpreter takes to import it.
//!
//! A worker is an interpreter that has imported flytekit and nothing of a user's. For each attempt it forks,
//! and the fork becomes the attempt: it has the attempt's environment, folder, log and group, and is never
//! used again. So what a task does to modules and globals is gone with it, as if its interpreter were new.
//! `zygote.py` is the worker's side, and says what goes over the socket between; `rehearsal.py` is what it does before
//! there is an attempt, so that no attempt has to.
//!
//! A worker belongs to one interpreter and one set of variables, as both decide what an import does; variables
//! that only tell an attempt about itself do not count. One whose packages were changed is replaced.
//!
//! Nothing depends on a worker: an attempt that none takes is started as any other, and one that a worker has
//! begun outlives it and the driver. The claim in the attempt's folder sees to it that only one of both runs.

mod fit;
mod message;
mod pool;
mod worker;

pub(super) use pool::Workers;
pub(super) use worker::Over;
