//! The list of executions: what is asked for, and the rows so far.

use std::collections::BTreeSet;

use aileron_idl::admin::{Execution, ExecutionList, NamedEntityIdentifier, ResourceListRequest, Sort, sort};

/// Rows asked for at a time.
pub const PAGE: usize = 25;
/// Rows refreshed at most; rows beyond are as they were when loaded.
const REFRESHED: usize = 500;

/// Which executions are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Every one.
    #[default]
    All,
    /// Those whose state can still change.
    Active,
    /// Those that ended with outputs.
    Succeeded,
    /// Those that ended with an error or took too long.
    Failed,
    /// Those that someone ended.
    Aborted,
}

impl Filter {
    /// Every choice, in the order it is offered.
    pub const ALL: [Self; 5] = [Self::All, Self::Active, Self::Succeeded, Self::Failed, Self::Aborted];

    /// The choice as a word.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Active => "Active",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }

    /// The choice that an address's `show` names; anything unknown is [`Filter::All`].
    pub fn from_query(show: Option<&str>) -> Self {
        let named = |filter: &Self| show.is_some_and(|name| filter.label().eq_ignore_ascii_case(name));
        Self::ALL.into_iter().find(named).unwrap_or_default()
    }

    /// The address's query for this choice, empty or with its `?`.
    pub fn query(self) -> String {
        match self {
            Self::All => String::new(),
            _ => format!("?show={}", self.label().to_lowercase()),
        }
    }

    /// The choice in the API's filter language.
    fn expression(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Active => "value_in(phase,UNDEFINED;QUEUED;RUNNING;SUCCEEDING;FAILING;ABORTING)",
            Self::Succeeded => "eq(phase,SUCCEEDED)",
            Self::Failed => "value_in(phase,FAILED;TIMED_OUT)",
            Self::Aborted => "eq(phase,ABORTED)",
        }
    }
}

/// What a list is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The project's id.
    pub project: String,
    /// The domain's id.
    pub domain: String,
    /// Which phases.
    pub filter: Filter,
}

/// The rows so far, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The executions.
    pub rows: Vec<Execution>,
    /// Where the next page starts; empty when there is none.
    pub token: String,
}

impl Listing {
    /// Asks for all the rows that are shown, again.
    pub fn refresh(&self, scope: &Scope) -> ResourceListRequest {
        request(scope, self.rows.len().clamp(PAGE, REFRESHED), String::new())
    }

    /// Asks for the page after the last row.
    pub fn more(&self, scope: &Scope) -> ResourceListRequest {
        request(scope, PAGE, self.token.clone())
    }

    /// Takes the answer to [`Listing::refresh`]: it stands for as many rows as it has.
    pub fn refreshed(&mut self, page: ExecutionList) {
        if self.rows.len() > REFRESHED {
            self.rows.drain(..REFRESHED);
            let older = std::mem::replace(&mut self.rows, page.executions);
            self.append(older);
        } else {
            *self = Self { rows: page.executions, token: page.token };
        }
    }

    /// Takes the answer to [`Listing::more`]. Rows that moved down a page meanwhile are not shown twice.
    pub fn extended(&mut self, page: ExecutionList) {
        self.append(page.executions);
        self.token = page.token;
    }

    fn append(&mut self, rows: Vec<Execution>) {
        let known: BTreeSet<String> = self.rows.iter().map(|row| name(row).to_owned()).collect();
        self.rows.extend(rows.into_iter().filter(|row| !known.contains(name(row))));
    }
}

/// An execution's name, empty if it has none.
pub fn name(execution: &Execution) -> &str {
    execution.id.as_ref().map_or("", |id| &id.name)
}

fn request(scope: &Scope, limit: usize, token: String) -> ResourceListRequest {
    let id = NamedEntityIdentifier {
        project: scope.project.clone(),
        domain: scope.domain.clone(),
        ..Default::default()
    };
    ResourceListRequest {
        id: Some(id),
        limit: limit as u32,
        token,
        filters: scope.filter.expression().to_owned(),
        sort_by: Some(Sort { key: "created_at".to_owned(), direction: sort::Direction::Descending as i32 }),
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::WorkflowExecutionIdentifier;

    use super::*;

    fn page(names: std::ops::Range<usize>, token: &str) -> ExecutionList {
        let row = |n| Execution {
            id: Some(WorkflowExecutionIdentifier { name: format!("e{n}"), ..Default::default() }),
            ..Default::default()
        };
        ExecutionList { executions: names.map(row).collect(), token: token.into() }
    }

    fn scope(filter: Filter) -> Scope {
        Scope { project: "p".into(), domain: "d".into(), filter }
    }

    #[test]
    fn a_choice_survives_the_address() {
        for filter in Filter::ALL {
            let query = filter.query();
            assert_eq!(Filter::from_query(query.strip_prefix("?show=")), filter);
        }
        assert_eq!(Filter::from_query(Some("nonsense")), Filter::All);
    }

    #[test]
    fn a_refresh_asks_for_as_many_rows_as_are_shown() {
        let mut listing = Listing::default();
        assert_eq!(listing.refresh(&scope(Filter::Failed)).limit, 25);
        listing.refreshed(page(0..25, "25"));
        listing.extended(page(25..50, "50"));
        let request = listing.refresh(&scope(Filter::Failed));
        assert_eq!((request.limit, request.token.as_str()), (50, ""));
        assert_eq!(request.filters, "value_in(phase,FAILED;TIMED_OUT)");
    }

    #[test]
    fn a_refresh_drops_rows_that_left_the_filter() {
        let mut listing = Listing::default();
        listing.refreshed(page(0..3, ""));
        listing.refreshed(page(1..3, ""));
        assert_eq!(listing.rows.iter().map(name).collect::<Vec<_>>(), ["e1", "e2"]);
    }

    #[test]
    fn a_row_that_moved_down_a_page_is_shown_once() {
        let mut listing = Listing::default();
        listing.refreshed(page(0..25, "25"));
        listing.extended(page(24..49, "50"));
        assert_eq!((listing.rows.len(), listing.token.as_str()), (49, "50"));
    }

    #[test]
    fn rows_beyond_the_refreshed_ones_stay() {
        let mut listing = Listing { rows: page(0..600, "").executions, token: "600".into() };
        listing.refreshed(page(0..500, "500"));
        assert_eq!((listing.rows.len(), listing.token.as_str()), (600, "600"));
    }
}
