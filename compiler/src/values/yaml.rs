//! YAML text to a JSON value.

use serde_json::{Number, Value as Json};
use serde_yaml_ng::Value as Yaml;

use super::primitive::write_float;
use super::{TEXT_LIMIT, document};
use crate::diagnostic::{Code, Diagnostic, Location};

/// The value of a YAML document of at most [`TEXT_LIMIT`] bytes, nested at most 127 levels deep.
///
/// Keys that are numbers or truth values become texts, `.nan` and `.inf` the texts that a float takes.
///
/// # Errors
/// The text is no YAML, is too long or too deep, gives a key twice, or has tags or keys that are no scalars.
pub fn parse_yaml(text: &str) -> Result<Json, Diagnostic> {
    if text.len() > TEXT_LIMIT {
        return Err(document::too_long(text).0);
    }
    let value = serde_yaml_ng::from_str(text);
    json(value.map_err(|error| refused(format!("the text is not YAML: {error}")))?)
}

fn refused(message: String) -> Diagnostic {
    Diagnostic::error(Code::SyntaxError, Location::whole(), message)
        .hint("write `name: value` lines, lists as `- item` lines, and texts with : or # in quotes")
}

/// No deeper than the parser's limit.
fn json(value: Yaml) -> Result<Json, Diagnostic> {
    match value {
        Yaml::Null => Ok(Json::Null),
        Yaml::Bool(truth) => Ok(truth.into()),
        Yaml::Number(found) => Ok(number(&found)),
        Yaml::String(text) => Ok(text.into()),
        Yaml::Sequence(items) => items.into_iter().map(json).collect(),
        Yaml::Mapping(entries) => {
            entries.into_iter().map(|(name, value)| Ok((key(name)?, json(value)?))).collect()
        }
        Yaml::Tagged(tagged) => Err(refused(format!("the tag {} says nothing here", tagged.tag))),
    }
}

fn number(found: &serde_yaml_ng::Number) -> Json {
    let whole = found.as_i64().map(Number::from).or_else(|| found.as_u64().map(Number::from));
    whole.map_or_else(|| write_float(found.as_f64().unwrap_or(f64::NAN)), Json::Number)
}

fn key(name: Yaml) -> Result<String, Diagnostic> {
    match name {
        Yaml::String(text) => Ok(text),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(truth) => Ok(truth.to_string()),
        _ => Err(refused("a key is neither a text nor a number".to_owned())),
    }
}
