//! Table `role_bindings`.

use super::sql::Query;
use super::{Connection, Pool, StoreError};
use crate::access::{Binding, Scope, Subject};
use crate::clock;

/// By what a change of the table is known: rows are added and removed, never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Stamp {
    rows: i64,
    newest: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    subject: String,
    role: String,
    project: String,
    domain: String,
}

impl Row {
    /// None for a row that a later version wrote.
    fn binding(self) -> Option<Binding> {
        let subject: Subject = self.subject.parse().ok()?;
        let scope = Scope { project: self.project, domain: self.domain };
        Some(Binding { subject, role: self.role.parse().ok()?, scope })
    }
}

/// How the table is now.
pub(crate) async fn stamp(pool: &Pool) -> Result<Stamp, StoreError> {
    let query = Query::new("SELECT count(*) AS rows, max(created_at) AS newest FROM role_bindings");
    query.fetch_one(pool).await
}

/// Every binding.
pub(crate) async fn all(pool: &Pool) -> Result<Vec<Binding>, StoreError> {
    let query = Query::new("SELECT subject, role, project, domain FROM role_bindings ORDER BY id");
    let rows: Vec<Row> = query.fetch_all(pool).await?;
    Ok(rows.into_iter().filter_map(Row::binding).collect())
}

/// Adds a binding; false when it was there.
pub(crate) async fn insert(
    connection: &mut Connection,
    binding: &Binding,
    by: &str,
) -> Result<bool, StoreError> {
    let query = Query::new(
        "INSERT INTO role_bindings (subject, role, project, domain, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    );
    let query = query.bind(binding.subject.to_string()).bind(binding.role.name());
    let query = query.bind(&binding.scope.project).bind(&binding.scope.domain);
    Ok(query.bind(by).bind(clock::text(&clock::now())).execute(connection).await? > 0)
}

/// Removes a binding; false when it was not there.
pub(crate) async fn delete(connection: &mut Connection, binding: &Binding) -> Result<bool, StoreError> {
    let query = Query::new(
        "DELETE FROM role_bindings WHERE subject = $1 AND role = $2 AND project = $3 AND domain = $4",
    );
    let query = query.bind(binding.subject.to_string()).bind(binding.role.name());
    Ok(query.bind(&binding.scope.project).bind(&binding.scope.domain).execute(connection).await? > 0)
}
