//! Addresses with variables in them: `{{ .podName }}` and so on. Names are Flyte's; their case does not matter.

use serde::Deserialize;

/// Why an address cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{uri}` asks for `{variable}`, which there is not; there are {}, and taskConfig.KEY", NAMES.join(", "))]
pub struct UnknownVariable {
    /// The whole address.
    uri: String,
    /// What it asks for.
    variable: String,
}

/// All variables but those of a task's configuration.
pub(super) const NAMES: [&str; 22] = [
    "logName",
    "podName",
    "podUID",
    "namespace",
    "containerName",
    "containerId",
    "hostname",
    "nodeName",
    "podRFC3339StartTime",
    "podRFC3339FinishTime",
    "podUnixStartTime",
    "podUnixFinishTime",
    "taskProject",
    "taskDomain",
    "taskID",
    "taskVersion",
    "taskRetryAttempt",
    "nodeID",
    "executionName",
    "executionProject",
    "executionDomain",
    "generatedName",
];
/// What variables of a task's configuration begin with.
const CONFIG: &str = "taskconfig.";

/// An address with variables.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TemplateUri(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// By its name in [`NAMES`].
    Variable(&'static str),
    /// A key of the task's configuration.
    Config(String),
}

impl TryFrom<String> for TemplateUri {
    type Error = UnknownVariable;

    fn try_from(uri: String) -> Result<TemplateUri, UnknownVariable> {
        let mut parts = Vec::new();
        let mut rest = uri.as_str();
        while let Some((before, name, after)) = variable(rest) {
            parts.push(Part::Text(before.to_owned()));
            let known = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name));
            parts.push(match (known, name.get(..CONFIG.len())) {
                (Some(known), _) => Part::Variable(known),
                (None, Some(prefix)) if prefix.eq_ignore_ascii_case(CONFIG) => {
                    Part::Config(name[CONFIG.len()..].to_owned())
                }
                _ => return Err(UnknownVariable { variable: name.to_owned(), uri }),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(TemplateUri(parts))
    }
}

/// The next variable of a text, with what is before and behind it.
fn variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name.trim().trim_start_matches(['.', '$']), after))
}

impl TemplateUri {
    /// The address; `None` when something that it asks for is not known.
    pub(super) fn render<'a>(
        &self,
        known: impl Fn(&'static str) -> Option<String>,
        config: impl Fn(&str) -> Option<&'a String>,
    ) -> Option<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Variable(name) => known(name),
            Part::Config(key) => config(key).cloned(),
        };
        self.0.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TemplateUri, UnknownVariable> {
        TemplateUri::try_from(text.to_owned())
    }

    #[test]
    fn variables_have_any_case_and_any_blanks() {
        let uri = parse("x/{{.podName}}/{{ $NAMESPACE }}?{{ .taskConfig.key }}&{").unwrap();
        let key = "value".to_owned();
        let known = |name| Some(format!("<{name}>"));
        let config = |name: &str| (name == "key").then_some(&key);
        assert_eq!(uri.render(known, config).as_deref(), Some("x/<podName>/<namespace>?value&{"));
        assert_eq!(uri.render(|_| None, config), None, "what is not known yet gives no link");
    }

    #[test]
    fn a_variable_that_there_is_not_is_refused() {
        let error = parse("x/{{ .podname }}/{{ .poName }}").unwrap_err().to_string();
        assert!(
            error.contains("asks for `poName`, which there is not; there are logName, podName"),
            "{error}"
        );
    }
}
