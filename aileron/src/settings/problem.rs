//! What is wrong with a configuration, and where.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The file cannot be read.
    #[error("failed to read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// File and line.
        place: String,
        /// What the parser expected.
        message: String,
    },
    /// No setting has this name.
    #[error("{place}: unknown key `{key}`{hint}")]
    UnknownKey {
        /// File and line.
        place: String,
        /// The name.
        key: String,
        /// What may be meant.
        hint: String,
    },
    /// A value is none for its key.
    #[error("{place}: invalid value for `{key}`: {problem}")]
    Invalid {
        /// Where the value comes from.
        place: String,
        /// The key.
        key: &'static str,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// A value has to be given.
    #[error("missing `{key}`: give --{flag}, {variable}, or `{key}` in a file that --config names")]
    Missing {
        /// The key.
        key: &'static str,
        /// Its flag.
        flag: String,
        /// Its variable.
        variable: String,
    },
}

/// All that is wrong, one a line.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl From<Vec<Problem>> for Problems {
    fn from(problems: Vec<Problem>) -> Self {
        Problems(problems)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is wrong")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// The name that is most like another one, as a hint; nothing when none is.
pub(crate) fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    /// Below this two names have little in common.
    const ALIKE: f64 = 0.8;
    let scored = known.into_iter().map(|known| (strsim::jaro_winkler(name, known), known));
    let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(score, _)| *score >= ALIKE).map(|(_, known)| known)
}
