//! Under which key a task's outputs are kept: byte for byte Flyte's.
//!
//! The dataset is the task's name, its cache version and its interface; the tag is its inputs. Texts
//! for people, such as descriptions, are not part of either.

use aileron_idl::core::literal::Value;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{
    Literal, LiteralCollection, LiteralMap, LiteralType, TaskExecutionIdentifier, TaskTemplate, VariableMap,
};
use aileron_idl::datacatalog::DatasetId;
use aileron_idl::json::{JsonError, Style, to_value};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::{Message, Name};
use sha2::{Digest, Sha256};

use super::object_hash;

/// How many letters of an interface's hash are part of a version.
const SIGNATURE: usize = 8;
/// The annotation whose author wants it to be part of the key.
const KEY_ANNOTATION: &str = "cache-key-metadata";

/// Where an entry lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The dataset.
    pub dataset: DatasetId,
    /// The tag in it.
    pub tag: String,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Without a version nobody can say that old outputs are no longer good.
    #[error("the task has no cache version; give it one")]
    NoVersion,
    /// The task has no name.
    #[error("the task has no id")]
    NoTask,
    /// A message has no JSON form, such as a time outside of what a calendar has.
    #[error("the task's interface or inputs have no canonical form: {0}")]
    Form(#[from] JsonError),
}

/// The key of a task's outputs for some inputs.
pub fn of(task: &TaskTemplate, version: &str, inputs: &LiteralMap) -> Result<Key, KeyError> {
    let id = task.id.as_ref().ok_or(KeyError::NoTask)?;
    let version = version.trim_matches(' ');
    if version.is_empty() {
        return Err(KeyError::NoVersion);
    }
    let interface = task.interface.clone().unwrap_or_default();
    let (takes, gives) = (signature(interface.inputs)?, signature(interface.outputs)?);
    let dataset = DatasetId {
        project: id.project.clone(),
        domain: id.domain.clone(),
        name: format!("flyte_task-{}", id.name),
        version: format!("{version}-{takes}-{gives}"),
        ..DatasetId::default()
    };
    let ignored = task.metadata.as_ref().map_or(&[][..], |metadata| &metadata.cache_ignore_input_vars);
    Ok(Key { dataset, tag: format!("flyte_cached-{}", inputs_hash(inputs, ignored)?) })
}

/// A task whose interface is that of an array, as it is for one item: lists become what they hold, but for
/// the inputs that every item gets whole.
pub fn of_one_item(task: &TaskTemplate, bound: &[String]) -> TaskTemplate {
    let mut task = task.clone();
    let interface = task.interface.get_or_insert_default();
    let inputs = interface.inputs.iter_mut().flat_map(|inputs| &mut inputs.variables);
    let outputs = interface.outputs.iter_mut().flat_map(|outputs| &mut outputs.variables);
    for (_, variable) in inputs.filter(|(name, _)| !bound.contains(name)).chain(outputs) {
        if let Some(Type::CollectionType(inner)) = variable.r#type.as_ref().and_then(|of| of.r#type.clone()) {
            variable.r#type = Some(*inner);
        }
    }
    task
}

/// The id of the artifact that an attempt makes under a key: a UUID that follows from both.
pub fn artifact_id(key: &Key, maker: &TaskExecutionIdentifier) -> String {
    let mut hash = Sha256::new();
    hash.update(key.dataset.encode_length_delimited_to_vec());
    hash.update(key.tag.as_bytes());
    hash.update(maker.encode_to_vec());
    let hash = hash.finalize().into_iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("{}-{}-8{}-8{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

fn signature(variables: Option<VariableMap>) -> Result<String, KeyError> {
    let mut variables = variables.unwrap_or_default();
    for variable in variables.variables.values_mut() {
        variable.description.clear();
        variable.r#type.as_mut().map(strip).unwrap_or_default();
    }
    Ok(hash(&variables)?[..SIGNATURE].to_owned())
}

fn inputs_hash(inputs: &LiteralMap, ignored: &[String]) -> Result<String, KeyError> {
    let counts = |(name, _): &(&String, &Literal)| !ignored.contains(name);
    let literals = inputs.literals.iter().filter(counts);
    hash(&LiteralMap { literals: literals.map(|(name, value)| (name.clone(), stand_in(value))).collect() })
}

fn hash<M: Message + Name>(message: &M) -> Result<String, KeyError> {
    Ok(URL_SAFE_NO_PAD.encode(object_hash::of(&to_value(message, Style::Compact)?)))
}

/// A literal whose author gave it a hash stands for that; the rest stands for itself.
fn stand_in(literal: &Literal) -> Literal {
    if !literal.hash.is_empty() {
        return Literal { hash: literal.hash.clone(), ..Literal::default() };
    }
    let value = match &literal.value {
        Some(Value::Collection(items)) => {
            let literals = items.literals.iter().map(stand_in).collect();
            Value::Collection(LiteralCollection { literals })
        }
        Some(Value::Map(entries)) => {
            let literals =
                entries.literals.iter().map(|(key, value)| (key.clone(), stand_in(value))).collect();
            Value::Map(LiteralMap { literals })
        }
        _ => return literal.clone(),
    };
    Literal { value: Some(value), ..Literal::default() }
}

/// Takes what does not bear on compatibility out of a type, and out of the types inside of it.
fn strip(of: &mut LiteralType) {
    of.metadata = None;
    let kept = |annotation: &aileron_idl::core::TypeAnnotation| {
        annotation.annotations.as_ref().is_some_and(|known| known.fields.contains_key(KEY_ANNOTATION))
    };
    of.annotation = of.annotation.take().filter(kept);
    if let Some(structure) = &mut of.structure {
        structure.dataclass_type.values_mut().for_each(strip);
    }
    match &mut of.r#type {
        Some(Type::UnionType(union)) => union.variants.iter_mut().for_each(strip),
        Some(Type::MapValueType(inner) | Type::CollectionType(inner)) => strip(inner),
        Some(Type::StructuredDatasetType(table)) => {
            table.columns.iter_mut().filter_map(|column| column.literal_type.as_mut()).for_each(strip);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{Identifier, TaskMetadata, TypedInterface};
    use aileron_idl::json;

    use super::*;

    fn read<M: Message + Name + Default>(text: &str) -> M {
        json::from_slice(text.as_bytes()).unwrap()
    }

    /// Hashes as Flyte v1.16.8's own libraries compute them.
    #[test]
    fn hashes_are_flytes() {
        for (text, expected) in [
            ("{}", "GKw-c0PwFokMUQ6T-TUmEWnZ4_VlQ2Qpgw-vCTT0-OQ"),
            (
                r#"{"literals":{"a":{"scalar":{"primitive":{"integer":"1"}}}}}"#,
                "DNhkpTTPC5YDtRGb4yT-PFxgMSgHzHrKAQKgQGEfGRY",
            ),
            (
                r#"{"literals":{"a":{"scalar":{"primitive":{"floatValue":1.5}}}}}"#,
                "w8eg1fmtybp7pl5iXcJof1ISDd1QDBAWKEIJHo7YYmA",
            ),
            (r#"{"literals":{"df":{"hash":"abc"}}}"#, "eUVDeAH5Sh2qaFKfOewkB-ErQfgbN58ONscEmkECgAw"),
        ] {
            assert_eq!(inputs_hash(&read(text), &[]).unwrap(), expected, "{text}");
        }
        for (text, expected) in [
            (
                r#"{"variables":{"a":{"type":{"simple":"INTEGER"}}}}"#,
                "rJudYX8lNl9vNQAFoGo-QOXmgmx6kTGmHSLawrwhbv0",
            ),
            (
                r#"{"variables":{"o0":{"type":{"simple":"STRING"}}}}"#,
                "zCZxwZgsffHeyr8BGuh6VSxRckuxt0wOJtW1xIu46Y4",
            ),
        ] {
            assert_eq!(hash(&read::<VariableMap>(text)).unwrap(), expected, "{text}");
        }
    }

    fn task(takes: &str, gives: &str, ignored: &[&str]) -> TaskTemplate {
        let id = Identifier {
            project: "flytesnacks".into(),
            domain: "development".into(),
            name: "programs.remembered".into(),
            ..Default::default()
        };
        let cache_ignore_input_vars = ignored.iter().map(|name| (*name).to_owned()).collect();
        TaskTemplate {
            id: Some(id),
            interface: Some(TypedInterface { inputs: Some(read(takes)), outputs: Some(read(gives)) }),
            metadata: Some(TaskMetadata { cache_ignore_input_vars, ..Default::default() }),
            ..Default::default()
        }
    }

    const INTEGER: &str = r#"{"variables":{"a":{"type":{"simple":"INTEGER"}}}}"#;
    const INTEGER_OUT: &str = r#"{"variables":{"o0":{"type":{"simple":"INTEGER"}}}}"#;
    const NINE: &str = r#"{"literals":{"a":{"scalar":{"primitive":{"integer":"9"}}}}}"#;

    /// As recorded from Flyte v1.16.8.
    #[test]
    fn a_key_is_flytes() {
        let key = of(&task(INTEGER, INTEGER_OUT, &[]), " 1.0 ", &read(NINE)).unwrap();
        assert_eq!(key.dataset.name, "flyte_task-programs.remembered");
        assert_eq!(key.dataset.version, "1.0-rJudYX8l-PmK8qF6C");
        assert_eq!(key.tag, "flyte_cached-JOYaPYTL0-HJ9fMTfJWHxqrXwI5XpQXIOoP5eplWMIk");
    }

    #[test]
    fn what_is_only_for_people_is_not_part_of_a_key() {
        let told = r#"{"variables":{"a":{"type":{"simple":"INTEGER","metadata":{"x":1},
            "annotation":{"annotations":{"y":2}}},"description":"a number"}}}"#;
        let plain = of(&task(INTEGER, INTEGER_OUT, &[]), "1", &read(NINE)).unwrap();
        assert_eq!(of(&task(told, INTEGER_OUT, &[]), "1", &read(NINE)).unwrap(), plain);
        let wanted = told.replace("\"y\"", "\"cache-key-metadata\"");
        assert_ne!(of(&task(&wanted, INTEGER_OUT, &[]), "1", &read(NINE)).unwrap(), plain);
    }

    #[test]
    fn ignored_inputs_are_not_part_of_a_key() {
        let two = r#"{"literals":{"a":{"scalar":{"primitive":{"integer":"9"}}},"seed":{"hash":"x"}}}"#;
        let ignoring = of(&task(INTEGER, INTEGER_OUT, &["seed"]), "1", &read(two)).unwrap();
        assert_eq!(ignoring.tag, of(&task(INTEGER, INTEGER_OUT, &[]), "1", &read(NINE)).unwrap().tag);
        let heeding = of(&task(INTEGER, INTEGER_OUT, &[]), "1", &read(two)).unwrap();
        assert_ne!(heeding.tag, ignoring.tag);
    }

    #[test]
    fn a_hash_stands_for_its_literal_at_any_depth() {
        let of_list = |inner: &str| {
            let text = format!(r#"{{"literals":{{"a":{{"collection":{{"literals":[{inner}]}}}}}}}}"#);
            inputs_hash(&read(&text), &[]).unwrap()
        };
        let one = of_list(r#"{"scalar":{"blob":{"uri":"s3://one"}},"hash":"h"}"#);
        assert_eq!(one, of_list(r#"{"scalar":{"blob":{"uri":"s3://two"}},"hash":"h"}"#));
        assert_ne!(one, of_list(r#"{"scalar":{"blob":{"uri":"s3://one"}}}"#));
    }

    #[test]
    fn an_item_has_the_key_of_the_task_by_itself() {
        let of_lists = |text: &str| {
            text.replace(r#"{"simple":"INTEGER"}"#, r#"{"collectionType":{"simple":"INTEGER"}}"#)
        };
        let wrapped = task(&of_lists(INTEGER), &of_lists(INTEGER_OUT), &[]);
        let item = of(&of_one_item(&wrapped, &[]), "1", &read(NINE)).unwrap();
        assert_eq!(item, of(&task(INTEGER, INTEGER_OUT, &[]), "1", &read(NINE)).unwrap());
        let bound = of(&of_one_item(&wrapped, &["a".to_owned()]), "1", &read(NINE)).unwrap();
        assert_ne!(bound, item);
    }

    #[test]
    fn a_task_without_a_version_has_no_key() {
        let refused = of(&task(INTEGER, INTEGER_OUT, &[]), "  ", &read(NINE));
        assert!(matches!(refused, Err(KeyError::NoVersion)));
    }
}
