//! Values of a kind or unit that is not known: scalars, and amounts of resources.

use aileron_idl::core::Resources;
use aileron_idl::core::resources::{ResourceEntry, ResourceName};

use crate::diagnostic::{Code, Diagnostic, Location};

/// A scalar without a value that this version knows.
pub(crate) fn scalar(place: Location) -> Diagnostic {
    let variable = place.value();
    let message = format!("the value bound to '{variable}' is of an unknown kind");
    Diagnostic::error(Code::UnrecognizedValue, place, message)
        .hint("the client may be newer than the server: upgrade the server, or use an older client")
}

/// The same for a constant in a condition. `side` is `left` or `right`.
pub(crate) fn operand(node: &str, side: &str) -> Diagnostic {
    let message = format!("the {side} side of a comparison is of an unknown kind");
    Diagnostic::error(Code::UnrecognizedValue, Location::node(node), message)
        .hint("compare a number, text, boolean, datetime, duration or None")
}

/// The same for a value of a launch.
pub(crate) fn input(name: &str) -> Diagnostic {
    let message = format!("input {name} has a value of an unknown kind");
    Diagnostic::error(Code::UnrecognizedValue, Location::variable(name), message)
        .hint("the client may be newer than the server: upgrade the server, or use an older client")
}

/// Amounts of resources that are not Kubernetes quantities, such as `500m` or `2Gi`.
pub(crate) fn quantities(place: &Location, resources: Option<&Resources>) -> Vec<Diagnostic> {
    let entries = resources.into_iter().flat_map(|resources| {
        let requests = resources.requests.iter().map(|entry| ("request", entry));
        requests.chain(resources.limits.iter().map(|entry| ("limit", entry)))
    });
    let wrong = entries.filter(|(_, entry)| !is_quantity(&entry.value));
    wrong.map(|(kind, entry)| quantity(place, kind, entry)).collect()
}

fn quantity(place: &Location, kind: &str, entry: &ResourceEntry) -> Diagnostic {
    let resource = ResourceName::try_from(entry.name).unwrap_or_default().as_str_name();
    let message = format!("the {resource} {kind} '{}' is not a quantity", entry.value);
    Diagnostic::error(Code::UnrecognizedValue, place.clone(), message)
        .got(&entry.value)
        .hint("write a number with an optional unit: n, u, m, k, M, G, T, P, E, or Ki, Mi, Gi, Ti, Pi, Ei")
}

/// A decimal number, then a unit or an exponent.
fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, unit) = unsigned.split_at(end);
    let digits = number.bytes().any(|byte| byte.is_ascii_digit());
    digits && number.matches('.').count() <= 1 && (is_unit(unit) || is_exponent(unit))
}

fn is_unit(unit: &str) -> bool {
    const UNITS: [&str; 16] =
        ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    UNITS.contains(&unit)
}

fn is_exponent(unit: &str) -> bool {
    unit.strip_prefix(['e', 'E']).is_some_and(|exponent| exponent.parse::<i16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::is_quantity;
    use crate::fixture::{Program, unknown_scalar};
    use crate::types::samples::int;
    use expect_test::expect;

    #[test]
    fn quantities_are_numbers_with_a_unit() {
        for right in ["1", "500m", "2Gi", "0.5", ".5", "1.", "1e3", "1E-3", "-1", "12E", "100k"] {
            assert!(is_quantity(right), "{right}");
        }
        for wrong in ["", "Gi", "1 Gi", "1GB", "1.2.3", "one", "1e", "1Ei2", "--1", "."] {
            assert!(!is_quantity(wrong), "{wrong}");
        }
    }

    #[test]
    fn resources_of_a_node_must_be_quantities() {
        let program = Program::new().task("t", &[], &[]).node("n0", "t", &[]);
        program.memory("n0", "1 gigabyte").check(expect!["UnrecognizedValue at n0: the MEMORY request '1 gigabyte' is not a quantity (write a number with an optional unit: n, u, m, k, M, G, T, P, E, or Ki, Mi, Gi, Ti, Pi, Ei)"]);
    }

    #[test]
    fn scalars_of_unknown_kinds_are_refused() {
        Program::new()
            .task("t", &[("a", int())], &[])
            .node("n0", "t", &[("a", unknown_scalar())])
            .check(expect!["UnrecognizedValue at n0.a: the value bound to 'a' is of an unknown kind (the client may be newer than the server: upgrade the server, or use an older client)"]);
    }
}
