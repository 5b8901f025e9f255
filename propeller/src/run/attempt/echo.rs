//! The task that gives what it is given, flytekit's `Echo`. It runs nowhere: its outputs are its inputs.

use aileron_engine::{AttemptSeen, ErrorKind, Failure};
use aileron_idl::core::{LiteralMap, TaskTemplate, VariableMap};

use super::{Attempt, Halt, Step};

/// The type of such tasks.
const TYPE: &str = "echo";

/// Whether a task is one.
pub(super) fn is_echo(task: &TaskTemplate) -> bool {
    task.r#type == TYPE && task.target.is_none()
}

impl Attempt {
    /// Gives the inputs as outputs.
    pub(super) async fn echo(&self, task: &TaskTemplate) -> Step<AttemptSeen> {
        let inputs = self.inputs().await?;
        let outputs = echoed(task, &inputs).map_err(Halt::Failed)?;
        self.put_outputs(outputs).await
    }
}

/// Each output is the first input of its type that no other output is, in the order of names.
fn echoed(task: &TaskTemplate, inputs: &LiteralMap) -> Result<LiteralMap, Failure> {
    let none = VariableMap::default();
    let interface = task.interface.as_ref();
    let of = |map: Option<&VariableMap>| map.unwrap_or(&none).variables.clone();
    let mut left: Vec<_> = of(interface.and_then(|found| found.inputs.as_ref())).into_iter().collect();
    let mut literals = LiteralMap::default();
    for (name, output) in of(interface.and_then(|found| found.outputs.as_ref())) {
        let place = left.iter().position(|(_, input)| input.r#type == output.r#type);
        let found = place.and_then(|place| inputs.literals.get(&left.remove(place).0));
        let missing = || {
            let message = format!(
                "the output `{name}` of the echo task has no input of its type that is not another's"
            );
            Failure { kind: ErrorKind::User, ..Failure::permanent("BadTaskDefinition", message) }
        };
        literals.literals.insert(name.clone(), found.ok_or_else(missing)?.clone());
    }
    Ok(literals)
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{
        Literal, LiteralType, Primitive, Scalar, SimpleType, TypedInterface, Variable, literal, literal_type,
        primitive, scalar,
    };

    use super::*;

    fn interface(inputs: &[(&str, SimpleType)], outputs: &[(&str, SimpleType)]) -> TaskTemplate {
        let variable = |kind: SimpleType| {
            let r#type = Some(literal_type::Type::Simple(kind.into()));
            Variable { r#type: Some(LiteralType { r#type, ..LiteralType::default() }), ..Variable::default() }
        };
        let map = |list: &[(&str, SimpleType)]| {
            let variables = list.iter().map(|(name, kind)| ((*name).to_owned(), variable(*kind))).collect();
            Some(VariableMap { variables })
        };
        let interface = TypedInterface { inputs: map(inputs), outputs: map(outputs) };
        TaskTemplate { r#type: TYPE.into(), interface: Some(interface), ..TaskTemplate::default() }
    }

    fn literal(value: i64) -> Literal {
        let value = Some(primitive::Value::Integer(value));
        let value = Some(scalar::Value::Primitive(Primitive { value }));
        Literal { value: Some(literal::Value::Scalar(Box::new(Scalar { value }))), ..Literal::default() }
    }

    #[test]
    fn outputs_are_the_inputs_of_their_types() {
        use SimpleType::{Integer, String};
        let task = interface(
            &[("a", Integer), ("b", String), ("c", Integer)],
            &[("o0", Integer), ("o1", String), ("o2", Integer)],
        );
        let inputs = [("a", 1), ("b", 2), ("c", 3)].map(|(name, value)| (name.to_owned(), literal(value)));
        let outputs = echoed(&task, &LiteralMap { literals: inputs.into_iter().collect() }).unwrap();
        let expected =
            [("o0", 1), ("o1", 2), ("o2", 3)].map(|(name, value)| (name.to_owned(), literal(value)));
        assert_eq!(outputs.literals, expected.into_iter().collect());
    }

    #[test]
    fn an_output_without_an_input_is_refused() {
        let task = interface(&[], &[("o0", SimpleType::Integer)]);
        assert!(echoed(&task, &LiteralMap::default()).unwrap_err().message.contains("`o0`"));
    }
}
