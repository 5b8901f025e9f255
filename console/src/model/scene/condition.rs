//! Conditions of branches as text: `count > 3 and kind == "a"`.

use aileron_idl::core::boolean_expression::Expr;
use aileron_idl::core::comparison_expression::Operator;
use aileron_idl::core::conjunction_expression::LogicalOperator;
use aileron_idl::core::{BooleanExpression, ComparisonExpression, Operand, operand, scalar};

use crate::model::value::{self, Value};

/// How deep a condition is read; deeper ones end in an ellipsis.
const DEEPEST: usize = 16;

/// A condition as people write it.
pub fn text(condition: &BooleanExpression) -> String {
    at(condition, 0)
}

fn at(condition: &BooleanExpression, depth: usize) -> String {
    match &condition.expr {
        _ if depth > DEEPEST => "…".to_owned(),
        None => "nothing".to_owned(),
        Some(Expr::Comparison(comparison)) => compared(comparison),
        Some(Expr::Conjunction(both)) => {
            let word = if both.operator == LogicalOperator::Or as i32 { "or" } else { "and" };
            let side = |side: &Option<Box<BooleanExpression>>| {
                let Some(side) = side else { return "nothing".to_owned() };
                let inner = at(side, depth + 1);
                // Unlike words inside each other need to say which is first.
                let is_other =
                    matches!(&side.expr, Some(Expr::Conjunction(inner)) if inner.operator != both.operator);
                if is_other { format!("({inner})") } else { inner }
            };
            format!("{} {word} {}", side(&both.left_expression), side(&both.right_expression))
        }
    }
}

fn compared(comparison: &ComparisonExpression) -> String {
    let sign = match Operator::try_from(comparison.operator) {
        Ok(Operator::Eq) => "==",
        Ok(Operator::Neq) => "!=",
        Ok(Operator::Gt) => ">",
        Ok(Operator::Gte) => ">=",
        Ok(Operator::Lt) => "<",
        Ok(Operator::Lte) => "<=",
        Err(_) => "?",
    };
    format!("{} {sign} {}", side(comparison.left_value.as_ref()), side(comparison.right_value.as_ref()))
}

#[allow(deprecated, reason = "old clients send primitives")]
fn side(operand: Option<&Operand>) -> String {
    let shown = |scalar: scalar::Value| match value::of_constant(&aileron_idl::core::Scalar {
        value: Some(scalar),
    }) {
        Value::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    };
    match operand.and_then(|operand| operand.val.as_ref()) {
        // Flytekit writes a dot before the name of an input.
        Some(operand::Val::Var(name)) => name.strip_prefix('.').unwrap_or(name).to_owned(),
        Some(operand::Val::Primitive(primitive)) => shown(scalar::Value::Primitive(primitive.clone())),
        Some(operand::Val::Scalar(scalar)) => scalar.value.clone().map_or_else(|| "None".to_owned(), shown),
        None => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{ConjunctionExpression, Primitive, Scalar, primitive};

    use super::*;

    fn compare(name: &str, operator: Operator, number: i64) -> BooleanExpression {
        let primitive = Primitive { value: Some(primitive::Value::Integer(number)) };
        let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
        let comparison = ComparisonExpression {
            operator: operator as i32,
            left_value: Some(Operand { val: Some(operand::Val::Var(name.to_owned())) }),
            right_value: Some(Operand { val: Some(operand::Val::Scalar(scalar)) }),
        };
        BooleanExpression { expr: Some(Expr::Comparison(comparison)) }
    }

    fn join(
        operator: LogicalOperator,
        left: BooleanExpression,
        right: BooleanExpression,
    ) -> BooleanExpression {
        let both = ConjunctionExpression {
            operator: operator as i32,
            left_expression: Some(Box::new(left)),
            right_expression: Some(Box::new(right)),
        };
        BooleanExpression { expr: Some(Expr::Conjunction(Box::new(both))) }
    }

    #[test]
    fn a_condition_reads_as_in_python() {
        let either = join(LogicalOperator::Or, compare("b", Operator::Lte, 2), compare("b", Operator::Eq, 9));
        let all = join(LogicalOperator::And, compare(".a", Operator::Gt, 100), either);
        assert_eq!(text(&all), "a > 100 and (b <= 2 or b == 9)");
        assert_eq!(text(&BooleanExpression::default()), "nothing");
    }

    #[test]
    fn a_condition_without_end_is_cut_off() {
        let deep = (0..100).fold(compare("a", Operator::Eq, 1), |inner, _| {
            join(LogicalOperator::And, compare("a", Operator::Eq, 2), inner)
        });
        assert!(text(&deep).ends_with('…'));
    }
}
