//! Messages that are known by name only, with all that is declared of them: services, routes, options.

use std::sync::OnceLock;

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage};
use serde_json::Value;

use crate::json::{self, JsonError, Style, Unknown};
use crate::wire::Shapes;

/// The pool of all descriptors; decoded once.
pub fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| {
        DescriptorPool::decode(crate::DESCRIPTOR_SET)
            .unwrap_or_else(|error| unreachable!("the committed descriptor set is broken: {error}"))
    })
}

/// The descriptor of a message by its full name, such as `flyteidl.core.Literal`.
///
/// # Errors
/// When there is no such message.
pub fn descriptor(name: &str) -> Result<MessageDescriptor, JsonError> {
    pool().get_message_by_name(name).ok_or_else(|| JsonError::UnknownMessage(name.to_owned()))
}

/// Writes a dynamic message in the given style.
///
/// # Errors
/// When it is none of [`crate::DESCRIPTOR_SET`], or holds what JSON cannot say.
pub fn write(message: &DynamicMessage, style: Style) -> Result<Value, JsonError> {
    let shape = json::shape(message.descriptor().full_name())?;
    json::write(Shapes::all(), shape, &message.encode_to_vec(), style)
}

/// Reads a dynamic message from JSON text.
///
/// # Errors
/// When it is no JSON, or not of the message's shape.
pub fn read(
    descriptor: MessageDescriptor,
    text: &[u8],
    unknown: Unknown,
) -> Result<DynamicMessage, JsonError> {
    let shape = json::shape(descriptor.full_name())?;
    let bytes = json::read(Shapes::all(), shape, &json::parse(text)?, unknown)?;
    Ok(DynamicMessage::decode(descriptor, bytes.as_slice())?)
}
