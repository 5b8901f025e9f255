//! Every code with which an execution may fail is explained in `docs/failures.md`.

use super::{Complaint, Source};

const PAGE: &str = "docs/failures.md";
/// Where failures are made.
const FOLDERS: [&str; 4] =
    ["engine/src/", "propeller/src/", "aileron/src/kubernetes/", "server/src/launcher.rs"];
/// What a code stands behind there.
const BEFORE: [&str; 8] = [
    "Failure::permanent(\"",
    "Failure::system(\"",
    "user_permanent(\"",
    "refused(\"",
    "failed(\"",
    "user(\"",
    "of_user(\"",
    "code: \"",
];

pub(super) fn check(sources: &[Source]) -> Vec<Complaint> {
    let page = sources.iter().find(|source| source.path == PAGE).map_or("", |source| source.text.as_str());
    let makers = sources
        .iter()
        .filter(|source| source.is_rust() && !source.path.ends_with("cases.rs"))
        .filter(|source| FOLDERS.iter().any(|folder| source.path.starts_with(folder)));
    let raised = makers.flat_map(|source| codes(&source.text).map(move |(line, code)| (source, line, code)));
    raised
        .filter(|(.., code)| !page.lines().any(|line| line.strip_prefix("### ") == Some(code)))
        .map(|(source, line, code)| {
            source.complaint(line, format!("nothing explains the code `{code}`: add `### {code}` to {PAGE}"))
        })
        .collect()
}

/// The codes that a file raises outside of its tests, each with its line.
fn codes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines.flat_map(|(number, line)| {
        BEFORE.iter().filter_map(move |before| {
            let (_, rest) = line.split_once(before)?;
            let (code, _) = rest.split_once('"')?;
            let is_code = code.len() > 2 && code.starts_with(char::is_uppercase) && !code.contains(' ');
            // What follows a bar is the cluster's own.
            is_code.then(|| (number + 1, code.split('|').next().unwrap_or(code)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    #[test]
    fn a_code_without_a_word_about_it_is_named() {
        let text = "fn f() { Failure::system(\"Told\", m); user_permanent(\"Untold\", s); }\n\
                    #[cfg(test)]\nmod tests { fn t() { Failure::system(\"Tested\", m) } }\n";
        let sources =
            [source("docs/failures.md", "# F\n\n### Told\n\nSo.\n"), source("propeller/src/a.rs", text)];
        let found = check(&sources);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.contains("`Untold`") && found[0].place.ends_with(":1"), "{found:?}");
    }
}
