//! Which secrets a pod asks for, in Flyte's form: a label, and an annotation for each, its text in base 32.

use std::collections::BTreeMap;

use aileron_idl::core::Secret;
use aileron_idl::core::secret::MountType;

use super::BuildError;

/// The label of pods that ask for secrets.
pub const LABEL: (&str, &str) = ("inject-flyte-secrets", "true");
/// What the annotations' names begin with; a number follows.
const ANNOTATION: &str = "flyte.secrets/s";
/// The letters of base 32 here: those that names in Kubernetes may have.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz123456";

/// The annotations that ask for secrets.
pub fn annotations(secrets: &[Secret]) -> BTreeMap<String, String> {
    let numbered = secrets.iter().enumerate();
    numbered
        .map(|(number, secret)| (format!("{ANNOTATION}{number}"), encode(text(secret).as_bytes())))
        .collect()
}

/// The secrets that annotations ask for.
///
/// # Errors
/// When one cannot be read.
pub fn asked(annotations: &BTreeMap<String, String>) -> Result<Vec<Secret>, BuildError> {
    let ours = annotations.iter().filter(|(name, _)| name.starts_with(ANNOTATION));
    let read = |(name, value): (&String, &String)| {
        let wrong = || BuildError::Task(format!("the annotation `{name}` of the pod names no secret"));
        let bytes = decode(value).ok_or_else(wrong)?;
        parse(&String::from_utf8(bytes).map_err(|_| wrong())?).ok_or_else(wrong)
    };
    ours.map(read).collect()
}

/// A secret in protobuf's text form.
fn text(secret: &Secret) -> String {
    let texts = [
        ("group", &secret.group),
        ("group_version", &secret.group_version),
        ("key", &secret.key),
        ("env_var", &secret.env_var),
    ];
    let mut fields: Vec<String> = texts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}:\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    if secret.mount_requirement() != MountType::Any {
        fields.push(format!("mount_requirement:{}", secret.mount_requirement().as_str_name()));
    }
    fields.join(" ")
}

/// The text form again: names and values with any white space between, as its writers vary it on purpose.
fn parse(text: &str) -> Option<Secret> {
    let mut secret = Secret::default();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once(':')?;
        let (value, after) = value(after.trim_start())?;
        match name.trim() {
            "group" => secret.group = value,
            "group_version" => secret.group_version = value,
            "key" => secret.key = value,
            "env_var" => secret.env_var = value,
            "mount_requirement" => secret.set_mount_requirement(MountType::from_str_name(&value)?),
            _ => return None,
        }
        rest = after.trim_start();
    }
    Some(secret)
}

/// A value in quotes, or a word; and what comes after it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut found = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((found, &quoted[at + 1..])),
            '\\' => found.push(letters.next()?.1),
            _ => found.push(letter),
        }
    }
    None
}

fn encode(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let letter = |five: &[u8]| {
        let value = (0..5).fold(0, |value, bit| value << 1 | five.get(bit).copied().unwrap_or(0));
        char::from(LETTERS[usize::from(value)])
    };
    bits.chunks(5).map(letter).collect()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::with_capacity(text.len() * 5);
    for letter in text.trim_end_matches('=').bytes() {
        let value = u8::try_from(LETTERS.iter().position(|known| *known == letter)?).ok()?;
        bits.extend((0..5).rev().map(|bit| value >> bit & 1));
    }
    let byte = |eight: &[u8]| eight.iter().fold(0, |value, bit| value << 1 | bit);
    Some(bits.chunks_exact(8).map(byte).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_again() {
        let secret = Secret {
            group: "a \"b\\".into(),
            key: "k".into(),
            env_var: "E".into(),
            mount_requirement: MountType::EnvVar.into(),
            ..Default::default()
        };
        let secrets = [secret, Secret { group: "g".into(), key: "l".into(), ..Default::default() }];
        assert_eq!(asked(&annotations(&secrets)).unwrap(), secrets);
    }

    #[test]
    fn white_space_is_as_its_writer_likes() {
        let found = parse("group: \"g\"   key:\"k\" mount_requirement:  FILE").unwrap();
        assert_eq!(
            (found.group.as_str(), found.key.as_str(), found.mount_requirement()),
            ("g", "k", MountType::File)
        );
        for wrong in ["group", "group:\"g", "what:\"g\"", "mount_requirement:SOME"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        let annotations = [("flyte.secrets/s0".to_owned(), "!".to_owned())].into();
        assert!(asked(&annotations).is_err());
    }
}
