//! Encoded messages, looked at as they are: what is in a file of megabytes, and its JSON, without decoding it
//! into anything.

mod declared;
mod fields;
mod shape;

pub use fields::{Broken, Field, Value, fields, packed};
pub use shape::{Declared, Enumeration, Form, Holds, Number, Shape, Shapes};

/// Messages in messages that protobuf's decoders take.
pub const LEVELS: usize = 100;
