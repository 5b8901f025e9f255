//! A node that launches a launch plan as an execution of its own.
//!
//! It must bind the inputs that the launch plan requires, may bind those that have a default, and has
//! the launch plan's outputs.

use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::{Identifier, Node, Parameter, ParameterMap};
use foldhash::HashSet;

use super::{Definition, Open, Scope};
use crate::check::{value_required, workflow_reference_not_found};
use crate::findings::Findings;
use crate::signature::{Signature, TypeRef, Variables};

pub(super) fn define<'a>(
    open: &Open<'a>,
    id: &Identifier,
    scope: &Scope<'a, '_>,
    diagnostics: &mut Findings,
) -> Definition<'a> {
    let Some(plan) = scope.library.launch_plans.get(id) else {
        diagnostics.push(workflow_reference_not_found::launch_plan(&open.id, id));
        return Definition::unknown();
    };
    if scope.template.id.as_ref() == Some(id) {
        return Definition::declared(Some(Signature::of(scope.template.interface.as_ref())));
    }
    diagnostics.extend(value_required::launch_plan(&open.id, plan));
    let (Some(expected), Some(outputs)) = (&plan.expected_inputs, &plan.expected_outputs) else {
        return Definition::unknown();
    };
    let inputs = inputs(expected, open.template);
    Definition::declared(Some(Signature::new(inputs, (&outputs.variables).into())))
}

/// The required inputs, and of the others those that `node` binds.
fn inputs<'a>(expected: &'a ParameterMap, node: &Node) -> Variables<'a> {
    let bound: HashSet<_> = node.inputs.iter().map(|binding| &binding.var).collect();
    let parameters = expected.parameters.iter();
    let exposed =
        parameters.filter(|(name, it)| it.behavior == Some(Behavior::Required(true)) || bound.contains(name));
    let declared = |it: &'a Parameter| it.var.as_ref().and_then(|variable| variable.r#type.as_ref());
    exposed.map(|(name, it)| (name.as_str(), declared(it).map(TypeRef::Declared))).collect()
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::parameter::Behavior;
    use aileron_idl::core::{Literal, LiteralType, Parameter};
    use expect_test::expect;

    use crate::fixture::{Program, id, int_value, launch_plan_node, promise, text_value, variable};
    use crate::types::samples::*;

    fn required(declared: LiteralType) -> Parameter {
        Parameter { var: Some(variable(declared)), behavior: Some(Behavior::Required(true)) }
    }

    fn defaulted(declared: LiteralType) -> Parameter {
        let behavior = Some(Behavior::Default(Literal::default()));
        Parameter { var: Some(variable(declared)), behavior }
    }

    fn program() -> Program {
        let inputs = [("a", required(int())), ("b", defaulted(text()))];
        Program::new().launch_plan("plan", &inputs, &[("o0", int())])
    }

    #[test]
    fn required_inputs_must_be_bound_and_defaulted_ones_may() {
        program()
            .with(launch_plan_node("n0", "plan", &[("a", int_value(1))]))
            .with(launch_plan_node("n1", "plan", &[("a", int_value(1)), ("b", text_value("x"))]))
            .output("o0", int(), promise("n1", "o0"))
            .check(expect![""]);
        program()
            .with(launch_plan_node("n0", "plan", &[("b", int_value(1))]))
            .with(launch_plan_node("n1", "plan", &[("a", int_value(1)), ("c", int_value(1))]))
            .output("o0", text(), promise("n1", "o0"))
            .check(expect![[r#"
                MismatchingTypes at end-node.o0: 'o0' is simple:STRING, but is given n1.o0 of simple:INTEGER (make both types the same, or convert the value in a task in between)
                MismatchingTypes at n0.b: 'b' is simple:STRING, but is given a value of simple:INTEGER (make both types the same, or convert the value in a task in between)
                ParameterNotBound at n0.a: input 'a' is not bound (give it a value, or make it optional)
                VariableNameNotFound at n1.c: node 'n1' has no input 'c' (its inputs: 'a')"#]]);
    }

    #[test]
    fn an_unknown_or_incomplete_launch_plan_is_named() {
        let mut program = program();
        program.launch_plans[0].expected_outputs = None;
        program
            .with(launch_plan_node("n0", "plan", &[]))
            .with(launch_plan_node("n1", "gone", &[]))
            .check(expect![[r#"
                ValueRequired at n0: the outputs of launch plan 'p:d:plan:v' are not known (register the launch plan again)
                WorkflowReferenceNotFound at n1: there is no launch plan 'p:d:gone:v' (register the launch plan first)"#]]);
    }

    #[test]
    fn a_workflow_that_launches_itself_has_its_own_interface() {
        let mut program = Program::new().input("x", int()).launch_plan("workflow", &[], &[]);
        assert_eq!(program.template.id, Some(id("workflow")));
        program = program.with(launch_plan_node("n0", "workflow", &[("x", text_value("x"))]));
        program.check(expect!["MismatchingTypes at n0.x: 'x' is simple:INTEGER, but is given a value of simple:STRING (make both types the same, or convert the value in a task in between)"]);
    }
}
