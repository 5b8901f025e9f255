//! Tasks that connectors take go to them; all others go the driver's own way.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aileron_engine::{AttemptSeen, Failure, Timestamp};
use aileron_idl::admin::CreateTaskRequest;
use aileron_idl::core::TaskTemplate;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::call::Service;
use super::offers::{Category, Found, Offer};
use super::{Connectors, request, resource};
use crate::clock;
use crate::plugins::registry;
use crate::run::{Attempt, Halt, Step, TaskRunner, Waits};
use crate::web::job::Job;
use crate::web::limits::Limits;
use crate::web::pause::Pace;
use crate::web::{CallError, Phase, Resource, WebApi};

/// What connectors are called in events.
const PLUGIN: &str = "connector-service";
/// How long a task that could run without one waits for connectors that have not said yet what they offer.
const SOON: Duration = Duration::from_secs(5);

/// A driver's way to run tasks, with connectors before it.
pub(crate) struct Routed {
    pub(crate) connectors: Connectors,
    pub(crate) otherwise: Arc<dyn TaskRunner>,
}

/// Where a task goes.
enum Way {
    Connector { place: usize, category: Category, offer: Offer },
    Otherwise,
}

impl TaskRunner for Routed {
    fn run<'a>(&'a self, attempt: &'a Attempt, task: &'a TaskTemplate) -> BoxFuture<'a, Step<AttemptSeen>> {
        async move {
            match self.way(attempt, task).await? {
                Way::Otherwise => self.otherwise.run(attempt, task).await,
                Way::Connector { place, category, offer } => {
                    self.by_connector(attempt, task, place, category, offer).await
                }
            }
        }
        .boxed()
    }

    fn end<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()> {
        async move {
            let Some(task) = attempt.task() else { return };
            match self.way(attempt, task).await {
                Ok(Way::Connector { place, category, offer }) if !offer.is_sync => {
                    let remote = self.remote(place, category, CreateTaskRequest::default());
                    self.job(&remote, attempt).end().await;
                }
                Ok(Way::Connector { .. }) => {}
                Ok(Way::Otherwise) | Err(_) => self.otherwise.end(attempt).await,
            }
        }
        .boxed()
    }

    fn tidy<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()> {
        // Of a connector's job there is nothing there.
        self.otherwise.tidy(attempt)
    }
}

impl Routed {
    /// Where a task goes: where a setting sends its type, else to the driver's own plugin for the type, else to the
    /// connector that offers it, else wherever its container runs.
    async fn way(&self, attempt: &Attempt, task: &TaskTemplate) -> Step<Way> {
        let shared = &self.connectors.shared;
        let sent = shared.settings.connector_for_task_types.get(&task.r#type);
        let only = sent.and_then(|name| shared.services.iter().position(|service| service.name() == name));
        if shared.services.is_empty() || (only.is_none() && is_native(&task.r#type)) {
            return Ok(Way::Otherwise);
        }
        let since = clock::now();
        // Without a target nobody else can take it.
        let patience = if task.target.is_some() && only.is_none() { SOON } else { shared.settings.patience };
        loop {
            let news = shared.offers.news();
            let found = shared.offers.find(&task.r#type, task.task_type_version, only);
            let (why, is_over) = match found {
                Found::Here { place, category, offer } => {
                    return Ok(Way::Connector { place, category, offer });
                }
                Found::Nowhere if only.is_none() && task.target.is_some() => return Ok(Way::Otherwise),
                Found::NotYet if only.is_none() && task.target.is_some() && is_past(since, patience) => {
                    return Ok(Way::Otherwise);
                }
                Found::OtherVersions(versions) => (self.other_versions(task, &versions), true),
                Found::NotYet => {
                    (format!("connectors have not said yet whether one runs `{}`", task.r#type), false)
                }
                Found::Nowhere => (format!("no connector runs tasks of type `{}` now", task.r#type), false),
            };
            if is_over || is_past(since, patience) {
                return Err(Halt::Failed(not_found(&why)));
            }
            attempt.tell_waits(Waits { initializing: false, reason: why });
            tokio::select! {
                biased;
                halt = attempt.halted() => return Err(halt),
                () = news => {}
                () = tokio::time::sleep(SOON) => {}
            }
        }
    }

    fn other_versions(&self, task: &TaskTemplate, versions: &[i32]) -> String {
        let versions: Vec<_> = versions.iter().map(ToString::to_string).collect();
        format!(
            "the task is of type `{}`, version {}; connectors run version {} of it",
            task.r#type,
            task.task_type_version,
            versions.join(", ")
        )
    }

    fn remote(&self, place: usize, category: Category, request: CreateTaskRequest) -> Remote<'_> {
        Remote { service: &self.connectors.shared.services[place], category, request }
    }

    fn job<'a>(&self, remote: &'a Remote<'a>, attempt: &'a Attempt) -> Job<'a, Remote<'a>> {
        let settings = &self.connectors.shared.settings;
        let pace = Pace { first: settings.first_look, longest: settings.longest_look };
        Job { api: remote, attempt, pace, patience: settings.patience }
    }

    async fn by_connector(
        &self,
        attempt: &Attempt,
        task: &TaskTemplate,
        place: usize,
        category: Category,
        offer: Offer,
    ) -> Step<AttemptSeen> {
        let request = request::of(attempt, task).await?;
        let remote = self.remote(place, category, request);
        let job = self.job(&remote, attempt);
        if !offer.is_sync {
            return job.run(task).await;
        }
        attempt.tell(AttemptSeen::Running { since: clock::now() });
        job.at_once(task, || remote.execute()).await
    }
}

fn not_found(why: &str) -> Failure {
    let message =
        format!("{why}; see which connectors `connectors` names, whether they run, and what they offer");
    Failure::permanent("ConnectorNotFound", message)
}

fn is_past(since: Timestamp, patience: Duration) -> bool {
    u128::try_from(clock::now().0.saturating_sub(since.0)).unwrap_or_default() >= patience.as_nanos()
}

/// Whether a plugin of the drivers' own is for a task type.
fn is_native(task_type: &str) -> bool {
    static TYPES: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| registry().iter().flat_map(|plugin| plugin.task_types().to_vec()).collect());
    TYPES.contains(&task_type)
}

/// One attempt at one connector.
pub(super) struct Remote<'a> {
    service: &'a Service,
    category: Category,
    request: CreateTaskRequest,
}

impl Remote<'_> {
    /// The whole work in one call.
    pub(super) async fn execute(&self) -> Result<Resource, CallError> {
        let mut request = self.request.clone();
        let inputs = request.inputs.take().unwrap_or_default();
        let header = aileron_idl::admin::CreateRequestHeader {
            template: request.template,
            output_prefix: request.output_prefix,
            task_execution_metadata: request.task_execution_metadata,
            max_dataset_size_bytes: 0,
        };
        let (told, outputs) = self.service.execute(header, inputs).await?;
        let resource = resource::read(self.service.name(), told)?;
        match resource.phase {
            Phase::Succeeded(own) => Ok(Resource { phase: Phase::Succeeded(own.or(outputs)), ..resource }),
            Phase::Failed(_) => Ok(resource),
            Phase::Queued | Phase::Initializing | Phase::Running => {
                let what = "ends a call that does the whole work while the work is not done";
                Err(super::answer::nonsense(self.service.name(), what))
            }
        }
    }
}

impl WebApi for Remote<'_> {
    fn plugin(&self) -> &str {
        PLUGIN
    }

    fn service(&self) -> &str {
        self.service.name()
    }

    fn limits(&self) -> &Limits {
        &self.service.limits
    }

    fn create(&self) -> BoxFuture<'_, Result<Vec<u8>, CallError>> {
        self.service.create(&self.request).boxed()
    }

    fn get<'a>(&'a self, meta: &'a [u8]) -> BoxFuture<'a, Result<Resource, CallError>> {
        async move {
            let told = self.service.get(&self.category, meta, &self.request.output_prefix).await?;
            resource::read(self.service.name(), told)
        }
        .boxed()
    }

    fn delete<'a>(&'a self, meta: &'a [u8]) -> BoxFuture<'a, Result<(), CallError>> {
        self.service.delete(&self.category, meta).boxed()
    }
}
