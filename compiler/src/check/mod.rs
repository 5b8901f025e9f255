//! The rules. One file a code: when it is raised, what it says, how to mend it, and its tests.

pub(crate) mod ambiguous_binding_union_value;
pub(crate) mod branch_node_has_no_condition;
pub(crate) mod branch_node_has_no_default;
pub(crate) mod branch_node_id_not_found;
pub(crate) mod cycle_detected;
pub(crate) mod duplicate_alias;
pub(crate) mod duplicate_id;
pub(crate) mod field_not_found;
pub(crate) mod illegal_enum_value;
pub(crate) mod incompatible_binding_union_value;
pub(crate) mod invalid_value;
pub(crate) mod mismatching_bindings;
pub(crate) mod mismatching_types;
pub(crate) mod nesting_too_deep;
pub(crate) mod no_condition_found;
pub(crate) mod no_nodes_found;
pub(crate) mod node_reference_not_found;
pub(crate) mod parameter_bound_more_than_once;
pub(crate) mod parameter_not_bound;
pub(crate) mod syntax_error;
pub(crate) mod task_reference_not_found;
pub(crate) mod unreachable_nodes;
pub(crate) mod unrecognized_value;
pub(crate) mod value_required;
pub(crate) mod variable_name_not_found;
pub(crate) mod workflow_reference_not_found;

use aileron_idl::core::{TypedInterface, VariableMap, WorkflowTemplate};

use crate::Request;
use crate::diagnostic::{self, Diagnostic};
use crate::findings::Findings;
use crate::graph::Graph;
use crate::ir::{Place, Workflow};

/// The rules about the templates of a request as a whole.
pub(crate) fn request(request: &Request) -> impl Iterator<Item = Diagnostic> {
    let Request { template, sub_workflows, .. } = request;
    let workflow_id = value_required::workflow_id(template);
    let without_id = sub_workflows.iter().enumerate().filter(|(_, workflow)| workflow.id.is_none());
    let without_id = without_id.map(|(position, _)| value_required::sub_workflow_id(position));
    let twice = duplicate_id::sub_workflows(sub_workflows);
    workflow_id.into_iter().chain(without_id).chain(twice)
}

/// The rules about one template as a whole.
pub(crate) fn template(template: &WorkflowTemplate) -> impl Iterator<Item = Diagnostic> {
    let empty = no_nodes_found::check(template);
    empty.into_iter().chain(interface(template.interface.as_ref()))
}

/// The rules about the interface of a workflow or task.
pub(crate) fn interface(interface: Option<&TypedInterface>) -> impl Iterator<Item = Diagnostic> {
    let inputs = interface.and_then(|interface| interface.inputs.as_ref());
    let outputs = interface.and_then(|interface| interface.outputs.as_ref());
    variables("input", inputs).chain(variables("output", outputs))
}

fn variables<'a>(
    direction: &'static str,
    declared: Option<&'a VariableMap>,
) -> impl Iterator<Item = Diagnostic> + use<'a> {
    declared.into_iter().flat_map(|map| &map.variables).flat_map(move |(name, variable)| {
        let depth = nesting_too_deep::variable(name, variable.r#type.as_ref());
        value_required::variable(direction, name, variable).into_iter().chain(depth)
    })
}

/// The rules about the names that nodes give to their outputs.
pub(crate) fn aliases(workflow: &Workflow<'_>, diagnostics: &mut Findings) {
    for node in workflow.nodes.iter().filter(|node| node.place != Place::Item) {
        let (Some(template), Some(signature)) = (node.template, &node.signature) else { continue };
        let aliases = &template.output_aliases;
        let unknown = aliases.iter().filter(|alias| !signature.outputs.contains(&alias.var));
        diagnostics.extend(unknown.map(|alias| parameter_not_bound::alias(&node.id, alias, signature)));
        diagnostics.extend(duplicate_alias::check(&node.id, aliases));
    }
}

/// The rules about how nodes depend on each other.
pub(crate) fn graph(workflow: &Workflow<'_>, diagnostics: &mut Findings) {
    let graph = Graph::of(workflow);
    diagnostics.extend(cycle_detected::check(workflow, &graph));
    diagnostics.extend(unreachable_nodes::check(workflow, &graph));
}

/// The names as a hint shows them, each cut after 60 characters.
fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let listed = diagnostic::listed(names, |name| format!("'{:.60}'", name.as_ref()));
    listed.unwrap_or_else(|| "none".to_owned())
}

/// How a case of a branch is called. `position` is 0 for `if`, and counts the `elif`s from 1.
fn case(position: usize) -> String {
    match position {
        0 => "the `if`".to_owned(),
        position => format!("`elif` {position}"),
    }
}
