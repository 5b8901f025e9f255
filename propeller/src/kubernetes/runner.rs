//! Running tasks as objects: build, create, watch, read what they left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aileron_engine::{AttemptSeen, ErrorKind, Failure, Timestamp};
use aileron_idl::core::task_template::Target;
use aileron_idl::core::{LiteralMap, TaskLog, TaskTemplate};
use futures::FutureExt;
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::PodTemplate;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, PostParams};
use kube::{Client, ResourceExt};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::NET;
use super::answer::{self, Meaning, PAUSE};
use super::journal::Checkpoints;
use super::objects::{Key, Known, Objects, Waiter};
use super::seen::Seen;
use crate::container::objects::ObjectAccess;
use crate::container::template::Values;
use crate::plugins::config::Config;
use crate::plugins::logs::{self, LogView};
use crate::plugins::stuck::stuck;
use crate::plugins::{ExecutionView, Link, Phase, Plugin, Report, TaskView, object_name, plugin_of};
use crate::run::{Attempt, Facts, Halt, RunId, Step, TaskOutcome, TaskRunner, Waits};
use crate::{clock, told};

/// How long an object of an earlier execution of the same name is waited for to go.
const PREDECESSOR: Duration = Duration::from_secs(60);

/// How many requests about objects are at the API server at once.
pub(super) const REQUESTS: usize = 64;

/// Runs tasks as objects of Kubernetes.
pub(super) struct ObjectRunner {
    pub(super) client: Client,
    pub(super) config: Config,
    pub(super) plugins: Vec<Box<dyn Plugin>>,
    pub(super) objects: Objects,
    /// By what tasks reach what is stored.
    pub(super) access: ObjectAccess,
    /// What is kept of runs.
    pub(super) checkpoints: Arc<Checkpoints>,
    /// Where and by which labels objects are watched.
    pub(super) watched: Watched,
    /// How many requests about objects may be at the API server at once. Whoever waits here waits for it.
    pub(super) requests: Semaphore,
    /// What runs are known by in the cluster.
    pub(super) owners: Mutex<HashMap<RunId, Owner>>,
}

/// What is watched of a kind of objects.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) namespace: Option<String>,
    pub(super) labels: String,
}

/// Whom the objects of a run belong to.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) reference: OwnerReference,
    pub(super) service_account: Option<String>,
}

/// One attempt and its object.
struct ObjectAttempt<'a> {
    runner: &'a ObjectRunner,
    attempt: &'a Attempt,
    plugin: &'a dyn Plugin,
    resource: ApiResource,
    api: Api<Seen>,
    key: Key,
    /// What was last told of its waiting.
    told: Mutex<Option<Waits>>,
}

impl TaskRunner for ObjectRunner {
    fn run<'a>(&'a self, attempt: &'a Attempt, task: &'a TaskTemplate) -> BoxFuture<'a, Step<AttemptSeen>> {
        async move { self.object_of(attempt, &task.r#type).run(task).await }.boxed()
    }

    fn end<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()> {
        async move {
            self.object_of(attempt, attempt.task_type()).delete().await;
        }
        .boxed()
    }

    /// Whoever goes on after a crash finds how the attempt ended in its object, as long as that is not kept.
    fn tidy<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()> {
        let until_kept = async move {
            attempt.persisted().await;
            self.checkpoints.until_kept(attempt.run.id).await;
        };
        async move {
            if !self.config.delete_resource_on_finalize {
                return;
            }
            tokio::select! {
                biased;
                () = attempt.host.stop.cancelled() => {}
                () = until_kept => self.object_of(attempt, attempt.task_type()).delete().await,
            }
        }
        .boxed()
    }
}

impl ObjectRunner {
    /// The kinds of objects that tasks run as.
    pub(super) fn kinds(&self) -> Vec<ApiResource> {
        let mut kinds: Vec<_> = self.plugins.iter().map(|plugin| plugin.resource()).collect();
        kinds.dedup();
        kinds
    }

    fn object_of<'a>(&'a self, attempt: &'a Attempt, r#type: &str) -> ObjectAttempt<'a> {
        let plugin = plugin_of(&self.plugins, r#type);
        let resource: ApiResource = plugin.resource();
        let namespace = attempt.run.workflow.metadata.namespace.clone();
        let api = Api::namespaced_with(self.client.clone(), &namespace, &resource);
        let name = attempt.run.paths.generated_name(&attempt.place, attempt.number);
        let name = object_name(&name, plugin.name_limit());
        let key = Key { kind: resource.plural.clone(), namespace, name };
        ObjectAttempt { runner: self, attempt, plugin, resource, api, key, told: Mutex::default() }
    }

    fn owner(&self, run: RunId) -> Option<Owner> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(&run).cloned()
    }
}

impl ObjectAttempt<'_> {
    async fn run(&self, task: &TaskTemplate) -> Step<AttemptSeen> {
        let mut waiter = self.runner.objects.wait(self.key.clone());
        let mut seen = self.make(task).await?;
        waiter.is_made();
        self.watch();
        let (mut running, mut heard) = (None, Instant::now());
        loop {
            let report = self.plugin.observe(&seen, &self.runner.config, clock::now());
            let report = self.unless_stuck(report).await?;
            self.tell_of(&report, self.logs(task, &seen), &mut running);
            match report.phase {
                Phase::Succeeded { since, at } => {
                    return self.attempt.conclude(task, (since, at), TaskOutcome::Well).await;
                }
                Phase::Failed { since, at, failure, clean_up } => {
                    if clean_up {
                        self.delete().await;
                    }
                    let ended = TaskOutcome::Badly(failure);
                    return self.attempt.conclude(task, (since.unwrap_or(at), at), ended).await;
                }
                Phase::Queued | Phase::Initializing | Phase::Running { .. } => {}
            }
            match self.next(&mut waiter, report.look_again, heard).await? {
                Next::Object(object) => (seen, heard) = (object, Instant::now()),
                Next::Again => {}
                Next::Gone => return Ok(self.deleted(running)),
            }
        }
    }

    /// Watches the kind from the first object on: one whose operator is not there has none, and no watch fails over and
    /// over.
    fn watch(&self) {
        if !self.runner.objects.is_new(&self.resource) {
            return;
        }
        let (objects, client) = (self.runner.objects.clone(), self.runner.client.clone());
        let Watched { namespace, labels } = self.runner.watched.clone();
        let host = &self.attempt.host;
        host.tasks.spawn(objects.watch(client, self.resource.clone(), namespace, labels, host.stop.clone()));
    }

    /// Looks at the pods of an operator's object that does not run yet: operators do not say that one never will.
    async fn unless_stuck(&self, report: Report) -> Step<Report> {
        let labels = match report.phase {
            Phase::Queued | Phase::Initializing => self.plugin.pods(&self.key.name),
            _ => None,
        };
        let Some(labels) = labels else { return Ok(report) };
        let pods: Api<Seen> = Api::namespaced_with(
            self.runner.client.clone(),
            &self.key.namespace,
            &ApiResource::erase::<k8s_openapi::api::core::v1::Pod>(&()),
        );
        let pods = match self.request(pods.list(&ListParams::default().labels(&labels))).await {
            Ok(list) => list.items,
            // It is looked again soon; until then the object's own status counts.
            Err(error) => {
                tracing::warn!(name = self.key.name, error = told(&error), "pods of an object are not seen");
                Vec::new()
            }
        };
        Ok(stuck(report, pods.iter().map(|pod| &**pod), &self.runner.config, clock::now()))
    }

    /// Makes the object. What it is made of is large, and is not kept while it runs.
    async fn make(&self, task: &TaskTemplate) -> Step<Arc<Seen>> {
        let inputs = self.attempt.inputs().await?;
        let object = self.build(task, &inputs).await?;
        self.create(&Seen::whole(object)).await
    }

    async fn build(&self, task: &TaskTemplate, inputs: &LiteralMap) -> Step<DynamicObject> {
        let attempt = self.attempt;
        let mut names = attempt.substitutes(task, texts(task).iter()).await?;
        names.generated_name = object_name(&names.generated_name, self.plugin.name_limit());
        let template = self.pod_template(task).await?;
        let workflow = &attempt.run.workflow;
        let owner = self.runner.owner(attempt.run.id).ok_or(Halt::Stopping)?;
        let objects = self.runner.access.of(&workflow.execution_id);
        let execution = ExecutionView {
            owner: owner.reference,
            labels: &workflow.metadata.labels,
            annotations: &workflow.metadata.annotations,
            resources: &workflow.execution_config.task_resources,
            environment: &workflow.execution_config.environment_variables,
            objects: &objects,
            service_account: owner.service_account.as_deref(),
        };
        let view = TaskView {
            task,
            overrides: attempt.overrides.as_deref(),
            values: Values { names: &names, inputs },
            identity: attempt.identity(task),
            node_id: &attempt.node_id,
            execution: &execution,
            interruptible: attempt.interruptible,
            pod_template: template.as_ref(),
            config: &self.runner.config,
        };
        self.plugin.build(&view).map_err(|error| Halt::Failed(error.into()))
    }

    /// The pod template that the task names, or the platform's.
    async fn pod_template(&self, task: &TaskTemplate) -> Step<Option<PodTemplate>> {
        let named = task.metadata.as_ref().map(|metadata| metadata.pod_template_name.as_str());
        let named = named.filter(|name| !name.is_empty());
        let default = Some(self.runner.config.default_pod_template_name.as_str());
        let Some(name) = named.or(default.filter(|name| !name.is_empty())) else { return Ok(None) };
        let api: Api<PodTemplate> = Api::namespaced(self.runner.client.clone(), &self.key.namespace);
        let mut pause = PAUSE.0;
        loop {
            match api.get_opt(name).await {
                Ok(None) if named.is_some() => {
                    let message = format!(
                        "the task names the pod template `{name}`, which is not in namespace {}",
                        self.key.namespace
                    );
                    let failure = Failure::permanent("BadTaskDefinition", message);
                    return Err(Halt::Failed(Failure { kind: ErrorKind::User, ..failure }));
                }
                Ok(found) => return Ok(found),
                Err(error) => {
                    let reason = format!("the pod template `{name}` cannot be read: {}", told(&error));
                    pause = self.wait_and_tell(pause, reason).await?;
                }
            }
        }
    }

    /// Makes the object exist, or says why it never will; the object as the API server has it.
    async fn create(&self, object: &Seen) -> Step<Arc<Seen>> {
        let params =
            PostParams { field_manager: Some(super::FIELD_MANAGER.to_owned()), ..Default::default() };
        let mut pause = None;
        let mut waited = Duration::ZERO;
        loop {
            let created = self.request(self.api.create(&params, object)).await;
            let error = match created {
                Ok(made) => return Ok(Arc::new(made)),
                Err(error) => error,
            };
            let (first, reason) = match answer::of_creation(&error, &self.resource) {
                Meaning::Never(failure) => return Err(Halt::Failed(failure)),
                Meaning::Later { pause, reason } => (pause, reason),
                Meaning::Exists => match self.request(self.api.get_opt(&self.key.name)).await {
                    Ok(Some(found)) if self.is_ours(&found) => return Ok(Arc::new(found)),
                    Ok(Some(found)) if is_foreign(&found) || waited >= PREDECESSOR => {
                        return Err(Halt::Failed(self.taken(&found)));
                    }
                    Ok(Some(_)) => {
                        (PAUSE.0, "an object of an earlier execution of this name goes".to_owned())
                    }
                    Ok(None) => continue,
                    Err(error) => (PAUSE.0, told(&error)),
                },
            };
            let now = pause.unwrap_or(first);
            waited += now;
            pause = Some(self.wait_and_tell(now, reason).await?);
        }
    }

    /// Makes a request in its turn.
    async fn request<T>(&self, request: impl Future<Output = T>) -> T {
        let _turn = self.runner.requests.acquire().await;
        request.await
    }

    fn is_ours(&self, found: &Seen) -> bool {
        let owner = self.runner.owner(self.attempt.run.id);
        owner.is_some_and(|owner| {
            found.owner_references().iter().any(|found| found.uid == owner.reference.uid)
        })
    }

    fn taken(&self, found: &Seen) -> Failure {
        let Key { kind, namespace, name } = &self.key;
        let message = format!(
            "{kind} `{name}` in namespace {namespace} is there already and belongs to someone else ({}); delete it, \
             and relaunch the execution",
            found
                .labels()
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        Failure::permanent("ObjectNameTaken", message)
    }

    async fn next(&self, waiter: &mut Waiter, look_again: Option<Timestamp>, heard: Instant) -> Step<Next> {
        let due = async {
            match look_again {
                Some(at) => tokio::time::sleep(clock::until(at)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            halt = self.attempt.halted() => Err(self.halted(halt).await),
            known = waiter.next() => match known {
                Known::Object(object) => Ok(Next::Object(object)),
                Known::Gone => self.look().await,
                Known::Nothing => Ok(Next::Again),
            },
            () = tokio::time::sleep_until(heard + NET) => self.look().await,
            () = due => Ok(Next::Again),
        }
    }

    /// Asks the API server itself.
    async fn look(&self) -> Step<Next> {
        let mut pause = PAUSE.0;
        loop {
            match self.request(self.api.get_opt(&self.key.name)).await {
                Ok(Some(found)) if self.is_ours(&found) => return Ok(Next::Object(Arc::new(found))),
                Ok(_) => return Ok(Next::Gone),
                Err(error) => pause = self.wait_and_tell(pause, told(&error)).await?,
            }
        }
    }

    fn deleted(&self, since: Option<Timestamp>) -> AttemptSeen {
        let Key { kind, namespace, name } = &self.key;
        let message =
            format!("{kind} `{name}` in namespace {namespace} was deleted by someone else before it ended");
        let failure = Failure::system("ResourceDeletedExternally", message);
        AttemptSeen::Failed { since, at: clock::now(), failure }
    }

    /// An attempt that is to end leaves no object; a driver that stops leaves it as it is.
    async fn halted(&self, halt: Halt) -> Halt {
        if matches!(halt, Halt::Killed) {
            self.delete().await;
        }
        halt
    }

    /// Deletes the object, however long the API server does not answer; the driver's stop ends that.
    async fn delete(&self) {
        let mut pause = PAUSE.0;
        loop {
            match self.request(self.api.delete(&self.key.name, &DeleteParams::background())).await {
                Ok(_) => return,
                Err(error) if answer::is_gone(&error) => return,
                Err(error) => {
                    let name = &self.key.name;
                    tracing::warn!(
                        name,
                        error = told(&error),
                        ?pause,
                        "an object is not deleted; it is tried again"
                    );
                }
            }
            tokio::select! {
                () = self.attempt.host.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            }
        }
    }

    /// Where the platform keeps the object's logs.
    fn logs(&self, task: &TaskTemplate, object: &DynamicObject) -> Vec<TaskLog> {
        let view = LogView {
            object,
            is_pod: self.resource.kind == "Pod",
            identity: self.attempt.identity(task),
            node_id: &self.attempt.place.unique_id,
            namespace: &self.key.namespace,
            generated_name: &self.attempt.run.paths.generated_name(&self.attempt.place, self.attempt.number),
            config: &task.config,
        };
        logs::links(&self.runner.config.logs, &view)
    }

    fn tell_of(&self, report: &Report, logs: Vec<TaskLog>, running: &mut Option<Timestamp>) {
        if !report.links.is_empty() || !report.info.is_empty() || !logs.is_empty() {
            self.attempt.tell_facts(facts(report, logs));
        }
        match report.phase {
            Phase::Running { since } if running.is_none() => {
                *running = Some(since);
                self.attempt.tell(AttemptSeen::Running { since });
            }
            Phase::Queued if !report.reason.is_empty() => self.tell_waits(false, &report.reason),
            Phase::Initializing => self.tell_waits(true, &report.reason),
            _ => {}
        }
    }

    fn tell_waits(&self, initializing: bool, reason: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = Waits { initializing, reason: reason.to_owned() };
        if told.as_ref() != Some(&waits) {
            self.attempt.tell_waits(waits.clone());
            *told = Some(waits);
        }
    }

    async fn wait_and_tell(&self, pause: Duration, reason: String) -> Step<Duration> {
        self.tell_waits(false, &reason);
        tokio::select! {
            biased;
            halt = self.attempt.halted() => Err(self.halted(halt).await),
            () = tokio::time::sleep(pause) => Ok((pause * 2).min(PAUSE.1)),
        }
    }
}

/// What was waited for.
enum Next {
    Object(Arc<Seen>),
    Again,
    Gone,
}

/// What a report says beside the phase.
fn facts(report: &Report, logs: Vec<TaskLog>) -> Facts {
    let link = |link: &Link| TaskLog { name: link.name.clone(), uri: link.uri.clone(), ..TaskLog::default() };
    Facts {
        plugin: String::new(),
        links: report.links.iter().map(link).chain(logs).collect(),
        info: (!report.info.is_empty()).then(|| aileron_idl::json::structure(&report.info)),
    }
}

/// Whether an object belongs to no execution at all, so that it will not go with one.
fn is_foreign(found: &Seen) -> bool {
    let of_workflow = |kind: &str| kind.eq_ignore_ascii_case(aileron_crd::KIND);
    !found.owner_references().iter().any(|owner| of_workflow(&owner.kind))
}

/// All texts of a task that may ask for something by a template variable.
fn texts(task: &TaskTemplate) -> Vec<String> {
    match &task.target {
        Some(Target::Container(container)) => {
            container.command.iter().chain(&container.args).cloned().collect()
        }
        // Of a pod any text may; looking at all of it is no more work than finding its commands.
        Some(Target::K8sPod(pod)) => pod.pod_spec.iter().map(|spec| format!("{spec:?}")).collect(),
        _ => Vec::new(),
    }
}
