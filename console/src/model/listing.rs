//! The list of executions: what an address asks for, the request that it becomes, and the rows so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use aileron_idl::admin::{
    Execution, NamedEntityIdentifier, ResourceListRequest, Sort as WireSort, execution_metadata, sort,
};

use super::phase::Phase;
use super::query::Query;
use super::route::Place;
use super::run::Run;
use super::search::{self, Unclear};
use super::sorted;
use super::time;

/// Rows asked for at a time.
pub const PAGE: u32 = 100;

/// Which executions are listed, by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Every one.
    #[default]
    All,
    /// Those whose state can still change.
    Active,
    /// Those that ended with outputs.
    Succeeded,
    /// Those that ended with an error.
    Failed,
    /// Those that took longer than they may.
    TimedOut,
    /// Those that someone ended.
    Aborted,
}

impl Filter {
    /// Every choice, in the order it is offered.
    pub const ALL: [Self; 6] =
        [Self::All, Self::Active, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// The choice as a word.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Active => "Active",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::TimedOut => "Timed out",
            Self::Aborted => "Aborted",
        }
    }

    /// In addresses.
    pub fn key(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Active => "active",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Aborted => "aborted",
        }
    }

    /// The choice in the API's filter language.
    fn expression(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Active => "value_in(phase,UNDEFINED;QUEUED;RUNNING;SUCCEEDING;FAILING;ABORTING)",
            Self::Succeeded => "eq(phase,SUCCEEDED)",
            Self::Failed => "eq(phase,FAILED)",
            Self::TimedOut => "eq(phase,TIMED_OUT)",
            Self::Aborted => "eq(phase,ABORTED)",
        }
    }
}

/// What a list may be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// When it was accepted.
    #[default]
    Created,
    /// When it began to run.
    Started,
    /// How long it took.
    Duration,
    /// Its name.
    Name,
    /// Its phase.
    Phase,
}

impl SortKey {
    /// Every key.
    pub const ALL: [Self; 5] = [Self::Created, Self::Started, Self::Duration, Self::Name, Self::Phase];

    /// In addresses.
    pub fn key(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Started => "started",
            Self::Duration => "duration",
            Self::Name => "name",
            Self::Phase => "phase",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::Created => "created_at",
            Self::Started => "started_at",
            Self::Duration => "duration",
            Self::Name => "name",
            Self::Phase => "phase",
        }
    }
}

/// By what, and whether the smallest comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortKey,
    /// Smallest, oldest or first of the alphabet first.
    pub is_ascending: bool,
}

impl Sort {
    /// What a press on a column's heading makes of it: the other way round, or down by a new column.
    #[must_use]
    pub fn pressed(self, by: SortKey) -> Self {
        Self { by, is_ascending: self.by == by && !self.is_ascending }
    }

    /// `-created` is downwards; what cannot be read is the usual order.
    fn parse(text: &str) -> Self {
        let (name, is_ascending) = text.strip_prefix('-').map_or((text, true), |name| (name, false));
        let by = SortKey::ALL.into_iter().find(|key| key.key() == name);
        by.map_or_else(Self::default, |by| Self { by, is_ascending })
    }

    fn key(self) -> String {
        if self == Self::default() {
            return String::new();
        }
        format!("{}{}", if self.is_ascending { "" } else { "-" }, self.by.key())
    }
}

/// The columns that may be left out.
pub const COLUMNS: [(&str, &str); 7] = [
    ("workflow", "Workflow"),
    ("version", "Version"),
    ("plan", "Launch plan"),
    ("mode", "By"),
    ("labels", "Labels"),
    ("started", "Started"),
    ("duration", "Duration"),
];
/// Those that are shown unless an address says otherwise.
const USUAL: [&str; 5] = ["workflow", "version", "mode", "started", "duration"];

/// What the page shows; all of it is in the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Which phases.
    pub filter: Filter,
    /// What was typed into the search, see [`search`].
    pub search: String,
    /// Only what was accepted since then: `15m`, `24h`, `7d`; empty for always.
    pub since: String,
    /// The order.
    pub sort: Sort,
    /// Whether those that were archived are listed, and only they.
    pub archived: bool,
    /// The columns that are shown, by their keys, in the order of [`COLUMNS`].
    pub columns: Vec<&'static str>,
}

impl Default for View {
    fn default() -> Self {
        Self::of(&Query::default())
    }
}

impl View {
    /// What an address asks for.
    pub fn of(query: &Query) -> Self {
        let show = query.get("show").unwrap_or_default();
        let wanted = |key: &str| match query.get("columns") {
            None => USUAL.contains(&key),
            Some(list) => list.split(',').any(|one| one == key),
        };
        Self {
            filter: Filter::ALL.into_iter().find(|filter| filter.key() == show).unwrap_or_default(),
            search: query.get("q").unwrap_or_default().to_owned(),
            since: query.get("since").filter(|text| age(text).is_some()).unwrap_or_default().to_owned(),
            sort: query.get("sort").map(Sort::parse).unwrap_or_default(),
            archived: query.has("archived"),
            columns: COLUMNS.iter().map(|(key, _)| *key).filter(|key| wanted(key)).collect(),
        }
    }

    /// The address's query for this view.
    pub fn query(&self) -> Query {
        let columns = if self.columns == USUAL { None } else { Some(self.columns.join(",")) };
        let mut query = Query::default()
            .with("show", self.filter.key())
            .with("q", self.search.trim())
            .with("since", self.since.as_str())
            .with("sort", self.sort.key())
            .with("archived", if self.archived { "1" } else { "" });
        query.set("columns", columns);
        query
    }

    /// The view in the API's filter language.
    ///
    /// # Errors
    /// A search that says what nobody understands.
    pub fn filters(&self, now: f64) -> Result<String, Unclear> {
        let mut parts: Vec<String> = vec![self.filter.expression().to_owned()];
        parts.extend(search::filters(&self.search)?);
        if let Some(age) = age(&self.since) {
            let since = prost_types::Timestamp { seconds: ((now - age) / 1e3) as i64, nanos: 0 };
            parts.push(format!("gte(created_at,{})", time::rfc3339(&since)));
        }
        if self.archived {
            parts.push("eq(state,1)".to_owned());
        }
        parts.retain(|part| !part.is_empty());
        Ok(parts.join("+"))
    }

    /// Asks for a page of rows.
    pub fn request(&self, place: &Place, filters: &str, token: String) -> ResourceListRequest {
        let Place { project, domain } = place.clone();
        let direction =
            if self.sort.is_ascending { sort::Direction::Ascending } else { sort::Direction::Descending };
        ResourceListRequest {
            id: Some(NamedEntityIdentifier { project, domain, ..Default::default() }),
            limit: PAGE,
            token,
            filters: filters.to_owned(),
            sort_by: Some(WireSort { key: self.sort.by.column().to_owned(), direction: direction as i32 }),
        }
    }
}

/// A span of time like `15m`, `24h` or `7d`, in milliseconds.
fn age(text: &str) -> Option<f64> {
    let unit = match text.chars().last()? {
        's' => 1e3,
        'm' => 60e3,
        'h' => 3_600e3,
        'd' => 86_400e3,
        _ => return None,
    };
    let count: u32 = text[..text.len() - 1].parse().ok()?;
    Some(f64::from(count) * unit)
}

/// An execution as a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Phase, start and duration.
    pub run: Run,
    /// When it was accepted, in milliseconds since 1970.
    pub created: f64,
    /// The workflow's name.
    pub workflow: String,
    /// The workflow's version.
    pub version: String,
    /// The launch plan's or task's name.
    pub plan: String,
    /// How it was launched: `manual`, `schedule`, ...
    pub mode: &'static str,
    /// Who launched it.
    pub principal: String,
    /// `key=value`.
    pub labels: Vec<String>,
}

impl Row {
    /// The row of an execution.
    pub fn of(execution: &Execution) -> Self {
        let spec = execution.spec.clone().unwrap_or_default();
        let metadata = spec.metadata.unwrap_or_default();
        let closure = execution.closure.as_ref();
        let workflow = closure.and_then(|closure| closure.workflow_id.clone()).unwrap_or_default();
        let labels = spec.labels.unwrap_or_default().values;
        Self {
            name: execution.id.as_ref().map(|id| id.name.clone()).unwrap_or_default(),
            run: Run::of_execution(execution),
            created: closure.and_then(|closure| closure.created_at.as_ref()).map_or(0.0, time::millis),
            workflow: workflow.name,
            version: workflow.version,
            plan: spec.launch_plan.map(|plan| plan.name).unwrap_or_default(),
            mode: mode(metadata.mode),
            principal: metadata.principal,
            labels: labels.into_iter().map(|(key, value)| format!("{key}={value}")).collect(),
        }
    }
}

/// How an execution came about, in a word.
pub fn mode(number: i32) -> &'static str {
    use execution_metadata::ExecutionMode as Mode;
    match Mode::try_from(number) {
        Ok(Mode::Manual) => "manual",
        Ok(Mode::Scheduled) => "schedule",
        Ok(Mode::System) => "system",
        Ok(Mode::Relaunch) => "relaunch",
        Ok(Mode::ChildWorkflow) => "parent",
        Ok(Mode::Recovered) => "recovery",
        Ok(Mode::Trigger) => "trigger",
        Err(_) => "unknown",
    }
}

/// The rows so far, in the order of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The rows.
    pub rows: Vec<Arc<Row>>,
    /// Where the next page starts; empty when there is none.
    pub token: String,
    /// How many have begun since that belong somewhere in the list, and are not in it.
    pub unseen: usize,
    places: BTreeMap<String, usize>,
}

impl Listing {
    /// Adds a page. Rows that moved down a page meanwhile are not listed twice.
    pub fn extend(&mut self, rows: Vec<Row>, token: String) {
        for row in rows {
            if !self.places.contains_key(&row.name) {
                self.places.insert(row.name.clone(), self.rows.len());
                self.rows.push(Arc::new(row));
            }
        }
        self.token = token;
    }

    /// Takes changes: rows that are there change in place; new ones go to the top of a list whose newest is first, and are
    /// counted in any other.
    pub fn change(&mut self, changed: Vec<Row>, left: &[String], sort: Sort) {
        let mut fresh = Vec::new();
        for row in changed {
            match self.places.get(&row.name) {
                Some(at) => self.rows[*at] = Arc::new(row),
                None => fresh.push(row),
            }
        }
        let newest = self.rows.first().map_or(0.0, |row| row.created);
        let on_top = sort == Sort::default();
        fresh.retain(|row| {
            // What is older than the list's end will come with its page.
            let is_new = row.created >= newest;
            self.unseen += usize::from(!on_top && is_new);
            on_top && is_new
        });
        let is_moved = !fresh.is_empty() || left.iter().any(|name| self.places.contains_key(name));
        if is_moved {
            self.rows.retain(|row| !left.contains(&row.name));
            sorted::sort_by(&mut fresh, |a, b| b.created.total_cmp(&a.created));
            self.rows.splice(0..0, fresh.into_iter().map(Arc::new));
            self.places = sorted::map(self.rows.iter().enumerate().map(|(at, row)| (row.name.clone(), at)));
        }
    }

    /// A row by its name.
    pub fn row(&self, name: &str) -> Option<&Arc<Row>> {
        self.rows.get(*self.places.get(name)?)
    }

    /// The last `most` that have ended, oldest first: how it went lately.
    pub fn strip(&self, most: usize) -> Vec<(String, Phase, f64)> {
        let shown = self.rows.iter().take(most).rev();
        shown.map(|row| (row.name.clone(), row.run.phase, row.run.took.unwrap_or(0.0))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: usize) -> Row {
        Row { name: format!("e{n}"), created: 1000.0 - n as f64, ..Row::default() }
    }

    fn names(listing: &Listing) -> Vec<&str> {
        listing.rows.iter().map(|row| row.name.as_str()).collect()
    }

    #[test]
    fn a_view_survives_the_address() {
        let mut views = vec![View::default()];
        for filter in Filter::ALL {
            for by in SortKey::ALL {
                views.push(View {
                    filter,
                    search: "user:ada label:team=a+b&c etl".into(),
                    since: "24h".into(),
                    sort: Sort { by, is_ascending: true },
                    archived: true,
                    columns: vec!["workflow", "labels"],
                });
            }
        }
        for view in views {
            assert_eq!(View::of(&Query::parse(&view.query().to_string())), view);
        }
        assert_eq!(View::default().query().to_string(), "");
        assert_eq!(View::of(&Query::parse("show=nonsense&sort=x&since=soon")), View::default());
    }

    #[test]
    fn a_view_becomes_a_filter() {
        let view = View {
            filter: Filter::Failed,
            search: "etl user:ada".into(),
            since: "15m".into(),
            ..View::default()
        };
        let filters = view.filters(1_800_000.0).expect("clear");
        assert_eq!(
            filters,
            "eq(phase,FAILED)+contains(name,etl)+contains(user,ada)+gte(created_at,1970-01-01T00:15:00Z)"
        );
        let request = view.request(&Place::new("p", "d"), &filters, "t".into());
        assert_eq!((request.limit, request.token.as_str(), request.filters), (PAGE, "t", filters));
    }

    #[test]
    fn a_row_that_moved_down_a_page_is_listed_once() {
        let mut listing = Listing::default();
        listing.extend((0..3).map(row).collect(), "3".into());
        listing.extend((2..5).map(row).collect(), String::new());
        assert_eq!(names(&listing), ["e0", "e1", "e2", "e3", "e4"]);
    }

    #[test]
    fn a_change_stays_in_its_place_and_news_come_on_top() {
        let mut listing = Listing::default();
        listing.extend((1..4).map(row).collect(), String::new());
        let run = Run { phase: Phase::Failed, ..Run::default() };
        listing.change(vec![Row { run, ..row(2) }, row(0), row(9)], &["e3".into()], Sort::default());
        assert_eq!(names(&listing), ["e0", "e1", "e2"]);
        assert_eq!(listing.row("e2").map(|row| row.run.phase), Some(Phase::Failed));
    }

    #[test]
    fn news_are_counted_where_they_have_no_place_yet() {
        let mut listing = Listing::default();
        listing.extend((1..4).map(row).collect(), String::new());
        listing.change(vec![row(0)], &[], Sort { by: SortKey::Name, is_ascending: true });
        assert_eq!((names(&listing), listing.unseen), (vec!["e1", "e2", "e3"], 1));
    }

    #[test]
    fn a_heading_pressed_twice_turns_the_order() {
        let down = Sort::default().pressed(SortKey::Name);
        assert_eq!((down.is_ascending, down.pressed(SortKey::Name).is_ascending), (false, true));
    }
}
