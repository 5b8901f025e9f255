//! Every code of Flyte's compiler is ours: those that it raises have a rule, with tests, and a recorded case;
//! for the others `docs/errors` says what we raise instead.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aileron_compiler::Code;

/// Ours alone: Flyte has no limit on depth.
const OURS: &str = "NestingTooDeep";

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Lines of the list: a code, what Flyte does with it, and codes that we raise instead.
fn listed() -> Vec<(String, String, Vec<String>)> {
    let list = read("tests/corpus/codes.txt");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let line = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let (code, use_) = words.next().zip(words.next()).expect("a code and its use");
        (code, use_, words.collect())
    };
    lines.map(line).collect()
}

/// `CycleDetected` is in `cycle_detected.rs`.
fn rule(code: &str) -> PathBuf {
    let mut name = String::new();
    for letter in code.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    path("src/check").join(name).with_extension("rs")
}

#[test]
fn the_codes_are_flytes_and_one_more() {
    let flytes: BTreeSet<_> = listed().into_iter().map(|(code, ..)| code).collect();
    let ours: BTreeSet<_> = Code::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(ours.difference(&flytes).collect::<Vec<_>>(), [OURS]);
    assert_eq!(flytes.difference(&ours).count(), 0);
}

#[test]
fn what_flyte_raises_has_a_rule_with_tests_and_a_recorded_case() {
    let groups = ["flytekit", "rules", "values", "random", "broken"];
    let verdicts: String = groups.iter().map(|group| read(&format!("tests/corpus/{group}.txt"))).collect();
    let recorded: BTreeSet<_> = verdicts.split(|letter: char| !letter.is_alphanumeric()).collect();
    for (code, _, _) in listed().iter().filter(|(_, use_, _)| use_ == "raised") {
        let rule = rule(code);
        let text = fs::read_to_string(&rule).unwrap_or_else(|error| panic!("{}: {error}", rule.display()));
        assert!(text.contains(&format!("Code::{code}")), "{code} is not raised");
        assert!(text.contains("#[test]"), "{code} has no tests of its own");
        assert!(recorded.contains(code.as_str()), "no recorded verdict has {code}");
    }
}

#[test]
fn what_flyte_raises_later_is_raised_before_and_the_rest_is_not_used() {
    for (code, _, instead) in listed().iter().filter(|(_, use_, _)| use_ != "raised") {
        assert!(!rule(code).exists(), "{code} has a rule");
        let page = read(&format!("../docs/errors/{code}.md"));
        assert!(page.contains("\nReserved"), "{code} is not said to be reserved");
        for ours in instead {
            assert!(Code::ALL.iter().any(|code| code.text() == ours), "{ours} is no code");
            assert!(page.contains(&format!("[{ours}]({ours}.md)")), "{code} does not name {ours}");
        }
    }
}
