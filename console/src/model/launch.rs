//! The form that launches: what is filled in, in one model ([`Form`]) with four views (fields, JSON, YAML, commands), and
//! the verdict of the server's own checks on it.
//!
//! Nothing here knows a browser. [`shape`] says which fields a type has, [`draft`] what is in them, [`form`] puts them
//! together and judges, [`options`] is everything of a launch beyond its inputs, [`request`] what is sent, and
//! [`commands`] the same for a terminal.

pub mod commands;
pub mod draft;
pub mod form;
pub mod options;
pub mod protojson;
pub mod request;
pub mod shape;

pub use draft::Draft;
pub use form::{Form, Input, Said};
pub use shape::{Member, Shape};
