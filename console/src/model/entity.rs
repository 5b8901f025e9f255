//! Registered tasks, workflows and launch plans, as lists and pages show them.

pub mod registered;

use aileron_idl::core::{LiteralMap, ParameterMap, TypedInterface, VariableMap, parameter};

use super::sorted;
use super::type_name::type_name;
use super::value::{self, Value};

/// One version in a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// When it was registered, in milliseconds since 1970; 0 when nobody says.
    pub created: f64,
    /// What else is worth a column: a task's type, a launch plan's workflow.
    pub about: String,
    /// A launch plan's schedule in words; empty when there is none.
    pub schedule: String,
    /// True for a launch plan's active version.
    pub is_active: bool,
    /// Names and types of the inputs.
    pub inputs: String,
}

/// An input or output.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its type in words.
    pub r#type: String,
    /// What its author says of it.
    pub description: String,
    /// What a launch does about it.
    pub behavior: Behavior,
}

/// What a launch does about an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Behavior {
    /// It must give it.
    Required,
    /// It may give it; this is taken otherwise.
    Default(Value),
    /// It cannot give it.
    Fixed(Value),
}

/// The variables of a map, by name.
pub fn variables(map: Option<&VariableMap>) -> Vec<Variable> {
    let mut found: Vec<_> = map
        .into_iter()
        .flat_map(|map| &map.variables)
        .map(|(name, variable)| Variable {
            name: name.clone(),
            r#type: variable.r#type.as_ref().map(type_name).unwrap_or_default(),
            description: described(name, &variable.description),
            behavior: Behavior::Required,
        })
        .collect();
    sorted::sort_by(&mut found, |a, b| a.name.cmp(&b.name));
    found
}

/// What a launch plan expects and fixes, by name.
pub fn parameters(expected: &ParameterMap, fixed: &LiteralMap) -> Vec<Variable> {
    let defaults: LiteralMap = LiteralMap {
        literals: expected
            .parameters
            .iter()
            .filter_map(|(name, parameter)| match &parameter.behavior {
                Some(parameter::Behavior::Default(literal)) => Some((name.clone(), literal.clone())),
                _ => None,
            })
            .collect(),
    };
    let defaults = sorted::map(value::of_map(&defaults));
    let mut found: Vec<_> = expected
        .parameters
        .iter()
        .map(|(name, parameter)| {
            let variable = parameter.var.clone().unwrap_or_default();
            let default = defaults.get(name).cloned();
            Variable {
                name: name.clone(),
                r#type: variable.r#type.as_ref().map(type_name).unwrap_or_default(),
                description: described(name, &variable.description),
                behavior: default.map_or(Behavior::Required, Behavior::Default),
            }
        })
        .collect();
    found.extend(value::of_map(fixed).into_iter().map(|(name, value)| Variable {
        name,
        r#type: String::new(),
        description: String::new(),
        behavior: Behavior::Fixed(value),
    }));
    sorted::sort_by(&mut found, |a, b| a.name.cmp(&b.name));
    found
}

/// Flytekit describes a variable by its name when nobody did.
pub(crate) fn described(name: &str, description: &str) -> String {
    if name == description { String::new() } else { description.to_owned() }
}

/// `amount: float, name: str`, of the inputs.
pub fn signature(interface: Option<&TypedInterface>) -> String {
    let inputs = variables(interface.and_then(|interface| interface.inputs.as_ref()));
    let parts: Vec<_> = inputs.into_iter().map(|one| format!("{}: {}", one.name, one.r#type)).collect();
    parts.join(", ")
}
