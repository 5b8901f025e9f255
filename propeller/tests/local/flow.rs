//! Compiled workflows of shell scripts.

use std::collections::BTreeMap;

use aileron_idl::admin::WorkflowClosure;
use aileron_idl::core::array_node::{DataMode, ParallelismOption, SuccessCriteria};
use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::{
    ArrayNode, Binding, BindingData, BooleanExpression, BranchNode, ComparisonExpression, CompiledTask,
    CompiledWorkflow, CompiledWorkflowClosure, ConnectionSet, Container, DynamicJobSpec, Error, GateNode,
    Identifier, IfBlock, IfElseBlock, LiteralType, Node, NodeMetadata, Operand, OutputReference, Primitive,
    Resources, RetryStrategy, Scalar, SimpleType, TaskMetadata, TaskNode, TaskTemplate, TypedInterface,
    Variable, VariableMap, WorkflowNode, WorkflowTemplate, binding_data, boolean_expression, connection_set,
    gate_node, if_else_block, literal_type, node, operand, primitive, scalar, task_node, task_template,
    workflow_node,
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
    failure_node: Option<Node>,
    nested: Vec<CompiledWorkflow>,
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
        let target = self.task(id, command);
        self.push(id, target, behind)
    }

    /// A node that runs a flow inside, behind another. Ids of nodes with a script must be unique.
    pub(crate) fn nest(mut self, id: &str, inner: Flow, behind: &str) -> Flow {
        let name = format!("{id}-{}", self.nested.len());
        let mut inner = inner.compiled(&name);
        self.tasks.append(&mut inner.tasks);
        self.nested.append(&mut inner.nested);
        self.nested.push(inner.workflow);
        let reference = Some(workflow_node::Reference::SubWorkflowRef(identifier(&name)));
        self.push(id, node::Target::WorkflowNode(WorkflowNode { reference }), behind)
    }

    /// A node that waits, behind another.
    pub(crate) fn gate(self, id: &str, condition: gate_node::Condition, behind: &str) -> Flow {
        let target = node::Target::GateNode(Box::new(GateNode { condition: Some(condition) }));
        self.push(id, target, behind)
    }

    /// A node that launches a plan, behind another.
    pub(crate) fn launch(self, id: &str, plan: &str, behind: &str) -> Flow {
        let reference = Some(workflow_node::Reference::LaunchplanRef(identifier(plan)));
        self.push(id, node::Target::WorkflowNode(WorkflowNode { reference }), behind)
    }

    /// A node that runs the script whose number is the input, behind another.
    pub(crate) fn branch(mut self, id: &str, arms: &[(i64, &str)], behind: &str) -> Flow {
        let mut blocks: Vec<IfBlock> = Vec::new();
        for (place, (value, script)) in arms.iter().enumerate() {
            let arm = format!("{id}-n{place}");
            let target = self.script(&arm, script);
            let then = self.plain(&arm, target, behind);
            blocks.push(IfBlock { condition: Some(is(*value)), then_node: Some(Box::new(then)) });
        }
        let error = Error { failed_node_id: id.into(), message: "no such number".into() };
        let if_else = IfElseBlock {
            case: Some(Box::new(blocks.remove(0))),
            other: blocks,
            default: Some(if_else_block::Default::Error(error)),
        };
        let branch = BranchNode { if_else: Some(Box::new(if_else)) };
        self.push(id, node::Target::BranchNode(Box::new(branch)), behind)
    }

    /// A node that runs a script for each item of what a node puts out; so many at once, and so many must
    /// succeed.
    pub(crate) fn map(mut self, id: &str, script: &str, at_once: u32, needed: f32, behind: &str) -> Flow {
        let target = self.script(id, script);
        let array = ArrayNode {
            node: Some(Box::new(self.plain("item", target, behind))),
            parallelism_option: Some(ParallelismOption::Parallelism(at_once)),
            success_criteria: Some(SuccessCriteria::MinSuccessRatio(needed)),
            data_mode: DataMode::IndividualInputFiles.into(),
            ..Default::default()
        };
        self.push(id, node::Target::ArrayNode(Box::new(array)), behind)
    }

    /// The same by one task of the older type: the script finds its item's number in the environment, and
    /// leaves what it has to say in a folder of that number.
    pub(crate) fn old_map(mut self, id: &str, script: &str, custom: &[(&str, f64)], behind: &str) -> Flow {
        let target = self.script(id, script);
        let field = |(name, number): &(&str, f64)| {
            let kind = Some(prost_types::value::Kind::NumberValue(*number));
            ((*name).to_owned(), prost_types::Value { kind })
        };
        let task = self.tasks.last_mut().unwrap();
        task.r#type = "container_array".into();
        task.custom = Some(prost_types::Struct { fields: custom.iter().map(field).collect() });
        let variables = [("o0".to_owned(), list())].into();
        let lists = Some(VariableMap { variables });
        task.interface = Some(TypedInterface { inputs: lists.clone(), outputs: lists });
        self.push(id, target, behind)
    }

    /// A node that launches a plan for each item of what a node puts out.
    pub(crate) fn map_launch(self, id: &str, plan: &str, behind: &str) -> Flow {
        let reference = Some(workflow_node::Reference::LaunchplanRef(identifier(plan)));
        let target = node::Target::WorkflowNode(WorkflowNode { reference });
        let item = Box::new(self.plain("item", target, behind));
        let array = ArrayNode { node: Some(item), ..Default::default() };
        self.push(id, node::Target::ArrayNode(Box::new(array)), behind)
    }

    /// What a task leaves that makes this flow, whose first nodes may not bind anything but a number.
    pub(crate) fn job_spec(mut self) -> DynamicJobSpec {
        let last = self.nodes.last().map(|node| node.id.clone()).unwrap();
        for node in &mut self.nodes {
            let from_start = self.upstream[&node.id].iter().any(|from| from == "start-node");
            node.inputs.iter_mut().filter(|_| from_start).for_each(|input| *input = number(7));
            node.upstream_node_ids = self.upstream[&node.id].clone();
            node.upstream_node_ids.retain(|from| from != "start-node");
        }
        DynamicJobSpec {
            nodes: self.nodes,
            tasks: self.tasks,
            outputs: vec![binding(&last)],
            ..Default::default()
        }
    }

    /// A script that runs after a failure; its input `err` says what failed.
    pub(crate) fn on_failure(mut self, script: &str) -> Flow {
        let target = self.script("fn0", script);
        let mut node = self.plain("fn0", target, "start-node");
        node.inputs.push(Binding { var: "err".into(), ..binding("start-node") });
        self.upstream.insert("fn0".into(), vec!["start-node".into()]);
        self.failure_node = Some(node);
        self
    }

    fn script(&mut self, name: &str, script: &str) -> node::Target {
        self.task(name, &["/bin/sh", "-c", &format!("{PRELUDE}{script}")])
    }

    fn task(&mut self, name: &str, command: &[&str]) -> node::Target {
        let task = task(name, command);
        let reference = Some(task_node::Reference::ReferenceId(task.id.clone().unwrap()));
        self.tasks.push(task);
        node::Target::TaskNode(TaskNode { reference, overrides: None })
    }

    fn plain(&self, id: &str, target: node::Target, behind: &str) -> Node {
        Node {
            id: id.into(),
            metadata: Some(NodeMetadata { name: format!("task_{id}"), ..Default::default() }),
            inputs: vec![binding(behind)],
            target: Some(target),
            ..Default::default()
        }
    }

    fn push(mut self, id: &str, target: node::Target, behind: &str) -> Flow {
        self.nodes.push(self.plain(id, target, behind));
        self.upstream.insert(id.into(), vec![behind.into()]);
        self
    }

    /// Gives every task this type.
    pub(crate) fn typed(mut self, task_type: &str) -> Flow {
        self.tasks.iter_mut().for_each(|task| task_type.clone_into(&mut task.r#type));
        self
    }

    /// Takes the containers away: only who needs none can run the tasks.
    pub(crate) fn targetless(mut self) -> Flow {
        self.tasks.iter_mut().for_each(|task| task.target = None);
        self
    }

    /// Lets the last node's task ask AWS Batch for an array of so many jobs.
    pub(crate) fn array(mut self, size: f64) -> Flow {
        let fields = |name: &str, kind| {
            let value = prost_types::Value { kind: Some(kind) };
            prost_types::Struct { fields: [(name.to_owned(), value)].into() }
        };
        let size = fields("size", prost_types::value::Kind::NumberValue(size));
        let custom = fields("arrayProperties", prost_types::value::Kind::StructValue(size));
        self.tasks.last_mut().unwrap().custom = Some(custom);
        self
    }

    /// Lets every task ask for so much memory.
    pub(crate) fn memory(mut self, amount: &str) -> Flow {
        for task in &mut self.tasks {
            if let Some(task_template::Target::Container(container)) = &mut task.target {
                let entry = ResourceEntry { name: ResourceName::Memory.into(), value: amount.into() };
                container.resources = Some(Resources { requests: Vec::new(), limits: vec![entry] });
            }
        }
        self
    }

    /// Lets every task run in this image.
    pub(crate) fn image(mut self, image: &str) -> Flow {
        for task in &mut self.tasks {
            if let Some(task_template::Target::Container(container)) = &mut task.target {
                container.image = image.into();
            }
        }
        self
    }

    /// Lets the last node's task say that it makes decks.
    pub(crate) fn decks(mut self) -> Flow {
        let metadata = TaskMetadata { generates_deck: Some(true), ..Default::default() };
        self.tasks.last_mut().unwrap().metadata = Some(metadata);
        self
    }

    /// Gives the last node retries.
    pub(crate) fn retries(mut self, retries: u32) -> Flow {
        let metadata = self.nodes.last_mut().unwrap().metadata.as_mut().unwrap();
        metadata.retries = Some(RetryStrategy { retries });
        self
    }

    /// Lets the cache keep the last node's outputs; `serialize` lets one compute them at a time.
    pub(crate) fn cached(mut self, serialize: bool) -> Flow {
        self.tasks.last_mut().unwrap().metadata = Some(TaskMetadata {
            discoverable: true,
            discovery_version: "1".into(),
            cache_serializable: serialize,
            ..Default::default()
        });
        self
    }

    /// Gives the last node's attempts a time-out.
    pub(crate) fn timeout(mut self, milliseconds: i32) -> Flow {
        let metadata = self.nodes.last_mut().unwrap().metadata.as_mut().unwrap();
        metadata.timeout = Some(prost_types::Duration { seconds: 0, nanos: milliseconds * 1_000_000 });
        self
    }

    /// The compiled form; the run's output is the last node's.
    pub(crate) fn closure(self) -> WorkflowClosure {
        let Compiled { workflow, nested, tasks } = self.compiled("flow");
        let compiled = CompiledWorkflowClosure {
            primary: Some(workflow),
            sub_workflows: nested,
            tasks: tasks.into_iter().map(|task| CompiledTask { template: Some(task) }).collect(),
            ..Default::default()
        };
        WorkflowClosure { compiled_workflow: Some(compiled), created_at: None }
    }

    fn compiled(mut self, name: &str) -> Compiled {
        let last = self.nodes.last().map(|node| node.id.clone()).unwrap();
        let behind_end = self.nodes.iter().map(|node| node.id.clone()).collect();
        self.upstream.insert("end-node".into(), behind_end);
        let bare = |id: &str, inputs| Node { id: id.into(), inputs, ..Default::default() };
        self.nodes.insert(0, bare("start-node", Vec::new()));
        self.nodes.push(bare("end-node", vec![binding(&last)]));
        let upstream = self.upstream.into_iter().map(|(id, ids)| (id, connection_set::IdList { ids }));
        let template = WorkflowTemplate {
            id: Some(identifier(name)),
            nodes: self.nodes,
            failure_node: self.failure_node,
            ..Default::default()
        };
        let connections = ConnectionSet { upstream: upstream.collect(), ..Default::default() };
        let workflow = CompiledWorkflow { template: Some(template), connections: Some(connections) };
        Compiled { workflow, nested: self.nested, tasks: self.tasks }
    }
}

/// A workflow with all that it uses.
struct Compiled {
    workflow: CompiledWorkflow,
    nested: Vec<CompiledWorkflow>,
    tasks: Vec<TaskTemplate>,
}

/// Whether the input is this number.
fn is(value: i64) -> BooleanExpression {
    let side = |val| Some(Operand { val: Some(val) });
    let value = scalar::Value::Primitive(Primitive { value: Some(primitive::Value::Integer(value)) });
    let comparison = ComparisonExpression {
        left_value: side(operand::Val::Var("o0".into())),
        right_value: side(operand::Val::Scalar(Scalar { value: Some(value) })),
        ..Default::default()
    };
    BooleanExpression { expr: Some(boolean_expression::Expr::Comparison(comparison)) }
}

fn task(name: &str, command: &[&str]) -> TaskTemplate {
    let r#type = Some(literal_type::Type::Simple(SimpleType::Integer.into()));
    let r#type = Some(LiteralType { r#type, ..Default::default() });
    let variable = Variable { r#type, ..Default::default() };
    let variables = Some(VariableMap { variables: [("o0".to_owned(), variable)].into() });
    let container =
        Container { args: command.iter().map(|part| (*part).to_owned()).collect(), ..Default::default() };
    TaskTemplate {
        id: Some(identifier(name)),
        r#type: "python-task".into(),
        interface: Some(TypedInterface { inputs: variables.clone(), outputs: variables }),
        target: Some(task_template::Target::Container(container)),
        ..Default::default()
    }
}

/// A list of numbers.
fn list() -> Variable {
    let number = literal_type::Type::Simple(SimpleType::Integer.into());
    let number = LiteralType { r#type: Some(number), ..Default::default() };
    let list = literal_type::Type::CollectionType(Box::new(number));
    Variable { r#type: Some(LiteralType { r#type: Some(list), ..Default::default() }), ..Default::default() }
}

fn binding(node: &str) -> Binding {
    let promise = OutputReference { node_id: node.into(), var: "o0".into(), ..Default::default() };
    let data = BindingData { value: Some(binding_data::Value::Promise(promise)), ..Default::default() };
    Binding { var: "o0".into(), binding: Some(data) }
}

fn number(value: i64) -> Binding {
    let primitive = Primitive { value: Some(primitive::Value::Integer(value)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
    let value = Some(binding_data::Value::Scalar(Box::new(scalar)));
    let data = BindingData { value, ..Default::default() };
    Binding { var: "o0".into(), binding: Some(data) }
}

fn identifier(name: &str) -> Identifier {
    Identifier {
        project: "p".into(),
        domain: "d".into(),
        name: name.into(),
        version: "v".into(),
        ..Default::default()
    }
}
