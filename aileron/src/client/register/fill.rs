//! What packages leave open: project, domain and version, and where their code will lie.
//!
//! `pyflyte package` leaves fields of identifiers empty, or writes `{{ registration.version }}` and the like into
//! any text.

use aileron_idl::reflect;
use prost_reflect::{DynamicMessage, MapKey, ReflectMessage, Value};

use super::package::{Entity, Kind, Package};
use crate::client::failure::Failure;

/// What goes into the blanks; `None` for what nobody gave.
#[derive(Clone, Debug)]
pub(super) struct Blanks {
    pub(super) project: String,
    pub(super) domain: String,
    pub(super) version: Option<String>,
    /// Where the code lies.
    pub(super) code: Option<String>,
    pub(super) dest_dir: String,
}

/// Something that nobody gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Version,
    Code,
}

impl Blanks {
    /// Fills all entities.
    pub(super) fn fill(&self, entities: Vec<Entity>) -> Result<Vec<Entity>, Failure> {
        entities.into_iter().map(|entity| self.filled(&entity)).collect()
    }

    /// Says what stays open, before anything is sent.
    pub(super) fn check(&self, package: &Package) -> Result<(), Failure> {
        package.entities.iter().try_for_each(|entity| self.filled(entity).map(drop))
    }

    fn filled(&self, entity: &Entity) -> Result<Entity, Failure> {
        let unread = |cause: String| {
            Failure::Usage(format!("{} holds no {}: {cause}", entity.place, entity.kind.name()))
        };
        let descriptor =
            reflect::descriptor(message(entity.kind)).map_err(|error| unread(error.to_string()))?;
        let message = DynamicMessage::decode(descriptor, &*entity.bytes);
        let mut message = message.map_err(|error| unread(error.to_string()))?;
        self.fill_message(&mut message).map_err(|open| {
            Failure::Usage(match open {
                Open::Version => format!("{} leaves its version open; give --version", entity.place),
                Open::Code => format!(
                    "{} wants code, and there is no fast*.tar.gz beside it; package with `--copy auto`, or \
                     name the folder or archive that has it",
                    entity.place
                ),
            })
        })?;
        use prost::Message as _;
        Ok(Entity { bytes: message.encode_to_vec(), place: entity.place.clone(), kind: entity.kind })
    }

    /// Messages have been decoded, which bounds their depth.
    fn fill_message(&self, message: &mut DynamicMessage) -> Result<(), Open> {
        if message.descriptor().full_name() == "flyteidl.core.Identifier" {
            self.fill_identifier(message)?;
        }
        message.fields_mut().try_for_each(|(_, value)| self.fill_value(value))
    }

    /// An identifier with a name is of something to register, or of what that refers to.
    fn fill_identifier(&self, identifier: &mut DynamicMessage) -> Result<(), Open> {
        let is_open = |message: &DynamicMessage, field: &str| !message.has_field_by_name(field);
        if is_open(identifier, "name") {
            return Ok(());
        }
        for (field, value) in [("project", &self.project), ("domain", &self.domain)] {
            if is_open(identifier, field) {
                identifier.set_field_by_name(field, Value::String(value.clone()));
            }
        }
        if is_open(identifier, "version") {
            let version = self.version.clone().ok_or(Open::Version)?;
            identifier.set_field_by_name("version", Value::String(version));
        }
        Ok(())
    }

    fn fill_value(&self, value: &mut Value) -> Result<(), Open> {
        match value {
            Value::String(text) if text.contains("{{") => {
                *text = self.fill_text(text)?;
                Ok(())
            }
            Value::Message(message) => self.fill_message(message),
            Value::List(list) => list.iter_mut().try_for_each(|value| self.fill_value(value)),
            Value::Map(map) => map.iter_mut().try_for_each(|(_, value): (&MapKey, _)| self.fill_value(value)),
            _ => Ok(()),
        }
    }

    fn fill_text(&self, text: &str) -> Result<String, Open> {
        let blanks = [
            ("registration.project", Ok(&self.project)),
            ("registration.domain", Ok(&self.domain)),
            ("registration.version", self.version.as_ref().ok_or(Open::Version)),
            (".remote_package_path", self.code.as_ref().ok_or(Open::Code)),
            (".dest_dir", Ok(&self.dest_dir)),
        ];
        let mut text = text.to_owned();
        for (name, value) in blanks {
            for blank in [format!("{{{{ {name} }}}}"), format!("{{{{{name}}}}}")] {
                if text.contains(&blank) {
                    text = text.replace(&blank, value?);
                }
            }
        }
        Ok(text)
    }
}

/// The message that a kind is written as.
const fn message(kind: Kind) -> &'static str {
    match kind {
        Kind::Task => "flyteidl.admin.TaskSpec",
        Kind::Workflow => "flyteidl.admin.WorkflowSpec",
        Kind::LaunchPlan => "flyteidl.admin.LaunchPlan",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::admin::TaskSpec;
    use aileron_idl::core::{Container, Identifier, TaskTemplate, task_template::Target};
    use prost::Message as _;

    fn blanks(version: Option<&str>, code: Option<&str>) -> Blanks {
        Blanks {
            project: "p".into(),
            domain: "d".into(),
            version: version.map(str::to_owned),
            code: code.map(str::to_owned),
            dest_dir: "/code".into(),
        }
    }

    fn task(id: Identifier, args: &[&str]) -> Entity {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let container = Container { args, ..Default::default() };
        let template =
            TaskTemplate { id: Some(id), target: Some(Target::Container(container)), ..Default::default() };
        let bytes = TaskSpec { template: Some(template), ..Default::default() }.encode_to_vec();
        Entity { kind: Kind::Task, place: "x/0_t_1.pb".into(), bytes }
    }

    fn filled(blanks: &Blanks, entity: &Entity) -> (Identifier, Vec<String>) {
        let bytes = blanks.filled(entity).unwrap().bytes;
        let template = TaskSpec::decode(&*bytes).unwrap().template.unwrap();
        let Some(Target::Container(container)) = template.target else { panic!("no container") };
        (template.id.unwrap(), container.args)
    }

    #[test]
    fn what_is_open_is_filled_and_the_rest_is_left() {
        let id = Identifier { name: "t".into(), domain: "own".into(), ..Default::default() };
        let entity =
            task(id, &["--at", "{{ .remote_package_path }}", "{{.dest_dir}}/{{ registration.version }}"]);
        let (id, args) = filled(&blanks(Some("v1"), Some("s3://code")), &entity);
        assert_eq!((&*id.project, &*id.domain, &*id.version), ("p", "own", "v1"));
        assert_eq!(args, ["--at", "s3://code", "/code/v1"]);
        let named = Identifier { project: "{{ registration.project }}".into(), ..id };
        assert_eq!(filled(&blanks(None, None), &task(named, &["{{ other }}"])).0.project, "p");
    }

    #[test]
    fn what_stays_open_is_told() {
        let unversioned = task(Identifier { name: "t".into(), ..Default::default() }, &[]);
        let told = blanks(None, None).filled(&unversioned).unwrap_err().to_string();
        assert!(told.contains("x/0_t_1.pb leaves its version open; give --version"), "{told}");
        let id = Identifier { name: "t".into(), version: "v".into(), ..Default::default() };
        let told = blanks(None, None).filled(&task(id, &["{{ .remote_package_path }}"])).unwrap_err();
        assert!(told.to_string().contains("no fast*.tar.gz beside it"), "{told}");
        let damaged = Entity { kind: Kind::Workflow, place: "x".into(), bytes: vec![255; 4] };
        assert!(blanks(None, None).filled(&damaged).unwrap_err().to_string().contains("x holds no workflow"));
    }
}
