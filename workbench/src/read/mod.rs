//! Bytes to documents, recognised by content; a file's name only breaks a tie.
//!
//! Start reading at [`read`]: compressed data is unpacked, archives are read entry by entry, text is JSON
//! or YAML, and anything else is tried as protobuf.

mod archive;
mod gzip;
mod message;
mod resource;
mod text;
mod weight;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::document::Document;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::problem::{Problem, Reason};

pub(crate) use resource::Resource;
pub use resource::{Report, Status};

/// What a dropped file was.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) found: Vec<Found>,
    /// Entries of an archive that could not be read; for a single file that is an error.
    pub(crate) skipped: Vec<Problem>,
    /// Archives inside the archive: the code of a fast registration, which is not opened.
    pub(crate) code: Vec<String>,
}

/// One document.
#[derive(Debug)]
pub(crate) struct Found {
    /// The file, with the entry inside it.
    pub(crate) place: String,
    pub(crate) kind: Kind,
    /// Other kinds that explain the content as well.
    pub(crate) also: Vec<Kind>,
    /// What the user should know about how it was read.
    pub(crate) notes: Vec<String>,
    pub(crate) document: Document,
    /// The bytes that it was read from, if they are its message.
    pub(crate) original: Option<Box<[u8]>>,
}

/// Reads a file.
pub(crate) fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Reading, Problem> {
    if bytes.len() > limits.bytes {
        return Err(Reason::TooLarge { size: bytes.len(), limit: limits.bytes }.at(name));
    }
    if gzip::is_gzip(bytes) {
        let inside = gzip::unpack(bytes, limits).map_err(|reason| reason.at(name))?;
        return unpacked(&inside, name, limits);
    }
    unpacked(bytes, name, limits)
}

fn unpacked(bytes: &[u8], name: &str, limits: &Limits) -> Result<Reading, Problem> {
    if archive::is_tar(bytes) {
        return archive::read(bytes, name, limits);
    }
    if archive::is_zip(bytes) {
        return Err(Reason::Zip.at(name));
    }
    let found = single(bytes, name, limits)?;
    Ok(Reading { found, ..Reading::default() })
}

/// Reads a file that holds no other files. Text may hold several documents.
fn single(bytes: &[u8], name: &str, limits: &Limits) -> Result<Vec<Found>, Problem> {
    let encoded = || {
        let found = message::recognise(name, limits, |_| Ok(Cow::Borrowed(bytes)))?;
        Ok::<_, Problem>(vec![Found { original: Some(bytes.into()), ..found }])
    };
    let found = if bytes.is_empty() {
        vec![empty(name).ok_or_else(|| Reason::Empty.at(name))?]
    } else if let Some(text) = text::is_text(bytes) {
        // A message of nothing but letters is possible, though not likely.
        text::read(text, name, limits).or_else(|problem| encoded().map_err(|_| problem))?
    } else {
        encoded()?
    };
    for one in &found {
        let count = one.document.nodes();
        if count > limits.nodes {
            return Err(Reason::TooManyNodes { count, limit: limits.nodes }.at(&one.place));
        }
    }
    Ok(found)
}

/// Reads inputs that people wrote, as JSON or YAML.
pub(crate) fn typed(bytes: &[u8], name: &str, limits: &Limits) -> Result<BTreeMap<String, String>, Problem> {
    if bytes.len() > limits.bytes {
        return Err(Reason::TooLarge { size: bytes.len(), limit: limits.bytes }.at(name));
    }
    let no_text = || Reason::Unrecognised { tried: vec!["it is no text".to_owned()] }.at(name);
    text::typed(text::is_text(bytes).ok_or_else(no_text)?, name, limits)
}

/// No inputs are no bytes: here the name has to tell.
fn empty(name: &str) -> Option<Found> {
    let known = ["inputs.pb", "outputs.pb"].iter().any(|known| name.ends_with(known));
    known.then(|| Found {
        place: name.to_owned(),
        kind: Kind::LiteralMap,
        also: Vec::new(),
        notes: Vec::new(),
        document: Document::Values(Default::default()),
        original: Some(Box::default()),
    })
}
