//! `cargo xtask test`: every check and test, in the order of what fails fastest.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::cache::Places;
use crate::{browser, codegen, console, demo, fuzz, mutate, process, python, setup, tidy};

/// Crates that must build without an operating system.
const PURE: [&str; 4] = ["aileron-idl", "aileron-compiler", "aileron-workbench", "aileron-engine"];

/// Each so-manieth rule of the engine is broken here, as each takes a build; `cargo xtask mutate` breaks all.
const EVERY: usize = 8;

/// What one check counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Tally {
    /// A check that is one thing.
    fn one(result: Result<()>) -> Result<Tally> {
        result.map(|()| Tally { passed: 1, failed: 0 })
    }

    /// A test runner's own numbers; one that failed without any has failed at something.
    fn of(runner: Result<(bool, String)>, count: fn(&str) -> Tally) -> Result<Tally> {
        let (succeeded, text) = runner?;
        let mut tally = count(&text);
        if !succeeded && tally.failed == 0 {
            tally.failed = 1;
        }
        if succeeded && tally.passed == 0 {
            bail!("no test ran");
        }
        Ok(tally)
    }
}

type Check = (&'static str, fn(&Places) -> Result<Tally>);

const CHECKS: [Check; 17] = [
    ("set up everything", |places| Tally::one(setup::everything(places))),
    ("format", |places| Tally::one(cargo(places, &["fmt", "--all", "--check"]))),
    ("generated code", |places| Tally::one(codegen::run(places, true))),
    ("tidy", |places| Tally::one(tidy::run(places))),
    ("console", |places| Tally::one(console::build(places))),
    ("weight of the pages", |places| Tally::one(console::weigh(places))),
    ("clippy", |places| {
        Tally::one(cargo(
            places,
            &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
        ))
    }),
    ("clippy of the page", |places| Tally::one(page(places))),
    ("pure crates on wasm32", |places| Tally::one(pure(places))),
    ("release binary", |places| Tally::one(demo::build_server(places))),
    ("rust tests", |places| {
        let mut cargo = places.cargo();
        cargo.args(["test", "--workspace", "--no-fail-fast", "--quiet"]).env("AILERON", places.binary());
        Tally::of(process::tee(&mut cargo), count_cargo)
    }),
    ("fuzz targets", fuzz::check),
    ("some broken rules of the engine", |places| Tally::one(mutate::run(places, EVERY, None))),
    ("python tests", |places| Tally::of(python::tests(places, false, &[]), count_pytest)),
    ("python tests on PostgreSQL", |places| Tally::of(python::tests(places, true, &[]), count_pytest)),
    ("workbench as wasm", |places| {
        let mut node = places.command("node");
        node.args(["--test", "workbench/tests/wasm/golden.test.mjs"]);
        Tally::of(process::tee(&mut node), count_node)
    }),
    ("browser tests", |places| Tally::of(browser::test(places), count_node)),
];

/// Runs all checks, whatever fails, and ends with one line of numbers.
pub(crate) fn run(places: &Places) -> Result<()> {
    let started = Instant::now();
    let mut total = Tally::default();
    let mut failures = Vec::new();
    for (name, check) in CHECKS {
        let tally = process::step(name, || check(places)).unwrap_or_else(|error| {
            println!("    error: {error:#}");
            Tally { passed: 0, failed: 1 }
        });
        if tally.failed > 0 {
            failures.push(name);
        }
        total = Tally { passed: total.passed + tally.passed, failed: total.failed + tally.failed };
    }
    println!("\nall checks took {:.0} s", started.elapsed().as_secs_f64());
    for name in &failures {
        println!("failed: {name}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if !failures.is_empty() {
        bail!("{} of {} checks failed", failures.len(), CHECKS.len());
    }
    Ok(())
}

fn cargo(places: &Places, arguments: &[&str]) -> Result<()> {
    process::run(places.cargo().args(arguments))
}

fn pure(places: &Places) -> Result<()> {
    let mut cargo = places.cargo();
    cargo.args(["check", "--quiet", "--target", "wasm32-unknown-unknown"]);
    process::run(cargo.args(PURE.iter().flat_map(|package| ["--package", package])))
}

/// The console's pages exist in a browser only, so a native clippy never sees them.
fn page(places: &Places) -> Result<()> {
    let arguments =
        ["clippy", "--quiet", "--package", "aileron-console", "--target", "wasm32-unknown-unknown"];
    process::run(places.cargo().args(arguments).args(["--", "-D", "warnings"]))
}

/// Sums the `test result: ok. 3 passed; 0 failed; ...` lines.
fn count_cargo(text: &str) -> Tally {
    let lines = text.lines().filter(|line| line.starts_with("test result:"));
    lines.fold(Tally::default(), |sum, line| Tally {
        passed: sum.passed + before(line, "passed"),
        failed: sum.failed + before(line, "failed"),
    })
}

/// Reads `== 2 failed, 30 passed, 1 error in 12.3s ==`.
fn count_pytest(text: &str) -> Tally {
    let summary =
        text.lines().rev().find(|line| line.contains(" in ") && line.contains('s')).unwrap_or_default();
    let failed = before(summary, "failed") + before(summary, "error") + before(summary, "errors");
    Tally { passed: before(summary, "passed"), failed }
}

/// Reads node's `# pass 3` and `# fail 0`, whatever sign they start with.
fn count_node(text: &str) -> Tally {
    let after = |word: &str| {
        let words: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
        let line = words.iter().rev().find(|line| line.len() == 3 && line[1] == word);
        line.and_then(|line| line[2].parse().ok()).unwrap_or_default()
    };
    Tally { passed: after("pass"), failed: after("fail") }
}

/// The number before a word, 0 when there is none.
fn before(line: &str, word: &str) -> usize {
    let words: Vec<_> = line.split_whitespace().map(|word| word.trim_end_matches([',', ';'])).collect();
    let pair = words.windows(2).find(|pair| pair[1] == word);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_each_runner_are_read() {
        let cargo = "test result: ok. 3 passed; 0 failed; 1 ignored\nx\ntest result: FAILED. 4 passed; 2 failed; 0 ignored\n";
        assert_eq!(count_cargo(cargo), Tally { passed: 7, failed: 2 });
        let pytest = "a passed in b\n===== 1 failed, 30 passed, 2 errors in 12.34s =====\n";
        assert_eq!(count_pytest(pytest), Tally { passed: 30, failed: 3 });
        assert_eq!(count_pytest("5 passed in 0.10s\n"), Tally { passed: 5, failed: 0 });
        assert_eq!(count_node("# tests 3\n# pass 2\n# fail 1\n"), Tally { passed: 2, failed: 1 });
    }

    #[test]
    fn a_runner_without_numbers_has_not_passed() {
        let crashed = Tally::of(Ok((false, "crashed".to_owned())), count_cargo).unwrap();
        assert_eq!(crashed, Tally { passed: 0, failed: 1 });
        assert!(Tally::of(Ok((true, String::new())), count_pytest).is_err());
    }
}
