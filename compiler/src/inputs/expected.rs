//! At registration of a launch plan: which inputs will a launch expect?

use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::{
    Literal, LiteralMap, LiteralType, Parameter, ParameterMap, TypedInterface, Variable, VariableMap,
};

use super::misfit;
use crate::check::{
    invalid_value, mismatching_types, parameter_bound_more_than_once, value_required, variable_name_not_found,
};
use crate::diagnostic::Diagnostic;
use crate::findings::Findings;

/// The inputs that a launch may or must give: the launch plan's defaults, and as required the workflow's
/// inputs that are neither defaulted nor fixed.
///
/// `interface` is the workflow's; `defaults` and `fixed` are what the launch plan was registered with.
///
/// # Errors
/// Every finding, up to a thousand: a default or fixed input that the workflow does not have, is of another type, is not
/// complete, takes its value from an artifact, or is both defaulted and fixed.
pub fn expected(
    interface: &TypedInterface,
    defaults: &ParameterMap,
    fixed: &LiteralMap,
) -> Result<ParameterMap, Vec<Diagnostic>> {
    let none = VariableMap::default();
    let inputs = interface.inputs.as_ref().unwrap_or(&none);
    let mut found = Findings::default();
    for (name, parameter) in &defaults.parameters {
        found.extend(default_findings(name, parameter, inputs));
        found.extend(
            fixed
                .literals
                .contains_key(name)
                .then(|| parameter_bound_more_than_once::default_and_fixed(name)),
        );
    }
    found.extend(fixed.literals.iter().filter_map(|(name, literal)| fixed_finding(name, literal, inputs)));
    found.verdict()?;
    let mut parameters = defaults.parameters.clone();
    let free = inputs.variables.iter().filter(|(name, _)| !fixed.literals.contains_key(*name));
    for (name, variable) in free {
        parameters.entry(name.clone()).or_insert_with(|| required(variable));
    }
    Ok(ParameterMap { parameters })
}

fn required(variable: &Variable) -> Parameter {
    Parameter { var: Some(variable.clone()), behavior: Some(Behavior::Required(true)) }
}

fn default_findings(name: &str, parameter: &Parameter, inputs: &VariableMap) -> Vec<Diagnostic> {
    let Some(input) = inputs.variables.get(name) else {
        return vec![variable_name_not_found::launch(name, false, inputs.variables.keys())];
    };
    let Some(declared) = parameter.var.as_ref().and_then(|variable| variable.r#type.as_ref()) else {
        return vec![value_required::parameter(name, "type")];
    };
    let fits_workflow =
        input.r#type.as_ref().and_then(|input| mismatching_types::input(name, declared, input));
    fits_workflow.into_iter().chain(behavior_finding(name, parameter, declared)).collect()
}

fn behavior_finding(name: &str, parameter: &Parameter, declared: &LiteralType) -> Option<Diagnostic> {
    match &parameter.behavior {
        Some(Behavior::Required(true)) => None,
        Some(Behavior::Default(literal)) => misfit(name, literal, declared),
        Some(Behavior::ArtifactQuery(_) | Behavior::ArtifactId(_)) => Some(invalid_value::artifact(name)),
        Some(Behavior::Required(false)) | None => {
            Some(value_required::parameter(name, "default and is not required"))
        }
    }
}

fn fixed_finding(name: &str, literal: &Literal, inputs: &VariableMap) -> Option<Diagnostic> {
    match inputs.variables.get(name) {
        None => Some(variable_name_not_found::launch(name, false, inputs.variables.keys())),
        Some(input) => misfit(name, literal, input.r#type.as_ref()?),
    }
}

#[cfg(test)]
mod tests {
    use super::super::resolve::samples::*;
    use super::*;
    use crate::fixture::interface;
    use crate::types::samples::*;
    use expect_test::{Expect, expect};

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` is written in place")]
    fn check(defaults: &ParameterMap, fixed: &LiteralMap, expect: Expect) {
        let workflow = interface(&[("a", int()), ("b", text())], &[]);
        expect.assert_eq(&shown(expected(&workflow, defaults, fixed).map(|map| {
            let required = |parameter: &Parameter| parameter.behavior == Some(Behavior::Required(true));
            let entries = map.parameters.iter();
            entries.map(|(name, it)| format!("{name} required={}", required(it))).collect()
        })));
    }

    #[test]
    fn what_is_not_defaulted_or_fixed_is_required() {
        check(
            &parameters([]),
            &literals([]),
            expect![[r#"
            a required=true
            b required=true"#]],
        );
        check(
            &parameters([("a", optional(int(), number(1)))]),
            &literals([]),
            expect![[r#"
            a required=false
            b required=true"#]],
        );
        check(
            &parameters([("b", mandatory(text()))]),
            &literals([("a", number(1))]),
            expect!["b required=true"],
        );
    }

    #[test]
    fn unknown_incomplete_and_ill_typed_defaults_are_refused() {
        let untyped = Parameter { var: None, behavior: Some(Behavior::Required(true)) };
        check(
            &parameters([("a", untyped), ("c", mandatory(int()))]),
            &literals([]),
            expect![[r#"
            ValueRequired at a: default input 'a' has no type (an input has a name, a type, and a default or `required`)
            VariableNameNotFound at c: invalid input c (the inputs that can be given: 'a', 'b')"#]],
        );
        let silent = Parameter { behavior: None, ..mandatory(text()) };
        check(
            &parameters([("a", optional(int(), words("x"))), ("b", silent)]),
            &literals([]),
            expect![[r#"
                MismatchingTypes at a: invalid a input wrong type. Expected simple:INTEGER, but got simple:STRING (give a value of the declared type)
                ValueRequired at b: default input 'b' has no default and is not required (an input has a name, a type, and a default or `required`)"#]],
        );
        check(
            &parameters([("a", mandatory(text()))]),
            &literals([]),
            expect![
                "MismatchingTypes at a: invalid a input wrong type. Expected simple:INTEGER, but got simple:STRING (give a value of the declared type)"
            ],
        );
    }

    #[test]
    fn artifacts_are_refused() {
        let artifact = Some(Behavior::ArtifactId(aileron_idl::core::ArtifactId::default()));
        let defaults = parameters([("a", Parameter { behavior: artifact, ..mandatory(int()) })]);
        check(
            &defaults,
            &literals([]),
            expect![
                "InvalidValue at a: input 'a' takes its value from an artifact, which is not supported (give the input a default literal, or make it required)"
            ],
        );
    }

    #[test]
    fn fixed_inputs_exist_fit_and_have_no_default() {
        let fixed = literals([("a", words("x")), ("z", number(1)), ("b", Literal::default())]);
        check(
            &parameters([]),
            &fixed,
            expect![[r#"
                MismatchingTypes at a: invalid a input wrong type. Expected simple:INTEGER, but got simple:STRING (give a value of the declared type)
                UnrecognizedValue at b: input b has a value of an unknown kind (the client may be newer than the server: upgrade the server, or use an older client)
                VariableNameNotFound at z: invalid input z (the inputs that can be given: 'a', 'b')"#]],
        );
        check(
            &parameters([("a", optional(int(), number(1)))]),
            &literals([("a", number(2))]),
            expect![
                "ParameterBoundMoreThanOnce at a: input 'a' has a default and is fixed (leave it out of the default inputs)"
            ],
        );
    }
}
