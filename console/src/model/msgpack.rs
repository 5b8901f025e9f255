//! MessagePack to [`Value`]: how flytekit ships dataclasses, dictionaries and Pydantic models.
//!
//! A reader of its own, because the page needs forty lines of it and every dependency is weight.
//! It accepts all of MessagePack; extension types are shown as bytes.

use super::value::{DEPTH_LIMIT, Value};

/// The value in `bytes`, or `None` when they are not exactly one MessagePack value.
pub fn decode(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(0)?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_LIMIT {
            return None;
        }
        let marker = self.unsigned(1)? as u8;
        match marker {
            0x00..=0x7f => Some(Value::number(marker)),
            0xe0..=0xff => Some(Value::number(marker as i8)),
            0x80..=0x8f => self.map(usize::from(marker & 0x0f), depth),
            0x90..=0x9f => self.list(usize::from(marker & 0x0f), depth),
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f)),
            0xc0 => Some(Value::Nothing),
            0xc2 | 0xc3 => Some(Value::boolean(marker == 0xc3)),
            0xca | 0xcb => self.float(marker),
            0xcc..=0xcf => self.unsigned(1 << (marker - 0xcc)).map(Value::number),
            0xd0..=0xd3 => self.signed(1 << (marker - 0xd0)).map(Value::number),
            _ => self.sized(marker, depth),
        }
    }

    /// The families whose length is written after the marker, and extensions.
    fn sized(&mut self, marker: u8, depth: usize) -> Option<Value> {
        match marker {
            0xc4..=0xc6 => self.length(marker - 0xc4).and_then(|length| self.bytes(length)),
            0xc7..=0xc9 => self.length(marker - 0xc7).and_then(|length| self.bytes(length + 1)),
            0xd4..=0xd8 => self.bytes((1 << (marker - 0xd4)) + 1),
            0xd9..=0xdb => self.length(marker - 0xd9).and_then(|length| self.text(length)),
            0xdc | 0xdd => self.length(marker - 0xdc + 1).and_then(|length| self.list(length, depth)),
            0xde | 0xdf => self.length(marker - 0xde + 1).and_then(|length| self.map(length, depth)),
            _ => None,
        }
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }

    /// A length of 1, 2 or 4 bytes, for `power` 0, 1 or 2.
    fn length(&mut self, power: u8) -> Option<usize> {
        usize::try_from(self.unsigned(1 << power)?).ok()
    }

    fn unsigned(&mut self, width: usize) -> Option<u64> {
        Some(self.take(width)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn signed(&mut self, width: usize) -> Option<i64> {
        let unused = 64 - 8 * width as u32;
        Some((self.unsigned(width)? << unused) as i64 >> unused)
    }

    fn float(&mut self, marker: u8) -> Option<Value> {
        match marker {
            0xca => Some(Value::float(f64::from(f32::from_bits(self.unsigned(4)? as u32)))),
            _ => Some(Value::float(f64::from_bits(self.unsigned(8)?))),
        }
    }

    fn text(&mut self, length: usize) -> Option<Value> {
        String::from_utf8(self.take(length)?.to_vec()).ok().map(Value::Text)
    }

    fn bytes(&mut self, length: usize) -> Option<Value> {
        Some(Value::bytes(self.take(length)?, ""))
    }

    fn list(&mut self, length: usize, depth: usize) -> Option<Value> {
        (0..length).map(|_| self.value(depth + 1)).collect::<Option<_>>().map(Value::List)
    }

    fn map(&mut self, length: usize, depth: usize) -> Option<Value> {
        let entry = |_| Some((self.value(depth + 1)?.to_string(), self.value(depth + 1)?));
        (0..length).map(entry).collect::<Option<_>>().map(Value::Map)
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn check(bytes: &[u8], expect: &str) {
        let got = decode(bytes).map_or("not MessagePack".to_owned(), |value| value.to_string());
        assert_eq!(got, expect);
    }

    #[test]
    fn a_dataclass_reads_as_its_fields() {
        // {"name": "ada", "score": 0.5, "tags": ["x", None], "age": 36}
        let bytes = b"\x84\xa4name\xa3ada\xa5score\xcb\x3f\xe0\0\0\0\0\0\0\xa4tags\x92\xa1x\xc0\xa3age\x24";
        check(bytes, "{name: ada, score: 0.5, tags: [x, None], age: 36}");
    }

    #[test]
    fn integers_of_every_width_keep_their_sign() {
        check(b"\xff", "-1");
        check(b"\xd0\x80", "-128");
        check(b"\xd1\xff\x00", "-256");
        check(b"\xd3\xff\xff\xff\xff\xff\xff\xff\xfe", "-2");
        check(b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
    }

    #[test]
    fn bytes_and_extensions_are_bytes() {
        check(b"\xc4\x02\x01\xff", "2 bytes 01ff");
        check(b"\xd4\x05\xaa", "2 bytes 05aa");
    }

    #[test]
    fn what_is_cut_short_or_goes_on_is_refused() {
        check(b"\x92\x01", "not MessagePack");
        check(b"\x01\x01", "not MessagePack");
        check(b"\xdd\xff\xff\xff\xff", "not MessagePack");
        check(b"", "not MessagePack");
    }

    #[test]
    fn endless_nesting_is_refused() {
        check(&[0x91; 100_000], "not MessagePack");
    }
}
