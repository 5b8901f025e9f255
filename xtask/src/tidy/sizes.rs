//! Short files and short functions, or a reason beside them: a line with `Long because`.

use super::{Complaint, Source};

const FILE_LINES: usize = 800;
const FUNCTION_LINES: usize = 70;
const REASON: &str = "Long because";
/// Nobody reads these top to bottom.
const UNLIMITED: [&str; 5] = ["Cargo.lock", "LICENSE", ".json", ".txt", ".svg"];

/// A function and where it starts, in lines from 1.
struct Function {
    line: usize,
    lines: usize,
    excused: bool,
}

pub(super) fn check(sources: &[Source]) -> Vec<Complaint> {
    let mut found = Vec::new();
    for source in sources {
        found.extend(long_file(source));
        let functions = if source.is_rust() { functions(&source.text) } else { Vec::new() };
        let long = functions.iter().filter(|function| function.lines > FUNCTION_LINES && !function.excused);
        found.extend(long.map(|function| {
            source.complaint(
                function.line,
                format!("a function of {} lines; {FUNCTION_LINES} are enough", function.lines),
            )
        }));
    }
    found
}

/// One line about all functions: how many, how long.
pub(super) fn shape(sources: &[Source]) -> String {
    let rust = sources.iter().filter(|source| source.is_rust());
    let mut lengths: Vec<usize> =
        rust.flat_map(|source| functions(&source.text)).map(|function| function.lines).collect();
    lengths.sort_unstable();
    let at = |part: usize| lengths.get(lengths.len() * part / 100).copied().unwrap_or_default();
    let longest = lengths.last().copied().unwrap_or_default();
    format!("{} functions: median {} lines, 90 % within {}, longest {longest}", lengths.len(), at(50), at(90))
}

fn long_file(source: &Source) -> Option<Complaint> {
    let lines = source.text.lines().count();
    let unlimited = UNLIMITED.iter().any(|end| source.path.ends_with(end));
    let excused = source.text.lines().take(10).any(|line| line.contains(REASON));
    (lines > FILE_LINES && !unlimited && !excused)
        .then(|| source.complaint(1, format!("a file of {lines} lines; split it at {FILE_LINES}")))
}

/// Finds functions by rustfmt's layout: the body ends at a brace as deep as the `fn` line.
fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| is_start(line));
    starts
        .filter_map(|(start, line)| {
            let length = 1 + body_end(&lines[start..], depth(line))?;
            let near = lines[start.saturating_sub(3)..(start + 2).min(lines.len())].iter();
            Some(Function {
                line: start + 1,
                lines: length,
                excused: near.clone().any(|line| line.contains(REASON)),
            })
        })
        .collect()
}

fn is_start(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words
        .by_ref()
        .find(|word| !(word.starts_with("pub") || ["async", "const", "extern", "\"C\""].contains(word)))
        == Some("fn")
}

/// The index of the last line; `None` for a declaration without body.
fn body_end(lines: &[&str], indent: usize) -> Option<usize> {
    if lines[0].ends_with(';') {
        return None;
    }
    if lines[0].ends_with('}') {
        return Some(0);
    }
    let end = 1 + lines[1..].iter().position(|line| {
        depth(line) == indent && line.trim_start().starts_with(['}', ')']) && {
            let line = line.trim_end();
            line.ends_with('}') || line.ends_with(';') || line.ends_with("})")
        }
    })?;
    lines[end].trim_start().starts_with('}').then_some(end)
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn long(lines: usize, before: &str) -> String {
        format!(
            "{before}pub(crate) async fn long(\n    a: u32,\n) -> u32 {{\n{}}}\n",
            "    let a = 1;\n".repeat(lines)
        )
    }

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let text = format!(
            "fn one() {{}}\ntrait T {{\n    fn declared(\n        &self,\n    ) -> u8;\n}}\n{}",
            long(3, "")
        );
        let lengths: Vec<_> = functions(&text).iter().map(|function| function.lines).collect();
        assert_eq!(lengths, [1, 7]);
    }

    #[test]
    fn long_code_needs_a_reason() {
        let found = check(&[
            source("a.rs", &long(80, "")),
            source("b.rs", &long(80, "// Long because of a table.\n")),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "a.rs:1");
        let lines = "x\n".repeat(900);
        let excused = format!("//! Long because it is one table.\n{lines}");
        assert_eq!(check(&[source("a.md", &lines), source("b.rs", &excused)]).len(), 1);
    }
}
