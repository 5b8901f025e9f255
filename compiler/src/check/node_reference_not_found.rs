//! Every node that is referred to exists.
//!
//! Flyte says `UnreachableNodes` of an unknown explicit order; here the order itself is named.

use crate::diagnostic::{Code, Diagnostic, Location};

/// A promise of an output.
pub(crate) fn promise(place: Location, id: &str) -> Diagnostic {
    found(place, id, "bind the input to a node of this workflow")
}

/// An explicit order.
pub(crate) fn upstream(node: &str, id: &str) -> Diagnostic {
    found(Location::node(node), id, "order it after a node of this workflow")
}

fn found(place: Location, id: &str, hint: &str) -> Diagnostic {
    Diagnostic::error(Code::NodeReferenceNotFound, place, format!("there is no node '{id}'"))
        .got(id)
        .hint(hint)
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, collection, promise};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn unknown_nodes_are_named_where_they_are_used() {
        Program::new()
            .task("t", &[("a", list(int()))], &[])
            .node("n0", "t", &[("a", collection([promise("n7", "o0")]))])
            .after("n0", "n8")
            .output("o0", int(), promise("n9", "o0"))
            .check(expect![[r#"
                NodeReferenceNotFound at end-node.o0: there is no node 'n9' (bind the input to a node of this workflow)
                NodeReferenceNotFound at n0: there is no node 'n8' (order it after a node of this workflow)
                NodeReferenceNotFound at n0.a[0]: there is no node 'n7' (bind the input to a node of this workflow)"#]]);
    }
}
