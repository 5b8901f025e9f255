//! Values as people and programs write them (JSON, YAML, command-line text), and literals.
//!
//! | type | JSON | text, where it differs |
//! |---|---|---|
//! | integer | a number; `1.0` is taken, `"1"` and `1.5` are not | `12` |
//! | float | a number, or `"NaN"`, `"Infinity"`, `"-Infinity"` | `1e-3`, `nan`, `inf` |
//! | boolean | `true`, `false` | also `yes`/`no`, `on`/`off`, `1`/`0`, `t`/`f`, `y`/`n` |
//! | string, enum | a text | without quotes |
//! | datetime | an ISO 8601 text; without an offset it is UTC | |
//! | duration | seconds, or a text: `1h30m`, `P1DT2H`, `1:30:00`, `90s` | `90` is seconds |
//! | none | `null` | `none`, `null` or nothing |
//! | collection, map | an array, an object | JSON |
//! | dataclass, dict | an object, judged by the type's JSON schema | JSON |
//! | union | the variant's own form, or `{"type": "int", "value": 1}` to say which | |
//! | blob, schema, structured dataset | a URI, or an object with `uri` | |
//! | binary | base64, or `{"value": base64, "tag": text}` | |
//! | error | a text, or `{"message": text, "failed_node_id": text}` | |
//!
//! What [`to_json`] writes reads as the same literal, except for what JSON cannot tell: a literal's hash and
//! metadata, columns of a dataset other than the declared, and in dicts without a schema keys that are no
//! texts, bytes, and the floats without a number.
//!
//! A literal that lies elsewhere is written as `{"offloaded": uri, "size_bytes": n}` and cannot be read back.
//!
//! Start reading at [`read::literal`]; each family of types is one file with its `read` and its `write`.
//! Nothing is looked up: a file's URI is taken as it is, and `now` is not a datetime here.

mod binary;
mod choice;
mod dataclass;
mod datetime;
mod document;
mod duration;
mod error;
mod inputs;
mod json_schema;
mod msgpack;
mod nested;
mod object;
mod primitive;
mod read;
mod reader;
mod stored;
mod text;
mod union;
mod write;
mod yaml;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use aileron_idl::core::{Literal, LiteralType};
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Location};
use reader::Budget;

pub use document::parse_json;
pub use inputs::{Declared, inputs_from_json, inputs_from_text, inputs_from_yaml, inputs_to_json};
pub use text::to_text;
pub use write::to_json;
pub use yaml::parse_yaml;

/// The longest text that is read, in bytes.
pub const TEXT_LIMIT: usize = 16 << 20;
/// Most values that one conversion looks at, counting one again for each variant of a union tried on it.
pub const VALUES_LIMIT: usize = 1_000_000;

/// The literal of a JSON value.
///
/// # Errors
/// Every finding, at most 100, each with the path into the value; the location has no variable.
pub fn from_json(declared: &LiteralType, value: &Json) -> Result<Literal, Vec<Diagnostic>> {
    let (place, budget) = (Location::whole(), Budget::new());
    budget.settle(read::literal(&budget.reader(&place), declared, value))
}

/// The literal of a YAML document.
///
/// # Errors
/// As [`from_json`], and when the text is no YAML, has tags, or keys that are no scalars.
pub fn from_yaml(declared: &LiteralType, text: &str) -> Result<Literal, Vec<Diagnostic>> {
    from_json(declared, &parse_yaml(text).map_err(|finding| vec![finding])?)
}

/// The literal of what a user types for one input, on a command line or in a field.
///
/// Of a union, the variants that are no strings are tried first: `12` for `int | str` is the integer, and
/// `none` for an optional string is no value. `{"type": "str", "value": "12"}` says otherwise.
///
/// # Errors
/// As [`from_json`], and when the text does not parse.
pub fn from_text(declared: &LiteralType, text: &str) -> Result<Literal, Vec<Diagnostic>> {
    let (place, budget) = (Location::whole(), Budget::new());
    budget.settle(text::literal(&budget.reader(&place), declared, text))
}
