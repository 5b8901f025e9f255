//! Any two types have a verdict: the same each time, the same when they are elements of collections, and
//! the same when they are the only variants of unions.

use aileron_compiler::types::{castable, describe, optional, too_deep};
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{LiteralType, UnionType};
use prost::Message;

/// Checks the first two variants of a union, which are any two types.
pub fn check(data: &[u8]) {
    let Ok(UnionType { variants }) = UnionType::decode(data) else { return };
    let [from, to, ..] = variants.as_slice() else { return };
    let verdict = castable(from, to);
    assert_eq!(castable(from, to), verdict, "two verdicts");
    for one in [from, to] {
        assert!(!describe(one).is_empty());
        let _ = (optional(one), too_deep(one));
    }
    if [from, to].into_iter().any(|one| too_deep(&listed(one))) {
        return;
    }
    assert_eq!(castable(&listed(from), &listed(to)), verdict || is_none(from), "as elements");
    // Of a union, each variant has to fit any; of another type, it has to fit exactly one.
    if !is_union(from) && !is_union(to) {
        assert_eq!(castable(from, &alone(to)), verdict, "to a union of one");
        assert_eq!(castable(&alone(from), to), verdict, "from a union of one");
    }
}

fn alone(variant: &LiteralType) -> LiteralType {
    of(Type::UnionType(UnionType { variants: vec![variant.clone()] }))
}

fn listed(element: &LiteralType) -> LiteralType {
    of(Type::CollectionType(Box::new(element.clone())))
}

fn of(kind: Type) -> LiteralType {
    LiteralType { r#type: Some(kind), ..LiteralType::default() }
}

fn is_union(of: &LiteralType) -> bool {
    matches!(of.r#type, Some(Type::UnionType(_)))
}

/// An empty collection is one of NONE, and fits every collection.
fn is_none(of: &LiteralType) -> bool {
    matches!(of.r#type, Some(Type::Simple(0)))
}
