//! What an attempt is to do. It is taken from the plan when the attempt is launched, as the plan grows
//! while attempts run.

use std::sync::Arc;

use aileron_engine::{NodeIx, NodeKind, Plan};
use aileron_idl::core::{GateNode, Identifier, IfElseBlock, TaskTemplate};

/// The kind of work, with what it is about.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    /// Publish the inputs of the workflow.
    Start,
    /// Bind the outputs of the workflow.
    End,
    /// Make the inputs ready; the rest goes by itself.
    Open,
    /// Pick the arm of a branch.
    Choose(Arc<IfElseBlock>),
    /// Count the items of an array's lists; these inputs are none.
    Spread(Vec<String>),
    /// Wait for someone's word.
    Gate(Arc<GateNode>),
    /// Run an execution.
    Child(Identifier),
    /// Run a process.
    Task(Arc<TaskTemplate>),
}

impl Job {
    /// That of a node.
    pub(crate) fn of(plan: &Plan, node: NodeIx) -> Job {
        match plan.node(node).kind {
            NodeKind::Start => Job::Start,
            NodeKind::End => Job::End,
            NodeKind::Workflow(_) | NodeKind::Sleep(_) => Job::Open,
            NodeKind::Branch(branch) => Job::Choose(plan.branch(branch).clone()),
            NodeKind::Array(array) => Job::Spread(plan.array(array).bound.clone()),
            NodeKind::Gate(gate) => Job::Gate(plan.gate(gate).clone()),
            NodeKind::LaunchPlan(launch_plan) => Job::Child(plan.launch_plan(launch_plan).clone()),
            NodeKind::Task(task) => Job::Task(plan.task(task).clone()),
        }
    }
}
