//! Everything of a launch beyond its inputs, as it is typed; and what it changes in the request.

use aileron_idl::admin::{
    Annotations, ClusterAssignment, EmailNotification, Envs, ExecutionClusterLabel, ExecutionSpec, Labels,
    Notification, NotificationList, RawOutputDataConfig, execution_spec, notification,
};
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{Identity, KeyValuePair, QualityOfService, SecurityContext, quality_of_service};

/// The options, each as its field has it; empty for what the launch plan or the server says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The execution's name; empty for one that is made up.
    pub name: String,
    /// `key=value` lines.
    pub labels: String,
    /// `key=value` lines.
    pub annotations: String,
    /// `NAME=value` lines.
    pub envs: String,
    /// Words, separated by commas.
    pub tags: String,
    /// Most nodes that run at once.
    pub max_parallelism: String,
    /// `true`, `false` or empty.
    pub interruptible: String,
    /// Whether the cache is overwritten instead of read.
    pub overwrite_cache: bool,
    /// Where files of tasks go.
    pub raw_output: String,
    /// The account that pods run as.
    pub service_account: String,
    /// The role that they have in the cloud.
    pub iam_role: String,
    /// The pool of clusters.
    pub cluster_pool: String,
    /// The label of clusters.
    pub cluster_label: String,
    /// `HIGH`, `MEDIUM`, `LOW` or empty.
    pub quality: String,
    /// `none`, addresses of mail separated by commas, or empty.
    pub notifications: String,
}

/// An option that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The option's name in the form.
    pub option: &'static str,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl Options {
    /// The options that an earlier launch had.
    pub fn of(spec: &ExecutionSpec) -> Self {
        let identity = spec.security_context.clone().and_then(|context| context.run_as).unwrap_or_default();
        let lines = |pairs: Vec<(String, String)>| {
            let mut lines: Vec<_> = pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
            lines.sort();
            lines.join("\n")
        };
        let envs = spec.envs.clone().unwrap_or_default().values;
        let quality = spec.quality_of_service.as_ref().and_then(|quality| match quality.designation {
            Some(quality_of_service::Designation::Tier(tier)) => {
                quality_of_service::Tier::try_from(tier).ok()
            }
            _ => None,
        });
        #[expect(deprecated, reason = "clients send tags all the same")]
        let tags = spec.tags.join(", ");
        Self {
            name: String::new(),
            labels: lines(spec.labels.clone().unwrap_or_default().values.into_iter().collect()),
            annotations: lines(spec.annotations.clone().unwrap_or_default().values.into_iter().collect()),
            envs: lines(envs.into_iter().map(|pair| (pair.key, pair.value)).collect()),
            tags,
            max_parallelism: if spec.max_parallelism == 0 {
                String::new()
            } else {
                spec.max_parallelism.to_string()
            },
            interruptible: spec.interruptible.map(|truth| truth.to_string()).unwrap_or_default(),
            overwrite_cache: spec.overwrite_cache,
            raw_output: spec.raw_output_data_config.clone().unwrap_or_default().output_location_prefix,
            service_account: identity.k8s_service_account,
            iam_role: identity.iam_role,
            cluster_pool: spec.cluster_assignment.clone().unwrap_or_default().cluster_pool_name,
            cluster_label: spec.execution_cluster_label.clone().unwrap_or_default().value,
            quality: quality
                .map(|tier| tier.as_str_name().to_owned())
                .filter(|tier| tier != "UNDEFINED")
                .unwrap_or_default(),
            notifications: notified(spec),
        }
    }

    /// Puts the options into a request's spec. An option that says what the spec says already changes nothing, so that what
    /// the form has no field for stays as it was.
    ///
    /// # Errors
    /// Every option that cannot be.
    pub fn apply(&self, spec: &mut ExecutionSpec) -> Result<(), Vec<Problem>> {
        let (before, mut wrong) = (Self::of(spec), Vec::new());
        let mut pairs = |option, text: &str| match pairs(text) {
            Ok(pairs) => pairs,
            Err(line) => {
                wrong.push(Problem { option, message: format!("`{line}` is not key=value") });
                Vec::new()
            }
        };
        let labels = pairs("labels", &self.labels);
        let annotations = pairs("annotations", &self.annotations);
        let envs = pairs("envs", &self.envs);
        if self.labels != before.labels {
            spec.labels = (!labels.is_empty()).then(|| Labels { values: labels.into_iter().collect() });
        }
        if self.annotations != before.annotations {
            let values = || Annotations { values: annotations.iter().cloned().collect() };
            spec.annotations = (!annotations.is_empty()).then(values);
        }
        if self.envs != before.envs {
            let pair = |(key, value)| KeyValuePair { key, value };
            spec.envs = (!envs.is_empty()).then(|| Envs { values: envs.into_iter().map(pair).collect() });
        }
        self.apply_tags(spec, &before);
        self.apply_choices(spec, &before, &mut wrong);
        self.apply_places(spec, &before);
        self.apply_notifications(spec, &before, &mut wrong);
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn apply_tags(&self, spec: &mut ExecutionSpec, before: &Self) {
        if self.tags != before.tags {
            let tags = self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
            #[expect(deprecated, reason = "clients send tags all the same")]
            spec.tags.clone_from(&tags.map(str::to_owned).collect());
        }
    }

    fn apply_choices(&self, spec: &mut ExecutionSpec, before: &Self, wrong: &mut Vec<Problem>) {
        if self.max_parallelism != before.max_parallelism {
            match self.max_parallelism.trim() {
                "" => spec.max_parallelism = 0,
                text => match text.parse::<i32>() {
                    Ok(most) if most >= 0 => spec.max_parallelism = most,
                    _ => wrong.push(Problem {
                        option: "max_parallelism",
                        message: format!("`{text}` is no number of nodes; write 1 or more, or nothing"),
                    }),
                },
            }
        }
        if self.interruptible != before.interruptible {
            spec.interruptible = self.interruptible.parse().ok();
        }
        spec.overwrite_cache = self.overwrite_cache;
        if self.quality != before.quality {
            let tier = quality_of_service::Tier::from_str_name(&self.quality);
            spec.quality_of_service = tier.map(|tier| QualityOfService {
                designation: Some(quality_of_service::Designation::Tier(tier as i32)),
            });
        }
    }

    fn apply_places(&self, spec: &mut ExecutionSpec, before: &Self) {
        let given = |text: &String| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        if self.raw_output != before.raw_output {
            let config = |prefix| RawOutputDataConfig { output_location_prefix: prefix };
            spec.raw_output_data_config = given(&self.raw_output).map(config);
        }
        if (&self.service_account, &self.iam_role) != (&before.service_account, &before.iam_role) {
            let mut context = spec.security_context.clone().unwrap_or_default();
            let mut identity = context.run_as.unwrap_or_default();
            identity.k8s_service_account = self.service_account.trim().to_owned();
            identity.iam_role = self.iam_role.trim().to_owned();
            context.run_as = (identity != Identity::default()).then_some(identity);
            spec.security_context = (context != SecurityContext::default()).then_some(context);
        }
        if self.cluster_pool != before.cluster_pool {
            let pool = |name| ClusterAssignment { cluster_pool_name: name };
            spec.cluster_assignment = given(&self.cluster_pool).map(pool);
        }
        if self.cluster_label != before.cluster_label {
            let label = |value| ExecutionClusterLabel { value };
            spec.execution_cluster_label = given(&self.cluster_label).map(label);
        }
    }

    fn apply_notifications(&self, spec: &mut ExecutionSpec, before: &Self, wrong: &mut Vec<Problem>) {
        if self.notifications == before.notifications {
            return;
        }
        let addresses: Vec<String> = self
            .notifications
            .split(',')
            .map(|one| one.trim().to_owned())
            .filter(|one| !one.is_empty())
            .collect();
        if let Some(bad) = addresses.iter().find(|address| *address != "none" && !address.contains('@')) {
            let message = format!("`{bad}` is no address; write addresses of mail, or none");
            wrong.push(Problem { option: "notifications", message });
            return;
        }
        spec.notification_overrides = match self.notifications.trim() {
            "" => None,
            "none" => Some(execution_spec::NotificationOverrides::DisableAll(true)),
            _ => Some(execution_spec::NotificationOverrides::Notifications(NotificationList {
                notifications: vec![Notification {
                    phases: [Phase::Succeeded, Phase::Failed, Phase::Aborted, Phase::TimedOut]
                        .map(|phase| phase as i32)
                        .to_vec(),
                    r#type: Some(notification::Type::Email(EmailNotification {
                        recipients_email: addresses,
                        ..Default::default()
                    })),
                }],
            })),
        };
    }
}

fn notified(spec: &ExecutionSpec) -> String {
    match &spec.notification_overrides {
        Some(execution_spec::NotificationOverrides::DisableAll(true)) => "none".to_owned(),
        Some(execution_spec::NotificationOverrides::Notifications(list)) => {
            let addresses = list.notifications.iter().filter_map(|one| match &one.r#type {
                Some(notification::Type::Email(mail)) => Some(mail.recipients_email.join(", ")),
                _ => None,
            });
            addresses.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

/// `key=value` lines; the first line that is none.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (key, value) = line.split_once('=').ok_or_else(|| line.to_owned())?;
            if key.trim().is_empty() {
                Err(line.to_owned())
            } else {
                Ok((key.trim().to_owned(), value.trim().to_owned()))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Options {
        Options {
            name: String::new(),
            labels: "a=1\nb=x=y".into(),
            annotations: "note=2".into(),
            envs: "DEBUG=1".into(),
            tags: "x, y".into(),
            max_parallelism: "5".into(),
            interruptible: "false".into(),
            overwrite_cache: true,
            raw_output: "s3://bucket/x".into(),
            service_account: "runner".into(),
            iam_role: "arn:role".into(),
            cluster_pool: "gpu".into(),
            cluster_label: "east".into(),
            quality: "HIGH".into(),
            notifications: "a@b.c, d@e.f".into(),
        }
    }

    #[test]
    fn every_option_gets_into_the_request_and_out_again() {
        let mut spec = ExecutionSpec::default();
        all().apply(&mut spec).expect("all can be");
        assert_eq!(Options::of(&spec), all());
    }

    #[test]
    fn options_that_say_the_same_change_nothing() {
        let mut spec = ExecutionSpec::default();
        all().apply(&mut spec).expect("all can be");
        // What the form has no field for.
        spec.security_context
            .as_mut()
            .expect("it is there")
            .secrets
            .push(aileron_idl::core::Secret { key: "token".into(), ..Default::default() });
        let before = spec.clone();
        Options::of(&spec).apply(&mut spec).expect("all can be");
        assert_eq!(spec, before);
    }

    #[test]
    fn options_are_taken_away_again() {
        let mut spec = ExecutionSpec::default();
        all().apply(&mut spec).expect("all can be");
        Options::default().apply(&mut spec).expect("nothing can be");
        assert_eq!(spec, ExecutionSpec::default());
    }

    #[test]
    fn everything_that_cannot_be_is_said() {
        let options = Options {
            labels: "team".into(),
            max_parallelism: "many".into(),
            notifications: "ada".into(),
            ..Options::default()
        };
        let wrong = options.apply(&mut ExecutionSpec::default()).expect_err("three cannot be");
        let names: Vec<_> = wrong.iter().map(|problem| problem.option).collect();
        assert_eq!(names, ["labels", "max_parallelism", "notifications"]);
    }
}
