//! What a launch may give: the fields of a form.

use std::collections::HashMap;

use aileron_compiler::{types, values};
use aileron_idl::core::{Literal, LiteralMap, Parameter, ParameterMap, parameter};

use crate::view;

/// The inputs that a launch may give and those that are fixed, by name.
pub(crate) fn parameters(expected: &ParameterMap, fixed: &LiteralMap) -> Vec<view::Parameter> {
    let shown = json(expected, expected.parameters.iter().filter_map(default));
    let fixed_shown = json(expected, fixed.literals.iter());
    let mut found: Vec<view::Parameter> = expected
        .parameters
        .iter()
        .map(|(name, parameter)| view::Parameter {
            name: name.clone(),
            r#type: described(parameter),
            required: matches!(parameter.behavior, Some(parameter::Behavior::Required(true))),
            default: shown.get(name).cloned(),
            fixed: false,
        })
        .collect();
    found.extend(fixed.literals.iter().map(|(name, literal)| view::Parameter {
        name: name.clone(),
        r#type: types::literal_type(literal).as_ref().map(types::describe).unwrap_or_default(),
        required: false,
        default: fixed_shown.get(name).cloned(),
        fixed: true,
    }));
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn default<'a>((name, parameter): (&'a String, &'a Parameter)) -> Option<(&'a String, &'a Literal)> {
    match &parameter.behavior {
        Some(parameter::Behavior::Default(literal)) => Some((name, literal)),
        _ => None,
    }
}

fn described(parameter: &Parameter) -> String {
    let declared = parameter.var.as_ref().and_then(|variable| variable.r#type.as_ref());
    declared.map(types::describe).unwrap_or_default()
}

fn json<'a>(
    expected: &ParameterMap,
    literals: impl Iterator<Item = (&'a String, &'a Literal)>,
) -> HashMap<String, serde_json::Value> {
    let map =
        LiteralMap { literals: literals.map(|(name, literal)| (name.clone(), literal.clone())).collect() };
    match values::inputs_to_json(expected, &map) {
        serde_json::Value::Object(fields) => fields.into_iter().collect(),
        _ => HashMap::new(),
    }
}
