//! Small workflows for tests, written in a few words.

use std::collections::BTreeMap;

use aileron_idl::core::binding_data::Value;
use aileron_idl::core::node::Target;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::task_node::Reference;
use aileron_idl::core::{
    Alias, Binding, BindingData, BindingDataCollection, BindingDataMap, Identifier, LiteralType, Node,
    OutputReference, Primitive, PromiseAttribute, ResourceType, Resources, Scalar, TaskNode,
    TaskNodeOverrides, TaskTemplate, TypedInterface, Variable, VariableMap, WorkflowTemplate,
    promise_attribute,
};

use crate::{Compiled, Request, compile};

/// A workflow under construction, with its tasks.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) template: WorkflowTemplate,
    pub(crate) tasks: Vec<TaskTemplate>,
}

impl Program {
    pub(crate) fn new() -> Self {
        let interface = Some(interface(&[], &[]));
        let template =
            WorkflowTemplate { id: Some(id("workflow")), interface, ..WorkflowTemplate::default() };
        Self { template, tasks: Vec::new() }
    }

    pub(crate) fn compile(&self) -> Compiled {
        compile(&Request { template: &self.template, sub_workflows: &[], tasks: &self.tasks })
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
        let reference = Some(Reference::ReferenceId(id(task)));
        let target = Some(Target::TaskNode(TaskNode { reference, ..TaskNode::default() }));
        let inputs = inputs.iter().map(|(name, data)| binding(name, data.clone())).collect();
        self.with(Node { id: node.to_owned(), inputs, target, ..Node::default() })
    }

    pub(crate) fn with(mut self, node: Node) -> Self {
        self.template.nodes.push(node);
        self
    }

    pub(crate) fn failure_node(mut self, id: &str) -> Self {
        self.template.failure_node = Some(Node { id: id.to_owned(), ..Node::default() });
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
                task.overrides = Some(TaskNodeOverrides { resources, ..TaskNodeOverrides::default() });
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
    data(Value::Scalar(Scalar::default()))
}

pub(crate) fn empty() -> BindingData {
    BindingData::default()
}

fn scalar(value: PrimitiveValue) -> Scalar {
    Scalar { value: Some(ScalarValue::Primitive(Primitive { value: Some(value) })) }
}

pub(crate) fn collection(bindings: impl IntoIterator<Item = BindingData>) -> BindingData {
    data(Value::Collection(BindingDataCollection { bindings: bindings.into_iter().collect() }))
}

pub(crate) fn mapping<const N: usize>(entries: [(&str, BindingData); N]) -> BindingData {
    let bindings: BTreeMap<_, _> = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    data(Value::Map(BindingDataMap { bindings }))
}
