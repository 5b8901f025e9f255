//! Encoded messages, looked at as they are: a file of megabytes is decoded once, when it is known what it is.

mod fields;
mod shape;

pub(crate) use fields::{Broken, Field, Value, fields};
pub(crate) use shape::{Holds, Shapes};
