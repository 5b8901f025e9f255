//! The rules of the house that a program can check. `cargo test` runs them too.

mod failures;
mod headers;
mod layering;
mod licences;
mod listed;
mod sizes;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cache::Places;

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 7] = [".git", "target", "dist", "node_modules", "__pycache__", "gen", ".pytest_cache"];

/// One broken rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Complaint {
    /// A file, with a line where that helps, or a crate.
    place: String,
    /// What is wrong and what to do.
    message: String,
}

/// A text file of the clone.
struct Source {
    /// Its path from the root of the clone, with slashes.
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    fn complaint(&self, line: usize, message: impl Into<String>) -> Complaint {
        Complaint { place: format!("{}:{line}", self.path), message: message.into() }
    }
}

/// Prints every broken rule and the shape of the code; fails when there is one.
pub(crate) fn run(places: &Places) -> Result<()> {
    let sources = sources(&places.root)?;
    let complaints = complaints(places, &sources)?;
    println!("  {}", sizes::shape(&sources));
    for complaint in &complaints {
        println!("  {}: {}", complaint.place, complaint.message);
    }
    if !complaints.is_empty() {
        bail!("{} rules are broken", complaints.len());
    }
    Ok(())
}

fn complaints(places: &Places, sources: &[Source]) -> Result<Vec<Complaint>> {
    let mut found = layering::check(places)?;
    found.extend(licences::check(places)?);
    found.extend(sizes::check(sources));
    found.extend(headers::check(sources));
    found.extend(words::check(sources));
    found.extend(listed::check(sources));
    found.extend(failures::check(sources));
    found.sort();
    Ok(found)
}

/// Every text file of the clone, generated ones left out, sorted by path.
fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut paths = Vec::new();
    walk(root, &mut paths)?;
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        // What is not UTF-8 is a picture or an encoded message.
        if let Ok(text) = String::from_utf8(fs::read(&path).with_context(|| path.display().to_string())?) {
            sources.push(Source { path: path.strip_prefix(root)?.to_string_lossy().into_owned(), text });
        }
    }
    Ok(sources)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let kind = entry.file_type()?;
        // `.git` is a file in a second work tree.
        if FOREIGN.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let places = Places::find().unwrap();
        let found = complaints(&places, &sources(&places.root).unwrap()).unwrap();
        assert!(found.is_empty(), "{found:#?}");
    }
}
