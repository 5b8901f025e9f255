//! The filter language of lists: `function(field,value)` pieces joined by `+`, all of which must hold.
//!
//! A field is a column of the listed table, or `entity.column` of one that it may be joined with.
//! Nothing of a filter's text becomes SQL: names are looked up, values are bound.

use super::sql::Query;
use crate::clock;

/// Most pieces in one filter.
const MAX_PIECES: usize = 50;
/// Most values in one `value_in`.
const MAX_VALUES: usize = 500;

/// Why a list request cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Every list needs one.
    #[error("invalid value for limit: it must be greater than 0")]
    Limit,
    /// Tokens come from the answer before.
    #[error("invalid value for token, value:[{0}]; send the token of the previous page, or none")]
    Token(String),
    /// A token of another list, or of this list in another order.
    #[error("the token is of {token}, but this list is {list}; ask for its first page without a token")]
    OtherList {
        /// What the token is of.
        token: String,
        /// What was asked for.
        list: String,
    },
    /// Not a column of this list.
    #[error("invalid sort key [{0}]; use the lower_snake_case name of a column, such as created_at")]
    SortKey(String),
    /// A list sorts up or down.
    #[error("invalid sort direction [{0}]; 0 is descending, 1 is ascending")]
    SortDirection(i32),
    /// Not of the form `function(field,value)`.
    #[error("invalid filter [{0}]; write function(field,value), joined by +")]
    Piece(String),
    /// Not one of the functions.
    #[error(
        "unknown filter function [{0}]; known are contains, not_like, gt, gte, lt, lte, eq, ne, value_in, value_not_in"
    )]
    Function(String),
    /// Not a column of this list, nor of one it joins.
    #[error("invalid filter field [{field}] for {entity}")]
    Field {
        /// What was asked for.
        field: String,
        /// What is listed.
        entity: &'static str,
    },
    /// The value does not fit the column, or there are several for a function of one.
    #[error("invalid value [{value}] for filter field [{field}]: {problem}")]
    Value {
        /// The column.
        field: String,
        /// What was sent.
        value: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// Longer than any honest filter.
    #[error("the filter has more than {0} parts")]
    TooLong(usize),
}

/// What a column holds, as far as comparing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Instant,
}

/// A column that lists may sort and filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether rows may have nothing there.
    pub(crate) nullable: bool,
}

impl Column {
    /// A column in which rows may have nothing.
    pub(crate) const fn or_null(self) -> Column {
        Column { nullable: true, ..self }
    }
}

/// A text column.
pub(crate) const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, nullable: false }
}

/// A column of whole numbers.
pub(crate) const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, nullable: false }
}

/// A column of instants.
pub(crate) const fn instant(name: &'static str) -> Column {
    Column { name, kind: Kind::Instant, nullable: false }
}

/// A table as lists see it.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name in SQL.
    pub(crate) name: &'static str,
    /// Its name in filters.
    pub(crate) entity: &'static str,
    pub(crate) columns: &'static [Column],
    /// Other names of columns.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// The column that lists are sorted by when nothing is asked for.
    pub(crate) order: &'static str,
    /// Tables whose columns a filter may name, and how they join.
    pub(crate) joins: &'static [Join],
}

/// How another table is joined to the listed one.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) table: &'static Table,
    /// The condition, in SQL.
    pub(crate) on: &'static str,
    /// Whether several of its rows may belong to one listed row, which is still listed once.
    pub(crate) many: bool,
    /// Columns of it that the listed table has too, and as what: filters on these join nothing.
    pub(crate) kept: &'static [(&'static str, Column)],
}

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<Column> {
        let name = self.aliases.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, column)| column);
        self.columns.iter().find(|column| column.name == name).copied()
    }
}

/// A parsed filter on one table.
#[derive(Debug)]
pub(crate) struct Filter {
    joins: Vec<&'static Join>,
    predicates: Vec<Predicate>,
}

#[derive(Debug)]
struct Predicate {
    table: &'static str,
    /// Place in the filter's joins, unless it is about the listed table itself.
    join: Option<usize>,
    column: &'static str,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Compare(&'static str, Value),
    Contains(String),
    NotLike(String),
    In { negated: bool, values: Vec<Value> },
}

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
}

impl Value {
    /// The value that a token holds for a column of this kind.
    pub(crate) fn of(kind: Kind, json: &serde_json::Value) -> Option<Value> {
        match kind {
            Kind::Integer => json.as_i64().map(Value::Integer),
            Kind::Text | Kind::Instant => json.as_str().map(|text| Value::Text(text.to_owned())),
        }
    }
}

impl Filter {
    /// A filter that lets everything through.
    pub(crate) fn none() -> Filter {
        Filter { joins: Vec::new(), predicates: Vec::new() }
    }

    /// Reads a request's filter text.
    pub(crate) fn parse(table: &'static Table, text: &str) -> Result<Filter, FilterError> {
        let mut filter = Filter::none();
        if text.is_empty() {
            return Ok(filter);
        }
        for (index, piece) in text.split('+').enumerate() {
            if index == MAX_PIECES {
                return Err(FilterError::TooLong(MAX_PIECES));
            }
            filter.add(table, piece)?;
        }
        Ok(filter)
    }

    /// Whether the filter says something about a column of the listed table itself.
    pub(crate) fn mentions(&self, table: &Table, column: &str) -> bool {
        self.predicates.iter().any(|predicate| predicate.table == table.name && predicate.column == column)
    }

    /// The one value that the filter asks for in a column of the listed table.
    pub(crate) fn equals(&self, table: &Table, column: &str) -> Option<&Value> {
        self.tests(table, column).find_map(|test| match test {
            Test::Compare("=", value) => Some(value),
            _ => None,
        })
    }

    /// The values of which the filter asks for one in a column of the listed table.
    pub(crate) fn one_of(&self, table: &Table, column: &str) -> Option<&[Value]> {
        self.tests(table, column).find_map(|test| match test {
            Test::In { negated: false, values } => Some(values.as_slice()),
            _ => None,
        })
    }

    /// How many values it compares with.
    pub(crate) fn values(&self) -> usize {
        let values = |predicate: &Predicate| match &predicate.test {
            Test::In { values, .. } => values.len(),
            Test::Compare(..) | Test::Contains(_) | Test::NotLike(_) => 1,
        };
        self.predicates.iter().map(values).sum()
    }

    fn tests(&self, table: &Table, column: &str) -> impl Iterator<Item = &Test> {
        let asked = move |predicate: &&Predicate| predicate.table == table.name && predicate.column == column;
        self.predicates.iter().filter(asked).map(|predicate| &predicate.test)
    }

    fn add(&mut self, table: &'static Table, piece: &str) -> Result<(), FilterError> {
        let malformed = || FilterError::Piece(piece.to_owned());
        let (function, rest) = piece.trim().split_once('(').ok_or_else(malformed)?;
        let (field, value) =
            rest.strip_suffix(')').and_then(|rest| rest.split_once(',')).ok_or_else(malformed)?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        let (owner, join, column) = self.resolve(table, field, 0)?;
        let test = test(function, field, column.kind, value)?;
        self.predicates.push(Predicate { table: owner, join, column: column.name, test });
        Ok(())
    }

    /// Asks for texts in fields. Fields of another table are asked of one row of it, and not of the same
    /// row as what was asked before.
    pub(crate) fn require(
        &mut self,
        table: &'static Table,
        texts: Vec<(&'static str, String)>,
    ) -> Result<(), FilterError> {
        let before = self.joins.len();
        for (field, text) in texts {
            let (owner, join, column) = self.resolve(table, field, before)?;
            let test = Test::Compare("=", Value::Text(text));
            self.predicates.push(Predicate { table: owner, join, column: column.name, test });
        }
        Ok(())
    }

    /// The table and column a field names; remembers the join it takes, unless one from `first` on will do.
    fn resolve(
        &mut self,
        table: &'static Table,
        field: &str,
        first: usize,
    ) -> Result<(&'static str, Option<usize>, Column), FilterError> {
        let unknown = || FilterError::Field { field: field.to_owned(), entity: table.entity };
        if let Some(column) = table.column(field) {
            return Ok((table.name, None, column));
        }
        let (entity, name) = field.split_once('.').ok_or_else(unknown)?;
        if entity == table.entity {
            return Ok((table.name, None, table.column(name).ok_or_else(unknown)?));
        }
        let join = table.joins.iter().find(|join| join.table.entity == entity).ok_or_else(unknown)?;
        let column = join.table.column(name).ok_or_else(unknown)?;
        if let Some((_, kept)) = join.kept.iter().find(|(kept, _)| *kept == column.name) {
            return Ok((table.name, None, *kept));
        }
        let known = self.joins.iter().skip(first).position(|known| known.table.name == join.table.name);
        let place = known.map_or(self.joins.len(), |place| first + place);
        if known.is_none() {
            self.joins.push(join);
        }
        Ok((join.table.name, Some(place), column))
    }

    /// Appends the joins; comes right after FROM.
    pub(crate) fn push_joins(&self, query: &mut Query) {
        for join in self.joins.iter().filter(|join| !join.many) {
            query.push(format_args!(" JOIN {} ON {}", join.table.name, join.on));
        }
    }

    /// Appends ` AND ...` for every piece.
    pub(crate) fn push_predicates(&self, query: &mut Query) {
        let many = |predicate: &&Predicate| predicate.join.is_some_and(|join| self.joins[join].many);
        for predicate in self.predicates.iter().filter(|predicate| !many(predicate)) {
            predicate.push(query);
        }
        for (place, Join { table, on, .. }) in self.joins.iter().enumerate().filter(|(_, join)| join.many) {
            query.push(format_args!(" AND EXISTS (SELECT 1 FROM {} WHERE {on}", table.name));
            for predicate in self.predicates.iter().filter(|predicate| predicate.join == Some(place)) {
                predicate.push(query);
            }
            query.push(")");
        }
    }
}

impl Predicate {
    fn push(&self, query: &mut Query) {
        query.push(format_args!(" AND {}.\"{}\"", self.table, self.column));
        match &self.test {
            Test::Compare(operator, value) => {
                query.push(format_args!(" {operator} "));
                push_value(query, value);
            }
            Test::Contains(pattern) => {
                query.push(" LIKE ").push_bind(pattern.clone()).push(" ESCAPE '\\'");
            }
            Test::NotLike(pattern) => {
                query.push(" NOT LIKE ").push_bind(pattern.clone()).push(" ESCAPE '\\'");
            }
            Test::In { negated, values } => push_set(query, *negated, values),
        }
    }
}

/// Appends a value, bound.
pub(super) fn push_value(query: &mut Query, value: &Value) {
    match value {
        Value::Text(text) => query.push_bind(text.clone()),
        Value::Integer(number) => query.push_bind(*number),
    };
}

fn push_set(query: &mut Query, negated: bool, values: &[Value]) {
    query.push(if negated { " NOT IN (" } else { " IN (" });
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            query.push(", ");
        }
        push_value(query, value);
    }
    query.push(")");
}

fn test(function: &str, field: &str, kind: Kind, value: &str) -> Result<Test, FilterError> {
    let set = |negated| {
        let values: Vec<_> =
            value.split(';').map(|value| typed(field, kind, value)).collect::<Result<_, _>>()?;
        if values.len() > MAX_VALUES {
            Err(FilterError::TooLong(MAX_VALUES))
        } else {
            Ok(Test::In { negated, values })
        }
    };
    let operator = match function {
        "value_in" => return set(false),
        "value_not_in" => return set(true),
        "contains" => return Ok(Test::Contains(format!("%{}%", escaped(single(field, value)?)))),
        // A pattern of the client's own, in which only % and _ are special.
        "not_like" => return Ok(Test::NotLike(single(field, value)?.replace('\\', "\\\\"))),
        "gt" => ">",
        "gte" => ">=",
        "lt" => "<",
        "lte" => "<=",
        "eq" => "=",
        "ne" => "<>",
        unknown => return Err(FilterError::Function(unknown.to_owned())),
    };
    Ok(Test::Compare(operator, typed(field, kind, single(field, value)?)?))
}

fn single<'a>(field: &str, value: &'a str) -> Result<&'a str, FilterError> {
    if value.contains(';') {
        return Err(invalid(field, value, "the function takes one value"));
    }
    Ok(value)
}

fn typed(field: &str, kind: Kind, value: &str) -> Result<Value, FilterError> {
    match kind {
        Kind::Text => Ok(Value::Text(value.to_owned())),
        Kind::Integer => {
            value.parse().map(Value::Integer).map_err(|_| invalid(field, value, "a whole number is needed"))
        }
        Kind::Instant => {
            let at = clock::parse(value)
                .ok_or_else(|| invalid(field, value, "an RFC 3339 time is needed, ending in Z"))?;
            Ok(Value::Text(clock::text(&at)))
        }
    }
}

fn invalid(field: &str, value: &str, problem: &'static str) -> FilterError {
    FilterError::Value { field: field.to_owned(), value: value.to_owned(), problem }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::super::executions::TABLE;
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match Filter::parse(&TABLE, text) {
            Ok(filter) => {
                let mut query = Query::new("");
                filter.push_joins(&mut query);
                filter.push_predicates(&mut query);
                query.text().trim().to_owned()
            }
            Err(error) => error.to_string(),
        };
        assert!(shown.contains(expected), "{text}: {shown}");
    }

    #[test]
    fn filters_become_bound_sql() {
        for (text, expected) in [
            ("", ""),
            ("eq(phase,SUCCEEDED)", "AND executions.\"phase\" = $1"),
            ("eq(execution.phase, SUCCEEDED)", "AND executions.\"phase\" = $1"),
            (
                "eq(project,p)+ne(domain,d)",
                "AND executions.\"execution_project\" = $1 AND executions.\"execution_domain\" <> $2",
            ),
            ("value_in(phase,A;B)", "IN ($1, $2)"),
            ("value_not_in(name,A)", "NOT IN ($1)"),
            ("contains(name,a%b)", "LIKE $1 ESCAPE"),
            ("gte(started_at,2026-01-01T00:00:00Z)", "\"started_at\" >= $1"),
            ("eq(workflow.name,w)", "AND executions.\"workflow_name\" = $1"),
            (
                "eq(workflow.version,w)",
                "JOIN workflows ON executions.workflow_id = workflows.id AND workflows.\"version\" = $1",
            ),
            ("eq(user,me)", "executions.\"user\" = $1"),
            ("eq(admin_tag.name,red)", "AND EXISTS (SELECT 1 FROM execution_tags WHERE "),
            (
                "eq(execution_tag.key,k)+eq(execution_tag.value,v)",
                "AND execution_tags.\"key\" = $1 AND execution_tags.\"value\" = $2)",
            ),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn malformed_filters_say_what_is_wrong() {
        for (text, expected) in [
            ("phase=SUCCEEDED", "invalid filter [phase=SUCCEEDED]"),
            ("eq(phase)", "invalid filter [eq(phase)]"),
            ("like(phase,a)", "unknown filter function [like]"),
            ("eq(colour,red)", "invalid filter field [colour] for execution"),
            ("eq(signal.id,red)", "invalid filter field [signal.id] for execution"),
            ("eq(phase,A;B)", "the function takes one value"),
            ("eq(mode,MANUAL)", "a whole number is needed"),
            ("gt(created_at,2026-01-01T00:00:00+02:00)", "invalid filter"),
            ("gt(created_at,noon)", "an RFC 3339 time is needed"),
            ("eq(phase);drop table executions,x)", "invalid filter field"),
        ] {
            check(text, expected);
        }
    }
}
