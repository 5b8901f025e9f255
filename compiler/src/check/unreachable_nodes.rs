//! Every node must come after the start node, directly or through others.
//!
//! A node that waits for nothing follows the start node, so only a circle can keep nodes from it.

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::graph::Graph;
use crate::ir::{NodeIx, Workflow};

pub(crate) fn check(workflow: &Workflow<'_>, graph: &Graph) -> Option<Diagnostic> {
    let mut unreachable = graph.unreachable_from(NodeIx::START);
    // A workflow without nodes has nothing between its ends, which is said elsewhere.
    unreachable.retain(|&node| node != NodeIx::END);
    let first = unreachable.first()?;
    let ids: Vec<_> = unreachable.iter().map(|&node| workflow.id(node)).collect();
    let message = format!("nothing leads from the workflow's start to: {}", ids.join(", "));
    let place = Location::node(workflow.id(*first));
    Some(
        Diagnostic::error(Code::UnreachableNodes, place, message)
            .hint("break the circle that they are in or wait for"),
    )
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, promise};
    use crate::types::samples::int;
    use expect_test::expect;

    #[test]
    fn a_circle_apart_from_the_start_and_what_waits_for_it_are_unreachable() {
        Program::new()
            .input("a", int())
            .task("inc", &[("a", int())], &[("o0", int())])
            .node("n0", "inc", &[("a", promise("", "a"))])
            .node("n1", "inc", &[("a", promise("n2", "o0"))])
            .node("n2", "inc", &[("a", promise("n1", "o0"))])
            .node("n3", "inc", &[("a", promise("n2", "o0"))])
            .check(expect![[r#"
                CycleDetected at n1.a: the nodes wait for each other in a circle: n1>n2>n1 (remove one of these dependencies: an input bound to an output, or an explicit order)
                UnreachableNodes at n1: nothing leads from the workflow's start to: n1, n2, n3 (break the circle that they are in or wait for)"#]]);
    }
}
