//! Bytes, as base64.

use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Binary, Literal};
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use serde_json::{Value as Json, json};

use super::msgpack;
use super::object::{required, texts};
use super::primitive::scalar;
use super::reader::{Read, Reader, Step};
use crate::diagnostic::{Code, Diagnostic};

/// The standard alphabet; `=` at the end may be missing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn read(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    let (value, tag) = match value {
        Json::String(text) => (bytes(reader, text)?, ""),
        Json::Object(fields) => {
            let [text, tag] = texts(reader, ["value", "tag"], fields)?;
            let text = required(reader, "value", text)?;
            if tag == Some(msgpack::TAG) {
                return Err(vec![a_struct(reader)]);
            }
            (bytes(&reader.inside(Step::Key("value")), text)?, tag.unwrap_or_default())
        }
        _ => return Err(vec![reader.mismatch("base64", value).hint("write bytes as a text in base64")]),
    };
    Ok(scalar(ScalarValue::Binary(Binary { value, tag: tag.to_owned() })))
}

/// With this tag bytes are a value of another type, whatever they are declared as.
fn a_struct(reader: &Reader<'_>) -> Diagnostic {
    let tag = msgpack::TAG;
    let finding = reader.inside(Step::Key("tag")).finding(
        Code::MismatchingTypes,
        format!("bytes with the tag {tag} are a value of a dataclass or dict"),
    );
    finding.got(tag).hint("leave the tag out, or give them another")
}

pub(super) fn bytes(reader: &Reader<'_>, text: &str) -> Read<Vec<u8>> {
    let decoded = LENIENT.decode(text.trim_end());
    decoded.map_err(|_| vec![reader.syntax("base64", text).hint("it has letters, digits, + and / alone")])
}

pub(super) fn write(binary: &Binary) -> Json {
    let value = text(&binary.value);
    if binary.tag.is_empty() { value.into() } else { json!({ "value": value, "tag": binary.tag }) }
}

pub(super) fn text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
