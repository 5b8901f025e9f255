//! Whatever a literal of a type is, it comes back from JSON and from text; whatever is given, nothing panics.

use std::collections::BTreeMap;

use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::schema_type::SchemaColumn;
use aileron_idl::core::{
    Binary, Blob, BlobMetadata, Error, Literal, LiteralCollection, LiteralMap, LiteralType, Schema,
    SchemaType, SimpleType, StructuredDataset, StructuredDatasetMetadata, StructuredDatasetType, Union,
};
use proptest::prelude::*;
use prost_types::{Duration, Timestamp};
use serde_json::{Map, Value as Json, json};

use super::primitive::{none as no_value, primitive, scalar};
use super::{from_json, from_text, from_yaml, to_json, to_text};
use crate::types::samples::*;
use crate::types::{describe, fits, literal_type, of, simple};

fn types() -> impl Strategy<Value = LiteralType> {
    let numbers = vec![
        SimpleType::None,
        SimpleType::Integer,
        SimpleType::Float,
        SimpleType::String,
        SimpleType::Boolean,
        SimpleType::Datetime,
        SimpleType::Duration,
        SimpleType::Binary,
        SimpleType::Error,
        SimpleType::Struct,
    ];
    let dataset = |format: &str| {
        let format = format.to_owned();
        of(Type::StructuredDatasetType(StructuredDatasetType { format, ..Default::default() }))
    };
    let leaf = prop_oneof![
        4 => prop::sample::select(numbers).prop_map(simple),
        1 => Just(choice(&["red", "1", "none"])),
        1 => ("|csv", 0..2).prop_map(|(format, dimensionality)| blob(&format, dimensionality)),
        1 => "|parquet".prop_map(move |format| dataset(&format)),
        1 => prop::collection::btree_map("[ab]", 0..6, 0..3).prop_map(schema),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(list),
            inner.clone().prop_map(map),
            prop::collection::vec(inner, 1..4).prop_map(union),
        ]
    })
}

/// A literal of the type.
fn literals(declared: &LiteralType) -> BoxedStrategy<Literal> {
    match declared.r#type.clone().expect("the type is known") {
        Type::Simple(number) => simples(SimpleType::try_from(number).expect("it is known")),
        Type::EnumType(values) => prop::sample::select(values.values).prop_map(words).boxed(),
        Type::Blob(kind) => uris()
            .prop_map(move |uri| {
                let metadata = Some(BlobMetadata { r#type: Some(kind.clone()) });
                scalar(ScalarValue::Blob(Blob { metadata, uri }))
            })
            .boxed(),
        Type::StructuredDatasetType(kind) => uris().prop_map(move |uri| dataset(uri, kind.clone())).boxed(),
        Type::CollectionType(inner) => prop::collection::vec(literals(&inner), 0..4).prop_map(listed).boxed(),
        Type::MapValueType(inner) => {
            prop::collection::btree_map(".{0,3}", literals(&inner), 0..4).prop_map(mapped).boxed()
        }
        Type::UnionType(union) => prop::sample::select(union.variants)
            .prop_flat_map(|variant| literals(&variant).prop_map(move |literal| chosen(&variant, literal)))
            .boxed(),
        Type::Schema(kind) => uris()
            .prop_map(move |uri| scalar(ScalarValue::Schema(Schema { uri, r#type: Some(kind.clone()) })))
            .boxed(),
    }
}

/// Columns by name, with the numbers of their types.
fn schema(columns: BTreeMap<String, i32>) -> LiteralType {
    let columns = columns.into_iter().map(|(name, r#type)| SchemaColumn { name, r#type }).collect();
    of(Type::Schema(SchemaType { columns }))
}

fn simples(number: SimpleType) -> BoxedStrategy<Literal> {
    match number {
        SimpleType::None => Just(no_value()).boxed(),
        SimpleType::Integer => any::<i64>().prop_map(|one| primitive(PrimitiveValue::Integer(one))).boxed(),
        SimpleType::Float => floats().prop_map(|one| primitive(PrimitiveValue::FloatValue(one))).boxed(),
        SimpleType::String => strings().prop_map(words).boxed(),
        SimpleType::Boolean => any::<bool>().prop_map(|one| primitive(PrimitiveValue::Boolean(one))).boxed(),
        SimpleType::Datetime => (-62_135_596_800_i64..=253_402_300_799, 0..1_000_000_000)
            .prop_map(|(seconds, nanos)| primitive(PrimitiveValue::Datetime(Timestamp { seconds, nanos })))
            .boxed(),
        SimpleType::Duration => (0..315_576_000_000_i64, 0..1_000_000_000, prop::sample::select(vec![-1, 1]))
            .prop_map(|(seconds, nanos, sign)| {
                let span = Duration { seconds: seconds * i64::from(sign), nanos: nanos * sign };
                primitive(PrimitiveValue::Duration(span))
            })
            .boxed(),
        SimpleType::Binary => (prop::collection::vec(any::<u8>(), 0..9), "|pickle")
            .prop_map(|(value, tag)| scalar(ScalarValue::Binary(Binary { value, tag })))
            .boxed(),
        SimpleType::Error => ("[a-z ]{0,5}", "(n0)?")
            .prop_map(|(message, failed_node_id)| {
                scalar(ScalarValue::Error(Error { failed_node_id, message }))
            })
            .boxed(),
        SimpleType::Struct => objects()
            .prop_map(|value| from_json(&simple(SimpleType::Struct), &value).expect("any object will do"))
            .boxed(),
    }
}

fn floats() -> impl Strategy<Value = f64> {
    // NaN equals nothing, itself included.
    any::<f64>().prop_filter("equal to itself", |float| !float.is_nan())
}

/// Texts that look like other types among them.
fn strings() -> impl Strategy<Value = String> {
    prop_oneof![".{0,6}", "(none|1|1.5|true|1h|2024-01-01|NaN|red|s3://b/x|YWI=|\\[\\]|\\{\\})"]
}

fn uris() -> impl Strategy<Value = String> {
    "(s3://b|file://)?/[a-z]{0,4}"
}

fn objects() -> impl Strategy<Value = Json> {
    prop::collection::btree_map("[a-c]", values(), 0..3).prop_map(|fields| fields.into_iter().collect())
}

/// Any JSON.
fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        floats().prop_map(Json::from),
        strings().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::btree_map("type|value|uri|x", inner, 0..3)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn words(text: String) -> Literal {
    primitive(PrimitiveValue::StringValue(text))
}

fn dataset(uri: String, kind: StructuredDatasetType) -> Literal {
    let metadata = Some(StructuredDatasetMetadata { structured_dataset_type: Some(kind) });
    scalar(ScalarValue::StructuredDataset(StructuredDataset { uri, metadata }))
}

fn listed(literals: Vec<Literal>) -> Literal {
    let value = Some(LiteralValue::Collection(LiteralCollection { literals }));
    Literal { value, ..Literal::default() }
}

fn mapped(literals: BTreeMap<String, Literal>) -> Literal {
    Literal { value: Some(LiteralValue::Map(LiteralMap { literals })), ..Literal::default() }
}

fn chosen(variant: &LiteralType, literal: Literal) -> Literal {
    let union = Union { value: Some(Box::new(literal)), r#type: Some(variant.clone()) };
    scalar(ScalarValue::Union(Box::new(union)))
}

/// A JSON schema, and a value that it describes.
fn described() -> impl Strategy<Value = (Json, Json)> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|one| (json!({"type": "integer"}), one.into())),
        floats().prop_map(|one| (json!({"type": "number"}), one.into())),
        strings().prop_map(|one| (json!({"type": "string"}), one.into())),
        any::<bool>().prop_map(|one| (json!({"type": ["boolean", "null"]}), one.into())),
        "a|b".prop_map(|one| (json!({"enum": ["a", "b"]}), one.into())),
        values().prop_map(|one| (json!({}), one)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|(schema, value)| {
                (json!({"type": "array", "items": schema}), json!([value, value]))
            }),
            inner
                .clone()
                .prop_map(|(schema, value)| { (json!({"anyOf": [{"type": "null"}, schema]}), value) }),
            prop::collection::btree_map("[a-d]", (inner, any::<bool>()), 0..4).prop_map(object),
        ]
    })
}

/// Fields that are not required have their value as default, and are left out.
fn object(fields: BTreeMap<String, ((Json, Json), bool)>) -> (Json, Json) {
    let (mut properties, mut required, mut value) = (Map::new(), Vec::new(), Map::new());
    for (name, ((mut schema, inner), is_required)) in fields {
        if is_required {
            required.push(name.clone());
            value.insert(name.clone(), inner);
        } else if let (Json::Object(schema), false) = (&mut schema, inner.is_number()) {
            schema.insert("default".to_owned(), inner);
        }
        properties.insert(name, schema);
    }
    (json!({"type": "object", "properties": properties, "required": required}), value.into())
}

/// A dataclass, and a value of it.
fn dataclasses() -> impl Strategy<Value = (LiteralType, Json)> {
    prop::collection::btree_map("[a-d]", (described(), any::<bool>()), 0..4).prop_map(|fields| {
        let (schema, value) = object(fields);
        (super::tests::described(&schema), value)
    })
}

fn pairs() -> impl Strategy<Value = (LiteralType, Literal)> {
    types().prop_flat_map(|declared| literals(&declared).prop_map(move |literal| (declared.clone(), literal)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn literals_come_back_from_json((declared, literal) in pairs()) {
        let written = to_json(&declared, &literal);
        prop_assert_eq!(from_json(&declared, &written), Ok(literal), "{}", written);
    }

    #[test]
    fn literals_come_back_from_the_text_of_json_and_from_yaml((declared, literal) in pairs()) {
        let written = to_json(&declared, &literal);
        let text = written.to_string();
        prop_assert_eq!(super::parse_json(&text), Ok(written), "{}", text);
        let yaml = serde_yaml_ng::to_string(&to_json(&declared, &literal)).unwrap();
        prop_assert_eq!(from_yaml(&declared, &yaml), Ok(literal), "{}", yaml);
    }

    #[test]
    fn launches_take_what_was_read((declared, literal) in pairs()) {
        let read = from_json(&declared, &to_json(&declared, &literal)).unwrap();
        prop_assert!(fits(&read, &declared), "{:?}", literal_type(&read).as_ref().map(describe));
    }

    #[test]
    fn literals_come_back_from_text((declared, literal) in pairs()) {
        let written = to_text(&declared, &literal);
        prop_assert_eq!(from_text(&declared, &written), Ok(literal), "{}", written);
    }

    #[test]
    fn dataclasses_take_what_their_schema_describes((declared, value) in dataclasses()) {
        let literal = from_json(&declared, &value);
        prop_assert!(literal.is_ok(), "{:?}", literal);
        let written = to_json(&declared, literal.as_ref().unwrap());
        prop_assert_eq!(from_json(&declared, &written), literal, "{}", written);
    }

    #[test]
    fn dataclasses_refuse_with_a_hint((declared, _) in dataclasses(), value in values()) {
        let findings = from_json(&declared, &value).err().unwrap_or_default();
        prop_assert!(findings.iter().all(|one| one.hint.is_some()), "{:?}", findings);
    }

    #[test]
    fn any_value_gives_a_literal_or_findings(declared in types(), value in values(), text in strings()) {
        for outcome in [from_json(&declared, &value), from_text(&declared, &text)] {
            match outcome {
                Ok(literal) => drop(to_json(&declared, &literal)),
                Err(findings) => prop_assert!(findings.iter().all(|one| one.hint.is_some()), "{:?}", findings),
            }
        }
    }

    #[test]
    fn any_literal_is_written_whatever_its_type((_, literal) in pairs(), declared in types()) {
        drop(to_json(&declared, &literal));
        drop(to_text(&declared, &literal));
    }
}
