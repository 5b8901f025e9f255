//! What a task's container is started with. Pure: templates and names in, arguments and environment out.

pub mod environment;
pub mod objects;
pub(crate) mod shell;
pub mod template;
