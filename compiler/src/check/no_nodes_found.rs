//! A workflow has at least one node.

use aileron_idl::core::WorkflowTemplate;

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn check(template: &WorkflowTemplate) -> Option<Diagnostic> {
    template.nodes.is_empty().then(|| {
        Diagnostic::error(Code::NoNodesFound, Location::whole(), "the workflow has no nodes")
            .hint("call at least one task in it")
    })
}

#[cfg(test)]
mod tests {
    use crate::fixture::Program;
    use expect_test::expect;

    #[test]
    fn an_empty_workflow_is_refused() {
        Program::new()
            .check(expect!["NoNodesFound: the workflow has no nodes (call at least one task in it)"]);
    }
}
