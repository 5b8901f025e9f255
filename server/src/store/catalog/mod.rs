//! The catalog of cached outputs: one file a table, tags and partitions beside their artifacts.

pub(crate) mod artifacts;
pub(crate) mod datasets;
pub(crate) mod reservations;

use aileron_idl::admin::{Sort, sort};
use aileron_idl::datacatalog::PaginationOptions;
use aileron_idl::datacatalog::pagination_options::{SortKey, SortOrder};

use super::filter::{FilterError, Table};
use super::page::Page;

/// Rows of a page when the request does not say.
const DEFAULT_LIMIT: u32 = 50;

/// A page as the catalog's clients ask for it: by time of creation.
pub(crate) fn page(table: &Table, asked: Option<PaginationOptions>) -> Result<Page, FilterError> {
    let asked = asked.unwrap_or_default();
    let order = SortOrder::try_from(asked.sort_order);
    let direction = match order.map_err(|_| FilterError::SortDirection(asked.sort_order))? {
        SortOrder::Ascending => sort::Direction::Ascending,
        SortOrder::Descending => sort::Direction::Descending,
    };
    let key = asked.sort_key;
    SortKey::try_from(key).map_err(|_| FilterError::SortKey(key.to_string()))?;
    let sort = Sort { key: "created_at".to_owned(), direction: direction as i32 };
    let limit = if asked.limit == 0 { DEFAULT_LIMIT } else { asked.limit };
    Page::parse(table, limit, &asked.token, Some(&sort))
}
