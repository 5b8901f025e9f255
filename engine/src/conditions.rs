//! Which arm a branch takes: its conditions, evaluated over the literals that it was given.
//!
//! Both sides of a comparison must be of one kind; nothing is converted. Instants and durations are
//! compared by whole seconds. Both sides of a conjunction are evaluated, so that a mistake in either
//! shows each time.

use aileron_idl::core::boolean_expression::Expr;
use aileron_idl::core::comparison_expression::Operator;
use aileron_idl::core::conjunction_expression::LogicalOperator;
use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::{
    BooleanExpression, ComparisonExpression, ConjunctionExpression, IfElseBlock, Literal, LiteralMap,
    Operand, Primitive, Scalar, literal, operand, primitive, scalar,
};

use crate::{ErrorKind, Failure};

/// Deepest nesting of conjunctions that is followed.
const DEPTH: usize = 100;
/// Deepest nesting of union values that is followed.
const UNIONS: usize = 16;

/// Why a branch takes no arm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// No condition holds, and the branch says that this is a failure.
    #[error("{0}")]
    Asked(String),
    /// No condition holds, and the branch does not say what then.
    #[error("no condition of the branch holds, and it has no else")]
    NoArm,
    /// A part of the condition is missing.
    #[error("a condition has no {0}")]
    Missing(&'static str),
    /// The condition names an input that the branch does not have.
    #[error("the condition compares `{0}`, which the branch was not given")]
    NoInput(String),
    /// The value cannot be compared.
    #[error("the condition compares `{0}`, which is not a primitive value; only primitives can be compared")]
    NotPrimitive(String),
    /// The two sides are of different kinds.
    #[error("the condition compares {0} with {1}; both sides must be of one kind")]
    Kinds(&'static str, &'static str),
    /// The kind has no such comparison.
    #[error("values of kind {0} can only be compared for equality")]
    NoOrder(&'static str),
    /// Conjunctions are nested too deeply.
    #[error("the condition nests more than {DEPTH} conjunctions")]
    TooDeep,
}

impl From<ConditionError> for Failure {
    fn from(error: ConditionError) -> Failure {
        let code = match error {
            ConditionError::Asked(_) => "UserProvidedError",
            _ => "MalformedBranchUserError",
        };
        Failure { kind: ErrorKind::User, ..Failure::permanent(code, error.to_string()) }
    }
}

/// The place of the arm whose condition is the first that holds; the default arm comes last.
pub fn choose(block: &IfElseBlock, inputs: &LiteralMap) -> Result<u32, ConditionError> {
    let arms = || block.case.iter().map(AsRef::as_ref).chain(&block.other);
    for (place, arm) in (0..).zip(arms()) {
        if holds(arm.condition.as_ref().ok_or(ConditionError::Missing("expression"))?, inputs, DEPTH)? {
            return Ok(place);
        }
    }
    match &block.default {
        Some(Otherwise::ElseNode(_)) => Ok(u32::try_from(arms().count()).unwrap_or(u32::MAX)),
        Some(Otherwise::Error(error)) => Err(ConditionError::Asked(error.message.clone())),
        None => Err(ConditionError::NoArm),
    }
}

fn holds(condition: &BooleanExpression, inputs: &LiteralMap, depth: usize) -> Result<bool, ConditionError> {
    let depth = depth.checked_sub(1).ok_or(ConditionError::TooDeep)?;
    match condition.expr.as_ref().ok_or(ConditionError::Missing("expression"))? {
        Expr::Conjunction(both) => conjunction(both, inputs, depth),
        Expr::Comparison(comparison) => compare(comparison, inputs),
    }
}

fn conjunction(
    both: &ConjunctionExpression,
    inputs: &LiteralMap,
    depth: usize,
) -> Result<bool, ConditionError> {
    let left = both.left_expression.as_ref().ok_or(ConditionError::Missing("left side"))?;
    let right = both.right_expression.as_ref().ok_or(ConditionError::Missing("right side"))?;
    let (left, right) = (holds(left, inputs, depth)?, holds(right, inputs, depth)?);
    Ok(match both.operator() {
        LogicalOperator::And => left && right,
        LogicalOperator::Or => left || right,
    })
}

fn compare(comparison: &ComparisonExpression, inputs: &LiteralMap) -> Result<bool, ConditionError> {
    let left = comparison.left_value.as_ref().ok_or(ConditionError::Missing("left side"))?;
    let right = comparison.right_value.as_ref().ok_or(ConditionError::Missing("right side"))?;
    let (left, right) = (operand(left, inputs)?, operand(right, inputs)?);
    let equal = equal(left, right)?;
    // Flyte derives the four from `greater` and `equal`; with a float that is no number it shows.
    Ok(match comparison.operator() {
        Operator::Eq => equal,
        Operator::Neq => !equal,
        Operator::Gt => greater(left, right)?,
        Operator::Gte => greater(left, right)? || equal,
        Operator::Lt => !(greater(left, right)? || equal),
        Operator::Lte => !greater(left, right)?,
    })
}

/// A value that can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value<'a> {
    Nothing,
    Integer(i64),
    Float(f64),
    Text(&'a str),
    Boolean(bool),
    Instant(i64),
    Duration(i64),
}

impl Value<'_> {
    fn kind(self) -> &'static str {
        match self {
            Value::Nothing => "none",
            Value::Integer(_) => "integer",
            Value::Float(_) => "float",
            Value::Text(_) => "string",
            Value::Boolean(_) => "boolean",
            Value::Instant(_) => "datetime",
            Value::Duration(_) => "duration",
        }
    }
}

fn equal(left: Value<'_>, right: Value<'_>) -> Result<bool, ConditionError> {
    let same_kind = std::mem::discriminant(&left) == std::mem::discriminant(&right);
    match (left, right) {
        (Value::Nothing, _) | (_, Value::Nothing) => Ok(same_kind),
        _ if same_kind => Ok(left == right),
        _ => Err(ConditionError::Kinds(left.kind(), right.kind())),
    }
}

fn greater(left: Value<'_>, right: Value<'_>) -> Result<bool, ConditionError> {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right))
        | (Value::Instant(left), Value::Instant(right))
        | (Value::Duration(left), Value::Duration(right)) => Ok(left > right),
        (Value::Float(left), Value::Float(right)) => Ok(left > right),
        (Value::Text(left), Value::Text(right)) => Ok(left > right),
        _ => Err(ConditionError::NoOrder(left.kind())),
    }
}

fn operand<'a>(operand: &'a Operand, inputs: &'a LiteralMap) -> Result<Value<'a>, ConditionError> {
    match operand.val.as_ref().ok_or(ConditionError::Missing("operand"))? {
        #[expect(deprecated, reason = "it is the form that flytekit writes")]
        operand::Val::Primitive(primitive) => of_primitive(primitive).ok_or(ConditionError::Missing("value")),
        operand::Val::Scalar(scalar) => {
            of_scalar(scalar, UNIONS).ok_or_else(|| ConditionError::NotPrimitive("a constant".into()))
        }
        operand::Val::Var(name) => {
            let literal = inputs.literals.get(name);
            let literal = literal.ok_or_else(|| ConditionError::NoInput(name.clone()))?;
            of_literal(literal, UNIONS).ok_or_else(|| ConditionError::NotPrimitive(name.clone()))
        }
    }
}

fn of_literal(literal: &Literal, depth: usize) -> Option<Value<'_>> {
    match literal.value.as_ref()? {
        literal::Value::Scalar(scalar) => of_scalar(scalar, depth),
        _ => None,
    }
}

fn of_scalar(scalar: &Scalar, depth: usize) -> Option<Value<'_>> {
    match scalar.value.as_ref()? {
        scalar::Value::Primitive(primitive) => of_primitive(primitive),
        scalar::Value::NoneType(_) => Some(Value::Nothing),
        scalar::Value::Union(union) => of_literal(union.value.as_ref()?, depth.checked_sub(1)?),
        _ => None,
    }
}

fn of_primitive(primitive: &Primitive) -> Option<Value<'_>> {
    Some(match primitive.value.as_ref()? {
        primitive::Value::Integer(value) => Value::Integer(*value),
        primitive::Value::FloatValue(value) => Value::Float(*value),
        primitive::Value::StringValue(value) => Value::Text(value),
        primitive::Value::Boolean(value) => Value::Boolean(*value),
        primitive::Value::Datetime(value) => Value::Instant(value.seconds),
        primitive::Value::Duration(value) => Value::Duration(value.seconds),
    })
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{Error, IfBlock, Union, Void};

    use super::*;

    fn primitive(text: &str) -> Primitive {
        use primitive::Value as P;
        let seconds = |text: &str, make: fn(i64) -> P| {
            text.strip_suffix('s').and_then(|text| text.parse().ok().map(make))
        };
        let duration = |seconds| P::Duration(prost_types::Duration { seconds, nanos: 5 });
        let value = match text {
            "true" | "false" => P::Boolean(text == "true"),
            "nan" => P::FloatValue(f64::NAN),
            _ if text.contains('.') => P::FloatValue(text.parse().unwrap()),
            _ => text
                .parse()
                .map(P::Integer)
                .ok()
                .or_else(|| seconds(text, duration))
                .unwrap_or_else(|| P::StringValue(text.trim_matches('\'').to_owned())),
        };
        Primitive { value: Some(value) }
    }

    fn scalar(text: &str) -> Scalar {
        let value = match text {
            "none" => scalar::Value::NoneType(Void {}),
            _ => scalar::Value::Primitive(primitive(text)),
        };
        Scalar { value: Some(value) }
    }

    fn literal(text: &str) -> Literal {
        let value = match text.strip_prefix("optional ") {
            Some(text) => {
                scalar::Value::Union(Box::new(Union { value: Some(Box::new(literal(text))), r#type: None }))
            }
            None => {
                return Literal {
                    value: Some(literal::Value::Scalar(Box::new(scalar(text)))),
                    ..Default::default()
                };
            }
        };
        let scalar = Scalar { value: Some(value) };
        Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
    }

    /// `x OP VALUE` where `x` is the branch's input.
    fn condition(operator: Operator, value: &str) -> BooleanExpression {
        let side = |val| Some(Operand { val: Some(val) });
        let mut comparison = ComparisonExpression {
            left_value: side(operand::Val::Var("x".into())),
            right_value: side(operand::Val::Scalar(scalar(value))),
            ..Default::default()
        };
        comparison.set_operator(operator);
        BooleanExpression { expr: Some(Expr::Comparison(comparison)) }
    }

    fn inputs(x: &str) -> LiteralMap {
        LiteralMap { literals: [("x".to_owned(), literal(x))].into() }
    }

    #[test]
    fn values_of_one_kind_are_compared() {
        use Operator::{Eq, Gt, Gte, Lt, Lte, Neq};
        for (x, operator, value, expected) in [
            ("7", Eq, "7", Ok(true)),
            ("7", Gt, "7", Ok(false)),
            ("7", Gte, "7", Ok(true)),
            ("6", Lt, "7", Ok(true)),
            ("8", Lte, "7", Ok(false)),
            ("'b'", Gt, "'a'", Ok(true)),
            ("1.5", Lt, "2.5", Ok(true)),
            ("nan", Lt, "2.5", Ok(true)),
            ("nan", Gte, "2.5", Ok(false)),
            ("3s", Eq, "3s", Ok(true)),
            ("true", Neq, "false", Ok(true)),
            ("true", Gt, "false", Err(ConditionError::NoOrder("boolean"))),
            ("7", Eq, "7.0", Err(ConditionError::Kinds("integer", "float"))),
            ("none", Eq, "none", Ok(true)),
            ("optional none", Eq, "none", Ok(true)),
            ("optional 7", Neq, "none", Ok(true)),
            ("optional 7", Gt, "5", Ok(true)),
            ("none", Gt, "5", Err(ConditionError::NoOrder("none"))),
        ] {
            assert_eq!(
                holds(&condition(operator, value), &inputs(x), DEPTH),
                expected,
                "{x} {operator:?} {value}"
            );
        }
    }

    fn block(default: Option<Otherwise>) -> IfElseBlock {
        let arm = |value| IfBlock { condition: Some(condition(Operator::Eq, value)), then_node: None };
        IfElseBlock { case: Some(Box::new(arm("1"))), other: vec![arm("2"), arm("3")], default }
    }

    #[test]
    fn the_first_arm_that_holds_is_taken() {
        let error = Error { failed_node_id: "b".into(), message: "none fits".into() };
        let otherwise = Some(Otherwise::ElseNode(Box::default()));
        for (x, default, expected) in [
            ("1", None, Ok(0)),
            ("3", None, Ok(2)),
            ("9", otherwise, Ok(3)),
            ("9", None, Err(ConditionError::NoArm)),
            ("9", Some(Otherwise::Error(error)), Err(ConditionError::Asked("none fits".into()))),
        ] {
            assert_eq!(choose(&block(default), &inputs(x)), expected);
        }
        let missing = choose(&block(None), &LiteralMap::default());
        assert_eq!(missing, Err(ConditionError::NoInput("x".into())));
    }

    #[test]
    fn both_sides_of_a_conjunction_count() {
        let both = |operator, left, right| {
            let mut both = ConjunctionExpression {
                left_expression: Some(Box::new(left)),
                right_expression: Some(Box::new(right)),
                ..Default::default()
            };
            both.set_operator(operator);
            BooleanExpression { expr: Some(Expr::Conjunction(Box::new(both))) }
        };
        let (yes, no) = (condition(Operator::Eq, "1"), condition(Operator::Eq, "2"));
        let bad = condition(Operator::Eq, "1.0");
        let inputs = inputs("1");
        use LogicalOperator::{And, Or};
        assert_eq!(holds(&both(And, yes.clone(), no.clone()), &inputs, DEPTH), Ok(false));
        assert_eq!(holds(&both(Or, no, yes.clone()), &inputs, DEPTH), Ok(true));
        assert!(holds(&both(Or, yes.clone(), bad), &inputs, DEPTH).is_err());
        let deep = (0..=DEPTH).fold(yes.clone(), |deep, _| both(And, deep, yes.clone()));
        assert_eq!(holds(&deep, &inputs, DEPTH), Err(ConditionError::TooDeep));
    }
}
