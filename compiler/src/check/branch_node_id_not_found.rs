//! Every case of a branch has a node to run.

use crate::diagnostic::{Code, Diagnostic, Location};

/// `position` is 0 for `if`, and counts the `elif`s from 1.
pub(crate) fn found(node: &str, position: usize) -> Diagnostic {
    let message = format!("{} of branch '{node}' has no node to run", super::case(position));
    Diagnostic::error(Code::BranchNodeIdNotFound, Location::node(node), message)
        .hint("give each case a task, a workflow, or another branch to run")
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{IfBlock, IfElseBlock, if_else_block};
    use expect_test::expect;

    use crate::fixture::{Program, branch_of, equal, int_operand, int_value, task_node};

    #[test]
    fn each_case_runs_a_node() {
        let case = IfBlock { condition: Some(equal("x", int_operand(1))), then_node: None };
        let default = Some(if_else_block::Default::ElseNode(Box::new(task_node("e", "t", &[]))));
        let block = IfElseBlock { case: Some(Box::new(case.clone())), other: vec![case], default };
        Program::new()
            .task("t", &[], &[])
            .with(branch_of("b", &[("x", int_value(1))], block))
            .check(expect![[r#"
                BranchNodeIdNotFound at b: the `if` of branch 'b' has no node to run (give each case a task, a workflow, or another branch to run)
                BranchNodeIdNotFound at b: `elif` 1 of branch 'b' has no node to run (give each case a task, a workflow, or another branch to run)"#]]);
    }
}
