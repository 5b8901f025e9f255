//! Whole maps of values: the inputs of a launch, the outputs of an execution.

use std::collections::BTreeMap;

use aileron_idl::core::{Literal, LiteralMap, LiteralType, ParameterMap, Variable, VariableMap};
use serde_json::Value as Json;

use super::reader::{Budget, Read, Reader, all};
use super::{read, text, to_json, yaml};
use crate::check::variable_name_not_found;
use crate::diagnostic::{Diagnostic, Location};

/// The types of variables by name: of a launch plan's parameters, or of an interface.
#[derive(Clone, Debug)]
pub struct Declared<'a>(BTreeMap<&'a String, Option<&'a LiteralType>>);

impl<'a> From<&'a ParameterMap> for Declared<'a> {
    fn from(map: &'a ParameterMap) -> Self {
        let declared = |variable: &'a Variable| variable.r#type.as_ref();
        let parameters = map.parameters.iter();
        Self(parameters.map(|(name, one)| (name, one.var.as_ref().and_then(declared))).collect())
    }
}

impl<'a> From<&'a VariableMap> for Declared<'a> {
    fn from(map: &'a VariableMap) -> Self {
        Self(map.variables.iter().map(|(name, variable)| (name, variable.r#type.as_ref())).collect())
    }
}

/// The literals of an object with a field for each input. Inputs that are missing are left out: whether
/// they may be is for [`crate::inputs::resolve`] to say. [`super::VALUES_LIMIT`] holds for all together.
///
/// # Errors
/// Every finding, at most 100, each with its input and path; inputs that are not declared; no object.
pub fn inputs_from_json<'a>(
    declared: impl Into<Declared<'a>>,
    given: &Json,
) -> Result<LiteralMap, Vec<Diagnostic>> {
    let (budget, whole) = (Budget::new(), Location::whole());
    let Json::Object(given) = given else {
        let finding = budget.reader(&whole).mismatch("an object with a field for each input", given);
        return Err(vec![finding.hint("write it in braces: {\"name\": value}")]);
    };
    let given = given.iter().map(|(name, value)| (name.as_str(), value));
    converted(&budget, &declared.into(), given, &|reader, declared, value| {
        read::literal(reader, declared, value)
    })
}

/// The literals of a YAML document with a key for each input.
///
/// # Errors
/// As [`inputs_from_json`], and when the text is no YAML.
pub fn inputs_from_yaml<'a>(
    declared: impl Into<Declared<'a>>,
    text: &str,
) -> Result<LiteralMap, Vec<Diagnostic>> {
    inputs_from_json(declared, &yaml::parse_yaml(text).map_err(|finding| vec![finding])?)
}

/// The literals of what was typed for each input.
///
/// # Errors
/// As [`inputs_from_json`], and for texts that do not parse.
pub fn inputs_from_text<'a, 'b>(
    declared: impl Into<Declared<'a>>,
    given: impl IntoIterator<Item = (&'b str, &'b str)>,
) -> Result<LiteralMap, Vec<Diagnostic>> {
    converted(&Budget::new(), &declared.into(), given, &|reader, declared, typed| {
        text::literal(reader, declared, typed)
    })
}

type Convert<'f, V> = &'f dyn Fn(&Reader<'_>, &LiteralType, V) -> Read<Literal>;

fn converted<'b, V>(
    budget: &Budget,
    declared: &Declared<'_>,
    given: impl IntoIterator<Item = (&'b str, V)>,
    convert: Convert<'_, V>,
) -> Read<LiteralMap> {
    let literals = all(given.into_iter().map(|(name, value)| {
        let Some(wanted) = declared.0.get(&name.to_owned()) else {
            let names = declared.0.keys().copied();
            return Err(vec![variable_name_not_found::launch(name, false, names)]);
        };
        let place = Location::variable(name);
        let untyped = LiteralType::default();
        let literal = convert(&budget.reader(&place), wanted.unwrap_or(&untyped), value)?;
        Ok((name.to_owned(), literal))
    }));
    Ok(LiteralMap { literals: budget.settle(literals)?.into_iter().collect() })
}

/// The object that [`inputs_from_json`] reads as the same literals. A value that is not declared is written
/// by itself.
#[must_use]
pub fn inputs_to_json<'a>(declared: impl Into<Declared<'a>>, found: &LiteralMap) -> Json {
    let (declared, untyped) = (declared.into(), LiteralType::default());
    let written = |(name, literal): (&String, &Literal)| {
        let wanted = declared.0.get(name).copied().flatten();
        (name.clone(), to_json(wanted.unwrap_or(&untyped), literal))
    };
    found.literals.iter().map(written).collect()
}
