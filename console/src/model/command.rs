//! What a page does, as commands for a terminal: the same request by `aileron`, `pyflyte`, `flytectl` or `grpcurl`.

use aileron_idl::core::WorkflowExecutionIdentifier;

/// The server as the page sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `host:port`.
    pub host: String,
    /// Whether it is reached without TLS.
    pub is_insecure: bool,
}

impl Server {
    /// What `aileron` is told of it.
    pub fn for_aileron(&self) -> String {
        format!("--endpoint {}{}", if self.is_insecure { "" } else { "https://" }, self.host)
    }

    /// What `flytectl` is told of it, whatever its configuration says.
    pub fn for_flytectl(&self) -> String {
        format!("--admin.endpoint dns:///{} --admin.insecure={}", self.host, self.is_insecure)
    }
}

/// A text that a shell reads as one word.
pub fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:=@%+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Ends an execution.
pub fn terminate(server: &Server, id: &WorkflowExecutionIdentifier, cause: &str) -> String {
    let WorkflowExecutionIdentifier { project, domain, name, .. } = id;
    format!(
        "flytectl delete execution {} -p {} -d {} {}  # {cause}",
        quoted(name),
        quoted(project),
        quoted(domain),
        server.for_flytectl()
    )
}

/// Shows an execution.
pub fn describe(server: &Server, id: &WorkflowExecutionIdentifier) -> String {
    let WorkflowExecutionIdentifier { project, domain, name, .. } = id;
    format!("aileron describe execution {project}/{domain}/{} {}", quoted(name), server.for_aileron())
}

/// Gets something by its address in Python.
pub fn get_in_python(server: &Server, flyte_url: &str) -> String {
    let config = format!(
        "Config.for_endpoint(\"{}\", insecure={})",
        server.host,
        if server.is_insecure { "True" } else { "False" }
    );
    format!(
        "from flytekit.configuration import Config\nfrom flytekit.remote import FlyteRemote\n\nremote = FlyteRemote({config})\nremote.get(\"{flyte_url}\")"
    )
}

/// One call by grpcurl.
pub fn grpcurl(server: &Server, method: &str, json: &str) -> String {
    let plain = if server.is_insecure { "-plaintext " } else { "" };
    format!("grpcurl {plain}-d {} {} {method}", quoted(json), server.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_what_was_meant() {
        assert_eq!(quoted("a-b.c/d:1"), "a-b.c/d:1");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("$(rm)"), "'$(rm)'");
    }

    #[test]
    fn a_command_says_which_server_it_asks() {
        let plain = Server { host: "h:1".into(), is_insecure: true };
        assert_eq!(plain.for_aileron(), "--endpoint h:1");
        assert_eq!(plain.for_flytectl(), "--admin.endpoint dns:///h:1 --admin.insecure=true");
        let by_tls = Server { is_insecure: false, ..plain };
        assert_eq!(by_tls.for_aileron(), "--endpoint https://h:1");
        assert_eq!(by_tls.for_flytectl(), "--admin.endpoint dns:///h:1 --admin.insecure=false");
    }

    #[test]
    fn a_call_is_one_line() {
        let server = Server { host: "h:1".into(), is_insecure: true };
        let call = grpcurl(&server, "flyteidl.service.AdminService/GetVersion", "{}");
        assert_eq!(call, "grpcurl -plaintext -d '{}' h:1 flyteidl.service.AdminService/GetVersion");
    }
}
