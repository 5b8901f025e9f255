//! The objects of tasks that an execution's object owns.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams};
use kube::{Client, ResourceExt};

use super::{answer, workflows};

/// Deletes all objects of these kinds that a workflow's object owns. The label alone would not tell: executions that
/// it launched have it too.
pub(super) async fn delete(
    client: &Client,
    kinds: Vec<ApiResource>,
    workflow: &DynamicObject,
) -> Result<(), kube::Error> {
    let namespace = workflow.namespace().unwrap_or_default();
    let own_name = workflow.name_any();
    let label = workflow.labels().get(workflows::EXECUTION).unwrap_or(&own_name);
    let of_execution = ListParams::default().labels(&format!("{}={label}", workflows::EXECUTION));
    let uid = workflow.uid().unwrap_or_default();
    for kind in kinds {
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &namespace, &kind);
        let found = match api.list_metadata(&of_execution).await {
            Ok(found) => found.items,
            // A cluster without this kind has no object of it.
            Err(error) if answer::is_gone(&error) => continue,
            Err(error) => return Err(error),
        };
        let is_owned = |references: &[OwnerReference]| references.iter().any(|owner| owner.uid == uid);
        for object in found.iter().filter(|object| is_owned(object.owner_references())) {
            match api.delete(&object.name_any(), &DeleteParams::background()).await {
                Err(error) if !answer::is_gone(&error) => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
