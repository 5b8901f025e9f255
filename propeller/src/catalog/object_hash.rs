//! A hash of JSON that does not depend on the order of keys: `objecthash` with its common JSON rules.
//!
//! Each value is the SHA-256 of a letter for its type and its content; containers hash the hashes of
//! their parts. All numbers are floating-point numbers.

use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

pub(super) type Hash = [u8; 32];

/// The hash of a value, which nests as deep as messages do: a hundred levels at most.
pub(super) fn of(value: &Value) -> Hash {
    match value {
        Value::Null => tagged(b'n', [b"".as_slice()]),
        Value::Bool(value) => tagged(b'b', [if *value { b"1".as_slice() } else { b"0" }]),
        Value::Number(value) => tagged(b'f', [normal_form(value.as_f64().unwrap_or(f64::NAN)).as_bytes()]),
        Value::String(value) => tagged(b'u', [value.as_bytes()]),
        Value::Array(items) => tagged(b'l', items.iter().map(of)),
        Value::Object(entries) => {
            let entry =
                |(key, value): (&String, &Value)| [tagged(b'u', [key.as_bytes()]), of(value)].concat();
            let mut entries: Vec<Vec<u8>> = entries.iter().map(entry).collect();
            entries.sort_unstable();
            tagged(b'd', entries)
        }
    }
}

fn tagged(tag: u8, parts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Hash {
    let mut hash = Sha256::new_with_prefix([tag]);
    parts.into_iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// Sign, exponent and binary digits of a number that is scaled into (0.5, 1].
fn normal_form(value: f64) -> String {
    if value == 0.0 {
        return "+0:".to_owned();
    }
    // JSON has no other numbers; these would scale for ever.
    if !value.is_finite() {
        return value.to_string();
    }
    let (mut fraction, mut exponent) = (value.abs(), 0);
    while fraction > 1.0 {
        (fraction, exponent) = (fraction / 2.0, exponent + 1);
    }
    while fraction <= 0.5 {
        (fraction, exponent) = (fraction * 2.0, exponent - 1);
    }
    let mut text = String::from(if value < 0.0 { "-" } else { "+" });
    let _infallible = write!(text, "{exponent}:");
    while fraction != 0.0 {
        let bit = fraction >= 1.0;
        text.push(if bit { '1' } else { '0' });
        fraction = (if bit { fraction - 1.0 } else { fraction }) * 2.0;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for (value, form) in
            [(0.0, "+0:"), (-0.0, "+0:"), (1.0, "+0:1"), (1.5, "+1:011"), (-3.0, "-2:011"), (0.25, "+-2:1")]
        {
            assert_eq!(normal_form(value), form, "{value}");
        }
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let read = |text| of(&serde_json::from_str(text).unwrap());
        assert_eq!(read(r#"{"a": [1, null], "b": true}"#), read(r#"{"b": true, "a": [1.0, null]}"#));
        assert_ne!(read(r#"{"a": "1"}"#), read(r#"{"a": 1}"#));
    }
}
