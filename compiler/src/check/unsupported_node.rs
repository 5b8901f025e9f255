//! Node kinds that this compiler does not know yet are refused, never passed over.

use crate::diagnostic::{Code, Diagnostic, Location};

/// `kind` is what it is called, such as `branch node`.
pub(crate) fn found(node: &str, kind: &str) -> Diagnostic {
    let message = format!("{kind}s cannot be compiled yet");
    Diagnostic::error(Code::UnsupportedNode, Location::node(node), message)
        .got(kind)
        .hint("this version runs workflows of task nodes only")
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::node::Target;
    use aileron_idl::core::{GateNode, Node, WorkflowNode};
    use expect_test::expect;

    use crate::fixture::{Program, promise};
    use crate::types::samples::int;

    #[test]
    fn every_other_kind_is_refused_with_its_name() {
        let node = |id: &str, target| Node { id: id.to_owned(), target: Some(target), ..Node::default() };
        Program::new()
            .task("inc", &[("a", int())], &[])
            .with(node("n0", Target::WorkflowNode(WorkflowNode::default())))
            .with(node("n1", Target::BranchNode(Box::default())))
            .with(node("n2", Target::GateNode(GateNode::default())))
            .with(node("n3", Target::ArrayNode(Box::default())))
            .node("n4", "inc", &[("a", promise("n1", "o0"))])
            .failure_node("fn0")
            .check(expect![[r#"
                UnsupportedNode at fn0: failure nodes cannot be compiled yet (this version runs workflows of task nodes only)
                UnsupportedNode at n0: workflow nodes cannot be compiled yet (this version runs workflows of task nodes only)
                UnsupportedNode at n1: branch nodes cannot be compiled yet (this version runs workflows of task nodes only)
                UnsupportedNode at n2: gate nodes cannot be compiled yet (this version runs workflows of task nodes only)
                UnsupportedNode at n3: array nodes cannot be compiled yet (this version runs workflows of task nodes only)"#]]);
    }
}
