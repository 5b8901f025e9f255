//! Table `executions`; its `handover` columns are the launcher's, see [`outbox`](super::outbox).

use std::collections::{BTreeSet, HashMap};

use aileron_idl::admin::{Execution, ExecutionClosure, ExecutionSpec, ExecutionState, execution_closure};
use aileron_idl::core::execution_error::ErrorKind;
use aileron_idl::core::{ExecutionError, Identifier, WorkflowExecutionIdentifier};
use prost::Message;

use super::changes::Place;
use super::filter::{Column, Filter, Join, Table, instant, integer, text};
use super::outbox::Handover;
use super::page::{Found, Page};
use super::sql::Query;
use super::{
    Connection, Pool, Session, StoreError, by_phase, decode, launch_plans, select, tasks, workflows,
};
use crate::clock;

static TAGS: Table = Table {
    name: "execution_tags",
    entity: "execution_tag",
    columns: &[text("key"), text("value")],
    aliases: &[],
    order: "created_at",
    joins: &[],
};

static ADMIN_TAGS: Table = Table {
    name: "execution_tags",
    entity: "admin_tag",
    columns: &[text("key")],
    aliases: &[("name", "key")],
    order: "created_at",
    joins: &[],
};

const ON_TAGS: &str = "execution_tags.execution_project = executions.execution_project \
     AND execution_tags.execution_domain = executions.execution_domain \
     AND execution_tags.execution_name = executions.execution_name";

/// Names of other rows that each row keeps, for lists by them.
const LAUNCH_PLAN_NAME: Column = text("launch_plan_name").or_null();
const WORKFLOW_NAME: Column = text("workflow_name").or_null();
const TASK_NAME: Column = text("task_name").or_null();
pub(super) const NAMES: [Column; 3] = [LAUNCH_PLAN_NAME, WORKFLOW_NAME, TASK_NAME];

const COLUMNS: &[Column] = &[
    integer("id"),
    text("execution_project"),
    text("execution_domain"),
    text("execution_name"),
    text("phase"),
    integer("mode"),
    integer("state"),
    text("user"),
    text("abort_cause").or_null(),
    text("error_kind").or_null(),
    text("error_code").or_null(),
    text("launch_entity"),
    integer("launch_plan_id").or_null(),
    integer("workflow_id"),
    integer("task_id").or_null(),
    integer("source_execution_id").or_null(),
    integer("parent_node_execution_id").or_null(),
    text("cluster"),
    text("inputs_uri"),
    text("user_inputs_uri"),
    integer("duration").or_null(),
    instant("started_at").or_null(),
    instant("execution_created_at"),
    instant("execution_updated_at"),
    instant("created_at"),
    instant("updated_at"),
];

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "executions",
    entity: "execution",
    columns: COLUMNS,
    aliases: &[("project", "execution_project"), ("domain", "execution_domain"), ("name", "execution_name")],
    order: "created_at",
    joins: &[
        Join {
            table: &launch_plans::TABLE,
            on: "executions.launch_plan_id = launch_plans.id",
            many: false,
            kept: &[("name", LAUNCH_PLAN_NAME)],
        },
        Join {
            table: &workflows::TABLE,
            on: "executions.workflow_id = workflows.id",
            many: false,
            kept: &[("name", WORKFLOW_NAME)],
        },
        Join {
            table: &tasks::TABLE,
            on: "executions.task_id = tasks.id",
            many: false,
            kept: &[("name", TASK_NAME)],
        },
        Join { table: &TAGS, on: ON_TAGS, many: true, kept: &[] },
        Join { table: &ADMIN_TAGS, on: ON_TAGS, many: true, kept: &[] },
    ],
};

const FIELDS: &str = "executions.id, executions.execution_project, executions.execution_domain, \
     executions.execution_name, executions.spec, executions.closure, executions.inputs_uri, \
     executions.user_inputs_uri, executions.handover, executions.cluster";

/// An execution as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct ExecutionRow {
    pub(crate) key: i64,
    pub(crate) id: WorkflowExecutionIdentifier,
    pub(crate) spec: ExecutionSpec,
    pub(crate) closure: ExecutionClosure,
    pub(crate) inputs_uri: String,
    pub(crate) user_inputs_uri: String,
    pub(crate) handover: Handover,
    /// The data plane that has it; empty before the first hand-over.
    pub(crate) cluster: String,
}

impl ExecutionRow {
    /// The execution as clients see it.
    pub(crate) fn into_execution(self) -> Execution {
        Execution { id: Some(self.id), spec: Some(self.spec), closure: Some(self.closure) }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    execution_project: String,
    execution_domain: String,
    execution_name: String,
    spec: Vec<u8>,
    closure: Vec<u8>,
    inputs_uri: String,
    user_inputs_uri: String,
    handover: String,
    cluster: String,
}

impl TryFrom<Row> for ExecutionRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(ExecutionRow {
            key: row.id,
            id: WorkflowExecutionIdentifier {
                project: row.execution_project,
                domain: row.execution_domain,
                name: row.execution_name,
                ..WorkflowExecutionIdentifier::default()
            },
            spec: decode(TABLE.name, &row.spec)?,
            closure: decode(TABLE.name, &row.closure)?,
            inputs_uri: row.inputs_uri,
            user_inputs_uri: row.user_inputs_uri,
            handover: Handover::parse(&row.handover),
            cluster: row.cluster,
        })
    }
}

/// What is inserted.
#[derive(Debug)]
pub(crate) struct NewExecution {
    pub(crate) id: WorkflowExecutionIdentifier,
    pub(crate) spec: ExecutionSpec,
    pub(crate) closure: ExecutionClosure,
    pub(crate) launch_plan_key: Option<i64>,
    pub(crate) workflow_key: i64,
    pub(crate) task_key: Option<i64>,
    pub(crate) inputs_uri: String,
    pub(crate) user_inputs_uri: String,
    pub(crate) source_key: Option<i64>,
    /// The node that launched it.
    pub(crate) parent_node_key: Option<i64>,
    /// The trace that its launch belongs to; empty for none.
    pub(crate) trace_parent: String,
}

impl NewExecution {
    const fn launch_entity(&self) -> &'static str {
        if self.task_key.is_some() { "task" } else { "launch_plan" }
    }

    fn cluster_label(&self) -> &str {
        self.spec.execution_cluster_label.as_ref().map_or("", |label| &label.value)
    }
}

/// Inserts an execution, to be handed over, with its tags.
pub(crate) async fn insert(connection: &mut Connection, new: &NewExecution) -> Result<(), StoreError> {
    let created = clock::text(&new.closure.created_at.unwrap_or_default());
    let metadata = new.spec.metadata.clone().unwrap_or_default();
    Query::new(
        "INSERT INTO executions (execution_project, execution_domain, execution_name, launch_plan_id, \
         workflow_id, task_id, launch_entity, phase, spec, closure, mode, state, \"user\", inputs_uri, \
         user_inputs_uri, source_execution_id, execution_created_at, execution_updated_at, created_at, \
         updated_at, handover, handover_attempts, handover_after, parent_node_execution_id, cluster_label, \
         trace_parent, launch_plan_name, workflow_name, task_name) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $17, $17, \
         $18, 0, $17, $19, $20, $21, (SELECT name FROM launch_plans WHERE id = $4), \
         (SELECT name FROM workflows WHERE id = $5), (SELECT name FROM tasks WHERE id = $6))",
    )
    .bind(&new.id.project)
    .bind(&new.id.domain)
    .bind(&new.id.name)
    .bind(new.launch_plan_key)
    .bind(new.workflow_key)
    .bind(new.task_key)
    .bind(new.launch_entity())
    .bind(new.closure.phase().as_str_name())
    .bind(new.spec.encode_to_vec())
    .bind(new.closure.encode_to_vec())
    .bind(metadata.mode)
    .bind(ExecutionState::ExecutionActive as i32)
    .bind(metadata.principal)
    .bind(&new.inputs_uri)
    .bind(&new.user_inputs_uri)
    .bind(new.source_key)
    .bind(created)
    .bind(Handover::Start.text())
    .bind(new.parent_node_key)
    .bind(new.cluster_label())
    .bind(&new.trace_parent)
    .execute(&mut *connection)
    .await?;
    insert_tags(connection, new).await
}

async fn insert_tags(connection: &mut Connection, new: &NewExecution) -> Result<(), StoreError> {
    let tags = new.spec.tags.iter().map(|tag| (tag.as_str(), ""));
    let labels = new.spec.labels.iter().flat_map(|labels| &labels.values);
    for (key, value) in tags.chain(labels.map(|(key, value)| (key.as_str(), value.as_str()))) {
        Query::new(
            "INSERT INTO execution_tags (execution_project, execution_domain, execution_name, key, value) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(&new.id.project)
        .bind(&new.id.domain)
        .bind(&new.id.name)
        .bind(key)
        .bind(value)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Where the closure of an execution's workflow lies.
pub(crate) async fn closure_uri(pool: &Pool, key: i64) -> Result<String, StoreError> {
    let found = Query::new(
        "SELECT workflows.remote_closure_identifier FROM executions \
         JOIN workflows ON executions.workflow_id = workflows.id WHERE executions.id = $1",
    );
    let (uri,) = found.bind(key).fetch_one(pool).await?;
    Ok(uri)
}

/// How many executions of a launch plan, in all its versions, have not ended.
pub(crate) async fn count_live(
    connection: &mut Connection,
    launch_plan: &Identifier,
) -> Result<i64, StoreError> {
    let count: (i64,) = Query::new(LIVE)
        .bind(&launch_plan.project)
        .bind(&launch_plan.domain)
        .bind(&launch_plan.name)
        .fetch_one(connection)
        .await?;
    Ok(count.0)
}

/// How many executions have not ended, and how many are to be handed over.
pub(crate) async fn count_open(pool: &Pool) -> Result<(i64, i64), StoreError> {
    let live: (i64,) = Query::new(ALL_LIVE).fetch_one(pool).await?;
    let waiting: (i64,) = Query::new(ALL_WAITING).fetch_one(pool).await?;
    Ok((live.0, waiting.0))
}

/// The conditions are those of indexes, to the letter.
pub(super) const ALL_LIVE: &str = "SELECT COUNT(*) FROM executions \
     WHERE phase NOT IN ('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT')";
pub(super) const ALL_WAITING: &str = "SELECT COUNT(*) FROM executions WHERE handover <> 'done'";

/// The condition on phases is that of the index, to the letter.
pub(super) const LIVE: &str = "SELECT COUNT(*) FROM launch_plans \
     JOIN executions ON executions.launch_plan_id = launch_plans.id \
     WHERE launch_plans.project = $1 AND launch_plans.domain = $2 AND launch_plans.name = $3 \
     AND phase NOT IN ('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT')";

/// The execution of an id.
pub(crate) async fn find<'e>(
    executor: impl Into<Session<'e>>,
    id: &WorkflowExecutionIdentifier,
) -> Result<Option<ExecutionRow>, StoreError> {
    let mut query = select(&TABLE, FIELDS);
    query.push(" WHERE execution_project = ").push_bind(id.project.clone());
    query.push(" AND execution_domain = ").push_bind(id.domain.clone());
    query.push(" AND execution_name = ").push_bind(id.name.clone());
    let row: Option<Row> = query.fetch_optional(executor).await?;
    row.map(ExecutionRow::try_from).transpose()
}

/// Keeps executions from other transactions that change them or what belongs to them, until this one ends.
/// All lock in the same order, so that no two wait for each other.
pub(crate) async fn lock<'i>(
    connection: &mut Connection,
    ids: impl IntoIterator<Item = &'i WorkflowExecutionIdentifier>,
) -> Result<(), StoreError> {
    let ids = ids.into_iter().map(|id| (&id.project, &id.domain, &id.name));
    for (project, domain, name) in ids.collect::<BTreeSet<_>>() {
        let row = Query::new(
            "SELECT id FROM executions WHERE execution_project = $1 AND execution_domain = $2 \
             AND execution_name = $3",
        );
        row.bind(project).bind(domain).bind(name).lock(connection).await?;
    }
    Ok(())
}

/// Writes a changed closure, the columns that mirror it, and what is owed to the data plane.
pub(crate) async fn update(connection: &mut Connection, row: &ExecutionRow) -> Result<(), StoreError> {
    let closure = &row.closure;
    let error = match &closure.output_result {
        Some(execution_closure::OutputResult::Error(error)) => Some(error),
        _ => None,
    };
    let abort_cause = match &closure.output_result {
        Some(execution_closure::OutputResult::AbortMetadata(abort)) => Some(abort.cause.as_str()),
        _ => None,
    };
    let state = closure.state_change_details.as_ref().map(|details| details.state).unwrap_or_default();
    Query::new(
        "UPDATE executions SET phase = $2, closure = $3, started_at = $4, duration = $5, error_kind = $6, \
         error_code = $7, abort_cause = COALESCE($8, abort_cause), execution_updated_at = $9, \
         updated_at = $10, handover = $11, handover_after = CASE WHEN handover = $11 THEN handover_after ELSE $10 END, \
         state = $12, cluster = $13 WHERE id = $1",
    )
    .bind(row.key)
    .bind(closure.phase().as_str_name())
    .bind(closure.encode_to_vec())
    .bind(closure.started_at.as_ref().map(clock::text))
    .bind(closure.duration.as_ref().map(clock::nanos))
    .bind(error.map(error_kind))
    .bind(error.map(|error| error.code.as_str()))
    .bind(abort_cause)
    .bind(clock::text(&closure.updated_at.unwrap_or_default()))
    .bind(clock::text(&clock::now()))
    .bind(row.handover.text())
    .bind(state)
    .bind(&row.cluster)
    .execute(connection)
    .await?;
    Ok(())
}

/// Those of many executions that there are, each with the data plane that has it, kept from other
/// transactions as by [`lock`].
pub(crate) async fn lock_clusters(
    connection: &mut Connection,
    ids: &BTreeSet<(String, String, String)>,
) -> Result<HashMap<WorkflowExecutionIdentifier, String>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = clusters_query(connection, ids);
    query.push_lock(TABLE.name, connection);
    let rows: Vec<(String, String, String, String)> = query.fetch_all(connection).await?;
    let placed = |(project, domain, name, cluster)| {
        (WorkflowExecutionIdentifier { project, domain, name, org: String::new() }, cluster)
    };
    Ok(rows.into_iter().map(placed).collect())
}

/// The query of [`lock_clusters`], which locks nothing yet.
pub(super) fn clusters_query(connection: &Connection, ids: &BTreeSet<(String, String, String)>) -> Query {
    let mut query = Query::new("SELECT execution_project, execution_domain, execution_name, cluster FROM ");
    query.push_wanted(
        connection,
        ids.iter().map(|(project, domain, name)| vec![project.as_str(), domain.as_str(), name.as_str()]),
    );
    query.push(
        " JOIN executions ON execution_project = w0 AND execution_domain = w1 AND execution_name = w2 \
         ORDER BY execution_project, execution_domain, execution_name",
    );
    query
}

/// The name of an error's kind, as columns hold it.
pub(super) fn error_kind(error: &ExecutionError) -> &'static str {
    ErrorKind::try_from(error.kind).unwrap_or_default().as_str_name()
}

/// One page of a project's executions in a domain; archived ones only when asked for.
pub(crate) async fn list(
    pool: &Pool,
    project: &str,
    domain: &str,
    filter: &Filter,
    page: &Page,
) -> Result<Found<ExecutionRow>, StoreError> {
    page.read::<Row, _>(query(project, domain, filter, page), pool).await
}

/// The query of [`list`].
pub(super) fn query(project: &str, domain: &str, filter: &Filter, page: &Page) -> Query {
    let mut query = page.select(FIELDS);
    let selection = Selection { project, domain, filter };
    match by_phase::phases(filter, page) {
        Some(phases) => by_phase::push(&selection, &phases, page, &mut query),
        None => selection.push(&mut query),
    }
    page.push(&mut query);
    query
}

/// Which executions are listed.
pub(super) struct Selection<'s> {
    project: &'s str,
    domain: &'s str,
    filter: &'s Filter,
}

impl Selection<'_> {
    /// Appends the joins and the conditions; comes right after FROM.
    pub(super) fn push(&self, query: &mut Query) {
        self.filter.push_joins(query);
        query.push(" WHERE executions.execution_project = ").push_bind(self.project.to_owned());
        query.push(" AND executions.execution_domain = ").push_bind(self.domain.to_owned());
        push_filter(self.filter, query);
    }
}

/// Appends what a filter asks for; archived ones are left out unless it says something of that.
fn push_filter(filter: &Filter, query: &mut Query) {
    if !filter.mentions(&TABLE, "state") {
        query.push(" AND executions.state = ").push_bind(ExecutionState::ExecutionActive as i32);
    }
    filter.push_predicates(query);
}

/// A row and the place of its last change.
#[derive(sqlx::FromRow)]
struct ChangedRow {
    changed: i64,
    #[sqlx(flatten)]
    row: Row,
}

/// Executions of a project's domain in the order in which they changed, archived ones too.
pub(crate) async fn changed(
    pool: &Pool,
    project: &str,
    domain: &str,
    after: Place,
    limit: i64,
) -> Result<Vec<(Place, ExecutionRow)>, StoreError> {
    let mut query = select(&TABLE, &format!("{FIELDS}, executions.changed"));
    query.push(" WHERE executions.execution_project = ").push_bind(project.to_owned());
    query.push(" AND executions.execution_domain = ").push_bind(domain.to_owned());
    after.push(pool, TABLE.name, limit, &mut query);
    let rows: Vec<ChangedRow> = query.fetch_all(pool).await?;
    let placed = |ChangedRow { changed, row }| Ok((Place { changed, id: row.id }, row.try_into()?));
    rows.into_iter().map(placed).collect()
}

/// Those of the keys whose executions a list with this filter would show.
pub(crate) async fn listed(pool: &Pool, keys: &[i64], filter: &Filter) -> Result<BTreeSet<i64>, StoreError> {
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut query = select(&TABLE, "executions.id");
    filter.push_joins(&mut query);
    query.push(" WHERE executions.id IN (").push_keys(keys).push(")");
    push_filter(filter, &mut query);
    let rows: Vec<(i64,)> = query.fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}
