//! A promise that looks into a dataclass names a field that it has.

use aileron_idl::core::PromiseAttribute;
use aileron_idl::core::promise_attribute::Value;

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::ir::Promise;

/// `step` is the index of the attribute that leads nowhere.
pub(crate) fn found(place: &Location, source: &str, promise: &Promise<'_>, step: usize) -> Diagnostic {
    let written = |attributes: &[PromiseAttribute]| -> String { attributes.iter().map(attribute).collect() };
    let (variable, attributes) = (promise.variable(), promise.attributes());
    let (before, rest) = attributes.split_at(step.min(attributes.len()));
    let field = rest.first().map(attribute).unwrap_or_default();
    let whole = format!("{source}.{variable}{}", written(before));
    let message = format!("{whole} has no field '{}'", field.trim_start_matches('.'));
    Diagnostic::error(Code::FieldNotFound, place.clone(), message)
        .got(format!("{whole}{field}"))
        .hint("use a field that the dataclass declares")
}

fn attribute(attribute: &PromiseAttribute) -> String {
    match &attribute.value {
        Some(Value::StringValue(name)) => format!(".{name}"),
        Some(Value::IntValue(index)) => format!("[{index}]"),
        None => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, attribute, promise};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn an_unknown_field_is_named_with_its_path() {
        let point = list(dataclass([("x", int())]));
        Program::new()
            .task("points", &[], &[("o0", point)])
            .task("inc", &[("a", int())], &[])
            .node("n0", "points", &[])
            .node("n1", "inc", &[("a", attribute(promise("n0", "o0"), &["0", "y"]))])
            .node("n2", "inc", &[("a", attribute(promise("n0", "o0"), &["0", "x"]))])
            .check(expect![
                "FieldNotFound at n1.a: n0.o0[0] has no field 'y' (use a field that the dataclass declares)"
            ]);
    }
}
