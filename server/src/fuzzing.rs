//! The parts that read what strangers write, for the fuzzer: each as a function of text, without a
//! database or a connection. Nothing else calls this.

use aileron_idl::admin::{Sort, sort};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use prost_reflect::DynamicMessage;
use tonic::Status;

use crate::api::rest;
use crate::scheduler::Schedule;
use crate::store::executions;
use crate::store::filter::{Filter, FilterError};
use crate::store::page::Page;
use crate::store::sql::Query;

/// The SQL of executions that pass a filter.
///
/// # Errors
/// When the text is no filter.
pub fn filter(text: &str) -> Result<String, FilterError> {
    let filter = Filter::parse(&executions::TABLE, text)?;
    let mut query = Query::new("");
    filter.push_joins(&mut query);
    filter.push_predicates(&mut query);
    Ok(query.text().to_owned())
}

/// The SQL of the page of executions behind a token, in an order: a column, with `-` before it descending.
///
/// # Errors
/// When the token is not of this list in this order, or there is no such column.
pub fn page(token: &str, order: &str) -> Result<String, FilterError> {
    let (key, direction) = match order.strip_prefix('-') {
        Some(key) => (key, sort::Direction::Descending),
        None => (order, sort::Direction::Ascending),
    };
    let sort = Sort { key: key.to_owned(), direction: direction.into() };
    let mut query = Query::new("");
    Page::parse(&executions::TABLE, 1, token, Some(&sort))?.push(&mut query);
    Ok(query.text().to_owned())
}

/// A text encoded as tokens are.
#[must_use]
pub fn token(inside: &str) -> String {
    URL_SAFE_NO_PAD.encode(inside)
}

/// The ticks of a schedule that became active at `anchor`, as a function from a second to the first tick
/// after it. An offset is an ISO 8601 duration.
///
/// # Errors
/// The message that refuses the expression or the offset.
pub fn schedule(text: &str, offset: &str, anchor: i64) -> Result<impl Fn(i64) -> Option<i64>, String> {
    let anchor = Timestamp::from_second(anchor).map_err(|error| error.to_string())?;
    let schedule = Schedule::cron(text, anchor).and_then(|schedule| schedule.with_offset(offset));
    let schedule = schedule.map_err(|error| error.to_string())?;
    Ok(move |after| Some(schedule.next_after(Timestamp::from_second(after).ok()?)?.as_second()))
}

/// The message of a REST request; nothing where no RPC has the address.
pub fn request(verb: &str, address: &str, body: &[u8]) -> Option<Result<DynamicMessage, Status>> {
    let request = Request::builder().method(verb).uri(address).body(()).ok()?;
    rest::message(&request.into_parts().0, &Bytes::copy_from_slice(body))
}
