//! Statements that both databases understand: one text each, with `$n` for what is bound.
//!
//! What differs between the databases is here and in [`database`](super::database), nowhere else.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query as Prepared;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Postgres, Row as _, SqlSafeStr as _, SqlStr, Sqlite};

use super::{Connection, Session, StoreError};

/// A statement and what is bound to it. Users' texts are bound, never pushed.
#[derive(Debug)]
pub(crate) struct Query {
    text: Cow<'static, str>,
    values: Vec<Value>,
    /// Whether it may read for a while only.
    list: bool,
}

/// Values of a statement whose names are soon found.
const FEW_VALUES: usize = 32;
/// Sizes of statements that write several rows: few, so that each is prepared once.
const SIZES: [usize; 5] = [64, 16, 4, 2, 1];

/// Splits rows into as many as one statement writes.
pub(super) fn in_statements<R>(mut rows: &[R]) -> Vec<&[R]> {
    let mut parts = Vec::new();
    for size in SIZES {
        while rows.len() >= size {
            let (part, rest) = rows.split_at(size);
            parts.push(part);
            rows = rest;
        }
    }
    parts
}

/// What a column may hold, or NULL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

/// A row of either database.
#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What rows of both databases can be read into; derived by `#[derive(sqlx::FromRow)]`.
pub(crate) trait FromRow:
    for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow>
{
}

impl<R> FromRow for R where R: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> {}

impl Query {
    /// A statement, or the beginning of one.
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Query {
        Query { text: text.into(), values: Vec::new(), list: false }
    }

    /// Binds the next `$n` of the text.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Query {
        self.values.push(value.into());
        self
    }

    /// A list, which may read more rows than it answers: it is ended when that takes too long.
    pub(super) fn list(self) -> Query {
        Query { list: true, ..self }
    }

    pub(super) const fn is_list(&self) -> bool {
        self.list
    }

    /// Appends to the text.
    pub(crate) fn push(&mut self, sql: impl Display) -> &mut Query {
        // Writing to a text cannot fail.
        let _ = write!(self.text.to_mut(), "{sql}");
        self
    }

    /// Appends the next `$n` and binds it.
    pub(crate) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Query {
        self.values.push(value.into());
        let place = self.values.len();
        self.push(format_args!("${place}"))
    }

    /// Appends a table of texts to join with: `wanted`, whose columns are `w0`, `w1` and so on.
    pub(super) fn push_wanted<'k>(
        &mut self,
        connection: &Connection,
        keys: impl IntoIterator<Item = Vec<&'k str>>,
    ) -> &mut Query {
        // No name has a NUL, and PostgreSQL's JSON has none either.
        let text = |key: &str| key.replace('\0', "\u{fffd}");
        let keys = keys.into_iter().map(|key| key.into_iter().map(text).collect());
        let keys: Vec<Vec<String>> = keys.collect();
        let width = keys.first().map_or(1, Vec::len);
        let (rows, collation) = match connection {
            Connection::Sqlite(_) => ("json_each(", ""),
            Connection::Postgres(_) => ("json_array_elements(", " COLLATE \"C\""),
        };
        let columns = (0..width).map(|at| format!("(value ->> {at}){collation} AS w{at}"));
        let columns: Vec<String> = columns.collect();
        self.push(format_args!("(SELECT {} FROM {rows}", columns.join(", ")));
        self.push_bind(serde_json::json!(keys).to_string());
        let is_json = matches!(connection, Connection::Postgres(_));
        self.push(if is_json { "::json)) AS wanted" } else { ")) AS wanted" })
    }

    /// Keeps the rows that are found from other transactions that ask in this way, until this one ends.
    /// SQLite writes in one transaction at a time and has nothing to lock.
    pub(crate) async fn lock(mut self, connection: &mut Connection) -> Result<(), StoreError> {
        if let Connection::Postgres(_) = connection {
            // Rows that refer to these may still be written.
            self.push(" FOR NO KEY UPDATE");
            self.execute(connection).await?;
        }
        Ok(())
    }

    /// Ends a SELECT that answers rows of a table and locks them.
    pub(crate) fn push_lock(&mut self, table: &str, connection: &Connection) {
        if let Connection::Postgres(_) = connection {
            self.push(format_args!(" FOR NO KEY UPDATE OF {table}"));
        }
    }

    /// Ends a SELECT that takes rows of a table which no other transaction has locked, and locks them.
    pub(crate) fn push_skip_locked(&mut self, table: &str, connection: &Connection) {
        if let Connection::Postgres(_) = connection {
            self.push(format_args!(" FOR NO KEY UPDATE OF {table} SKIP LOCKED"));
        }
    }

    /// The text so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The same with something before it.
    #[cfg(test)]
    pub(crate) fn prefixed(self, prefix: &str) -> Query {
        Query { text: format!("{prefix}{}", self.text).into(), ..self }
    }

    /// Appends keys, bound: `$1, $2`.
    pub(super) fn push_keys<'k>(&mut self, keys: impl IntoIterator<Item = &'k i64>) -> &mut Query {
        for (at, key) in keys.into_iter().enumerate() {
            self.push(if at > 0 { ", " } else { "" }).push_bind(*key);
        }
        self
    }

    /// Appends rows of values, bound: `($1, $2), ($3, $4)`.
    pub(super) fn push_rows(&mut self, rows: impl Iterator<Item = Vec<Value>>) -> &mut Query {
        for (at, row) in rows.enumerate() {
            self.push(if at > 0 { ", (" } else { "(" });
            for (at, value) in row.into_iter().enumerate() {
                self.push(if at > 0 { ", " } else { "" }).push_bind(value);
            }
            self.push(")");
        }
        self
    }

    /// Runs a statement that answers no rows; says how many rows it wrote.
    pub(crate) async fn execute(self, connection: &mut Connection) -> Result<u64, StoreError> {
        connection.execute(self).await
    }

    /// Every row as it came.
    pub(crate) async fn rows<'s>(self, on: impl Into<Session<'s>>) -> Result<Vec<Row>, StoreError> {
        on.into().rows(self).await
    }

    /// Every row.
    pub(crate) async fn fetch_all<'s, R: FromRow>(
        self,
        on: impl Into<Session<'s>>,
    ) -> Result<Vec<R>, StoreError> {
        self.rows(on).await?.iter().map(Row::read).collect()
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional<'s, R: FromRow>(
        self,
        on: impl Into<Session<'s>>,
    ) -> Result<Option<R>, StoreError> {
        self.rows(on).await?.first().map(Row::read).transpose()
    }

    /// The row that is there.
    pub(crate) async fn fetch_one<'s, R: FromRow>(self, on: impl Into<Session<'s>>) -> Result<R, StoreError> {
        self.fetch_optional(on).await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    pub(super) fn for_sqlite(self) -> Result<Prepared<'static, Sqlite, SqliteArguments>, StoreError> {
        let mut arguments = SqliteArguments::default();
        let values = self.values.len();
        for value in self.values {
            let added = match value {
                Value::Text(text) => arguments.add(text),
                Value::Integer(number) => arguments.add(number),
                Value::Bytes(bytes) => arguments.add(bytes),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        let text =
            if values > FEW_VALUES { by_place(&self.text).map_or(self.text, Cow::Owned) } else { self.text };
        Ok(sqlx::query_with(sql(text), arguments))
    }

    pub(super) fn for_postgres(self) -> Result<Prepared<'static, Postgres, PgArguments>, StoreError> {
        let mut arguments = PgArguments::default();
        for value in self.values {
            let added = match value {
                Value::Text(text) => arguments.add(text.map(without_nul)),
                Value::Integer(number) => arguments.add(number),
                Value::Bytes(bytes) => arguments.add(bytes),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        Ok(sqlx::query_with(sql(self.text), arguments))
    }
}

/// The text with `?` for each `$n`, where each comes once and in order: SQLite looks for a name among all names before it,
/// which for the hundreds of a large statement takes longer than the rest of it.
fn by_place(text: &str) -> Option<String> {
    let mut pieces = text.split('$');
    let mut placed = String::with_capacity(text.len());
    placed.push_str(pieces.next()?);
    for (at, piece) in pieces.enumerate() {
        let end = piece.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(piece.len());
        if piece[..end].parse() != Ok(at + 1) {
            return None;
        }
        placed.push('?');
        placed.push_str(&piece[end..]);
    }
    Some(placed)
}

fn sql(text: Cow<'static, str>) -> SqlStr {
    match text {
        Cow::Borrowed(text) => text.into_sql_str(),
        Cow::Owned(text) => AssertSqlSafe(text).into_sql_str(),
    }
}

/// PostgreSQL's texts have no NUL. Names have none either; what users write freely is shown with the
/// letter that stands for others.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

impl Row {
    /// The row as a type that names its columns.
    pub(crate) fn read<R: FromRow>(&self) -> Result<R, StoreError> {
        Ok(match self {
            Row::Sqlite(row) => R::from_row(row)?,
            Row::Postgres(row) => R::from_row(row)?,
        })
    }

    /// A column of text.
    pub(super) fn text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(match self {
            Row::Sqlite(row) => row.try_get(column)?,
            Row::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A column of whole numbers.
    pub(super) fn integer(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(match self {
            Row::Sqlite(row) => row.try_get(column)?,
            Row::Postgres(row) => row.try_get(column)?,
        })
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Value {
        Value::Text(Some(text.clone()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Value {
        Value::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Value {
        Value::Text(text.map(str::to_owned))
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Value {
        Value::Integer(Some(i64::from(number)))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Integer(Some(i64::from(number)))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Value {
        Value::Integer(number)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Value {
        Value::Bytes(Some(bytes))
    }
}

impl From<&Vec<u8>> for Value {
    fn from(bytes: &Vec<u8>) -> Value {
        Value::Bytes(Some(bytes.clone()))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Value {
        Value::Bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_by_place_where_each_comes_once_and_in_order() {
        for (text, expected) in [
            ("SELECT 1", Some("SELECT 1")),
            ("VALUES ($1, $2), ($3, $4)", Some("VALUES (?, ?), (?, ?)")),
            ("VALUES ($1, $2, $2)", None),
            ("SELECT $2, $1", None),
            ("SELECT '$' || $1", None),
        ] {
            assert_eq!(by_place(text).as_deref(), expected, "{text}");
        }
    }
}
