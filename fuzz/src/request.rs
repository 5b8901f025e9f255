//! Any REST request is a message or is refused for what the caller did; and a message is written as JSON
//! that reads as the same message.

use aileron_idl::json::{Style, Unknown};
use aileron_idl::reflect;
use aileron_server::fuzzing;
use prost_reflect::{DynamicMessage, ReflectMessage};

/// Checks a request: its verb and address on the first line, its body behind it.
pub fn check(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let Ok(line) = std::str::from_utf8(&data[..end]) else { return };
    let body = data.get(end + 1..).unwrap_or_default();
    let (verb, address) = line.split_once(' ').unwrap_or(("GET", line));
    match fuzzing::request(verb, address, body) {
        Some(Ok(message)) => comes_back(&message),
        Some(Err(status)) => assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status:?}"),
        None => {}
    }
}

fn comes_back(message: &DynamicMessage) {
    for style in [Style::Compact, Style::Camel, Style::Snake] {
        let Ok(value) = reflect::write(message, style) else { continue };
        let again = reflect::read(message.descriptor(), value.to_string().as_bytes(), Unknown::Refused);
        let again = again.unwrap_or_else(|error| panic!("{value}: {error}"));
        // As JSON, for a field that was set to what it is anyway is the same as one that was not.
        let again = reflect::write(&again, style).unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(again, value);
    }
}
