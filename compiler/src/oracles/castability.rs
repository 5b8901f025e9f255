//! What fits where, by the rules as they are written down: one line each, no budget, no protobuf.

use std::collections::BTreeMap;

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::schema_type::SchemaColumn;
use aileron_idl::core::schema_type::schema_column::SchemaColumnType;
use aileron_idl::core::structured_dataset_type::DatasetColumn;
use aileron_idl::core::{LiteralType, SchemaType, SimpleType, StructuredDatasetType};
use proptest::prelude::*;
use prost_types::value::Kind;
use prost_types::{Struct, Value};

use crate::types::samples::{blob, choice, list, map, tagged, union};
use crate::types::{castable, of, simple};

/// A type, without what castability ignores.
#[derive(Clone, Debug, PartialEq)]
enum Declared {
    Simple(SimpleType),
    /// A STRUCT, of which the fields and their JSON types are known or not.
    Dataclass(Option<Columns<&'static str>>),
    Choice(Vec<&'static str>),
    Blob(&'static str),
    Schema(Columns<Option<SimpleType>>),
    Dataset(&'static str, Columns<Declared>),
    List(Box<Declared>),
    Map(Box<Declared>),
    Union(Vec<Declared>),
    Tagged(&'static str, Box<Declared>),
}

use Declared::{Blob, Choice, Dataclass, Dataset, List, Map, Schema, Simple, Tagged, Union};

const NONE: Declared = Simple(SimpleType::None);
const STRING: Declared = Simple(SimpleType::String);

impl Declared {
    /// Its tag, and what bears it.
    fn split(&self) -> (&'static str, &Declared) {
        match self {
            // Of several tags the outermost was set last.
            Tagged(tag, inner) => (tag, inner.split().1),
            untagged => ("", untagged),
        }
    }

    /// The variants, those of unions inside it instead of these; nothing for what is no union.
    fn variants(&self) -> Option<Vec<&Declared>> {
        let (_, Union(variants)) = self.split() else { return None };
        Some(variants.iter().flat_map(|one| one.variants().unwrap_or_else(|| vec![one])).collect())
    }

    fn fits(&self, to: &Declared) -> bool {
        match (self.variants(), to.variants()) {
            // Each variant fits some variant.
            (Some(from), Some(to)) => from.iter().all(|from| to.iter().any(|to| from.fits(to))),
            // A union is another type only if it has one variant, which fits.
            (Some(from), None) => from.len() == 1 && from[0].fits(to),
            // A value for a union fits exactly one variant.
            (None, Some(to)) => to.iter().filter(|to| self.fits(to)).count() == 1,
            (None, None) => self.fits_plain(to),
        }
    }

    fn fits_plain(&self, to: &Declared) -> bool {
        let ((from_tag, from), (to_tag, to)) = (self.split(), to.split());
        let tags_agree = from_tag.is_empty() || from_tag == to_tag;
        match (from, to) {
            // An empty collection is one of NONE.
            (List(from), List(to)) | (Map(from), Map(to)) => *from.split().1 == NONE || from.fits(to),
            (Schema(from), Schema(to)) => within(to, from),
            (Dataset(format, from), Schema(to)) => parquet(format) && within(to, &simples(from)),
            (Schema(from), Dataset(format, to)) => parquet(format) && within(&simples(to), from),
            (Dataset(from_format, from), Dataset(to_format, to)) => {
                let unsaid = from_format.is_empty() || to_format.is_empty();
                (unsaid || from_format.eq_ignore_ascii_case(to_format)) && columns_fit(from, to)
            }
            (_, Dataset(..)) => *from == NONE,
            (_, Schema(_)) => false,
            // Text may become a choice, and a choice text.
            (Choice(_), to) if *to == STRING => true,
            (from, Choice(_)) if *from == STRING => true,
            (from, to) if *to == NONE => *from == NONE,
            (Blob(from), Blob(to)) => from == to || from.is_empty() || to.is_empty(),
            (Dataclass(from), Dataclass(to)) => tags_agree && fields_fit(from.as_ref(), to.as_ref()),
            // Everything else fits only itself.
            (from, to) => tags_agree && from == to,
        }
    }

    fn literal_type(&self) -> LiteralType {
        match self {
            Simple(one) => simple(*one),
            Dataclass(fields) => {
                LiteralType { metadata: fields.as_ref().map(json_schema), ..simple(SimpleType::Struct) }
            }
            Choice(values) => choice(values),
            Blob(format) => blob(format, 0),
            Schema(columns) => of(Type::Schema(SchemaType { columns: columns.iter().map(column).collect() })),
            Dataset(format, columns) => {
                let column = |(name, of): (&&str, &Declared)| DatasetColumn {
                    name: (*name).to_owned(),
                    literal_type: Some(of.literal_type()),
                };
                let columns = columns.iter().map(column).collect();
                let format = (*format).to_owned();
                of(Type::StructuredDatasetType(StructuredDatasetType {
                    columns,
                    format,
                    ..Default::default()
                }))
            }
            List(element) => list(element.literal_type()),
            Map(value) => map(value.literal_type()),
            Union(variants) => union(variants.iter().map(Declared::literal_type)),
            Tagged(tag, inner) => tagged(inner.literal_type(), tag),
        }
    }
}

fn parquet(format: &str) -> bool {
    format.is_empty() || format.eq_ignore_ascii_case("parquet")
}

/// Columns by name, each with what it holds.
type Columns<T> = BTreeMap<&'static str, T>;

/// What a schema can say of a dataset's columns: nothing of one that is not simple.
fn simples(columns: &Columns<Declared>) -> Columns<Option<SimpleType>> {
    let known = |declared: &Declared| match declared.split().1 {
        Simple(one) => Some(*one),
        _ => None,
    };
    columns.iter().map(|(name, declared)| (*name, known(declared))).collect()
}

/// Each wanted column is there with its type; a side without columns says nothing.
fn within(wanted: &Columns<Option<SimpleType>>, given: &Columns<Option<SimpleType>>) -> bool {
    wanted.is_empty() || given.is_empty() || wanted.iter().all(|(name, one)| given.get(name) == Some(one))
}

fn columns_fit(from: &Columns<Declared>, to: &Columns<Declared>) -> bool {
    let fits = |(name, to): (&&str, &Declared)| from.get(name).is_some_and(|from| from.fits(to));
    from.is_empty() || to.is_empty() || to.iter().all(fits)
}

/// Each wanted field is there with its type; a side that knows no fields says nothing.
fn fields_fit(from: Option<&Columns<&str>>, to: Option<&Columns<&str>>) -> bool {
    let (Some(from), Some(to)) = (from, to) else { return true };
    to.iter().all(|(name, kind)| from.get(name) == Some(kind))
}

fn column((name, of): (&&str, &Option<SimpleType>)) -> SchemaColumn {
    let kind = match of {
        Some(SimpleType::Integer) => SchemaColumnType::Integer,
        _ => SchemaColumnType::String,
    };
    SchemaColumn { name: (*name).to_owned(), r#type: kind as i32 }
}

/// The JSON schema of a dataclass with these fields.
fn json_schema(fields: &Columns<&str>) -> Struct {
    let text = |text: &str| Value { kind: Some(Kind::StringValue(text.to_owned())) };
    let object = |fields: Vec<(String, Value)>| Struct { fields: fields.into_iter().collect() };
    let nested = |inner| Value { kind: Some(Kind::StructValue(inner)) };
    let property = |(name, kind): (&&str, &&str)| {
        ((*name).to_owned(), nested(object(vec![("type".to_owned(), text(kind))])))
    };
    let properties = nested(object(fields.iter().map(property).collect()));
    object(vec![("type".to_owned(), text("object")), ("properties".to_owned(), properties)])
}

fn columns<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Columns<T>> {
    prop::collection::btree_map(prop::sample::select(vec!["a", "b"]), of, 0..3)
}

fn types() -> impl Strategy<Value = Declared> {
    let simple = prop::sample::select(vec![
        SimpleType::None,
        SimpleType::Integer,
        SimpleType::Float,
        SimpleType::String,
        SimpleType::Boolean,
        SimpleType::Datetime,
        SimpleType::Duration,
        SimpleType::Binary,
        SimpleType::Error,
    ]);
    let column = prop::sample::select(vec![Some(SimpleType::Integer), Some(SimpleType::String)]);
    let kind = prop::sample::select(vec!["integer", "string"]);
    let leaf = prop_oneof![
        4 => simple.prop_map(Simple),
        1 => prop::option::of(columns(kind)).prop_map(Dataclass),
        1 => prop::sample::select(vec![vec!["x"], vec!["x", "y"]]).prop_map(Choice),
        1 => prop::sample::select(vec!["", "csv", "png"]).prop_map(Blob),
        1 => columns(column).prop_map(Schema),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let formats = prop::sample::select(vec!["", "csv", "CSV", "Parquet"]);
        prop_oneof![
            2 => inner.clone().prop_map(|element| List(Box::new(element))),
            1 => inner.clone().prop_map(|value| Map(Box::new(value))),
            1 => (formats, columns(inner.clone())).prop_map(|(format, columns)| Dataset(format, columns)),
            1 => (prop::sample::select(vec!["s", "t"]), inner.clone())
                .prop_map(|(tag, inner)| Tagged(tag, Box::new(inner))),
            3 => prop::collection::vec(inner, 0..4).prop_map(Union),
        ]
    })
}

/// A schema and a dataset of some of its columns, either way round.
fn tables() -> impl Strategy<Value = (Declared, Declared)> {
    let column = prop::sample::select(vec![SimpleType::Integer, SimpleType::String]);
    let formats = prop::sample::select(vec!["", "csv", "PARQUET"]);
    (columns(column), formats, any::<[bool; 2]>()).prop_map(|(of, format, [turned, whole])| {
        let schema = Schema(of.iter().map(|(name, one)| (*name, Some(*one))).collect());
        let some = of.into_iter().skip(usize::from(!whole));
        let dataset = Dataset(format, some.map(|(name, one)| (name, Simple(one))).collect());
        if turned { (dataset, schema) } else { (schema, dataset) }
    })
}

/// Two types that are alike often enough to fit: any two, or one and the same within something else.
fn pairs() -> impl Strategy<Value = (Declared, Declared)> {
    let alike = (types(), types(), 0..6_u8).prop_map(|(one, other, how)| match how {
        0 => (one.clone(), Union(vec![other, one])),
        1 => (Union(vec![one.clone(), other.clone()]), Union(vec![other, one])),
        2 => (List(Box::new(one.clone())), List(Box::new(Union(vec![one])))),
        3 => (Union(vec![one.clone()]), one),
        4 => (Tagged("s", Box::new(one.clone())), one),
        _ => (one.clone(), one),
    });
    prop_oneof![2 => (types(), types()), 4 => alike, 1 => tables()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn castability_is_what_the_rules_say((from, to) in pairs()) {
        prop_assert_eq!(castable(&from.literal_type(), &to.literal_type()), from.fits(&to));
    }
}
