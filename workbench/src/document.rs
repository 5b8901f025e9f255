//! What a file holds, as messages.

use aileron_idl::admin::{
    LaunchPlan, NodeExecutionList, Task, TaskSpec, Workflow, WorkflowClosure, WorkflowSpec,
};
use aileron_idl::core::{
    CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, DynamicJobSpec, ErrorDocument, Identifier,
    LiteralMap, TaskTemplate, WorkflowTemplate,
};
use prost::{DecodeError, Message};

use crate::kind::Kind;
use crate::read::Resource;

/// The content of one entity, whatever kind of message it came in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document {
    Task(Box<TaskTemplate>),
    /// A template with the sub-workflows that came with it.
    Workflow(Box<WorkflowTemplate>, Vec<WorkflowTemplate>),
    LaunchPlan(Box<LaunchPlan>),
    Closure(Box<CompiledWorkflowClosure>),
    Dynamic(Box<DynamicJobSpec>),
    Values(LiteralMap),
    Error(ErrorDocument),
    Resource(Box<Resource>),
    /// The nodes of an execution, as a server lists them.
    Nodes(Box<NodeExecutionList>),
}

impl Document {
    /// Decodes a message of a kind that has been recognised.
    pub(crate) fn decode(kind: Kind, bytes: &[u8]) -> Result<Self, DecodeError> {
        let task = |template: Option<TaskTemplate>| Self::Task(Box::new(template.unwrap_or_default()));
        let closure =
            |closure: Option<CompiledWorkflowClosure>| Self::Closure(Box::new(closure.unwrap_or_default()));
        Ok(match kind {
            Kind::TaskSpec => task(TaskSpec::decode(bytes)?.template),
            Kind::CompiledTask => task(CompiledTask::decode(bytes)?.template),
            Kind::TaskTemplate => task(Some(TaskTemplate::decode(bytes)?)),
            Kind::Task => {
                let compiled = Task::decode(bytes)?.closure.and_then(|closure| closure.compiled_task);
                task(compiled.and_then(|compiled| compiled.template))
            }
            Kind::WorkflowSpec => {
                let spec = WorkflowSpec::decode(bytes)?;
                Self::Workflow(Box::new(spec.template.unwrap_or_default()), spec.sub_workflows)
            }
            Kind::WorkflowTemplate => Self::Workflow(Box::new(WorkflowTemplate::decode(bytes)?), Vec::new()),
            Kind::LaunchPlan => Self::LaunchPlan(Box::new(LaunchPlan::decode(bytes)?)),
            Kind::Workflow => {
                closure(Workflow::decode(bytes)?.closure.and_then(|closure| closure.compiled_workflow))
            }
            Kind::WorkflowClosure => closure(WorkflowClosure::decode(bytes)?.compiled_workflow),
            Kind::CompiledWorkflowClosure | Kind::FlyteWorkflow => {
                closure(Some(CompiledWorkflowClosure::decode(bytes)?))
            }
            Kind::CompiledWorkflow => {
                let primary = Some(CompiledWorkflow::decode(bytes)?);
                closure(Some(CompiledWorkflowClosure { primary, ..Default::default() }))
            }
            Kind::DynamicJobSpec => Self::Dynamic(Box::new(DynamicJobSpec::decode(bytes)?)),
            Kind::ErrorDocument => Self::Error(ErrorDocument::decode(bytes)?),
            Kind::NodeExecutionList => Self::Nodes(Box::new(NodeExecutionList::decode(bytes)?)),
            Kind::LiteralMap => Self::Values(LiteralMap::decode(bytes)?),
        })
    }

    /// The entity's id; values, errors and dynamic job specs have none.
    pub(crate) fn id(&self) -> Option<&Identifier> {
        match self {
            Self::Task(template) => template.id.as_ref(),
            Self::Workflow(template, _) => template.id.as_ref(),
            Self::LaunchPlan(plan) => plan.id.as_ref(),
            Self::Closure(closure) => closure_id(closure),
            Self::Resource(resource) => closure_id(&resource.closure),
            Self::Dynamic(_) | Self::Values(_) | Self::Error(_) | Self::Nodes(_) => None,
        }
    }

    /// Nodes, those of sub-workflows included; a branch or array node counts as one.
    pub(crate) fn nodes(&self) -> usize {
        let closure = |closure: &CompiledWorkflowClosure| {
            let workflows = closure.primary.iter().chain(&closure.sub_workflows);
            workflows
                .filter_map(|workflow| workflow.template.as_ref())
                .map(|template| template.nodes.len())
                .sum()
        };
        let all = |templates: &[WorkflowTemplate]| -> usize {
            templates.iter().map(|template| template.nodes.len()).sum()
        };
        match self {
            Self::Workflow(template, subs) => template.nodes.len() + all(subs),
            Self::Closure(compiled) => closure(compiled),
            Self::Resource(resource) => closure(&resource.closure),
            Self::Dynamic(spec) => spec.nodes.len() + all(&spec.subworkflows),
            Self::Nodes(list) => list.node_executions.len(),
            Self::Task(_) | Self::LaunchPlan(_) | Self::Values(_) | Self::Error(_) => 0,
        }
    }
}

fn closure_id(closure: &CompiledWorkflowClosure) -> Option<&Identifier> {
    closure.primary.as_ref()?.template.as_ref()?.id.as_ref()
}
