//! The type of a literal, as far as the literal itself tells.

use std::collections::BTreeMap;

use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Binary, Literal, LiteralType, Primitive, Scalar, SimpleType, UnionType};

use super::castable::castable;
use super::describe::in_full;
use super::{DEPTH_LIMIT, of, simple};

/// Above this many distinct element types of one collection, none is looked at twice.
const ABSORB_LIMIT: usize = 32;

/// The type of a literal; `None` when it has no value, or one of an unknown kind, or is nested deeper
/// than [`DEPTH_LIMIT`].
///
/// A literal tells less than a declaration: a dataclass is a bare STRUCT, an enum's value a STRING.
/// Elements of different types give a union, sorted; an empty collection has elements of NONE. A schema
/// or dataset that does not say its type has one without a kind.
#[must_use]
pub fn literal_type(literal: &Literal) -> Option<LiteralType> {
    infer(literal, DEPTH_LIMIT)
}

fn infer(literal: &Literal, levels: usize) -> Option<LiteralType> {
    let levels = levels.checked_sub(1)?;
    match literal.value.as_ref()? {
        LiteralValue::Scalar(scalar) => scalar_type(scalar),
        LiteralValue::Collection(collection) => {
            Some(of(Type::CollectionType(Box::new(common(&collection.literals, levels)?))))
        }
        LiteralValue::Map(map) => {
            Some(of(Type::MapValueType(Box::new(common(map.literals.values(), levels)?))))
        }
        LiteralValue::OffloadedMetadata(offloaded) => offloaded.inferred_type.clone(),
    }
}

/// The type of a scalar; `None` when it has no value or no type.
pub(crate) fn scalar_type(scalar: &Scalar) -> Option<LiteralType> {
    Some(match scalar.value.as_ref()? {
        ScalarValue::Primitive(primitive) => simple(primitive_type(primitive)?),
        ScalarValue::NoneType(_) => simple(SimpleType::None),
        ScalarValue::Error(_) => simple(SimpleType::Error),
        ScalarValue::Generic(_) => simple(SimpleType::Struct),
        ScalarValue::Binary(binary) => simple(binary_type(binary)),
        ScalarValue::Blob(blob) => {
            let blob = blob.metadata.as_ref().and_then(|metadata| metadata.r#type.clone());
            of(Type::Blob(blob.unwrap_or_default()))
        }
        ScalarValue::Schema(schema) => schema.r#type.clone().map(Type::Schema).map_or_else(untyped, of),
        ScalarValue::StructuredDataset(dataset) => {
            let metadata = dataset.metadata.as_ref();
            let dataset = metadata.and_then(|metadata| metadata.structured_dataset_type.clone());
            dataset.map(Type::StructuredDatasetType).map_or_else(untyped, of)
        }
        ScalarValue::Union(union) => of(Type::UnionType(UnionType { variants: vec![union.r#type.clone()?] })),
    })
}

/// The type of a schema or dataset that does not say its own: one without a kind, which fits no declaration.
fn untyped() -> LiteralType {
    LiteralType::default()
}

fn primitive_type(primitive: &Primitive) -> Option<SimpleType> {
    Some(match primitive.value.as_ref()? {
        PrimitiveValue::Integer(_) => SimpleType::Integer,
        PrimitiveValue::FloatValue(_) => SimpleType::Float,
        PrimitiveValue::StringValue(_) => SimpleType::String,
        PrimitiveValue::Boolean(_) => SimpleType::Boolean,
        PrimitiveValue::Datetime(_) => SimpleType::Datetime,
        PrimitiveValue::Duration(_) => SimpleType::Duration,
    })
}

fn binary_type(binary: &Binary) -> SimpleType {
    if binary.tag == "msgpack" { SimpleType::Struct } else { SimpleType::Binary }
}

/// The one type of all elements, or the union of theirs.
fn common<'a>(elements: impl IntoIterator<Item = &'a Literal>, levels: usize) -> Option<LiteralType> {
    let mut last: Option<LiteralType> = None;
    let mut distinct = BTreeMap::new();
    for element in elements {
        let found = infer(element, levels)?;
        if last.as_ref() != Some(&found) {
            distinct.insert(in_full(&found), found.clone());
            last = Some(found);
        }
    }
    let mut variants = absorbed(distinct.into_values().collect());
    Some(match variants.len() {
        0 => simple(SimpleType::None),
        1 => variants.remove(0),
        _ => of(Type::UnionType(UnionType { variants })),
    })
}

/// Drops a type that another one takes and not the other way round: `[[], [1]]` is a list of lists of
/// integers, not of either lists of nothing or lists of integers.
fn absorbed(types: Vec<LiteralType>) -> Vec<LiteralType> {
    if types.len() > ABSORB_LIMIT {
        return types;
    }
    let takes = |wide: &LiteralType, narrow: &LiteralType| castable(narrow, wide) && !castable(wide, narrow);
    let needed = |narrow: &&LiteralType| !types.iter().any(|wide| takes(wide, narrow));
    types.iter().filter(needed).cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::describe;
    use super::super::samples::*;
    use super::*;
    use aileron_idl::core::{
        Blob, BlobMetadata, BlobType, LiteralCollection, LiteralMap, LiteralOffloadedMetadata, Schema,
        SchemaType, StructuredDataset, StructuredDatasetMetadata, StructuredDatasetType, Union, Void,
    };

    fn literal(value: ScalarValue) -> Literal {
        let value = Some(LiteralValue::Scalar(Box::new(Scalar { value: Some(value) })));
        Literal { value, ..Literal::default() }
    }

    fn primitive(value: PrimitiveValue) -> Literal {
        literal(ScalarValue::Primitive(Primitive { value: Some(value) }))
    }

    fn number() -> Literal {
        primitive(PrimitiveValue::Integer(1))
    }

    fn collection(literals: Vec<Literal>) -> Literal {
        let value = Some(LiteralValue::Collection(LiteralCollection { literals }));
        Literal { value, ..Literal::default() }
    }

    fn check(literal: &Literal, expected: Option<&str>) {
        assert_eq!(literal_type(literal).as_ref().map(describe).as_deref(), expected);
    }

    #[test]
    fn scalars_tell_their_type() {
        check(&number(), Some("simple:INTEGER"));
        check(&primitive(PrimitiveValue::FloatValue(1.0)), Some("simple:FLOAT"));
        check(&primitive(PrimitiveValue::StringValue(String::new())), Some("simple:STRING"));
        check(&primitive(PrimitiveValue::Boolean(true)), Some("simple:BOOLEAN"));
        check(
            &primitive(PrimitiveValue::Datetime(prost_types::Timestamp::default())),
            Some("simple:DATETIME"),
        );
        check(
            &primitive(PrimitiveValue::Duration(prost_types::Duration::default())),
            Some("simple:DURATION"),
        );
        check(&literal(ScalarValue::NoneType(Void {})), Some("simple:NONE"));
        check(&literal(ScalarValue::Error(aileron_idl::core::Error::default())), Some("simple:ERROR"));
        check(&literal(ScalarValue::Generic(prost_types::Struct::default())), Some("simple:STRUCT"));
    }

    #[test]
    fn schemas_and_datasets_tell_a_type_if_they_have_one() {
        let schema = |r#type| literal(ScalarValue::Schema(Schema { r#type, ..Schema::default() }));
        check(&schema(Some(SchemaType::default())), Some("schema:{}"));
        let kind = Some(StructuredDatasetType::default());
        let metadata = Some(StructuredDatasetMetadata { structured_dataset_type: kind });
        let dataset = |metadata| {
            literal(ScalarValue::StructuredDataset(StructuredDataset { metadata, uri: String::new() }))
        };
        check(&dataset(metadata), Some(r#"structured_dataset_type:{format:""}"#));
        for untyped in [schema(None), dataset(None), dataset(Some(StructuredDatasetMetadata::default()))] {
            let found = literal_type(&untyped).unwrap();
            assert!(!castable(&found, &of(Type::Schema(SchemaType::default()))));
            assert!(!castable(&found, &of(Type::StructuredDatasetType(StructuredDatasetType::default()))));
        }
    }

    #[test]
    fn binaries_are_structs_when_tagged_msgpack() {
        let binary = |tag: &str| literal(ScalarValue::Binary(Binary { tag: tag.into(), value: vec![] }));
        check(&binary("msgpack"), Some("simple:STRUCT"));
        check(&binary("pickle"), Some("simple:BINARY"));
    }

    #[test]
    fn blobs_and_unions_carry_their_type() {
        let metadata =
            Some(BlobMetadata { r#type: Some(BlobType { format: "csv".into(), dimensionality: 0 }) });
        check(
            &literal(ScalarValue::Blob(Blob { metadata, ..Blob::default() })),
            Some(r#"blob:{format:"csv"}"#),
        );
        let union = Union { value: Some(Box::new(number())), r#type: Some(tagged(int(), "int")) };
        let expected = r#"union_type:{variants:{simple:INTEGER structure:{tag:"int"}}}"#;
        check(&literal(ScalarValue::Union(Box::new(union))), Some(expected));
        check(&literal(ScalarValue::Union(Box::default())), None);
    }

    #[test]
    fn collections_join_the_types_of_their_elements() {
        let name = primitive(PrimitiveValue::StringValue("a".into()));
        check(&collection(vec![number(), number()]), Some("collection_type:{simple:INTEGER}"));
        check(&collection(vec![]), Some("collection_type:{simple:NONE}"));
        let mixed = "collection_type:{union_type:{variants:{simple:INTEGER} variants:{simple:STRING}}}";
        check(&collection(vec![name.clone(), number(), name]), Some(mixed));
        let nested = collection(vec![collection(vec![]), collection(vec![number()])]);
        check(&nested, Some("collection_type:{collection_type:{simple:INTEGER}}"));
        let map = LiteralMap { literals: BTreeMap::from([("a".to_owned(), number())]) };
        let map = Literal { value: Some(LiteralValue::Map(map)), ..Literal::default() };
        check(&map, Some("map_value_type:{simple:INTEGER}"));
    }

    #[test]
    fn what_has_no_value_has_no_type() {
        check(&Literal::default(), None);
        check(&collection(vec![Literal::default()]), None);
        let deep = (0..DEPTH_LIMIT).fold(number(), |inner, _| collection(vec![inner]));
        check(&deep, None);
    }

    #[test]
    fn offloaded_literals_carry_their_type() {
        let offloaded = LiteralOffloadedMetadata { inferred_type: Some(list(int())), ..Default::default() };
        let offloaded = LiteralValue::OffloadedMetadata(Box::new(offloaded));
        check(
            &Literal { value: Some(offloaded), ..Literal::default() },
            Some("collection_type:{simple:INTEGER}"),
        );
    }
}
