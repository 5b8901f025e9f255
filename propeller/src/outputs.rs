//! Whether what a task left is what it declares: nothing behind it is to meet a surprise.
//!
//! Types are judged where there is no doubt: numbers, texts, booleans, times, and lists and maps of them. What a
//! client packs into files, structures or unions is its own affair.

use aileron_compiler::types::{describe, fits};
use aileron_engine::{ErrorKind, Failure};
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{Literal, LiteralMap, LiteralType, SimpleType, TaskTemplate};

/// The failure of a task that left other outputs than it declares, if it did. Trying again would not mend it.
pub fn misfit(task: &TaskTemplate, outputs: &LiteralMap) -> Option<Failure> {
    let declared = task.interface.as_ref()?.outputs.as_ref()?;
    let name = task.id.as_ref().map(|id| id.name.as_str()).unwrap_or_default();
    let problem = declared.variables.iter().find_map(|(variable, declared)| {
        let r#type = declared.r#type.as_ref()?;
        match outputs.literals.get(variable) {
            None => Some(format!("it has no `{variable}`")),
            Some(literal) if !may_be(literal, r#type) => {
                Some(format!("its `{variable}` is not of type {}", describe(r#type)))
            }
            Some(_) => None,
        }
    })?;
    let message = format!("the outputs of task {name} are not those that it declares: {problem}");
    Some(Failure { kind: ErrorKind::User, ..Failure::permanent("InvalidOutputs", message) })
}

fn may_be(literal: &Literal, declared: &LiteralType) -> bool {
    !is_plain(declared) || fits(literal, declared) || fits(literal, &with_integers(declared))
}

/// Whether there is but one way to write its values.
fn is_plain(declared: &LiteralType) -> bool {
    use SimpleType::{Boolean, Datetime, Duration, Float, Integer, String};
    match &declared.r#type {
        Some(Type::Simple(simple)) => {
            let plain = [Integer, Float, String, Boolean, Datetime, Duration];
            SimpleType::try_from(*simple).is_ok_and(|simple| plain.contains(&simple))
        }
        Some(Type::CollectionType(inner) | Type::MapValueType(inner)) => is_plain(inner),
        _ => false,
    }
}

/// The type with integers for floats: programs that write `1` for `1.0` mean the same.
fn with_integers(declared: &LiteralType) -> LiteralType {
    let inner = |inner: &LiteralType| Box::new(with_integers(inner));
    let r#type = match &declared.r#type {
        Some(Type::Simple(simple)) if *simple == i32::from(SimpleType::Float) => {
            Some(Type::Simple(SimpleType::Integer.into()))
        }
        Some(Type::CollectionType(of)) => Some(Type::CollectionType(inner(of))),
        Some(Type::MapValueType(of)) => Some(Type::MapValueType(inner(of))),
        other => other.clone(),
    };
    LiteralType { r#type, ..Default::default() }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{
        Identifier, LiteralCollection, Primitive, Scalar, TypedInterface, Variable, VariableMap, literal,
        primitive, scalar,
    };

    use super::*;

    fn simple(simple: SimpleType) -> LiteralType {
        LiteralType { r#type: Some(Type::Simple(simple.into())), ..Default::default() }
    }

    fn list_of(inner: LiteralType) -> LiteralType {
        LiteralType { r#type: Some(Type::CollectionType(Box::new(inner))), ..Default::default() }
    }

    fn value(value: primitive::Value) -> Literal {
        let scalar = Scalar { value: Some(scalar::Value::Primitive(Primitive { value: Some(value) })) };
        Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
    }

    fn list(literals: Vec<Literal>) -> Literal {
        let value = Some(literal::Value::Collection(LiteralCollection { literals }));
        Literal { value, ..Default::default() }
    }

    fn judged(declared: LiteralType, left: Option<Literal>) -> Option<String> {
        let variable = Variable { r#type: Some(declared), ..Default::default() };
        let outputs = Some(VariableMap { variables: [("o0".to_owned(), variable)].into() });
        let task = TaskTemplate {
            id: Some(Identifier { name: "t".into(), ..Default::default() }),
            interface: Some(TypedInterface { inputs: None, outputs }),
            ..Default::default()
        };
        let literals = left.into_iter().map(|literal| ("o0".to_owned(), literal)).collect();
        misfit(&task, &LiteralMap { literals }).map(|failure| failure.message)
    }

    #[test]
    fn what_is_declared_is_there_and_of_its_type() {
        use primitive::Value::{FloatValue, Integer, StringValue};
        let (one, text) = (|| value(Integer(1)), || value(StringValue("1".into())));
        let wrong = "the outputs of task t are not those that it declares: ";
        assert_eq!(judged(simple(SimpleType::Integer), Some(one())), None);
        assert_eq!(judged(simple(SimpleType::Integer), None), Some(format!("{wrong}it has no `o0`")));
        assert_eq!(
            judged(simple(SimpleType::Integer), Some(text())),
            Some(format!("{wrong}its `o0` is not of type simple:INTEGER"))
        );
        assert!(judged(list_of(simple(SimpleType::Integer)), Some(one())).is_some());
        assert!(judged(list_of(simple(SimpleType::Integer)), Some(list(vec![one(), text()]))).is_some());
        assert_eq!(judged(list_of(simple(SimpleType::Integer)), Some(list(vec![]))), None);
        assert_eq!(judged(simple(SimpleType::Float), Some(value(FloatValue(1.0)))), None);
        assert_eq!(judged(simple(SimpleType::Float), Some(one())), None);
    }

    #[test]
    fn what_clients_pack_is_their_own_affair() {
        let text = || Some(value(primitive::Value::StringValue("1".into())));
        assert_eq!(judged(simple(SimpleType::Struct), text()), None);
        assert_eq!(judged(list_of(simple(SimpleType::Struct)), text()), None);
        assert_eq!(judged(LiteralType::default(), text()), None);
    }
}
