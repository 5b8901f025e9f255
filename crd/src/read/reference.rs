//! Identifiers as objects write them.

use std::collections::BTreeMap;

use aileron_idl::core::{CompiledTask, Identifier, ResourceType};
use serde_json::{Value, json};

/// The tasks that keys stand for. How a key is written is its writer's business, so it is looked up.
pub(super) struct Keys<'a>(BTreeMap<&'a str, &'a Identifier>);

impl<'a> Keys<'a> {
    pub(super) fn new(tasks: impl Iterator<Item = (&'a String, &'a CompiledTask)>) -> Keys<'a> {
        let named =
            tasks.filter_map(|(key, task)| Some((key.as_str(), task.template.as_ref()?.id.as_ref()?)));
        Keys(named.collect())
    }

    /// The task's identifier as protobuf's JSON; of a key that is not there, what can be read of it.
    pub(super) fn task(&self, key: &Value) -> Value {
        let key = key.as_str().unwrap_or_default();
        self.0.get(key).map_or_else(|| json(&identifier(key)), |id| json(id))
    }
}

/// `resource_type:TASK project:"p" domain:"d" name:"n" version:"v"`, with any spaces between.
pub(super) fn identifier(text: &str) -> Identifier {
    let mut id = Identifier::default();
    for part in text.split_whitespace() {
        let Some((field, value)) = part.split_once(':') else { continue };
        let value = value.trim_matches('"');
        match field {
            "resource_type" => {
                id.resource_type = ResourceType::from_str_name(value).map_or(0, i32::from);
            }
            "project" => value.clone_into(&mut id.project),
            "domain" => value.clone_into(&mut id.domain),
            "name" => value.clone_into(&mut id.name),
            "version" => value.clone_into(&mut id.version),
            "org" => value.clone_into(&mut id.org),
            _ => {}
        }
    }
    id
}

/// `project:domain:name`, the id of a spec; it has no version.
pub(super) fn of_workflow(text: &str) -> Identifier {
    let mut parts = text.splitn(3, ':');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (project, domain, name) = (next(), next(), next());
    Identifier {
        resource_type: ResourceType::Workflow.into(),
        project,
        domain,
        name,
        ..Identifier::default()
    }
}

/// The workflow of a key as protobuf's JSON.
pub(super) fn sub_workflow(key: &Value) -> Value {
    json(&identifier(key.as_str().unwrap_or_default()))
}

fn json(id: &Identifier) -> Value {
    json!({
        "resourceType": id.resource_type, "project": id.project, "domain": id.domain, "name": id.name,
        "version": id.version, "org": id.org,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_an_identifier() {
        let id = identifier("resource_type:TASK  project:\"p\"  domain:\"d\"  name:\"a.b\"  version:\"v:1\"");
        assert_eq!((id.resource_type, id.project.as_str(), id.domain.as_str()), (1, "p", "d"));
        assert_eq!((id.name.as_str(), id.version.as_str()), ("a.b", "v:1"));
        assert_eq!(identifier("nonsense: \"\" :"), Identifier::default());
        assert_eq!(of_workflow("p:d:a.b").name, "a.b");
    }
}
