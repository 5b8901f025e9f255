//! What a task runs with: each value that counts, and where it is from, for a node may override its task.

use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::{
    Container, K8sPod, Node, NodeMetadata, Resources, TaskMetadata, TaskNodeOverrides, TaskTemplate, node,
    node_metadata, task_metadata, task_template,
};

use crate::model::{time, value};

/// A line of the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub name: String,
    /// The value that counts.
    pub value: String,
    /// `task`, `node`, or what the node has put in the place of the task's.
    pub origin: String,
}

/// A task as it runs in a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskCard {
    /// Image, resources, cache, retries and the like.
    pub rows: Vec<Row>,
    /// The words of the command, and what each `{{ .variable }}` in them becomes.
    pub command: Vec<String>,
    /// Template variables in the command, explained.
    pub variables: Vec<(String, &'static str)>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Settings of the task's plugin.
    pub plugin: Vec<(String, String)>,
}

/// Requests or limits.
type Entries = fn(&Resources) -> &Vec<ResourceEntry>;

/// What the propeller puts into a command.
const VARIABLES: [(&str, &str); 9] = [
    (".input", "where the inputs are stored"),
    (".outputPrefix", "where outputs are to be written"),
    (".rawOutputDataPrefix", "where files that the task makes are to be written"),
    (".checkpointOutputPrefix", "where a checkpoint is to be written"),
    (".prevCheckpointPrefix", "where the checkpoint of the attempt before is"),
    (".perRetryUniqueKey", "a name of this attempt alone"),
    (".taskTemplatePath", "where the task's template is stored"),
    (".remote_package_path", "where the code of a fast registration is stored"),
    (".dest_dir", "where that code is unpacked"),
];

/// Describes a task in a node; without one, by itself.
pub fn task_card(task: &TaskTemplate, node: Option<&Node>) -> TaskCard {
    let overrides = node.and_then(|node| match &node.target {
        Some(node::Target::TaskNode(task)) => task.overrides.as_deref(),
        _ => None,
    });
    let mut card = TaskCard::default();
    card.push("Type", &task.r#type, "task");
    let id = task.id.clone().unwrap_or_default();
    card.push("Task", &id.name, "task");
    card.push("Version", &id.version, "task");
    match &task.target {
        Some(task_template::Target::Container(container)) => card.container(container, overrides),
        Some(task_template::Target::K8sPod(pod)) => card.pod(pod),
        Some(task_template::Target::Sql(sql)) => card.push("Statement", &sql.statement, "task"),
        None => {}
    }
    if let Some(image) =
        overrides.map(|overrides| &overrides.container_image).filter(|image| !image.is_empty())
    {
        card.replace("Image", image);
    }
    card.behaviour(task.metadata.as_ref(), node.and_then(|node| node.metadata.as_ref()));
    card.security(task);
    if let Some(custom) = &task.custom {
        card.plugin = value::fields(custom);
    }
    card.plugin.extend(task.config.iter().map(|(name, value)| (name.clone(), value.clone())));
    card
}

impl TaskCard {
    fn push(&mut self, name: &str, value: &str, origin: &str) {
        if !value.is_empty() {
            let row = Row { name: name.to_owned(), value: value.to_owned(), origin: origin.to_owned() };
            self.rows.push(row);
        }
    }

    /// What the node has in the place of what the task has.
    fn replace(&mut self, name: &str, value: &str) {
        let before = self.rows.iter().position(|row| row.name == name).map(|at| self.rows.remove(at).value);
        let origin = match before {
            Some(before) if before != value => format!("node, instead of {before}"),
            _ => "node".to_owned(),
        };
        self.push(name, value, &origin);
    }

    fn container(&mut self, container: &Container, overrides: Option<&TaskNodeOverrides>) {
        self.push("Image", &container.image, "task");
        self.command = container.command.iter().chain(&container.args).cloned().collect();
        self.variables = VARIABLES
            .iter()
            .filter(|(name, _)| self.command.iter().any(|word| names(word, name)))
            .map(|(name, means)| (format!("{{{{ {name} }}}}"), *means))
            .collect();
        self.environment = container.env.iter().map(|pair| (pair.key.clone(), pair.value.clone())).collect();
        self.resources(
            container.resources.as_ref(),
            overrides.and_then(|overrides| overrides.resources.as_ref()),
        );
    }

    fn resources(&mut self, task: Option<&Resources>, node: Option<&Resources>) {
        let lists: [(&str, Entries); 2] = [("request", |all| &all.requests), ("limit", |all| &all.limits)];
        for (word, list) in lists {
            for entry in task.map(list).into_iter().flatten() {
                self.push(&format!("{} {word}", resource(entry.name)), &entry.value, "task");
            }
            for entry in node.map(list).into_iter().flatten() {
                self.replace(&format!("{} {word}", resource(entry.name)), &entry.value);
            }
        }
    }

    fn pod(&mut self, pod: &K8sPod) {
        self.push("Primary container", &pod.primary_container_name, "task");
        if let Some(spec) = &pod.pod_spec {
            self.plugin.extend(value::fields(spec));
        }
    }

    fn behaviour(&mut self, task: Option<&TaskMetadata>, node: Option<&NodeMetadata>) {
        if let Some(task) = task {
            if task.discoverable {
                self.push("Cache version", &task.discovery_version, "task");
                self.push("Cache, one at a time", if task.cache_serializable { "yes" } else { "" }, "task");
                self.push("Cache ignores", &task.cache_ignore_input_vars.join(", "), "task");
            }
            let retries = task.retries.as_ref().map_or(0, |retries| retries.retries);
            self.push("Retries", &number(retries), "task");
            self.push("Time-out", &span(task.timeout.as_ref()), "task");
            let Some(task_metadata::InterruptibleValue::Interruptible(is)) = task.interruptible_value else {
                return self.of_node(node, task);
            };
            self.push("Interruptible", yes(is), "task");
            self.of_node(node, task);
        } else {
            self.of_node(node, &TaskMetadata::default());
        }
    }

    fn of_node(&mut self, node: Option<&NodeMetadata>, task: &TaskMetadata) {
        self.push("Pod template", &task.pod_template_name, "task");
        let Some(node) = node else { return };
        if let Some(retries) = node.retries.as_ref().filter(|retries| retries.retries > 0) {
            self.replace("Retries", &number(retries.retries));
        }
        if node.timeout.as_ref().is_some_and(|timeout| timeout.seconds > 0) {
            self.replace("Time-out", &span(node.timeout.as_ref()));
        }
        if let Some(node_metadata::InterruptibleValue::Interruptible(is)) = node.interruptible_value {
            self.replace("Interruptible", yes(is));
        }
        if let Some(node_metadata::CacheableValue::Cacheable(is)) = node.cacheable_value {
            self.replace("Cached", yes(is));
        }
        if let Some(node_metadata::CacheVersionValue::CacheVersion(version)) = &node.cache_version_value {
            self.replace("Cache version", version);
        }
    }

    fn security(&mut self, task: &TaskTemplate) {
        for secret in task.security_context.iter().flat_map(|context| &context.secrets) {
            self.push("Secret", &[secret.group.as_str(), secret.key.as_str()].join("/"), "task");
        }
    }
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn number(count: u32) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

fn span(duration: Option<&prost_types::Duration>) -> String {
    duration
        .filter(|duration| duration.seconds > 0 || duration.nanos > 0)
        .map_or_else(String::new, |duration| time::human(time::span(duration)))
}

/// Whether a word of a command has a variable in it, with spaces or without.
fn names(word: &str, variable: &str) -> bool {
    word.split("{{").skip(1).any(|rest| rest.split("}}").next().is_some_and(|inner| inner.trim() == variable))
}

fn resource(number: i32) -> &'static str {
    match ResourceName::try_from(number) {
        Ok(ResourceName::Cpu) => "CPU",
        Ok(ResourceName::Gpu) => "GPU",
        Ok(ResourceName::Memory) => "Memory",
        Ok(ResourceName::Storage) => "Storage",
        Ok(ResourceName::EphemeralStorage) => "Ephemeral storage",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{Identifier, KeyValuePair, RetryStrategy, Secret, SecurityContext, TaskNode};

    use super::*;

    fn cpu(value: &str) -> Resources {
        let entry = ResourceEntry { name: ResourceName::Cpu as i32, value: value.to_owned() };
        Resources { requests: vec![entry], limits: Vec::new() }
    }

    fn task() -> TaskTemplate {
        let container = Container {
            image: "img:v1".to_owned(),
            args: vec!["pyflyte-execute".to_owned(), "--inputs".to_owned(), "{{.input}}".to_owned()],
            resources: Some(cpu("1")),
            env: vec![KeyValuePair { key: "A".to_owned(), value: "b".to_owned() }],
            ..Container::default()
        };
        let secret = Secret { group: "g".to_owned(), key: "k".to_owned(), ..Secret::default() };
        TaskTemplate {
            id: Some(Identifier { name: "shop.price".to_owned(), ..Identifier::default() }),
            r#type: "python-task".to_owned(),
            metadata: Some(TaskMetadata {
                retries: Some(RetryStrategy { retries: 3 }),
                ..TaskMetadata::default()
            }),
            security_context: Some(SecurityContext { secrets: vec![secret], ..SecurityContext::default() }),
            target: Some(task_template::Target::Container(container)),
            ..TaskTemplate::default()
        }
    }

    fn of<'a>(card: &'a TaskCard, name: &str) -> Option<(&'a str, &'a str)> {
        let row = card.rows.iter().find(|row| row.name == name)?;
        Some((row.value.as_str(), row.origin.as_str()))
    }

    #[test]
    fn a_task_by_itself_has_its_own_values() {
        let card = task_card(&task(), None);
        assert_eq!(of(&card, "Image"), Some(("img:v1", "task")));
        assert_eq!(of(&card, "CPU request"), Some(("1", "task")));
        assert_eq!(of(&card, "Retries"), Some(("3", "task")));
        assert_eq!(of(&card, "Secret"), Some(("g/k", "task")));
        assert_eq!(card.environment, [("A".to_owned(), "b".to_owned())]);
        assert_eq!(card.variables, [("{{ .input }}".to_owned(), "where the inputs are stored")]);
    }

    #[test]
    fn what_a_node_overrides_counts_and_says_what_it_replaces() {
        let overrides = TaskNodeOverrides {
            resources: Some(cpu("2")),
            container_image: "img:v2".to_owned(),
            ..TaskNodeOverrides::default()
        };
        let node = Node {
            target: Some(node::Target::TaskNode(TaskNode {
                overrides: Some(Box::new(overrides)),
                reference: None,
            })),
            metadata: Some(NodeMetadata {
                retries: Some(RetryStrategy { retries: 5 }),
                ..NodeMetadata::default()
            }),
            ..Node::default()
        };
        let card = task_card(&task(), Some(&node));
        assert_eq!(of(&card, "Image"), Some(("img:v2", "node, instead of img:v1")));
        assert_eq!(of(&card, "CPU request"), Some(("2", "node, instead of 1")));
        assert_eq!(of(&card, "Retries"), Some(("5", "node, instead of 3")));
    }
}
