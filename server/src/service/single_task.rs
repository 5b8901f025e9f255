//! Launching a task without a workflow: one is made around it, once a version.

use aileron_compiler::{inputs, render};
use aileron_idl::admin::{LaunchPlanClosure, LaunchPlanSpec, NamedEntityState};
use aileron_idl::core::{
    Binding, BindingData, Identifier, LiteralMap, Node, NodeMetadata, OutputReference, ParameterMap,
    ResourceType, RetryStrategy, TaskNode, TaskTemplate, TypedInterface, VariableMap, WorkflowMetadata,
    WorkflowMetadataDefaults, WorkflowTemplate, binding_data, node, task_node,
};

use super::launch::Target;
use crate::digest;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::StoreError;
use crate::store::launch_plans::{self, NewLaunchPlan};
use crate::store::workflows::WorkflowRow;

/// Id of the node that stands for the workflow's inputs.
use aileron_compiler::START_NODE;

/// Begins the name of a workflow that was made around a task.
const PREFIX: &str = ".flytegen.";
/// Tries after the first, when the task does not say.
const DEFAULT_RETRIES: u32 = 3;
/// Longest node id, so that it can be part of a pod's name.
const LONGEST_NODE_ID: usize = 63;

impl App {
    /// The workflow around a task, registered when the task is first launched.
    pub(super) async fn single_task(&self, id: &Identifier) -> Result<Target, ServiceError> {
        let row = self.task(id).await?;
        let compiled = row.task.closure.as_ref().and_then(|closure| closure.compiled_task.as_ref());
        let task = compiled.and_then(|compiled| compiled.template.as_ref());
        let task = task.ok_or_else(|| ServiceError::not_found("TASK", id))?;
        let workflow = self.ensure_workflow(around(task)).await?;
        let none = (ParameterMap::default(), LiteralMap::default());
        let expected = inputs::expected(&workflow.interface, &none.0, &none.1);
        let expected = expected.map_err(|found| ServiceError::Inputs(render(&found)))?;
        self.ensure_launch_plan(launch_plan(&workflow, id, &expected)).await?;
        Ok(Target {
            launch_plan_key: None,
            task_key: Some(row.key),
            limit: None,
            workflow_key: workflow.key,
            workflow_id: workflow.id,
            plan: LaunchPlanSpec::default(),
            expected_inputs: expected,
        })
    }

    /// Registers the launch plan beside the workflow: nobody launches it, but clients look for it.
    async fn ensure_launch_plan(&self, new: NewLaunchPlan) -> Result<(), ServiceError> {
        if launch_plans::find(self.store.readers(), &new.id).await?.is_some() {
            return Ok(());
        }
        let inserted =
            self.store.write(|db| Box::pin(async move { launch_plans::insert(db, &new).await })).await;
        match inserted {
            // Somebody else was faster, with the same.
            Ok(_) | Err(StoreError::Duplicate(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The inactive launch plan of a workflow around a task. It names the task where others name their
/// workflow, as Flyte's do.
fn launch_plan(workflow: &WorkflowRow, task: &Identifier, expected: &ParameterMap) -> NewLaunchPlan {
    let id = Identifier { resource_type: ResourceType::LaunchPlan as i32, ..workflow.id.clone() };
    let spec = LaunchPlanSpec {
        workflow_id: Some(Identifier { name: task.name.clone(), ..workflow.id.clone() }),
        default_inputs: Some(expected.clone()),
        fixed_inputs: Some(LiteralMap::default()),
        ..LaunchPlanSpec::default()
    };
    let closure = LaunchPlanClosure {
        expected_inputs: Some(expected.clone()),
        expected_outputs: Some(workflow.interface.outputs.clone().unwrap_or_default()),
        ..LaunchPlanClosure::default()
    };
    let digest = digest::of([&spec]);
    NewLaunchPlan {
        id,
        spec,
        closure,
        workflow_key: workflow.key,
        digest,
        state: NamedEntityState::SystemGenerated,
    }
}

/// A workflow with the task's interface and one node.
fn around(task: &TaskTemplate) -> WorkflowTemplate {
    let id = task.id.clone().unwrap_or_default();
    let interface = task.interface.clone().unwrap_or_default();
    let node_id = node_id(&id.name);
    WorkflowTemplate {
        id: Some(Identifier {
            resource_type: ResourceType::Workflow as i32,
            name: format!("{PREFIX}{}", id.name),
            ..id.clone()
        }),
        metadata: Some(WorkflowMetadata::default()),
        metadata_defaults: Some(WorkflowMetadataDefaults::default()),
        outputs: bindings(interface.outputs.as_ref(), &node_id),
        nodes: vec![task_node(task, id, &interface, node_id)],
        interface: Some(interface),
        ..WorkflowTemplate::default()
    }
}

fn task_node(task: &TaskTemplate, id: Identifier, interface: &TypedInterface, node_id: String) -> Node {
    let retries = task.metadata.as_ref().and_then(|metadata| metadata.retries);
    let retries = retries.filter(|retries| retries.retries > 0);
    let metadata = NodeMetadata {
        name: node_id.clone(),
        retries: Some(retries.unwrap_or(RetryStrategy { retries: DEFAULT_RETRIES })),
        ..NodeMetadata::default()
    };
    let task = TaskNode { reference: Some(task_node::Reference::ReferenceId(id)), ..TaskNode::default() };
    Node {
        inputs: bindings(interface.inputs.as_ref(), START_NODE),
        id: node_id,
        metadata: Some(metadata),
        target: Some(node::Target::TaskNode(task)),
        ..Node::default()
    }
}

/// Each variable bound to that of its name at a node; the start is written as an empty id.
fn bindings(variables: Option<&VariableMap>, node_id: &str) -> Vec<Binding> {
    let node_id = if node_id == START_NODE { "" } else { node_id };
    let names = variables.into_iter().flat_map(|variables| variables.variables.keys());
    let bind = |name: &String| {
        let promise =
            OutputReference { node_id: node_id.to_owned(), var: name.clone(), ..OutputReference::default() };
        let value =
            BindingData { value: Some(binding_data::Value::Promise(promise)), ..BindingData::default() };
        Binding { var: name.clone(), binding: Some(value) }
    };
    names.map(bind).collect()
}

/// The end of the task's name, without what a node id cannot hold.
fn node_id(task: &str) -> String {
    let letters: Vec<char> =
        task.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    letters[letters.len().saturating_sub(LONGEST_NODE_ID)..].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_named_after_the_task() {
        assert_eq!(node_id("programs.my_task-1"), "programsmytask-1");
        assert_eq!(node_id(&"a".repeat(100)).len(), 63);
    }
}
