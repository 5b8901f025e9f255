//! Why something could not be read or answered: what, where, and what to do about it.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::kind::Kind;

/// A reason and the file, entry or entity that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct Problem {
    /// The file, with the entry inside it: `flyte-package.tgz/0_shop.price_1.pb`.
    pub place: String,
    /// What is wrong.
    pub reason: Reason,
}

/// Everything that can be wrong with what was dropped or asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// No bytes, or text without a document.
    #[error("there is nothing in the file")]
    Empty,
    /// [`crate::Limits::bytes`].
    #[error("the file has {size} bytes, more than {limit}")]
    TooLarge {
        /// Its bytes.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// [`crate::Limits::yaml`].
    #[error("the text is no JSON ({json}), and has {size} bytes, more than {limit} for YAML")]
    TooLargeForYaml {
        /// Its bytes.
        size: usize,
        /// The limit.
        limit: usize,
        /// Why it is no JSON.
        json: String,
    },
    /// [`crate::Limits::unpacked`].
    #[error("the file holds more than {limit} bytes")]
    TooMuchInside {
        /// The limit.
        limit: usize,
    },
    /// [`crate::Limits::ratio`].
    #[error("the file holds more than {limit} times its size")]
    ExpandsTooMuch {
        /// The limit.
        limit: usize,
    },
    /// [`crate::Limits::entries`].
    #[error("the file has more than {limit} entries")]
    TooManyEntries {
        /// The limit.
        limit: usize,
    },
    /// [`crate::Limits::depth`].
    #[error("the content is nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// [`crate::Limits::nodes`].
    #[error("the workflow has {count} nodes, more than {limit}")]
    TooManyNodes {
        /// Its nodes, those of sub-workflows included.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// Compressed data or an archive that ends early or is damaged.
    #[error("the archive is damaged: {0}")]
    Damaged(String),
    /// An archive in which nothing was recognised.
    #[error("nothing in the archive is known, of {entries} entries")]
    NothingInside {
        /// How many entries it has.
        entries: usize,
    },
    /// Nothing that is known; what was tried and why each failed.
    #[error("the content is of no known kind; {}", tried.join("; "))]
    Unrecognised {
        /// One line for each attempt.
        tried: Vec<String>,
    },
    /// A zip archive.
    #[error("this is a zip archive, which is not read")]
    Zip,
    /// Python source.
    #[error("this is Python source, which has to be run to become a workflow")]
    Source,
    /// A custom resource that refers to its closure instead of holding it.
    #[error("the resource holds no workflow; its closure is stored at {uri}")]
    Elsewhere {
        /// Where the closure is.
        uri: String,
    },
    /// A custom resource with a part that has not the shape it must have.
    #[error("the resource's {part} cannot be read: {why}")]
    Resource {
        /// The part: `spec.nodes.n0.branch`.
        part: String,
        /// What is wrong with it.
        why: String,
    },
    /// No entity has this id.
    #[error("no entity has this id")]
    NoEntity,
    /// The entity cannot do what was asked.
    #[error("{kind} is not something to {verb}")]
    Unsuited {
        /// What it is.
        kind: Kind,
        /// What was asked.
        verb: &'static str,
    },
}

impl Reason {
    /// This reason at a place.
    #[must_use]
    pub fn at(self, place: &str) -> Problem {
        Problem { place: place.to_owned(), reason: self }
    }

    /// The stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::TooLarge { .. } => "TooLarge",
            Self::TooLargeForYaml { .. } => "TooLargeForYaml",
            Self::TooMuchInside { .. } => "TooMuchInside",
            Self::ExpandsTooMuch { .. } => "ExpandsTooMuch",
            Self::TooManyEntries { .. } => "TooManyEntries",
            Self::TooDeep { .. } => "TooDeep",
            Self::TooManyNodes { .. } => "TooManyNodes",
            Self::Damaged(_) => "Damaged",
            Self::NothingInside { .. } => "NothingInside",
            Self::Unrecognised { .. } => "Unrecognised",
            Self::Zip => "Zip",
            Self::Source => "Source",
            Self::Elsewhere { .. } => "Elsewhere",
            Self::Resource { .. } => "Resource",
            Self::NoEntity => "NoEntity",
            Self::Unsuited { .. } => "Unsuited",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "an empty LiteralMap is an empty file, too: name it inputs.pb or outputs.pb",
            Self::TooLarge { .. } => "raise the limit on bytes to read it",
            Self::TooLargeForYaml { .. } => "export it as JSON, or raise the limit on YAML to read it",
            Self::TooMuchInside { .. } => "raise the limit on unpacked bytes to read it",
            Self::ExpandsTooMuch { .. } => "raise the limit on the ratio if you trust where the file is from",
            Self::TooManyEntries { .. } => "raise the limit on entries, or drop the files you need",
            Self::TooDeep { .. } => "flatten it: protobuf decoders end at 100 levels",
            Self::TooManyNodes { .. } => "raise the limit on nodes to open it",
            Self::Damaged(_) => "download or package it again",
            Self::NothingInside { .. } => {
                "`pyflyte --pkgs PACKAGE package` makes an archive that can be read"
            }
            Self::Unrecognised { .. } => {
                "drop a package, a .pb of flyteidl, its JSON or YAML, or a flyteworkflow resource"
            }
            Self::Zip => "unpack it and drop what is inside, or drop the .tgz that `pyflyte package` makes",
            Self::Source => "run `pyflyte --pkgs PACKAGE package` and drop flyte-package.tgz",
            Self::Elsewhere { .. } => "drop the file that is stored there",
            Self::Resource { .. } => {
                "export it with `kubectl get flyteworkflow NAME -o json`, without changes"
            }
            Self::NoEntity => "list the entities: ids are those of this workspace",
            Self::Unsuited { .. } => "choose a workflow, a closure, or what belongs to one",
        }
    }
}

impl Serialize for Problem {
    /// `{code, place, message, hint}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Problem", 4)?;
        fields.serialize_field("code", self.reason.code())?;
        fields.serialize_field("place", &self.place)?;
        fields.serialize_field("message", &self.reason.to_string())?;
        fields.serialize_field("hint", self.reason.hint())?;
        fields.end()
    }
}
