//! Ids are unique: of nodes, of which Flyte drops the second in silence, and of sub-workflows.

use aileron_idl::core::WorkflowTemplate;
use foldhash::{HashSet, HashSetExt};

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::{END_NODE, START_NODE};

pub(crate) fn node(id: &str) -> Diagnostic {
    let hint = match id {
        START_NODE | END_NODE => "the compiler adds this node itself: choose another id",
        _ => "give each node an id of its own",
    };
    Diagnostic::error(Code::DuplicateId, Location::node(id), format!("there is more than one node '{id}'"))
        .hint(hint)
}

pub(crate) fn sub_workflows(sub_workflows: &[WorkflowTemplate]) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let ids = sub_workflows.iter().filter_map(|workflow| workflow.id.as_ref());
    let again = ids.filter(|id| !seen.insert(*id));
    again
        .map(|id| {
            let message = format!("there is more than one sub-workflow '{id}'");
            Diagnostic::error(Code::DuplicateId, Location::whole(), message)
                .hint("send each sub-workflow once")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Program, id};
    use expect_test::expect;

    #[test]
    fn a_second_node_of_the_same_id_is_refused() {
        Program::new()
            .task("t", &[], &[])
            .node("n0", "t", &[])
            .node("n0", "t", &[])
            .node("end-node", "t", &[])
            .check(expect![[r#"
                DuplicateId at n0: there is more than one node 'n0' (give each node an id of its own)
                DuplicateId at end-node: there is more than one node 'end-node' (the compiler adds this node itself: choose another id)"#]]);
    }

    #[test]
    fn a_second_sub_workflow_of_the_same_id_is_refused() {
        let one = WorkflowTemplate { id: Some(id("sub")), ..WorkflowTemplate::default() };
        let found = sub_workflows(&[one.clone(), one.clone()]);
        assert_eq!(found.len(), 1);
        assert!(sub_workflows(&[one]).is_empty());
    }
}
