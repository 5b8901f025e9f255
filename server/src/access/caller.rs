//! On whose behalf something is done.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

tokio::task_local! {
    /// Who has called, while a use-case runs for a request.
    static CALLER: Arc<Caller>;
}

/// Somebody who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) who: Who,
    /// By what it has shown who it is.
    pub(crate) via: Via,
    /// Groups that its issuer says it is in.
    pub(crate) groups: Vec<String>,
    /// What to call it.
    pub(crate) name: String,
    pub(crate) email: String,
    /// Where it calls from; unknown in process.
    pub(crate) address: Option<IpAddr>,
    /// Whether it may report what runs, where it launches: then it does so for the execution's own user.
    pub(crate) reports: bool,
}

/// What a caller is. Names are those by which roles are given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// There is no authentication, so callers are not told apart.
    Everybody,
    /// Nobody that is known.
    Nobody,
    Person(String),
    /// A client with a secret of its own: a program.
    Client(String),
    /// A part of the platform, by its certificate.
    Part(String),
    /// The tasks of a run, by the key that they have of the store's door: `PROJECT/DOMAIN/NAME`.
    Run(String),
}

/// By what somebody has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Nothing,
    Token,
    Cookie,
    Certificate,
    /// A key of the store's door.
    Key,
}

impl Via {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Via::Nothing => "nothing",
            Via::Token => "token",
            Via::Cookie => "cookie",
            Via::Certificate => "certificate",
            Via::Key => "key",
        }
    }
}

impl Who {
    /// Its name alone, as people read it: roles need to know of whom it is, so they have [`Display`](fmt::Display)'s.
    pub(crate) fn name(&self) -> &str {
        match self {
            Who::Everybody | Who::Nobody => "",
            Who::Person(name) | Who::Client(name) | Who::Part(name) | Who::Run(name) => name,
        }
    }
}

impl fmt::Display for Who {
    /// As roles, executions and the audit name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Everybody => f.write_str("everybody"),
            Who::Nobody => f.write_str("nobody"),
            Who::Person(name) => write!(f, "user:{name}"),
            Who::Client(name) => write!(f, "client:{name}"),
            Who::Part(name) => write!(f, "part:{name}"),
            Who::Run(name) => write!(f, "run:{name}"),
        }
    }
}

impl Caller {
    fn of(who: Who, via: Via) -> Caller {
        let (groups, name, email) = Default::default();
        Caller { who, via, groups, name, email, address: None, reports: false }
    }

    /// Who calls where callers are not told apart.
    pub(crate) fn everybody() -> Caller {
        Caller::of(Who::Everybody, Via::Nothing)
    }

    /// Who has shown nothing.
    pub(crate) fn nobody() -> Caller {
        Caller::of(Who::Nobody, Via::Nothing)
    }

    /// A part of the platform.
    pub(crate) fn part(name: &str) -> Caller {
        Caller::of(Who::Part(name.to_owned()), Via::Certificate)
    }

    /// A person or a program.
    pub(crate) fn known(who: Who, via: Via) -> Caller {
        Caller::of(who, via)
    }

    /// Who an execution belongs to that it launches; empty where callers are not told apart.
    pub(crate) fn principal(&self) -> String {
        match &self.who {
            Who::Everybody | Who::Nobody => String::new(),
            who => who.to_string(),
        }
    }
}

/// Does something on behalf of a caller.
pub(crate) async fn on_behalf<F: Future>(caller: Arc<Caller>, work: F) -> F::Output {
    CALLER.scope(caller, work).await
}

/// On whose behalf the use-case runs; none for what the server does by itself or its data plane asks in process.
pub(crate) fn current() -> Option<Arc<Caller>> {
    CALLER.try_with(Arc::clone).ok()
}

/// The principal of what is done now.
pub(crate) fn principal() -> String {
    current().map(|caller| caller.principal()).unwrap_or_default()
}

/// Whether the platform itself does what is done now: in process, or a part of it by a call.
pub(crate) fn is_of_platform() -> bool {
    current().is_none_or(|caller| caller.reports)
}
