//! Which value counts: that of a flag, else of the environment, else of the file, else the default.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::file;
use super::flags::Flags;
use super::problem::{Problem, Problems};
use super::table::{Key, Otherwise, key};
use super::value::Value;

/// The file that is read from the data folder when none is named.
const FILE: &str = "aileron.toml";

/// Where a configuration comes from, as the command line says.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Configuration file; else `aileron.toml` in the data folder, when there is one.
    #[arg(long, env = "AILERON_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// Who gave a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag, named without its dashes.
    Flag(String),
    /// A variable of the environment.
    Variable(String),
    /// A line of the file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) => write!(f, "--{name}"),
            Origin::Variable(name) => f.write_str(name),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// The values that were given, as text, by key.
#[derive(Debug)]
pub(crate) struct Given(BTreeMap<&'static str, (String, Origin)>);

impl Given {
    /// Lays flags and variables over the file.
    pub(crate) fn gather(options: Options) -> Result<Given, Problems> {
        let mut values = BTreeMap::new();
        if let Some(path) = options.file() {
            for entry in file::read(&path)? {
                let origin = Origin::File { path: path.clone(), line: entry.line };
                values.insert(entry.key.name, (entry.text, origin));
            }
        }
        for (key, text, origin) in options.flags.0 {
            values.insert(key.name, (text, origin));
        }
        Ok(Given(values))
    }

    /// Reads the value that counts; none when it is wrong, which is noted.
    pub(super) fn read<T: Value>(&self, name: &'static str, problems: &mut Vec<Problem>) -> Option<T> {
        let key = key(name)?;
        let (text, origin) = match (self.0.get(name), key.otherwise) {
            (Some((text, origin)), _) => (text.as_str(), origin.clone()),
            (None, Otherwise::Preset(text)) => (text, Origin::Default),
            (None, Otherwise::Unset(_)) => return T::unset(),
            (None, Otherwise::Required) => {
                problems.push(missing(key));
                return None;
            }
        };
        let place = origin.to_string();
        let invalid = |problem| Problem::Invalid { place, key: key.name, problem };
        key.read(text).map_err(|problem| problems.push(invalid(problem))).ok()
    }

    /// The value that counts in the form of the file, and who gave it. No value is an unset one.
    pub(crate) fn effective(&self, key: &Key) -> (Option<String>, Origin) {
        let preset = match key.otherwise {
            Otherwise::Preset(text) => Some((text.to_owned(), Origin::Default)),
            Otherwise::Unset(_) | Otherwise::Required => None,
        };
        let given = self.0.get(key.name).cloned().or(preset);
        given.map_or((None, Origin::Default), |(text, origin)| ((key.normal)(&text).ok(), origin))
    }
}

fn missing(key: &Key) -> Problem {
    Problem::Missing { key: key.name, flag: key.flag(), variable: key.variable() }
}

impl Options {
    fn file(&self) -> Option<PathBuf> {
        let folder = self.flags.0.iter().find(|(key, _, _)| key.name == "data_dir");
        let usual = folder.map(|(_, folder, _)| Path::new(folder).join(FILE)).filter(|path| path.exists());
        self.config.clone().or(usual)
    }
}
