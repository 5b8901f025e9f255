//! `cargo xtask mutate`: does a broken rule of the engine fail a test?
//!
//! Each entry of `engine/tests/mutations.txt` breaks one rule in a copy of the sources. The engine's tests must
//! build on it and fail. One that they let pass is a rule that nothing holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::cache::Places;
use crate::process;

/// The list, in the clone.
const LIST: &str = "engine/tests/mutations.txt";
/// The members of the copied workspace: the engine and what it is built from.
const MEMBERS: [&str; 4] = ["idl", "layout", "compiler", "engine"];
/// What it has beside them.
const FILES: [&str; 2] = ["Cargo.lock", "clippy.toml"];
/// How many seeds each property gets: enough for every entry of the list, and few enough to be quick.
const SEEDS: &str = "0..150";
/// A broken rule may keep a test from ending.
const PATIENCE: Duration = Duration::from_secs(180);

/// One broken rule.
#[derive(Debug, PartialEq)]
struct Mutation {
    /// What is not true any more.
    name: String,
    file: String,
    from: String,
    to: String,
}

/// Breaks every rule of the list whose number is a multiple of `every`, or those whose name has a word in it.
pub(crate) fn run(places: &Places, every: usize, word: Option<&str>) -> Result<()> {
    let all = read(&fs::read_to_string(places.root.join(LIST))?)?;
    let word = word.unwrap_or_default();
    let chosen: Vec<&Mutation> =
        all.iter().filter(|one| one.name.contains(word)).step_by(every.max(1)).collect();
    ensure!(!chosen.is_empty(), "no mutation of {LIST} has `{word}` in its name");
    let copy = copied(places)?;
    mend(places, &copy, &all)?;
    ensure!(passes(places, &copy)?, "the engine's tests fail without any mutation");
    let mut missed = Vec::new();
    for mutation in chosen {
        let started = Instant::now();
        let fails = mutation.fails(places, &copy)?;
        let seconds = started.elapsed().as_secs_f64();
        println!("    {} {} ({seconds:.0} s)", if fails { "caught" } else { "MISSED" }, mutation.name);
        if !fails {
            missed.push(mutation.name.as_str());
        }
    }
    if !missed.is_empty() {
        bail!("no test fails although {}", missed.join("; nor although "));
    }
    Ok(())
}

impl Mutation {
    /// The source with the rule broken.
    fn applied(&self, source: &str) -> Result<String> {
        let found = source.matches(&self.from).count();
        ensure!(found == 1, "{LIST}: `{}` is {found} times in {}, not once", self.from, self.file);
        Ok(source.replacen(&self.from, &self.to, 1))
    }

    fn fails(&self, places: &Places, copy: &Path) -> Result<bool> {
        let file = copy.join(&self.file);
        let source = fs::read_to_string(&file).with_context(|| format!("failed to read {}", self.file))?;
        fs::write(&file, self.applied(&source)?)?;
        let fails = builds(places, copy).with_context(|| format!("`{}` does not build", self.name));
        let fails = fails.and_then(|()| Ok(!passes(places, copy)?));
        fs::write(&file, source)?;
        fails
    }
}

/// A workspace of the engine and what it is built from.
fn copied(places: &Places) -> Result<PathBuf> {
    let copy = places.target.join("mutate");
    fs::create_dir_all(&copy)?;
    let mut sync = places.command("cp");
    sync.args(["--recursive", "--update", "--preserve=timestamps"]).args(FILES).args(MEMBERS).arg(&copy);
    process::run(&mut sync)?;
    let manifest = fs::read_to_string(places.root.join("Cargo.toml"))?;
    write_if_new(&copy.join("Cargo.toml"), &trimmed(&manifest))?;
    Ok(copy)
}

/// Puts back what a run that was ended in the middle left broken, with a time at which it is built again.
fn mend(places: &Places, copy: &Path, all: &[Mutation]) -> Result<()> {
    for Mutation { file, .. } in all {
        let whole =
            fs::read_to_string(places.root.join(file)).with_context(|| format!("failed to read {file}"))?;
        write_if_new(&copy.join(file), &whole)?;
    }
    Ok(())
}

/// What has not changed keeps its time, so that nothing is built again for it.
fn write_if_new(file: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    Ok(fs::write(file, text)?)
}

/// The workspace's manifest with those of its members that are copied.
fn trimmed(manifest: &str) -> String {
    let members = |line: &str| line.starts_with("members") || line.starts_with("default-members");
    let mut skips = false;
    let mut text = String::new();
    for line in manifest.lines() {
        if members(line) {
            skips = !line.ends_with(']');
            let key = line.split(' ').next().unwrap_or_default();
            text.push_str(&format!("{key} = {MEMBERS:?}\n"));
        } else if skips {
            skips = !line.trim_start().starts_with(']');
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn cargo(places: &Places, copy: &Path, arguments: &[&str]) -> Command {
    let mut cargo = places.command("cargo");
    cargo.current_dir(copy).env("CARGO_TARGET_DIR", copy.join("target")).env("AILERON_SEEDS", SEEDS);
    cargo.args(["test", "--package", "aileron-engine", "--quiet"]).args(arguments);
    cargo
}

fn builds(places: &Places, copy: &Path) -> Result<()> {
    process::logged(&mut cargo(places, copy, &["--no-run"]), &places.log("mutate"))
}

/// Whether all tests pass, in time.
fn passes(places: &Places, copy: &Path) -> Result<bool> {
    builds(places, copy)?;
    let log = fs::File::create(places.log("mutate-tests"))?;
    let mut command = cargo(places, copy, &["--lib", "--test", "it"]);
    let mut child = command.stdout(log.try_clone()?).stderr(log).spawn()?;
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill()?;
    child.wait()?;
    Ok(false)
}

/// Reads entries: a name, the file below it, and what is taken out (`-`) and put in (`+`), line by line.
fn read(text: &str) -> Result<Vec<Mutation>> {
    let blocks = text.split("\n\n").map(|block| block.trim_matches('\n'));
    blocks.filter(|block| !block.is_empty() && !block.starts_with('#')).map(entry).collect()
}

fn entry(block: &str) -> Result<Mutation> {
    let mut lines = block.lines();
    let name = lines.next().unwrap_or_default().to_owned();
    let file = lines.next().with_context(|| format!("{LIST}: `{name}` names no file"))?.trim().to_owned();
    let part = |sign: char| -> Vec<&str> {
        block.lines().skip(2).filter_map(|line| line.strip_prefix(sign)).collect()
    };
    let (from, to) = (part('-').join("\n"), part('+').join("\n"));
    ensure!(!from.is_empty() && from != to, "{LIST}: `{name}` changes nothing");
    Ok(Mutation { name, file, from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutation_of_the_list_still_finds_its_place() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let all = read(&fs::read_to_string(root.join(LIST)).unwrap()).unwrap();
        for mutation in &all {
            let source = fs::read_to_string(root.join(&mutation.file)).unwrap();
            mutation.applied(&source).unwrap();
        }
        assert!(all.len() >= 30, "{} mutations", all.len());
    }

    #[test]
    fn an_entry_is_a_name_a_file_and_what_changes() {
        let read = read("# how\n\none is two\n  a.rs\n-    1\n-    x\n+    2\n").unwrap();
        let expected = Mutation {
            name: "one is two".into(),
            file: "a.rs".into(),
            from: "    1\n    x".into(),
            to: "    2".into(),
        };
        assert_eq!(read, [expected]);
        assert!(super::read("name\n a.rs\n-x\n+x").is_err());
    }

    #[test]
    fn the_copys_manifest_has_the_copied_members_alone() {
        let text = trimmed("[workspace]\nmembers = [\n  \"a\",\n]\nresolver = \"3\"\n");
        assert_eq!(
            text,
            "[workspace]\nmembers = [\"idl\", \"layout\", \"compiler\", \"engine\"]\nresolver = \"3\"\n"
        );
    }
}
