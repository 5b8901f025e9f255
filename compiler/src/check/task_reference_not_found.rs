//! Every task that a node runs is registered.

use aileron_idl::core::Identifier;

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn found(node: &str, id: &Identifier) -> Diagnostic {
    Diagnostic::error(Code::TaskReferenceNotFound, Location::node(node), format!("there is no task '{id}'"))
        .got(id.to_string())
        .hint("register the task first, in this project, domain and version")
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, promise};
    use crate::types::samples::int;
    use expect_test::expect;

    #[test]
    fn an_unknown_task_is_named_and_its_variables_are_not_judged() {
        Program::new()
            .task("inc", &[("a", int())], &[])
            .node("n0", "gone", &[("whatever", promise("", "missing"))])
            .node("n1", "inc", &[("a", promise("n0", "o0"))])
            .check(expect!["TaskReferenceNotFound at n0: there is no task 'p:d:gone:v' (register the task first, in this project, domain and version)"]);
    }
}
