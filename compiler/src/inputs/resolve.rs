//! At launch: the values that the execution gets.

use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Literal, LiteralMap, LiteralType, Parameter, ParameterMap};
use prost_types::Timestamp;

use super::misfit;
use crate::check::{
    invalid_value, parameter_bound_more_than_once, parameter_not_bound, unrecognized_value, value_required,
    variable_name_not_found,
};
use crate::diagnostic::{Diagnostic, Location};
use crate::findings::Findings;
use crate::types::{DEPTH_LIMIT, literal_type};

/// Seconds of 0001-01-01T00:00:00Z and of 9999-12-31T23:59:59Z, the range of protobuf timestamps.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Nanoseconds of a timestamp.
const NANOS: std::ops::Range<i32> = 0..1_000_000_000;

/// The inputs of an execution: what is `given`, defaults for what is not, and what the launch plan fixes.
///
/// `expected` and `fixed` are the launch plan's. An enum's value is not checked here, and a dataclass is
/// taken for any other: literals do not carry that much of their type.
///
/// # Errors
/// Every finding, up to a thousand: an input that is unknown, fixed, missing, without a value, of an unknown kind, of a
/// wrong type, or a datetime out of range. Each names the input, and what was expected and given.
pub fn resolve(
    expected: &ParameterMap,
    fixed: &LiteralMap,
    given: &LiteralMap,
) -> Result<LiteralMap, Vec<Diagnostic>> {
    let mut found = Findings::default();
    let unknown = given.literals.keys().filter(|name| !expected.parameters.contains_key(*name));
    found.extend(unknown.map(|name| {
        let is_fixed = fixed.literals.contains_key(name);
        variable_name_not_found::launch(name, is_fixed, expected.parameters.keys())
    }));
    let mut inputs = LiteralMap::default();
    for (name, parameter) in &expected.parameters {
        match value(name, parameter, given.literals.get(name)) {
            Ok(Some(literal)) => drop(inputs.literals.insert(name.clone(), literal.clone())),
            Ok(None) => {}
            Err(finding) => found.push(finding),
        }
    }
    for (name, literal) in &fixed.literals {
        if expected.parameters.contains_key(name) {
            found.push(parameter_bound_more_than_once::fixed(name));
        }
        inputs.literals.insert(name.clone(), literal.clone());
    }
    found.verdict()?;
    Ok(inputs)
}

/// The value of one expected input, if it has one.
fn value<'a>(
    name: &str,
    parameter: &'a Parameter,
    given: Option<&'a Literal>,
) -> Result<Option<&'a Literal>, Diagnostic> {
    let declared = parameter.var.as_ref().and_then(|variable| variable.r#type.as_ref());
    match (given, &parameter.behavior) {
        (Some(literal), _) => judge(name, literal, declared).map_or(Ok(Some(literal)), Err),
        (None, Some(Behavior::Default(literal))) => Ok(Some(literal)),
        (None, Some(Behavior::Required(true))) => Err(parameter_not_bound::launch(name, declared)),
        (None, _) => Ok(None),
    }
}

fn judge(name: &str, literal: &Literal, declared: Option<&LiteralType>) -> Option<Diagnostic> {
    if literal.value.is_none() {
        return Some(value_required::literal(name));
    }
    let wrong = match declared {
        Some(declared) => misfit(name, literal, declared),
        None => literal_type(literal).is_none().then(|| unrecognized_value::input(name)),
    };
    wrong.or_else(|| {
        let Timestamp { seconds, nanos } = impossible_datetime(literal, DEPTH_LIMIT)?;
        Some(invalid_value::datetime(Location::variable(name), seconds, nanos))
    })
}

/// A datetime inside the literal that is out of range. Deeper literals than the limit have no type, and
/// have been refused.
fn impossible_datetime(literal: &Literal, levels: usize) -> Option<Timestamp> {
    let levels = levels.checked_sub(1)?;
    match literal.value.as_ref()? {
        LiteralValue::Collection(collection) => {
            collection.literals.iter().find_map(|element| impossible_datetime(element, levels))
        }
        LiteralValue::Map(map) => map.literals.values().find_map(|value| impossible_datetime(value, levels)),
        LiteralValue::OffloadedMetadata(_) => None,
        LiteralValue::Scalar(scalar) => match scalar.value.as_ref()? {
            ScalarValue::Union(union) => impossible_datetime(union.value.as_deref()?, levels),
            ScalarValue::Primitive(primitive) => match &primitive.value {
                Some(PrimitiveValue::Datetime(at)) => {
                    let possible = YEARS.contains(&at.seconds) && NANOS.contains(&at.nanos);
                    (!possible).then_some(*at)
                }
                _ => None,
            },
            _ => None,
        },
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Literals and parameters in a few words.

    use super::*;
    use crate::fixture::variable;
    use aileron_idl::core::{LiteralCollection, Primitive, Scalar};

    pub(crate) fn primitive(value: PrimitiveValue) -> Literal {
        let value = Some(ScalarValue::Primitive(Primitive { value: Some(value) }));
        Literal { value: Some(LiteralValue::Scalar(Box::new(Scalar { value }))), ..Literal::default() }
    }

    pub(crate) fn number(value: i64) -> Literal {
        primitive(PrimitiveValue::Integer(value))
    }

    pub(crate) fn words(value: &str) -> Literal {
        primitive(PrimitiveValue::StringValue(value.to_owned()))
    }

    pub(crate) fn collection(literals: impl IntoIterator<Item = Literal>) -> Literal {
        let literals = LiteralCollection { literals: literals.into_iter().collect() };
        Literal { value: Some(LiteralValue::Collection(literals)), ..Literal::default() }
    }

    pub(crate) fn mandatory(declared: LiteralType) -> Parameter {
        Parameter { var: Some(variable(declared)), behavior: Some(Behavior::Required(true)) }
    }

    pub(crate) fn optional(declared: LiteralType, default: Literal) -> Parameter {
        Parameter { var: Some(variable(declared)), behavior: Some(Behavior::Default(default)) }
    }

    pub(crate) fn parameters<const N: usize>(entries: [(&str, Parameter); N]) -> ParameterMap {
        let parameters = entries.into_iter().map(|(name, parameter)| (name.to_owned(), parameter));
        ParameterMap { parameters: parameters.collect() }
    }

    pub(crate) fn literals<const N: usize>(entries: [(&str, Literal); N]) -> LiteralMap {
        let literals = entries.into_iter().map(|(name, literal)| (name.to_owned(), literal));
        LiteralMap { literals: literals.collect() }
    }

    /// The entries, or the findings, one a line.
    pub(crate) fn shown(outcome: Result<Vec<String>, Vec<Diagnostic>>) -> String {
        match outcome {
            Ok(entries) => entries.join("\n"),
            Err(found) => found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::*;
    use super::*;
    use crate::types::samples::*;
    use crate::types::{describe, simple};
    use aileron_idl::core::SimpleType;
    use expect_test::{Expect, expect};

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` is written in place")]
    fn check(expected: &ParameterMap, fixed: &LiteralMap, given: &LiteralMap, expect: Expect) {
        expect.assert_eq(&shown(resolve(expected, fixed, given).map(|map| {
            let described = |literal| literal_type(literal).as_ref().map(describe).unwrap_or_default();
            map.literals.iter().map(|(name, literal)| format!("{name} {}", described(literal))).collect()
        })));
    }

    #[test]
    fn given_defaulted_and_fixed_inputs_are_joined() {
        let expected = parameters([("a", mandatory(int())), ("b", optional(text(), words("x")))]);
        check(
            &expected,
            &literals([("c", number(1))]),
            &literals([("a", number(1))]),
            expect![[r#"
            a simple:INTEGER
            b simple:STRING
            c simple:INTEGER"#]],
        );
    }

    #[test]
    fn a_default_gives_way_to_what_is_given() {
        let expected = parameters([("b", optional(text(), words("x")))]);
        let resolved = resolve(&expected, &literals([]), &literals([("b", words("y"))]));
        assert_eq!(resolved, Ok(literals([("b", words("y"))])));
    }

    #[test]
    fn missing_unknown_and_ill_typed_inputs_are_all_named() {
        let expected = parameters([("a", mandatory(int())), ("b", mandatory(int()))]);
        check(
            &expected,
            &literals([]),
            &literals([("a", words("x")), ("c", number(1))]),
            expect![[r#"
                VariableNameNotFound at c: invalid input c (the inputs that can be given: 'a', 'b')
                MismatchingTypes at a: invalid a input wrong type. Expected simple:INTEGER, but got simple:STRING (give a value of the declared type)
                ParameterNotBound at b: expected_inputs b missing (give a value of type simple:INTEGER for input 'b')"#]],
        );
    }

    #[test]
    fn fixed_inputs_cannot_be_given() {
        let fixed = literals([("a", number(1))]);
        check(
            &parameters([]),
            &fixed,
            &literals([("a", number(2))]),
            expect![
                "VariableNameNotFound at a: invalid input a (the launch plan fixes this input: leave it out)"
            ],
        );
        check(
            &parameters([("a", mandatory(int()))]),
            &fixed,
            &literals([("a", number(2))]),
            expect![
                "ParameterBoundMoreThanOnce at a: fixed_inputs a cannot be overridden (leave the input out, or launch with another launch plan)"
            ],
        );
    }

    #[test]
    fn literals_need_a_value_of_a_known_kind() {
        let expected = parameters([("a", mandatory(int())), ("b", mandatory(int()))]);
        let unknown = LiteralValue::Scalar(Box::default());
        let unknown = Literal { value: Some(unknown), ..Literal::default() };
        check(
            &expected,
            &literals([]),
            &literals([("a", Literal::default()), ("b", unknown)]),
            expect![[r#"
            ValueRequired at a: missing valid literal in inputs a (give a value, or NONE for an optional input)
            UnrecognizedValue at b: input b has a value of an unknown kind (the client may be newer than the server: upgrade the server, or use an older client)"#]],
        );
    }

    #[test]
    fn the_parts_of_a_literal_are_judged() {
        let either = mandatory(list(list(union([int(), text()]))));
        let given = collection([collection([number(1)]), collection([words("a")])]);
        check(
            &parameters([("a", either)]),
            &literals([]),
            &literals([("a", given)]),
            expect![
                "a collection_type:{union_type:{variants:{collection_type:{simple:INTEGER}} variants:{collection_type:{simple:STRING}}}}"
            ],
        );
    }

    #[test]
    fn datetimes_exist() {
        let declared = parameters([("t", mandatory(simple(SimpleType::Datetime)))]);
        let at = |seconds, nanos| {
            let literal = primitive(PrimitiveValue::Datetime(Timestamp { seconds, nanos }));
            resolve(&declared, &literals([]), &literals([("t", literal)]))
                .map_err(|found| found[0].to_string())
        };
        assert!(at(0, 0).is_ok() && at(*YEARS.start(), 0).is_ok() && at(*YEARS.end(), 999_999_999).is_ok());
        assert!(at(0, -1).is_err() && at(YEARS.end() + 1, 0).is_err());
        expect!["InvalidValue at t: input 't' has a datetime that does not exist (seconds lie between the years 1 and 9999, nanoseconds between 0 and 999999999)"].assert_eq(&at(0, 1_000_000_000).unwrap_err());
    }

    #[test]
    fn an_integer_is_no_float_and_none_is_no_integer() {
        let expected = parameters([("f", mandatory(simple(SimpleType::Float)))]);
        check(
            &expected,
            &literals([]),
            &literals([("f", number(1))]),
            expect![
                "MismatchingTypes at f: invalid f input wrong type. Expected simple:FLOAT, but got simple:INTEGER (an integer is not taken for a float: give 1.0 instead of 1, or convert it in a task)"
            ],
        );
        let optional = parameters([("o", mandatory(union([int(), none()])))]);
        check(&optional, &literals([]), &literals([("o", number(1))]), expect!["o simple:INTEGER"]);
    }
}
