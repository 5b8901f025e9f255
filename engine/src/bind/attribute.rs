//! Attribute paths: `p.x[0]` into literals, and on into dataclasses, which travel as msgpack or as a
//! protobuf Struct. What is found becomes a literal again: primitives as such, lists as collections,
//! objects in the form they came in.

use std::borrow::Cow;

use aileron_idl::core::literal::Value;
use aileron_idl::core::primitive::Value as Plain;
use aileron_idl::core::promise_attribute::Value as Step;
use aileron_idl::core::{
    Binary, Literal, LiteralCollection, Primitive, PromiseAttribute, Scalar, Void, scalar,
};
use prost_types::value::Kind;

/// The tag of a binary literal that holds msgpack.
const MSGPACK: &str = "msgpack";

/// How many steps were taken, and why the last of them failed.
type Failed = (usize, String);

/// The literal at the end of a path.
pub(super) fn follow(literal: &Literal, path: &[PromiseAttribute]) -> Result<Literal, Failed> {
    let mut at = literal;
    for (index, attribute) in path.iter().enumerate() {
        let taken = index + 1;
        let step = attribute.value.as_ref().ok_or((taken, "an empty step".to_owned()))?;
        at = match &through_unions(at).value {
            Some(Value::Collection(list)) => item(&list.literals, step).map_err(|why| (taken, why))?,
            Some(Value::Map(map)) => match step {
                Step::StringValue(key) => map.literals.get(key).ok_or((taken, "no such key".into()))?,
                Step::IntValue(_) => return Err((taken, "a map has keys, not positions".into())),
            },
            Some(Value::Scalar(scalar)) => return inside(scalar, path, index),
            Some(Value::OffloadedMetadata(_)) => {
                return Err((taken, "an offloaded value, which is not read here".into()));
            }
            None => return Err((taken, "an empty literal".into())),
        };
    }
    Ok(at.clone())
}

/// The path as a reader writes it: `.name[0]`.
pub(super) fn describe(path: &[PromiseAttribute]) -> String {
    let step = |attribute: &PromiseAttribute| match &attribute.value {
        Some(Step::StringValue(key)) => format!(".{key}"),
        Some(Step::IntValue(position)) => format!("[{position}]"),
        None => "?".to_owned(),
    };
    path.iter().map(step).collect()
}

/// A union carries its value in a literal of its own; each level was written by someone, so it ends.
fn through_unions(mut literal: &Literal) -> &Literal {
    while let Some(Value::Scalar(scalar)) = &literal.value
        && let Some(scalar::Value::Union(union)) = &scalar.value
        && let Some(inner) = &union.value
    {
        literal = inner;
    }
    literal
}

fn item<'a, T>(items: &'a [T], step: &Step) -> Result<&'a T, String> {
    let Step::IntValue(position) = step else {
        return Err("a list has positions, not keys".into());
    };
    let found = usize::try_from(*position).ok().and_then(|position| items.get(position));
    found.ok_or_else(|| format!("a list of {} items", items.len()))
}

/// The rest of the path, from `index` on, inside a dataclass.
fn inside(scalar: &Scalar, path: &[PromiseAttribute], index: usize) -> Result<Literal, Failed> {
    match &scalar.value {
        Some(scalar::Value::Binary(binary)) if binary.tag == MSGPACK => {
            let root: rmpv::Value = rmpv::decode::read_value(&mut binary.value.as_slice())
                .map_err(|error| (index, format!("msgpack that does not decode: {error}")))?;
            walk(Cow::Owned(root), path, index, msgpack_step)
                .and_then(|found| from_msgpack(&found).map_err(|why| (path.len(), why)))
        }
        Some(scalar::Value::Generic(object)) => {
            let root = prost_types::Value { kind: Some(Kind::StructValue(object.clone())) };
            walk(Cow::Owned(root), path, index, struct_step).map(|found| from_struct(&found))
        }
        _ => Err((index + 1, "a value without parts".into())),
    }
}

fn walk<'v, V: Clone>(
    mut at: Cow<'v, V>,
    path: &[PromiseAttribute],
    from: usize,
    step_into: fn(&V, &Step) -> Result<V, String>,
) -> Result<Cow<'v, V>, Failed> {
    for (index, attribute) in path.iter().enumerate().skip(from) {
        let step = attribute.value.as_ref().ok_or((index + 1, "an empty step".to_owned()))?;
        at = Cow::Owned(step_into(&at, step).map_err(|why| (index + 1, why))?);
    }
    Ok(at)
}

fn msgpack_step(at: &rmpv::Value, step: &Step) -> Result<rmpv::Value, String> {
    match (at, step) {
        (rmpv::Value::Map(entries), Step::StringValue(key)) => {
            let found = entries.iter().find(|(name, _)| name.as_str() == Some(key));
            found.map(|(_, value)| value.clone()).ok_or_else(|| "no such field".into())
        }
        (rmpv::Value::Array(items), step) => item(items, step).cloned(),
        _ => Err("a value without parts".into()),
    }
}

fn struct_step(at: &prost_types::Value, step: &Step) -> Result<prost_types::Value, String> {
    match (&at.kind, step) {
        (Some(Kind::StructValue(object)), Step::StringValue(key)) => {
            object.fields.get(key).cloned().ok_or_else(|| "no such field".into())
        }
        (Some(Kind::ListValue(list)), step) => item(&list.values, step).cloned(),
        _ => Err("a value without parts".into()),
    }
}

fn from_msgpack(value: &rmpv::Value) -> Result<Literal, String> {
    Ok(match value {
        rmpv::Value::Nil => of_scalar(scalar::Value::NoneType(Void {})),
        rmpv::Value::Boolean(flag) => of_plain(Plain::Boolean(*flag)),
        rmpv::Value::Integer(number) => of_plain(Plain::Integer(
            number.as_i64().ok_or_else(|| format!("{number} does not fit a 64-bit integer"))?,
        )),
        rmpv::Value::F32(number) => of_plain(Plain::FloatValue(f64::from(*number))),
        rmpv::Value::F64(number) => of_plain(Plain::FloatValue(*number)),
        rmpv::Value::String(text) => {
            of_plain(Plain::StringValue(text.as_str().unwrap_or_default().to_owned()))
        }
        rmpv::Value::Array(items) => of_list(items.iter().map(from_msgpack).collect::<Result<_, _>>()?),
        rmpv::Value::Map(_) | rmpv::Value::Binary(_) | rmpv::Value::Ext(..) => {
            let mut bytes = Vec::new();
            rmpv::encode::write_value(&mut bytes, value).map_err(|error| error.to_string())?;
            of_scalar(scalar::Value::Binary(Binary { value: bytes, tag: MSGPACK.into() }))
        }
    })
}

fn from_struct(value: &prost_types::Value) -> Literal {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => of_scalar(scalar::Value::NoneType(Void {})),
        Some(Kind::BoolValue(flag)) => of_plain(Plain::Boolean(*flag)),
        Some(Kind::NumberValue(number)) => of_plain(Plain::FloatValue(*number)),
        Some(Kind::StringValue(text)) => of_plain(Plain::StringValue(text.clone())),
        Some(Kind::ListValue(list)) => of_list(list.values.iter().map(from_struct).collect()),
        Some(Kind::StructValue(object)) => of_scalar(scalar::Value::Generic(object.clone())),
    }
}

fn of_plain(value: Plain) -> Literal {
    of_scalar(scalar::Value::Primitive(Primitive { value: Some(value) }))
}

fn of_scalar(value: scalar::Value) -> Literal {
    Literal { value: Some(Value::Scalar(Box::new(Scalar { value: Some(value) }))), ..Literal::default() }
}

fn of_list(literals: Vec<Literal>) -> Literal {
    Literal { value: Some(Value::Collection(LiteralCollection { literals })), ..Literal::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(path: &str) -> Vec<PromiseAttribute> {
        let step = |part: &str| match part.parse() {
            Ok(position) => Step::IntValue(position),
            Err(_) => Step::StringValue(part.to_owned()),
        };
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(|part| PromiseAttribute { value: Some(step(part)) })
            .collect()
    }

    /// `{"x": 4, "tags": ["a", "b"], "in": {"y": 1.5}}` as msgpack.
    fn point() -> Literal {
        let entry = |key: &str, value| (rmpv::Value::from(key), value);
        let value = rmpv::Value::Map(vec![
            entry("x", rmpv::Value::from(4)),
            entry("tags", rmpv::Value::Array(vec!["a".into(), "b".into()])),
            entry("in", rmpv::Value::Map(vec![entry("y", rmpv::Value::from(1.5))])),
        ]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &value).unwrap();
        of_scalar(scalar::Value::Binary(Binary { value: bytes, tag: MSGPACK.into() }))
    }

    #[test]
    fn a_path_ends_at_a_value() {
        let listed = of_list(vec![point()]);
        for (literal, path, expected) in [
            (&point(), "x", of_plain(Plain::Integer(4))),
            (&point(), "tags/1", of_plain(Plain::StringValue("b".into()))),
            (&point(), "in/y", of_plain(Plain::FloatValue(1.5))),
            (&listed, "0/x", of_plain(Plain::Integer(4))),
            (&listed, "", listed.clone()),
        ] {
            assert_eq!(follow(literal, &steps(path)), Ok(expected), "{path}");
        }
    }

    #[test]
    fn a_wrong_path_says_where_it_went_wrong() {
        let listed = of_list(vec![point()]);
        for (literal, path, expected) in [
            (&point(), "z", (1, "no such field")),
            (&point(), "tags/2", (2, "a list of 2 items")),
            (&point(), "x/y", (2, "a value without parts")),
            (&listed, "1", (1, "a list of 1 items")),
            (&listed, "x", (1, "a list has positions, not keys")),
            (&of_plain(Plain::Integer(1)), "x", (1, "a value without parts")),
        ] {
            let (steps, why) = follow(literal, &steps(path)).unwrap_err();
            assert_eq!((steps, why.as_str()), expected, "{path}");
        }
    }
}
