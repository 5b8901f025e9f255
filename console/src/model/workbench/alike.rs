//! Findings that say the same of different places, put together: one wrong type can be wrong a thousand times.

use super::Finding;
use crate::model::sorted;

/// Findings that say the same, by their places in the verdict: one, or more than [`SEVERAL`].
pub type Alike = Vec<usize>;

/// So many are still told one by one.
const SEVERAL: usize = 3;

/// All findings, each once, in the order of the first of each list.
pub fn alike(findings: &[Finding]) -> Vec<Alike> {
    let keys: Vec<(&str, bool, String)> =
        findings.iter().map(|one| (one.code.as_str(), one.error, pattern(one))).collect();
    let mut order: Alike = (0..findings.len()).collect();
    sorted::sort_by(&mut order, |a, b| keys[*a].cmp(&keys[*b]));
    let mut listed: Vec<Alike> = Vec::new();
    for kind in order.chunk_by(|a, b| keys[*a] == keys[*b]) {
        if kind.len() > SEVERAL {
            listed.push(kind.to_vec());
        } else {
            listed.extend(kind.iter().map(|at| vec![*at]));
        }
    }
    sorted::sort_by(&mut listed, |a, b| a[0].cmp(&b[0]));
    listed
}

/// What a finding says, without the names of what it says it of: quoted ones, outputs of nodes, words with digits.
fn pattern(finding: &Finding) -> String {
    let own = [&finding.node, &finding.variable];
    let is_own = |word: &str| own.iter().any(|name| name.as_deref() == Some(word));
    let mut text = String::with_capacity(finding.message.len());
    // Between quotes is every second piece.
    for (at, piece) in finding.message.split('\'').enumerate() {
        if at % 2 == 1 {
            text.push_str("'…'");
            continue;
        }
        for word in piece.split_inclusive(' ') {
            let bare = word.trim_end_matches([' ', ',', ':']);
            let is_name = is_own(bare) || bare.contains('.') || bare.contains(|c: char| c.is_ascii_digit());
            text.push_str(if is_name { "… " } else { word });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: &str, node: &str, message: &str) -> Finding {
        Finding {
            code: code.into(),
            error: true,
            node: Some(node.into()),
            message: message.into(),
            ..Finding::default()
        }
    }

    #[test]
    fn what_differs_in_names_alone_is_alike() {
        let mismatch = |node: &str, to: &str, from: &str, given: &str| {
            let message = format!("'{to}' is simple:INTEGER, but is given {from} of {given}");
            finding("MismatchingTypes", node, &message)
        };
        let found = [
            mismatch("n1", "a", "n0.o0", "simple:STRING"),
            mismatch("train", "rows", "load.o1", "simple:STRING"),
            mismatch("n3", "a", "n0.o0", "simple:FLOAT"),
            finding("ParameterNotBound", "n2", "input 'a' is not bound"),
            mismatch("n4", "b", "n2.o0", "simple:STRING"),
            mismatch("n5", "c", "n12.o3", "simple:STRING"),
        ];
        assert_eq!(alike(&found), [vec![0, 1, 4, 5], vec![2], vec![3]]);
    }

    #[test]
    fn codes_and_severity_tell_apart() {
        let mut found = vec![finding("A", "n", "the same"); 8];
        found[6].error = false;
        found[7].code = "B".into();
        assert_eq!(alike(&found), [(0..6).collect(), vec![6], vec![7]]);
    }

    #[test]
    fn a_name_without_quotes_is_a_name_where_the_place_says_so() {
        let missing = |name: &str| Finding {
            variable: Some(name.into()),
            message: format!("expected_inputs {name} missing"),
            ..Finding::default()
        };
        assert_eq!(alike(&["rows", "columns", "cells", "sheets"].map(missing)), [vec![0, 1, 2, 3]]);
    }

    #[test]
    fn few_are_told_one_by_one_and_where_they_are() {
        let found = ["A", "B", "A", "A"].map(|code| finding(code, "n", "is wrong"));
        assert_eq!(alike(&found), [[0], [1], [2], [3]]);
        assert_eq!(alike(&[]), Vec::<Alike>::new());
    }
}
