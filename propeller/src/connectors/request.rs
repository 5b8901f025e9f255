//! What a connector is told of an attempt.

use aileron_idl::admin::{CreateTaskRequest, TaskExecutionMetadata};
use aileron_idl::core::task_template::Target;
use aileron_idl::core::{LiteralMap, NodeExecutionIdentifier, TaskExecutionIdentifier, TaskTemplate};

use crate::container::environment::environment;
use crate::run::{Attempt, Step};

/// The request that begins the job of an attempt.
pub(super) async fn of(attempt: &Attempt, task: &TaskTemplate) -> Step<CreateTaskRequest> {
    let inputs = attempt.inputs().await?;
    let template = attempt.rendered(task, &inputs).await?;
    Ok(CreateTaskRequest {
        inputs: Some(LiteralMap::clone(&inputs)),
        template: Some(template),
        output_prefix: attempt.left_at(),
        task_execution_metadata: Some(metadata(attempt, task)),
    })
}

fn metadata(attempt: &Attempt, task: &TaskTemplate) -> TaskExecutionMetadata {
    let workflow = &attempt.run.workflow;
    let node = NodeExecutionIdentifier {
        node_id: attempt.place.unique_id.clone(),
        execution_id: Some((&workflow.execution_id).into()),
    };
    let own = match &task.target {
        Some(Target::Container(container)) => container.env.as_slice(),
        _ => &[],
    };
    let execution = &workflow.execution_config.environment_variables;
    let retries = task.metadata.as_ref().and_then(|metadata| metadata.retries.as_ref());
    TaskExecutionMetadata {
        task_execution_id: Some(TaskExecutionIdentifier {
            task_id: task.id.clone(),
            node_execution_id: Some(node),
            retry_attempt: attempt.number,
        }),
        namespace: workflow.metadata.namespace.clone(),
        labels: workflow.metadata.labels.clone(),
        annotations: workflow.metadata.annotations.clone(),
        environment_variables: environment(own, attempt.identity(task), execution),
        max_attempts: retries
            .map_or(1, |retries| i32::try_from(retries.retries).unwrap_or(i32::MAX).saturating_add(1)),
        interruptible: attempt.interruptible,
        overrides: attempt.overrides.as_deref().cloned(),
        ..TaskExecutionMetadata::default()
    }
}
