//! Parts that must be present.

use aileron_idl::core::{Identifier, SignalCondition, Variable, WorkflowTemplate};

use crate::LaunchPlan;
use crate::diagnostic::{Code, Diagnostic, Location};

fn missing(place: Location, message: impl Into<String>, hint: &str) -> Diagnostic {
    Diagnostic::error(Code::ValueRequired, place, message).hint(hint)
}

pub(crate) fn workflow_id(template: &WorkflowTemplate) -> Option<Diagnostic> {
    let absent = template.id.is_none();
    absent.then(|| {
        missing(Location::whole(), "the workflow has no id", "give it a project, domain, name and version")
    })
}

/// `position` is the node's place in the template, from 0.
pub(crate) fn node_id(position: u32) -> Diagnostic {
    missing(Location::whole(), format!("node {position} of the template has no id"), "give each node an id")
}

pub(crate) fn failure_node_id() -> Diagnostic {
    missing(Location::whole(), "the failure node has no id", "give each node an id")
}

pub(crate) fn target(node: &str) -> Diagnostic {
    let message = format!("node '{node}' does not say what it runs");
    missing(
        Location::node(node),
        message,
        "refer to a task or a workflow, or make it a branch, gate or array",
    )
}

pub(crate) fn task_reference(node: &str) -> Diagnostic {
    missing(Location::node(node), format!("task node '{node}' refers to no task"), "give it the task's id")
}

/// What a launch plan takes and gives.
pub(crate) fn launch_plan(node: &str, plan: &LaunchPlan) -> Vec<Diagnostic> {
    let parts = [("inputs", plan.expected_inputs.is_none()), ("outputs", plan.expected_outputs.is_none())];
    let absent = parts.into_iter().filter(|(_, absent)| *absent);
    let found = absent.map(|(part, _)| {
        let message = format!("the {part} of launch plan '{}' are not known", plan.id);
        missing(Location::node(node), message, "register the launch plan again")
    });
    found.collect()
}

pub(crate) fn sub_workflow_id(position: usize) -> Diagnostic {
    let message = format!("sub-workflow {position} has no id");
    missing(Location::whole(), message, "give it a project, domain, name and version")
}

pub(crate) fn sub_workflow_interface(node: &str, id: &Identifier) -> Diagnostic {
    let message = format!("sub-workflow '{id}' does not declare its interface");
    missing(Location::node(node), message, "declare its inputs and outputs, even if it has none")
}

/// What a signal needs to have an output.
pub(crate) fn signal(node: &str, signal: &SignalCondition) -> Vec<Diagnostic> {
    let of = |message, hint| missing(Location::node(node), message, hint);
    let id = &signal.signal_id;
    let has_type = signal.r#type.as_ref().is_some_and(|declared| declared.r#type.is_some());
    let no_type = (!has_type).then(|| {
        let message = format!("signal '{id}' declares no type");
        of(message, "say of what type the value is that it waits for")
    });
    let no_name = signal.output_variable_name.is_empty().then(|| {
        of(format!("signal '{id}' does not name its output"), "name the output that holds the value")
    });
    no_type.into_iter().chain(no_name).collect()
}

pub(crate) fn array_node(node: &str) -> Diagnostic {
    let message = format!("array '{node}' does not say what it runs for each item");
    missing(Location::node(node), message, "give it a node, such as one that runs a task")
}

/// A condition of a branch that is there, but empty.
pub(crate) fn expression(node: &str) -> Diagnostic {
    let message = "a condition neither compares nor joins comparisons";
    missing(Location::node(node), message, "compare two values, or join conditions with `and` or `or`")
}

/// `side` is `left` or `right`.
pub(crate) fn operand(node: &str, side: &str) -> Diagnostic {
    let message = format!("a comparison has no {side} side");
    missing(Location::node(node), message, "compare a bound variable or a constant")
}

pub(crate) fn task_id() -> Diagnostic {
    missing(Location::whole(), "the task has no id", "give it a project, domain, name and version")
}

/// A variable of an interface. `direction` is `input` or `output`.
pub(crate) fn variable(direction: &str, name: &str, variable: &Variable) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if name.is_empty() {
        let message = format!("an {direction} of the interface has no name");
        found.push(missing(Location::whole(), message, "name each variable"));
    }
    if variable.r#type.as_ref().is_none_or(|declared| declared.r#type.is_none()) {
        let message = format!("{direction} '{name}' of the interface has no type");
        found.push(missing(Location::variable(name), message, "declare a type for each variable"));
    }
    found
}

pub(crate) fn bound_variable(node: &str) -> Diagnostic {
    missing(Location::node(node), "a binding names no variable", "name the input that it binds")
}

pub(crate) fn binding(place: Location) -> Diagnostic {
    let variable = place.value();
    let message = format!("the binding of '{variable}' has no data");
    missing(place, message, "bind a scalar, a collection, a map or an output")
}

pub(crate) fn image() -> Diagnostic {
    missing(Location::variable("container.image"), "the container has no image", "name the image to run")
}

pub(crate) fn command() -> Diagnostic {
    let message = "the container has inputs or outputs, but neither command nor arguments";
    missing(Location::variable("container.command"), message, "say how it reads them")
}

pub(crate) fn pod_spec() -> Diagnostic {
    missing(Location::variable("k8s_pod.pod_spec"), "the pod has no spec", "give it at least one container")
}

/// A literal of a launch without a value.
pub(crate) fn literal(name: &str) -> Diagnostic {
    let message = format!("missing valid literal in inputs {name}");
    missing(Location::variable(name), message, "give a value, or NONE for an optional input")
}

/// A launch plan's parameter.
pub(crate) fn parameter(name: &str, what: &str) -> Diagnostic {
    let message = format!("default input '{name}' has no {what}");
    missing(Location::variable(name), message, "an input has a name, a type, and a default or `required`")
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::node::Target;
    use aileron_idl::core::{Binding, LiteralType, Node, TaskNode};
    use expect_test::expect;

    use crate::fixture::{Program, int_value};

    #[test]
    fn missing_parts_are_named() {
        let nameless = Binding { var: String::new(), binding: Some(int_value(1)) };
        let dataless = Binding { var: "a".to_owned(), binding: None };
        let inputs = vec![nameless, dataless];
        Program::new()
            .input("", LiteralType::default())
            .task("t", &[], &[])
            .with(Node::default())
            .with(Node {
                id: "n1".to_owned(),
                target: Some(Target::TaskNode(TaskNode::default())),
                ..Node::default()
            })
            .with(Node { id: "n2".to_owned(), inputs, ..Node::default() })
            .without_id()
            .check(expect![[r#"
                ValueRequired: the workflow has no id (give it a project, domain, name and version)
                ValueRequired: an input of the interface has no name (name each variable)
                ValueRequired at : input '' of the interface has no type (declare a type for each variable)
                ValueRequired: node 0 of the template has no id (give each node an id)
                ValueRequired at : node '' does not say what it runs (refer to a task or a workflow, or make it a branch, gate or array)
                ValueRequired at n1: task node 'n1' refers to no task (give it the task's id)
                ValueRequired at n2: node 'n2' does not say what it runs (refer to a task or a workflow, or make it a branch, gate or array)
                ValueRequired at n2: a binding names no variable (name the input that it binds)
                ValueRequired at n2.a: the binding of 'a' has no data (bind a scalar, a collection, a map or an output)"#]]);
    }
}
