//! A launch plan node's attempt: an execution of its own, waited for.
//!
//! Its name follows from the node's, so that launching it again after a restart finds it.

#![expect(deprecated, reason = "the control plane tells outputs in a form that Flyte marks deprecated")]

use aileron_engine::{AttemptSeen, ErrorKind, Failure, child_execution};
use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::execution_metadata::ExecutionMode;
use aileron_idl::admin::{
    Annotations, Envs, ExecutionClosure, ExecutionCreateRequest, ExecutionMetadata, ExecutionSpec, Labels,
    LiteralMapBlob, RawOutputDataConfig, literal_map_blob,
};
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{
    ExecutionError, Identifier, KeyValuePair, LiteralMap, NodeExecutionIdentifier,
    WorkflowExecutionIdentifier, execution_error,
};

use super::{Attempt, Halt, Step};
use crate::clock;

impl Attempt {
    pub(super) async fn child(&self, launch_plan: &Identifier) -> Step<AttemptSeen> {
        let nesting = self.nesting(launch_plan)?;
        let inputs = self.inputs().await?;
        let request = self.request(launch_plan, inputs, nesting);
        self.asking(|| self.host.control.launch(request.clone())).await?;
        self.tell(AttemptSeen::Running { since: clock::now() });
        let closure = tokio::select! {
            biased;
            halt = self.halted() => return Err(self.halt_child(halt).await),
            ended = self.asking(|| self.host.control.ended(self.child_id())) => ended?,
        };
        let outputs = self.outputs_of(closure).await?;
        self.put_outputs(outputs).await
    }

    /// Ends the execution that the attempt launched, if it did.
    async fn end_child(&self) -> Step<()> {
        let parent = &self.run.workflow.execution_id.name;
        let cause =
            format!("node {} of execution {parent}, which launched it, is ended", self.place.unique_id);
        self.asking(|| self.host.control.terminate(self.child_id(), cause.clone())).await
    }

    /// The child outlives a driver that stops, and is found again.
    pub(super) async fn halt_child(&self, halt: Halt) -> Halt {
        if matches!(halt, Halt::Killed)
            && let Err(error) = self.end_child().await
        {
            tracing::warn!(?error, child = self.child_id().name, "a child execution may still run");
        }
        halt
    }

    fn child_id(&self) -> WorkflowExecutionIdentifier {
        let parent = &self.run.workflow.execution_id;
        let name = child_execution(&parent.name, &self.place, self.number);
        WorkflowExecutionIdentifier { name, ..parent.into() }
    }

    /// How deep the child is nested, if it may be that deep.
    fn nesting(&self, launch_plan: &Identifier) -> Step<u32> {
        let workflow = &self.run.workflow;
        let (level, most) = (workflow.execution_config.nesting_level, self.host.max_nesting);
        if level < most {
            return Ok(level + 1);
        }
        let (node, name) = (&self.place.unique_id, &workflow.execution_id.name);
        let message = format!(
            "node {node} of execution {name} would launch an execution nested deeper than the {most} levels \
             allowed; if launch plan {} launches itself, directly or by way of others, give it a condition \
             that ends this",
            launch_plan.name
        );
        let failure = Failure::permanent("ExecutionNestingTooDeep", message);
        Err(Halt::Failed(Failure { kind: ErrorKind::User, ..failure }))
    }

    /// The child runs as its parent does, as far as the launch plan does not say otherwise.
    fn request(&self, launch_plan: &Identifier, inputs: LiteralMap, nesting: u32) -> ExecutionCreateRequest {
        let workflow = &self.run.workflow;
        let WorkflowExecutionIdentifier { project, domain, name, org } = self.child_id();
        let parent = NodeExecutionIdentifier {
            node_id: self.place.unique_id.clone(),
            execution_id: Some((&workflow.execution_id).into()),
        };
        let mut metadata =
            ExecutionMetadata { nesting, parent_node_execution: Some(parent), ..Default::default() };
        metadata.set_mode(ExecutionMode::ChildWorkflow);
        let variables = workflow.execution_config.environment_variables.iter();
        let pair = |(key, value): (&String, &String)| KeyValuePair { key: key.clone(), value: value.clone() };
        let prefix = &workflow.raw_output_data_config.output_location_prefix;
        let spec = ExecutionSpec {
            launch_plan: Some(launch_plan.clone()),
            metadata: Some(metadata),
            labels: Some(Labels { values: workflow.metadata.labels.clone() }),
            annotations: Some(Annotations { values: workflow.metadata.annotations.clone() }),
            raw_output_data_config: Some(RawOutputDataConfig { output_location_prefix: prefix.clone() }),
            interruptible: workflow.execution_config.interruptible,
            overwrite_cache: workflow.execution_config.overwrite_cache,
            envs: Some(Envs { values: variables.map(pair).collect() }),
            ..Default::default()
        };
        ExecutionCreateRequest { project, domain, name, org, spec: Some(spec), inputs: Some(inputs) }
    }

    async fn outputs_of(&self, closure: ExecutionClosure) -> Step<LiteralMap> {
        let phase = closure.phase();
        match closure.output_result {
            Some(OutputResult::Outputs(LiteralMapBlob { data })) => match data {
                Some(literal_map_blob::Data::Uri(uri)) => {
                    self.patiently(|| self.host.storage.get_message(&uri)).await
                }
                Some(literal_map_blob::Data::Values(values)) => Ok(values),
                None => Ok(LiteralMap::default()),
            },
            Some(OutputResult::Error(error)) => Err(Halt::Failed(failure(error))),
            _ if phase == Phase::Succeeded => Ok(LiteralMap::default()),
            _ => Err(Halt::Failed(self.cut_short(phase))),
        }
    }

    fn cut_short(&self, phase: Phase) -> Failure {
        let message = format!("execution {} ended as {}", self.child_id(), phase.as_str_name());
        let failure = Failure::permanent("RemoteChildWorkflowExecutionFailed", message);
        Failure { kind: ErrorKind::User, ..failure }
    }
}

/// The child's own error; trying again would find the same execution.
fn failure(error: ExecutionError) -> Failure {
    let kind = match error.kind() {
        execution_error::ErrorKind::User => ErrorKind::User,
        execution_error::ErrorKind::System => ErrorKind::System,
        execution_error::ErrorKind::Unknown => ErrorKind::Unknown,
    };
    let raised_at = error.timestamp.as_ref().map(Into::into);
    Failure { kind, raised_at, ..Failure::permanent(error.code, error.message) }
}
