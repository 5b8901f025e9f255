//! How a type is written in messages: protobuf text, on one line.

use std::fmt::{self, Write};

use aileron_idl::core::blob_type::BlobDimensionality;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::schema_type::schema_column::SchemaColumnType;
use aileron_idl::core::{LiteralType, SimpleType};

use super::DEPTH_LIMIT;

/// Longest text of a type in a message, in bytes.
const SHOWN: usize = 1_000;

/// The type as text, such as `simple:INTEGER` or `collection_type:{simple:STRING}`, cut after about 1,000
/// bytes.
///
/// Metadata, annotations and dataclass fields are left out; a tag is shown, for it takes part in matching.
#[must_use]
pub fn describe(of: &LiteralType) -> String {
    let mut text = Limited { text: String::new(), limit: SHOWN };
    match write_type(&mut text, of, DEPTH_LIMIT) {
        Ok(()) => text.text,
        Err(fmt::Error) => text.text + "...",
    }
}

/// The text uncut: types with equal texts are of equal kinds.
pub(super) fn in_full(of: &LiteralType) -> String {
    let mut text = Limited { text: String::new(), limit: usize::MAX };
    // Without a limit, writing cannot fail.
    let _ = write_type(&mut text, of, DEPTH_LIMIT);
    text.text
}

/// Text that takes no more once it has reached its limit.
struct Limited {
    text: String,
    limit: usize,
}

impl Write for Limited {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = self.limit.saturating_sub(self.text.len());
        let end = piece.floor_char_boundary(room.min(piece.len()));
        self.text.push_str(&piece[..end]);
        if end < piece.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

fn write_type(out: &mut Limited, of: &LiteralType, levels: usize) -> fmt::Result {
    let Some(levels) = levels.checked_sub(1) else { return out.write_str("...") };
    match &of.r#type {
        None => out.write_str("no type")?,
        Some(Type::Simple(number)) => {
            let name = SimpleType::try_from(*number).map_or("UNKNOWN", |simple| simple.as_str_name());
            write!(out, "simple:{name}")?;
        }
        Some(Type::CollectionType(inner)) => nested(out, "collection_type", [&**inner], levels)?,
        Some(Type::MapValueType(inner)) => nested(out, "map_value_type", [&**inner], levels)?,
        Some(Type::UnionType(union)) => {
            out.write_str("union_type:{")?;
            spaced(out, &union.variants, |out, variant| nested(out, "variants", [variant], levels))?;
            out.write_str("}")?;
        }
        Some(Type::Blob(blob)) => write!(out, "blob:{{{}}}", blob_text(&blob.format, blob.dimensionality))?,
        Some(Type::EnumType(values)) => {
            out.write_str("enum_type:{")?;
            spaced(out, &values.values, |out, value| write!(out, "values:{value:?}"))?;
            out.write_str("}")?;
        }
        Some(Type::Schema(schema)) => {
            out.write_str("schema:{")?;
            spaced(out, &schema.columns, |out, column| {
                let kind =
                    SchemaColumnType::try_from(column.r#type).map_or("UNKNOWN", |kind| kind.as_str_name());
                write!(out, "columns:{{name:{:?} type:{kind}}}", column.name)
            })?;
            out.write_str("}")?;
        }
        Some(Type::StructuredDatasetType(dataset)) => {
            out.write_str("structured_dataset_type:{")?;
            spaced(out, &dataset.columns, |out, column| {
                write!(out, "columns:{{name:{:?} ", column.name)?;
                nested(out, "literal_type", &column.literal_type, levels)?;
                out.write_str("}")
            })?;
            let gap = if dataset.columns.is_empty() { "" } else { " " };
            write!(out, "{gap}format:{:?}}}", dataset.format)?;
        }
    }
    match &of.structure {
        Some(structure) if !structure.tag.is_empty() => write!(out, " structure:{{tag:{:?}}}", structure.tag),
        _ => Ok(()),
    }
}

fn nested<'a>(
    out: &mut Limited,
    field: &str,
    inner: impl IntoIterator<Item = &'a LiteralType>,
    levels: usize,
) -> fmt::Result {
    write!(out, "{field}:{{")?;
    inner.into_iter().try_for_each(|inner| write_type(out, inner, levels))?;
    out.write_str("}")
}

fn spaced<T>(
    out: &mut Limited,
    items: &[T],
    mut write: impl FnMut(&mut Limited, &T) -> fmt::Result,
) -> fmt::Result {
    items.iter().enumerate().try_for_each(|(index, item)| {
        if index > 0 {
            out.write_str(" ")?;
        }
        write(out, item)
    })
}

fn blob_text(format: &str, dimensionality: i32) -> String {
    let multipart = dimensionality == BlobDimensionality::Multipart as i32;
    let format = if format.is_empty() { String::new() } else { format!("format:{format:?}") };
    match (format.is_empty(), multipart) {
        (_, false) => format,
        (true, true) => "dimensionality:MULTIPART".to_owned(),
        (false, true) => format!("{format} dimensionality:MULTIPART"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;

    #[test]
    fn a_long_type_is_cut_where_a_character_ends() {
        let values: Vec<String> = (0..1_000).map(|number| format!("\u{e9}{number}")).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let text = describe(&choice(&values));
        assert!(text.ends_with("...") && text.len() <= SHOWN + 3, "{}", text.len());
        assert!(in_full(&choice(&values)).ends_with("}"));
    }

    #[test]
    fn types_are_written_as_protobuf_text() {
        let all = [
            int(),
            list(map(text())),
            union([tagged(int(), "int"), none()]),
            choice(&["a", "b"]),
            blob("csv", 1),
            blob("", 0),
            dataclass([("x", int())]),
            LiteralType::default(),
        ];
        let text = all.iter().map(describe).collect::<Vec<_>>().join("\n");
        expect_test::expect![[r#"
            simple:INTEGER
            collection_type:{map_value_type:{simple:STRING}}
            union_type:{variants:{simple:INTEGER structure:{tag:"int"}} variants:{simple:NONE}}
            enum_type:{values:"a" values:"b"}
            blob:{format:"csv" dimensionality:MULTIPART}
            blob:{}
            simple:STRUCT
            no type"#]]
        .assert_eq(&text);
    }
}
