//! Compiled workflows of shell scripts.

use std::collections::BTreeMap;

use aileron_idl::admin::WorkflowClosure;
use aileron_idl::core::{
    Binding, BindingData, CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, ConnectionSet, Container,
    Identifier, Node, NodeMetadata, OutputReference, RetryStrategy, TaskNode, TaskTemplate, TypedInterface,
    Variable, VariableMap, WorkflowTemplate, binding_data, connection_set, node, task_node, task_template,
};

/// What every script begins with: `in` and `out` are the paths of inputs and of the output folder.
const PRELUDE: &str =
    "in={{.input}}; in=${in#file://}; out={{.outputPrefix}}; out=${out#file://}; mkdir -p $out; ";
/// Passes the inputs on as outputs, whose only variable has the same name.
pub(crate) const PASS_ON: &str = "cp $in $out/outputs.pb";

/// A workflow of tasks with one input and one output, both called `o0`.
#[derive(Clone, Default)]
pub(crate) struct Flow {
    nodes: Vec<Node>,
    tasks: Vec<TaskTemplate>,
    upstream: BTreeMap<String, Vec<String>>,
}

impl Flow {
    /// Nodes `n0`, `n1` and so on, each behind the one before.
    pub(crate) fn chain(scripts: &[&str]) -> Flow {
        let mut flow = Flow::default();
        for (place, script) in scripts.iter().enumerate() {
            let before = place.checked_sub(1).map_or("start-node".to_owned(), |before| format!("n{before}"));
            flow = flow.shell(&format!("n{place}"), script, &before);
        }
        flow
    }

    /// As many nodes as asked for, all with the same script, none behind another.
    pub(crate) fn fan_out(width: usize, script: &str) -> Flow {
        (0..width).fold(Flow::default(), |flow, place| flow.shell(&format!("n{place}"), script, "start-node"))
    }

    /// A node with a script, behind another.
    pub(crate) fn shell(self, id: &str, script: &str, behind: &str) -> Flow {
        self.node(id, &["/bin/sh", "-c", &format!("{PRELUDE}{script}")], behind)
    }

    /// A node with a command line, behind another.
    pub(crate) fn node(mut self, id: &str, command: &[&str], behind: &str) -> Flow {
        let task = task(id, command);
        let reference = Some(task_node::Reference::ReferenceId(task.id.clone().unwrap()));
        self.nodes.push(Node {
            id: id.into(),
            metadata: Some(NodeMetadata { name: format!("task_{id}"), ..Default::default() }),
            inputs: vec![binding(behind)],
            target: Some(node::Target::TaskNode(TaskNode { reference, overrides: None })),
            ..Default::default()
        });
        self.tasks.push(task);
        self.upstream.insert(id.into(), vec![behind.into()]);
        self
    }

    /// Gives the last node retries.
    pub(crate) fn retries(mut self, retries: u32) -> Flow {
        let metadata = self.nodes.last_mut().unwrap().metadata.as_mut().unwrap();
        metadata.retries = Some(RetryStrategy { retries });
        self
    }

    /// The compiled form; the run's output is the last node's.
    pub(crate) fn closure(mut self) -> WorkflowClosure {
        let last = self.nodes.last().map(|node| node.id.clone()).unwrap();
        let behind_end = self.nodes.iter().map(|node| node.id.clone()).collect();
        self.upstream.insert("end-node".into(), behind_end);
        let bare = |id: &str, inputs| Node { id: id.into(), inputs, ..Default::default() };
        self.nodes.insert(0, bare("start-node", Vec::new()));
        self.nodes.push(bare("end-node", vec![binding(&last)]));
        let upstream = self.upstream.into_iter().map(|(id, ids)| (id, connection_set::IdList { ids }));
        let template = WorkflowTemplate { id: Some(id("flow")), nodes: self.nodes, ..Default::default() };
        let connections = ConnectionSet { upstream: upstream.collect(), ..Default::default() };
        let compiled = CompiledWorkflowClosure {
            primary: Some(CompiledWorkflow { template: Some(template), connections: Some(connections) }),
            tasks: self.tasks.into_iter().map(|task| CompiledTask { template: Some(task) }).collect(),
            ..Default::default()
        };
        WorkflowClosure { compiled_workflow: Some(compiled), created_at: None }
    }
}

fn task(name: &str, command: &[&str]) -> TaskTemplate {
    let outputs = VariableMap { variables: [("o0".to_owned(), Variable::default())].into() };
    let container =
        Container { args: command.iter().map(|part| (*part).to_owned()).collect(), ..Default::default() };
    TaskTemplate {
        id: Some(id(name)),
        r#type: "python-task".into(),
        interface: Some(TypedInterface { outputs: Some(outputs), ..Default::default() }),
        target: Some(task_template::Target::Container(container)),
        ..Default::default()
    }
}

fn binding(node: &str) -> Binding {
    let promise = OutputReference { node_id: node.into(), var: "o0".into(), ..Default::default() };
    let data = BindingData { value: Some(binding_data::Value::Promise(promise)), ..Default::default() };
    Binding { var: "o0".into(), binding: Some(data) }
}

fn id(name: &str) -> Identifier {
    Identifier {
        project: "p".into(),
        domain: "d".into(),
        name: name.into(),
        version: "v".into(),
        ..Default::default()
    }
}
