//! What is written on a node's box.

use aileron_idl::core::{
    ArrayNode, CompiledTask, GateNode, Identifier, Node, TaskNode, WorkflowNode, array_node, binding_data,
    gate_node, node, task_node, workflow_node,
};

use super::source::{Scope, arms};
use super::{END, Inside, Kind, START};
use crate::model::time;

/// What is known of a node by its template alone.
pub(super) struct Description {
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) target: String,
    pub(super) inside: Inside,
}

/// Describes a node of a scope.
pub(super) fn describe(scope: &Scope, node: &Node) -> Description {
    let (kind, target) = identify(scope, node);
    let inside = match &kind {
        Kind::SubWorkflow if super::named(&scope.closure, &target).is_some() => Inside::Shut,
        Kind::Branch if arms(node).next().is_some() => Inside::Shut,
        _ => Inside::Nothing,
    };
    let (title, subtitle) = (title(&kind, &target, node), subtitle(scope, &kind, node));
    Description { kind, title, subtitle, target, inside }
}

fn identify(scope: &Scope, node: &Node) -> (Kind, String) {
    match (node.id.as_str(), &node.target) {
        (START, _) => (Kind::Start, String::new()),
        (END, _) => (Kind::End, String::new()),
        (_, Some(node::Target::TaskNode(task))) => task_kind(scope, task),
        (_, Some(node::Target::WorkflowNode(workflow))) => workflow_kind(workflow),
        (_, Some(node::Target::BranchNode(_))) => (Kind::Branch, String::new()),
        (_, Some(node::Target::GateNode(_))) => (Kind::Gate, String::new()),
        (_, Some(node::Target::ArrayNode(array))) => {
            let target = array.node.as_deref().map(|inner| identify(scope, inner).1);
            (Kind::Array, target.unwrap_or_default())
        }
        (_, None) => (Kind::Unknown, String::new()),
    }
}

fn task_kind(scope: &Scope, task: &TaskNode) -> (Kind, String) {
    let Some(task_node::Reference::ReferenceId(id)) = &task.reference else {
        return (Kind::Task(String::new()), String::new());
    };
    (Kind::Task(task_type(scope, id)), id.name.clone())
}

/// Closures are sorted by id; those of files need not be.
fn task_type(scope: &Scope, id: &Identifier) -> String {
    let tasks = &scope.closure.tasks;
    let order = |task: &CompiledTask| task.template.as_ref().and_then(|one| one.id.as_ref()).cmp(&Some(id));
    let sorted = tasks.binary_search_by(order).ok();
    let at = sorted.or_else(|| tasks.iter().position(|task| order(task).is_eq()));
    let template = at.and_then(|at| tasks[at].template.as_ref());
    template.map_or_else(String::new, |template| template.r#type.clone())
}

fn workflow_kind(workflow: &WorkflowNode) -> (Kind, String) {
    match &workflow.reference {
        Some(workflow_node::Reference::LaunchplanRef(id)) => (Kind::LaunchPlan, id.name.clone()),
        Some(workflow_node::Reference::SubWorkflowRef(id)) => (Kind::SubWorkflow, id.name.clone()),
        None => (Kind::SubWorkflow, String::new()),
    }
}

/// Flytekit gives every node its task's full name; the part after the last dot is what people wrote.
fn title(kind: &Kind, target: &str, node: &Node) -> String {
    let given = node.metadata.as_ref().map_or("", |metadata| metadata.name.as_str());
    let full = match kind {
        Kind::Start => "Inputs",
        Kind::End => "Outputs",
        _ => [given, target, &node.id].into_iter().find(|name| !name.is_empty()).unwrap_or(&node.id),
    };
    mapped(full.rsplit('.').next().unwrap_or(full))
}

/// A title as people read it: flytekit calls the map task of a task `map_TASK_HASH-arraynode`.
pub fn mapped(title: &str) -> String {
    let task = || {
        let (task, hash) = title.strip_prefix("map_")?.strip_suffix("-arraynode")?.rsplit_once('_')?;
        (hash.len() == 32).then(|| format!("{task} (map)"))
    };
    task().unwrap_or_else(|| title.to_owned())
}

fn subtitle(scope: &Scope, kind: &Kind, node: &Node) -> String {
    let id = &node.id;
    match (kind, &node.target) {
        (Kind::Start | Kind::End, _) => "of the workflow".to_owned(),
        (_, Some(node::Target::ArrayNode(array))) => format!("{id} · {}", map(array, node)),
        (_, Some(node::Target::GateNode(gate))) => format!("{id} · {}", waits(gate)),
        (Kind::Branch, _) => format!("{id} · branch of {}", arms(node).count()),
        (Kind::SubWorkflow, _) => match inside(scope, node) {
            Some(count) => format!("{id} · sub-workflow of {count}"),
            None => format!("{id} · sub-workflow"),
        },
        _ => format!("{id} · {}", kind.label()),
    }
}

/// How many nodes a sub-workflow has that run something.
fn inside(scope: &Scope, node: &Node) -> Option<usize> {
    let Some(node::Target::WorkflowNode(workflow)) = &node.target else { return None };
    let Some(workflow_node::Reference::SubWorkflowRef(id)) = &workflow.reference else { return None };
    let template =
        scope.closure.sub_workflows.get(super::named(&scope.closure, &id.name)?)?.template.as_ref()?;
    Some(template.nodes.iter().filter(|node| node.id != START && node.id != END).count())
}

/// `map of 12, 4 at once, ≥ 80 %`.
fn map(array: &ArrayNode, node: &Node) -> String {
    let mut text = "map".to_owned();
    if let Some(size) = size(array, node) {
        text.push_str(&format!(" of {size}"));
    }
    match array.parallelism_option {
        Some(array_node::ParallelismOption::Parallelism(most)) if most > 0 => {
            text.push_str(&format!(", {most} at once"));
        }
        _ => {}
    }
    match array.success_criteria {
        Some(array_node::SuccessCriteria::MinSuccesses(least)) if least > 0 => {
            text.push_str(&format!(", ≥ {least} succeed"));
        }
        Some(array_node::SuccessCriteria::MinSuccessRatio(ratio)) if ratio > 0.0 && ratio < 1.0 => {
            text.push_str(&format!(", ≥ {:.0} % succeed", ratio * 100.0));
        }
        _ => {}
    }
    text
}

/// How many items there are, where the lists are written in the workflow.
fn size(array: &ArrayNode, node: &Node) -> Option<usize> {
    let free = node.inputs.iter().filter(|input| !array.bound_inputs.contains(&input.var));
    let lists = free.filter_map(|input| match &input.binding.as_ref()?.value {
        Some(binding_data::Value::Collection(list)) => Some(list.bindings.len()),
        _ => None,
    });
    lists.max()
}

fn waits(gate: &GateNode) -> String {
    match &gate.condition {
        Some(gate_node::Condition::Approve(approve)) => format!("approval {}", approve.signal_id),
        Some(gate_node::Condition::Signal(signal)) => format!("signal {}", signal.signal_id),
        Some(gate_node::Condition::Sleep(sleep)) => {
            let span = sleep.duration.as_ref().map_or(0.0, time::span);
            format!("sleeps {}", time::human(span))
        }
        None => "gate".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_task_is_called_after_its_task() {
        assert_eq!(mapped("map_square_6b3bd0353da5de6e84d7982921ead2b3-arraynode"), "square (map)");
        assert_eq!(mapped("map_square_of_things"), "map_square_of_things");
    }
}
