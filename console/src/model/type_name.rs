//! Types as Python's programmers write them: `list[int]`, `str | None`, `file (csv)`.

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{LiteralType, SimpleType};
use prost_types::value::Kind;

/// How deep a type is written; what lies deeper is `…`.
const DEPTH: usize = 8;

/// The type in words.
pub fn type_name(of: &LiteralType) -> String {
    named(of, DEPTH)
}

fn named(of: &LiteralType, levels: usize) -> String {
    let Some(levels) = levels.checked_sub(1) else { return "…".to_owned() };
    match &of.r#type {
        Some(Type::Simple(number)) => simple(of, *number),
        Some(Type::CollectionType(inner)) => format!("list[{}]", named(inner, levels)),
        Some(Type::MapValueType(inner)) => format!("dict[str, {}]", named(inner, levels)),
        Some(Type::UnionType(union)) => {
            let variants: Vec<_> = union.variants.iter().map(|variant| named(variant, levels)).collect();
            variants.join(" | ")
        }
        Some(Type::EnumType(values)) => format!("one of {}", values.values.join(", ")),
        Some(Type::Blob(blob)) => {
            with_format(if blob.dimensionality == 1 { "folder" } else { "file" }, &blob.format)
        }
        Some(Type::Schema(_)) => "schema".to_owned(),
        Some(Type::StructuredDatasetType(dataset)) => with_format("dataset", &dataset.format),
        None => "unknown".to_owned(),
    }
}

fn simple(of: &LiteralType, number: i32) -> String {
    let word = match SimpleType::try_from(number) {
        Ok(SimpleType::None) => "None",
        Ok(SimpleType::Integer) => "int",
        Ok(SimpleType::Float) => "float",
        Ok(SimpleType::String) => "str",
        Ok(SimpleType::Boolean) => "bool",
        Ok(SimpleType::Datetime) => "datetime",
        Ok(SimpleType::Duration) => "timedelta",
        Ok(SimpleType::Binary) => "bytes",
        Ok(SimpleType::Error) => "error",
        Ok(SimpleType::Struct) => return struct_name(of).unwrap_or_else(|| "dict".to_owned()),
        Err(_) => "unknown",
    };
    word.to_owned()
}

/// The title that the type's JSON schema has, or what its `$ref` leads to.
fn struct_name(of: &LiteralType) -> Option<String> {
    let schema = of.metadata.as_ref()?;
    let text = |name: &str| match &schema.fields.get(name)?.kind {
        Some(Kind::StringValue(text)) => Some(text.clone()),
        _ => None,
    };
    let referred = text("$ref").and_then(|place| place.rsplit('/').next().map(str::to_owned));
    text("title").or(referred).filter(|title| !title.is_empty())
}

fn with_format(word: &str, format: &str) -> String {
    if format.is_empty() { word.to_owned() } else { format!("{word} ({format})") }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{BlobType, UnionType};

    use super::*;

    fn of(kind: Type) -> LiteralType {
        LiteralType { r#type: Some(kind), ..Default::default() }
    }

    fn simple(kind: SimpleType) -> LiteralType {
        of(Type::Simple(kind as i32))
    }

    #[test]
    fn types_read_as_in_python() {
        let list = of(Type::CollectionType(Box::new(simple(SimpleType::Integer))));
        assert_eq!(type_name(&list), "list[int]");
        assert_eq!(type_name(&of(Type::MapValueType(Box::new(list)))), "dict[str, list[int]]");
        let variants = vec![simple(SimpleType::String), simple(SimpleType::None)];
        assert_eq!(type_name(&of(Type::UnionType(UnionType { variants }))), "str | None");
        assert_eq!(
            type_name(&of(Type::Blob(BlobType { format: "csv".into(), dimensionality: 0 }))),
            "file (csv)"
        );
        assert_eq!(type_name(&LiteralType::default()), "unknown");
    }

    #[test]
    fn a_type_without_end_ends() {
        let deep =
            (0..50).fold(simple(SimpleType::Integer), |inner, _| of(Type::CollectionType(Box::new(inner))));
        assert!(type_name(&deep).ends_with("…]]]]]]]]"));
    }
}
