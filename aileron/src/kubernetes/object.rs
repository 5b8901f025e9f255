//! An execution as an object of the cluster.

use aileron_crd::{FINALIZER, FlyteWorkflow, GROUP, KIND, PLURAL, VERSION, write};
use aileron_idl::admin::WorkflowClosure;
use aileron_server::HandoverError;
use aileron_storage::{Storage, StorageError};
use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use serde_json::json;

/// Most bytes of a graph that lies in the object. A larger one stays beside it, so that no object comes near the
/// 1.5 MB at which a cluster refuses it. The inputs are beside it in any case: whoever runs it reads them there.
const INLINE_LIMIT: usize = 48 << 10;

/// The kind of the objects.
pub(super) fn kind() -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, KIND), PLURAL)
}

/// The object that is created: a small graph is in it, the rest is named.
pub(super) async fn make(
    storage: &Storage,
    mut workflow: FlyteWorkflow,
) -> Result<DynamicObject, HandoverError> {
    let closure: WorkflowClosure = read(storage, &workflow.workflow_closure_reference).await?;
    if let Some(closure) = &closure.compiled_workflow
        && prost::Message::encoded_len(closure) <= INLINE_LIMIT
    {
        let graph = write(closure).map_err(|error| bad(&error))?;
        let graph_size = graph.spec.to_string().len() + json!(graph.tasks).to_string().len();
        if graph_size <= INLINE_LIMIT {
            workflow.workflow_closure_reference.clear();
            workflow.spec = Some(graph.spec);
            workflow.tasks = Some(graph.tasks);
            workflow.sub_workflows = Some(graph.sub_workflows).filter(|others| !others.is_empty());
        }
    }
    let mut object = serde_json::to_value(&workflow).map_err(|error| bad(&error))?;
    object["metadata"]["finalizers"] = json!([FINALIZER]);
    object["status"] = json!({ "phase": 0 });
    serde_json::from_value(object).map_err(|error| bad(&error))
}

/// Whether two objects are of one execution.
pub(super) fn same_execution(one: &DynamicObject, other: &DynamicObject) -> bool {
    let id = |object: &DynamicObject| object.data.get("executionId").cloned();
    id(one).is_some() && id(one) == id(other)
}

async fn read<M: prost::Message + Default>(storage: &Storage, uri: &str) -> Result<M, HandoverError> {
    storage.get_message(uri).await.map_err(|error| match error {
        StorageError::Store { .. } => HandoverError::Unavailable(error.to_string()),
        error => bad(&error),
    })
}

fn bad(error: &dyn std::error::Error) -> HandoverError {
    HandoverError::Refused {
        code: "BadWorkflow".to_owned(),
        message: format!("the workflow cannot be written for the cluster: {error}"),
    }
}
