//! Errors that travel as values.

use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Error, Literal};
use serde_json::{Value as Json, json};

use super::object::{required, texts};
use super::primitive::scalar;
use super::reader::{Read, Reader};

pub(super) fn read(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    let (message, node) = match value {
        Json::String(message) => (message.as_str(), None),
        Json::Object(fields) => {
            let [message, node] = texts(reader, ["message", "failed_node_id"], fields)?;
            (required(reader, "message", message)?, node)
        }
        _ => return Err(vec![reader.mismatch("an error", value).hint("give its message as a text")]),
    };
    let failed_node_id = node.unwrap_or_default().to_owned();
    Ok(scalar(ScalarValue::Error(Error { failed_node_id, message: message.to_owned() })))
}

pub(super) fn write(error: &Error) -> Json {
    match error.failed_node_id.as_str() {
        "" => error.message.as_str().into(),
        node => json!({ "message": error.message, "failed_node_id": node }),
    }
}
