//! How identifiers are written in messages and logs: their parts joined by colons.

use std::fmt;

use crate::core::{
    Identifier, NodeExecutionIdentifier, TaskExecutionIdentifier, WorkflowExecutionIdentifier,
};

impl fmt::Display for Identifier {
    /// `project:domain:name:version`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.project, self.domain, self.name, self.version)
    }
}

impl fmt::Display for WorkflowExecutionIdentifier {
    /// `project:domain:name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.project, self.domain, self.name)
    }
}

impl fmt::Display for NodeExecutionIdentifier {
    /// `project:domain:execution:node`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.execution_id {
            Some(execution) => write!(f, "{execution}:{}", self.node_id),
            None => write!(f, "?:{}", self.node_id),
        }
    }
}

impl fmt::Display for TaskExecutionIdentifier {
    /// `project:domain:execution:node:attempt`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node_execution_id {
            Some(node) => write!(f, "{node}:{}", self.retry_attempt),
            None => write!(f, "?:{}", self.retry_attempt),
        }
    }
}
