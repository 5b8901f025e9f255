//! Pages of executions that are read phase by phase.
//!
//! The indexes that end in a phase and a time lead to the newest executions of one phase. A list of several phases, or
//! of one workflow's executions in whatever phase, is the newest of each phase put together: however many executions
//! there are and however few of them match, no phase is read further than the page is long.

use aileron_idl::core::workflow_execution::Phase;

use super::executions::{NAMES, Selection, TABLE};
use super::filter::{Filter, Value};
use super::page::Page;
use super::sql::Query;

/// Most values that are bound for all phases together; a filter with more of them is long in itself.
const MOST_VALUES: usize = 1000;

/// The phases that a list is read by, where that is better than going through all executions by time.
pub(super) fn phases(filter: &Filter, page: &Page) -> Option<Vec<String>> {
    if !page.is_part_by(TABLE.order) || filter.equals(&TABLE, "phase").is_some() {
        return None;
    }
    let mut phases = match filter.one_of(&TABLE, "phase") {
        Some(values) => values.iter().filter_map(text).collect(),
        None if NAMES.iter().any(|name| filter.equals(&TABLE, name.name).is_some()) => all(),
        None => return None,
    };
    phases.sort();
    phases.dedup();
    let is_short = !phases.is_empty() && phases.len() * filter.values() <= MOST_VALUES;
    is_short.then_some(phases)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(_) => None,
    }
}

fn all() -> Vec<String> {
    let known = (0..).map_while(|number| Phase::try_from(number).ok());
    known.map(|phase| phase.as_str_name().to_owned()).collect()
}

/// Appends the condition that an execution is one of the first of its phase; comes right after FROM.
pub(super) fn push(selection: &Selection<'_>, phases: &[String], page: &Page, query: &mut Query) {
    let first = page.with_what_it_skips();
    query.push(" WHERE executions.id IN (");
    for (at, phase) in phases.iter().enumerate() {
        query.push(if at > 0 { " UNION ALL " } else { "" });
        query.push("SELECT id FROM (SELECT executions.id FROM executions");
        selection.push(query);
        query.push(" AND executions.phase = ").push_bind(phase.clone());
        first.push(query);
        query.push(") AS first_of_phase");
    }
    query.push(")");
}
