//! What each type takes and refuses, as tables: an input a line, and what it becomes or why it does not.

mod scalars;
mod structures;
mod typed;

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{
    Literal, LiteralType, SchemaType, SimpleType, StructuredDatasetType, TypeAnnotation, VariableMap,
};
use expect_test::{Expect, expect};
use prost_types::Struct;
use prost_types::value::Kind;
use serde_json::{Value as Json, json};

use super::*;
use crate::fixture::variable;
use crate::types::samples::*;
use crate::types::{DEPTH_LIMIT, of, simple};

fn outcome(declared: &LiteralType, read: Result<Literal, Vec<Diagnostic>>) -> String {
    match read {
        Ok(literal) => to_json(declared, &literal).to_string(),
        Err(findings) => lines(&findings),
    }
}

fn lines(findings: &[Diagnostic]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n    ")
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` is written in place")]
fn check(declared: &LiteralType, inputs: &[&str], expected: Expect) {
    let line = |input: &&str| {
        let value = parse_json(input).expect("the input is JSON");
        format!("{input} => {}", outcome(declared, from_json(declared, &value)))
    };
    expected.assert_eq(&inputs.iter().map(line).collect::<Vec<_>>().join("\n"));
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` is written in place")]
fn check_text(declared: &LiteralType, inputs: &[&str], expected: Expect) {
    let line = |input: &&str| format!("{input} => {}", outcome(declared, from_text(declared, input)));
    expected.assert_eq(&inputs.iter().map(line).collect::<Vec<_>>().join("\n"));
}

fn float() -> LiteralType {
    simple(SimpleType::Float)
}

fn structure(fields: &Json) -> Struct {
    let (place, budget) = (Location::whole(), Budget::new());
    dataclass::structure(&budget.reader(&place), fields.as_object().unwrap()).unwrap()
}

/// A dataclass with this JSON schema.
pub(super) fn described(schema: &Json) -> LiteralType {
    LiteralType { metadata: Some(structure(schema)), ..simple(SimpleType::Struct) }
}

fn point() -> LiteralType {
    described(&json!({
        "type": "object", "title": "Point", "required": ["x"], "additionalProperties": false,
        "properties": {"x": {"type": "integer"}, "y": {"type": "number", "default": 1.5}}
    }))
}
