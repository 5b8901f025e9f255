//! What is filled in: as it was typed, so that what does not fit (yet) is neither lost nor changed.

use aileron_compiler::values;
use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Literal, LiteralType};
use serde_json::{Map, Number, Value as Json, json};

use super::shape::Shape;

/// The fields of a shape, filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Draft {
    /// Not given: a default is taken, or it is missing.
    #[default]
    Absent,
    /// `None`.
    Nothing,
    /// What was typed, or chosen.
    Text(String),
    /// True or false.
    Flag(bool),
    /// Elements.
    List(Vec<Draft>),
    /// Names and values; also the fields of an object, those that are absent too.
    Map(Vec<(String, Draft)>),
    /// The variant of a union, by its place, and what is in it.
    Variant(usize, Box<Draft>),
}

/// A text that stands for a whole value is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotJson(pub String);

impl Draft {
    /// Empty fields of a shape that must be filled in.
    pub fn empty(shape: &Shape) -> Self {
        match shape {
            Shape::Nothing => Self::Nothing,
            Shape::Boolean => Self::Flag(false),
            Shape::Choice(values) => Self::Text(values.first().cloned().unwrap_or_default()),
            Shape::List(_) => Self::List(Vec::new()),
            Shape::Map(_) => Self::Map(Vec::new()),
            Shape::Object(members) => {
                let member = |member: &super::Member| {
                    let draft = if member.is_required { Self::empty(&member.shape) } else { Self::Absent };
                    (member.name.clone(), draft)
                };
                Self::Map(members.iter().map(member).collect())
            }
            Shape::Union(variants) => Self::Variant(
                0,
                Box::new(variants.first().map(|(_, shape)| Self::empty(shape)).unwrap_or_default()),
            ),
            _ => Self::Text(String::new()),
        }
    }

    /// The fields that a value fills. What the shape has no fields for becomes text in JSON.
    pub fn of(shape: &Shape, json: &Json) -> Self {
        let raw = || Self::Text(if let Json::String(text) = json { text.clone() } else { json.to_string() });
        match (shape, json) {
            (Shape::Any, json) => Self::Text(json.to_string()),
            (Shape::Boolean, Json::Bool(truth)) => Self::Flag(*truth),
            (Shape::List(inner), Json::Array(items)) => {
                Self::List(items.iter().map(|item| Self::of(inner, item)).collect())
            }
            (Shape::Map(inner), Json::Object(fields)) => {
                Self::Map(fields.iter().map(|(name, value)| (name.clone(), Self::of(inner, value))).collect())
            }
            (Shape::Object(members), Json::Object(fields)) => {
                let known = members.iter().map(|member| {
                    let value = fields.get(&member.name).map(|value| Self::of(&member.shape, value));
                    (member.name.clone(), value.unwrap_or_default())
                });
                let is_known = |name: &String| members.iter().any(|member| member.name == *name);
                let more = fields.iter().filter(|(name, _)| !is_known(name));
                let more = more.map(|(name, value)| (name.clone(), Self::of(&Shape::Any, value)));
                Self::Map(known.chain(more).collect())
            }
            (Shape::Union(variants), json) => Self::of_union(variants, json),
            (_, Json::Null) => Self::Nothing,
            _ => raw(),
        }
    }

    fn of_union(variants: &[(String, Shape)], json: &Json) -> Self {
        let named = json.as_object().filter(|fields| fields.len() == 2).and_then(|fields| {
            let name = fields.get("type")?.as_str()?;
            let by_place =
                name.strip_prefix('#').and_then(|place| place.parse::<usize>().ok()?.checked_sub(1));
            let at = by_place.or_else(|| variants.iter().position(|(label, _)| label == name))?;
            Some((at, fields.get("value")?))
        });
        let (at, value) = named
            .filter(|(at, _)| *at < variants.len())
            .or_else(|| Some((variants.iter().position(|(_, shape)| takes(shape, json))?, json)))
            .unwrap_or((0, json));
        let draft = variants.get(at).map(|(_, shape)| Self::of(shape, value)).unwrap_or_default();
        Self::Variant(at, Box::new(draft))
    }

    /// The fields that a literal of a type fills, its union's variants as it has them.
    pub fn of_literal(declared: &LiteralType, shape: &Shape, literal: &Literal) -> Self {
        if let (Some(Type::UnionType(union)), Shape::Union(variants)) = (&declared.r#type, shape)
            && let Some(LiteralValue::Scalar(scalar)) = &literal.value
            && let Some(ScalarValue::Union(chosen)) = &scalar.value
            && let (Some(value), Some(kind)) = (&chosen.value, &chosen.r#type)
            && let Some(at) = union.variants.iter().position(|variant| variant == kind)
            && let Some((_, inner)) = variants.get(at)
        {
            return Self::Variant(at, Box::new(Self::of_literal(kind, inner, value)));
        }
        Self::of(shape, &values::to_json(declared, literal))
    }

    /// The value that is filled in; `None` when it is not given.
    ///
    /// # Errors
    /// Text that stands for a whole value and is no JSON.
    pub fn json(&self, shape: &Shape) -> Result<Option<Json>, NotJson> {
        Ok(Some(match (self, shape) {
            (Self::Absent, _) => return Ok(None),
            (Self::Nothing, _) => Json::Null,
            (Self::Flag(truth), _) => (*truth).into(),
            (Self::Text(text), shape) => typed(text, shape)?,
            (Self::List(items), shape) => {
                let inner = if let Shape::List(inner) = shape { inner } else { &Shape::Any };
                let items: Result<Vec<_>, _> = items.iter().map(|item| item.json(inner)).collect();
                items?.into_iter().flatten().collect()
            }
            (Self::Map(fields), shape) => {
                let mut object = Map::new();
                for (name, draft) in fields {
                    if let Some(value) = draft.json(member(shape, name))? {
                        object.insert(name.clone(), value);
                    }
                }
                Json::Object(object)
            }
            (Self::Variant(at, inner), Shape::Union(variants)) => {
                let inner = variants.get(*at).map_or(Ok(None), |(_, shape)| inner.json(shape))?;
                json!({"type": format!("#{}", at + 1), "value": inner})
            }
            (Self::Variant(_, inner), shape) => return inner.json(shape),
        }))
    }

    /// The draft at a place below this one: the indexes of elements, entries and members; a variant's inside is 0.
    pub fn at(&self, path: &[usize]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        match self {
            Self::List(items) => items.get(*first)?.at(rest),
            Self::Map(fields) => fields.get(*first)?.1.at(rest),
            Self::Variant(_, inner) => inner.at(rest),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        match self {
            Self::List(items) => items.get_mut(*first)?.at_mut(rest),
            Self::Map(fields) => fields.get_mut(*first)?.1.at_mut(rest),
            Self::Variant(_, inner) => inner.at_mut(rest),
            _ => None,
        }
    }
}

fn member<'a>(shape: &'a Shape, name: &str) -> &'a Shape {
    match shape {
        Shape::Map(inner) => inner,
        Shape::Object(members) => {
            members.iter().find(|member| member.name == name).map_or(&Shape::Any, |member| &member.shape)
        }
        _ => &Shape::Any,
    }
}

/// What was typed as a value: a number where one is wanted and written, else the text, for the type to judge.
fn typed(text: &str, shape: &Shape) -> Result<Json, NotJson> {
    let trimmed = text.trim();
    let number = || trimmed.parse::<f64>().ok().and_then(Number::from_f64).map(Json::Number);
    Ok(match shape {
        Shape::Integer => trimmed.parse::<i64>().map_or_else(|_| trimmed.into(), Json::from),
        Shape::Float => match trimmed.parse::<i64>() {
            Ok(whole) => whole.into(),
            Err(_) => number().unwrap_or_else(|| trimmed.into()),
        },
        Shape::Duration => number().unwrap_or_else(|| trimmed.into()),
        Shape::Datetime => trimmed.into(),
        Shape::Boolean => match trimmed {
            "true" | "True" => true.into(),
            "false" | "False" => false.into(),
            _ => text.into(),
        },
        Shape::Stored(_) | Shape::Bytes if trimmed.starts_with('{') => parsed(trimmed)?,
        Shape::Stored(_) | Shape::Bytes => trimmed.into(),
        Shape::Any | Shape::List(_) | Shape::Map(_) | Shape::Object(_) => parsed(text)?,
        Shape::Text | Shape::Choice(_) | Shape::Nothing | Shape::Union(_) => text.into(),
    })
}

fn parsed(text: &str) -> Result<Json, NotJson> {
    values::parse_json(text).map_err(|finding| NotJson(finding.message))
}

/// Whether a value looks like one of a shape: enough to choose among the variants of a union.
fn takes(shape: &Shape, json: &Json) -> bool {
    match (shape, json) {
        (Shape::Nothing, Json::Null) | (Shape::Boolean, Json::Bool(_)) => true,
        (Shape::Integer, Json::Number(number)) => number.is_i64(),
        (Shape::Float, Json::Number(_)) => true,
        (Shape::Choice(values), Json::String(text)) => values.contains(text),
        (
            Shape::Text | Shape::Datetime | Shape::Duration | Shape::Stored(_) | Shape::Bytes,
            Json::String(_),
        ) => true,
        (Shape::List(inner), Json::Array(items)) => items.iter().all(|item| takes(inner, item)),
        (Shape::Map(inner), Json::Object(fields)) => fields.values().all(|value| takes(inner, value)),
        (Shape::Object(members), Json::Object(fields)) => {
            fields.keys().all(|name| members.iter().any(|member| member.name == *name))
                && members.iter().all(|member| !member.is_required || fields.contains_key(&member.name))
        }
        (Shape::Union(variants), json) => variants.iter().any(|(_, shape)| takes(shape, json)),
        (Shape::Any, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Member;
    use super::*;

    fn check(shape: &Shape, json: &Json) {
        let draft = Draft::of(shape, json);
        assert_eq!(draft.json(shape), Ok(Some(json.clone())), "{draft:?}");
    }

    fn object() -> Shape {
        let member =
            |name: &str, shape, is_required| Member { name: name.into(), shape, is_required, default: None };
        Shape::Object(vec![member("n", Shape::Integer, true), member("t", Shape::Text, false)])
    }

    #[test]
    fn what_fills_the_fields_comes_out_again() {
        check(&Shape::Integer, &json!(9_007_199_254_740_993_i64));
        check(&Shape::Float, &json!(1.5));
        check(&Shape::Text, &json!(" a "));
        check(&Shape::Nothing, &Json::Null);
        check(&Shape::List(Box::new(Shape::Map(Box::new(Shape::Boolean)))), &json!([{"a": true}, {}]));
        check(&object(), &json!({"n": 1}));
        check(&object(), &json!({"n": 1, "t": "", "more": [1, {"x": null}]}));
        check(&Shape::Any, &json!({"a": [1, "2"]}));
    }

    #[test]
    fn a_variant_is_kept_by_its_place() {
        let shape = Shape::Union(vec![
            ("int".into(), Shape::Integer),
            ("a".into(), object()),
            ("b".into(), object()),
        ]);
        let draft = Draft::of(&shape, &json!({"type": "#3", "value": {"n": 2}}));
        assert!(matches!(draft, Draft::Variant(2, _)));
        assert_eq!(draft.json(&shape), Ok(Some(json!({"type": "#3", "value": {"n": 2}}))));
        assert!(matches!(Draft::of(&shape, &json!(7)), Draft::Variant(0, _)));
        assert!(matches!(Draft::of(&shape, &json!({"type": "b", "value": {"n": 2}})), Draft::Variant(2, _)));
    }

    #[test]
    fn what_does_not_fit_stays_as_it_was_typed() {
        let draft = Draft::Text("three".into());
        assert_eq!(draft.json(&Shape::Integer), Ok(Some(json!("three"))));
        assert!(Draft::Text("{".into()).json(&Shape::Any).is_err());
        assert_eq!(Draft::Absent.json(&Shape::Text), Ok(None));
        assert_eq!(Draft::Text(String::new()).json(&Shape::Text), Ok(Some(json!(""))));
    }

    #[test]
    fn a_place_leads_to_its_draft() {
        let shape = Shape::List(Box::new(object()));
        let mut draft = Draft::of(&shape, &json!([{"n": 1}]));
        *draft.at_mut(&[0, 1]).expect("it is there") = Draft::Text("x".into());
        assert_eq!(draft.json(&shape), Ok(Some(json!([{"n": 1, "t": "x"}]))));
        assert_eq!(draft.at(&[3]), None);
    }
}
