//! The order in which rows changed, for streams that miss none.
//!
//! A row's column `changed` says which change was its last: in SQLite a number within the project's
//! domain (executions) or within the execution (nodes), in PostgreSQL the transaction. What is read at a
//! time lies below the horizon: nothing that is still to come sorts before it.

use super::sql::{Query, Value};
use super::{Pool, StoreError};

/// After which row a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) changed: i64,
    pub(crate) id: i64,
}

impl Place {
    /// Before everything.
    pub(crate) const START: Place = Place { changed: -1, id: 0 };

    /// Appends what a row must be to come after it, and the order.
    pub(super) fn push(self, pool: &Pool, table: &str, limit: i64, query: &mut Query) {
        let Place { changed, id } = self;
        // The first condition is implied by the second, and is what an index can be read by.
        query.push(format_args!(" AND {table}.changed >= ")).push_bind(changed);
        query.push(format_args!(" AND ({table}.changed, {table}.id) > (")).push_bind(changed);
        query.push(", ").push_bind(id);
        query.push(format_args!(") AND {table}.changed < {}", horizon(pool)));
        query.push(format_args!(" ORDER BY {table}.changed, {table}.id LIMIT ")).push_bind(limit);
    }
}

/// Every change of a transaction that still runs, or is still to begin, is at it or after it.
const fn horizon(pool: &Pool) -> &'static str {
    match pool {
        // What is committed was committed in order.
        Pool::Sqlite(_) => "9223372036854775807",
        Pool::Postgres(_) => "pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
    }
}

/// Which database the order is of: places in another one mean nothing here.
pub(crate) async fn database(pool: &Pool) -> Result<String, StoreError> {
    let text = match pool {
        Pool::Sqlite(_) => "SELECT 'sqlite'",
        Pool::Postgres(_) => {
            "SELECT system_identifier::text || '/' || (SELECT oid FROM pg_database \
             WHERE datname = current_database())::text FROM pg_control_system()"
        }
    };
    let (name,): (String,) = Query::new(text).fetch_one(pool).await?;
    Ok(name)
}

/// The place after everything that is there, in a scope of a table: columns and their values.
pub(crate) async fn end(pool: &Pool, table: &str, scope: &[(&str, &str)]) -> Result<Place, StoreError> {
    let mut query = Query::new(match pool {
        Pool::Sqlite(_) => format!("SELECT COALESCE(MAX(changed), -1) FROM {table} WHERE 1 = 1"),
        Pool::Postgres(_) => format!("SELECT {} - 1", horizon(pool)),
    });
    if let Pool::Sqlite(_) = pool {
        for (column, value) in scope {
            query.push(format_args!(" AND {column} = ")).push_bind(Value::Text(Some((*value).to_owned())));
        }
    }
    let (changed,): (i64,) = query.fetch_one(pool).await?;
    Ok(Place { changed, id: i64::MAX })
}

/// Whether rows of the scope have changed that a stream may not read yet.
pub(crate) async fn is_behind(pool: &Pool, table: &str, scope: &[(&str, &str)]) -> Result<bool, StoreError> {
    let Pool::Postgres(_) = pool else { return Ok(false) };
    let mut query = Query::new(format!("SELECT id FROM {table} WHERE changed >= {}", horizon(pool)));
    for (column, value) in scope {
        query.push(format_args!(" AND {column} = ")).push_bind(Value::Text(Some((*value).to_owned())));
    }
    query.push(" LIMIT 1");
    let found: Option<(i64,)> = query.fetch_optional(pool).await?;
    Ok(found.is_some())
}
