//! What a change of inputs and outputs does to callers.
//!
//! Callers give inputs and take outputs. So an input may take more than before, an output may give less:
//! the old type must be castable to the new one for an input, the new one to the old one for an output.

use std::collections::{BTreeMap, BTreeSet};

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::{
    LiteralType, Parameter, ParameterMap, SimpleType, TypedInterface, Variable, VariableMap,
};

use crate::types::{castable, describe, optional};

/// Inputs or outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What callers give.
    Input,
    /// What callers take.
    Output,
}

/// What a change means to callers that were written for the first version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Some of them are refused, or get what they do not expect.
    Breaking,
    /// They go on.
    Compatible,
    /// It depends on values, which the types do not tell.
    Unknown,
}

/// A variable that was added, was removed, or has another type or default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceChange {
    /// Input or output.
    pub side: Side,
    /// Its name.
    pub variable: String,
    /// The first type, as [`describe`] writes it; absent if the variable was added.
    pub before: Option<String>,
    /// The second type; absent if the variable was removed.
    pub after: Option<String>,
    /// What it means to callers.
    pub effect: Effect,
    /// Why.
    pub reason: &'static str,
}

/// What differs between the interfaces of two workflows or tasks: inputs, then outputs, by name.
#[must_use]
pub fn changes(before: Option<&TypedInterface>, after: Option<&TypedInterface>) -> Vec<InterfaceChange> {
    let (old, new) = (Variables::of(before), Variables::of(after));
    let mut found = compare(Side::Input, &old.inputs, &new.inputs, input);
    found.extend(compare(Side::Output, &old.outputs, &new.outputs, output));
    found
}

/// What differs between the inputs of two launch plans, where an input may have a default.
#[must_use]
pub fn parameters(before: &ParameterMap, after: &ParameterMap) -> Vec<InterfaceChange> {
    let inputs = |map: &'_ ParameterMap| {
        let given = map.parameters.iter().map(|(name, parameter)| (name.clone(), Input::from(parameter)));
        given.collect::<BTreeMap<_, _>>()
    };
    compare(Side::Input, &inputs(before), &inputs(after), input)
}

/// A verdict and why.
type Judged = (Effect, &'static str);

/// An input as callers see it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Input {
    declared: Option<LiteralType>,
    /// Whether callers must give it.
    required: bool,
}

impl From<&Variable> for Input {
    fn from(variable: &Variable) -> Self {
        let declared = variable.r#type.clone();
        Self { required: !declared.as_ref().is_some_and(optional), declared }
    }
}

impl From<&Parameter> for Input {
    fn from(parameter: &Parameter) -> Self {
        let declared = parameter.var.as_ref().and_then(|variable| variable.r#type.clone());
        Self { declared, required: parameter.behavior == Some(Behavior::Required(true)) }
    }
}

#[derive(Default)]
struct Variables {
    inputs: BTreeMap<String, Input>,
    outputs: BTreeMap<String, Input>,
}

impl Variables {
    fn of(interface: Option<&TypedInterface>) -> Self {
        let Some(interface) = interface else { return Self::default() };
        let map = |map: &VariableMap| {
            map.variables.iter().map(|(name, variable)| (name.clone(), Input::from(variable))).collect()
        };
        Self {
            inputs: interface.inputs.as_ref().map(map).unwrap_or_default(),
            outputs: interface.outputs.as_ref().map(map).unwrap_or_default(),
        }
    }
}

fn compare(
    side: Side,
    before: &BTreeMap<String, Input>,
    after: &BTreeMap<String, Input>,
    judge: fn(Option<&Input>, Option<&Input>) -> Judged,
) -> Vec<InterfaceChange> {
    let shown = |input: Option<&Input>| {
        input.map(|input| input.declared.as_ref().map_or_else(|| "no type".to_owned(), describe))
    };
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let change = |name: &String| {
        let (old, new) = (before.get(name), after.get(name));
        let (effect, reason) = judge(old, new);
        let variable = name.clone();
        InterfaceChange { side, variable, before: shown(old), after: shown(new), effect, reason }
    };
    differing.map(change).collect()
}

fn input(before: Option<&Input>, after: Option<&Input>) -> Judged {
    match (before, after) {
        (None, Some(new)) if new.required => (Effect::Breaking, "callers do not give this required input"),
        (None, _) => (Effect::Compatible, "callers may leave the new input out"),
        (Some(_), None) => (Effect::Breaking, "callers that give the input are refused"),
        (Some(old), Some(new)) if new.required && !old.required => {
            (Effect::Breaking, "callers that leave the input out are refused")
        }
        (Some(old), Some(new)) if old.declared == new.declared => {
            (Effect::Compatible, "callers may now leave the input out")
        }
        (Some(old), Some(new)) => {
            fits(old, new, "the input takes all values that it took", "the input refuses values that it took")
        }
    }
}

fn output(before: Option<&Input>, after: Option<&Input>) -> Judged {
    match (before, after) {
        (None, _) => (Effect::Compatible, "callers may ignore the new output"),
        (Some(_), None) => (Effect::Breaking, "callers that take the output get nothing"),
        (Some(old), Some(new)) => fits(
            new,
            old,
            "all values of the output fit where they are taken",
            "values of the output do not fit where they are taken",
        ),
    }
}

fn fits(from: &Input, to: &Input, yes: &'static str, no: &'static str) -> Judged {
    let (Some(from), Some(to)) = (&from.declared, &to.declared) else {
        return (Effect::Unknown, "a type is missing");
    };
    match castable(from, to) {
        false => (Effect::Breaking, no),
        true if opaque(from) != opaque(to) || loose(from, to) => {
            (Effect::Unknown, "the types fit, but one of them does not say what is inside")
        }
        true => (Effect::Compatible, yes),
    }
}

/// Two generic types that differ are castable whatever their schemas say, unless both have one.
fn loose(from: &LiteralType, to: &LiteralType) -> bool {
    let generic = |declared: &LiteralType| declared.r#type == Some(Type::Simple(SimpleType::Struct.into()));
    generic(from) && generic(to) && from.metadata.is_some() != to.metadata.is_some()
}

/// Whether values are pickled or generic, of which no type tells the content.
fn opaque(declared: &LiteralType) -> bool {
    match &declared.r#type {
        Some(Type::Blob(blob)) => blob.format == "PythonPickle",
        Some(Type::Simple(simple)) => *simple == i32::from(SimpleType::Struct) && declared.metadata.is_none(),
        _ => false,
    }
}
