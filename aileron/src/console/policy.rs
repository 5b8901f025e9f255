//! What the pages may do in a browser: run the scripts that they came with, and ask the server that they came from. What a
//! user's name or value may smuggle into a page runs nothing, even if the page had a gap.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Of a script that runs on its own, as a worker does.
pub(super) const OF_SCRIPTS: &str =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'";

/// Of a page. The lines that start its program stand in it, and are allowed by their hash. Styles are not held to theirs:
/// places of the drawing are attributes. A deck is shown in a frame, which the server gives a policy of its own. `is_workbench`:
/// a reader may have it fetch a file from elsewhere.
pub(super) fn of_page(page: &str, is_workbench: bool) -> String {
    let hashes: String = inline_scripts(page)
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes()))))
        .collect();
    let elsewhere = if is_workbench { " https: http:" } else { "" };
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; connect-src 'self'{elsewhere}; worker-src 'self'; manifest-src 'self'; \
         frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

/// The texts of the scripts that stand in a page.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (head, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!head.contains("src=")).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_of_what_stands_in_the_page() {
        let page = "<script type=\"module\">\nstart();\n</script><script src=\"a.js\"></script>";
        assert_eq!(inline_scripts(page).collect::<Vec<_>>(), ["\nstart();\n"]);
        // printf '\nstart();\n' | openssl dgst -sha256 -binary | base64
        assert!(
            of_page(page, false).contains(
                "'wasm-unsafe-eval' 'sha256-FflUquKLTOFZgk0+8VvCqtWVuUbHfg32FlrpTHo84aw='; style-src"
            )
        );
    }
}
