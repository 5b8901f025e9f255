//! Table `audit_records`: who did what to which entity, from where, with what outcome. Rows are added and never
//! changed; nothing of what was sent is in them but names.

use serde_json::json;

use super::sql::Query;
use super::{Connection, Pool, StoreError};
use crate::access::Caller;
use crate::clock;
use crate::error::ServiceError;

/// Longest text of a column, in bytes: names have at most 255, and three may be one.
const LONGEST: usize = 1024;
/// The outcome of what went well.
const DONE: &str = "ok";

/// One thing that was done, or was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Record {
    /// Its place in the order; 0 before it is kept.
    pub(crate) id: i64,
    pub(crate) at: String,
    pub(crate) caller: String,
    pub(crate) via: String,
    pub(crate) address: String,
    pub(crate) action: String,
    pub(crate) project: String,
    pub(crate) domain: String,
    pub(crate) entity: String,
    /// `ok`, or the code of the error.
    pub(crate) outcome: String,
    pub(crate) request_id: String,
}

impl Record {
    /// Something that a caller does now.
    pub(crate) fn new(caller: &Caller, action: &str) -> Record {
        Record {
            at: clock::text(&clock::now()),
            caller: shortened(&caller.who.to_string()),
            via: caller.via.name().to_owned(),
            address: caller.address.map(|address| address.to_string()).unwrap_or_default(),
            action: action.to_owned(),
            outcome: DONE.to_owned(),
            ..Record::default()
        }
    }

    pub(crate) fn at(self, project: &str, domain: &str) -> Record {
        Record { project: shortened(project), domain: shortened(domain), ..self }
    }

    pub(crate) fn about(self, entity: &str) -> Record {
        Record { entity: shortened(entity), ..self }
    }

    pub(crate) fn in_request(self, request_id: &str) -> Record {
        Record { request_id: request_id.to_owned(), ..self }
    }

    /// The same with how it ended.
    pub(crate) fn of<A>(self, done: &Result<A, ServiceError>) -> Record {
        match done {
            Ok(_) => self,
            Err(error) => self.with(error),
        }
    }

    /// The same as a failure.
    pub(crate) fn with(self, error: &ServiceError) -> Record {
        Record { outcome: crate::front::code_name(crate::api::error::code(error)).to_owned(), ..self }
    }

    /// One line of the export.
    pub(crate) fn json(&self) -> serde_json::Value {
        let Record { id, at, caller, via, address, action, project, domain, entity, outcome, request_id } =
            self;
        json!({
            "id": id, "at": at, "caller": caller, "via": via, "address": address, "action": action,
            "project": project, "domain": domain, "entity": entity, "outcome": outcome, "request_id": request_id,
        })
    }
}

/// A text without what would be taken for something else, and not longer than a column takes.
fn shortened(text: &str) -> String {
    let clean = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter });
    let mut bytes = 0;
    let fits = |letter: &char| {
        bytes += letter.len_utf8();
        bytes <= LONGEST
    };
    clean.take_while(fits).collect()
}

/// What records are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Empty for all.
    pub(crate) project: String,
    /// Empty for all.
    pub(crate) domain: String,
    /// Empty for all.
    pub(crate) caller: String,
    /// The earliest instant; empty for the first.
    pub(crate) since: String,
    /// The record after which to begin; 0 for the first.
    pub(crate) after: i64,
    pub(crate) limit: i64,
}

/// Adds a record.
pub(crate) async fn insert(connection: &mut Connection, record: &Record) -> Result<(), StoreError> {
    let query = Query::new(
        "INSERT INTO audit_records (at, caller, via, address, action, project, domain, entity, outcome, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    );
    let query = query.bind(&record.at).bind(&record.caller).bind(&record.via).bind(&record.address);
    let query = query.bind(&record.action).bind(&record.project).bind(&record.domain).bind(&record.entity);
    query.bind(&record.outcome).bind(&record.request_id).execute(connection).await?;
    Ok(())
}

/// Records in the order in which they were kept.
pub(crate) async fn list(pool: &Pool, wanted: &Wanted) -> Result<Vec<Record>, StoreError> {
    let mut query = Query::new(
        "SELECT id, at, caller, via, address, action, project, domain, entity, outcome, request_id \
         FROM audit_records WHERE id > ",
    );
    query.push_bind(wanted.after);
    let filters = [("project", &wanted.project), ("domain", &wanted.domain), ("caller", &wanted.caller)];
    for (column, value) in filters.into_iter().filter(|(_, value)| !value.is_empty()) {
        query.push(format_args!(" AND {column} = ")).push_bind(value);
    }
    if !wanted.since.is_empty() {
        query.push(" AND at >= ").push_bind(&wanted.since);
    }
    query.push(" ORDER BY id LIMIT ").push_bind(wanted.limit);
    query.fetch_all(pool).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_write_is_held_to_one_line_of_some_length() {
        let record = Record::new(&Caller::nobody(), "a").about(&format!("x\n\0{}", "ü".repeat(LONGEST)));
        assert!(record.entity.starts_with("x\u{fffd}\u{fffd}ü") && record.entity.len() <= LONGEST);
        assert_eq!(record.json().to_string().lines().count(), 1);
    }
}
