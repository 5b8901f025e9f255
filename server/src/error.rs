//! Why a use-case refused or failed; the one error of every RPC.
//!
//! `api::error` holds the table that maps each to a gRPC code, an HTTP status and typed details.

use std::error::Error as _;
use std::sync::Arc;

use aileron_idl::core::Identifier;
use aileron_storage::StorageError;

use crate::identity::cross_site::CrossSite;
use crate::store::StoreError;
use crate::store::filter::FilterError;

/// An error as users and clients meet it. Texts say what is wrong, where, and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A required field is absent.
    #[error("missing {0}")]
    Missing(String),
    /// A field's value breaks a rule.
    #[error("invalid value for {field}, value:[{value}]: {problem}")]
    Invalid {
        /// Path of the field.
        field: String,
        /// What was sent, shortened.
        value: String,
        /// The rule.
        problem: String,
    },
    /// A list request that cannot be understood.
    #[error(transparent)]
    List(#[from] FilterError),
    /// No such project is registered.
    #[error("project [{0}] not found; register it first")]
    UnknownProject(String),
    /// The project is archived.
    #[error("project [{0}] is not active; activate it to use it")]
    InactiveProject(String),
    /// No such domain is configured.
    #[error("domain [{domain}] is unrecognized; known are {known}")]
    UnknownDomain {
        /// What was sent.
        domain: String,
        /// The configured ones.
        known: String,
    },
    /// The compiler refused an entity; the report names code, node and binding of each problem.
    #[error("failed to compile {kind} for [{id}] with err: {report}")]
    Uncompilable {
        /// `task` or `workflow`.
        kind: &'static str,
        /// Its id.
        id: String,
        /// The compiler's diagnostics, rendered.
        report: String,
    },
    /// Inputs that do not fit what is expected of them.
    #[error("{0}")]
    Inputs(String),
    /// There is no such thing.
    #[error("missing entity of type {entity} with identifier {id}")]
    NotFound {
        /// What was looked for.
        entity: &'static str,
        /// Its id.
        id: String,
    },
    /// The node made no workflow.
    #[error("node does not contain dynamic workflow: {0}")]
    NoDynamicWorkflow(String),
    /// No version of a launch plan is active.
    #[error("No active launch plan could be found: {0}")]
    NoActiveLaunchPlan(String),
    /// The same thing is there already.
    #[error("{kind} with identical structure already exists: {id}")]
    IdenticalStructure {
        /// `task`, `workflow` or `launch plan`.
        kind: &'static str,
        /// Its id.
        id: Box<Identifier>,
    },
    /// Another thing has this id and version.
    #[error(
        "{kind} with different structure already exists: {id}. (Please register a new version of the {kind}.)\n{diff}"
    )]
    DifferentStructure {
        /// `task`, `workflow` or `launch plan`.
        kind: &'static str,
        /// Its id.
        id: Box<Identifier>,
        /// What differs, one change a line.
        diff: String,
    },
    /// A key is taken.
    #[error("value with matching already exists ({0})")]
    AlreadyExists(String),
    /// A launch plan has as many executions as it may.
    #[error("concurrency limit ({max}) reached for launch plan {launch_plan}; skipping execution")]
    ConcurrencyLimit {
        /// Its name.
        launch_plan: String,
        /// The most.
        max: i32,
    },
    /// An event that was recorded before.
    #[error("{0} was recorded before")]
    RepeatedEvent(String),
    /// What an event or a request is about has ended.
    #[error("{entity} is already in the terminal phase {phase}")]
    Terminal {
        /// What it is.
        entity: String,
        /// How it ended.
        phase: String,
    },
    /// An event that no order of events leads to.
    #[error("invalid phase change from {from} to {to} for {entity}")]
    InvalidTransition {
        /// What it is.
        entity: String,
        /// The phase it is in.
        from: String,
        /// The phase that was reported.
        to: String,
    },
    /// The event comes from another cluster than the one that runs the execution.
    #[error("the execution runs on another cluster than [{0}]")]
    IncompatibleCluster(String),
    /// An event names a parent that was never reported.
    #[error("{0} must be reported before its parts")]
    ParentUnknown(String),
    /// Nobody is known who could be asked whether they may.
    #[error("{0}")]
    Unauthenticated(String),
    /// A token or a cookie that names nobody.
    #[error("{0}")]
    BadToken(String),
    /// A page of another site has a browser send it.
    #[error("{0}")]
    CrossSite(CrossSite),
    /// Who calls may not.
    #[error("{caller} may not do this: it needs the role {needs} in {place}; ask an admin there")]
    Denied {
        /// Who.
        caller: String,
        /// The least role that may.
        needs: &'static str,
        /// Where.
        place: String,
    },
    /// A run's key was used to write what the run has not made.
    #[error(
        "{run} may write what is its own alone: below metadata/propeller/{folder}/, and where its tasks are told to put \
         bulk data"
    )]
    NotOfRun {
        /// Which run.
        run: String,
        /// The name of its folder.
        folder: String,
    },
    /// A signed URL that does not hold.
    #[error("{0}")]
    Signature(String),
    /// Something is larger than the limit on it.
    #[error("{what} has more than the {limit} bytes that are allowed")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A body that is not what was announced.
    #[error("{0}")]
    Corrupt(String),
    /// The data plane does not answer.
    #[error("the data plane does not answer now: {0}; ask again in a moment")]
    DataPlane(String),
    /// The execution is another data plane's than this server's, or on its way.
    #[error("execution {0} is not run by the data plane of this server; ask the server that runs it")]
    Elsewhere(String),
    /// This server does not do that.
    #[error("{0} is not supported by this server")]
    Unsupported(String),
    /// The object store failed.
    #[error("{0}")]
    Storage(Arc<StorageError>),
    /// The metadata store failed.
    #[error("{0}")]
    Store(StoreError),
}

impl From<StorageError> for ServiceError {
    fn from(error: StorageError) -> Self {
        ServiceError::Storage(Arc::new(error))
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate(what) => ServiceError::AlreadyExists(what),
            other => ServiceError::Store(other),
        }
    }
}

impl ServiceError {
    /// A field whose value breaks a rule.
    pub(crate) fn invalid(field: impl Into<String>, value: &str, problem: impl Into<String>) -> ServiceError {
        const SHOWN: usize = 200;
        let value = match value.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{}...", &value[..cut]),
            None => value.to_owned(),
        };
        ServiceError::Invalid { field: field.into(), value, problem: problem.into() }
    }

    /// Something that is not there.
    pub(crate) fn not_found(entity: &'static str, id: &impl std::fmt::Display) -> ServiceError {
        ServiceError::NotFound { entity, id: id.to_string() }
    }

    /// The text with every cause behind it.
    pub(crate) fn full_text(&self) -> String {
        let mut text = self.to_string();
        let mut next: Option<&dyn std::error::Error> = match self {
            ServiceError::Storage(error) => error.source(),
            ServiceError::Store(error) => error.source(),
            _ => None,
        };
        while let Some(cause) = next {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            next = cause.source();
        }
        text
    }
}
