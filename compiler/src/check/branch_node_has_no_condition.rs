//! Every case of a branch has a condition, and there is at least one case.

use crate::diagnostic::{Code, Diagnostic, Location};

/// A branch without a first case.
pub(crate) fn no_case(node: &str) -> Diagnostic {
    found(node, format!("branch '{node}' has no `if`"))
}

/// A case without a condition. `position` is 0 for `if`, and counts the `elif`s from 1.
pub(crate) fn of_case(node: &str, position: usize) -> Diagnostic {
    found(node, format!("{} of branch '{node}' has no condition", super::case(position)))
}

/// Half of an `and` or `or`.
pub(crate) fn half(node: &str) -> Diagnostic {
    found(node, "an `and` or `or` joins a condition with nothing".to_owned())
}

fn found(node: &str, message: String) -> Diagnostic {
    Diagnostic::error(Code::BranchNodeHasNoCondition, Location::node(node), message)
        .hint("compare an input of the branch with a constant or another input")
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{BooleanExpression, Error, IfBlock, IfElseBlock, if_else_block};
    use expect_test::expect;

    use crate::fixture::{Program, both, branch_of, equal, int_operand, int_value, task_node};

    #[test]
    fn each_case_has_a_condition_and_there_is_a_case() {
        let case = |condition: Option<BooleanExpression>, id| IfBlock {
            condition,
            then_node: Some(Box::new(task_node(id, "t", &[]))),
        };
        let default = Some(if_else_block::Default::Error(Error::default()));
        let half = both(Some(equal("x", int_operand(1))), None);
        let other = vec![case(Some(half), "t1"), case(None, "t2")];
        let block = IfElseBlock { case: Some(Box::new(case(None, "t0"))), other, default: default.clone() };
        Program::new()
            .task("t", &[], &[])
            .with(branch_of("b0", &[], IfElseBlock { default, ..IfElseBlock::default() }))
            .with(branch_of("b1", &[("x", int_value(1))], block))
            .check(expect![[r#"
                BranchNodeHasNoCondition at b0: branch 'b0' has no `if` (compare an input of the branch with a constant or another input)
                BranchNodeHasNoCondition at b1: the `if` of branch 'b1' has no condition (compare an input of the branch with a constant or another input)
                BranchNodeHasNoCondition at b1: an `and` or `or` joins a condition with nothing (compare an input of the branch with a constant or another input)
                BranchNodeHasNoCondition at b1: `elif` 2 of branch 'b1' has no condition (compare an input of the branch with a constant or another input)"#]]);
    }
}
