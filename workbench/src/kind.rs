//! The kinds of content that are known, and what each must have to be one.

use std::fmt;

use serde::Serialize;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Kind {
    /// `admin.TaskSpec`, as `pyflyte package` writes it.
    TaskSpec,
    /// `admin.WorkflowSpec`, likewise.
    WorkflowSpec,
    /// `admin.LaunchPlan`, likewise, or as the server answers.
    LaunchPlan,
    /// `admin.Task`, as the server answers.
    Task,
    /// `admin.Workflow`, as the server answers.
    Workflow,
    /// `admin.WorkflowClosure`, as the server stores it.
    WorkflowClosure,
    /// `core.CompiledWorkflowClosure`.
    CompiledWorkflowClosure,
    /// `core.CompiledWorkflow`.
    CompiledWorkflow,
    /// `core.CompiledTask`.
    CompiledTask,
    /// `core.WorkflowTemplate`.
    WorkflowTemplate,
    /// `core.TaskTemplate`.
    TaskTemplate,
    /// `core.DynamicJobSpec`: the `futures.pb` of a dynamic task.
    DynamicJobSpec,
    /// `core.ErrorDocument`: the `error.pb` of a failed attempt.
    ErrorDocument,
    /// `core.LiteralMap`: `inputs.pb` or `outputs.pb`.
    LiteralMap,
    /// `admin.NodeExecutionList`: the nodes of an execution, as the server answers.
    NodeExecutionList,
    /// The custom resource of one execution.
    FlyteWorkflow,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What tells a message of one kind from bytes that only happen to decode as it.
pub(crate) struct Signature {
    pub(crate) kind: Kind,
    /// The message's full name.
    pub(crate) message: &'static str,
    /// Paths of fields, each of which must be set; of a list, the first element is looked at.
    pub(crate) required: &'static [&'static str],
    /// The identifier of the entity, and the number of the resource type it has.
    pub(crate) identity: Option<(&'static str, i32)>,
}

const TASK: i32 = 1;
const WORKFLOW: i32 = 2;
const LAUNCH_PLAN: i32 = 3;

/// Every kind that is a protobuf message. Where two explain the bytes equally well, the earlier is taken.
pub(crate) const SIGNATURES: &[Signature] = &[
    Signature {
        kind: Kind::TaskSpec,
        message: "flyteidl.admin.TaskSpec",
        required: &["template.id.name", "template.type"],
        identity: Some(("template.id", TASK)),
    },
    Signature {
        kind: Kind::WorkflowSpec,
        message: "flyteidl.admin.WorkflowSpec",
        required: &["template.id.name", "template.nodes.id"],
        identity: Some(("template.id", WORKFLOW)),
    },
    Signature {
        kind: Kind::LaunchPlan,
        message: "flyteidl.admin.LaunchPlan",
        required: &["id.name", "spec.workflow_id.name"],
        identity: Some(("id", LAUNCH_PLAN)),
    },
    Signature {
        kind: Kind::Task,
        message: "flyteidl.admin.Task",
        required: &["id.name", "closure.compiled_task.template.type"],
        identity: Some(("id", TASK)),
    },
    Signature {
        kind: Kind::Workflow,
        message: "flyteidl.admin.Workflow",
        required: &["id.name", "closure.compiled_workflow.primary.template.id"],
        identity: Some(("id", WORKFLOW)),
    },
    Signature {
        kind: Kind::WorkflowClosure,
        message: "flyteidl.admin.WorkflowClosure",
        required: &["compiled_workflow.primary.template.id.name"],
        identity: Some(("compiled_workflow.primary.template.id", WORKFLOW)),
    },
    Signature {
        kind: Kind::CompiledWorkflowClosure,
        message: "flyteidl.core.CompiledWorkflowClosure",
        required: &["primary.template.id.name"],
        identity: Some(("primary.template.id", WORKFLOW)),
    },
    Signature {
        kind: Kind::CompiledWorkflow,
        message: "flyteidl.core.CompiledWorkflow",
        required: &["template.id.name", "connections"],
        identity: Some(("template.id", WORKFLOW)),
    },
    Signature {
        kind: Kind::CompiledTask,
        message: "flyteidl.core.CompiledTask",
        required: &["template.id.name", "template.type"],
        identity: Some(("template.id", TASK)),
    },
    Signature {
        kind: Kind::WorkflowTemplate,
        message: "flyteidl.core.WorkflowTemplate",
        required: &["id.name", "nodes.id"],
        identity: Some(("id", WORKFLOW)),
    },
    Signature {
        kind: Kind::TaskTemplate,
        message: "flyteidl.core.TaskTemplate",
        required: &["id.name", "type"],
        identity: Some(("id", TASK)),
    },
    Signature {
        kind: Kind::DynamicJobSpec,
        message: "flyteidl.core.DynamicJobSpec",
        required: &["nodes.id"],
        identity: None,
    },
    Signature {
        kind: Kind::ErrorDocument,
        message: "flyteidl.core.ErrorDocument",
        required: &["error.message"],
        identity: None,
    },
    Signature {
        kind: Kind::NodeExecutionList,
        message: "flyteidl.admin.NodeExecutionList",
        required: &["node_executions.id.node_id"],
        identity: None,
    },
    Signature {
        kind: Kind::LiteralMap,
        message: "flyteidl.core.LiteralMap",
        required: &["literals"],
        identity: None,
    },
];
