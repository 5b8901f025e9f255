//! Table `reservations`: who computes what is not in the catalog yet.

use aileron_idl::datacatalog::ReservationId;
use prost_types::Timestamp;

use crate::clock;
use crate::store::sql::Query;
use crate::store::{Connection, StoreError};

/// Who holds a reservation, and until when.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub(crate) struct Holder {
    pub(crate) owner_id: String,
    /// As text.
    pub(crate) expires_at: String,
}

/// Takes or extends the reservation if it is free, has expired, or is the owner's own; answers who holds
/// it then. One statement decides, so of many owners one wins.
pub(crate) async fn take(
    connection: &mut Connection,
    id: &ReservationId,
    owner: &str,
    now: &Timestamp,
    until: &Timestamp,
) -> Result<Holder, StoreError> {
    let dataset = id.dataset_id.clone().unwrap_or_default();
    Query::new(
        "INSERT INTO reservations (project, domain, name, version, tag_name, owner_id, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (project, domain, name, version, tag_name) DO UPDATE \
         SET owner_id = excluded.owner_id, expires_at = excluded.expires_at \
         WHERE reservations.owner_id = excluded.owner_id OR reservations.expires_at <= $8",
    )
    .bind(&dataset.project)
    .bind(&dataset.domain)
    .bind(&dataset.name)
    .bind(&dataset.version)
    .bind(&id.tag_name)
    .bind(owner)
    .bind(clock::text(until))
    .bind(clock::text(now))
    .execute(&mut *connection)
    .await?;
    let holder = Query::new(
        "SELECT owner_id, expires_at FROM reservations WHERE project = $1 AND domain = $2 AND name = $3 \
         AND version = $4 AND tag_name = $5",
    );
    let holder = holder.bind(dataset.project).bind(dataset.domain).bind(dataset.name).bind(dataset.version);
    holder.bind(&id.tag_name).fetch_one(connection).await
}

/// Gives the owner's reservation back; there may be none.
pub(crate) async fn release(
    connection: &mut Connection,
    id: &ReservationId,
    owner: &str,
) -> Result<(), StoreError> {
    let dataset = id.dataset_id.clone().unwrap_or_default();
    Query::new(
        "DELETE FROM reservations WHERE project = $1 AND domain = $2 AND name = $3 AND version = $4 \
         AND tag_name = $5 AND owner_id = $6",
    )
    .bind(dataset.project)
    .bind(dataset.domain)
    .bind(dataset.name)
    .bind(dataset.version)
    .bind(&id.tag_name)
    .bind(owner)
    .execute(connection)
    .await?;
    Ok(())
}
