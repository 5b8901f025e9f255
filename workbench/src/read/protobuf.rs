//! Bytes that are neither compressed, an archive, nor text.

use prost::Message as _;
use prost_reflect::DynamicMessage;

use super::{Found, message};
use crate::limits::Limits;
use crate::problem::Problem;

/// Recognises an encoded message.
pub(super) fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Found, Problem> {
    message::recognise(name, limits, |descriptor| {
        let message = DynamicMessage::decode(descriptor, bytes).map_err(|error| error.to_string())?;
        // Entries of maps drop what they do not know.
        match message.encoded_len() < bytes.len() {
            true => Err("parts of it would be lost".to_owned()),
            false => Ok(message),
        }
    })
}
