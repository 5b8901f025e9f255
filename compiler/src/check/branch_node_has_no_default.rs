//! A branch says what happens when none of its conditions holds.

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn found(node: &str) -> Diagnostic {
    let message = format!("branch '{node}' does not say what to do when no condition holds");
    Diagnostic::error(Code::BranchNodeHasNoDefault, Location::node(node), message)
        .hint("end it with `else_().then(...)` or `else_().fail(...)`")
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{IfBlock, IfElseBlock};
    use expect_test::expect;

    use crate::fixture::{Program, branch_of, equal, int_operand, int_value, task_node};

    #[test]
    fn a_branch_ends_with_a_node_or_an_error() {
        let condition = Some(equal("x", int_operand(1)));
        let case = IfBlock { condition, then_node: Some(Box::new(task_node("t", "t", &[]))) };
        let block = IfElseBlock { case: Some(Box::new(case)), ..IfElseBlock::default() };
        Program::new()
            .task("t", &[], &[])
            .with(branch_of("b", &[("x", int_value(1))], block))
            .check(expect!["BranchNodeHasNoDefault at b: branch 'b' does not say what to do when no condition holds (end it with `else_().then(...)` or `else_().fail(...)`)"]);
    }
}
