//! Any filter is SQL that has nothing of the filter's text in it, or is refused by a message that is not
//! longer than a reader wants.

use aileron_server::fuzzing;

use crate::token::no_text_of;

/// Checks the text of one filter.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match fuzzing::filter(text) {
        Ok(sql) => no_text_of(&sql),
        Err(error) => assert!(error.to_string().len() <= text.len() + 300, "{error}"),
    }
}
