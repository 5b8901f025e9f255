//! The type that a promise reaches when it looks into an output: `out[0].name`.

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::promise_attribute::Value;
use aileron_idl::core::{LiteralType, PromiseAttribute};

/// The type of a collection's elements.
pub(crate) fn element(of: &LiteralType) -> Option<&LiteralType> {
    match &of.r#type {
        Some(Type::CollectionType(element)) => Some(element),
        _ => None,
    }
}

/// The type at the end of `path`, or the index of the step that names no field.
///
/// A step into a collection gives its element, into a map its value, into a dataclass its field. A step
/// into anything else, an untyped struct above all, leaves the type as it is: only the run can tell.
pub(crate) fn follow<'a>(from: &'a LiteralType, path: &[PromiseAttribute]) -> Result<&'a LiteralType, usize> {
    path.iter().enumerate().try_fold(from, |from, (index, step)| enter(from, step).ok_or(index))
}

fn enter<'a>(from: &'a LiteralType, step: &PromiseAttribute) -> Option<&'a LiteralType> {
    if let Some(Type::CollectionType(inner) | Type::MapValueType(inner)) = &from.r#type {
        return Some(inner);
    }
    let fields = from.structure.as_ref().map(|structure| &structure.dataclass_type);
    match (fields, &step.value) {
        (Some(fields), Some(Value::StringValue(name))) if !fields.is_empty() => fields.get(name),
        (Some(fields), _) if !fields.is_empty() => None,
        _ => Some(from),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::super::{describe, simple};
    use super::*;
    use aileron_idl::core::SimpleType;

    fn key(name: &str) -> PromiseAttribute {
        PromiseAttribute { value: Some(Value::StringValue(name.to_owned())) }
    }

    fn at(index: i32) -> PromiseAttribute {
        PromiseAttribute { value: Some(Value::IntValue(index)) }
    }

    fn check(from: &LiteralType, path: &[PromiseAttribute], expected: Result<&str, usize>) {
        assert_eq!(follow(from, path).map(describe).as_deref().map_err(|step| *step), expected);
    }

    #[test]
    fn steps_enter_collections_maps_and_dataclasses() {
        let class = dataclass([("x", int()), ("names", list(text()))]);
        check(&class, &[key("x")], Ok("simple:INTEGER"));
        check(&class, &[key("names"), at(0)], Ok("simple:STRING"));
        check(&map(class.clone()), &[key("k"), key("x")], Ok("simple:INTEGER"));
        check(&class, &[key("names"), at(0), key("any")], Ok("simple:STRING"));
    }

    #[test]
    fn a_missing_field_is_named_by_its_step() {
        check(&list(dataclass([("x", int())])), &[at(0), key("y")], Err(1));
        check(&dataclass([("x", int())]), &[at(0)], Err(0));
    }

    #[test]
    fn an_untyped_struct_keeps_its_type() {
        check(&simple(SimpleType::Struct), &[key("a"), at(1)], Ok("simple:STRUCT"));
    }
}
