//! MessagePack, as flytekit packs dataclasses: the smallest form of each number, 64-bit floats.

use rmpv::Value as Packed;
use serde_json::Value as Json;

use super::{binary, primitive};
use crate::types::DEPTH_LIMIT;

/// The tag of a binary that holds MessagePack.
pub(super) const TAG: &str = "msgpack";

pub(super) fn encode(value: &Packed) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = rmpv::encode::write_value(&mut bytes, value);
    bytes
}

/// The value in `bytes`; `None` when they are not exactly one, or one nested too deep.
pub(super) fn decode(mut bytes: &[u8]) -> Option<Json> {
    let value = rmpv::decode::read_value_with_max_depth(&mut bytes, DEPTH_LIMIT).ok()?;
    bytes.is_empty().then(|| json(value))
}

/// As deep as what was decoded, so no deeper than the limit.
fn json(value: Packed) -> Json {
    match value {
        Packed::Nil => Json::Null,
        Packed::Boolean(truth) => truth.into(),
        Packed::Integer(number) => integer(number),
        Packed::F32(number) => primitive::write_float(number.into()),
        Packed::F64(number) => primitive::write_float(number),
        Packed::String(text) => String::from_utf8_lossy(text.as_bytes()).into(),
        Packed::Binary(bytes) | Packed::Ext(_, bytes) => binary::text(&bytes).into(),
        Packed::Array(items) => items.into_iter().map(json).collect(),
        Packed::Map(entries) => {
            entries.into_iter().map(|(key, value)| (key_text(key), json(value))).collect()
        }
    }
}

fn integer(number: rmpv::Integer) -> Json {
    let signed = number.as_i64().map(Json::from);
    signed.or_else(|| number.as_u64().map(Json::from)).unwrap_or(Json::Null)
}

/// A key as JSON has them; `1` and `"1"` become the same.
fn key_text(key: Packed) -> String {
    match json(key) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}
