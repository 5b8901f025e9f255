//! Table `schedules`: the schedules of active launch plans, and how far each is settled.

use aileron_idl::admin::LaunchPlanSpec;
use aileron_idl::core::{Identifier, ResourceType};
use jiff::Timestamp;

use super::sql::Query;
use super::{Connection, Pool, StoreError, decode};

/// A schedule that is active.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleRow {
    pub(crate) key: i64,
    pub(crate) launch_plan_key: i64,
    pub(crate) launch_plan: Identifier,
    /// The launch plan's, with the schedule in it.
    pub(crate) spec: LaunchPlanSpec,
    /// When it was activated.
    pub(crate) anchored_at: Timestamp,
    /// Every tick up to here is settled.
    pub(crate) settled_until: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    launch_plan_id: i64,
    project: String,
    domain: String,
    name: String,
    version: String,
    spec: Vec<u8>,
    anchored_at: String,
    settled_until: String,
}

impl TryFrom<Row> for ScheduleRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(ScheduleRow {
            key: row.id,
            launch_plan_key: row.launch_plan_id,
            launch_plan: Identifier {
                resource_type: ResourceType::LaunchPlan as i32,
                project: row.project,
                domain: row.domain,
                name: row.name,
                version: row.version,
                ..Identifier::default()
            },
            spec: decode("launch_plans", &row.spec)?,
            anchored_at: instant(&row.anchored_at),
            settled_until: instant(&row.settled_until),
        })
    }
}

/// As columns hold it: text order is time order.
pub(super) fn column(instant: Timestamp) -> String {
    format!("{instant:.9}")
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A step of one schedule from what was settled to what is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) key: i64,
    pub(crate) launch_plan_key: i64,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// The tick after `to`.
    pub(crate) next: Option<Timestamp>,
}

/// A launch plan whose schedule begins.
#[derive(Clone, Debug)]
pub(crate) struct Activation {
    pub(crate) launch_plan_key: i64,
    pub(crate) launch_plan: Identifier,
    pub(crate) at: Timestamp,
    /// The first tick.
    pub(crate) next: Option<Timestamp>,
}

/// Schedules a version in place of any other of its name. One that is scheduled already goes on as it
/// is: activating it again does not move its anchor.
pub(crate) async fn activate(connection: &mut Connection, new: &Activation) -> Result<(), StoreError> {
    let id = &new.launch_plan;
    Query::new(
        "INSERT INTO schedules (project, domain, name, version, launch_plan_id, anchored_at, settled_until, \
         next_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $7) ON CONFLICT (project, domain, name) DO UPDATE SET \
         version = excluded.version, launch_plan_id = excluded.launch_plan_id, \
         anchored_at = excluded.anchored_at, settled_until = excluded.settled_until, \
         next_at = excluded.next_at WHERE schedules.launch_plan_id <> excluded.launch_plan_id",
    )
    .bind(&id.project)
    .bind(&id.domain)
    .bind(&id.name)
    .bind(&id.version)
    .bind(new.launch_plan_key)
    .bind(column(new.at))
    .bind(new.next.map(column))
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the schedule of a version, if it is the scheduled one.
pub(crate) async fn deactivate(connection: &mut Connection, id: &Identifier) -> Result<(), StoreError> {
    Query::new("DELETE FROM schedules WHERE project = $1 AND domain = $2 AND name = $3 AND version = $4")
        .bind(&id.project)
        .bind(&id.domain)
        .bind(&id.name)
        .bind(&id.version)
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends the schedule of whichever version of a name has one.
pub(crate) async fn deactivate_all(connection: &mut Connection, id: &Identifier) -> Result<(), StoreError> {
    Query::new("DELETE FROM schedules WHERE project = $1 AND domain = $2 AND name = $3")
        .bind(&id.project)
        .bind(&id.domain)
        .bind(&id.name)
        .execute(connection)
        .await?;
    Ok(())
}

/// The keys of the schedules with a tick at or before `now`, or that are settled beyond `ahead`: the
/// clock went back.
pub(crate) async fn due(pool: &Pool, now: Timestamp, ahead: Timestamp) -> Result<Vec<i64>, StoreError> {
    let keys: Vec<(i64,)> = Query::new(
        "SELECT id FROM schedules WHERE next_at <= $1 UNION SELECT id FROM schedules WHERE settled_until > $2",
    )
    .bind(column(now))
    .bind(column(ahead))
    .fetch_all(pool)
    .await?;
    Ok(keys.into_iter().map(|(key,)| key).collect())
}

/// The schedule of a key; none when it has ended.
pub(crate) async fn find(pool: &Pool, key: i64) -> Result<Option<ScheduleRow>, StoreError> {
    let row: Option<Row> = Query::new(
        "SELECT schedules.id, schedules.launch_plan_id, schedules.project, schedules.domain, \
         schedules.name, schedules.version, schedules.anchored_at, schedules.settled_until, \
         launch_plans.spec FROM schedules JOIN launch_plans ON schedules.launch_plan_id = launch_plans.id \
         WHERE schedules.id = $1",
    )
    .bind(key)
    .fetch_optional(pool)
    .await?;
    row.map(ScheduleRow::try_from).transpose()
}

/// When the schedule of a launch plan's version was activated; none while it is not.
pub(crate) async fn anchor(pool: &Pool, launch_plan_key: i64) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(String,)> = Query::new("SELECT anchored_at FROM schedules WHERE launch_plan_id = $1")
        .bind(launch_plan_key)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|(anchored_at,)| instant(&anchored_at)))
}

/// The first tick of any schedule after an instant.
pub(crate) async fn next_tick(pool: &Pool, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let (next,): (Option<String>,) = Query::new("SELECT MIN(next_at) FROM schedules WHERE next_at > $1")
        .bind(column(after))
        .fetch_one(pool)
        .await?;
    Ok(next.as_deref().map(instant))
}

/// Takes a step. False when the schedule is not where the step begins: somebody else took it, or the
/// schedule has ended.
pub(crate) async fn take(connection: &mut Connection, step: &Step) -> Result<bool, StoreError> {
    let taken = Query::new(
        "UPDATE schedules SET settled_until = $4, next_at = $5 \
         WHERE id = $1 AND launch_plan_id = $2 AND settled_until = $3",
    )
    .bind(step.key)
    .bind(step.launch_plan_key)
    .bind(column(step.from))
    .bind(column(step.to))
    .bind(step.next.map(column))
    .execute(connection)
    .await?;
    Ok(taken > 0)
}
