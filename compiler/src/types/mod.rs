//! Literal types: which fits where, what a literal's type is, how a type is written.

mod attribute;
mod castable;
mod describe;
mod fits;
mod infer;
pub(crate) mod schema;

pub(crate) use attribute::{element, follow};
pub use castable::castable;
pub use describe::describe;
pub use fits::fits;
pub use infer::literal_type;
pub(crate) use infer::scalar_type;

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{LiteralType, SimpleType};

/// How deep types, literals and bindings may be nested. Protobuf decoders stop at about the same depth.
pub const DEPTH_LIMIT: usize = 100;

/// Whether a variable of this type may stay unbound: a union with exactly NONE among its variants.
#[must_use]
pub fn optional(declared: &LiteralType) -> bool {
    matches!(&declared.r#type, Some(Type::UnionType(union)) if union.variants.iter().any(is_none))
}

/// Whether the type is nested deeper than [`DEPTH_LIMIT`], counting dataclass fields.
#[must_use]
pub fn too_deep(declared: &LiteralType) -> bool {
    exceeds(declared, DEPTH_LIMIT)
}

fn exceeds(declared: &LiteralType, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else { return true };
    let fields = declared.structure.iter().flat_map(|structure| structure.dataclass_type.values());
    if fields.into_iter().any(|field| exceeds(field, levels)) {
        return true;
    }
    match &declared.r#type {
        Some(Type::CollectionType(inner) | Type::MapValueType(inner)) => exceeds(inner, levels),
        Some(Type::UnionType(union)) => union.variants.iter().any(|variant| exceeds(variant, levels)),
        Some(Type::StructuredDatasetType(dataset)) => {
            dataset.columns.iter().flat_map(|column| &column.literal_type).any(|inner| exceeds(inner, levels))
        }
        _ => false,
    }
}

fn is_none(declared: &LiteralType) -> bool {
    is_simple(declared, SimpleType::None)
}

fn is_simple(declared: &LiteralType, simple: SimpleType) -> bool {
    matches!(&declared.r#type, Some(Type::Simple(number)) if *number == simple as i32)
}

/// Whether values of the type have no parts: two such types are compared in no time.
pub(crate) fn is_scalar(of: &LiteralType) -> bool {
    matches!(&of.r#type, Some(Type::Simple(number)) if *number != SimpleType::Struct as i32)
}

pub(crate) fn simple(simple: SimpleType) -> LiteralType {
    LiteralType { r#type: Some(Type::Simple(simple as i32)), ..LiteralType::default() }
}

pub(crate) fn of(kind: Type) -> LiteralType {
    LiteralType { r#type: Some(kind), ..LiteralType::default() }
}

/// A collection of elements of this type.
pub(crate) fn collection(element: LiteralType) -> LiteralType {
    of(Type::CollectionType(Box::new(element)))
}

#[cfg(test)]
pub(crate) mod samples {
    //! Short names for types in tests.

    use super::{LiteralType, SimpleType, Type, of, simple};
    use aileron_idl::core::{BlobType, EnumType, TypeStructure, UnionType};

    pub(crate) fn int() -> LiteralType {
        simple(SimpleType::Integer)
    }

    pub(crate) fn text() -> LiteralType {
        simple(SimpleType::String)
    }

    pub(crate) fn none() -> LiteralType {
        simple(SimpleType::None)
    }

    pub(crate) fn list(element: LiteralType) -> LiteralType {
        of(Type::CollectionType(Box::new(element)))
    }

    pub(crate) fn map(value: LiteralType) -> LiteralType {
        of(Type::MapValueType(Box::new(value)))
    }

    pub(crate) fn union(variants: impl IntoIterator<Item = LiteralType>) -> LiteralType {
        of(Type::UnionType(UnionType { variants: variants.into_iter().collect() }))
    }

    pub(crate) fn choice(values: &[&str]) -> LiteralType {
        of(Type::EnumType(EnumType { values: values.iter().map(ToString::to_string).collect() }))
    }

    pub(crate) fn blob(format: &str, dimensionality: i32) -> LiteralType {
        of(Type::Blob(BlobType { format: format.to_owned(), dimensionality }))
    }

    pub(crate) fn tagged(inner: LiteralType, tag: &str) -> LiteralType {
        let structure = Some(TypeStructure { tag: tag.to_owned(), ..TypeStructure::default() });
        LiteralType { structure, ..inner }
    }

    pub(crate) fn dataclass<const N: usize>(fields: [(&str, LiteralType); N]) -> LiteralType {
        let dataclass_type = fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
        LiteralType {
            structure: Some(TypeStructure { dataclass_type, ..TypeStructure::default() }),
            ..simple(SimpleType::Struct)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::*;
    use super::*;

    #[test]
    fn only_a_union_with_none_is_optional() {
        assert!(optional(&union([int(), none()])));
        assert!(!optional(&union([int(), list(text())])), "a variant that is not simple is not NONE");
        assert!(!optional(&none()));
    }

    #[test]
    fn depth_counts_every_kind_of_nesting() {
        let nest = |levels| (1..levels).fold(int(), |inner, _| list(inner));
        assert!(!too_deep(&nest(DEPTH_LIMIT)));
        assert!(too_deep(&nest(DEPTH_LIMIT + 1)));
        assert!(too_deep(&dataclass([("field", nest(DEPTH_LIMIT))])));
    }
}
