//! JSON schemas of dataclasses: may a value of one be read as the other?
//!
//! The rules are Flyte's. Compared are `type`, `properties`, `required`, `items`, `anyOf`, `oneOf`, `allOf`,
//! `const`, the bounds of sizes and numbers, and of strings `enum`, `format` and `pattern`; whatever else a
//! schema says, `additionalProperties` included, refuses nothing. An integer is not a number, and what has
//! alternatives fits only what has alternatives too. Unlike Flyte, we ignore `additionalProperties` among
//! alternatives as everywhere else.

use foldhash::{HashSet, HashSetExt};
use std::collections::{BTreeMap, BTreeSet};

use prost_types::value::Kind;
use prost_types::{Struct, Value};

use super::DEPTH_LIMIT;
use super::castable::Budget;

pub(crate) type Object = BTreeMap<String, Value>;

/// Whether a value described by `from` has every field that `to` describes. No schema fits every schema;
/// one that says nothing, or cannot be read, fits only itself.
pub(super) fn compatible(from: Option<&Struct>, to: Option<&Struct>, budget: Budget<'_>) -> bool {
    let (Some(from), Some(to)) = (from, to) else { return true };
    if from == to {
        return true;
    }
    let (from, to) = (&from.fields, &to.fields);
    let mut comparison = Comparison { from, to, seen: HashSet::new(), trail: Vec::new() };
    !from.is_empty() && !to.is_empty() && comparison.fits(from, to, budget.anew())
}

struct Comparison<'a> {
    from: &'a Object,
    to: &'a Object,
    /// Pairs that fit or are being compared: recursive schemas end, and none is compared twice.
    seen: HashSet<Pair>,
    /// The same pairs in the order they were met, to forget those that an alternative met in vain.
    trail: Vec<Pair>,
}

/// Two schemas, by address.
type Pair = (*const Object, *const Object);

impl<'a> Comparison<'a> {
    fn fits(&mut self, from: &'a Object, to: &'a Object, budget: Budget<'_>) -> bool {
        let Some(budget) = budget.spent() else { return false };
        let (Some(from), Some(to)) = (resolve(self.from, from), resolve(self.to, to)) else { return false };
        let pair = (std::ptr::from_ref(from), std::ptr::from_ref(to));
        if !self.seen.insert(pair) {
            return true;
        }
        self.trail.push(pair);
        self.keywords_fit(from, to, budget)
    }

    fn keywords_fit(&mut self, from: &'a Object, to: &'a Object, budget: Budget<'_>) -> bool {
        let (Some(given), Some(wanted)) = (types(from), types(to)) else { return false };
        // Flyte reads a part without a type as an object, but not the other way round.
        let same = given == wanted || wanted.is_empty() && given == BTreeSet::from(["object"]);
        let is = |name| wanted.contains(name);
        same && (!is("string") || text_fits(from, to))
            && (!is("number") || bounds_fit(from, to, "minimum", "maximum"))
            && (!is("array") || self.array_fits(from, to, budget))
            && (!(is("object") || wanted.is_empty()) || self.object_fits(from, to, budget))
            && ["anyOf", "oneOf", "allOf"].iter().all(|name| self.alternatives_fit(name, from, to, budget))
            && repeated("const", from, to)
    }

    fn object_fits(&mut self, from: &'a Object, to: &'a Object, budget: Budget<'_>) -> bool {
        let required: HashSet<_> = texts(from.get("required")).collect();
        let given = child(from, "properties");
        let wanted = child(to, "properties").into_iter().flatten();
        texts(to.get("required")).all(|name| required.contains(name))
            && bounds_fit(from, to, "minProperties", "maxProperties")
            && wanted.into_iter().all(|(name, to)| {
                given.and_then(|given| given.get(name)).is_some_and(|from| self.value_fits(from, to, budget))
            })
    }

    fn array_fits(&mut self, from: &'a Object, to: &'a Object, budget: Budget<'_>) -> bool {
        let items = match (from.get("items"), to.get("items")) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(from), Some(to)) => match (list(from), list(to)) {
                (None, None) => self.value_fits(from, to, budget),
                (Some(from), Some(to)) => {
                    let mut pairs = from.iter().zip(to);
                    from.len() == to.len() && pairs.all(|(from, to)| self.value_fits(from, to, budget))
                }
                _ => false,
            },
        };
        items && bounds_fit(from, to, "minItems", "maxItems")
    }

    /// Both sides have alternatives, and each of `from` fits one of `to`; or neither has any.
    fn alternatives_fit(&mut self, name: &str, from: &'a Object, to: &'a Object, budget: Budget<'_>) -> bool {
        let parts = |of: &'a Object| of.get(name).and_then(list).unwrap_or_default();
        let (from, to) = (parts(from), parts(to));
        from.is_empty() == to.is_empty()
            && from.iter().all(|from| to.iter().any(|to| self.alternative_fits(from, to, budget)))
    }

    /// What is found out in vain was found assuming that the alternative fits: it is forgotten.
    fn alternative_fits(&mut self, from: &'a Value, to: &'a Value, budget: Budget<'_>) -> bool {
        let before = self.trail.len();
        let fits = self.value_fits(from, to, budget);
        if !fits {
            for pair in self.trail.drain(before..) {
                self.seen.remove(&pair);
            }
        }
        fits
    }

    fn value_fits(&mut self, from: &'a Value, to: &'a Value, budget: Budget<'_>) -> bool {
        self.fits(part(from), part(to), budget)
    }
}

/// A schema may be `true` or `false` too, which say nothing of the shape.
fn part(value: &Value) -> &Object {
    static SILENT: Object = Object::new();
    match &value.kind {
        Some(Kind::StructValue(part)) => &part.fields,
        _ => &SILENT,
    }
}

/// Upstream values are among those of downstream; a text without such a list fits any.
fn text_fits(from: &Object, to: &Object) -> bool {
    let allowed: Option<HashSet<_>> = to.contains_key("enum").then(|| texts(to.get("enum")).collect());
    allowed.is_none_or(|allowed| texts(from.get("enum")).all(|value| allowed.contains(value)))
        && from.get("format") == to.get("format")
        && repeated("pattern", from, to)
        && bounds_fit(from, to, "minLength", "maxLength")
}

/// What `to` says, `from` says too.
fn repeated(name: &str, from: &Object, to: &Object) -> bool {
    to.get(name).is_none_or(|wanted| from.get(name) == Some(wanted))
}

/// The bounds of `to`, as far as it has any, hold for what keeps those of `from`.
fn bounds_fit(from: &Object, to: &Object, lower: &str, upper: &str) -> bool {
    let above = number(to, lower).is_none_or(|to| number(from, lower).is_some_and(|from| from >= to));
    above && number(to, upper).is_none_or(|to| number(from, upper).is_some_and(|from| from <= to))
}

/// The types named: none, one, or a list; `None` for what is no type.
fn types(schema: &Object) -> Option<BTreeSet<&str>> {
    const KNOWN: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    let Some(named) = schema.get("type") else { return Some(BTreeSet::new()) };
    let named = list(named).unwrap_or(std::slice::from_ref(named));
    let known = |value| text(value).filter(|name| KNOWN.contains(name));
    named.iter().map(known).collect()
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

pub(crate) fn child<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    match &object.get(name)?.kind {
        Some(Kind::StructValue(child)) => Some(&child.fields),
        _ => None,
    }
}

pub(crate) fn string<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    text(object.get(name)?)
}

fn text(value: &Value) -> Option<&str> {
    match &value.kind {
        Some(Kind::StringValue(text)) => Some(text),
        _ => None,
    }
}

fn number(object: &Object, name: &str) -> Option<f64> {
    match object.get(name)?.kind {
        Some(Kind::NumberValue(number)) => Some(number),
        _ => None,
    }
}

fn list(value: &Value) -> Option<&[Value]> {
    match &value.kind {
        Some(Kind::ListValue(list)) => Some(&list.values),
        _ => None,
    }
}

fn texts(values: Option<&Value>) -> impl Iterator<Item = &str> {
    values.and_then(list).unwrap_or_default().iter().filter_map(text)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::{Value as Json, json};

    use super::*;

    fn value(json: &Json) -> Value {
        let kind = match json {
            Json::Null => Kind::NullValue(0),
            Json::Bool(flag) => Kind::BoolValue(*flag),
            Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
            Json::String(text) => Kind::StringValue(text.clone()),
            Json::Array(values) => {
                Kind::ListValue(prost_types::ListValue { values: values.iter().map(value).collect() })
            }
            Json::Object(_) => Kind::StructValue(document(json)),
        };
        Value { kind: Some(kind) }
    }

    fn document(json: &Json) -> Struct {
        let fields = json.as_object().unwrap().iter();
        Struct { fields: fields.map(|(name, field)| (name.clone(), value(field))).collect() }
    }

    fn fits(from: Option<&Struct>, to: Option<&Struct>) -> bool {
        compatible(from, to, Budget::new(&Cell::new(10_000)))
    }

    #[expect(clippy::needless_pass_by_value, reason = "`json!` is written in place")]
    fn check(from: Json, to: Json, expected: bool) {
        let (read, wanted) = (document(&from), document(&to));
        assert_eq!(fits(Some(&read), Some(&wanted)), expected, "{from} -> {to}");
    }

    /// A dataclass whose only field is described by `field`; what it is compared with has another title.
    #[expect(clippy::needless_pass_by_value, reason = "`json!` is written in place")]
    fn field(from: Json, to: Json, expected: bool) {
        let class =
            |title: &str, field: &Json| json!({"type": "object", "title": title, "properties": {"x": field}});
        check(class("From", &from), class("To", &to), expected);
    }

    #[test]
    fn a_side_without_a_schema_fits_and_an_empty_schema_fits_itself() {
        let (point, empty) = (document(&json!({"type": "object"})), Struct::default());
        assert!(fits(None, Some(&point)) && fits(Some(&point), None));
        assert!(fits(Some(&empty), Some(&empty)));
        assert!(!fits(Some(&empty), Some(&point)) && !fits(Some(&point), Some(&empty)));
    }

    #[test]
    fn the_value_needs_every_field_that_is_read() {
        let class = |properties: Json, required: Json| json!({"type": "object", "properties": properties, "required": required});
        let (narrow, wide) = (json!({"x": {}}), json!({"x": {}, "y": {}}));
        check(class(wide.clone(), json!([])), class(narrow.clone(), json!([])), true);
        check(class(narrow.clone(), json!([])), class(wide, json!([])), false);
        check(class(narrow.clone(), json!(["x"])), class(narrow.clone(), json!([])), true);
        check(class(narrow.clone(), json!([])), class(narrow, json!(["x"])), false);
    }

    #[test]
    fn field_types_are_equal() {
        field(json!({"type": "integer"}), json!({"type": "integer", "default": 1}), true);
        field(json!({"type": "integer"}), json!({"type": "number"}), false);
        field(json!({"type": "number"}), json!({"type": "integer"}), false);
        field(json!({"type": ["integer", "null"]}), json!({"type": ["null", "integer"]}), true);
        field(json!({"type": ["integer", "null"]}), json!({"type": "integer"}), false);
        field(json!({"type": "object"}), json!({}), true);
        field(json!({}), json!({"type": "object"}), false);
        field(json!({"type": "integer"}), json!(true), false);
        field(json!({"type": "whole"}), json!({"type": "whole", "title": "x"}), false);
    }

    #[test]
    fn items_are_compared_and_additional_properties_are_not() {
        let list = |element: &str| json!({"type": "array", "items": {"type": element}});
        field(list("string"), list("integer"), false);
        field(list("string"), json!({"type": "array"}), true);
        field(json!({"type": "array"}), list("string"), false);
        let pair = |second: &str| json!({"type": "array", "items": [{"type": "string"}, {"type": second}]});
        field(pair("string"), pair("integer"), false);
        field(pair("string"), list("string"), false);
        let map = |value: &str| json!({"type": "object", "additionalProperties": {"type": value}});
        field(map("integer"), map("number"), true);
    }

    #[test]
    fn alternatives_are_on_both_sides_or_on_neither() {
        let any = |types: &[&str]| {
            let alternatives: Vec<_> = types.iter().map(|name| json!({"type": name})).collect();
            json!({"anyOf": alternatives})
        };
        field(any(&["integer"]), any(&["null", "integer"]), true);
        field(any(&["integer", "null"]), any(&["integer"]), false);
        field(json!({"type": "integer"}), any(&["integer", "null"]), false);
        field(any(&["integer"]), json!({}), false);
        field(any(&["integer"]), json!({"oneOf": [{"type": "integer"}]}), false);
    }

    #[test]
    fn texts_compare_their_values_and_format() {
        let choice = |values: &[&str]| json!({"type": "string", "enum": values});
        field(choice(&["a"]), choice(&["a", "b"]), true);
        field(choice(&["a", "b"]), choice(&["a"]), false);
        field(choice(&["a"]), json!({"type": "string"}), true);
        field(json!({"type": "string"}), choice(&["a"]), true);
        field(json!({"type": "string"}), json!({"type": "string", "format": "date-time"}), false);
    }

    #[test]
    fn constants_and_bounds_that_are_wanted_are_given() {
        field(json!({"const": 1}), json!({"const": 1, "title": "x"}), true);
        field(json!({"const": 1}), json!({"const": 2}), false);
        let within = |lower: i32, upper: i32| json!({"type": "number", "minimum": lower, "maximum": upper});
        field(within(1, 2), within(0, 3), true);
        field(within(0, 2), within(1, 2), false);
        field(within(0, 3), within(0, 2), false);
        field(json!({"type": "number"}), within(0, 1), false);
        field(within(0, 1), json!({"type": "number"}), true);
    }

    #[test]
    fn references_are_followed_and_recursion_ends() {
        let tree = |leaf: &str, title: &str| {
            let next = json!({"$ref": "#/definitions/Tree"});
            let fields = json!({"leaf": {"type": leaf}, "left": next, "right": next});
            let class = json!({"type": "object", "properties": fields});
            json!({"$ref": "#/definitions/Tree", "definitions": {"Tree": class}, "title": title})
        };
        check(tree("string", "a"), tree("string", "b"), true);
        check(tree("string", "a"), tree("integer", "b"), false);
        check(json!({"$ref": "#/a", "a": {"$ref": "#/a"}}), tree("string", "a"), false);
    }

    #[test]
    fn what_an_alternative_assumed_in_vain_is_not_believed_later() {
        let document = |own: &str, others: &[Json]| {
            let fields = json!({"next": {"$ref": "#/definitions/Inner"}, "own": {"type": own}});
            let node = json!({"type": "object", "properties": fields});
            let inner = json!({"type": "object", "properties": {"back": {"$ref": "#/definitions/Node"}}});
            let mut alternatives = vec![json!({"$ref": "#/definitions/Node"})];
            alternatives.extend_from_slice(others);
            json!({
                "type": "object",
                "definitions": {"Node": node, "Inner": inner},
                "properties": {"a": {"anyOf": alternatives}, "b": {"$ref": "#/definitions/Inner"}},
            })
        };
        let anything = json!({"type": "object"});
        check(document("integer", &[]), document("string", &[anything]), false);
    }

    #[test]
    fn hostile_alternatives_cost_little() {
        let alternatives = |last: &str| {
            let level = |inner: Json| json!({"anyOf": [inner.clone(), inner]});
            (0..12).fold(json!({"type": last}), |inner, _| level(inner))
        };
        field(alternatives("integer"), alternatives("string"), false);
    }
}
