//! The pages, one a file.

mod execution;
mod executions;
mod not_found;
mod workbench;

pub(crate) use execution::ExecutionPage;
pub(crate) use executions::ExecutionsPage;
pub(crate) use not_found::NotFoundPage;
pub(crate) use workbench::WorkbenchPage;
