//! Loading the plan of a run from the closure that its object refers to.

use std::time::Duration;

use aileron_crd::FlyteWorkflow;
use aileron_engine::{Failure, Plan, PlanSettings};
use aileron_idl::admin::WorkflowClosure;
use aileron_storage::{Storage, StorageError};

use super::told;

/// How often a failing store is asked again.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

/// The plan, or why the run cannot begin.
pub(super) async fn load(storage: &Storage, workflow: &FlyteWorkflow) -> Result<Plan, Failure> {
    let uri = &workflow.workflow_closure_reference;
    let closure = closure(storage, uri).await.map_err(|error| refused(uri, &told(&error)))?;
    let compiled = closure.compiled_workflow.ok_or_else(|| refused(uri, "it holds no workflow"))?;
    let settings = PlanSettings { max_parallelism: workflow.execution_config.max_parallelism };
    Plan::from_closure(&compiled, settings).map_err(|error| refused(uri, &told(&error)))
}

async fn closure(storage: &Storage, uri: &str) -> Result<WorkflowClosure, StorageError> {
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

fn refused(uri: &str, why: &str) -> Failure {
    Failure::permanent(
        "BadSpecificationError",
        format!("the workflow's closure at `{uri}` cannot be run: {why}"),
    )
}
