//! Every file of the integration tests is named in their `main.rs`; cargo forgets the others silently.

use super::{Complaint, Source};

const FOLDER: &str = "tests/it/";

pub(super) fn check(sources: &[Source]) -> Vec<Complaint> {
    let main = sources.iter().find(|source| source.path == format!("{FOLDER}main.rs"));
    let listed = main.map_or("", |main| main.text.as_str());
    let areas = sources.iter().filter_map(|source| {
        let name = source.path.strip_prefix(FOLDER)?.strip_suffix(".rs")?;
        (name != "main" && !name.contains('/')).then_some((source, name))
    });
    areas
        .filter(|(_, name)| !listed.lines().any(|line| line == format!("mod {name};")))
        .map(|(source, name)| {
            source.complaint(1, format!("never runs: add `mod {name};` to {FOLDER}main.rs"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    #[test]
    fn a_forgotten_file_is_named() {
        let sources = [
            source("tests/it/main.rs", "mod a;\n"),
            source("tests/it/a.rs", ""),
            source("tests/it/b.rs", ""),
        ];
        let found = check(&sources);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("mod b;"), "{found:?}");
    }
}
