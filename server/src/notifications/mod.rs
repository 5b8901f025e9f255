//! Notifications: people are told how an execution has ended, by mail and by a call to an address of the operator's.
//!
//! What is to be told is a row, written in the transaction that ends the execution. [`notifier`] sends it and removes it; what
//! fails is tried again later, for about a day. So a crash in between loses nothing, and may tell something twice.
//! Slack's and PagerDuty's kinds have addresses too, those of their mail gateways.

mod check;
mod message;
pub(crate) mod notifier;
mod sink;

use aileron_idl::admin::Notification;

pub(crate) use self::check::check;
pub use self::sink::{Notifications, NotificationsError, Smtp};
use crate::store::executions::ExecutionRow;
use crate::store::{Connection, StoreError, notifications};

/// Keeps what is to be told of the end of an execution, in the transaction that ends it.
pub(crate) async fn keep(connection: &mut Connection, row: &ExecutionRow) -> Result<(), StoreError> {
    let phase = row.closure.phase;
    let is_wanted = |one: &&Notification| one.phases.contains(&phase);
    for notification in row.closure.notifications.iter().filter(is_wanted) {
        notifications::insert(connection, &row.id, notification).await?;
    }
    Ok(())
}
