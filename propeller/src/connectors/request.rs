//! What a connector is told of an attempt.

use aileron_idl::admin::{CreateTaskRequest, TaskExecutionMetadata};
use aileron_idl::core::task_template::Target;
use aileron_idl::core::{LiteralMap, NodeExecutionIdentifier, TaskExecutionIdentifier, TaskTemplate};

use crate::container::environment::environment;
use crate::container::template::{Values, render};
use crate::run::{Attempt, Halt, Step};

/// The request that begins the job of an attempt.
pub(super) async fn of(attempt: &Attempt, task: &TaskTemplate) -> Step<CreateTaskRequest> {
    let inputs = attempt.inputs().await?;
    let template = rendered(attempt, task, &inputs).await?;
    Ok(CreateTaskRequest {
        inputs: Some(LiteralMap::clone(&inputs)),
        template: Some(template),
        output_prefix: attempt.left_at(),
        task_execution_metadata: Some(metadata(attempt, task)),
    })
}

/// The task with its command's variables filled in.
async fn rendered(attempt: &Attempt, original: &TaskTemplate, inputs: &LiteralMap) -> Step<TaskTemplate> {
    let mut task = original.clone();
    let Some(Target::Container(container)) = &mut task.target else { return Ok(task) };
    let texts: Vec<String> = container.command.iter().chain(&container.args).cloned().collect();
    let names = attempt.substitutes(original, texts.iter()).await?;
    let values = Values { names: &names, inputs };
    for text in container.command.iter_mut().chain(&mut container.args) {
        *text = render(text, &values)
            .map_err(|error| Halt::Failed(crate::plugins::BuildError::from(error).into()))?;
    }
    Ok(task)
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
