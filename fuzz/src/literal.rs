//! Any text read as a value of any type gives a literal that fits and comes back from what is written of it,
//! or findings that each say how to mend it; any literal is written, whatever type it is said to be of.

use aileron_compiler::Diagnostic;
use aileron_compiler::types::{describe, fits};
use aileron_compiler::values::{from_json, from_text, from_yaml, parse_json, parse_yaml, to_json, to_text};
use aileron_idl::core::{Literal, LiteralType};
use prost::Message;

/// Most findings of one conversion.
const MOST_FINDINGS: usize = 100;

/// A type, a text for it, and a literal.
#[derive(Clone, PartialEq, Message)]
pub struct Case {
    /// The type.
    #[prost(message, optional, tag = "1")]
    pub declared: Option<LiteralType>,
    /// JSON, YAML, or what is typed into a field.
    #[prost(string, tag = "2")]
    pub text: String,
    /// Any literal.
    #[prost(message, optional, tag = "3")]
    pub literal: Option<Literal>,
}

/// Checks one [`Case`].
pub fn check(data: &[u8]) {
    let Ok(Case { declared, text, literal }) = Case::decode(data) else { return };
    let declared = declared.unwrap_or_default();
    read(&declared, from_text(&declared, &text));
    read(&declared, from_yaml(&declared, &text));
    if let Ok(value) = parse_json(&text) {
        assert_eq!(parse_json(&value.to_string()).as_ref(), Ok(&value), "JSON changes when written");
        read(&declared, from_json(&declared, &value));
    }
    let _ = parse_yaml(&text);
    if let Some(literal) = literal {
        let (json, text) = (to_json(&declared, &literal), to_text(&declared, &literal));
        read(&declared, from_json(&declared, &json));
        read(&declared, from_text(&declared, &text));
    }
}

fn read(declared: &LiteralType, outcome: Result<Literal, Vec<Diagnostic>>) {
    match outcome {
        Ok(literal) => comes_back(declared, &literal),
        Err(findings) => {
            assert!(!findings.is_empty() && findings.len() <= MOST_FINDINGS, "{} findings", findings.len());
            for found in findings {
                assert!(found.hint.is_some_and(|hint| !hint.is_empty()), "no hint: {}", found.message);
            }
        }
    }
}

/// What was read is written as something that reads as the same.
fn comes_back(declared: &LiteralType, literal: &Literal) {
    assert!(fits(literal, declared), "{literal:?} is no {}", describe(declared));
    let json = to_json(declared, literal);
    let again = from_json(declared, &json).unwrap_or_else(|found| panic!("{json}: {found:?}"));
    assert_eq!(again.encode_to_vec(), literal.encode_to_vec(), "{json}");
    let text = to_text(declared, literal);
    let again = from_text(declared, &text).unwrap_or_else(|found| panic!("{text}: {found:?}"));
    assert_eq!(again.encode_to_vec(), literal.encode_to_vec(), "{text}");
}
