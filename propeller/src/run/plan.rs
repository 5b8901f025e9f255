//! Loading the plan of a run from the closure that its object refers to.

use std::sync::Arc;
use std::time::Duration;

use aileron_crd::{FlyteWorkflow, Held};
use aileron_engine::{Failure, Growth, Inside, Plan, PlanSettings};
use aileron_idl::admin::WorkflowClosure;
use aileron_storage::{Storage, StorageError};

use super::journal::{Grown, KeptInside};
use crate::told;

/// How often a failing store is asked again.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

/// Most items of one array that are launched at once: enough for the slots of any machine, and few enough
/// that the size of an array is no matter.
const ITEMS_AT_ONCE: u32 = 512;

/// The plan, grown to what it was; or why the run cannot go on.
pub(crate) async fn load(
    storage: &Storage,
    workflow: &FlyteWorkflow,
    grown: Vec<Grown>,
) -> Result<Plan, Failure> {
    let mut plan = begin(storage, workflow).await?;
    for Grown { node, attempt, inside } in grown {
        let inside = match inside {
            KeptInside::Items(size) => Inside::Items(size),
            KeptInside::Workflow(uri) => {
                let closure = read(storage, &uri).await.map_err(|error| refused(&uri, &told(&error)))?;
                Inside::Workflow(Arc::new(closure))
            }
        };
        let growth = Growth { node, attempt, inside };
        plan.grow(&growth).map_err(|error| refused(&workflow.workflow_closure_reference, &told(&error)))?;
    }
    Ok(plan)
}

async fn begin(storage: &Storage, workflow: &FlyteWorkflow) -> Result<Plan, Failure> {
    let uri = &workflow.workflow_closure_reference;
    let compiled = match workflow.graph().map_err(|error| refused(uri, &told(&error)))? {
        Held::Here(closure) => closure,
        Held::At(uri) => {
            let closure: WorkflowClosure =
                read(storage, &uri).await.map_err(|error| refused(&uri, &told(&error)))?;
            closure.compiled_workflow.ok_or_else(|| refused(&uri, "it holds no workflow"))?
        }
    };
    let settings = PlanSettings { items_at_once: ITEMS_AT_ONCE, ..crate::plan::settings(workflow) };
    Plan::from_closure(&compiled, settings).map_err(|error| refused(uri, &told(&error)))
}

async fn read<M: prost::Message + Default>(storage: &Storage, uri: &str) -> Result<M, StorageError> {
    let mut tried = 0;
    loop {
        match storage.get_message(uri).await {
            Err(error @ StorageError::Store { .. }) if tried < TRIES => {
                tracing::warn!(uri, error = told(&error), "a closure is not readable; it is tried again");
                tokio::time::sleep(PAUSE * (1 << tried)).await;
                tried += 1;
            }
            answer => return answer,
        }
    }
}

/// `uri` is empty for a closure that is in the object.
fn refused(uri: &str, why: &str) -> Failure {
    let place = if uri.is_empty() { "in its object".to_owned() } else { format!("at `{uri}`") };
    Failure::permanent(
        "BadSpecificationError",
        format!("the workflow's closure {place} cannot be run: {why}"),
    )
}
