//! Table `clients`: programs that have secrets of this server's.

use super::sql::Query;
use super::{Connection, Session, StoreError};
use crate::clock;

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct ClientRow {
    pub(crate) name: String,
    pub(crate) secret_hash: String,
    pub(crate) description: String,
    pub(crate) disabled: i64,
}

/// Adds a program; [`StoreError::Duplicate`] when the name is taken.
pub(crate) async fn insert(connection: &mut Connection, client: &ClientRow) -> Result<(), StoreError> {
    let query = Query::new(
        "INSERT INTO clients (name, secret_hash, description, disabled, created_at) VALUES ($1, $2, $3, $4, $5)",
    );
    let query = query.bind(&client.name).bind(&client.secret_hash).bind(&client.description);
    query.bind(client.disabled).bind(clock::text(&clock::now())).execute(connection).await?;
    Ok(())
}

/// Writes everything of a program but the name; false when there is none.
pub(crate) async fn update(connection: &mut Connection, client: &ClientRow) -> Result<bool, StoreError> {
    let query =
        Query::new("UPDATE clients SET secret_hash = $2, description = $3, disabled = $4 WHERE name = $1");
    let query = query.bind(&client.name).bind(&client.secret_hash).bind(&client.description);
    Ok(query.bind(client.disabled).execute(connection).await? > 0)
}

/// A program by name.
pub(crate) async fn find<'e>(
    executor: impl Into<Session<'e>>,
    name: &str,
) -> Result<Option<ClientRow>, StoreError> {
    let query = Query::new("SELECT name, secret_hash, description, disabled FROM clients WHERE name = $1");
    query.bind(name).fetch_optional(executor).await
}

/// All programs, by name.
pub(crate) async fn all<'e>(executor: impl Into<Session<'e>>) -> Result<Vec<ClientRow>, StoreError> {
    let text = "SELECT name, secret_hash, description, disabled FROM clients ORDER BY name";
    Query::new(text).fetch_all(executor).await
}
