//! Any templates compile: to one answer, whatever the order of the tasks, with a bounded list of
//! findings; what is accepted is a graph without cycles, told in both directions, and differs in nothing
//! from itself.

use std::collections::BTreeSet;

use aileron_compiler::{Compiled, LaunchPlan, Request, compile, diff};
use aileron_idl::core::{
    CompiledWorkflow, ConnectionSet, Identifier, ParameterMap, TaskTemplate, VariableMap, WorkflowTemplate,
};
use prost::Message;

/// Most diagnostics of one compilation: a thousand, and one that counts the rest.
const MOST_DIAGNOSTICS: usize = 1001;

/// A workflow with all it refers to, in the shape of the compiler's recorded cases.
#[derive(Clone, PartialEq, Message)]
pub struct Case {
    /// The workflow.
    #[prost(message, optional, tag = "2")]
    pub template: Option<WorkflowTemplate>,
    /// What came with it.
    #[prost(message, repeated, tag = "3")]
    pub sub_workflows: Vec<WorkflowTemplate>,
    /// Registered before.
    #[prost(message, repeated, tag = "4")]
    pub tasks: Vec<TaskTemplate>,
    /// Registered before.
    #[prost(message, repeated, tag = "5")]
    pub launch_plans: Vec<Plan>,
}

/// A registered launch plan.
#[derive(Clone, PartialEq, Message)]
pub struct Plan {
    /// Its id.
    #[prost(message, optional, tag = "1")]
    pub id: Option<Identifier>,
    /// What a launch may give.
    #[prost(message, optional, tag = "2")]
    pub expected_inputs: Option<ParameterMap>,
    /// What it gives.
    #[prost(message, optional, tag = "3")]
    pub expected_outputs: Option<VariableMap>,
}

impl Case {
    /// Compiles the case.
    #[must_use]
    pub fn compile(&self) -> Compiled {
        let plan = |Plan { id, expected_inputs, expected_outputs }: Plan| LaunchPlan {
            id: id.unwrap_or_default(),
            expected_inputs,
            expected_outputs,
        };
        let Self { template, sub_workflows, tasks, launch_plans } = self.clone();
        let launch_plans = launch_plans.into_iter().map(plan).collect();
        compile(Request { template: template.unwrap_or_default(), sub_workflows, tasks, launch_plans })
    }

    fn has_one_task_an_id(&self) -> bool {
        let ids: BTreeSet<_> = self.tasks.iter().map(|task| &task.id).collect();
        ids.len() == self.tasks.len()
    }
}

/// Checks one [`Case`].
pub fn check(data: &[u8]) {
    let Ok(mut case) = Case::decode(data) else { return };
    let compiled = case.compile();
    assert!(compiled.diagnostics.len() <= MOST_DIAGNOSTICS, "{} findings", compiled.diagnostics.len());
    assert!(compiled.diagnostics.iter().all(|found| !found.message.is_empty()));
    if case.has_one_task_an_id() {
        case.tasks.reverse();
    }
    let again = case.compile();
    assert_eq!(again.closure, compiled.closure, "the order of the tasks changed the closure");
    assert_eq!(again.diagnostics, compiled.diagnostics, "the order of the tasks changed the findings");
    assert!(diff::diff(&compiled.closure, &again.closure).is_empty(), "a closure differs from itself");
    if let Ok(closure) = compiled.into_result() {
        closure.primary.iter().chain(&closure.sub_workflows).for_each(accepted);
    }
}

fn accepted(workflow: &CompiledWorkflow) {
    // Sub-workflows that nothing refers to remain as they were sent.
    let Some(connections) = &workflow.connections else { return };
    let (downstream, mut upstream) = edges(connections);
    let nodes = workflow.template.iter().flat_map(|template| &template.nodes);
    let mut left: BTreeSet<&str> = nodes.map(|node| node.id.as_str()).collect();
    // Nothing leads to nodes of branches and to the failure node, although it is told what they wait for.
    upstream.retain(|(_, to)| left.contains(to));
    assert_eq!(downstream, upstream, "the two directions differ");
    // Nodes that nothing waits for any longer, taken away until none is left.
    while !left.is_empty() {
        let waiting: BTreeSet<_> = downstream.iter().filter(|(from, _)| left.contains(from)).collect();
        let free: BTreeSet<_> =
            left.iter().copied().filter(|node| waiting.iter().all(|(_, to)| to != node)).collect();
        assert!(!free.is_empty(), "accepted, yet {left:?} wait for each other");
        left.retain(|node| !free.contains(node));
    }
}

type Edges<'a> = BTreeSet<(&'a str, &'a str)>;

fn edges(connections: &ConnectionSet) -> (Edges<'_>, Edges<'_>) {
    let of = connections.downstream.iter();
    let downstream = of.flat_map(|(from, list)| list.ids.iter().map(move |to| (from.as_str(), to.as_str())));
    let of = connections.upstream.iter();
    let upstream = of.flat_map(|(to, list)| list.ids.iter().map(move |from| (from.as_str(), to.as_str())));
    (downstream.collect(), upstream.collect())
}
