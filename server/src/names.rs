//! Which names are acceptable, and names that the server makes up.

use aileron_idl::core::{Identifier, WorkflowExecutionIdentifier};
use rand::Rng;

use crate::error::ServiceError;

/// Longest name or version, in bytes.
const LONGEST: usize = 255;
/// Longest execution name: it becomes a label and part of pod names.
const LONGEST_EXECUTION: usize = 63;
/// Letters that Kubernetes uses for made-up names: no vowels, nothing that looks like another.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
/// Letters of a made-up execution name after its `a`, few enough for pod names to hold it.
const GENERATED: usize = 19;

/// A name of a registered entity, or a version: any text that can be told in a path.
pub(crate) fn check(field: &str, value: &str) -> Result<(), ServiceError> {
    if value.is_empty() {
        return Err(ServiceError::Missing(field.to_owned()));
    }
    let problem = if value.len() > LONGEST {
        "it may have 255 bytes at most"
    } else if value.chars().any(char::is_control) {
        "control characters are not allowed"
    } else if value.split(['/', '\\']).any(|part| matches!(part, "." | "..")) {
        "no part of it may be . or .."
    } else {
        return Ok(());
    };
    Err(ServiceError::invalid(field, value, problem))
}

/// The four names of an id, all present and acceptable.
pub(crate) fn check_identifier(field: &str, id: &Identifier) -> Result<(), ServiceError> {
    let parts =
        [("project", &id.project), ("domain", &id.domain), ("name", &id.name), ("version", &id.version)];
    parts.into_iter().try_for_each(|(part, value)| check(&format!("{field}.{part}"), value))
}

/// An execution name that a user chose: a lower-case label, as it becomes one in Kubernetes.
pub(crate) fn check_execution(name: &str) -> Result<(), ServiceError> {
    let well_formed = name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if name.len() > LONGEST_EXECUTION || !well_formed {
        let rule = "use up to 63 lower-case letters, digits and -, starting with a letter, not ending with -";
        return Err(ServiceError::invalid("name", name, rule));
    }
    Ok(())
}

/// The id of a project: a DNS label.
pub(crate) fn check_project(id: &str) -> Result<(), ServiceError> {
    if id.is_empty() {
        return Err(ServiceError::Missing("project.id".to_owned()));
    }
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let well_formed = id.bytes().all(|byte| inner(byte) || byte == b'-')
        && id.bytes().next().is_some_and(inner)
        && id.bytes().last().is_some_and(inner);
    if id.len() > 63 || !well_formed {
        let rule = "use up to 63 lower-case letters, digits and -, with a letter or digit at each end";
        return Err(ServiceError::invalid("project.id", id, rule));
    }
    Ok(())
}

/// A value of an enum that this server knows; others mean nothing to it and must not be kept.
pub(crate) fn known<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, ServiceError> {
    let problem = "no value of the enum has this number";
    E::try_from(number).map_err(|_| ServiceError::invalid(field, &number.to_string(), problem))
}

/// A fresh execution name: `a` and nineteen letters.
pub(crate) fn generate_execution() -> String {
    let mut random = rand::rng();
    let letters = (0..GENERATED).map(|_| LETTERS[random.random_range(0..LETTERS.len())] as char);
    std::iter::once('a').chain(letters).collect()
}

/// A fresh UUID of random bits (version 4).
pub(crate) fn generate_uuid() -> String {
    const VERSION: u128 = 4 << 76;
    const VARIANT: u128 = 2 << 62;
    let bits = (rand::rng().random::<u128>() & !(15 << 76) & !(3 << 62)) | VERSION | VARIANT;
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A fresh file name of twenty letters.
pub(crate) fn generate_file() -> String {
    generate_execution()
}

/// The execution an id names; each part must be there.
pub(crate) fn execution_id(
    id: Option<&WorkflowExecutionIdentifier>,
) -> Result<&WorkflowExecutionIdentifier, ServiceError> {
    let id = id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
    let parts = [("id.project", &id.project), ("id.domain", &id.domain), ("id.name", &id.name)];
    for (field, value) in parts {
        check(field, value)?;
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn execution_names_are_labels() {
        for good in ["a", "abc-1", "f0"] {
            assert!(check_execution(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "a-", "Foo", "a_b", "a.b", "../a", &"a".repeat(64)] {
            assert!(check_execution(bad).is_err(), "{bad}");
        }
        assert!(check_execution(&generate_execution()).is_ok());
    }

    #[test]
    fn uuids_say_that_they_are_random() {
        let uuid = generate_uuid();
        let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(uuid[14..].starts_with('4') && uuid[19..].starts_with(['8', '9', 'a', 'b']), "{uuid}");
    }

    #[test]
    fn names_cannot_climb() {
        for good in ["programs.two_tasks", "-v_1", "a/b", "a..b", "version with blanks"] {
            assert!(check("name", good).is_ok(), "{good}");
        }
        for bad in ["", "..", "../a", "a/../b", "a\\..\\b", "a\nb", &"a".repeat(256)] {
            assert!(check("name", bad).is_err(), "{bad:?}");
        }
    }
}
