//! A task's pod has containers with names that Kubernetes takes; other values that have no valid form.

use prost_types::value::Kind;
use prost_types::{Struct, Value};

use crate::diagnostic::{Code, Diagnostic, Location};

/// The longest name of a container.
const LABEL_LIMIT: usize = 63;

/// The containers of a pod template.
pub(crate) fn pod(spec: &Struct) -> Vec<Diagnostic> {
    let found = |what: String| {
        Diagnostic::error(Code::InvalidValue, Location::variable("k8s_pod.pod_spec"), what)
            .hint("a pod spec has `containers`, each with a `name` of a-z, 0-9 and '-', at most 63 long")
    };
    let Some(Kind::ListValue(containers)) =
        spec.fields.get("containers").and_then(|value| value.kind.as_ref())
    else {
        return vec![found("the pod spec has no list `containers`".to_owned())];
    };
    let names = containers.values.iter().map(name);
    names
        .enumerate()
        .filter_map(|(index, name)| match name {
            None => Some(found(format!("container {index} of the pod spec has no name"))),
            Some(name) if !is_label(name) => {
                Some(found(format!("'{name}' is not a name for a container")).got(name))
            }
            Some(_) => None,
        })
        .collect()
}

fn name(container: &Value) -> Option<&str> {
    let Some(Kind::StructValue(container)) = &container.kind else { return None };
    match &container.fields.get("name")?.kind {
        Some(Kind::StringValue(name)) => Some(name),
        _ => None,
    }
}

/// A DNS-1123 label.
fn is_label(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    name.len() <= LABEL_LIMIT
        && bytes.iter().all(|&byte| plain(byte) || byte == b'-')
        && bytes.first().is_some_and(|&byte| plain(byte))
        && bytes.last().is_some_and(|&byte| plain(byte))
}

/// A launch input is queried from artifacts, which are not kept here.
pub(crate) fn artifact(input: &str) -> Diagnostic {
    let message = format!("input '{input}' takes its value from an artifact, which is not supported");
    Diagnostic::error(Code::InvalidValue, Location::variable(input), message)
        .hint("give the input a default literal, or make it required")
}

/// The share of an array's items that must succeed.
pub(crate) fn ratio(node: &str, ratio: f32) -> Option<Diagnostic> {
    (!(0.0..=1.0).contains(&ratio)).then(|| {
        let message = format!("{ratio} of the items of array '{node}' must succeed, which is no share");
        Diagnostic::error(Code::InvalidValue, Location::node(node), message)
            .got(ratio.to_string())
            .hint("a ratio lies between 0.0 and 1.0")
    })
}

/// An approval inside of an array, where it would pass on what only the run can tell.
pub(crate) fn approval_of_items(node: &str) -> Diagnostic {
    let message = format!("array items cannot wait for approval '{node}'");
    Diagnostic::error(Code::InvalidValue, Location::node(node), message)
        .hint("approve the array's inputs before it, or its outputs after it")
}

/// A date and time outside the years 1 to 9999, or with too many nanoseconds.
pub(crate) fn datetime(place: Location, seconds: i64, nanos: i32) -> Diagnostic {
    let input = place.variable.clone().unwrap_or_default();
    let message = format!("input '{input}' has a datetime that does not exist");
    Diagnostic::error(Code::InvalidValue, place, message)
        .got(format!("{seconds} s, {nanos} ns"))
        .hint("seconds lie between the years 1 and 9999, nanoseconds between 0 and 999999999")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Value {
        Value { kind: Some(Kind::StringValue(value.to_owned())) }
    }

    fn entry(name: &str, value: Value) -> Struct {
        Struct { fields: [(name.to_owned(), value)].into() }
    }

    fn check(names: &[&str], expected: &[&str]) {
        let containers = names.iter().map(|name| entry("name", text(name)));
        let values = containers.map(|container| Value { kind: Some(Kind::StructValue(container)) }).collect();
        let list = Value { kind: Some(Kind::ListValue(prost_types::ListValue { values })) };
        let found = pod(&entry("containers", list));
        let messages: Vec<_> = found.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(messages, expected);
    }

    #[test]
    fn container_names_are_dns_labels() {
        check(&["primary", "side-car-2"], &[]);
        check(&["a_b"], &["'a_b' is not a name for a container"]);
        check(&["-a", ""], &["'-a' is not a name for a container", "'' is not a name for a container"]);
        let long = "a".repeat(64);
        check(&[&long], &[&format!("'{long}' is not a name for a container")]);
    }

    #[test]
    fn a_pod_has_containers() {
        assert_eq!(pod(&Struct::default())[0].message, "the pod spec has no list `containers`");
        let nameless =
            Value { kind: Some(Kind::ListValue(prost_types::ListValue { values: vec![text("x")] })) };
        assert_eq!(pod(&entry("containers", nameless))[0].message, "container 0 of the pod spec has no name");
    }
}
