//! Workflows, launch plans and tasks: where they come from, and what goes in and out.

use aileron_idl::admin::{LaunchPlanState, ObjectGetRequest};
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{
    Identifier, LiteralType, ParameterMap, ResourceType, SimpleType, VariableMap, parameter,
};
use prost::{Message, Name};

use super::Describe;
use crate::client::failure::Failure;
use crate::client::find;
use crate::client::output::{Format, print, print_value, table, value};
use crate::client::phase::time;

impl Describe {
    pub(super) async fn workflow(&self) -> Result<(), Failure> {
        let mut admin = self.target.connect().await?;
        let id = self.id(&mut admin, ResourceType::Workflow).await?;
        let found = admin.get_workflow(ObjectGetRequest { id: Some(id) }).await?.into_inner();
        let closure = found.closure.clone().unwrap_or_default();
        let compiled = closure.compiled_workflow.and_then(|compiled| compiled.primary);
        let template = compiled.and_then(|primary| primary.template).unwrap_or_default();
        let interface = template.interface.unwrap_or_default();
        let mut text = head(found.id.as_ref(), &time(closure.created_at.as_ref()));
        text += &format!("nodes     {}\n", template.nodes.len());
        text += &variables("INPUT", interface.inputs.as_ref());
        text += &variables("OUTPUT", interface.outputs.as_ref());
        self.show(&found, &text)
    }

    pub(super) async fn task(&self) -> Result<(), Failure> {
        let mut admin = self.target.connect().await?;
        let id = self.id(&mut admin, ResourceType::Task).await?;
        let found = admin.get_task(ObjectGetRequest { id: Some(id) }).await?.into_inner();
        let closure = found.closure.clone().unwrap_or_default();
        let template = closure.compiled_task.and_then(|compiled| compiled.template).unwrap_or_default();
        let interface = template.interface.unwrap_or_default();
        let mut text = head(found.id.as_ref(), &time(closure.created_at.as_ref()));
        text += &format!("type      {}\n", template.r#type);
        text += &variables("INPUT", interface.inputs.as_ref());
        text += &variables("OUTPUT", interface.outputs.as_ref());
        self.show(&found, &text)
    }

    pub(super) async fn launch_plan(&self) -> Result<(), Failure> {
        let mut admin = self.target.connect().await?;
        let version = self.version.as_deref();
        let found = find::launch_plan(&mut admin, &self.target, &self.name, version).await?;
        let closure = found.closure.clone().unwrap_or_default();
        let workflow = found.spec.as_ref().and_then(|spec| spec.workflow_id.as_ref());
        let state = if closure.state() == LaunchPlanState::Active { "active" } else { "inactive" };
        let mut text = head(found.id.as_ref(), &time(closure.created_at.as_ref()));
        text += &format!("state     {state}\n");
        text += &workflow.map_or(String::new(), |id| format!("workflow  {} {}\n", id.name, id.version));
        text += &parameters(&closure.expected_inputs.clone().unwrap_or_default());
        text += &variables("OUTPUT", closure.expected_outputs.as_ref());
        self.show(&found, &text)
    }

    async fn id(
        &self,
        admin: &mut crate::client::connect::Admin,
        kind: ResourceType,
    ) -> Result<Identifier, Failure> {
        find::identifier(admin, &self.target, kind, &self.name, self.version.as_deref()).await
    }

    fn show<M: Message + Name>(&self, message: &M, text: &str) -> Result<(), Failure> {
        if self.output == Format::Table { print(text) } else { print_value(self.output, &value(message)?) }
    }
}

fn head(id: Option<&Identifier>, created: &str) -> String {
    let (name, version) = id.map(|id| (id.name.as_str(), id.version.as_str())).unwrap_or_default();
    format!("name      {name}\nversion   {version}\ncreated   {created}\n")
}

fn variables(heading: &str, map: Option<&VariableMap>) -> String {
    let variables = map.map(|map| &map.variables).into_iter().flatten();
    let mut rows: Vec<[String; 2]> =
        variables.map(|(name, variable)| [name.clone(), type_name(variable.r#type.as_ref())]).collect();
    rows.sort();
    if rows.is_empty() { String::new() } else { format!("\n{}", table([heading, "TYPE"], &rows)) }
}

fn parameters(map: &ParameterMap) -> String {
    let row = |(name, one): (&String, &aileron_idl::core::Parameter)| {
        let kind = one.var.as_ref().and_then(|variable| variable.r#type.as_ref());
        let behavior = match &one.behavior {
            Some(parameter::Behavior::Required(true)) | None => "required",
            Some(_) => "has a default",
        };
        [name.clone(), type_name(kind), behavior.to_owned()]
    };
    let mut rows: Vec<[String; 3]> = map.parameters.iter().map(row).collect();
    rows.sort();
    if rows.is_empty() { String::new() } else { format!("\n{}", table(["INPUT", "TYPE", ""], &rows)) }
}

/// A type in a word or two.
fn type_name(kind: Option<&LiteralType>) -> String {
    let Some(kind) = kind.and_then(|kind| kind.r#type.as_ref()) else { return "any".to_owned() };
    match kind {
        Type::Simple(simple) => SimpleType::try_from(*simple)
            .map_or_else(|_| "unknown".to_owned(), |simple| simple.as_str_name().to_lowercase()),
        Type::CollectionType(of) => format!("list of {}", type_name(Some(of))),
        Type::MapValueType(of) => format!("map of {}", type_name(Some(of))),
        Type::UnionType(union) => {
            let variants = union.variants.iter().map(|variant| type_name(Some(variant)));
            variants.collect::<Vec<_>>().join(" or ")
        }
        Type::EnumType(values) => format!("one of {}", values.values.join(", ")),
        Type::Schema(_) => "schema".to_owned(),
        Type::StructuredDatasetType(_) => "dataset".to_owned(),
        Type::Blob(_) => "file".to_owned(),
    }
}
