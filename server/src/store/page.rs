//! Pages of lists: a limit, an order that is total, and a token that says where to go on.
//!
//! A token names the last row that was answered by its place in the order, so rows that come or go
//! between two pages make none be skipped or repeated. It belongs to one list in one order. Clients that
//! count rows themselves may send a whole number instead, which is taken as an offset.

use aileron_idl::admin::{Sort, sort};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::filter::{Column, FilterError, Kind, Table, Value, push_value};
use super::sql::{FromRow, Query, Row};
use super::{Pool, StoreError};

/// Most rows of one page, whatever is asked for; its token leads to the rest.
const LARGEST: u32 = 10_000;
/// Longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 4096;
/// What makes an order total.
const ROW: Column = Column { name: "id", kind: Kind::Integer, nullable: false };
/// The same where each name is listed once.
const NAME: Column = Column { name: "name", kind: Kind::Text, nullable: false };

/// One page to read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page {
    table: &'static str,
    /// 0 for everything.
    limit: u32,
    start: Start,
    by: Column,
    ascending: bool,
    /// Tells apart rows that are equal in `by`.
    key: Column,
}

#[derive(Clone, Debug, PartialEq)]
enum Start {
    Beginning,
    Offset(u64),
    After(Place),
}

/// Where a row is in the order; no value for NULL, which comes before all values.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    value: Option<Value>,
    key: Value,
}

/// What a page holds.
#[derive(Clone, Debug)]
pub(crate) struct Found<T> {
    pub(crate) rows: Vec<T>,
    /// Of the next page; empty when there is none.
    pub(crate) token: String,
}

impl Page {
    /// Checks a request's limit, token and sort key.
    pub(crate) fn parse(
        table: &Table,
        limit: u32,
        token: &str,
        sort: Option<&Sort>,
    ) -> Result<Page, FilterError> {
        if limit == 0 {
            return Err(FilterError::Limit);
        }
        Page::unlimited(table, limit, token, sort)
    }

    /// The same where a limit of 0 means everything.
    pub(crate) fn unlimited(
        table: &Table,
        limit: u32,
        token: &str,
        sort: Option<&Sort>,
    ) -> Result<Page, FilterError> {
        Page { limit: limit.min(LARGEST), ..Page::all(table) }.sorted(table, sort)?.beginning_after(token)
    }

    /// The same for a list of distinct names, in their order unless another is asked for.
    pub(crate) fn of_names(
        table: &Table,
        limit: u32,
        token: &str,
        sort: Option<&Sort>,
    ) -> Result<Page, FilterError> {
        if limit == 0 {
            return Err(FilterError::Limit);
        }
        let page = Page { limit: limit.min(LARGEST), by: NAME, key: NAME, ..Page::all(table) };
        page.sorted(table, sort)?.beginning_after(token)
    }

    /// Everything, in the table's own order.
    pub(crate) fn all(table: &Table) -> Page {
        let by = table.column(table.order).unwrap_or(ROW);
        Page { table: table.name, limit: 0, start: Start::Beginning, by, ascending: true, key: ROW }
    }

    fn sorted(self, table: &Table, sort: Option<&Sort>) -> Result<Page, FilterError> {
        let Some(sort) = sort.filter(|sort| !sort.key.is_empty()) else { return Ok(self) };
        let by = table.column(&sort.key).ok_or_else(|| FilterError::SortKey(sort.key.clone()))?;
        let direction = sort::Direction::try_from(sort.direction)
            .map_err(|_| FilterError::SortDirection(sort.direction))?;
        Ok(Page { by, ascending: direction == sort::Direction::Ascending, ..self })
    }

    fn beginning_after(self, token: &str) -> Result<Page, FilterError> {
        let start = match token {
            "" => Start::Beginning,
            offset if offset.bytes().all(|byte| byte.is_ascii_digit()) => {
                Start::Offset(offset.parse().map_err(|_| FilterError::Token(offset.to_owned()))?)
            }
            token => Start::After(self.place(token)?),
        };
        Ok(Page { start, ..self })
    }

    /// Which list and order a token belongs to.
    fn list(&self) -> String {
        let direction = if self.ascending { "" } else { "-" };
        format!("{}/{}:{direction}{}", self.table, self.key.name, self.by.name)
    }

    fn place(&self, token: &str) -> Result<Place, FilterError> {
        let malformed = || FilterError::Token(token.chars().take(100).collect());
        if token.len() > LONGEST_TOKEN {
            return Err(malformed());
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| malformed())?;
        let (list, value, key): (String, serde_json::Value, serde_json::Value) =
            serde_json::from_slice(&bytes).map_err(|_| malformed())?;
        if list != self.list() {
            return Err(FilterError::OtherList { token: list, list: self.list() });
        }
        let value = match value {
            serde_json::Value::Null if self.by.nullable => None,
            value => Some(Value::of(self.by.kind, &value).ok_or_else(malformed)?),
        };
        Ok(Place { value, key: Value::of(self.key.kind, &key).ok_or_else(malformed)? })
    }

    /// Whether it is a part of the list, which is in the order of a column.
    pub(super) fn is_part_by(&self, column: &str) -> bool {
        self.limit > 0 && self.by.name == column
    }

    /// The rows that an offset passes over, and the page.
    pub(super) fn with_what_it_skips(&self) -> Page {
        match self.start {
            Start::Offset(offset) => {
                let skipped = u32::try_from(offset).unwrap_or(u32::MAX);
                Page { limit: self.limit.saturating_add(skipped), start: Start::Beginning, ..self.clone() }
            }
            Start::Beginning | Start::After(_) => self.clone(),
        }
    }

    /// Begins the query of a page: the columns, and the place of each row.
    pub(super) fn select(&self, columns: &str) -> Query {
        let table = self.table;
        Query::new(format!(
            "SELECT {columns}, {table}.\"{}\" AS page_value, {table}.id AS page_key FROM {table}",
            self.by.name
        ))
    }

    /// Ends it: what is to come after WHERE.
    pub(crate) fn push(&self, query: &mut Query) {
        self.push_at_once(None, query);
    }

    /// The same where thousands of rows may be equal in the order, as nodes are that were reported at one instant, and
    /// where a column of the index before the order's may be NULL in all rows.
    ///
    /// SQLite's indexes lead to a value but not on to a key behind it, unless the value is the only one: rows of the
    /// token's value and those beyond it are two queries. PostgreSQL takes only what equals something for the same in
    /// all rows, and would sort by more than NULL.
    pub(super) fn push_within(&self, null: Option<&str>, pool: &Pool, query: &mut Query) {
        match (pool, self.last_of_many()) {
            (Pool::Sqlite(_), Some((value, key))) => self.push_equal_and_beyond(value, key, query),
            _ => self.push_at_once(null, query),
        }
    }

    fn push_at_once(&self, null: Option<&str>, query: &mut Query) {
        let (value, key) = self.terms();
        self.push_after(" AND ", &value, &key, query);
        self.push_window(null, &value, &key, query);
    }

    /// Value and key of the row that the page comes after, where the order has a value for every row.
    fn last_of_many(&self) -> Option<(&Value, &Value)> {
        match &self.start {
            Start::After(Place { value: Some(value), key }) if !self.by.nullable && self.by != self.key => {
                Some((value, key))
            }
            Start::Beginning | Start::Offset(_) | Start::After(_) => None,
        }
    }

    fn push_equal_and_beyond(&self, last: &Value, last_key: &Value, query: &mut Query) {
        let (value, key) = self.terms();
        let (beyond, direction) = self.direction();
        let all = query.text().to_owned();
        query.push(format_args!(" AND {value} = "));
        push_value(query, last);
        query.push(format_args!(" AND {key} {beyond} "));
        push_value(query, last_key);
        query.push(format_args!(" UNION ALL {all} AND {value} {beyond} "));
        push_value(query, last);
        query.push(format_args!(" ORDER BY page_value {direction}, page_key {direction}"));
        self.push_limit(query);
    }

    /// The query of a page of distinct names; `push_scope` appends its WHERE.
    pub(super) fn select_names(&self, push_scope: impl FnOnce(&mut Query)) -> Query {
        let (mut value, key) = self.terms();
        let by_name = self.by == NAME;
        if !by_name {
            value = format!("MIN({value})");
        }
        let mut query =
            Query::new(format!("SELECT {key}, {value} AS page_value, {key} AS page_key FROM {}", self.table));
        push_scope(&mut query);
        if by_name {
            self.push_after(" AND ", &value, &key, &mut query);
        }
        query.push(format_args!(" GROUP BY {key}"));
        if !by_name {
            self.push_after(" HAVING ", &value, &key, &mut query);
        }
        self.push_window(None, &value, &key, &mut query);
        query
    }

    fn terms(&self) -> (String, String) {
        let term = |column: Column| format!("{}.\"{}\"", self.table, column.name);
        (term(self.by), term(self.key))
    }

    /// NULL is before every value, so in a descending order it is after them.
    fn push_after(&self, joint: &str, value: &str, key: &str, query: &mut Query) {
        let Start::After(place) = &self.start else { return };
        let (beyond, _) = self.direction();
        query.push(joint).push("(");
        match &place.value {
            Some(last) => {
                query.push(format_args!("({value}, {key}) {beyond} ("));
                push_value(query, last);
                query.push(", ");
                push_value(query, &place.key);
                query.push(")");
                if self.by.nullable && !self.ascending {
                    query.push(format_args!(" OR {value} IS NULL"));
                }
            }
            None => {
                query.push(format_args!("{value} IS NULL AND {key} {beyond} "));
                push_value(query, &place.key);
                if self.ascending {
                    query.push(format_args!(" OR {value} IS NOT NULL"));
                }
            }
        }
        query.push(")");
    }

    fn push_window(&self, null: Option<&str>, value: &str, key: &str, query: &mut Query) {
        let (_, direction) = self.direction();
        query.push(" ORDER BY ");
        if let Some(null) = null {
            query.push(format_args!("{null} {direction}, "));
        }
        query.push(format_args!("{value} {direction}"));
        if self.by.nullable {
            query.push(if self.ascending { " NULLS FIRST" } else { " NULLS LAST" });
        }
        if value != key {
            query.push(format_args!(", {key} {direction}"));
        }
        self.push_limit(query);
    }

    /// How later rows compare, and the order's word.
    const fn direction(&self) -> (&'static str, &'static str) {
        if self.ascending { (">", "ASC") } else { ("<", "DESC") }
    }

    fn push_limit(&self, query: &mut Query) {
        if self.limit > 0 {
            query.push(" LIMIT ").push_bind(i64::from(self.limit));
        }
        if let (Start::Offset(offset), true) = (&self.start, self.limit > 0) {
            query.push(" OFFSET ").push_bind(i64::try_from(*offset).unwrap_or(i64::MAX));
        }
    }

    /// Reads the page of a query that [`select`](Page::select) began. A page that is full has a token.
    pub(super) async fn read<R, T>(&self, query: Query, pool: &Pool) -> Result<Found<T>, StoreError>
    where
        R: FromRow,
        T: TryFrom<R>,
        StoreError: From<T::Error>,
    {
        let found = query.list().rows(pool).await?;
        let full = self.limit > 0 && found.len() == self.limit as usize;
        let token = match found.last() {
            Some(last) if full => self.token_after(last)?,
            _ => String::new(),
        };
        let rows = found.iter().map(|row| Ok(T::try_from(row.read::<R>()?)?));
        Ok(Found { rows: rows.collect::<Result<_, StoreError>>()?, token })
    }

    fn token_after(&self, row: &Row) -> Result<String, StoreError> {
        let read = |column: Column, name: &str| -> Result<serde_json::Value, StoreError> {
            Ok(match column.kind {
                Kind::Integer => row.integer(name)?.into(),
                Kind::Text | Kind::Instant => row.text(name)?.into(),
            })
        };
        let place =
            serde_json::json!([self.list(), read(self.by, "page_value")?, read(self.key, "page_key")?]);
        Ok(URL_SAFE_NO_PAD.encode(place.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{executions, tasks::TABLE};
    use super::*;

    fn sort(key: &str, direction: sort::Direction) -> Sort {
        Sort { key: key.to_owned(), direction: direction as i32 }
    }

    fn token(list: &str, value: &serde_json::Value, key: i64) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::json!([list, value, key]).to_string())
    }

    fn check(table: &Table, sorted: &Sort, token: &str, expected: &str) {
        let shown = match Page::parse(table, 10, token, Some(sorted)) {
            Ok(page) => {
                let mut query = Query::new("");
                page.push(&mut query);
                query.text().trim().to_owned()
            }
            Err(error) => error.to_string(),
        };
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn bad_pages_are_refused() {
        let newest = sort("created_at", sort::Direction::Descending);
        assert_eq!(Page::parse(&TABLE, 0, "", None), Err(FilterError::Limit));
        for wrong in ["two", "-1", "99999999999999999999999", "WyJ4", &"A".repeat(5000)] {
            check(&TABLE, &newest, wrong, "invalid value for token");
        }
        let other = token("workflows/id:-created_at", &"t".into(), 1);
        check(&TABLE, &newest, &other, "workflows/id:-created_at, but this list is tasks/id:-created_at");
        let wrong = token("tasks/id:-created_at", &7.into(), 1);
        check(&TABLE, &newest, &wrong, "invalid value for token");
        let null = token("tasks/id:-created_at", &serde_json::Value::Null, 1);
        check(&TABLE, &newest, &null, "invalid value for token");
        for key in ["nothing", "Name", "name;--", "digest"] {
            check(&TABLE, &sort(key, sort::Direction::Ascending), "", "invalid sort key");
        }
    }

    #[test]
    fn no_page_is_larger_than_the_largest() {
        for page in [Page::parse(&TABLE, u32::MAX, "", None), Page::of_names(&TABLE, u32::MAX, "", None)] {
            assert_eq!(page.unwrap().limit, LARGEST);
        }
    }

    #[test]
    fn the_order_is_total_and_goes_on_where_it_stopped() {
        let (up, down) = (sort::Direction::Ascending, sort::Direction::Descending);
        let newest = sort("created_at", down);
        let order = "ORDER BY tasks.\"created_at\" DESC, tasks.\"id\" DESC LIMIT $1";
        check(&TABLE, &newest, "", order);
        check(&TABLE, &newest, "20", &format!("{order} OFFSET $2"));
        check(&TABLE, &sort("", up), "", "ORDER BY tasks.\"created_at\" ASC, tasks.\"id\" ASC");
        let after = token("tasks/id:-created_at", &"t".into(), 1);
        check(&TABLE, &newest, &after, "AND ((tasks.\"created_at\", tasks.\"id\") < ($1, $2)) ORDER");
    }

    #[test]
    fn nothing_comes_before_every_value() {
        let place = |list: &str, value: &serde_json::Value| token(list, value, 1);
        let (up, down) = ("executions/id:started_at", "executions/id:-started_at");
        let null = serde_json::Value::Null;
        for (token, direction, expected) in [
            (place(up, &"t".into()), sort::Direction::Ascending, "> ($1, $2))"),
            (place(up, &null), sort::Direction::Ascending, "IS NOT NULL)"),
            (
                place(down, &"t".into()),
                sort::Direction::Descending,
                "($1, $2) OR executions.\"started_at\" IS NULL)",
            ),
            (place(down, &null), sort::Direction::Descending, "IS NULL AND executions.\"id\" < $1)"),
        ] {
            check(&executions::TABLE, &sort("started_at", direction), &token, expected);
        }
    }
}
