//! Whatever somebody sends who is not known yet leads to our own pages or to their own machine, and is told in few words.

use aileron_server::fuzzing;

/// Checks a text as everything that is read before anybody is known: where a browser is to be led, where a code is to be
/// sent, a token, cookies.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(page) = fuzzing::led_to(text) {
        let plain = page.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        assert!(plain && page.starts_with('/') && !page.starts_with("//"), "{page:?}");
        assert_eq!(fuzzing::led_to(&page).as_deref(), Some(page.as_str()), "led on elsewhere");
    }
    if fuzzing::takes_code(text) {
        let lower = text.to_ascii_lowercase();
        assert!(lower.starts_with("http:") && text.is_ascii() && !text.contains(['?', '#', '@']), "{text:?}");
    }
    match fuzzing::token_head(text) {
        Ok(key) => assert!(!key.is_empty() && key.len() <= 256, "{key:?}"),
        Err(told) => assert!(!told.is_empty() && told.len() < 200, "{told}"),
    }
    if let Some(value) = fuzzing::cookie(text, "session") {
        assert!(!value.is_empty() && !value.contains(';') && text.contains(&value), "{value:?}");
    }
}
