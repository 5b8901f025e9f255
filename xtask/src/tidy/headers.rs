//! Every crate says what it is before its first item.

use super::{Complaint, Source};

pub(super) fn check(sources: &[Source]) -> Vec<Complaint> {
    let roots = sources
        .iter()
        .filter(|source| source.path.ends_with("src/lib.rs") || source.path.ends_with("src/main.rs"));
    let silent = roots.filter(|source| !speaks(&source.text));
    silent
        .map(|source| {
            source.complaint(1, "a crate opens with `//!`: what it is, what it is not, where to start")
        })
        .collect()
}

fn speaks(text: &str) -> bool {
    let said = text.lines().take_while(|line| line.starts_with("//!")).collect::<String>();
    said.len() > 40
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    #[test]
    fn a_crate_without_a_header_is_named() {
        let good = source(
            "a/src/lib.rs",
            "//! The house's first crate: it does one thing, and not another.\nfn a() {}\n",
        );
        let bad = source("b/src/main.rs", "//! placeholder\nfn main() {}\n");
        let other = source("b/src/other.rs", "fn other() {}\n");
        let found = check(&[good, bad, other]);
        assert_eq!(
            found.iter().map(|complaint| complaint.place.as_str()).collect::<Vec<_>>(),
            ["b/src/main.rs:1"]
        );
    }
}
