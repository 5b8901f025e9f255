//! Parts that must be present.

use aileron_idl::core::{Variable, WorkflowTemplate};

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

pub(crate) fn target(node: &str) -> Diagnostic {
    let message = format!("node '{node}' does not say what it runs");
    missing(Location::node(node), message, "refer to a task")
}

pub(crate) fn task_reference(node: &str) -> Diagnostic {
    missing(Location::node(node), format!("task node '{node}' refers to no task"), "give it the task's id")
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
                ValueRequired at : node '' does not say what it runs (refer to a task)
                ValueRequired at n1: task node 'n1' refers to no task (give it the task's id)
                ValueRequired at n2: node 'n2' does not say what it runs (refer to a task)
                ValueRequired at n2: a binding names no variable (name the input that it binds)
                ValueRequired at n2.a: the binding of 'a' has no data (bind a scalar, a collection, a map or an output)"#]]);
    }
}
