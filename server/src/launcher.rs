//! The outbox: executions whose rows are written are handed to the executor, at least once.
//!
//! Each is claimed for this data plane before it is handed over, and stays with it: servers that share a
//! database share the work, and none starts what another has.
//!
//! It is rung when there is work and looks by itself every few seconds. What fails is tried again later,
//! each time twice as late; what is refused for good fails the execution.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aileron_crd::{
    API_VERSION, ExecutionConfig, ExecutionId, FlyteWorkflow, KIND, Metadata, RawOutputDataConfig,
    SecurityContext, TaskPluginImpl, TaskResourceSpec, TaskResources, WorkflowMeta,
};
use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::{self, ExecutionSpec, PluginOverride, TaskResourceAttributes};
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{ExecutionError, ResourceType, execution_error::ErrorKind};
use aileron_telemetry::{TraceParent, span};
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::clock;
use crate::events::Phase as _;
use crate::executor::HandoverError;
use crate::notifications;
use crate::server::{App, LAUNCHER_PERIOD};
use crate::service::attributes::Matched;
use crate::service::time_limits;
use crate::settings::Settings;
use crate::store::StoreError;
use crate::store::attributes::Place;
use crate::store::executions;
use crate::store::outbox::{self, Due, Handover};

/// Executions taken from the store at once.
const BATCH: u32 = 64;
/// Executions handed over at the same time.
const AT_ONCE: usize = 8;
/// How long other launchers leave alone what one has claimed.
const CLAIM: Duration = Duration::from_secs(30);
/// Longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Numbers that executions are spread over, for controllers that share the work.
const SHARDS: u32 = 32;

/// Hands over until told to stop.
pub(crate) async fn run(app: &Arc<App>, stop: CancellationToken) {
    loop {
        let wait = round(app).await.unwrap_or_else(|error| {
            tracing::error!(%error, "failed to look for executions to hand over");
            LAUNCHER_PERIOD
        });
        tokio::select! {
            () = app.wake_launcher.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Hands over one batch; answers when to look again.
async fn round(app: &Arc<App>) -> Result<Duration, StoreError> {
    let now = clock::now();
    if !outbox::any_due(app.store.readers(), &app.data_plane, &now).await? {
        return Ok(LAUNCHER_PERIOD);
    }
    let (plane, until) = (app.data_plane.clone(), clock::later(&now, CLAIM));
    let claim = app
        .store
        .write(move |db| Box::pin(async move { outbox::claim(db, &plane, &now, &until, BATCH).await }));
    let due = claim.await?;
    let idle = if due.len() == BATCH as usize { Duration::ZERO } else { LAUNCHER_PERIOD };
    let handed_over = stream::iter(due).map(|due| {
        let span = span_of(&due);
        hand_over(app, due).instrument(span)
    });
    let chunks = handed_over.buffer_unordered(AT_ONCE).ready_chunks(BATCH as usize);
    Ok(chunks.fold(idle, async |soonest, chunk| soonest.min(note(app, chunk).await)).await)
}

/// The hand-over, as a part of the launch.
fn span_of(due: &Due) -> Span {
    let span = span!("hand_over", exec.id = %due.id, handover = ?due.handover);
    if let Some(parent) = TraceParent::parse(&due.trace_parent) {
        parent.adopt(&span);
    }
    span
}

/// An execution and what its hand-over came to.
type HandedOver = (Due, Result<(), HandoverError>);

/// Hands over one execution.
async fn hand_over(app: &Arc<App>, due: Due) -> HandedOver {
    let result = match due.handover {
        Handover::Start | Handover::StartThenAbort => start(app, &due).await,
        Handover::Abort => app.executor.abort(ExecutionId::from(&due.id), due.abort_cause.clone()).await,
        Handover::Done => Ok(()),
    };
    (due, result)
}

/// Notes hand-overs, those that went well together; answers when to look again.
async fn note(app: &Arc<App>, handed_over: Vec<HandedOver>) -> Duration {
    let mut soonest = LAUNCHER_PERIOD;
    let mut done = Vec::with_capacity(handed_over.len());
    for (due, result) in handed_over {
        let id = due.id.clone();
        let noted = match result {
            Ok(()) => {
                done.push(due);
                continue;
            }
            Err(HandoverError::Unavailable(cause)) => {
                let wait = Duration::from_secs(1 << due.attempts.min(5)).min(LONGEST_WAIT);
                tracing::warn!(exec.id = %id, cause, ?wait, "the execution is handed over later");
                soonest = soonest.min(wait);
                postpone(app, due, wait).await
            }
            Err(HandoverError::Refused { code, message }) => fail(app, &due, code, message).await,
        };
        if let Err(error) = noted {
            tracing::error!(exec.id = %id, %error, "failed to note the hand-over; it will be repeated");
        }
    }
    if let Err(error) = settle(app, done).await {
        tracing::error!(%error, "failed to note hand-overs; they will be repeated");
    }
    soonest
}

/// Starts an execution with the attributes of this moment.
async fn start(app: &App, due: &Due) -> Result<(), HandoverError> {
    let (project, domain) = (due.id.project.clone(), due.id.domain.clone());
    // What the server made around a task has no attributes of its own.
    let workflow = if is_single_task(due) { String::new() } else { due.workflow.name.clone() };
    let matched = app.matched(&Place { project, domain, workflow }).await;
    let matched = matched.map_err(|error| HandoverError::Unavailable(error.full_text()))?;
    app.executor.start(object(due, &matched, &app.settings)).await
}

fn is_single_task(due: &Due) -> bool {
    due.spec.launch_plan.as_ref().is_some_and(|target| target.resource_type() == ResourceType::Task)
}

async fn settle(app: &App, done: Vec<Due>) -> Result<(), StoreError> {
    if done.is_empty() {
        return Ok(());
    }
    let aborting_next = done.iter().any(|due| due.handover != Handover::Abort);
    app.store.write(move |db| Box::pin(async move { outbox::settle(db, &done).await })).await?;
    if aborting_next {
        app.wake_launcher.notify_one();
    }
    Ok(())
}

async fn postpone(app: &App, due: Due, wait: Duration) -> Result<(), StoreError> {
    let after = clock::later(&clock::now(), wait);
    app.store.write(move |db| Box::pin(async move { outbox::postpone(db, &due, &after).await })).await
}

/// Ends an execution that no data plane will take.
async fn fail(app: &App, due: &Due, code: String, message: String) -> Result<(), StoreError> {
    let id = due.id.clone();
    let now = Some(clock::now());
    let error = ExecutionError {
        code,
        message,
        kind: ErrorKind::System as i32,
        timestamp: now,
        ..Default::default()
    };
    app.store
        .write(move |db| {
            Box::pin(async move {
                executions::lock(db, [&id]).await?;
                let Some(mut row) = executions::find(&mut *db, &id).await? else { return Ok(()) };
                row.handover = Handover::Done;
                if !row.closure.phase().is_terminal() {
                    row.closure.set_phase(Phase::Failed);
                    row.closure.output_result = Some(OutputResult::Error(error));
                    row.closure.updated_at = now;
                    notifications::keep(db, &row).await?;
                }
                executions::update(db, &row).await
            })
        })
        .await?;
    app.metrics.execution_entered(Phase::Failed);
    app.caches.executions.remove(&due.id);
    app.executions_changed.ring(due.id.clone());
    app.wake_notifier.notify_one();
    Ok(())
}

/// The object that the data plane gets: closure and inputs by reference, settings by value.
fn object(due: &Due, matched: &Matched, settings: &Settings) -> FlyteWorkflow {
    let spec = &due.spec;
    let raw_output = spec.raw_output_data_config.clone().unwrap_or_default();
    // It was read when the execution was accepted.
    let timeout =
        time_limits::timeout(spec, settings.execution_timeout).unwrap_or(settings.execution_timeout);
    FlyteWorkflow {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        metadata: metadata(due),
        execution_id: ExecutionId::from(&due.id),
        workflow_closure_reference: due.closure_uri.clone(),
        offloaded_inputs: due.inputs_uri.clone(),
        accepted_at: clock::text(&due.closure.created_at.unwrap_or_default()),
        execution_config: ExecutionConfig {
            max_parallelism: u32::try_from(spec.max_parallelism).unwrap_or_default(),
            interruptible: spec.interruptible,
            overwrite_cache: spec.overwrite_cache,
            environment_variables: environment(due),
            task_resources: task_resources(matched.task_resources().unwrap_or(&settings.task_resources)),
            task_plugin_impls: plugins(matched),
            queue_tags: matched.queue_tags().to_vec(),
            recovery_execution: recovery(spec),
            queueing_budget_seconds: time_limits::seconds(time_limits::queueing_budget(spec)),
            timeout_seconds: time_limits::seconds(timeout),
            nesting_level: spec.metadata.as_ref().map_or(0, |metadata| metadata.nesting),
        },
        raw_output_data_config: RawOutputDataConfig {
            output_location_prefix: raw_output.output_location_prefix,
        },
        workflow_meta: Some(WorkflowMeta::TODAY),
        service_account_name: service_account(spec),
        security_context: spec.security_context.as_ref().map(SecurityContext::from).unwrap_or_default(),
        ..FlyteWorkflow::default()
    }
}

/// The service account that tasks run as, when one is asked for.
fn service_account(spec: &ExecutionSpec) -> String {
    let identity = spec.security_context.as_ref().and_then(|context| context.run_as.as_ref());
    identity.map(|identity| identity.k8s_service_account.clone()).unwrap_or_default()
}

/// The execution whose succeeded nodes are taken over, if there is one.
fn recovery(spec: &ExecutionSpec) -> Option<ExecutionId> {
    let metadata = spec.metadata.as_ref()?;
    let recovers = metadata.mode() == ExecutionMode::Recovered;
    metadata.reference_execution.as_ref().filter(|_| recovers).map(ExecutionId::from)
}

fn task_resources(resources: &TaskResourceAttributes) -> TaskResources {
    let quantity = |text: &str| if text.is_empty() { "0".to_owned() } else { text.to_owned() };
    let spec = |spec: Option<&admin::TaskResourceSpec>| {
        let spec = spec.cloned().unwrap_or_default();
        TaskResourceSpec {
            cpu: quantity(&spec.cpu),
            memory: quantity(&spec.memory),
            ephemeral_storage: quantity(&spec.ephemeral_storage),
            storage: quantity(&spec.storage),
            gpu: quantity(&spec.gpu),
        }
    };
    TaskResources { requests: spec(resources.defaults.as_ref()), limits: spec(resources.limits.as_ref()) }
}

fn plugins(matched: &Matched) -> BTreeMap<String, TaskPluginImpl> {
    let overrides = matched.plugin_overrides().into_iter().flat_map(|overrides| &overrides.overrides);
    let plugin = |one: &PluginOverride| {
        let plugin = TaskPluginImpl {
            plugin_ids: one.plugin_id.clone(),
            missing_plugin_behavior: one.missing_plugin_behavior,
        };
        (one.task_type.clone(), plugin)
    };
    overrides.map(plugin).collect()
}

fn environment(due: &Due) -> aileron_crd::EnvironmentVariables {
    let pairs = due.spec.envs.iter().flat_map(|envs| &envs.values);
    pairs.map(|pair| (pair.key.clone(), pair.value.clone())).collect()
}

fn metadata(due: &Due) -> Metadata {
    let own = [
        ("execution-id", due.id.name.clone()),
        ("project", due.id.project.clone()),
        ("domain", due.id.domain.clone()),
        ("workflow-name", label(&due.workflow.name)),
        ("shard-key", (fnv1a(&due.id.name) % SHARDS).to_string()),
    ];
    let mut labels: BTreeMap<_, _> = own.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    labels.extend(due.spec.labels.clone().unwrap_or_default().values);
    Metadata {
        name: due.id.name.clone(),
        namespace: namespace(&due.id.project, &due.id.domain),
        labels,
        annotations: annotations(due),
    }
}

/// The execution's own, and which trace it goes on with.
fn annotations(due: &Due) -> BTreeMap<String, String> {
    let mut annotations = due.spec.annotations.clone().unwrap_or_default().values;
    if let Some(trace) = TraceParent::current() {
        annotations.insert(TraceParent::NAME.to_owned(), trace.to_string());
    }
    annotations
}

/// `PROJECT-DOMAIN`: where an execution's objects live.
pub(crate) fn namespace(project: &str, domain: &str) -> String {
    format!("{project}-{domain}")
}

/// A name as a label: lower case, other letters become `-`, 63 at most.
fn label(name: &str) -> String {
    let letters = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    letters.take(63).collect::<String>().trim_matches('-').to_owned()
}

fn fnv1a(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, labels and shards as recorded from Flyte v1.16.8.
    #[test]
    fn labels_are_flytes() {
        assert_eq!(label("programs.two_tasks"), "programs-two-tasks");
        assert_eq!(fnv1a("aqzcpcv9fg8hm8skpwgx") % SHARDS, 18);
        assert_eq!(fnv1a("aj2xdxnxznp96d59vgfs") % SHARDS, 21);
    }
}
