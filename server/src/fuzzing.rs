//! The parts that read what strangers write, for the fuzzer: each as a function of text, without a
//! database or a connection. Nothing else calls this.

use aileron_idl::admin::{Sort, sort};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use jiff::Timestamp;
use prost_reflect::DynamicMessage;
use tonic::Status;

use crate::api::rest;
use crate::identity::{session, verifier};
use crate::oauth::redirect;
use crate::scheduler::Schedule;
use crate::service::admit_run::RunKey;
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

/// The page of ours that a browser is led to, if a text names one.
pub fn led_to(text: &str) -> Option<String> {
    redirect::own(text, "https://own.test:8443")
}

/// Whether codes are sent to an address.
pub fn takes_code(text: &str) -> bool {
    redirect::is_of_command_line(text)
}

/// The name of the key of a token whose head is right.
///
/// # Errors
/// What its sender is told.
pub fn token_head(text: &str) -> Result<String, String> {
    verifier::head(text).map(|head| head.key).map_err(|error| error.to_string())
}

/// The value of a cookie of a request with this header.
pub fn cookie(text: &str, name: &str) -> Option<String> {
    let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(text).ok()?)]);
    session::cookie(&headers, name).map(str::to_owned)
}

/// Whether the key of the run `p/development/x` reads an object, and whether it writes it.
pub fn run_may(key: &str) -> [bool; 2] {
    let run = RunKey { project: "p".to_owned(), domain: "development".to_owned(), name: "x".to_owned() };
    let domains = ["development", "production"].map(str::to_owned);
    [run.reads(key, &domains), run.owns(key, &domains)]
}
