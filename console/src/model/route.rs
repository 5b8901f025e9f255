//! Addresses of the pages. `pyflyte` prints the one of an execution, so they are frozen.

/// The path of a list of executions.
pub fn executions(project: &str, domain: &str) -> String {
    format!("/console/projects/{project}/domains/{domain}/executions")
}

/// The path of one execution.
pub fn execution(project: &str, domain: &str, name: &str) -> String {
    format!("{}/{name}", executions(project, domain))
}

/// The path of the workbench.
pub const WORKBENCH: &str = "/console/workbench";

/// The path of one attempt's log, from a byte offset on.
pub fn log(execution: (&str, &str, &str), node: &str, attempt: u32, offset: u64) -> String {
    let (project, domain, name) = execution;
    format!("/api/v1/logs/{project}/{domain}/{name}/{node}/{attempt}?offset={offset}")
}

/// True for an address that a link may lead to: one on this server or on the web, never a script.
pub fn is_link(uri: &str) -> bool {
    ["https://", "http://", "/"].iter().any(|start| uri.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_where_pyflyte_says() {
        assert_eq!(
            execution("flytesnacks", "development", "abc"),
            "/console/projects/flytesnacks/domains/development/executions/abc"
        );
    }

    #[test]
    fn a_script_is_no_link() {
        assert!(is_link("http://127.0.0.1:30080/api/v1/logs/p/d/e/n0/0") && is_link("/api/v1/logs"));
        assert!(!is_link("javascript:alert(1)") && !is_link("data:text/html,x"));
    }

    #[test]
    fn a_log_is_read_on_from_an_offset() {
        assert_eq!(log(("p", "d", "e"), "n0", 1, 42), "/api/v1/logs/p/d/e/n0/1?offset=42");
    }
}
