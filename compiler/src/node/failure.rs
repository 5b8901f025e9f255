//! The node that runs when the workflow fails. It is of any kind, and may take the workflow's inputs and the
//! outputs of nodes; nothing can wait for it. Its id must differ from all others, since it runs in the same
//! execution.

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::fixture::{Program, branch, equal, int_operand, promise, task_node, text_value};
    use crate::types::samples::*;

    fn program() -> Program {
        Program::new().input("a", int()).task("inc", &[("a", int())], &[("o0", int())]).node(
            "n0",
            "inc",
            &[("a", promise("", "a"))],
        )
    }

    #[test]
    fn it_waits_for_what_it_takes_and_nothing_waits_for_it() {
        let program = program().on_failure(task_node("f", "inc", &[("a", promise("n0", "o0"))]));
        let primary = program.compile().into_result().unwrap().primary.unwrap();
        let connections = primary.connections.unwrap();
        assert_eq!(connections.upstream["f"].ids, ["n0"]);
        assert_eq!(connections.downstream["n0"].ids, ["end-node"]);
        assert_eq!(primary.template.unwrap().failure_node.unwrap().id, "f");
    }

    #[test]
    fn it_is_checked_as_other_nodes_are() {
        program().on_failure(task_node("f", "inc", &[("a", text_value("x"))])).check(expect!["MismatchingTypes at f.a: 'a' is simple:INTEGER, but is given a value of simple:STRING (make both types the same, or convert the value in a task in between)"]);
        program().on_failure(task_node("f", "gone", &[])).check(expect!["TaskReferenceNotFound at f: there is no task 'p:d:gone:v' (register the task first, in this project, domain and version)"]);
        program()
            .on_failure(task_node("", "inc", &[("a", promise("", "a"))]))
            .check(expect!["ValueRequired: the failure node has no id (give each node an id)"]);
        let case = (equal("x", int_operand(1)), task_node("t", "inc", &[("a", promise("", "gone"))]));
        program().on_failure(branch("f", &[("x", promise("", "a"))], [case])).check(expect![
            "VariableNameNotFound at f-t.a: the workflow has no input 'gone' (its inputs: 'a')"
        ]);
    }

    #[test]
    fn its_id_is_its_own_and_no_other_node_refers_to_it() {
        program()
            .node("n1", "inc", &[("a", promise("f", "o0"))])
            .on_failure(task_node("f", "inc", &[("a", promise("", "a"))]))
            .check(expect!["NodeReferenceNotFound at n1.a: there is no node 'f' (bind the input to a node of this workflow)"]);
        program().on_failure(task_node("n0", "inc", &[("a", promise("", "a"))])).check(expect![
            "DuplicateId at n0: there is more than one node 'n0' (give each node an id of its own)"
        ]);
    }
}
