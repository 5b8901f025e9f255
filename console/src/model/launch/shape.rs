//! Which fields a type has in a form.

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{LiteralType, SimpleType};
use prost_types::Value;
use prost_types::value::Kind;

use crate::model::type_name::type_name;

/// How deep fields lie in fields; what lies deeper, such as a tree in a tree, is written as JSON.
const DEPTH: usize = 5;

/// The fields of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Nothing can be filled in: `None`.
    Nothing,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// Any text.
    Text,
    /// True or false.
    Boolean,
    /// An instant.
    Datetime,
    /// A span of time.
    Duration,
    /// One of these.
    Choice(Vec<String>),
    /// A file, folder or dataset: its URI.
    Stored(String),
    /// Bytes, in base64.
    Bytes,
    /// Any number of one shape.
    List(Box<Shape>),
    /// Any number of one shape, by name.
    Map(Box<Shape>),
    /// These fields.
    Object(Vec<Member>),
    /// One of several, by their labels.
    Union(Vec<(String, Shape)>),
    /// Anything, as JSON.
    Any,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its fields.
    pub shape: Shape,
    /// Whether it must be filled in.
    pub is_required: bool,
    /// What is taken otherwise, as text.
    pub default: Option<String>,
}

impl Shape {
    /// The fields of a literal type.
    pub fn of(declared: &LiteralType) -> Self {
        of_type(declared, DEPTH)
    }

    /// True for shapes that are one line of text.
    pub fn is_line(&self) -> bool {
        matches!(
            self,
            Self::Integer
                | Self::Float
                | Self::Text
                | Self::Datetime
                | Self::Duration
                | Self::Stored(_)
                | Self::Bytes
        )
    }
}

fn of_type(declared: &LiteralType, levels: usize) -> Shape {
    let Some(levels) = levels.checked_sub(1) else { return Shape::Any };
    match &declared.r#type {
        Some(Type::Simple(number)) => simple(declared, *number, levels),
        Some(Type::CollectionType(inner)) => Shape::List(Box::new(of_type(inner, levels))),
        Some(Type::MapValueType(inner)) => Shape::Map(Box::new(of_type(inner, levels))),
        Some(Type::UnionType(union)) => {
            let mut variants: Vec<_> =
                union.variants.iter().map(|variant| (type_name(variant), of_type(variant, levels))).collect();
            number_equal_labels(&mut variants);
            Shape::Union(variants)
        }
        Some(Type::EnumType(values)) => Shape::Choice(values.values.clone()),
        Some(Type::Blob(_) | Type::Schema(_) | Type::StructuredDatasetType(_)) => {
            Shape::Stored(type_name(declared))
        }
        None => Shape::Any,
    }
}

/// Two variants of one kind are told apart by their places.
fn number_equal_labels(variants: &mut [(String, Shape)]) {
    let labels: Vec<String> = variants.iter().map(|(label, _)| label.clone()).collect();
    for (at, (label, _)) in variants.iter_mut().enumerate() {
        if labels.iter().filter(|other| *other == label).count() > 1 {
            *label = format!("{label} ({})", at + 1);
        }
    }
}

fn simple(declared: &LiteralType, number: i32, levels: usize) -> Shape {
    match SimpleType::try_from(number) {
        Ok(SimpleType::None) => Shape::Nothing,
        Ok(SimpleType::Integer) => Shape::Integer,
        Ok(SimpleType::Float) => Shape::Float,
        Ok(SimpleType::String | SimpleType::Error) => limited(declared).unwrap_or(Shape::Text),
        Ok(SimpleType::Boolean) => Shape::Boolean,
        Ok(SimpleType::Datetime) => Shape::Datetime,
        Ok(SimpleType::Duration) => Shape::Duration,
        Ok(SimpleType::Binary) => Shape::Bytes,
        Ok(SimpleType::Struct) => declared
            .metadata
            .as_ref()
            .map_or(Shape::Any, |schema| Schema { document: schema, node: schema }.shape(levels)),
        Err(_) => Shape::Any,
    }
}

/// The values that Python's `Literal["a", "b"]` limits a type to.
fn limited(declared: &LiteralType) -> Option<Shape> {
    let annotations = declared.annotation.as_ref()?.annotations.as_ref()?;
    let Some(Kind::ListValue(values)) = &annotations.fields.get("literal_values")?.kind else { return None };
    Some(Shape::Choice(values.values.iter().filter_map(text).map(str::to_owned).collect()))
}

/// A part of a JSON schema, and the document that its references lead into.
#[derive(Clone, Copy)]
struct Schema<'a> {
    document: &'a prost_types::Struct,
    node: &'a prost_types::Struct,
}

impl<'a> Schema<'a> {
    fn field(self, name: &str) -> Option<&'a Value> {
        self.node.fields.get(name)
    }

    fn part(self, name: &str) -> Option<Self> {
        Some(Self { node: structure(self.field(name)?)?, ..self })
    }

    fn parts(self, name: &str) -> Option<Vec<Self>> {
        let Some(Kind::ListValue(list)) = &self.field(name)?.kind else { return None };
        Some(list.values.iter().filter_map(structure).map(|node| Self { node, ..self }).collect())
    }

    fn texts(self, name: &str) -> Option<Vec<String>> {
        let Some(Kind::ListValue(list)) = &self.field(name)?.kind else { return None };
        list.values.iter().map(|value| text(value).map(str::to_owned)).collect()
    }

    fn text(self, name: &str) -> Option<&'a str> {
        text(self.field(name)?)
    }

    /// Where a local reference leads; itself without one.
    fn resolved(self) -> Option<Self> {
        let Some(place) = self.text("$ref") else { return Some(self) };
        let mut node = self.document;
        for name in place.strip_prefix("#/")?.split('/') {
            node = structure(node.fields.get(name)?)?;
        }
        Some(Self { node, ..self })
    }

    fn shape(self, levels: usize) -> Shape {
        let (Some(schema), Some(levels)) = (self.resolved(), levels.checked_sub(1)) else {
            return Shape::Any;
        };
        if let Some(values) = schema.texts("enum") {
            return Shape::Choice(values);
        }
        if let Some(parts) = schema.parts("anyOf").or_else(|| schema.parts("oneOf")) {
            let mut variants: Vec<_> =
                parts.into_iter().map(|part| (part.label(), part.shape(levels))).collect();
            number_equal_labels(&mut variants);
            return Shape::Union(variants);
        }
        match schema.text("type") {
            Some("integer") => Shape::Integer,
            Some("number") if schema.text("format") == Some("time-delta") => Shape::Duration,
            Some("number") => Shape::Float,
            Some("boolean") => Shape::Boolean,
            Some("null") => Shape::Nothing,
            Some("string") => match schema.text("format") {
                Some("date-time") => Shape::Datetime,
                Some("duration" | "time-delta") => Shape::Duration,
                _ => Shape::Text,
            },
            Some("array") => match schema.part("items") {
                Some(items) => Shape::List(Box::new(items.shape(levels))),
                None => Shape::Any,
            },
            _ => schema.object(levels),
        }
    }

    fn object(self, levels: usize) -> Shape {
        if let Some(properties) = self.part("properties") {
            let required = self.texts("required").unwrap_or_default();
            let member = |(name, value): (&'a String, &'a Value)| Member {
                name: name.clone(),
                shape: structure(value).map_or(Shape::Any, |node| Self { node, ..self }.shape(levels)),
                is_required: required.contains(name),
                default: structure(value).and_then(|node| node.fields.get("default")).map(shown),
            };
            let mut members: Vec<_> = properties.node.fields.iter().map(member).collect();
            let place = |name: &String| required.iter().position(|one| one == name).unwrap_or(usize::MAX);
            members.sort_by(|a, b| place(&a.name).cmp(&place(&b.name)).then_with(|| a.name.cmp(&b.name)));
            return Shape::Object(members);
        }
        match self.part("additionalProperties") {
            Some(values) => Shape::Map(Box::new(values.shape(levels))),
            None => Shape::Any,
        }
    }

    fn label(self) -> String {
        let of = self.resolved().unwrap_or(self);
        let referred = || self.text("$ref").and_then(|place| place.rsplit('/').next());
        let found = of.text("title").or_else(referred).or_else(|| of.text("type")).unwrap_or("value");
        if found == "null" { "None".to_owned() } else { found.to_owned() }
    }
}

fn structure(value: &Value) -> Option<&prost_types::Struct> {
    match &value.kind {
        Some(Kind::StructValue(fields)) => Some(fields),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match &value.kind {
        Some(Kind::StringValue(text)) => Some(text),
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    match &value.kind {
        Some(Kind::StringValue(text)) => text.clone(),
        Some(Kind::NumberValue(number)) => number.to_string(),
        Some(Kind::BoolValue(truth)) => truth.to_string(),
        Some(Kind::ListValue(list)) => {
            format!("[{}]", list.values.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Some(Kind::StructValue(fields)) if fields.fields.is_empty() => "{}".to_owned(),
        Some(Kind::StructValue(_)) => "{…}".to_owned(),
        None | Some(Kind::NullValue(_)) => "None".to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use aileron_idl::core::UnionType;
    use serde_json::{Value as Json, json};

    use super::*;

    pub(in crate::model::launch) fn simple(kind: SimpleType) -> LiteralType {
        LiteralType { r#type: Some(Type::Simple(kind as i32)), ..Default::default() }
    }

    pub(in crate::model::launch) fn union(variants: Vec<LiteralType>) -> LiteralType {
        LiteralType { r#type: Some(Type::UnionType(UnionType { variants })), ..Default::default() }
    }

    fn value(json: &Json) -> Value {
        let kind = match json {
            Json::Null => Kind::NullValue(0),
            Json::Bool(truth) => Kind::BoolValue(*truth),
            Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
            Json::String(text) => Kind::StringValue(text.clone()),
            Json::Array(items) => {
                Kind::ListValue(prost_types::ListValue { values: items.iter().map(value).collect() })
            }
            Json::Object(fields) => Kind::StructValue(prost_types::Struct {
                fields: fields.iter().map(|(name, json)| (name.clone(), value(json))).collect(),
            }),
        };
        Value { kind: Some(kind) }
    }

    pub(in crate::model::launch) fn dataclass(schema: &Json) -> LiteralType {
        let Some(Kind::StructValue(schema)) = value(schema).kind else { panic!("a schema is an object") };
        LiteralType { metadata: Some(schema), ..simple(SimpleType::Struct) }
    }

    #[test]
    fn a_dataclass_has_its_fields_those_it_needs_first() {
        let declared = dataclass(&json!({
            "title": "Order",
            "type": "object",
            "required": ["name", "item"],
            "properties": {
                "amount": {"type": "integer", "default": 1},
                "name": {"type": "string"},
                "item": {"$ref": "#/definitions/Item"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null}
            },
            "definitions": {"Item": {"type": "object", "properties": {"price": {"type": "number"}}}}
        }));
        let Shape::Object(members) = Shape::of(&declared) else { panic!("no object") };
        let names: Vec<_> = members.iter().map(|member| (member.name.as_str(), member.is_required)).collect();
        assert_eq!(
            names,
            [("name", true), ("item", true), ("amount", false), ("note", false), ("tags", false)]
        );
        assert!(matches!(&members[1].shape, Shape::Object(inner) if inner[0].shape == Shape::Float));
        assert_eq!(members[2].default.as_deref(), Some("1"));
        assert!(matches!(&members[3].shape, Shape::Union(variants) if variants[1].0 == "None"));
    }

    #[test]
    fn a_tree_in_a_tree_ends_in_json() {
        let declared = dataclass(&json!({
            "$ref": "#/definitions/Tree",
            "definitions": {"Tree": {"type": "object", "properties": {
                "left": {"$ref": "#/definitions/Tree"}, "right": {"$ref": "#/definitions/Tree"}
            }}}
        }));
        let mut shape = Shape::of(&declared);
        let mut depth = 0;
        while let Shape::Object(members) = shape {
            (shape, depth) = (members[0].shape.clone(), depth + 1);
        }
        assert_eq!((shape, depth), (Shape::Any, DEPTH - 1));
    }

    #[test]
    fn two_variants_of_one_kind_have_labels_of_their_own() {
        let list = |kind| LiteralType {
            r#type: Some(Type::CollectionType(Box::new(simple(kind)))),
            ..Default::default()
        };
        let dict = || dataclass(&json!({}));
        let Shape::Union(variants) = Shape::of(&union(vec![list(SimpleType::Integer), dict(), dict()]))
        else {
            panic!("no union")
        };
        let labels: Vec<_> = variants.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["list[int]", "dict (2)", "dict (3)"]);
    }
}
