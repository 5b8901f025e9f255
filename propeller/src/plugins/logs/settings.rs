//! Where the platform keeps logs, in Flyte's names (section `plugins.logs` of its configuration).

use std::collections::BTreeMap;

use aileron_idl::core::task_log::MessageFormat;
use serde::{Deserialize, Deserializer};

use super::uri::TemplateUri;

/// Settings of links to logs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogSettings {
    /// Whether there is a link to the Kubernetes dashboard.
    pub kubernetes_enabled: bool,
    /// The dashboard's address.
    pub kubernetes_url: String,
    /// What its link is instead.
    pub kubernetes_template_uri: Option<TemplateUri>,
    /// Whether there is a link to AWS CloudWatch.
    pub cloudwatch_enabled: bool,
    /// The region of its group.
    pub cloudwatch_region: String,
    /// The group that logs are in.
    pub cloudwatch_log_group: String,
    /// What its link is instead.
    pub cloudwatch_template_uri: Option<TemplateUri>,
    /// Whether there is a link to Google's Cloud Logging.
    pub stackdriver_enabled: bool,
    /// The project that logs are in.
    pub gcp_project: String,
    /// The resource that logs are of.
    pub stackdriver_logresourcename: String,
    /// What its link is instead.
    pub stackdriver_template_uri: Option<TemplateUri>,
    /// Other links.
    pub templates: Vec<Template>,
    /// Links of tasks that name them, as `link_type` in their configuration.
    pub dynamic_log_links: Vec<BTreeMap<String, Template>>,
}

/// A link to a log.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// What it is called.
    pub display_name: String,
    /// Where it leads. The first whose variables are all known counts.
    pub template_uris: Vec<TemplateUri>,
    /// How the log is written.
    #[serde(deserialize_with = "format")]
    pub message_format: Format,
    /// What it is about.
    pub scheme: Scheme,
    /// Whether it is shown before the attempt runs.
    pub show_while_pending: bool,
    /// Whether it is not shown any more afterwards.
    pub hide_once_finished: bool,
    /// What clients show it as. Events of this version cannot say it.
    pub link_type: String,
}

/// How a log is written.
pub type Format = i32;

/// What a link is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Scheme {
    /// A pod: there is none for jobs of operators.
    #[default]
    Pod,
    /// The attempt.
    TaskExecution,
}

/// Reads a format as a name or as a number.
fn format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i32),
        Name(String),
    }
    let found = match Written::deserialize(deserializer)? {
        Written::Number(number) => MessageFormat::try_from(number).ok(),
        Written::Name(name) => MessageFormat::from_str_name(&name.to_ascii_uppercase()),
    };
    let wrong = || serde::de::Error::custom("messageFormat is none; write unknown, csv or json");
    found.map(Into::into).ok_or_else(wrong)
}

impl LogSettings {
    /// All links of a task whose configuration names these dynamic ones.
    pub(super) fn templates(&self, named: &str) -> Vec<Template> {
        let dynamic = self.dynamic_log_links.iter().flatten();
        let dynamic = dynamic.filter(|(name, _)| named.split(',').any(|asked| asked.trim() == name.as_str()));
        let others = self.templates.iter().chain(dynamic.map(|(_, template)| template)).cloned();
        self.well_known().into_iter().chain(others).collect()
    }

    fn well_known(&self) -> Vec<Template> {
        let link = |name: &str, own: &Option<TemplateUri>, usual: String| Template {
            display_name: name.to_owned(),
            // What is made here has known variables alone.
            template_uris: own.clone().or_else(|| TemplateUri::try_from(usual).ok()).into_iter().collect(),
            message_format: MessageFormat::Json.into(),
            ..Template::default()
        };
        let mut found = Vec::new();
        if self.kubernetes_enabled {
            let page = "#!/log/{{ .namespace }}/{{ .podName }}/pod?namespace={{ .namespace }}";
            let usual = format!("{}/{page}", self.kubernetes_url.trim_end_matches('/'));
            found.push(link("Kubernetes Logs", &self.kubernetes_template_uri, usual));
        }
        if self.cloudwatch_enabled {
            let (region, group) = (&self.cloudwatch_region, &self.cloudwatch_log_group);
            let stream = "var.log.containers.{{ .podName }}_{{ .namespace }}_{{ .containerName }}-{{ .containerId }}.log";
            let console = "https://console.aws.amazon.com/cloudwatch/home";
            let usual = format!("{console}?region={region}#logEventViewer:group={group};stream={stream}");
            found.push(link("Cloudwatch Logs", &self.cloudwatch_template_uri, usual));
        }
        if self.stackdriver_enabled {
            let (project, resource) = (&self.gcp_project, &self.stackdriver_logresourcename);
            let viewer = "https://console.cloud.google.com/logs/viewer";
            let filter = "advancedFilter=resource.labels.pod_name%3D{{ .podName }}";
            let path = format!("angularJsUrl=%2Flogs%2Fviewer%3Fproject%3D{project}");
            let usual = format!("{viewer}?project={project}&{path}&resource={resource}&{filter}");
            found.push(link("Stackdriver Logs", &self.stackdriver_template_uri, usual));
        }
        found
    }
}
