//! Table `launch_plans`.

use aileron_idl::admin::schedule::ScheduleExpression;
use aileron_idl::admin::{LaunchPlan, LaunchPlanClosure, LaunchPlanSpec, LaunchPlanState, NamedEntityState};
use aileron_idl::core::{Identifier, ResourceType};
use prost::Message;

use super::filter::{Filter, Join, Table, instant, integer, text};
use super::page::{Found, Page};
use super::sql::Query;
use super::{Connection, Pool, Scope, StoreError, decode, named_entities, versions, workflows};
use crate::clock;

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "launch_plans",
    entity: "launch_plan",
    columns: &[
        integer("id"),
        text("project"),
        text("domain"),
        text("name"),
        text("version"),
        integer("workflow_id"),
        integer("state"),
        text("schedule_type"),
        instant("created_at"),
        instant("updated_at"),
    ],
    aliases: &[],
    order: "created_at",
    joins: &[Join {
        table: &workflows::TABLE,
        on: "launch_plans.workflow_id = workflows.id",
        many: false,
        kept: &[],
    }],
};

const FIELDS: &str = "launch_plans.id, launch_plans.project, launch_plans.domain, launch_plans.name, \
     launch_plans.version, launch_plans.spec, launch_plans.closure, launch_plans.workflow_id, \
     launch_plans.state, launch_plans.digest, launch_plans.created_at, launch_plans.updated_at";

/// A registered launch plan.
#[derive(Clone, Debug)]
pub(crate) struct LaunchPlanRow {
    pub(crate) key: i64,
    pub(crate) workflow_key: i64,
    pub(crate) digest: Vec<u8>,
    pub(crate) launch_plan: LaunchPlan,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    project: String,
    domain: String,
    name: String,
    version: String,
    spec: Vec<u8>,
    closure: Vec<u8>,
    workflow_id: i64,
    #[sqlx(try_from = "i64")]
    state: i32,
    digest: Vec<u8>,
    created_at: String,
    updated_at: String,
}

impl TryFrom<Row> for LaunchPlanRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let id = Identifier {
            resource_type: ResourceType::LaunchPlan as i32,
            project: row.project,
            domain: row.domain,
            name: row.name,
            version: row.version,
            ..Identifier::default()
        };
        let spec: LaunchPlanSpec = decode(TABLE.name, &row.spec)?;
        let closure = LaunchPlanClosure {
            state: row.state,
            created_at: clock::parse(&row.created_at),
            updated_at: clock::parse(&row.updated_at),
            ..decode(TABLE.name, &row.closure)?
        };
        let launch_plan = LaunchPlan { id: Some(id), spec: Some(spec), closure: Some(closure) };
        Ok(LaunchPlanRow { key: row.id, workflow_key: row.workflow_id, digest: row.digest, launch_plan })
    }
}

/// What is inserted, always inactive.
#[derive(Debug)]
pub(crate) struct NewLaunchPlan {
    pub(crate) id: Identifier,
    pub(crate) spec: LaunchPlanSpec,
    /// Expected inputs and outputs; state and times are columns.
    pub(crate) closure: LaunchPlanClosure,
    pub(crate) workflow_key: i64,
    pub(crate) digest: Vec<u8>,
    /// Who made it: an author, or the server around a task.
    pub(crate) state: NamedEntityState,
}

/// Inserts a launch plan with its name, and answers its key.
pub(crate) async fn insert(connection: &mut Connection, new: &NewLaunchPlan) -> Result<i64, StoreError> {
    let inserted: (i64,) = Query::new(
        "INSERT INTO launch_plans (project, domain, name, version, spec, closure, workflow_id, state, digest, \
         schedule_type, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) RETURNING id",
    )
    .bind(&new.id.project)
    .bind(&new.id.domain)
    .bind(&new.id.name)
    .bind(&new.id.version)
    .bind(new.spec.encode_to_vec())
    .bind(new.closure.encode_to_vec())
    .bind(new.workflow_key)
    .bind(LaunchPlanState::Inactive as i32)
    .bind(&new.digest)
    .bind(schedule_type(&new.spec))
    .bind(clock::text(&clock::now()))
    .fetch_one(&mut *connection)
    .await?;
    named_entities::note(connection, &new.id, new.state).await?;
    Ok(inserted.0)
}

fn schedule_type(spec: &LaunchPlanSpec) -> &'static str {
    let schedule = spec.entity_metadata.as_ref().and_then(|metadata| metadata.schedule.as_ref());
    match schedule.and_then(|schedule| schedule.schedule_expression.as_ref()) {
        None => "NONE",
        Some(ScheduleExpression::Rate(_)) => "RATE",
        Some(ScheduleExpression::CronExpression(_) | ScheduleExpression::CronSchedule(_)) => "CRON",
    }
}

/// The launch plan of an id.
pub(crate) async fn find(pool: &Pool, id: &Identifier) -> Result<Option<LaunchPlanRow>, StoreError> {
    versions::find::<Row, _>(pool, &TABLE, FIELDS, id).await
}

/// Sets the state of one version. At most one version of a name is active: activating one
/// deactivates the others. False when there is no such version.
pub(crate) async fn set_state(
    connection: &mut Connection,
    id: &Identifier,
    state: LaunchPlanState,
) -> Result<bool, StoreError> {
    let now = clock::text(&clock::now());
    if state == LaunchPlanState::Active {
        Query::new(
            "UPDATE launch_plans SET state = 0, updated_at = $5 WHERE project = $1 AND domain = $2 \
             AND name = $3 AND version <> $4 AND state = 1",
        )
        .bind(&id.project)
        .bind(&id.domain)
        .bind(&id.name)
        .bind(&id.version)
        .bind(&now)
        .execute(&mut *connection)
        .await?;
    }
    let updated = Query::new(
        "UPDATE launch_plans SET state = $5, updated_at = $6 WHERE project = $1 AND domain = $2 \
         AND name = $3 AND version = $4",
    )
    .bind(&id.project)
    .bind(&id.domain)
    .bind(&id.name)
    .bind(&id.version)
    .bind(state as i32)
    .bind(&now)
    .execute(connection)
    .await?;
    Ok(updated > 0)
}

/// One page of the launch plans in a scope.
pub(crate) async fn list(
    pool: &Pool,
    scope: &Scope,
    active_only: bool,
    filter: &Filter,
    page: &Page,
) -> Result<Found<LaunchPlanRow>, StoreError> {
    page.read::<Row, _>(query(scope, active_only, filter, page), pool).await
}

/// The query of [`list`].
pub(super) fn query(scope: &Scope, active_only: bool, filter: &Filter, page: &Page) -> Query {
    let mut query = page.select(FIELDS);
    filter.push_joins(&mut query);
    scope.push(&TABLE, &mut query);
    if active_only {
        // Written out, so that the index of active versions is seen to hold them all.
        query.push(" AND launch_plans.state = 1");
    }
    filter.push_predicates(&mut query);
    page.push(&mut query);
    query
}
