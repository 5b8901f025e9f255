//! Small workflows for tests, written in a few words.

use std::collections::BTreeMap;

use aileron_idl::core::binding_data::Value;
use aileron_idl::core::boolean_expression::Expr;
use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::node::Target;
use aileron_idl::core::operand::Val;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::task_node::Reference;
use aileron_idl::core::workflow_node::Reference as WorkflowReference;
use aileron_idl::core::{
    Alias, ArrayNode, Binding, BindingData, BindingDataCollection, BindingDataMap, BooleanExpression,
    BranchNode, ComparisonExpression, ConjunctionExpression, GateNode, Identifier, IfBlock, IfElseBlock,
    LiteralType, Node, Operand, OutputReference, Parameter, ParameterMap, Primitive, PromiseAttribute,
    ResourceType, Resources, Scalar, TaskNode, TaskNodeOverrides, TaskTemplate, TypedInterface, Variable,
    VariableMap, WorkflowNode, WorkflowTemplate, promise_attribute,
};

use crate::{Compiled, LaunchPlan, Request, compile};

/// A workflow under construction, with its tasks.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) template: WorkflowTemplate,
    pub(crate) tasks: Vec<TaskTemplate>,
    pub(crate) sub_workflows: Vec<WorkflowTemplate>,
    pub(crate) launch_plans: Vec<LaunchPlan>,
}

impl Program {
    pub(crate) fn new() -> Self {
        let interface = Some(interface(&[], &[]));
        let template =
            WorkflowTemplate { id: Some(id("workflow")), interface, ..WorkflowTemplate::default() };
        Self { template, tasks: Vec::new(), sub_workflows: Vec::new(), launch_plans: Vec::new() }
    }

    pub(crate) fn compile(&self) -> Compiled {
        let Self { template, tasks, sub_workflows, launch_plans } = self.clone();
        compile(Request { template, sub_workflows, tasks, launch_plans })
    }

    /// Compiles, and compares the findings, one a line.
    #[expect(clippy::needless_pass_by_value, reason = "`expect!` is written in place")]
    pub(crate) fn check(&self, expected: expect_test::Expect) {
        let found: Vec<_> = self.compile().diagnostics.iter().map(ToString::to_string).collect();
        expected.assert_eq(&found.join("\n"));
    }

    pub(crate) fn task(
        mut self,
        name: &str,
        inputs: &[(&str, LiteralType)],
        outputs: &[(&str, LiteralType)],
    ) -> Self {
        let interface = Some(interface(inputs, outputs));
        self.tasks.push(TaskTemplate { id: Some(id(name)), interface, ..TaskTemplate::default() });
        self
    }

    pub(crate) fn node(self, node: &str, task: &str, inputs: &[(&str, BindingData)]) -> Self {
        self.with(task_node(node, task, inputs))
    }

    pub(crate) fn with(mut self, node: Node) -> Self {
        self.template.nodes.push(node);
        self
    }

    pub(crate) fn on_failure(mut self, node: Node) -> Self {
        self.template.failure_node = Some(node);
        self
    }

    /// A workflow that nodes may run as `name`, with its tasks and what it refers to itself.
    pub(crate) fn sub_workflow(mut self, name: &str, program: Self) -> Self {
        self.sub_workflows.push(WorkflowTemplate { id: Some(id(name)), ..program.template });
        self.sub_workflows.extend(program.sub_workflows);
        self.tasks.extend(program.tasks);
        self
    }

    pub(crate) fn launch_plan(
        mut self,
        name: &str,
        inputs: &[(&str, Parameter)],
        outputs: &[(&str, LiteralType)],
    ) -> Self {
        let parameters = inputs.iter().map(|(name, it)| ((*name).to_owned(), it.clone())).collect();
        self.launch_plans.push(LaunchPlan {
            id: id(name),
            expected_inputs: Some(ParameterMap { parameters }),
            expected_outputs: interface(&[], outputs).outputs,
        });
        self
    }

    pub(crate) fn without_id(mut self) -> Self {
        self.template.id = None;
        self
    }

    /// An explicit order: `node` waits for `upstream`.
    pub(crate) fn after(self, node: &str, upstream: &str) -> Self {
        self.edit(node, |node| node.upstream_node_ids.push(upstream.to_owned()))
    }

    pub(crate) fn alias(self, node: &str, var: &str, alias: &str) -> Self {
        self.edit(node, |node| {
            node.output_aliases.push(Alias { var: var.to_owned(), alias: alias.to_owned() });
        })
    }

    /// A request of memory by a task node.
    pub(crate) fn memory(self, node: &str, amount: &str) -> Self {
        let entry = ResourceEntry { name: ResourceName::Memory as i32, value: amount.to_owned() };
        let resources = Some(Resources { requests: vec![entry], limits: vec![] });
        self.edit(node, |node| {
            if let Some(Target::TaskNode(task)) = &mut node.target {
                let overrides = TaskNodeOverrides { resources, ..TaskNodeOverrides::default() };
                task.overrides = Some(Box::new(overrides));
            }
        })
    }

    fn edit(mut self, id: &str, edit: impl FnOnce(&mut Node)) -> Self {
        let node = self.template.nodes.iter_mut().find(|node| node.id == id);
        edit(node.expect("the node is there"));
        self
    }

    pub(crate) fn input(mut self, name: &str, declared: LiteralType) -> Self {
        let inputs = &mut self.interface().inputs;
        inputs.get_or_insert_default().variables.insert(name.to_owned(), variable(declared));
        self
    }

    pub(crate) fn unbound_output(mut self, name: &str, declared: LiteralType) -> Self {
        let outputs = &mut self.interface().outputs;
        outputs.get_or_insert_default().variables.insert(name.to_owned(), variable(declared));
        self
    }

    pub(crate) fn bind_output(mut self, name: &str, data: BindingData) -> Self {
        self.template.outputs.push(binding(name, data));
        self
    }

    pub(crate) fn output(self, name: &str, declared: LiteralType, data: BindingData) -> Self {
        self.unbound_output(name, declared).bind_output(name, data)
    }

    fn interface(&mut self) -> &mut TypedInterface {
        self.template.interface.get_or_insert_default()
    }
}

/// A node of any kind.
pub(crate) fn node(id: &str, target: Target, inputs: &[(&str, BindingData)]) -> Node {
    let inputs = inputs.iter().map(|(name, data)| binding(name, data.clone())).collect();
    Node { id: id.to_owned(), inputs, target: Some(target), ..Node::default() }
}

pub(crate) fn task_node(node_id: &str, task: &str, inputs: &[(&str, BindingData)]) -> Node {
    let reference = Some(Reference::ReferenceId(id(task)));
    node(node_id, Target::TaskNode(TaskNode { reference, ..TaskNode::default() }), inputs)
}

pub(crate) fn sub_workflow_node(node_id: &str, name: &str, inputs: &[(&str, BindingData)]) -> Node {
    let reference = Some(WorkflowReference::SubWorkflowRef(id(name)));
    node(node_id, Target::WorkflowNode(WorkflowNode { reference }), inputs)
}

pub(crate) fn launch_plan_node(node_id: &str, name: &str, inputs: &[(&str, BindingData)]) -> Node {
    let reference = Some(WorkflowReference::LaunchplanRef(id(name)));
    node(node_id, Target::WorkflowNode(WorkflowNode { reference }), inputs)
}

pub(crate) fn gate(id: &str, condition: Condition, inputs: &[(&str, BindingData)]) -> Node {
    node(id, Target::GateNode(Box::new(GateNode { condition: Some(condition) })), inputs)
}

pub(crate) fn array(id: &str, array: ArrayNode, inputs: &[(&str, BindingData)]) -> Node {
    node(id, Target::ArrayNode(Box::new(array)), inputs)
}

/// A branch with these cases, and an error if none holds.
pub(crate) fn branch<const N: usize>(
    id: &str,
    inputs: &[(&str, BindingData)],
    cases: [(BooleanExpression, Node); N],
) -> Node {
    let block = |(condition, node)| IfBlock { condition: Some(condition), then_node: Some(Box::new(node)) };
    let mut cases = cases.into_iter().map(block);
    let case = cases.next().map(Box::new);
    let default = Some(Otherwise::Error(aileron_idl::core::Error::default()));
    branch_of(id, inputs, IfElseBlock { case, other: cases.collect(), default })
}

pub(crate) fn branch_of(id: &str, inputs: &[(&str, BindingData)], block: IfElseBlock) -> Node {
    node(id, Target::BranchNode(Box::new(BranchNode { if_else: Some(Box::new(block)) })), inputs)
}

/// Two conditions joined.
pub(crate) fn both(left: Option<BooleanExpression>, right: Option<BooleanExpression>) -> BooleanExpression {
    let [left_expression, right_expression] = [left, right].map(|half| half.map(Box::new));
    let both =
        ConjunctionExpression { left_expression, right_expression, ..ConjunctionExpression::default() };
    BooleanExpression { expr: Some(Expr::Conjunction(Box::new(both))) }
}

/// The condition that an input of the branch is equal to something.
pub(crate) fn equal(variable: &str, other: Val) -> BooleanExpression {
    compare(Some(Val::Var(variable.to_owned())), Some(other))
}

pub(crate) fn compare(left: Option<Val>, right: Option<Val>) -> BooleanExpression {
    let [left_value, right_value] = [left, right].map(|val| val.map(|val| Operand { val: Some(val) }));
    let comparison = ComparisonExpression { left_value, right_value, ..ComparisonExpression::default() };
    BooleanExpression { expr: Some(Expr::Comparison(comparison)) }
}

#[expect(deprecated, reason = "it is what flytekit writes")]
pub(crate) fn int_operand(value: i64) -> Val {
    Val::Primitive(Primitive { value: Some(PrimitiveValue::Integer(value)) })
}

pub(crate) fn id(name: &str) -> Identifier {
    Identifier {
        resource_type: ResourceType::Task as i32,
        project: "p".to_owned(),
        domain: "d".to_owned(),
        name: name.to_owned(),
        version: "v".to_owned(),
        ..Identifier::default()
    }
}

pub(crate) fn interface(inputs: &[(&str, LiteralType)], outputs: &[(&str, LiteralType)]) -> TypedInterface {
    let map = |variables: &[(&str, LiteralType)]| {
        let variables =
            variables.iter().map(|(name, declared)| ((*name).to_owned(), variable(declared.clone())));
        Some(VariableMap { variables: variables.collect() })
    };
    TypedInterface { inputs: map(inputs), outputs: map(outputs) }
}

pub(crate) fn variable(declared: LiteralType) -> Variable {
    Variable { r#type: Some(declared), ..Variable::default() }
}

fn binding(name: &str, data: BindingData) -> Binding {
    Binding { var: name.to_owned(), binding: Some(data) }
}

fn data(value: Value) -> BindingData {
    BindingData { value: Some(value), ..BindingData::default() }
}

/// `node` may be empty for an input of the workflow.
pub(crate) fn promise(node: &str, var: &str) -> BindingData {
    data(Value::Promise(OutputReference { node_id: node.to_owned(), var: var.to_owned(), attr_path: vec![] }))
}

/// The promise with a path into its value; digits are an index.
pub(crate) fn attribute(mut promise: BindingData, path: &[&str]) -> BindingData {
    if let Some(Value::Promise(reference)) = &mut promise.value {
        let steps = path.iter().map(|step| match step.parse() {
            Ok(index) => promise_attribute::Value::IntValue(index),
            Err(_) => promise_attribute::Value::StringValue((*step).to_owned()),
        });
        reference.attr_path = steps.map(|value| PromiseAttribute { value: Some(value) }).collect();
    }
    promise
}

pub(crate) fn int_value(value: i64) -> BindingData {
    data(Value::Scalar(scalar(PrimitiveValue::Integer(value))))
}

pub(crate) fn text_value(value: &str) -> BindingData {
    data(Value::Scalar(scalar(PrimitiveValue::StringValue(value.to_owned()))))
}

/// A scalar of a kind that only a newer client knows.
pub(crate) fn unknown_scalar() -> BindingData {
    data(Value::Scalar(Box::default()))
}

pub(crate) fn empty() -> BindingData {
    BindingData::default()
}

fn scalar(value: PrimitiveValue) -> Box<Scalar> {
    Box::new(Scalar { value: Some(ScalarValue::Primitive(Primitive { value: Some(value) })) })
}

pub(crate) fn collection(bindings: impl IntoIterator<Item = BindingData>) -> BindingData {
    data(Value::Collection(BindingDataCollection { bindings: bindings.into_iter().collect() }))
}

pub(crate) fn mapping<const N: usize>(entries: [(&str, BindingData); N]) -> BindingData {
    let bindings: BTreeMap<_, _> = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    data(Value::Map(BindingDataMap { bindings }))
}
