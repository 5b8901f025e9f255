//! Pages of lists: a limit, an offset as token, and an order that is total.

use aileron_idl::admin::{Sort, sort};
use sqlx::QueryBuilder;

use super::Database;
use super::filter::{FilterError, Table};

/// One page to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    limit: u32,
    offset: u64,
    order: Option<Order>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    column: &'static str,
    ascending: bool,
}

fn direction(ascending: bool) -> &'static str {
    if ascending { " ASC" } else { " DESC" }
}

impl Page {
    /// Checks a request's limit, token and sort key. `unlimited` lets a limit of 0 mean all.
    pub(crate) fn parse(
        table: &Table,
        limit: u32,
        token: &str,
        sort: Option<&Sort>,
        unlimited: bool,
    ) -> Result<Page, FilterError> {
        if limit == 0 && !unlimited {
            return Err(FilterError::Limit);
        }
        let offset = if token.is_empty() { Ok(0) } else { token.parse() };
        let offset = offset.map_err(|_| FilterError::Token(token.to_owned()))?;
        let order = sort.filter(|sort| !sort.key.is_empty()).map(|sort| {
            let column = table.column(&sort.key).ok_or_else(|| FilterError::SortKey(sort.key.clone()))?;
            Ok(Order { column: column.name, ascending: sort.direction() == sort::Direction::Ascending })
        });
        Ok(Page { limit, offset, order: order.transpose()? })
    }

    /// Everything, in insertion order.
    pub(crate) fn all() -> Page {
        Page { limit: 0, offset: 0, order: None }
    }

    /// Appends ORDER BY, LIMIT and OFFSET. Rows that the key leaves equal come in insertion order.
    pub(crate) fn push(&self, table: &Table, query: &mut QueryBuilder<Database>) {
        query.push(" ORDER BY ");
        if let Some(order) = &self.order {
            query.push(format_args!("{}.\"{}\"{}, ", table.name, order.column, direction(order.ascending)));
        }
        let ascending = self.order.as_ref().is_none_or(|order| order.ascending);
        query.push(format_args!("{}.id{}", table.name, direction(ascending)));
        self.push_window(query);
    }

    /// The same for rows grouped by name.
    pub(crate) fn push_grouped(&self, table: &Table, query: &mut QueryBuilder<Database>) {
        query.push(" ORDER BY ");
        if let Some(order) = &self.order {
            query.push(format_args!(
                "MIN({}.\"{}\"){}, ",
                table.name,
                order.column,
                direction(order.ascending)
            ));
        }
        query.push(format_args!("{}.name", table.name));
        self.push_window(query);
    }

    fn push_window(&self, query: &mut QueryBuilder<Database>) {
        if self.limit > 0 {
            query.push(" LIMIT ").push_bind(i64::from(self.limit));
            query.push(" OFFSET ").push_bind(i64::try_from(self.offset).unwrap_or(i64::MAX));
        }
    }

    /// The token of the next page: empty unless this one is full.
    pub(crate) fn next_token(&self, found: usize) -> String {
        if self.limit > 0 && found == self.limit as usize {
            (self.offset + found as u64).to_string()
        } else {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tasks::TABLE;
    use super::*;

    fn sort(key: &str) -> Sort {
        Sort { key: key.to_owned(), direction: sort::Direction::Descending as i32 }
    }

    fn sql(page: &Page) -> String {
        let mut query = QueryBuilder::new("");
        page.push(&TABLE, &mut query);
        query.sql().as_str().trim().to_owned()
    }

    #[test]
    fn bad_pages_are_refused() {
        let parse = |limit, token, key| Page::parse(&TABLE, limit, token, Some(&sort(key)), false);
        assert_eq!(parse(0, "", ""), Err(FilterError::Limit));
        assert_eq!(parse(1, "two", ""), Err(FilterError::Token("two".into())));
        assert_eq!(parse(1, "-1", ""), Err(FilterError::Token("-1".into())));
        for key in ["nothing", "Name", "name;--", "digest"] {
            assert_eq!(parse(1, "", key), Err(FilterError::SortKey(key.into())));
        }
    }

    #[test]
    fn the_order_is_total() {
        let page = Page::parse(&TABLE, 10, "20", Some(&sort("created_at")), false).unwrap();
        assert_eq!(sql(&page), "ORDER BY tasks.\"created_at\" DESC, tasks.id DESC LIMIT ? OFFSET ?");
        let page = Page::parse(&TABLE, 10, "", None, false).unwrap();
        assert_eq!(sql(&page), "ORDER BY tasks.id ASC LIMIT ? OFFSET ?");
    }

    #[test]
    fn only_a_full_page_has_a_next_one() {
        let page = Page::parse(&TABLE, 10, "20", None, false).unwrap();
        assert_eq!(page.next_token(10), "30");
        assert_eq!(page.next_token(9), "");
    }
}
