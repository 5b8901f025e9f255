//! How long a request may take until the head of its answer: as long as its caller waits, and no longer
//! than the server allows.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, header};
use tonic::Status;

use super::{Front, refusal};

/// Files take as long as they take.
const TRANSFERS: [&str; 2] = ["/upload/", "/download/"];
/// By which headers a refusal is put into the form that its reader reads.
const OF_FORM: [HeaderName; 2] = [header::CONTENT_TYPE, header::ACCEPT];

/// Ends a request that takes too long. What it has begun to write is written or not, as if the
/// connection had been lost.
pub(super) async fn hold(front: &Front, request: Request, next: Next) -> Response {
    if TRANSFERS.iter().any(|prefix| request.uri().path().starts_with(prefix)) {
        return next.run(request).await;
    }
    let most = front.limits.request_timeout;
    let limit = asked_for(request.headers()).map_or(most, |asked| asked.min(most));
    let form = OF_FORM.map(|name| request.headers().get(name).cloned());
    if let Ok(response) = tokio::time::timeout(limit, next.run(request)).await {
        return response;
    }
    front.metrics.refused("deadline");
    let message = format!("the request took longer than the {limit:?} that it may");
    let form = OF_FORM.into_iter().zip(form).filter_map(|(name, value)| Some((name, value?)));
    refusal::answer(&form.collect(), &Status::deadline_exceeded(message))
}

/// How long the caller waits: `grpc-timeout`, a number of at most eight digits and a unit.
fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grpcs_units_are_read() {
        let asked = |text: &'static str| {
            asked_for(&HeaderMap::from_iter([("grpc-timeout".parse().unwrap(), text.parse().unwrap())]))
        };
        assert_eq!(asked("2S"), Some(Duration::from_secs(2)));
        assert_eq!(asked("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(asked("15m"), Some(Duration::from_millis(15)));
        for odd in ["", "S", "1", "123456789S", "-1S", "1x"] {
            assert_eq!(asked(odd), None, "{odd}");
        }
    }
}
