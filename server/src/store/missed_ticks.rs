//! Table `missed_ticks`: ticks of schedules that became no execution, and why.

use jiff::Timestamp;

use super::schedules::column;
use super::sql::Query;
use super::{Connection, StoreError};
use crate::clock;

/// Ticks that became no execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missed {
    pub(crate) launch_plan_key: i64,
    pub(crate) outcome: Outcome,
    pub(crate) ticks: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// Why a tick became no execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// More ticks were missed than are caught up with.
    Skipped,
    /// The launch was invalid, as the message says.
    Refused(String),
}

impl Outcome {
    /// The outcome alone.
    pub(crate) fn name(&self) -> &'static str {
        self.columns().0
    }

    fn columns(&self) -> (&'static str, &str) {
        match self {
            Outcome::Skipped => ("skipped", ""),
            Outcome::Refused(message) => ("refused", message),
        }
    }
}

/// Keeps the ticks, in the last row of the launch plan if that has the same outcome: a schedule that
/// is refused each second for a year has one row.
pub(crate) async fn record(connection: &mut Connection, missed: &Missed) -> Result<(), StoreError> {
    let (outcome, message) = missed.outcome.columns();
    let now = clock::text(&clock::now());
    let ticks = i64::try_from(missed.ticks).unwrap_or(i64::MAX);
    let joined = Query::new(
        "UPDATE missed_ticks SET ticks = ticks + $4, last_tick_at = $5, updated_at = $6 WHERE outcome = $2 \
         AND message = $3 AND id = (SELECT MAX(id) FROM missed_ticks WHERE launch_plan_id = $1)",
    )
    .bind(missed.launch_plan_key)
    .bind(outcome)
    .bind(message)
    .bind(ticks)
    .bind(column(missed.last))
    .bind(&now)
    .execute(&mut *connection)
    .await?;
    if joined > 0 {
        return Ok(());
    }
    Query::new(
        "INSERT INTO missed_ticks (launch_plan_id, outcome, message, ticks, first_tick_at, last_tick_at, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(missed.launch_plan_key)
    .bind(outcome)
    .bind(message)
    .bind(ticks)
    .bind(column(missed.first))
    .bind(column(missed.last))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
