//! Any token leads on in its own list or is refused; nothing of it gets into SQL.

use aileron_server::fuzzing;

/// Checks a token of each list: text as it is, and as what tokens are made of.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (sort, token) = text.split_once('\n').unwrap_or(("", text));
    for token in [token.to_owned(), fuzzing::token(token)] {
        match fuzzing::page(&token, sort) {
            Ok(sql) => no_text_of(&sql),
            Err(error) => assert!(error.to_string().len() <= text.len() + 600, "{error}"),
        }
    }
}

/// Every value is a parameter, so that SQL has no quoted texts and no numbers of its own, and the quotes
/// of names come in pairs.
pub(crate) fn no_text_of(sql: &str) {
    let known = |letter: char| letter.is_ascii_alphanumeric() || " _.,()<>=!?*\"$'%\\".contains(letter);
    assert!(sql.chars().all(known), "{sql}");
    assert!(!sql.contains("--") && sql.matches('"').count().is_multiple_of(2), "{sql}");
}
