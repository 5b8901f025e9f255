//! Which types may be given where another is declared.
//!
//! Two rules surprise: an integer is not a float, and a value for a union must fit exactly one variant.

use std::cell::Cell;

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::schema_type::schema_column::SchemaColumnType;
use aileron_idl::core::{LiteralType, SchemaType, SimpleType, StructuredDatasetType};
use foldhash::HashMap;

use super::{DEPTH_LIMIT, is_none, is_simple, schema};

/// Whether a value of type `from` may be bound to a variable of type `to`.
///
/// Types nested deeper than [`DEPTH_LIMIT`] fit nothing, nor do unions so wide that comparing them takes
/// a million steps.
#[must_use]
pub fn castable(from: &LiteralType, to: &LiteralType) -> bool {
    fits(from, to, Budget::new(&Cell::new(STEPS)))
}

/// Pairs of types that one comparison may look at. Unions compare each variant with each.
pub(super) const STEPS: u32 = 1_000_000;

/// What is left to a comparison of what a hostile type could make it do.
#[derive(Clone, Copy)]
pub(super) struct Budget<'a> {
    levels: usize,
    steps: &'a Cell<u32>,
}

impl<'a> Budget<'a> {
    pub(super) fn new(steps: &'a Cell<u32>) -> Self {
        Self { levels: DEPTH_LIMIT, steps }
    }

    /// All levels again, for what is nested otherwise than types; the steps are shared.
    pub(super) fn anew(self) -> Self {
        Self::new(self.steps)
    }

    /// One pair looked at, one level deeper.
    pub(super) fn spent(self) -> Option<Self> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(Self { levels: self.levels.checked_sub(1)?, ..self })
    }
}

pub(super) fn fits(from: &LiteralType, to: &LiteralType, budget: Budget<'_>) -> bool {
    match (variants(from), variants(to)) {
        (None, None) => fits_single(from, to, budget),
        (None, Some(to)) => to.iter().filter(|to| fits_single(from, to, budget)).count() == 1,
        (Some(from), None) => matches!(from.as_slice(), [only] if fits_single(only, to, budget)),
        (Some(from), Some(to)) => from.iter().all(|from| to.iter().any(|to| fits_single(from, to, budget))),
    }
}

/// The variants of a union, those of unions inside it included, so that each pair of types is compared
/// once however unions are nested.
pub(super) fn variants(of: &LiteralType) -> Option<Vec<&LiteralType>> {
    let Some(Type::UnionType(union)) = &of.r#type else { return None };
    let mut flat = Vec::with_capacity(union.variants.len());
    let mut open: Vec<_> = union.variants.iter().rev().collect();
    while let Some(variant) = open.pop() {
        match &variant.r#type {
            Some(Type::UnionType(inner)) => open.extend(inner.variants.iter().rev()),
            _ => flat.push(variant),
        }
    }
    Some(flat)
}

/// Neither is a union.
fn fits_single(from: &LiteralType, to: &LiteralType, budget: Budget<'_>) -> bool {
    let Some(budget) = budget.spent() else { return false };
    match (&from.r#type, &to.r#type) {
        (Some(Type::CollectionType(from)), Some(Type::CollectionType(to)))
        | (Some(Type::MapValueType(from)), Some(Type::MapValueType(to))) => {
            is_none(from) || fits(from, to, budget)
        }
        (_, Some(Type::Schema(to))) => fits_schema(from, to),
        (_, Some(Type::StructuredDatasetType(to))) => fits_dataset(from, to, budget),
        _ => fits_plain(from, to, budget),
    }
}

/// Equal, except for enum beside string, blob formats and dataclasses.
fn fits_plain(from: &LiteralType, to: &LiteralType, budget: Budget<'_>) -> bool {
    match (&from.r#type, &to.r#type) {
        (Some(Type::EnumType(_)), _) if is_simple(to, SimpleType::String) => true,
        (_, Some(Type::EnumType(_))) if is_simple(from, SimpleType::String) => true,
        _ if is_none(to) => is_none(from),
        (Some(Type::Blob(from)), Some(Type::Blob(to))) => {
            from.format == to.format || from.format.is_empty() || to.format.is_empty()
        }
        _ if !tag(from).is_empty() && tag(from) != tag(to) => false,
        (from_kind, to_kind) if is_simple(from, SimpleType::Struct) => {
            from_kind == to_kind && schema::compatible(from.metadata.as_ref(), to.metadata.as_ref(), budget)
        }
        (from, to) => from == to,
    }
}

fn tag(of: &LiteralType) -> &str {
    of.structure.as_ref().map_or("", |structure| &structure.tag)
}

fn fits_schema(from: &LiteralType, to: &SchemaType) -> bool {
    match &from.r#type {
        Some(Type::Schema(from)) => columns_within(&schema_columns(to), &schema_columns(from)),
        Some(Type::StructuredDatasetType(from)) => {
            is_parquet(&from.format) && columns_within(&schema_columns(to), &dataset_columns(from))
        }
        _ => false,
    }
}

fn fits_dataset(from: &LiteralType, to: &StructuredDatasetType, budget: Budget<'_>) -> bool {
    match &from.r#type {
        Some(Type::StructuredDatasetType(from)) => {
            let any = from.format.is_empty() || to.format.is_empty();
            (any || from.format.eq_ignore_ascii_case(&to.format)) && dataset_within(to, from, budget)
        }
        Some(Type::Schema(from)) => {
            is_parquet(&to.format) && columns_within(&dataset_columns(to), &schema_columns(from))
        }
        _ => is_none(from),
    }
}

/// A schema is always parquet; a dataset that names no format may be.
fn is_parquet(format: &str) -> bool {
    format.is_empty() || format.eq_ignore_ascii_case("parquet")
}

/// Columns by name; `None` for a type that is not simple or not known.
type Columns<'a> = HashMap<&'a str, Option<SimpleType>>;

fn schema_columns(schema: &SchemaType) -> Columns<'_> {
    schema.columns.iter().map(|column| (column.name.as_str(), column_type(column.r#type))).collect()
}

fn column_type(number: i32) -> Option<SimpleType> {
    Some(match SchemaColumnType::try_from(number).ok()? {
        SchemaColumnType::Integer => SimpleType::Integer,
        SchemaColumnType::Float => SimpleType::Float,
        SchemaColumnType::String => SimpleType::String,
        SchemaColumnType::Boolean => SimpleType::Boolean,
        SchemaColumnType::Datetime => SimpleType::Datetime,
        SchemaColumnType::Duration => SimpleType::Duration,
    })
}

fn dataset_columns(dataset: &StructuredDatasetType) -> Columns<'_> {
    let simple = |column: &LiteralType| match column.r#type {
        Some(Type::Simple(number)) => SimpleType::try_from(number).ok(),
        _ => None,
    };
    let columns = dataset.columns.iter();
    columns.map(|column| (column.name.as_str(), column.literal_type.as_ref().and_then(simple))).collect()
}

/// Every column of `to` is in `from` with the same type; a side without columns says nothing.
fn columns_within(to: &Columns<'_>, from: &Columns<'_>) -> bool {
    to.is_empty() || from.is_empty() || to.iter().all(|(name, column)| from.get(name) == Some(column))
}

fn dataset_within(to: &StructuredDatasetType, from: &StructuredDatasetType, budget: Budget<'_>) -> bool {
    if to.columns.is_empty() || from.columns.is_empty() {
        return true;
    }
    let from: HashMap<_, _> =
        from.columns.iter().map(|column| (&column.name, &column.literal_type)).collect();
    to.columns.iter().all(|column| match (from.get(&column.name), &column.literal_type) {
        (Some(Some(from)), Some(to)) => fits(from, to, budget),
        (Some(None), None) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::schema_type::SchemaColumn;
    use aileron_idl::core::structured_dataset_type::DatasetColumn;
    use proptest::prelude::*;
    use prost_types::value::Kind;
    use prost_types::{Struct, Value};

    use super::super::samples::*;
    use super::super::{describe, of, simple};
    use super::*;

    fn schema(columns: &[(&str, SchemaColumnType)]) -> LiteralType {
        let columns =
            columns.iter().map(|(name, kind)| SchemaColumn { name: (*name).into(), r#type: *kind as i32 });
        of(Type::Schema(SchemaType { columns: columns.collect() }))
    }

    fn dataset(format: &str, columns: &[(&str, LiteralType)]) -> LiteralType {
        let columns = columns
            .iter()
            .map(|(name, kind)| DatasetColumn { name: (*name).into(), literal_type: Some(kind.clone()) });
        let columns = columns.collect();
        of(Type::StructuredDatasetType(StructuredDatasetType {
            columns,
            format: format.into(),
            ..Default::default()
        }))
    }

    fn with_metadata(mut of: LiteralType, key: &str) -> LiteralType {
        let value = Value { kind: Some(Kind::BoolValue(true)) };
        of.metadata = Some(Struct { fields: [(key.to_owned(), value)].into() });
        of
    }

    /// Each row: from, to, whether it fits.
    fn check(rows: impl IntoIterator<Item = (LiteralType, LiteralType, bool)>) {
        for (from, to, fits) in rows {
            assert_eq!(castable(&from, &to), fits, "{} -> {}", describe(&from), describe(&to));
        }
    }

    #[test]
    fn simple_types_fit_only_themselves() {
        let all = (0..=SimpleType::Struct as i32).map(|number| of(Type::Simple(number)));
        let all: Vec<_> = all.collect();
        check(all.iter().enumerate().flat_map(|(i, from)| {
            all.iter().enumerate().map(move |(j, to)| (from.clone(), to.clone(), i == j))
        }));
    }

    #[test]
    fn pairs_of_different_kinds_fit_only_where_the_table_says() {
        let kinds = [
            ("none", none()),
            ("string", text()),
            ("enum", choice(&["a"])),
            ("struct", simple(SimpleType::Struct)),
            ("list", list(int())),
            ("map", map(int())),
            ("blob", blob("", 0)),
            ("schema", schema(&[])),
            ("dataset", dataset("", &[])),
            ("union", union([int(), none()])),
        ];
        let exceptions = [
            ("enum", "string"),
            ("string", "enum"),
            ("none", "dataset"),
            ("schema", "dataset"),
            ("dataset", "schema"),
            ("none", "union"),
        ];
        check(kinds.iter().flat_map(|(a, from)| {
            kinds
                .iter()
                .map(move |(b, to)| (from.clone(), to.clone(), a == b || exceptions.contains(&(a, b))))
        }));
    }

    #[test]
    fn collections_and_maps_compare_their_elements() {
        check([
            (list(int()), list(int()), true),
            (list(int()), list(text()), false),
            (list(none()), list(text()), true),
            (map(none()), map(list(int())), true),
            (list(list(choice(&["a"]))), list(list(text())), true),
            (map(int()), list(int()), false),
        ]);
    }

    #[test]
    fn an_enum_fits_an_equal_enum() {
        check([
            (choice(&["a", "b"]), choice(&["a", "b"]), true),
            (choice(&["a"]), choice(&["a", "b"]), false),
        ]);
    }

    #[test]
    fn blobs_compare_formats_and_ignore_dimensionality() {
        check([
            (blob("csv", 0), blob("csv", 1), true),
            (blob("csv", 0), blob("", 0), true),
            (blob("", 0), blob("csv", 0), true),
            (blob("csv", 0), blob("png", 0), false),
        ]);
    }

    #[test]
    fn blobs_ignore_tags() {
        check([
            (tagged(blob("csv", 0), "file"), blob("csv", 0), true),
            (tagged(blob("csv", 0), "file"), tagged(blob("", 1), "directory"), true),
            (tagged(blob("csv", 0), "file"), tagged(blob("png", 0), "file"), false),
        ]);
    }

    #[test]
    fn a_union_takes_a_value_that_fits_exactly_one_variant() {
        check([
            (int(), union([int(), text()]), true),
            (int(), union([text(), none()]), false),
            (text(), union([text(), choice(&["a"])]), false),
            (list(none()), union([list(int()), list(text())]), false),
        ]);
    }

    #[test]
    fn every_variant_of_a_union_must_fit_the_other() {
        check([
            (union([int(), none()]), union([none(), text(), int()]), true),
            (union([int(), text()]), union([int(), none()]), false),
            (union([]), union([int()]), true),
            (union([int(), text()]), int(), false),
        ]);
    }

    #[test]
    fn a_union_of_one_is_its_variant() {
        check([
            (union([int()]), int(), true),
            (union([int()]), text(), false),
            (union([union([int()])]), union([int(), text()]), true),
            (union([union([int(), text()])]), union([int(), text()]), true),
            (union([text()]), union([text(), choice(&["a"])]), true),
        ]);
    }

    #[test]
    fn nested_unions_of_one_do_not_multiply_the_work() {
        let nest = |inner| (0..90).fold(inner, |inner, _| union([inner]));
        check([(nest(int()), nest(text()), false), (nest(int()), nest(int()), true)]);
    }

    #[test]
    fn hostile_types_fit_nothing_and_cost_little() {
        let nest = |inner| (0..200).fold(inner, |inner, _| list(inner));
        let wide = |of: LiteralType| union((0..20_000).map(|_| of.clone()));
        check([(nest(int()), nest(int()), false)]);
        assert!(!castable(&wide(list(int())), &wide(list(text()))));
    }

    #[test]
    fn a_tag_of_the_value_must_be_the_tag_of_the_declaration() {
        check([
            (tagged(int(), "int"), tagged(int(), "int"), true),
            (tagged(int(), "int"), tagged(int(), "my int"), false),
            (tagged(int(), "int"), int(), false),
            (int(), tagged(int(), "int"), true),
            (union([tagged(text(), "str")]), union([tagged(int(), "int"), tagged(text(), "str")]), true),
            (tagged(list(int()), "Typed List"), list(int()), true),
        ]);
    }

    #[test]
    fn metadata_of_other_types_than_dataclasses_is_ignored() {
        check([(with_metadata(int(), "a"), with_metadata(int(), "b"), true)]);
    }

    #[test]
    fn schemas_and_datasets_compare_columns() {
        let ints = schema(&[("a", SchemaColumnType::Integer)]);
        let both = schema(&[("a", SchemaColumnType::Integer), ("b", SchemaColumnType::String)]);
        let floats = schema(&[("a", SchemaColumnType::Float)]);
        check([
            (both.clone(), ints.clone(), true),
            (ints.clone(), both, false),
            (ints.clone(), floats, false),
            (ints.clone(), schema(&[]), true),
            (schema(&[]), ints.clone(), true),
            (dataset("", &[("a", int())]), ints.clone(), true),
            (dataset("Parquet", &[("a", text())]), ints.clone(), false),
            (dataset("csv", &[("a", int())]), ints.clone(), false),
            (ints.clone(), dataset("PARQUET", &[("a", int())]), true),
            (ints, dataset("csv", &[]), false),
            (dataset("csv", &[]), dataset("CSV", &[]), true),
            (dataset("csv", &[]), dataset("parquet", &[]), false),
            (dataset("", &[("a", list(none()))]), dataset("csv", &[("a", list(int()))]), true),
            (dataset("", &[("a", int())]), dataset("", &[("b", int())]), false),
        ]);
    }

    fn types() -> impl Strategy<Value = LiteralType> {
        let leaf = prop_oneof![
            (0..10i32).prop_map(|number| of(Type::Simple(number))),
            "[ab]{0,2}".prop_map(|format| blob(&format, 0)),
            Just(choice(&["a", "b"])),
            Just(schema(&[("a", SchemaColumnType::Integer)])),
            Just(dataclass([("x", int())])),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(list),
                inner.clone().prop_map(map),
                inner.clone().prop_map(|column| dataset("", &[("a", column)])),
                (inner.clone(), "[ab]").prop_map(|(inner, tag)| tagged(inner, &tag)),
                prop::collection::vec(inner, 0..4).prop_map(union),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_type_fits_itself(of in types()) {
            prop_assert!(castable(&of, &of), "{}", describe(&of));
        }

        #[test]
        fn a_type_that_fits_one_variant_only_fits_the_union(of in types(), other in types()) {
            let plain = |it: &LiteralType| !matches!(it.r#type, Some(Type::UnionType(_)));
            prop_assume!(plain(&of) && plain(&other) && !castable(&of, &other));
            prop_assert!(castable(&of, &union([other, of.clone()])));
        }
    }
}
