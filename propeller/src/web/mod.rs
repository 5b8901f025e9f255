//! Tasks that a service elsewhere runs: begun by a call, asked after by calls, ended by a call.
//!
//! ```text
//! nothing ─▶ Creating ─create─▶ Created ─get, get, ...─▶ its end
//!              (kept first)       (kept)      └─abort─▶ delete
//! ```
//!
//! What a service calls its job is kept in the object store beside the attempt's outputs, and that it may have been
//! begun is kept before it is: whichever driver goes on finds it. Both drivers use this; a service brings a [`WebApi`].
//!
//! What it deliberately does not do: know any service, or decide. [`limits`] holds calls to rates and jobs to a number;
//! [`pause`] says when a job is looked at next.
//!
//! Start reading at [`WebApi`], then [`job`].

pub(crate) mod job;
pub(crate) mod limits;
pub(crate) mod pause;
mod record;

use aileron_engine::Failure;
use aileron_idl::core::{LiteralMap, TaskLog};
use futures::future::BoxFuture;
use prost_types::Struct;

use limits::Limits;

/// Why a call to a service did not do what it was to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CallError {
    /// It may, later: the service is away or has too much to do.
    Away(String),
    /// It did not answer in time; what it was asked for may be done all the same.
    Late(String),
    /// It answered that something is wrong, which may pass.
    Wrong(Failure),
    /// It never will.
    Refused(Failure),
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resource {
    pub(crate) phase: Phase,
    /// Why, for whoever waits.
    pub(crate) message: String,
    /// Pages about it.
    pub(crate) links: Vec<TaskLog>,
    /// What else the service says of it.
    pub(crate) info: Option<Struct>,
}

/// The phase of a job.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    Queued,
    Initializing,
    Running,
    /// It ended well; outputs that the service gives count before those that lie in the store.
    Succeeded(Option<LiteralMap>),
    Failed(Failure),
}

/// A service that runs one attempt.
pub(crate) trait WebApi: Send + Sync {
    /// What it is called in events.
    fn plugin(&self) -> &str;

    /// Which service it is, for those who wait for it.
    fn service(&self) -> &str;

    /// What it may be asked, and how often.
    fn limits(&self) -> &Limits;

    /// Begins the job; the answer is what the service knows it by.
    fn create(&self) -> BoxFuture<'_, Result<Vec<u8>, CallError>>;

    /// Whether a job can be found whose beginning was not answered.
    fn finds(&self) -> bool {
        false
    }

    /// The job of this attempt that [`WebApi::create`] may have begun without an answer.
    fn find(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, CallError>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// How the job stands.
    fn get<'a>(&'a self, meta: &'a [u8]) -> BoxFuture<'a, Result<Resource, CallError>>;

    /// Ends the job. One that has ended, or was ended before, is fine.
    fn delete<'a>(&'a self, meta: &'a [u8]) -> BoxFuture<'a, Result<(), CallError>>;
}
