//! Table `users`: people whose passwords this server keeps.

use super::sql::Query;
use super::{Connection, Session, StoreError};
use crate::clock;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct UserRow {
    pub(crate) name: String,
    pub(crate) password_hash: String,
    pub(crate) full_name: String,
    pub(crate) email: String,
    /// JSON, a list of names.
    pub(crate) groups: String,
    pub(crate) disabled: i64,
}

/// Adds a person; [`StoreError::Duplicate`] when the name is taken.
pub(crate) async fn insert(connection: &mut Connection, user: &UserRow) -> Result<(), StoreError> {
    let query = Query::new(
        "INSERT INTO users (name, password_hash, full_name, email, groups, disabled, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let query = query.bind(&user.name).bind(&user.password_hash).bind(&user.full_name).bind(&user.email);
    let query = query.bind(&user.groups).bind(user.disabled).bind(clock::text(&clock::now()));
    query.execute(connection).await?;
    Ok(())
}

/// Writes everything of a person but the name; false when there is none.
pub(crate) async fn update(connection: &mut Connection, user: &UserRow) -> Result<bool, StoreError> {
    let query = Query::new(
        "UPDATE users SET password_hash = $2, full_name = $3, email = $4, groups = $5, disabled = $6 WHERE name = $1",
    );
    let query = query.bind(&user.name).bind(&user.password_hash).bind(&user.full_name).bind(&user.email);
    Ok(query.bind(&user.groups).bind(user.disabled).execute(connection).await? > 0)
}

/// A person by name.
pub(crate) async fn find<'e>(
    executor: impl Into<Session<'e>>,
    name: &str,
) -> Result<Option<UserRow>, StoreError> {
    let query = Query::new(
        "SELECT name, password_hash, full_name, email, groups, disabled FROM users WHERE name = $1",
    );
    query.bind(name).fetch_optional(executor).await
}

/// Everybody, by name.
pub(crate) async fn all<'e>(executor: impl Into<Session<'e>>) -> Result<Vec<UserRow>, StoreError> {
    let text = "SELECT name, password_hash, full_name, email, groups, disabled FROM users ORDER BY name";
    Query::new(text).fetch_all(executor).await
}
