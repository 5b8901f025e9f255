//! The cluster as the control plane sees it: an execution becomes an object there, in the namespace of its
//! project and domain. Who runs it is not known here; events come back by the API.
//!
//! Start reading at [`KubernetesExecutor`]; `object` makes the object, `namespace` what it lies in, `refusal`
//! says what the cluster's answers mean, `census` finds what is gone from it.

mod census;
mod client;
mod executor;
mod logs;
mod namespace;
mod object;
mod plugins;
mod refusal;
mod template;

pub(crate) use census::run as census;
pub(crate) use client::{connect, identity};
pub(crate) use executor::KubernetesExecutor;
pub(crate) use logs::router as logs;
pub(crate) use plugins::plugins;
pub(crate) use template::Templates;

/// Who writes, as the API server notes it.
const FIELD_MANAGER: &str = "aileron-server";
