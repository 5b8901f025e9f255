//! Words that do not belong: unfinished code, and folders of one person's machine.

use super::{Complaint, Source};

/// Recorded answers hold the paths of the machine they were recorded on.
const RECORDED: [&str; 3] = ["tests/golden/", "workbench/tests/data/", "workbench/tests/golden/"];

/// What must not be there, where, and why. Written in two parts so that this file does not hold them.
const FORBIDDEN: [(&str, &str, bool, &str); 8] = [
    ("to", "do!(", true, "unfinished code"),
    ("unimplem", "ented!(", true, "unfinished code"),
    ("db", "g!(", true, "a leftover of debugging"),
    ("/wo", "rk/", false, "a path of one machine"),
    ("/tmp", "/w/", false, "a path of one machine"),
    ("/ro", "ot/", false, "a path of one machine"),
    ("/ho", "me/", false, "a path of one machine"),
    ("/Us", "ers/", false, "a path of one machine"),
];

pub(super) fn check(sources: &[Source]) -> Vec<Complaint> {
    let ours = |source: &&Source| {
        source.path != "Cargo.lock" && !RECORDED.iter().any(|folder| source.path.starts_with(folder))
    };
    sources
        .iter()
        .filter(ours)
        .flat_map(|source| {
            source.text.lines().enumerate().filter_map(|(index, line)| {
                let (word, why) = forbidden_in(line, source.is_rust())?;
                Some(source.complaint(index + 1, format!("`{word}`: {why}")))
            })
        })
        .collect()
}

fn forbidden_in(line: &str, rust: bool) -> Option<(String, &'static str)> {
    FORBIDDEN.iter().find_map(|(start, end, only_rust, why)| {
        let word = format!("{start}{end}");
        (line.contains(&word) && (rust || !only_rust)).then_some((word, *why))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    #[test]
    fn unfinished_code_and_foreign_paths_are_named_with_their_line() {
        let code = source("a.rs", &format!("fn a() {{\n    to{}\n}}\n", "do!()"));
        let text = source("b.md", &format!("say to{} freely\nsee /ho{}\n", "do!()", "me/someone"));
        let recorded = source("tests/golden/a.json", concat!("/ro", "ot/a.py"));
        let places: Vec<_> =
            check(&[code, text, recorded]).into_iter().map(|complaint| complaint.place).collect();
        assert_eq!(places, ["a.rs:2", "b.md:2"]);
    }
}
