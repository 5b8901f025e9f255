//! Labels and annotations: what Kubernetes lets objects carry.

use std::collections::BTreeMap;

use aileron_idl::admin::{Annotations, Labels};

use crate::error::ServiceError;

/// Most labels of a project, a launch plan or an execution.
const MOST_LABELS: usize = 16;
/// Most bytes of annotations, keys and values together.
const MOST_ANNOTATION_BYTES: usize = 256 << 10;
/// Longest label value, and longest key after its prefix, in bytes.
const LONGEST: usize = 63;
/// Longest prefix of a key, in bytes.
const LONGEST_PREFIX: usize = 253;
/// Labels that the control plane sets; children inherit them, so they do not count.
const OWN: [&str; 5] = ["execution-id", "project", "domain", "workflow-name", "shard-key"];

/// Refuses more labels than there may be, and what Kubernetes would refuse later.
pub(crate) fn check(field: &str, labels: Option<&Labels>) -> Result<(), ServiceError> {
    let Some(labels) = labels else { return Ok(()) };
    let count = labels.values.keys().filter(|key| !OWN.contains(&key.as_str())).count();
    if count > MOST_LABELS {
        let problem = format!("there may be {MOST_LABELS} at most");
        return Err(ServiceError::invalid(field, &count.to_string(), problem));
    }
    check_keys(field, &labels.values)?;
    for (key, value) in &labels.values {
        if !value.is_empty() && !is_label(value) {
            let problem = "use up to 63 letters, digits, -, _ and ., with a letter or digit at each end";
            return Err(ServiceError::invalid(format!("{field}[{key}]"), value, problem));
        }
    }
    Ok(())
}

/// The same for annotations, whose values are free.
pub(crate) fn check_annotations(field: &str, annotations: Option<&Annotations>) -> Result<(), ServiceError> {
    let Some(annotations) = annotations else { return Ok(()) };
    check_keys(field, &annotations.values)?;
    let bytes: usize = annotations.values.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > MOST_ANNOTATION_BYTES {
        let problem = format!("they may have {MOST_ANNOTATION_BYTES} bytes at most");
        return Err(ServiceError::invalid(field, &format!("{bytes} bytes"), problem));
    }
    Ok(())
}

fn check_keys(field: &str, entries: &BTreeMap<String, String>) -> Result<(), ServiceError> {
    let Some(wrong) = entries.keys().find(|key| !is_key(key)) else { return Ok(()) };
    let problem =
        "write a key as NAME or DNS-PREFIX/NAME, where NAME is up to 63 letters, digits, -, _ and .";
    Err(ServiceError::invalid(field, wrong, problem))
}

fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_label(key),
        Some((prefix, name)) => prefix.len() <= LONGEST_PREFIX && is_domain(prefix) && is_label(name),
    }
}

fn is_domain(prefix: &str) -> bool {
    let part = |part: &str| {
        is_label(part)
            && part.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    prefix.split('.').all(part)
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= LONGEST && text.bytes().all(inner) && end(text.bytes().next()) && end(text.bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: impl IntoIterator<Item = (String, String)>) -> Labels {
        Labels { values: pairs.into_iter().collect() }
    }

    #[test]
    fn labels_are_those_of_kubernetes() {
        let long = "a".repeat(64);
        for (key, value, fits) in [
            ("team", "red", true),
            ("team", "", true),
            ("example.com/team", "Red_1.x-y", true),
            ("", "red", false),
            ("-team", "red", false),
            ("Example.com/team", "red", false),
            ("a/b/c", "red", false),
            ("team", "red ", false),
            ("team", "-red", false),
            (&long, "red", false),
            ("team", &long, false),
        ] {
            let checked = check("labels", Some(&labels([(key.to_owned(), value.to_owned())])));
            assert_eq!(checked.is_ok(), fits, "{key}={value}: {checked:?}");
        }
    }

    #[test]
    fn there_are_not_too_many() {
        let many = |count| labels((0..count).map(|i| (format!("k{i}"), String::new())));
        assert!(check("labels", Some(&many(16))).is_ok());
        let refused = check("spec.labels", Some(&many(17))).unwrap_err().to_string();
        assert_eq!(refused, "invalid value for spec.labels, value:[17]: there may be 16 at most");
        let mut inherited = many(16);
        inherited.values.extend(OWN.map(|key| (key.to_owned(), "x".to_owned())));
        assert!(check("labels", Some(&inherited)).is_ok());
    }

    #[test]
    fn annotations_are_free_but_not_endless() {
        let of = |value: String| Annotations { values: [("note".to_owned(), value)].into() };
        assert!(check_annotations("annotations", Some(&of("any text, of any kind".into()))).is_ok());
        assert!(check_annotations("annotations", Some(&of("x".repeat(300 << 10)))).is_err());
    }
}
