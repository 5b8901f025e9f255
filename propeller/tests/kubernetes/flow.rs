//! Compiled workflows of tasks that have no outputs, and whose pods end as annotations say.

use std::collections::BTreeMap;

use aileron_idl::admin::WorkflowClosure;
use aileron_idl::core::{
    CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, ConnectionSet, Container, Identifier,
    K8sObjectMetadata, Node, NodeMetadata, ResourceType, Resources, RetryStrategy, TaskMetadata, TaskNode,
    TaskTemplate, TypedInterface, VariableMap, WorkflowTemplate, connection_set, node, resources, task_node,
    task_template,
};

/// A workflow of tasks.
#[derive(Clone, Default)]
pub(crate) struct Flow {
    nodes: Vec<Node>,
    tasks: Vec<TaskTemplate>,
    upstream: BTreeMap<String, Vec<String>>,
    /// Which shard the execution is in.
    pub(crate) shard_key: u32,
}

/// How a task's pod goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How<'a> {
    /// Annotations of its pod.
    pub(crate) says: &'a [(&'a str, &'a str)],
    /// The user's retries.
    pub(crate) retries: u32,
    /// Processors it asks for.
    pub(crate) cpu: Option<&'a str>,
}

/// Runs for so many milliseconds.
pub(crate) const SLOW: [(&str, &str); 1] = [("instant-node/run-ms", "400")];
/// Runs until it is deleted.
pub(crate) const ENDLESS: [(&str, &str); 1] = [("instant-node/run-ms", "600000")];

impl Flow {
    /// So many nodes, each behind the one before.
    pub(crate) fn chain(length: usize, how: How<'_>) -> Flow {
        (0..length).fold(Flow::default(), |flow, place| {
            let before = place.checked_sub(1).map_or("start-node".to_owned(), |before| format!("n{before}"));
            flow.node(&format!("n{place}"), how, &[&before])
        })
    }

    /// So many nodes, none behind another.
    pub(crate) fn fan_out(width: usize, how: How<'_>) -> Flow {
        (0..width).fold(Flow::default(), |flow, place| flow.node(&format!("n{place}"), how, &["start-node"]))
    }

    /// One node.
    pub(crate) fn one(how: How<'_>) -> Flow {
        Flow::chain(1, how)
    }

    /// The same, of an execution with this key.
    pub(crate) fn in_shard(self, key: u32) -> Flow {
        Flow { shard_key: key, ..self }
    }

    pub(crate) fn node(self, id: &str, how: How<'_>, behind: &[&str]) -> Flow {
        let container = Container {
            image: "registry.local/task:1".into(),
            args: vec!["run".into()],
            resources: how.cpu.map(|cpu| Resources {
                requests: vec![resources::ResourceEntry {
                    name: resources::ResourceName::Cpu.into(),
                    value: cpu.into(),
                }],
                limits: Vec::new(),
            }),
            ..Default::default()
        };
        let retries = Some(RetryStrategy { retries: how.retries });
        let annotations = how.says.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let metadata = K8sObjectMetadata { annotations: annotations.collect(), ..Default::default() };
        let task = TaskTemplate {
            r#type: "container".into(),
            metadata: Some(TaskMetadata { retries, metadata: Some(metadata), ..Default::default() }),
            interface: Some(empty()),
            target: Some(task_template::Target::Container(container)),
            ..Default::default()
        };
        self.with(id, task, how.retries, behind)
    }

    /// One node, of any task that has no inputs, with the user's retries.
    pub(crate) fn of(task: TaskTemplate, retries: u32) -> Flow {
        Flow::default().with("n0", task, retries, &["start-node"])
    }

    /// So many nodes of such a task, none behind another.
    #[allow(dead_code, reason = "a measurement alone uses it")]
    pub(crate) fn fan_out_of(width: usize, task: &TaskTemplate) -> Flow {
        let node = |flow: Flow, place| flow.with(&format!("n{place}"), task.clone(), 0, &["start-node"]);
        (0..width).fold(Flow::default(), node)
    }

    fn with(mut self, id: &str, task: TaskTemplate, retries: u32, behind: &[&str]) -> Flow {
        let task_id = identifier(ResourceType::Task, &format!("tasks.{id}"));
        self.tasks.push(TaskTemplate { id: Some(task_id.clone()), ..task });
        let reference = Some(task_node::Reference::ReferenceId(task_id));
        let retries = Some(RetryStrategy { retries });
        self.nodes.push(Node {
            id: id.into(),
            metadata: Some(NodeMetadata { name: id.into(), retries, ..Default::default() }),
            upstream_node_ids: behind.iter().map(|id| (*id).to_owned()).collect(),
            target: Some(node::Target::TaskNode(TaskNode { reference, ..Default::default() })),
            ..Default::default()
        });
        self.upstream.insert(id.into(), behind.iter().map(|id| (*id).to_owned()).collect());
        self
    }

    pub(crate) fn closure(&self) -> WorkflowClosure {
        let mut upstream = self.upstream.clone();
        upstream.insert("end-node".into(), self.nodes.iter().map(|node| node.id.clone()).collect());
        let mut downstream: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (to, all) in &upstream {
            all.iter().for_each(|from| downstream.entry(from.clone()).or_default().push(to.clone()));
        }
        let list = |edges: BTreeMap<String, Vec<String>>| {
            let list = |ids| connection_set::IdList { ids };
            edges.into_iter().map(|(id, ids)| (id, list(ids))).collect()
        };
        let connections = ConnectionSet { downstream: list(downstream), upstream: list(upstream) };
        let end = |id: &str| Node { id: id.into(), ..Default::default() };
        let mut nodes = vec![end("start-node"), end("end-node")];
        nodes.extend(self.nodes.clone());
        let template = WorkflowTemplate {
            id: Some(identifier(ResourceType::Workflow, "flow")),
            interface: Some(empty()),
            nodes,
            ..Default::default()
        };
        let primary = CompiledWorkflow { template: Some(template), connections: Some(connections) };
        let tasks = self.tasks.iter().map(|task| CompiledTask { template: Some(task.clone()) }).collect();
        let closure = CompiledWorkflowClosure { primary: Some(primary), tasks, ..Default::default() };
        WorkflowClosure { compiled_workflow: Some(closure), ..Default::default() }
    }
}

fn empty() -> TypedInterface {
    TypedInterface { inputs: Some(VariableMap::default()), outputs: Some(VariableMap::default()) }
}

fn identifier(kind: ResourceType, name: &str) -> Identifier {
    Identifier {
        resource_type: kind.into(),
        project: "p".into(),
        domain: "d".into(),
        name: name.into(),
        version: "1".into(),
        ..Default::default()
    }
}
