//! What was typed into the form, in other words: as JSON, as YAML and as a command. All are views of the same texts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Group;
use crate::model::command::quoted;

/// Texts by the names of inputs.
pub type Typed = BTreeMap<String, String>;

/// As one JSON object, indented: a text that is JSON counts as that, any other as a string.
pub fn json(typed: &Typed) -> String {
    let object: Map<String, Value> = typed.iter().map(|(name, text)| (name.clone(), value(text))).collect();
    serde_json::to_string_pretty(&object).unwrap_or_default()
}

/// As YAML, a line an input: its flow style is JSON.
pub fn yaml(typed: &Typed) -> String {
    typed.iter().map(|(name, text)| format!("{}: {}\n", Value::from(name.as_str()), value(text))).collect()
}

/// As a command that launches what is registered under a name.
pub fn command(group: Group, name: &str, version: &str, typed: &Typed) -> String {
    let kind = if group == Group::Tasks { "remote-task" } else { "remote-launchplan" };
    let what = if version.is_empty() { name.to_owned() } else { format!("{name}:{version}") };
    let inputs = typed.iter().map(|(name, text)| format!(" \\\n  --{name} {}", quoted(text)));
    format!("pyflyte run {kind} {}{}", quoted(&what), inputs.collect::<String>())
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        [("count", "3"), ("item", "red apple"), ("list", "[1, 2]")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into()
    }

    #[test]
    fn each_view_says_the_same() {
        let read: Map<String, Value> = serde_json::from_str(&json(&typed())).expect("it is JSON");
        assert_eq!(read["count"], 3);
        assert_eq!(yaml(&typed()), "\"count\": 3\n\"item\": \"red apple\"\n\"list\": [1,2]\n");
        assert_eq!(
            command(Group::Tasks, "shop.price", "v1", &typed()),
            "pyflyte run remote-task shop.price:v1 \\\n  --count 3 \\\n  --item 'red apple' \\\n  --list '[1, 2]'"
        );
        assert_eq!(
            command(Group::Workflows, "shop.order", "", &Typed::new()),
            "pyflyte run remote-launchplan shop.order"
        );
    }
}
