//! The pages, one a file.

mod execution;
mod executions;
mod not_found;

pub(crate) use execution::ExecutionPage;
pub(crate) use executions::ExecutionsPage;
pub(crate) use not_found::NotFoundPage;
