//! What the tasks of a run may do with objects by the key of the store's door that each run has of its own: read what is
//! of its project and domain, write what is the run's, until it has ended.
//!
//! A key is derived and handed out by the data plane; nothing of it is kept here.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_storage::layout;

use super::admit_object::ObjectWish;
use super::object_place::{place, readings};
use crate::access::caller::{Caller, Via, Who};
use crate::access::policy::Place;
use crate::access::role::Right;
use crate::clock;
use crate::error::ServiceError;
use crate::events::Phase as _;
use crate::server::App;
use crate::store::audit::Record;

/// How long a task may go on that is asked to end: it may leave a checkpoint still.
const GRACE: Duration = Duration::from_secs(600);

/// Whose a key is that all tasks of one run have, as text `run:PROJECT/DOMAIN/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunKey {
    /// Project id.
    pub project: String,
    /// Domain id.
    pub domain: String,
    /// The execution's name.
    pub name: String,
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.who())
    }
}

impl FromStr for RunKey {
    type Err = String;

    fn from_str(text: &str) -> Result<RunKey, String> {
        let names = text.strip_prefix("run:").map(|names| names.split('/').map(str::to_owned));
        match names.map(Vec::from_iter).as_deref() {
            Some([project, domain, name]) if ![project, domain, name].iter().any(|name| name.is_empty()) => {
                Ok(RunKey { project: project.clone(), domain: domain.clone(), name: name.clone() })
            }
            _ => Err(format!("`{text}` is no run; write run:PROJECT/DOMAIN/NAME")),
        }
    }
}

impl RunKey {
    fn who(&self) -> Who {
        Who::Run(format!("{}/{}/{}", self.project, self.domain, self.name))
    }

    fn id(&self) -> WorkflowExecutionIdentifier {
        WorkflowExecutionIdentifier {
            project: self.project.clone(),
            domain: self.domain.clone(),
            name: self.name.clone(),
            org: String::new(),
        }
    }

    /// The name of its folder: that of another run too, if names are chosen for it.
    fn folder(&self) -> String {
        format!("{}-{}-{}", self.project, self.domain, self.name)
    }

    fn is_of_place(&self, key: &str, domains: &[String]) -> bool {
        place(key, domains) == Place::Domain(&self.project, &self.domain)
    }

    /// Whether an object is of the run's project and domain, or its own.
    pub(crate) fn reads(&self, key: &str, domains: &[String]) -> bool {
        self.owns(key, domains) || self.is_of_place(key, domains)
    }

    /// Whether an object is the run's own: what its nodes have left, or bulk data of its tasks.
    pub(crate) fn owns(&self, key: &str, domains: &[String]) -> bool {
        let below = |folder: String| key.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'));
        below(format!("metadata/propeller/{}", self.folder()))
            || below(format!("data/{}/{}/{}", self.project, self.domain, self.name))
            || self.is_of_place(key, domains) && self.is_bulk_data(key)
    }

    /// Whether a key is `ROOT/SHARD/NAME-.../...`, below whatever root bulk data was asked to go.
    fn is_bulk_data(&self, key: &str) -> bool {
        let parts: Vec<&str> = key.split('/').collect();
        let is_ours = |shard: &str, generated: &str| {
            let rest = generated.strip_prefix(&self.name);
            rest.is_some_and(|rest| rest.starts_with('-')) && layout::shard(generated) == shard
        };
        parts[0] != "metadata" && parts.windows(3).any(|part| is_ours(part[0], part[1]))
    }
}

impl App {
    /// Whether the tasks of a run may do something with an object, or with all whose keys begin so. What they may is no
    /// news: the audit has what is refused.
    pub(super) async fn admit_run(
        &self,
        run: &RunKey,
        wish: ObjectWish,
        key: &str,
    ) -> Result<(), ServiceError> {
        let judged = self.judge_run(run, wish, key).await;
        if judged.is_err() {
            let caller = Caller::known(run.who(), Via::Key);
            let (project, domain) = place(key, &self.settings.domains).names();
            self.note(Record::new(&caller, wish.action()).at(project, domain).about(key).of(&judged)).await;
        }
        judged
    }

    async fn judge_run(&self, run: &RunKey, wish: ObjectWish, key: &str) -> Result<(), ServiceError> {
        self.require_running(run).await?;
        let domains = &self.settings.domains;
        if run.owns(key, domains) && !self.is_taken(run).await? {
            return Ok(());
        }
        if wish == ObjectWish::Read {
            if run.is_of_place(key, domains) {
                return Ok(());
            }
            // What anyone may read, its tasks may.
            let caller = Caller::known(run.who(), Via::Key);
            return self.require(&caller, Right::Read, place(key, domains)).await;
        }
        Err(ServiceError::NotOfRun { run: run.to_string(), folder: run.folder() })
    }

    /// Refuses the key of a run that is not there, or has ended a while ago.
    async fn require_running(&self, run: &RunKey) -> Result<(), ServiceError> {
        let ended = || ServiceError::Unauthenticated(format!("{run} runs no more, and its key ends with it"));
        let execution = match self.execution(&run.id()).await {
            Err(ServiceError::NotFound { .. }) => return Err(ended()),
            execution => execution?,
        };
        let Some(closure) = &execution.closure else { return Ok(()) };
        let last = clock::earlier(&clock::now(), GRACE);
        let is_over = closure.updated_at.is_none_or(|at| (at.seconds, at.nanos) < (last.seconds, last.nanos));
        if closure.phase().is_terminal() && is_over { Err(ended()) } else { Ok(()) }
    }

    /// Whether the run's folder may be that of another project's run: `a-b-c` is of `a` and of `a-b`.
    async fn is_taken(&self, run: &RunKey) -> Result<bool, ServiceError> {
        let folder = run.folder();
        let others = readings(&folder, &self.settings.domains);
        let others = others.into_iter().filter(|(project, _)| *project != run.project && !project.is_empty());
        for (project, _) in others {
            if self.project(project).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str) -> RunKey {
        format!("run:p/development/{name}").parse().unwrap()
    }

    fn domains() -> Vec<String> {
        ["development", "production"].map(str::to_owned).into()
    }

    #[test]
    fn a_run_owns_what_it_has_made() {
        let generated = "x-n0-0";
        let shard = layout::shard(generated);
        for key in [
            "metadata/propeller/p-development-x/n0/data/0/outputs.pb".to_owned(),
            format!("data/p/development/x/{shard}/{generated}/file"),
            format!("p/development/scratch/{shard}/{generated}/file"),
        ] {
            assert!(run("x").owns(&key, &domains()), "{key}");
        }
        for key in [
            "metadata/propeller/p-development-x".to_owned(),
            "metadata/propeller/p-development-xy/n0/data/0/outputs.pb".to_owned(),
            "metadata/propeller/p-production-x/n0/data/0/outputs.pb".to_owned(),
            "metadata/p/development/x/inputs".to_owned(),
            "metadata/admin/p/development/wf/v1".to_owned(),
            format!("metadata/admin/p/development/{shard}/{generated}/v"),
            "p/development/ABC=/script.tar.gz".to_owned(),
            format!("data/p/development/y/{shard}/y-n0-0/file"),
            format!("data/p/production/x/{shard}/{generated}/file"),
            format!("q/development/scratch/{shard}/{generated}/file"),
            format!("p/development/scratch/{shard}/{generated}"),
            format!("p/development/scratch/00/{generated}/file"),
            format!("p/development/scratch/{}/xy-n0-0/file", layout::shard("xy-n0-0")),
        ] {
            assert!(!run("x").owns(&key, &domains()), "{key}");
        }
    }

    #[test]
    fn a_run_is_read_back() {
        assert_eq!(run("x").to_string(), "run:p/development/x");
        for text in ["", "run:", "run:p/d", "run:p/d/", "run:p//x", "run:p/d/x/y", "user:p/d/x"] {
            assert!(text.parse::<RunKey>().is_err(), "{text}");
        }
    }
}
