//! The conditions of a branch: comparisons of its inputs and of constants, joined by `and` and `or`.
//!
//! Both sides of a comparison are of the same type: an integer is not compared with a float. A constant
//! that is a scalar, such as `None`, must be one that the other side's type takes.

use std::collections::BTreeMap;
use std::rc::Rc;

use aileron_idl::core::boolean_expression::Expr;
use aileron_idl::core::operand::Val;
use aileron_idl::core::scalar::Value;
use aileron_idl::core::{BooleanExpression, ComparisonExpression, Operand, Primitive, Scalar};

use crate::check::{
    branch_node_has_no_condition, mismatching_types, nesting_too_deep, unrecognized_value, value_required,
    variable_name_not_found,
};
use crate::diagnostic::Location;
use crate::findings::Findings;
use crate::ir::{Source, Workflow};
use crate::promise;
use crate::signature::TypeRef;
use crate::types::{self, DEPTH_LIMIT, castable};

/// Judges the conditions of one branch.
pub(super) struct Judge<'w, 'a> {
    pub(super) workflow: &'w Workflow<'a>,
    /// The branch's id.
    pub(super) node: &'w str,
    pub(super) inputs: &'w BTreeMap<&'a str, &'w Source<'a>>,
    pub(super) diagnostics: &'w mut Findings,
}

/// A side of a comparison, as far as its type is known. What is not known has been diagnosed.
#[derive(Default)]
struct Side<'a> {
    of: Option<TypeRef<'a>>,
    /// Given as a scalar: it need only fit the other side.
    is_scalar: bool,
}

impl<'a> Judge<'_, 'a> {
    pub(super) fn condition(&mut self, condition: &BooleanExpression) {
        self.judge(condition, DEPTH_LIMIT);
    }

    fn judge(&mut self, condition: &BooleanExpression, levels: usize) {
        let Some(levels) = levels.checked_sub(1) else {
            return self.diagnostics.push(nesting_too_deep::condition(self.node));
        };
        match &condition.expr {
            Some(Expr::Comparison(comparison)) => self.comparison(comparison),
            Some(Expr::Conjunction(both)) => {
                for half in [&both.left_expression, &both.right_expression] {
                    match half {
                        Some(half) => self.judge(half, levels),
                        None => self.diagnostics.push(branch_node_has_no_condition::half(self.node)),
                    }
                }
            }
            None => self.diagnostics.push(value_required::expression(self.node)),
        }
    }

    fn comparison(&mut self, comparison: &ComparisonExpression) {
        let left = self.side("left", comparison.left_value.as_ref());
        let right = self.side("right", comparison.right_value.as_ref());
        let (Some(left_type), Some(right_type)) = (&left.of, &right.of) else { return };
        let comparable = left_type.is(right_type)
            || left.is_scalar && castable(left_type, right_type)
            || right.is_scalar && castable(right_type, left_type);
        if !comparable {
            self.diagnostics.push(mismatching_types::comparison(self.node, left_type, right_type));
        }
    }

    #[expect(deprecated, reason = "it is what flytekit writes")]
    fn side(&mut self, side: &str, operand: Option<&Operand>) -> Side<'a> {
        match operand.and_then(|operand| operand.val.as_ref()) {
            Some(Val::Primitive(primitive)) => Side { of: self.constant(side, primitive), is_scalar: false },
            Some(Val::Scalar(scalar)) => Side { of: self.scalar(side, scalar), is_scalar: true },
            Some(Val::Var(name)) if !name.is_empty() => Side { of: self.input(name), is_scalar: false },
            Some(Val::Var(_)) | None => {
                self.diagnostics.push(value_required::operand(self.node, side));
                Side::default()
            }
        }
    }

    fn constant(&mut self, side: &str, primitive: &Primitive) -> Option<TypeRef<'a>> {
        self.scalar(side, &Scalar { value: Some(Value::Primitive(primitive.clone())) })
    }

    fn scalar(&mut self, side: &str, scalar: &Scalar) -> Option<TypeRef<'a>> {
        let of = types::scalar_type(scalar);
        if of.is_none() {
            self.diagnostics.push(unrecognized_value::operand(self.node, side));
        }
        of.map(|of| TypeRef::Told(Rc::new(of)))
    }

    fn input(&mut self, name: &str) -> Option<TypeRef<'a>> {
        let Some(source) = self.inputs.get(name) else {
            let inputs = self.inputs.keys().copied();
            self.diagnostics.push(variable_name_not_found::operand(self.node, name, inputs));
            return None;
        };
        // What is wrong with the binding has been diagnosed where it was bound.
        promise::source_type(&self.workflow.nodes, source, &Location::whole()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::operand::Val;
    use aileron_idl::core::primitive::Value as PrimitiveValue;
    use aileron_idl::core::{BooleanExpression, Primitive, Scalar, SimpleType, Void};
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::{Program, both, branch, compare, equal, int_operand, promise, task_node};
    use crate::types::samples::*;

    #[expect(deprecated, reason = "it is what flytekit writes")]
    fn constant(value: PrimitiveValue) -> Val {
        Val::Primitive(Primitive { value: Some(value) })
    }

    fn none() -> Val {
        Val::Scalar(Scalar { value: Some(Value::NoneType(Void {})) })
    }

    /// Conditions over an input of each kind.
    fn check<const N: usize>(conditions: [BooleanExpression; N], expected: Expect) {
        let kinds = [
            ("i", int()),
            ("f", types::simple(SimpleType::Float)),
            ("t", text()),
            ("b", types::simple(SimpleType::Boolean)),
            ("d", types::simple(SimpleType::Datetime)),
            ("u", types::simple(SimpleType::Duration)),
            ("o", union([int(), crate::types::samples::none()])),
            ("p", dataclass([("x", int())])),
        ];
        let program =
            kinds.iter().fold(Program::new(), |program, (name, of)| program.input(name, of.clone()));
        let mut inputs: Vec<_> = kinds.iter().map(|(name, _)| (*name, promise("", name))).collect();
        inputs.push(("x", crate::fixture::attribute(promise("", "p"), &["x"])));
        let cases = (0..).zip(conditions).map(|(i, it)| (it, task_node(&format!("t{i}"), "t", &[])));
        let cases: [_; N] = cases.collect::<Vec<_>>().try_into().unwrap();
        program.task("t", &[], &[]).with(branch("n", &inputs, cases)).check(expected);
    }

    #[test]
    fn values_of_one_type_are_compared() {
        let duration = prost_types::Duration::default();
        check(
            [
                equal("i", int_operand(1)),
                equal("f", constant(PrimitiveValue::FloatValue(1.0))),
                equal("t", constant(PrimitiveValue::StringValue("x".to_owned()))),
                equal("b", constant(PrimitiveValue::Boolean(true))),
                equal("d", constant(PrimitiveValue::Datetime(prost_types::Timestamp::default()))),
                equal("u", constant(PrimitiveValue::Duration(duration))),
                equal("i", Val::Var("x".to_owned())),
                equal("o", none()),
                compare(Some(int_operand(1)), Some(int_operand(2))),
                both(Some(equal("i", int_operand(1))), Some(equal("x", int_operand(2)))),
            ],
            expect![""],
        );
    }

    #[test]
    fn values_of_two_types_are_not() {
        check(
            [
                equal("i", constant(PrimitiveValue::FloatValue(1.0))),
                equal("o", int_operand(1)),
                equal("i", none()),
                both(Some(equal("t", Val::Var("b".to_owned()))), None),
            ],
            expect![[r#"
                MismatchingTypes at n: a condition compares simple:INTEGER with simple:FLOAT (compare values of one type: write 1.0 for a float, and convert others in a task before)
                MismatchingTypes at n: a condition compares union_type:{variants:{simple:INTEGER} variants:{simple:NONE}} with simple:INTEGER (compare values of one type: write 1.0 for a float, and convert others in a task before)
                MismatchingTypes at n: a condition compares simple:INTEGER with simple:NONE (compare values of one type: write 1.0 for a float, and convert others in a task before)
                MismatchingTypes at n: a condition compares simple:STRING with simple:BOOLEAN (compare values of one type: write 1.0 for a float, and convert others in a task before)
                BranchNodeHasNoCondition at n: an `and` or `or` joins a condition with nothing (compare an input of the branch with a constant or another input)"#]],
        );
    }

    #[test]
    fn what_is_compared_is_bound_and_there() {
        check(
            [
                equal("gone", int_operand(1)),
                compare(None, Some(Val::Var(String::new()))),
                compare(Some(Val::Scalar(Scalar::default())), Some(int_operand(1))),
                BooleanExpression::default(),
                both(None, None),
            ],
            expect![[r#"
                VariableNameNotFound at n.gone: a condition compares 'gone', which is not bound to the branch (its inputs: 'b', 'd', 'f', 'i', 'o', 'p', 't', 'u' and 1 more)
                ValueRequired at n: a comparison has no left side (compare a bound variable or a constant)
                ValueRequired at n: a comparison has no right side (compare a bound variable or a constant)
                UnrecognizedValue at n: the left side of a comparison is of an unknown kind (compare a number, text, boolean, datetime, duration or None)
                ValueRequired at n: a condition neither compares nor joins comparisons (compare two values, or join conditions with `and` or `or`)
                BranchNodeHasNoCondition at n: an `and` or `or` joins a condition with nothing (compare an input of the branch with a constant or another input)
                BranchNodeHasNoCondition at n: an `and` or `or` joins a condition with nothing (compare an input of the branch with a constant or another input)"#]],
        );
    }

    #[test]
    fn conditions_nest_up_to_a_limit() {
        let deep = (0..DEPTH_LIMIT)
            .fold(equal("i", int_operand(1)), |inner, _| both(Some(inner), Some(equal("i", int_operand(1)))));
        check(
            [deep],
            expect![[r#"
            NestingTooDeep at n: a condition is nested more than 100 levels deep (use a flatter structure)
            NestingTooDeep at n: a condition is nested more than 100 levels deep (use a flatter structure)"#]],
        );
    }
}
