//! JSON schemas of dataclasses: may a value of one be read as the other?
//!
//! Only what a dataclass schema says about shape is compared: `type`, `properties`, `items`,
//! `additionalProperties` and local `$ref`s. Other keywords (`anyOf`, `title`, `default`, ...) do not refuse.

use std::collections::{BTreeMap, HashSet};

use prost_types::value::Kind;
use prost_types::{Struct, Value};

use super::DEPTH_LIMIT;

pub(crate) type Object = BTreeMap<String, Value>;

/// Whether a value described by `from` has every field that `to` describes. No schema fits every schema.
pub(super) fn compatible(from: Option<&Struct>, to: Option<&Struct>) -> bool {
    let (Some(from), Some(to)) = (from, to) else { return true };
    if from.fields.is_empty() || to.fields.is_empty() || from == to {
        return true;
    }
    let mut comparison = Comparison { from: &from.fields, to: &to.fields, seen: HashSet::new() };
    comparison.object(&from.fields, &to.fields, DEPTH_LIMIT)
}

struct Comparison<'a> {
    from: &'a Object,
    to: &'a Object,
    /// Pairs compared or being compared, by address: recursive schemas end, and none is compared twice.
    seen: HashSet<(*const Object, *const Object)>,
}

impl<'a> Comparison<'a> {
    fn object(&mut self, from: &'a Object, to: &'a Object, levels: usize) -> bool {
        let (Some(from), Some(to)) = (resolve(self.from, from), resolve(self.to, to)) else { return false };
        if !self.seen.insert((std::ptr::from_ref(from), std::ptr::from_ref(to))) {
            return true;
        }
        let Some(levels) = levels.checked_sub(1) else { return false };
        same_type(from, to)
            && self.properties(from, to, levels)
            && self.keyword("items", from, to, levels)
            && self.keyword("additionalProperties", from, to, levels)
    }

    fn properties(&mut self, from: &'a Object, to: &'a Object, levels: usize) -> bool {
        let Some(wanted) = child(to, "properties") else { return true };
        let Some(given) = child(from, "properties") else { return wanted.is_empty() };
        wanted.iter().all(|(name, to)| match (given.get(name), to) {
            (Some(from), to) => self.value(from, to, levels),
            (None, _) => false,
        })
    }

    /// Compares a sub-schema that both sides have; where one side is silent, anything goes.
    fn keyword(&mut self, name: &str, from: &'a Object, to: &'a Object, levels: usize) -> bool {
        match (child(from, name), child(to, name)) {
            (Some(from), Some(to)) => self.object(from, to, levels),
            _ => true,
        }
    }

    fn value(&mut self, from: &'a Value, to: &'a Value, levels: usize) -> bool {
        match (&from.kind, &to.kind) {
            (Some(Kind::StructValue(from)), Some(Kind::StructValue(to))) => {
                self.object(&from.fields, &to.fields, levels)
            }
            _ => true,
        }
    }
}

/// Follows `$ref`s into the document that holds them; `None` when one leads nowhere or in a circle.
pub(crate) fn resolve<'a>(document: &'a Object, mut schema: &'a Object) -> Option<&'a Object> {
    for _ in 0..DEPTH_LIMIT {
        let Some(reference) = string(schema, "$ref") else { return Some(schema) };
        let mut steps = reference.strip_prefix("#/")?.split('/');
        schema = steps.try_fold(document, |object, step| child(object, step))?;
    }
    None
}

/// An integer is a number; types given otherwise than by one name are not compared.
fn same_type(from: &Object, to: &Object) -> bool {
    match (string(from, "type"), string(to, "type")) {
        (Some("integer"), Some("number")) => true,
        (Some(from), Some(to)) => from == to,
        _ => true,
    }
}

pub(crate) fn child<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    match &object.get(name)?.kind {
        Some(Kind::StructValue(child)) => Some(&child.fields),
        _ => None,
    }
}

pub(crate) fn string<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    match &object.get(name)?.kind {
        Some(Kind::StringValue(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Value {
        Value { kind: Some(Kind::StringValue(value.to_owned())) }
    }

    fn node<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value { kind: Some(Kind::StructValue(document(entries))) }
    }

    fn document<const N: usize>(entries: [(&str, Value); N]) -> Struct {
        Struct { fields: entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    fn typed(name: &str) -> Value {
        node([("type", text(name))])
    }

    fn class<const N: usize>(properties: [(&str, Value); N]) -> Struct {
        document([("type", text("object")), ("properties", node(properties))])
    }

    fn check(from: &Struct, to: &Struct, expected: bool) {
        assert_eq!(compatible(Some(from), Some(to)), expected, "{from:?} -> {to:?}");
    }

    #[test]
    fn a_side_without_a_schema_fits() {
        let point = class([("x", typed("integer"))]);
        assert!(compatible(None, Some(&point)) && compatible(Some(&point), None));
        check(&Struct::default(), &point, true);
    }

    #[test]
    fn the_value_needs_every_field_that_is_read() {
        let narrow = class([("x", typed("integer"))]);
        let wide = class([("x", typed("integer")), ("y", typed("string"))]);
        check(&wide, &narrow, true);
        check(&narrow, &wide, false);
    }

    #[test]
    fn field_types_are_compared() {
        check(&class([("x", typed("integer"))]), &class([("x", typed("string"))]), false);
        check(&class([("x", typed("integer"))]), &class([("x", typed("number"))]), true);
        check(&class([("x", typed("number"))]), &class([("x", typed("integer"))]), false);
        let list = |element| class([("x", node([("type", text("array")), ("items", typed(element))]))]);
        check(&list("string"), &list("integer"), false);
    }

    #[test]
    fn references_are_followed_and_recursion_ends() {
        let tree = |leaf: &str, title: &str| {
            let next = node([("$ref", text("#/definitions/Tree"))]);
            let fields = node([("leaf", typed(leaf)), ("left", next.clone()), ("right", next)]);
            let class = node([("type", text("object")), ("properties", fields)]);
            let reference = ("$ref", text("#/definitions/Tree"));
            document([reference, ("definitions", node([("Tree", class)])), ("title", text(title))])
        };
        check(&tree("string", "a"), &tree("string", "b"), true);
        check(&tree("string", "a"), &tree("integer", "b"), false);
        let circle = document([("$ref", text("#/a")), ("a", node([("$ref", text("#/a"))]))]);
        check(&circle, &tree("string", "a"), false);
    }
}
