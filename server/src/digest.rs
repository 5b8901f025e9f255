//! What makes two registered entities the same, and how they differ when they do.

use aileron_idl::json::{Style, to_value};
use prost::{Message, Name};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Most changes in a summary.
const MAX_CHANGES: usize = 20;
/// Longest value shown in a summary, in characters.
const MAX_VALUE: usize = 120;

/// The digest of messages: of their encodings, which ordered maps make canonical.
pub(crate) fn of<'a, M: Message + 'a>(messages: impl IntoIterator<Item = &'a M>) -> Vec<u8> {
    let mut hash = Sha256::new();
    for message in messages {
        // The length keeps two messages apart from one that is both.
        hash.update(message.encode_length_delimited_to_vec());
    }
    hash.finalize().to_vec()
}

/// The changes from one message to another, a line each: path, old and new value.
pub(crate) fn difference<M: Message + Name>(old: &M, new: &M) -> String {
    let (Ok(old), Ok(new)) = (to_value(old, Style::Compact), to_value(new, Style::Compact)) else {
        return "the structures cannot be shown".to_owned();
    };
    let mut changes = Vec::new();
    compare("", Some(&old), Some(&new), &mut changes);
    let hidden = changes.len().saturating_sub(MAX_CHANGES);
    changes.truncate(MAX_CHANGES);
    if hidden > 0 {
        changes.push(format!("... and {hidden} more changes"));
    }
    changes.join("\n")
}

/// Depth is bounded: messages decode to a hundred levels at most.
fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<String>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for key in keys {
                compare(&format!("{path}/{key}"), old.get(key), new.get(key), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(&format!("{path}/{index}"), old.get(index), new.get(index), changes);
            }
        }
        (old, new) => changes.push(format!("{path}: {} -> {}", shown(old), shown(new))),
    }
}

fn shown(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "(absent)".to_owned(), Value::to_string);
    match text.char_indices().nth(MAX_VALUE) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::core::{Container, TaskTemplate, task_template::Target};

    fn task(image: &str, args: &[&str]) -> TaskTemplate {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let container = Container { image: image.into(), args, ..Default::default() };
        TaskTemplate { target: Some(Target::Container(container)), ..Default::default() }
    }

    #[test]
    fn a_difference_names_the_place_and_both_values() {
        let (old, new) = (task("a:1", &["x"]), task("a:2", &["x", "y"]));
        assert_ne!(of([&old]), of([&new]));
        assert_eq!(
            difference(&old, &new),
            "/container/args/1: (absent) -> \"y\"\n/container/image: \"a:1\" -> \"a:2\""
        );
        assert_eq!(difference(&old, &old), "");
    }

    #[test]
    fn a_long_difference_is_shortened() {
        let many: Vec<String> = (0..100).map(|i| i.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let text = difference(&task("a", &["x"]), &task("a", &many));
        assert!(text.ends_with("... and 80 more changes"), "{text}");
    }
}
