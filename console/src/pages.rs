//! The pages, one a file. Each shows what `model` computes of what the address names.

mod entity_version;
mod execution;
mod executions;
mod gates;
mod launch;
mod names;
mod not_found;
mod projects;
mod signal;
mod versions;
mod workbench;
mod workflow;

pub(crate) use entity_version::EntityVersionPage;
pub(crate) use execution::ExecutionPage;
pub(crate) use executions::ExecutionsPage;
pub(crate) use gates::GatesPage;
pub(crate) use launch::LaunchPage;
pub(crate) use names::NamesPage;
pub(crate) use not_found::NotFoundPage;
pub(crate) use projects::ProjectsPage;
pub(crate) use signal::SignalPage;
pub(crate) use versions::VersionsPage;
pub(crate) use workbench::WorkbenchPage;
pub(crate) use workflow::WorkflowPage;
