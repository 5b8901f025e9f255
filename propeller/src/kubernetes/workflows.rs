//! The `flyteworkflow` objects: reading one, and writing how far it is.

use aileron_compiler::START_NODE;
use aileron_crd::{FlyteWorkflow, Held, WorkflowPhase};
use aileron_engine::{Place, RunPhase};
use aileron_storage::{Storage, StorageError};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::checkpoint::{Checkpoint, Ledger, Progress, VERSION};
use crate::clock;
use crate::paths::Paths;

/// Keeps an object until its run has ended. It is Flyte's, so that either propeller finishes what the other began.
pub(super) const FINALIZER: &str = "flyte.org/finalizer";
/// Labels of an object whose run has ended: that it has, and in which hour.
pub(super) const TERMINATED: (&str, &str) = ("termination-status", "terminated");
pub(super) const COMPLETED: &str = "completed-time";
/// The label by which pods and runs find each other.
pub(super) const EXECUTION: &str = "execution-id";
/// Longest message in a status.
const MESSAGE: usize = 1024;

/// Why an object cannot be run.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObjectError {
    /// It is no `flyteworkflow` that can be read.
    #[error("the object is no flyteworkflow that this version can read: {0}")]
    Shape(serde_json::Error),
    /// Its names do not fit.
    #[error("the object is named `{name}` in `{namespace}`, but is of execution `{execution}`")]
    Name {
        /// The object's name.
        name: String,
        /// Its namespace.
        namespace: String,
        /// What it says it is of.
        execution: String,
    },
    /// It was written by a later version.
    #[error(
        "the object's state was written by a later version of the propeller (form {found}; this one knows {VERSION}); \
         run that version, or delete the object"
    )]
    Future {
        /// Its form.
        found: u64,
    },
    /// Its state cannot be read.
    #[error("the state in the object's status cannot be read: {0}")]
    State(serde_json::Error),
    /// Its inputs cannot be read.
    #[error(transparent)]
    Inputs(#[from] aileron_crd::ReadError),
    /// It carries a state that does not say where it is.
    #[error("the object's status names neither a state nor where it lies")]
    NoState,
}

/// An object that can be run.
#[derive(Debug)]
pub(super) struct Readable {
    pub(super) workflow: FlyteWorkflow,
    pub(super) owner: OwnerReference,
    pub(super) service_account: Option<String>,
    pub(super) state: Kept,
    /// Who wrote that.
    pub(super) writer: Option<String>,
    pub(super) edition: Edition,
    pub(super) aborted: bool,
}

/// An object as it was when it was last seen. What is written over another edition is not written.
#[derive(Clone, Debug, Default)]
pub(super) struct Edition {
    version: Option<String>,
    finalizers: Vec<String>,
}

impl Edition {
    pub(super) fn of(object: &impl ResourceExt) -> Edition {
        Edition { version: object.resource_version(), finalizers: object.finalizers().to_vec() }
    }

    /// Whether the object stays until its run has ended.
    pub(super) fn is_held(&self) -> bool {
        self.finalizers.iter().any(|found| found == FINALIZER)
    }

    /// Metadata that lets the object go and says that its run has ended, if it is this edition still.
    fn released(&self) -> Value {
        let finalizers: Vec<_> = self.finalizers.iter().filter(|found| *found != FINALIZER).collect();
        let labels = json!({ TERMINATED.0: TERMINATED.1, COMPLETED: clock::hour(clock::now()) });
        json!({ "labels": labels, "finalizers": finalizers, "resourceVersion": self.version })
    }
}

/// The state that an object has.
#[derive(Debug)]
pub(super) enum Kept {
    /// None yet.
    None,
    /// This one.
    Here(Box<Ledger>),
    /// It lies in the object store.
    At(String),
}

/// The kind of the objects.
pub(super) fn resource() -> ApiResource {
    ApiResource {
        group: "flyte.lyft.com".to_owned(),
        version: "v1alpha1".to_owned(),
        api_version: aileron_crd::API_VERSION.to_owned(),
        kind: "FlyteWorkflow".to_owned(),
        plural: "flyteworkflows".to_owned(),
    }
}

/// The objects of a namespace.
pub(super) fn api(client: &Client, namespace: &str) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), namespace, &resource())
}

/// What an object says.
pub(super) fn read(object: &DynamicObject) -> Result<Readable, ObjectError> {
    let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
    let mut value = object.data.clone();
    value["apiVersion"] = aileron_crd::API_VERSION.into();
    value["kind"] = aileron_crd::KIND.into();
    value["metadata"] = json!({
        "name": name,
        "namespace": namespace,
        "labels": object.labels(),
        "annotations": object.annotations(),
    });
    let status = value["status"].take();
    let account = value["securityContext"]["run_as"]["k8s_service_account"].as_str().map(str::to_owned);
    let workflow: FlyteWorkflow = serde_json::from_value(value).map_err(ObjectError::Shape)?;
    let id = &workflow.execution_id;
    if id.name != name {
        return Err(ObjectError::Name { name, namespace, execution: id.name.clone() });
    }
    Ok(Readable {
        owner: OwnerReference {
            api_version: aileron_crd::API_VERSION.to_owned(),
            kind: aileron_crd::KIND.to_owned(),
            name,
            uid: object.uid().unwrap_or_default(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        },
        service_account: account.filter(|account| !account.is_empty()),
        state: state(&status)?,
        writer: writer_of(object),
        edition: Edition::of(object),
        aborted: object.metadata.deletion_timestamp.is_some(),
        workflow,
    })
}

fn state(status: &Value) -> Result<Kept, ObjectError> {
    let found = &status["checkpoint"];
    if found.is_null() {
        return Ok(Kept::None);
    }
    let version = found["version"].as_u64().unwrap_or_default();
    if version > u64::from(VERSION) {
        return Err(ObjectError::Future { found: version });
    }
    let checkpoint: Checkpoint = serde_json::from_value(found.clone()).map_err(ObjectError::State)?;
    match (checkpoint.state, checkpoint.state_uri) {
        (Some(text), _) => Ok(Kept::Here(Box::new(Ledger::unpacked(&text).map_err(ObjectError::State)?))),
        (None, Some(uri)) => Ok(Kept::At(uri)),
        (None, None) => Err(ObjectError::NoState),
    }
}

/// Puts the inputs that an object holds beside it, where every run has them.
pub(super) async fn put_inputs_beside(
    storage: &Storage,
    workflow: &mut FlyteWorkflow,
) -> Result<Result<(), ObjectError>, StorageError> {
    let inputs = match workflow.given_inputs() {
        Ok(Held::Here(inputs)) => inputs,
        Ok(Held::At(_)) => return Ok(Ok(())),
        Err(error) => return Ok(Err(error.into())),
    };
    let uri = Paths::new(storage, workflow).outputs(&Place::top(START_NODE), 0);
    storage.put_message(&uri, &inputs).await?;
    workflow.inputs = None;
    workflow.offloaded_inputs = uri;
    Ok(Ok(()))
}

/// Makes sure that an object stays until its run has ended; what it is then.
pub(super) async fn hold(client: &Client, object: &DynamicObject) -> Result<Edition, kube::Error> {
    let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
    let mut finalizers = object.finalizers().to_vec();
    finalizers.push(FINALIZER.to_owned());
    let version = object.resource_version();
    let patch = json!({ "metadata": { "finalizers": finalizers, "resourceVersion": version } });
    let held = api(client, &namespace).patch_metadata(&name, &params(), &Patch::Merge(&patch)).await?;
    Ok(Edition::of(&held))
}

/// Lets an object go whose run has ended, and says that it has.
pub(super) async fn release(client: &Client, namespace: &str, name: &str) -> Result<(), kube::Error> {
    let api = api(client, namespace);
    let Some(found) = api.get_metadata_opt(name).await? else { return Ok(()) };
    let patch = json!({ "metadata": Edition::of(&found).released() });
    api.patch_metadata(name, &params(), &Patch::Merge(&patch)).await.map(drop)
}

/// Writes a status over an edition; what the object is then. One of a run that `has_ended` lets the object go. The
/// definition has no sub-resource for it: Flyte's propeller writes objects whole.
pub(super) async fn write_status(
    client: &Client,
    (namespace, name): (&str, &str),
    edition: &Edition,
    status: &Value,
    has_ended: bool,
) -> Result<Edition, kube::Error> {
    let metadata = if has_ended { edition.released() } else { json!({ "resourceVersion": edition.version }) };
    let patch = json!({ "metadata": metadata, "status": status });
    let written = api(client, namespace).patch_metadata(name, &params(), &Patch::Merge(&patch)).await?;
    Ok(Edition::of(&written))
}

/// Who wrote the state that an object has, and what the object is now.
pub(super) async fn writer(
    client: &Client,
    namespace: &str,
    name: &str,
) -> Result<(Option<String>, Edition), kube::Error> {
    let object = api(client, namespace).get(name).await?;
    Ok((writer_of(&object), Edition::of(&object)))
}

fn writer_of(object: &DynamicObject) -> Option<String> {
    object.data["status"]["checkpoint"]["writer"].as_str().map(str::to_owned)
}

fn params() -> PatchParams {
    PatchParams { field_manager: Some(super::FIELD_MANAGER.to_owned()), ..PatchParams::default() }
}

/// How far a run is, for people and for whoever goes on with it.
pub(super) fn status(phase: &RunPhase, progress: Progress, checkpoint: &Checkpoint) -> Value {
    let mut status = json!({
        "phase": number(phase),
        "phaseName": name_of(number(phase)),
        "message": shortened(&line(phase, progress)),
        "defVersion": 1,
        "lastUpdatedAt": clock::text(clock::now()),
        "checkpoint": checkpoint,
    });
    if let RunPhase::Failed(failure) | RunPhase::Failing(failure) = phase {
        status["error"] = error(&failure.code, &failure.message, failure.kind.text());
    }
    if phase.is_terminal() {
        status["stoppedAt"] = clock::text(clock::now()).into();
    }
    status
}

/// The status of an object that cannot be run.
pub(super) fn refusal(why: &str) -> Value {
    json!({
        "phase": WorkflowPhase::Failed.number(),
        "phaseName": WorkflowPhase::Failed.name(),
        "message": shortened(why),
        "error": error("BadSpecificationError", why, "USER"),
        "stoppedAt": clock::text(clock::now()),
    })
}

fn error(code: &str, message: &str, kind: &str) -> Value {
    json!({ "code": code, "message": shortened(message), "kind": kind })
}

fn shortened(text: &str) -> String {
    text.chars().take(MESSAGE).collect()
}

fn line(phase: &RunPhase, Progress { done, live }: Progress) -> String {
    match phase {
        RunPhase::Failed(failure) | RunPhase::Failing(failure) => {
            format!("{}: {}", failure.code, failure.message)
        }
        RunPhase::Aborting(cause) | RunPhase::Aborted(cause) => format!("aborted: {cause}"),
        _ => format!("{done} nodes done, {live} under way"),
    }
}

fn name_of(number: u32) -> Option<&'static str> {
    WorkflowPhase::of(number.into()).map(WorkflowPhase::name)
}

/// Flyte's number of a phase.
fn number(phase: &RunPhase) -> u32 {
    match phase {
        RunPhase::Ready => 0,
        RunPhase::Running | RunPhase::Draining(_) => 1,
        RunPhase::Succeeded => 3,
        RunPhase::Failing(_) | RunPhase::Aborting(_) => 4,
        RunPhase::Failed(_) => 5,
        RunPhase::Aborted(_) => 6,
        RunPhase::HandlingFailure(_) => 7,
    }
}
