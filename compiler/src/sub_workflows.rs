//! The sub-workflows of a request: which are needed, that none runs inside itself, and their connections.

use std::collections::BTreeMap;

use aileron_idl::core::node::Target;
use aileron_idl::core::workflow_node::Reference;
use aileron_idl::core::{ConnectionSet, Identifier, WorkflowTemplate};
use foldhash::HashMap;

use crate::check::cycle_detected;
use crate::diagnostic::Diagnostic;
use crate::findings::Findings;
use crate::graph::Graph;
use crate::ir::{Edge, NodeIx};
use crate::node::Library;
use crate::{Request, walk, workflow};

/// Judges each that is needed once, in the order of the request; the others are passed over.
pub(crate) fn judge<'a>(
    request: &'a Request,
    library: &Library<'a>,
    diagnostics: &mut Findings,
) -> Vec<Option<ConnectionSet>> {
    let references = References::of(request);
    let graph = Graph::new(request.sub_workflows.len() + 1, references.edges());
    let mut is_needed = vec![true; request.sub_workflows.len() + 1];
    for unneeded in graph.unreachable_from(PRIMARY) {
        is_needed[unneeded.0 as usize] = false;
    }
    let cycles = graph.cycles().into_iter();
    let cycles = cycles.filter(|cycle| cycle.first().is_some_and(|first| is_needed[first.0 as usize]));
    diagnostics.extend(cycles.filter_map(|cycle| references.recursion(request, &cycle)));
    let templates = request.sub_workflows.iter().zip(&is_needed[1..]);
    templates
        .map(|(template, &needed)| needed.then(|| sub_workflow(template, library, diagnostics)))
        .collect()
}

/// In the graph of references the nodes are the workflow itself, and then its sub-workflows.
const PRIMARY: NodeIx = NodeIx(0);

fn sub_workflow<'a>(
    template: &'a WorkflowTemplate,
    library: &Library<'a>,
    diagnostics: &mut Findings,
) -> ConnectionSet {
    let mut found = Findings::default();
    let connections = workflow(template, library, &mut found);
    let id = template.id.as_ref().map(ToString::to_string).unwrap_or_default();
    diagnostics.absorb(found, &id);
    connections
}

/// Which workflow refers to which, and by which node.
struct References<'a>(BTreeMap<Edge, &'a str>);

impl<'a> References<'a> {
    fn of(request: &'a Request) -> Self {
        let ids = request.sub_workflows.iter().map(|workflow| workflow.id.as_ref());
        let index: HashMap<_, _> =
            ids.zip((1..).map(NodeIx)).filter_map(|(id, ix)| Some((id?, ix))).collect();
        let workflows = std::iter::once(&request.template).chain(&request.sub_workflows);
        let references = workflows.zip((0..).map(NodeIx)).flat_map(|(workflow, from)| {
            let index = &index;
            references(workflow).filter_map(move |(node, id)| Some(((from, *index.get(id)?), node)))
        });
        Self(references.collect())
    }

    fn edges(&self) -> impl Iterator<Item = Edge> {
        self.0.keys().copied()
    }

    /// `cycle` is a shortest one, as [`Graph::cycles`] tells it.
    fn recursion(&self, request: &Request, cycle: &[NodeIx]) -> Option<Diagnostic> {
        let first = *cycle.first()?;
        let next = *cycle.get(1).unwrap_or(&first);
        let names = cycle.iter().chain([&first]).filter_map(|index| {
            let position = (index.0 as usize).checked_sub(1)?;
            request.sub_workflows.get(position)?.id.as_ref().map(ToString::to_string)
        });
        let names: Vec<_> = names.collect();
        Some(cycle_detected::sub_workflows(self.0.get(&(first, next))?, &names))
    }
}

fn references(workflow: &WorkflowTemplate) -> impl Iterator<Item = (&str, &Identifier)> {
    walk::nodes(workflow).filter_map(|node| match &node.target {
        Some(Target::WorkflowNode(child)) => match &child.reference {
            Some(Reference::SubWorkflowRef(id)) => Some((node.id.as_str(), id)),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::fixture::{Program, branch, equal, id, int_operand, int_value, sub_workflow_node, text_value};

    /// A workflow that runs `inner`.
    fn outer(inner: &str) -> Program {
        Program::new().with(sub_workflow_node("n0", inner, &[]))
    }

    fn leaf() -> Program {
        Program::new().task("t", &[], &[]).node("n0", "t", &[])
    }

    #[test]
    fn each_that_is_needed_is_compiled_once_and_others_are_left() {
        let program = outer("a")
            .with(sub_workflow_node("n1", "a", &[]))
            .sub_workflow("unused", leaf())
            .sub_workflow("a", outer("b").sub_workflow("b", leaf()));
        let closure = program.compile().into_result().unwrap();
        let compiled = closure.sub_workflows.iter();
        let compiled: Vec<_> =
            compiled.map(|it| (it.template.clone().unwrap().id, it.connections.is_some())).collect();
        assert_eq!(compiled, [(Some(id("unused")), false), (Some(id("a")), true), (Some(id("b")), true)]);
    }

    #[test]
    fn what_is_wrong_inside_is_said_once_with_the_workflows_id() {
        let wrong = leaf().node("n1", "t", &[("x", text_value("x"))]);
        outer("wrong").with(sub_workflow_node("n1", "wrong", &[])).sub_workflow("wrong", wrong).check(
            expect![
                "VariableNameNotFound at p:d:wrong:v/n1.x: node 'n1' has no input 'x' (its inputs: none)"
            ],
        );
    }

    #[test]
    fn a_workflow_may_not_run_inside_itself() {
        outer("a").sub_workflow("a", outer("a")).check(expect!["CycleDetected at p:d:a:v/n0: the sub-workflow would run inside itself without end: p:d:a:v>p:d:a:v (run it through a launch plan, which starts an execution of its own)"]);
        outer("a").sub_workflow("a", outer("b")).sub_workflow("b", outer("a")).check(expect!["CycleDetected at p:d:a:v/n0: the sub-workflow would run inside itself without end: p:d:a:v>p:d:b:v>p:d:a:v (run it through a launch plan, which starts an execution of its own)"]);
        let condition = equal("x", int_operand(1));
        let hidden = branch("n0", &[("x", int_value(1))], [(condition, sub_workflow_node("t", "a", &[]))]);
        outer("a").sub_workflow("a", Program::new().with(hidden)).check(expect!["CycleDetected at p:d:a:v/t: the sub-workflow would run inside itself without end: p:d:a:v>p:d:a:v (run it through a launch plan, which starts an execution of its own)"]);
    }

    #[test]
    fn a_circle_that_nobody_needs_is_left_alone() {
        leaf().sub_workflow("a", outer("a")).check(expect![""]);
    }

    #[test]
    fn nesting_needs_no_stack() {
        let mut program = outer("w0");
        for level in 0..3_000 {
            program = program.sub_workflow(&format!("w{level}"), outer(&format!("w{}", level + 1)));
        }
        let program = program.sub_workflow("w3000", leaf());
        assert!(program.compile().diagnostics.is_empty());
    }
}
