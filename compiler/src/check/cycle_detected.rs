//! No node may wait for itself, directly or through others.

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::graph::Graph;
use crate::ir::{NodeIx, Workflow};

/// One finding for each set of nodes in a circle, wherever it lies, at its first node and at the input
/// that closes the circle there.
pub(crate) fn check(workflow: &Workflow<'_>, graph: &Graph) -> Vec<Diagnostic> {
    graph.cycles().iter().filter_map(|cycle| found(workflow, cycle)).collect()
}

fn found(workflow: &Workflow<'_>, cycle: &[NodeIx]) -> Option<Diagnostic> {
    let (&first, &last) = (cycle.first()?, cycle.last()?);
    let ids: Vec<_> = cycle.iter().chain([&first]).map(|&node| workflow.id(node)).collect();
    let message = format!("the nodes wait for each other in a circle: {}", ids.join(">"));
    let node = Location::node(workflow.id(first));
    let place = match closing_input(workflow, first, last) {
        Some(variable) => node.at(variable),
        None => node,
    };
    let hint = "remove one of these dependencies: an input bound to an output, or an explicit order";
    Some(Diagnostic::error(Code::CycleDetected, place, message).got(ids.join(">")).hint(hint))
}

/// Sub-workflows that run inside themselves. `names` begins and ends with the same one; `node` of that one
/// runs the next.
pub(crate) fn sub_workflows(node: &str, names: &[String]) -> Diagnostic {
    let circle = names.join(">");
    let message = format!("the sub-workflow would run inside itself without end: {circle}");
    let found = Diagnostic::error(Code::CycleDetected, Location::node(node), message)
        .got(circle)
        .hint("run it through a launch plan, which starts an execution of its own");
    match names.first() {
        Some(first) => found.of_workflow(first),
        None => found,
    }
}

/// The input of `node` that takes an output of `upstream`; there is none when the order is explicit.
fn closing_input<'a>(workflow: &Workflow<'a>, node: NodeIx, upstream: NodeIx) -> Option<&'a str> {
    let takes = |source: &crate::ir::Source<'_>| {
        let mut found = false;
        source.promises(&mut |promise| found |= promise.node == upstream);
        found
    };
    workflow.node(node).inputs.iter().find(|bound| takes(&bound.source)).map(|bound| bound.variable)
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, promise};
    use crate::types::samples::int;
    use expect_test::expect;

    fn program() -> Program {
        Program::new().input("a", int()).task("inc", &[("a", int())], &[("o0", int())])
    }

    #[test]
    fn a_cycle_behind_the_start_is_shown_with_its_path_and_input() {
        program()
            .task("add", &[("a", int()), ("b", int())], &[("o0", int())])
            .node("n0", "add", &[("a", promise("", "a")), ("b", promise("n2", "o0"))])
            .node("n1", "inc", &[("a", promise("n0", "o0"))])
            .node("n2", "inc", &[("a", promise("n1", "o0"))])
            .check(expect!["CycleDetected at n0.b: the nodes wait for each other in a circle: n0>n1>n2>n0 (remove one of these dependencies: an input bound to an output, or an explicit order)"]);
    }

    #[test]
    fn a_node_may_not_take_its_own_output() {
        program().node("n0", "inc", &[("a", promise("n0", "o0"))]).check(expect![[r#"
            CycleDetected at n0.a: the nodes wait for each other in a circle: n0>n0 (remove one of these dependencies: an input bound to an output, or an explicit order)
            UnreachableNodes at n0: nothing leads from the workflow's start to: n0 (break the circle that they are in or wait for)"#]]);
    }

    #[test]
    fn a_cycle_of_explicit_orders_names_no_input() {
        program()
            .node("n0", "inc", &[("a", promise("", "a"))])
            .node("n1", "inc", &[("a", promise("", "a"))])
            .after("n0", "n1")
            .after("n1", "n0")
            .check(expect!["CycleDetected at n0: the nodes wait for each other in a circle: n0>n1>n0 (remove one of these dependencies: an input bound to an output, or an explicit order)"]);
    }
}
