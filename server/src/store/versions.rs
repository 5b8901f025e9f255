//! What the tables of versioned entities share: a row is found by its whole identifier, and listed by
//! the scope that it is in.

use aileron_idl::core::Identifier;

use super::filter::{Filter, Table};
use super::page::Page;
use super::sql::{FromRow, Query};
use super::{Pool, Scope, StoreError, select};

/// The one row of an id, as what it is read into.
pub(super) async fn find<R, T>(
    pool: &Pool,
    table: &Table,
    fields: &str,
    id: &Identifier,
) -> Result<Option<T>, StoreError>
where
    R: FromRow,
    T: TryFrom<R, Error = StoreError>,
{
    let mut query = select(table, fields);
    query.push(" WHERE project = ").push_bind(&id.project);
    query.push(" AND domain = ").push_bind(&id.domain);
    query.push(" AND name = ").push_bind(&id.name);
    query.push(" AND version = ").push_bind(&id.version);
    let row: Option<R> = query.fetch_optional(pool).await?;
    row.map(T::try_from).transpose()
}

/// The query of one page of the rows in a scope.
pub(super) fn query(table: &Table, fields: &str, scope: &Scope, filter: &Filter, page: &Page) -> Query {
    let mut query = page.select(fields);
    filter.push_joins(&mut query);
    scope.push(table, &mut query);
    filter.push_predicates(&mut query);
    page.push(&mut query);
    query
}
