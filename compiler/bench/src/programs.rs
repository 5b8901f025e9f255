//! Workflows of any size, compiled without a finding: what compiling is measured with.

use std::collections::{BTreeMap, BTreeSet};

use aileron_compiler::{Request, compile};
use aileron_idl::admin::{LaunchPlan, LaunchPlanSpec};
use aileron_idl::core::boolean_expression::Expr;
use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::node::Target;
use aileron_idl::core::operand::Val;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::{
    ApproveCondition, Binding, BindingData, BooleanExpression, BranchNode, ComparisonExpression,
    CompiledWorkflowClosure, GateNode, Identifier, IfBlock, IfElseBlock, LiteralType, Node, NodeMetadata,
    Operand, OutputReference, Parameter, ParameterMap, Primitive, ResourceType, Scalar, SimpleType,
    TaskMetadata, TaskNode, TaskTemplate, TypedInterface, Variable, VariableMap, WorkflowNode,
    WorkflowTemplate, binding_data, literal_type, parameter, scalar, task_node, workflow_node,
};

use prost_types::{Struct, Value};

use crate::Graph;

/// What a node of a generated workflow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A task.
    Task,
    /// A choice between two tasks.
    Branch,
    /// A workflow of one task.
    SubWorkflow,
}

/// So many nodes in a row use the same sub-workflow.
const SHARED_BY: u32 = 10;

/// Everything that a compilation needs.
#[derive(Clone, Debug)]
pub struct Program {
    /// The workflow.
    pub template: WorkflowTemplate,
    /// Its sub-workflows.
    pub sub_workflows: Vec<WorkflowTemplate>,
    /// Its tasks.
    pub tasks: Vec<TaskTemplate>,
}

impl Program {
    /// A workflow of a graph's shape, in which every edge is a value. `kind` says what each node is.
    #[must_use]
    pub fn new(graph: &Graph, kind: impl Fn(u32) -> Kind) -> Self {
        let mut before = vec![Vec::new(); graph.nodes as usize];
        graph.edges.iter().for_each(|&(from, to)| before[to as usize].push(from));
        let used: BTreeSet<usize> = before.iter().map(|sources| inputs(sources)).collect();
        let last = graph.nodes.saturating_sub(1);
        let nodes = (0..).zip(&before).map(|(number, sources)| node(number, sources, kind(number)));
        let template = workflow("large", nodes.collect(), &number(last));
        let callers = (0..graph.nodes).filter(|&number| kind(number) == Kind::SubWorkflow);
        let mut subs: Vec<_> =
            callers.map(|number| (number / SHARED_BY, inputs(&before[number as usize]))).collect();
        subs.sort_unstable();
        subs.dedup();
        let sub_workflows = subs.into_iter().map(|(group, inputs)| sub_workflow(group, inputs)).collect();
        Self { template, sub_workflows, tasks: used.into_iter().map(task).collect() }
    }

    /// A chain of approvals that pass on what a task gives: a dataclass of so many fields.
    #[must_use]
    pub fn approvals(count: u32, fields: usize) -> Self {
        let dataclass = Variable { r#type: Some(dataclass(fields)), ..Variable::default() };
        let variables = |name: &str| VariableMap { variables: [(name.to_owned(), dataclass.clone())].into() };
        let made = TypedInterface { outputs: Some(variables("o0")), ..TypedInterface::default() };
        let first = Node { id: number(0), target: Some(runs(0)), ..Node::default() };
        let approval = |at: u32| {
            let before = promise(&number(at - 1), if at == 1 { "o0" } else { "value_0" });
            let condition = Some(Condition::Approve(ApproveCondition { signal_id: number(at) }));
            Node {
                id: number(at),
                inputs: vec![Binding { var: input(0), binding: Some(before) }],
                target: Some(Target::GateNode(Box::new(GateNode { condition }))),
                ..Node::default()
            }
        };
        let nodes = [first].into_iter().chain((1..=count).map(approval)).collect();
        let last = promise(&number(count), "value_0");
        let template = WorkflowTemplate {
            interface: Some(made.clone()),
            outputs: vec![Binding { var: "o0".to_owned(), binding: Some(last) }],
            ..workflow("approved", nodes, &number(0))
        };
        let tasks = vec![TaskTemplate { interface: Some(made), ..task(0) }];
        Self { template, sub_workflows: Vec::new(), tasks }
    }

    /// What the compiler is asked.
    #[must_use]
    pub fn request(&self) -> Request {
        let Self { template, sub_workflows, tasks } = self.clone();
        Request { template, sub_workflows, tasks, launch_plans: Vec::new() }
    }

    /// The closure.
    ///
    /// # Panics
    /// When the compiler finds anything: these workflows are sound.
    #[must_use]
    pub fn closure(&self) -> CompiledWorkflowClosure {
        let compiled = compile(self.request());
        assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics.first());
        compiled.closure
    }
}

/// One branch and one sub-workflow in a hundred nodes; the others are tasks.
#[must_use]
pub fn mixed(node: u32) -> Kind {
    match node % 100 {
        50 => Kind::Branch,
        51 => Kind::SubWorkflow,
        _ => Kind::Task,
    }
}

/// A launch plan of so many inputs, each a whole number that must be given.
#[must_use]
pub fn form(fields: usize) -> LaunchPlan {
    let required = || Some(parameter::Behavior::Required(true));
    let parameter = |_| Parameter { var: Some(whole_number()), behavior: required() };
    let parameters = (0..fields).map(|field| (format!("field_{field}"), parameter(field))).collect();
    let spec = LaunchPlanSpec {
        workflow_id: Some(id(ResourceType::Workflow, "large")),
        default_inputs: Some(ParameterMap { parameters }),
        ..LaunchPlanSpec::default()
    };
    LaunchPlan { id: Some(id(ResourceType::LaunchPlan, "form")), spec: Some(spec), ..LaunchPlan::default() }
}

fn id(resource_type: ResourceType, name: &str) -> Identifier {
    let [project, domain, name, version] =
        ["flytesnacks", "development", name, "1f0c2d3e4a5b69788796a5b4c3d2e1f0"].map(str::to_owned);
    Identifier {
        resource_type: resource_type.into(),
        project,
        domain,
        name,
        version,
        ..Identifier::default()
    }
}

fn number(node: u32) -> String {
    format!("n{node}")
}

/// A dataclass of whole numbers, with the JSON schema that flytekit gives it.
fn dataclass(fields: usize) -> LiteralType {
    let text = |text: &str| Value { kind: Some(prost_types::value::Kind::StringValue(text.to_owned())) };
    let object = |fields: BTreeMap<String, Value>| Struct { fields };
    let nested = |inner| Value { kind: Some(prost_types::value::Kind::StructValue(inner)) };
    let names = (0..fields).map(|field| format!("field_{field}"));
    let property = |name| (name, nested(object([("type".to_owned(), text("integer"))].into())));
    let properties = nested(object(names.map(property).collect()));
    let schema = [("type".to_owned(), text("object")), ("properties".to_owned(), properties)];
    LiteralType {
        r#type: Some(literal_type::Type::Simple(SimpleType::Struct.into())),
        metadata: Some(object(schema.into())),
        ..LiteralType::default()
    }
}

fn whole_number() -> Variable {
    let simple = literal_type::Type::Simple(SimpleType::Integer.into());
    Variable {
        r#type: Some(LiteralType { r#type: Some(simple), ..LiteralType::default() }),
        ..Variable::default()
    }
}

fn input(index: usize) -> String {
    format!("value_{index}")
}

fn interface(inputs: usize) -> TypedInterface {
    let variables = |names: Vec<String>| {
        Some(VariableMap { variables: names.into_iter().map(|name| (name, whole_number())).collect() })
    };
    let inputs = variables((0..inputs).map(input).collect());
    TypedInterface { inputs, outputs: variables(vec!["o0".to_owned()]) }
}

fn task_name(inputs: usize) -> String {
    format!("example.pipelines.sum_of_{inputs}")
}

fn task(inputs: usize) -> TaskTemplate {
    TaskTemplate {
        id: Some(id(ResourceType::Task, &task_name(inputs))),
        r#type: "python-task".to_owned(),
        metadata: Some(TaskMetadata::default()),
        interface: Some(interface(inputs)),
        ..TaskTemplate::default()
    }
}

fn promise(node: &str, var: &str) -> BindingData {
    let reference = OutputReference { node_id: node.to_owned(), var: var.to_owned(), attr_path: Vec::new() };
    BindingData { value: Some(binding_data::Value::Promise(reference)), ..BindingData::default() }
}

/// A node that nothing leads to takes the workflow's input.
fn inputs(sources: &[u32]) -> usize {
    sources.len().max(1)
}

fn bindings(sources: &[u32]) -> Vec<Binding> {
    let promised = (0..inputs(sources)).map(|index| match sources.get(index) {
        Some(&source) => promise(&number(source), "o0"),
        None => promise("", &input(0)),
    });
    let bound = promised.enumerate().map(|(index, data)| Binding { var: input(index), binding: Some(data) });
    bound.collect()
}

fn node(at: u32, sources: &[u32], kind: Kind) -> Node {
    let inputs = inputs(sources);
    let target = match kind {
        Kind::Task => runs(inputs),
        Kind::Branch => branch(sources),
        Kind::SubWorkflow => {
            let name = sub_workflow_name(at / SHARED_BY, inputs);
            let reference = workflow_node::Reference::SubWorkflowRef(id(ResourceType::Workflow, &name));
            Target::WorkflowNode(WorkflowNode { reference: Some(reference) })
        }
    };
    let metadata = Some(NodeMetadata { name: task_name(inputs), ..NodeMetadata::default() });
    Node { id: number(at), metadata, inputs: bindings(sources), target: Some(target), ..Node::default() }
}

fn runs(inputs: usize) -> Target {
    let reference = task_node::Reference::ReferenceId(id(ResourceType::Task, &task_name(inputs)));
    Target::TaskNode(TaskNode { reference: Some(reference), ..TaskNode::default() })
}

/// One task if the first input is 1, else another.
fn branch(sources: &[u32]) -> Target {
    let operand = |value| Some(Operand { val: Some(value) });
    let one = scalar::Value::Primitive(Primitive { value: Some(PrimitiveValue::Integer(1)) });
    let one = Scalar { value: Some(one) };
    let comparison = ComparisonExpression {
        left_value: operand(Val::Var(input(0))),
        right_value: operand(Val::Scalar(one)),
        ..ComparisonExpression::default()
    };
    let condition = BooleanExpression { expr: Some(Expr::Comparison(comparison)) };
    let arm = |name: &str| {
        let target = Some(runs(inputs(sources)));
        Box::new(Node { id: name.to_owned(), inputs: bindings(sources), target, ..Node::default() })
    };
    let case = IfBlock { condition: Some(condition), then_node: Some(arm("then")) };
    let default = Some(Otherwise::ElseNode(arm("else")));
    let block = IfElseBlock { case: Some(Box::new(case)), other: Vec::new(), default };
    Target::BranchNode(Box::new(BranchNode { if_else: Some(Box::new(block)) }))
}

fn sub_workflow_name(group: u32, inputs: usize) -> String {
    format!("example.pipelines.step_{group}_of_{inputs}")
}

fn sub_workflow(group: u32, inputs: usize) -> WorkflowTemplate {
    let bound =
        (0..inputs).map(|index| Binding { var: input(index), binding: Some(promise("", &input(index))) });
    let only = Node { id: number(0), inputs: bound.collect(), target: Some(runs(inputs)), ..Node::default() };
    let template = workflow(&sub_workflow_name(group, inputs), vec![only], &number(0));
    WorkflowTemplate { interface: Some(interface(inputs)), ..template }
}

/// Takes one number and gives what its last node gives.
fn workflow(name: &str, nodes: Vec<Node>, last: &str) -> WorkflowTemplate {
    WorkflowTemplate {
        id: Some(id(ResourceType::Workflow, name)),
        interface: Some(interface(1)),
        nodes,
        outputs: vec![Binding { var: "o0".to_owned(), binding: Some(promise(last, "o0")) }],
        ..WorkflowTemplate::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families;

    #[test]
    fn programs_compile_without_a_finding() {
        for kind in [|_| Kind::Task, |_| Kind::Branch, |_| Kind::SubWorkflow, mixed] {
            let program = Program::new(&families::recent(120, 40), kind);
            assert_eq!(program.closure().primary.unwrap().template.unwrap().nodes.len(), 122);
        }
        let approvals = Program::approvals(50, 20).closure();
        assert_eq!(approvals.primary.unwrap().template.unwrap().nodes.len(), 53);
    }
}
