//! A node that runs a registered task: it has the task's interface.

use aileron_idl::core::TaskNode;
use aileron_idl::core::task_node::Reference;

use super::{Definition, Scope};
use crate::check::{task_reference_not_found, unrecognized_value, value_required};
use crate::diagnostic::Location;
use crate::findings::Findings;
use crate::signature::Signature;

pub(super) fn define<'a>(
    node: &str,
    task: &TaskNode,
    scope: &Scope<'a, '_>,
    diagnostics: &mut Findings,
) -> Definition<'a> {
    let resources = task.overrides.as_ref().and_then(|overrides| overrides.resources.as_ref());
    diagnostics.extend(unrecognized_value::quantities(&Location::node(node), resources));
    let Some(Reference::ReferenceId(id)) = &task.reference else {
        diagnostics.push(value_required::task_reference(node));
        return Definition::unknown();
    };
    let found = scope.library.tasks.get(id);
    if found.is_none() {
        diagnostics.push(task_reference_not_found::found(node, id));
    }
    Definition::declared(found.map(|template| Signature::of(template.interface.as_ref())))
}
