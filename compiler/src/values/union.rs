//! Unions: which variant a value is meant for.
//!
//! The one that takes the value as it is; failing that, the one that takes it with a number converted.
//! Two that do are told apart by `{"type": name, "value": ...}`. An object of these two fields whose type
//! names a variant is always read so, even where a dataclass among the variants has the same fields.

use std::collections::BTreeSet;

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Literal, LiteralType, SimpleType, Union, UnionType};
use prost_types::value::Kind;
use serde_json::{Value as Json, json};

use super::primitive::scalar;
use super::read;
use super::reader::{Read, Reader, Step, listed, shown};
use super::write;
use crate::diagnostic::{Code, Diagnostic};
use crate::types::castable;

pub(super) fn read(reader: &Reader<'_>, variants: &[LiteralType], value: &Json) -> Read<Literal> {
    reader.spend(variants.len())?;
    let variants: Vec<_> = variants.iter().collect();
    if let Some((variant, inner)) = explicit(&variants, value) {
        let literal = read::literal(&reader.inside(Step::Key("value")), variant, inner)?;
        return Ok(chosen(variant, literal));
    }
    let choice = choose(reader, &variants, &|reader, variant| read::literal(reader, variant, value));
    choice.resolve(reader, &variants, value)
}

/// The variant that `{"type": ..., "value": ...}` names, and its value.
pub(super) fn explicit<'a, 'b>(
    variants: &[&'a LiteralType],
    value: &'b Json,
) -> Option<(&'a LiteralType, &'b Json)> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    let (wanted, inner) = (fields.get("type")?.as_str()?, fields.get("value")?);
    let index = names(variants).iter().position(|name| name == wanted).or_else(|| position(wanted))?;
    Some((variants.get(index)?, inner))
}

/// `#2` is the second variant.
fn position(wanted: &str) -> Option<usize> {
    wanted.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1)
}

/// How the variants are called: by a dataclass's title or by tag; where those are shared, by shape; where
/// that is shared too, by position.
fn names(variants: &[&LiteralType]) -> Vec<String> {
    let named =
        |name: fn(&LiteralType) -> String| -> Vec<_> { variants.iter().map(|one| name(one)).collect() };
    let unique = |names: &Vec<String>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
    let numbered = || (1..=variants.len()).map(|number| format!("#{number}")).collect();
    Some(named(name)).filter(unique).or_else(|| Some(named(shape)).filter(unique)).unwrap_or_else(numbered)
}

fn name(variant: &LiteralType) -> String {
    let tag = variant.structure.as_ref().map(|structure| structure.tag.as_str());
    let named = title(variant).or(tag).filter(|name| !name.is_empty());
    named.map_or_else(|| shape(variant), str::to_owned)
}

/// `list[int]`, `map[Point]`, as deep as it takes to tell most types apart.
fn shape(variant: &LiteralType) -> String {
    shape_within(variant, 4)
}

fn shape_within(variant: &LiteralType, levels: usize) -> String {
    let levels = levels.saturating_sub(1);
    match &variant.r#type {
        Some(Type::CollectionType(inner)) if levels > 0 => format!("list[{}]", shape_within(inner, levels)),
        Some(Type::MapValueType(inner)) if levels > 0 => format!("map[{}]", shape_within(inner, levels)),
        _ => title(variant).unwrap_or_else(|| kind(variant)).to_owned(),
    }
}

fn title(variant: &LiteralType) -> Option<&str> {
    match &variant.metadata.as_ref()?.fields.get("title")?.kind {
        Some(Kind::StringValue(title)) => Some(title),
        _ => None,
    }
}

fn kind(variant: &LiteralType) -> &'static str {
    match &variant.r#type {
        Some(Type::Simple(number)) => match SimpleType::try_from(*number) {
            Ok(SimpleType::None) => "none",
            Ok(SimpleType::Integer) => "int",
            Ok(SimpleType::Float) => "float",
            Ok(SimpleType::String) => "str",
            Ok(SimpleType::Boolean) => "bool",
            Ok(SimpleType::Datetime) => "datetime",
            Ok(SimpleType::Duration) => "duration",
            Ok(SimpleType::Binary) => "binary",
            Ok(SimpleType::Error) => "error",
            Ok(SimpleType::Struct) => "struct",
            Err(_) => "unknown",
        },
        Some(Type::CollectionType(_)) => "list",
        Some(Type::MapValueType(_)) => "map",
        Some(Type::UnionType(_)) => "union",
        Some(Type::EnumType(_)) => "enum",
        Some(Type::Blob(_)) => "blob",
        Some(Type::Schema(_)) => "schema",
        Some(Type::StructuredDatasetType(_)) => "dataset",
        None => "unknown",
    }
}

/// What trying the variants showed.
pub(super) enum Choice {
    /// The value, as the union of the variant that takes it.
    One(Box<Literal>),
    /// More than one, by their positions.
    Several(Vec<usize>),
    /// What each variant finds wrong.
    Neither(Vec<Vec<Diagnostic>>),
}

type Attempt<'f> = &'f dyn Fn(&Reader<'_>, &LiteralType) -> Read<Literal>;

/// Tries every variant exactly, then, unless the reader is itself to be exact, with conversions.
pub(super) fn choose(reader: &Reader<'_>, variants: &[&LiteralType], attempt: Attempt<'_>) -> Choice {
    match tried(&reader.exactly(), variants, attempt) {
        Choice::Neither(_) if !reader.is_exact() => tried(reader, variants, attempt),
        choice => choice,
    }
}

fn tried(reader: &Reader<'_>, variants: &[&LiteralType], attempt: Attempt<'_>) -> Choice {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for (index, variant) in variants.iter().enumerate() {
        match attempt(reader, variant) {
            Ok(literal) => taken.push((index, chosen(variant, literal))),
            Err(findings) => refused.push(findings),
        }
    }
    match taken.len() {
        0 => Choice::Neither(refused),
        1 => Choice::One(Box::new(taken.remove(0).1)),
        _ => Choice::Several(taken.into_iter().map(|(index, _)| index).collect()),
    }
}

impl Choice {
    pub(super) fn resolve(
        self,
        reader: &Reader<'_>,
        variants: &[&LiteralType],
        value: &Json,
    ) -> Read<Literal> {
        match self {
            Self::One(literal) => Ok(*literal),
            Self::Several(fits) => Err(vec![ambiguous(reader, variants, &fits, value)]),
            Self::Neither(refused) => Err(refusal(reader, variants, refused, value)),
        }
    }
}

fn chosen(variant: &LiteralType, literal: Literal) -> Literal {
    let union = Union { value: Some(Box::new(literal)), r#type: Some(variant.clone()) };
    scalar(ScalarValue::Union(Box::new(union)))
}

fn ambiguous(reader: &Reader<'_>, variants: &[&LiteralType], fits: &[usize], value: &Json) -> Diagnostic {
    let names = names(variants);
    let fitting = || fits.iter().filter_map(|index| names.get(*index)).map(String::as_str);
    let message = format!("{} fits more than one variant of the union: {}", shown(value), listed(fitting()));
    let first = fitting().next().unwrap_or_default();
    reader
        .finding(Code::AmbiguousBindingUnionValue, message)
        .expected(listed(names.iter().map(String::as_str)))
        .got(shown(value))
        .hint(format!("say which is meant, such as {{\"type\": \"{first}\", \"value\": ...}}"))
}

/// Where only one variant is not NONE, what that one says; or that none fits.
fn refusal(
    reader: &Reader<'_>,
    variants: &[&LiteralType],
    refused: Vec<Vec<Diagnostic>>,
    value: &Json,
) -> Vec<Diagnostic> {
    let somethings = variants.iter().zip(refused).filter(|(variant, _)| kind(variant) != "none");
    let mut somethings: Vec<_> = somethings.map(|(_, findings)| findings).collect();
    if somethings.len() == 1 && !value.is_null() {
        return somethings.remove(0);
    }
    let names = names(variants);
    let expected = format!("one of {}", listed(names.iter().map(String::as_str)));
    let hint = "give a value of one of the variants, or say which is meant: {\"type\": ..., \"value\": ...}";
    vec![reader.mismatch(&expected, value).hint(hint)]
}

/// The value alone where that is enough to find the variant.
pub(super) fn write(declared: &LiteralType, union: &Union, levels: usize) -> Json {
    let Some(inner) = &union.value else { return Json::Null };
    let Some((variant, name)) = variant_of(declared, union) else {
        return write::write(declared, inner, levels);
    };
    let plain = write::write(variant, inner, levels);
    match super::from_json(declared, &plain) {
        Ok(found) if found == chosen(variant, (**inner).clone()) => plain,
        _ => json!({ "type": name, "value": plain }),
    }
}

/// The value with its variant's name.
pub(super) fn write_explicit(declared: &LiteralType, union: &Union) -> Option<Json> {
    let (variant, name) = variant_of(declared, union)?;
    Some(json!({ "type": name, "value": super::to_json(variant, union.value.as_deref()?) }))
}

/// The declared variant that a value was made for, and its name.
fn variant_of<'a>(declared: &'a LiteralType, union: &Union) -> Option<(&'a LiteralType, String)> {
    let Some(Type::UnionType(UnionType { variants })) = &declared.r#type else { return None };
    let found = union.r#type.as_ref()?;
    let variants: Vec<_> = variants.iter().collect();
    let equal = variants.iter().position(|variant| *variant == found);
    let index = equal.or_else(|| variants.iter().position(|variant| castable(found, variant)))?;
    Some((variants.get(index)?, names(&variants).swap_remove(index)))
}
