//! What an answer of the API server to a creation means.
//!
//! Whatever passes is waited for, and costs no try; what never will is a failure that says why.

use std::time::Duration;

use aileron_engine::{ErrorKind, Failure};
use kube::Error;
use kube::api::ApiResource;
use kube::core::Status;

/// First and longest pause before something is asked of the API server again.
pub(super) const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(20));
/// The pause after a quota was exceeded begins here: others have to end first.
const QUOTA_PAUSE: Duration = Duration::from_secs(1);

/// What to do after a creation that was not one.
#[derive(Debug)]
pub(super) enum Meaning {
    /// An object of this name is there.
    Exists,
    /// Ask again later: not before this pause, and longer each time.
    Later {
        /// The first pause.
        pause: Duration,
        /// Why, for whoever waits.
        reason: String,
    },
    /// It never will be created.
    Never(Failure),
}

/// What an error says of a creation of such an object.
pub(super) fn of_creation(error: &Error, resource: &ApiResource) -> Meaning {
    let Error::Api(status) = error else {
        return Meaning::Later { pause: PAUSE.0, reason: format!("the API server does not answer: {error}") };
    };
    let later = |pause| Meaning::Later { pause, reason: status.message.clone() };
    match status.code {
        409 if status.reason == "AlreadyExists" => Meaning::Exists,
        403 if is_quota(status) => match exceeds_for_ever(&status.message) {
            true => Meaning::Never(user_permanent("ResourceRequestsExceedLimits", status)),
            false => later(QUOTA_PAUSE),
        },
        403 if passes(status) => later(PAUSE.0),
        403 => Meaning::Never(Failure {
            kind: ErrorKind::User,
            ..Failure::system("RuntimeFailure", told(status))
        }),
        400 | 422 => Meaning::Never(user_permanent("BadTaskFormat", status)),
        413 => Meaning::Never(user_permanent("EntityTooLarge", status)),
        // What the API server takes may still be more than its database does.
        500 if is_too_large(&status.message) => Meaning::Never(user_permanent("EntityTooLarge", status)),
        404 if status.message.contains("namespaces") => {
            Meaning::Never(Failure::system("NamespaceNotFound", told(status)))
        }
        404 => Meaning::Never(unknown_kind(resource)),
        _ => later(PAUSE.0),
    }
}

/// Whether the cluster's database takes less, or the API server does not even try.
fn is_too_large(message: &str) -> bool {
    ["request is too large", "message larger than max"].iter().any(|words| message.contains(words))
}

/// Whether an object is not there.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Api(status) if matches!(status.code, 404 | 410))
}

fn user_permanent(code: &str, status: &Status) -> Failure {
    Failure { kind: ErrorKind::User, ..Failure::permanent(code, told(status)) }
}

fn unknown_kind(resource: &ApiResource) -> Failure {
    let ApiResource { kind, api_version, plural, group, .. } = resource;
    let message = format!(
        "the cluster knows no {kind} ({api_version}); install the operator that runs them, with its definition \
         `{plural}.{group}`, and launch the execution again"
    );
    Failure::permanent("OperatorNotInstalled", message)
}

fn told(status: &Status) -> String {
    format!("Kubernetes refused the task's object: {}", status.message)
}

/// What is forbidden only as long as a namespace is being made or removed. Its account comes a moment after it; a quota
/// says nothing until it was counted; and what is removed takes its workflows along.
fn passes(status: &Status) -> bool {
    const PASSING: [&str; 3] = [
        "serviceaccount \"default\" not found",
        "status unknown for quota",
        "because it is being terminated",
    ];
    PASSING.iter().any(|words| status.message.contains(words))
}

fn is_quota(status: &Status) -> bool {
    status.message.contains("exceeded quota") || status.message.contains("is forbidden: failed quota")
}

/// Whether what is asked for alone is more than the quota has in all. The text has lists as in
/// `requested: limits.cpu=7, used: limits.cpu=1, limited: limits.cpu=5`.
fn exceeds_for_ever(message: &str) -> bool {
    let (requested, limited) = (amounts(message, "requested: "), amounts(message, "limited: "));
    requested.iter().any(|(name, asked)| {
        let most = limited.iter().find(|(limited, _)| limited == name);
        most.is_some_and(|(_, most)| asked > most)
    })
}

fn amounts<'a>(message: &'a str, title: &str) -> Vec<(&'a str, f64)> {
    let Some((_, rest)) = message.split_once(title) else { return Vec::new() };
    let list = rest.split(", ").map_while(|entry| entry.split_once('='));
    let amount = |(name, text): (&'a str, &str)| {
        // Entries of one list are separated as its title is from the next one's.
        let text = text.split([' ', ',']).next().unwrap_or_default();
        crate::plugins::pod::resources::amount(name, text).ok().map(|amount| (name, amount))
    };
    list.filter(|(name, _)| !name.contains(": ")).filter_map(amount).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_ACCOUNT: &str = "pods \"p\" is forbidden: error looking up service account x/default: serviceaccount \
        \"default\" not found";
    const NAMED_ACCOUNT: &str = "pods \"p\" is forbidden: error looking up service account x/mine: serviceaccount \
        \"mine\" not found";
    const UNCOUNTED: &str = "pods \"p\" is forbidden: status unknown for quota: q, resources: pods";
    const REMOVED: &str = "pods \"p\" is forbidden: unable to create new content in namespace x because it is being \
        terminated";
    const TOO_LARGE: &str = "etcdserver: request is too large";
    const NOT_SENT: &str =
        "rpc error: code = ResourceExhausted desc = trying to send message larger than max";

    fn meaning(code: u16, reason: &str, message: &str) -> String {
        let status =
            Status { code, reason: reason.to_owned(), message: message.to_owned(), ..Default::default() };
        let kind = ApiResource::erase::<k8s_openapi::api::core::v1::Pod>(&());
        match of_creation(&Error::Api(Box::new(status)), &kind) {
            Meaning::Exists => "exists".to_owned(),
            Meaning::Later { reason, .. } => format!("later: {reason}"),
            Meaning::Never(Failure { kind, code, recoverable, .. }) => {
                format!("never: {} {code}, again: {recoverable}", kind.text())
            }
        }
    }

    #[test]
    fn every_answer_has_its_meaning() {
        let quota = |asked, used| {
            format!(
                "pods \"p\" is forbidden: exceeded quota: q, requested: limits.cpu={asked},pods=1, \
                 used: limits.cpu={used},pods=3, limited: limits.cpu=5,pods=9"
            )
        };
        for (code, reason, message, expected) in [
            (409, "AlreadyExists", "pods \"p\" already exists", "exists"),
            (403, "Forbidden", &quota("4", "3"), &format!("later: {}", quota("4", "3"))),
            (403, "Forbidden", &quota("7", "0"), "never: USER ResourceRequestsExceedLimits, again: false"),
            (403, "Forbidden", "pods is forbidden: User", "never: USER RuntimeFailure, again: true"),
            (403, "Forbidden", NO_ACCOUNT, &format!("later: {NO_ACCOUNT}")),
            (403, "Forbidden", UNCOUNTED, &format!("later: {UNCOUNTED}")),
            (403, "Forbidden", REMOVED, &format!("later: {REMOVED}")),
            (403, "Forbidden", NAMED_ACCOUNT, "never: USER RuntimeFailure, again: true"),
            (400, "BadRequest", "no", "never: USER BadTaskFormat, again: false"),
            (422, "Invalid", "no", "never: USER BadTaskFormat, again: false"),
            (413, "RequestEntityTooLarge", "no", "never: USER EntityTooLarge, again: false"),
            (500, "InternalError", TOO_LARGE, "never: USER EntityTooLarge, again: false"),
            (500, "InternalError", NOT_SENT, "never: USER EntityTooLarge, again: false"),
            (404, "NotFound", "namespaces \"x\" not found", "never: SYSTEM NamespaceNotFound, again: true"),
            (404, "NotFound", "404 page not found", "never: SYSTEM OperatorNotInstalled, again: false"),
            (429, "TooManyRequests", "slow", "later: slow"),
            (500, "InternalError", "etcdserver: request timed out", "later: etcdserver: request timed out"),
            (503, "ServiceUnavailable", "away", "later: away"),
            (409, "Conflict", "object is being changed", "later: object is being changed"),
        ] {
            assert_eq!(meaning(code, reason, message), expected, "{code} {message}");
        }
    }
}
