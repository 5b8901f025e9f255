//! The part of an address after its `?`: what a page shows, so that a reload or a shared link shows the same.

use std::fmt;

/// Names and values in order; a name occurs once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=x%20y`, with or without its `?`. Of a name that is given twice the last value counts.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let text = text.strip_prefix('?').unwrap_or(text);
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            query.set(&decode(name), Some(decode(value)));
        }
        query
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// True for a name that is there as `1`.
    pub fn has(&self, name: &str) -> bool {
        self.get(name) == Some("1")
    }

    /// Gives a name a value, or takes it away.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        match (self.0.iter().position(|(key, _)| key == name), value) {
            (Some(at), Some(value)) => self.0[at].1 = value,
            (Some(at), None) => drop(self.0.remove(at)),
            (None, Some(value)) => self.0.push((name.to_owned(), value)),
            (None, None) => {}
        }
    }

    /// The same with a value for a name; an empty value takes it away.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        self.set(name, (!value.is_empty()).then_some(value));
        self
    }
}

/// Empty, or with its `?`.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.0.iter().enumerate() {
            let mark = if at == 0 { '?' } else { '&' };
            write!(f, "{mark}{}={}", encode(name), encode(value))?;
        }
        Ok(())
    }
}

/// A part of an address: everything but letters, digits and `-._~` escaped.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Undoes [`encode`]; a `+` is a space. What is no escape stays as it is.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| tail.get(..2)).flatten().and_then(hexadecimal);
        bytes.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let query = Query::default().with("q", "a b&c=d/é+1").with("sort", "-started").with("tab", "");
        let text = query.to_string();
        assert_eq!(text, "?q=a%20b%26c%3Dd%2F%C3%A9%2B1&sort=-started");
        assert_eq!(Query::parse(&text), query);
    }

    #[test]
    fn odd_texts_are_read_as_well_as_they_can_be() {
        let query = Query::parse("?a&b=1&b=2&c=%zz+%4");
        assert_eq!((query.get("a"), query.get("b"), query.get("c")), (Some(""), Some("2"), Some("%zz %4")));
        assert_eq!(Query::parse("?"), Query::default());
    }

    #[test]
    fn a_name_without_a_value_is_gone() {
        let mut query = Query::parse("a=1&b=2");
        query.set("a", None);
        assert_eq!(query.to_string(), "?b=2");
    }
}
