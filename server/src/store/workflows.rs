//! Table `workflows`: the interface and where the closure lies; the closure itself is an object.

use aileron_idl::admin::{DescriptionEntity, NamedEntityState, Workflow, WorkflowClosure};
use aileron_idl::core::{
    CompiledWorkflow, CompiledWorkflowClosure, Identifier, ResourceType, TypedInterface, WorkflowTemplate,
};
use prost::Message;
use prost_types::Timestamp;

use super::filter::{Filter, Table, instant, integer, text};
use super::page::{Found, Page};
use super::sql::Query;
use super::{Connection, Pool, Scope, StoreError, decode, select};
use super::{description_entities, named_entities, versions};
use crate::clock;

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "workflows",
    entity: "workflow",
    columns: &[
        integer("id"),
        text("project"),
        text("domain"),
        text("name"),
        text("version"),
        text("short_description"),
        instant("created_at"),
        instant("updated_at"),
    ],
    aliases: &[],
    order: "created_at",
    joins: &[],
};

const FIELDS: &str = "workflows.id, workflows.project, workflows.domain, workflows.name, \
     workflows.version, workflows.typed_interface, workflows.remote_closure_identifier, \
     workflows.request_digest, workflows.digest, workflows.short_description, workflows.created_at";

/// A registered workflow, without its nodes.
#[derive(Clone, Debug)]
pub(crate) struct WorkflowRow {
    pub(crate) key: i64,
    pub(crate) id: Identifier,
    pub(crate) interface: TypedInterface,
    /// URI of the `admin.WorkflowClosure`.
    pub(crate) closure_uri: String,
    /// Of what was sent.
    pub(crate) request_digest: Vec<u8>,
    /// Of what it compiled to.
    pub(crate) digest: Vec<u8>,
    pub(crate) short_description: String,
    pub(crate) created_at: Timestamp,
}

impl WorkflowRow {
    /// The workflow as lists show it: the interface alone.
    pub(crate) fn outline(self) -> Workflow {
        let template = WorkflowTemplate { interface: Some(self.interface), ..WorkflowTemplate::default() };
        let primary = CompiledWorkflow { template: Some(template), ..CompiledWorkflow::default() };
        let compiled =
            CompiledWorkflowClosure { primary: Some(primary), ..CompiledWorkflowClosure::default() };
        let closure =
            WorkflowClosure { compiled_workflow: Some(compiled), created_at: Some(self.created_at) };
        Workflow { id: Some(self.id), closure: Some(closure), short_description: self.short_description }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    project: String,
    domain: String,
    name: String,
    version: String,
    typed_interface: Vec<u8>,
    remote_closure_identifier: String,
    request_digest: Vec<u8>,
    digest: Vec<u8>,
    short_description: String,
    created_at: String,
}

impl TryFrom<Row> for WorkflowRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let id = Identifier {
            resource_type: ResourceType::Workflow as i32,
            project: row.project,
            domain: row.domain,
            name: row.name,
            version: row.version,
            ..Identifier::default()
        };
        Ok(WorkflowRow {
            key: row.id,
            id,
            interface: decode(TABLE.name, &row.typed_interface)?,
            closure_uri: row.remote_closure_identifier,
            request_digest: row.request_digest,
            digest: row.digest,
            short_description: row.short_description,
            created_at: clock::parse(&row.created_at).unwrap_or_default(),
        })
    }
}

/// What is inserted.
#[derive(Debug)]
pub(crate) struct NewWorkflow {
    pub(crate) id: Identifier,
    pub(crate) interface: TypedInterface,
    pub(crate) closure_uri: String,
    pub(crate) request_digest: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    pub(crate) description: Option<DescriptionEntity>,
    pub(crate) created_at: Timestamp,
    /// Who made it: an author, or the server around a task.
    pub(crate) state: NamedEntityState,
}

/// Inserts a workflow with its name and description, and answers its key.
pub(crate) async fn insert(connection: &mut Connection, new: &NewWorkflow) -> Result<i64, StoreError> {
    let inserted: (i64,) = Query::new(
        "INSERT INTO workflows (project, domain, name, version, typed_interface, remote_closure_identifier, \
         request_digest, digest, short_description, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id",
    )
    .bind(&new.id.project)
    .bind(&new.id.domain)
    .bind(&new.id.name)
    .bind(&new.id.version)
    .bind(new.interface.encode_to_vec())
    .bind(&new.closure_uri)
    .bind(&new.request_digest)
    .bind(&new.digest)
    .bind(new.description.as_ref().map(|entity| entity.short_description.as_str()).unwrap_or_default())
    .bind(clock::text(&new.created_at))
    .fetch_one(&mut *connection)
    .await?;
    named_entities::note(connection, &new.id, new.state).await?;
    if let Some(entity) = &new.description {
        description_entities::insert(connection, &new.id, entity).await?;
    }
    Ok(inserted.0)
}

/// The workflow of an id.
pub(crate) async fn find(pool: &Pool, id: &Identifier) -> Result<Option<WorkflowRow>, StoreError> {
    versions::find::<Row, _>(pool, &TABLE, FIELDS, id).await
}

/// The workflow of a key.
pub(crate) async fn get(pool: &Pool, key: i64) -> Result<Option<WorkflowRow>, StoreError> {
    let mut query = select(&TABLE, FIELDS);
    query.push(" WHERE id = ").push_bind(key);
    let row: Option<Row> = query.fetch_optional(pool).await?;
    row.map(WorkflowRow::try_from).transpose()
}

/// One page of the workflows in a scope.
pub(crate) async fn list(
    pool: &Pool,
    scope: &Scope,
    filter: &Filter,
    page: &Page,
) -> Result<Found<WorkflowRow>, StoreError> {
    page.read::<Row, _>(query(scope, filter, page), pool).await
}

/// The query of [`list`].
pub(super) fn query(scope: &Scope, filter: &Filter, page: &Page) -> Query {
    versions::query(&TABLE, FIELDS, scope, filter, page)
}
