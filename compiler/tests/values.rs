//! What flytekit made of Python values, made again of JSON: the literals must be equal.

use std::path::Path;

use aileron_compiler::values::{from_json, from_text, parse_json, to_json, to_text};
use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Literal, LiteralType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use serde_json::Value as Json;

struct Case {
    name: String,
    declared: LiteralType,
    json: String,
    literal: Literal,
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/values/flytekit.json");
    let text = std::fs::read_to_string(path).expect("the record is there");
    let cases: Vec<Json> = serde_json::from_str(&text).expect("it is JSON");
    let field = |case: &Json, name: &str| case[name].as_str().expect("it is a text").to_owned();
    let bytes = |case: &Json, name: &str| STANDARD.decode(field(case, name)).expect("it is base64");
    let case = |case: &Json| Case {
        name: field(case, "name"),
        declared: LiteralType::decode(bytes(case, "type").as_slice()).expect("it is a type"),
        json: field(case, "json"),
        literal: Literal::decode(bytes(case, "literal").as_slice()).expect("it is a literal"),
    };
    cases.iter().map(case).collect()
}

/// The literal with each dataclass unpacked: fields with defaults come in an order that schemas do not tell.
fn unpacked(literal: &Literal) -> (Literal, Vec<rmpv::Value>) {
    let (mut literal, mut values) = (literal.clone(), Vec::new());
    unpack(&mut literal, &mut values);
    (literal, values)
}

fn unpack(literal: &mut Literal, values: &mut Vec<rmpv::Value>) {
    match &mut literal.value {
        Some(LiteralValue::Collection(list)) => {
            list.literals.iter_mut().for_each(|literal| unpack(literal, values));
        }
        Some(LiteralValue::Map(map)) => map.literals.values_mut().for_each(|literal| unpack(literal, values)),
        Some(LiteralValue::Scalar(scalar)) => match &mut scalar.value {
            Some(ScalarValue::Union(union)) => {
                union.value.iter_mut().for_each(|literal| unpack(literal, values));
            }
            Some(ScalarValue::Binary(binary)) => {
                let bytes = std::mem::take(&mut binary.value);
                values.push(sorted(rmpv::decode::read_value(&mut bytes.as_slice()).expect("it is packed")));
            }
            _ => {}
        },
        _ => {}
    }
}

fn sorted(value: rmpv::Value) -> rmpv::Value {
    match value {
        rmpv::Value::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by_key(|(key, _)| key.to_string());
            rmpv::Value::Map(entries)
        }
        rmpv::Value::Array(items) => rmpv::Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn check(name: &str, got: Result<Literal, Vec<aileron_compiler::Diagnostic>>, expected: &Literal) {
    let got = got.unwrap_or_else(|findings| panic!("{name}: {findings:?}"));
    assert_eq!(unpacked(&got), unpacked(expected), "{name}");
}

#[test]
fn json_makes_the_literals_that_flytekit_makes() {
    for Case { name, declared, json, literal } in cases() {
        check(&name, from_json(&declared, &parse_json(&json).expect("it is JSON")), &literal);
    }
}

#[test]
fn literals_of_flytekit_come_back_from_json() {
    for Case { name, declared, literal, .. } in cases() {
        check(&name, from_json(&declared, &to_json(&declared, &literal)), &literal);
    }
}

#[test]
fn literals_of_flytekit_come_back_from_text() {
    for Case { name, declared, literal, .. } in cases() {
        check(&name, from_text(&declared, &to_text(&declared, &literal)), &literal);
    }
}
