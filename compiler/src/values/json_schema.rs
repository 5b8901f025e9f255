//! A JSON value to what a JSON schema describes, as Python packs it.
//!
//! Understood is what flytekit and Pydantic write for dataclasses and models: `type` (also a list of
//! types), `properties`, `required`, `additionalProperties`, `propertyNames`, `items`, `prefixItems`,
//! `minItems`, `maxItems`, `enum`, `const`, `anyOf`, `oneOf`, an `allOf` of one, `default`, local `$ref`s,
//! and the formats that change how a value is packed. Bounds and patterns are left to the task.

use std::collections::BTreeSet;

use prost_types::value::Kind;
use prost_types::{ListValue, Value};
use rmpv::Value as Packed;
use serde_json::{Map, Value as Json};

use super::reader::{Read, Reader, Step, all, listed};
use super::{binary, choice, dataclass, datetime, duration, primitive};
use crate::diagnostic::{Code, Diagnostic};
use crate::types::DEPTH_LIMIT;
use crate::types::schema::{Object, child, resolve, string};

/// A part of a schema, and the document that its `$ref`s point into.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    document: &'a Object,
    node: &'a Object,
}

impl<'a> Schema<'a> {
    pub(super) fn whole(document: &'a Object) -> Self {
        Self { document, node: document }
    }

    fn at(self, node: &'a Object) -> Self {
        Self { node, ..self }
    }

    fn part(self, name: &str) -> Option<Self> {
        child(self.node, name).map(|node| self.at(node))
    }

    fn text(self, name: &str) -> Option<&'a str> {
        string(self.node, name)
    }

    fn list(self, name: &str) -> Option<&'a ListValue> {
        match &self.node.get(name)?.kind {
            Some(Kind::ListValue(list)) => Some(list),
            _ => None,
        }
    }

    /// The parts in a list.
    fn parts(self, name: &str) -> Option<Vec<Self>> {
        let parts = self.list(name)?.values.iter().filter_map(|value| match &value.kind {
            Some(Kind::StructValue(part)) => Some(self.at(&part.fields)),
            _ => None,
        });
        Some(parts.collect())
    }

    fn count(self, name: &str) -> Option<f64> {
        match self.node.get(name)?.kind {
            Some(Kind::NumberValue(number)) => Some(number),
            _ => None,
        }
    }
}

pub(super) fn read(reader: &Reader<'_>, schema: Schema<'_>, value: &Json) -> Read<Packed> {
    let reader = &reader.deeper()?;
    let Some(node) = resolve(schema.document, schema.node) else { return Err(vec![dangling(reader)]) };
    let schema = schema.at(node);
    if let Some(values) = schema.list("enum") {
        return enumerated(reader, values, value);
    }
    if let Some(only) = schema.node.get("const") {
        return enumerated(reader, &ListValue { values: vec![only.clone()] }, value);
    }
    if let Some(variants) = variants(schema) {
        return any_of(reader, &variants, value);
    }
    if let Some([only]) = schema.parts("allOf").as_deref() {
        return read(reader, *only, value);
    }
    typed(reader, schema, schema.text("type"), value)
}

fn type_name(value: &Value) -> Option<&str> {
    match &value.kind {
        Some(Kind::StringValue(name)) => Some(name),
        _ => None,
    }
}

fn dangling(reader: &Reader<'_>) -> Diagnostic {
    let message = "the type's JSON schema refers to a part that it does not have";
    reader.finding(Code::UnrecognizedValue, message).hint("register the task again with a newer flytekit")
}

fn typed(reader: &Reader<'_>, schema: Schema<'_>, name: Option<&str>, value: &Json) -> Read<Packed> {
    match name {
        Some("object") => object(reader, schema, value),
        Some("array") => array(reader, schema, value),
        Some("string") => text(reader, schema, value),
        Some("integer") => primitive::integer(reader, value).map(Packed::from),
        Some("number") => number(reader, schema, value),
        Some("boolean") => primitive::boolean(reader, value).map(Packed::from),
        Some("null") => primitive::read_none(reader, value).map(|_| Packed::Nil),
        _ if schema.part("properties").is_some() => object(reader, schema, value),
        _ => untyped(reader, value),
    }
}

fn enumerated(reader: &Reader<'_>, values: &ListValue, value: &Json) -> Read<Packed> {
    match choice::contains(reader, values, value)? {
        true => untyped(reader, value),
        false => Err(vec![choice::illegal(reader, value, choice::names(values))]),
    }
}

/// A part that a value may fit, or one type of a part that has several.
struct Variant<'a> {
    part: Schema<'a>,
    type_name: Option<&'a str>,
}

impl Variant<'_> {
    fn read(&self, reader: &Reader<'_>, value: &Json) -> Read<Packed> {
        match self.type_name {
            Some(name) => typed(reader, self.part, Some(name), value),
            None => read(reader, self.part, value),
        }
    }

    fn name(&self) -> &str {
        let described = || self.part.text("title").or_else(|| self.part.text("type"));
        self.type_name.or_else(described).unwrap_or("a part of the schema")
    }

    fn is_null(&self) -> bool {
        self.type_name.or_else(|| self.part.text("type")) == Some("null")
    }
}

fn variants<'a>(schema: Schema<'a>) -> Option<Vec<Variant<'a>>> {
    if let Some(parts) = schema.parts("anyOf").or_else(|| schema.parts("oneOf")) {
        return Some(parts.into_iter().map(|part| Variant { part, type_name: None }).collect());
    }
    let names = schema.list("type")?.values.iter().filter_map(type_name);
    Some(names.map(|name| Variant { part: schema, type_name: Some(name) }).collect())
}

/// The first variant that takes the value as it is, or else the first that takes it with conversions:
/// the packed value does not tell which it was.
fn any_of(reader: &Reader<'_>, variants: &[Variant<'_>], value: &Json) -> Read<Packed> {
    let exact = reader.exactly();
    let mut tries = variants.iter().map(|variant| variant.read(&exact, value));
    if let Some(found) = tries.find_map(Result::ok) {
        return Ok(found);
    }
    let mut refused = Vec::new();
    for variant in variants.iter().filter(|variant| !variant.is_null()) {
        match variant.read(reader, value) {
            Ok(found) => return Ok(found),
            Err(findings) => refused.push(findings),
        }
    }
    match refused.len() {
        // Beside null there is one: it knows best what is wrong.
        1 => Err(refused.remove(0)),
        _ => {
            let types = format!("one of {}", listed(variants.iter().map(Variant::name)));
            Err(vec![reader.mismatch(&types, value).hint("give a value of one of these types")])
        }
    }
}

fn object(reader: &Reader<'_>, schema: Schema<'_>, value: &Json) -> Read<Packed> {
    let Json::Object(fields) = value else {
        return Err(vec![reader.mismatch("an object", value).hint("write it in braces: {\"field\": 1}")]);
    };
    let known = properties(schema);
    let read_known = known.iter().map(|property| property.read(reader, fields));
    let names = schema.part("properties").map(|properties| properties.node);
    let more = fields.iter().filter(|(key, _)| !names.is_some_and(|names| names.contains_key(*key)));
    let read_more = more.map(|(key, value)| additional(reader, schema, (key, value), &known));
    let entries = all(read_known.chain(read_more))?;
    Ok(Packed::Map(entries.into_iter().flatten().collect()))
}

/// A field of an object; without a part, anything may be in it.
struct Property<'a> {
    name: &'a str,
    part: Option<Schema<'a>>,
    required: bool,
}

/// A key and its value, unless the field is left out.
type Entry = Option<(Packed, Packed)>;

/// Required fields in the order of the dataclass, then those with a default by name: the schema keeps no
/// more of the order.
fn properties<'a>(schema: Schema<'a>) -> Vec<Property<'a>> {
    let Some(properties) = schema.part("properties") else { return Vec::new() };
    let mut required = BTreeSet::new();
    let names =
        schema.list("required").into_iter().flat_map(|names| names.values.iter().filter_map(type_name));
    let ordered: Vec<_> = names.filter(|name| required.insert(*name)).collect();
    let property = |name, required| Property { name, part: properties.part(name), required };
    let rest = properties.node.keys().map(String::as_str).filter(|name| !required.contains(name));
    let rest = rest.map(|name| property(name, false));
    let known = ordered.iter().filter(|name| properties.node.contains_key(**name));
    known.map(|name| property(name, true)).chain(rest).collect()
}

impl Property<'_> {
    fn read(&self, reader: &Reader<'_>, fields: &Map<String, Json>) -> Read<Entry> {
        let reader = &reader.inside(Step::Key(self.name));
        reader.spend(1)?;
        let packed = match (fields.get(self.name), self.default()) {
            // A default need not be of the field's type: null is the usual one.
            (Some(value), Some(default)) if *value == default => self.read_default(reader, value)?,
            (Some(value), _) => self.read_value(reader, value)?,
            (None, Some(default)) => self.read_default(reader, &default)?,
            (None, None) if self.required => {
                let finding =
                    reader.finding(Code::ValueRequired, format!("the field '{}' is missing", self.name));
                return Err(vec![finding.hint("add it: it has no default")]);
            }
            (None, None) => return Ok(None),
        };
        Ok(Some((self.name.into(), packed)))
    }

    fn default(&self) -> Option<Json> {
        let default = self.part?.node.get("default")?;
        Some(dataclass::write_value(default, DEPTH_LIMIT))
    }

    fn read_value(&self, reader: &Reader<'_>, value: &Json) -> Read<Packed> {
        match self.part {
            Some(part) => read(reader, part, value),
            None => untyped(reader, value),
        }
    }

    fn read_default(&self, reader: &Reader<'_>, default: &Json) -> Read<Packed> {
        self.read_value(reader, default).or_else(|_| untyped(reader, default))
    }
}

fn additional(
    reader: &Reader<'_>,
    schema: Schema<'_>,
    (key, value): (&String, &Json),
    known: &[Property<'_>],
) -> Read<Entry> {
    let reader = &reader.inside(Step::Key(key));
    let packed = match (schema.part("additionalProperties"), schema.node.get("additionalProperties")) {
        (Some(part), _) => read(reader, part, value)?,
        (None, Some(Value { kind: Some(Kind::BoolValue(false)) })) => {
            let finding = reader.finding(Code::FieldNotFound, format!("there is no field '{key}'")).got(key);
            let fields = listed(known.iter().map(|property| property.name));
            return Err(vec![finding.hint(format!("its fields are {fields}"))]);
        }
        (None, _) => untyped(reader, value)?,
    };
    Ok(Some((packed_key(reader, schema, key)?, packed)))
}

/// Keys are texts in JSON, and may be numbers in Python.
fn packed_key(reader: &Reader<'_>, schema: Schema<'_>, key: &str) -> Read<Packed> {
    let wanted = schema.part("propertyNames").and_then(|names| names.text("type"));
    let found = match wanted {
        Some("integer") => key.parse::<i64>().ok().map(Packed::from),
        Some("number") => key.parse::<f64>().ok().map(Packed::from),
        _ => Some(key.into()),
    };
    let expected = wanted.unwrap_or_default();
    found.ok_or_else(|| vec![reader.syntax(&format!("a key of type {expected}"), key).hint("write a number")])
}

fn array(reader: &Reader<'_>, schema: Schema<'_>, value: &Json) -> Read<Packed> {
    let Json::Array(items) = value else {
        return Err(vec![reader.mismatch("a list", value).hint("write it in brackets: [1, 2]")]);
    };
    check_length(reader, schema, items.len(), value)?;
    let prefix = schema.parts("prefixItems").or_else(|| schema.parts("items")).unwrap_or_default();
    let each = schema.part("items");
    let packed = items.iter().enumerate().map(|(index, item)| {
        let reader = &reader.inside(Step::Index(index));
        match prefix.get(index).copied().or(each) {
            Some(part) => read(reader, part, item),
            None => untyped(reader, item),
        }
    });
    all(packed).map(Packed::Array)
}

fn check_length(reader: &Reader<'_>, schema: Schema<'_>, length: usize, value: &Json) -> Read<()> {
    let length = length as f64;
    let least = schema.count("minItems").unwrap_or(0.0);
    let most = schema.count("maxItems").unwrap_or(f64::INFINITY);
    if (least..=most).contains(&length) {
        return Ok(());
    }
    let message = format!("the list has {length} elements");
    Err(vec![reader.invalid(message, value).hint(format!("it takes at least {least}, at most {most}"))])
}

fn text(reader: &Reader<'_>, schema: Schema<'_>, value: &Json) -> Read<Packed> {
    let text = primitive::string(reader, value)?;
    Ok(match schema.text("format") {
        Some("date-time") => datetime::civil(reader, value)?.isoformat().into(),
        Some("base64") => Packed::Binary(binary::bytes(reader, text)?),
        _ => text.into(),
    })
}

fn number(reader: &Reader<'_>, schema: Schema<'_>, value: &Json) -> Read<Packed> {
    match schema.text("format") {
        Some("integer") => primitive::integer(reader, value).map(Packed::from),
        Some("time-delta") => duration::seconds(reader, value).map(Packed::from),
        _ => primitive::float(reader, value).map(Packed::from),
    }
}

/// A value whose schema says nothing.
pub(super) fn untyped(reader: &Reader<'_>, value: &Json) -> Read<Packed> {
    let reader = &reader.deeper()?;
    Ok(match value {
        Json::Null => Packed::Nil,
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(signed), _) => signed.into(),
            (None, Some(unsigned)) => unsigned.into(),
            (None, None) => number.as_f64().unwrap_or(f64::NAN).into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => {
            let items = items.iter().enumerate();
            Packed::Array(all(items.map(|(index, item)| untyped(&reader.inside(Step::Index(index)), item)))?)
        }
        Json::Object(fields) => Packed::Map(all(fields.iter().map(|(key, value)| {
            Ok((key.as_str().into(), untyped(&reader.inside(Step::Key(key)), value)?))
        }))?),
    })
}
