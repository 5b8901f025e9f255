//! Routes that are no RPCs, behind the same policy: logs are read in a project's domain, metrics are of the server.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::request::Parts;
use tonic::Status;

use super::caller::Caller;
use super::policy::Place;
use super::role::Right;
use crate::error::ServiceError;
use crate::front::refuse;
use crate::server::{App, Server};
use crate::store::audit::Record;

/// Where logs lie: project and domain follow.
const LOGS: &str = "/api/v1/logs/";

impl Server {
    /// Routes that only those may ask who may read where their path says, or see the whole server where it says nothing.
    pub fn guarded(&self, routes: Router) -> Router {
        routes.route_layer(from_fn_with_state(self.app.clone(), hold))
    }
}

async fn hold(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match app.admit(&parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => refuse(&parts.headers, &Status::from(error)),
    }
}

impl App {
    async fn admit(&self, parts: &Parts) -> Result<(), ServiceError> {
        if !self.access.is_on() {
            return Ok(());
        }
        let nobody = || Arc::new(Caller::nobody());
        let caller = parts.extensions.get::<Arc<Caller>>().cloned().unwrap_or_else(nobody);
        let path = parts.uri.path();
        let names = names(path);
        let (right, place) = match &names {
            Some((project, domain)) => (Right::Read, Place::Domain(project, domain)),
            None => (Right::View, Place::Server),
        };
        let judged = self.require(&caller, right, place).await;
        // Who follows a log asks for it again and again.
        let goes_on = parts.uri.query().is_some_and(|query| !query.contains("offset=0"));
        if right.is_noted() && !goes_on || judged.is_err() {
            let (project, domain) = place.names();
            let record = Record::new(&caller, "logs").at(project, domain).about(path);
            self.note(record.of(&judged)).await;
        }
        judged
    }
}

/// Project and domain of a path, as the route will read them.
fn names(path: &str) -> Option<(String, String)> {
    let mut parts = path.strip_prefix(LOGS)?.split('/');
    let mut next =
        || percent_encoding::percent_decode_str(parts.next()?).decode_utf8().ok().map(String::from);
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_the_route_reads_it() {
        let told = |path| names(path).map(|(project, domain)| format!("{project} {domain}"));
        assert_eq!(told("/api/v1/logs/p/d/x/n0/0").as_deref(), Some("p d"));
        assert_eq!(told("/api/v1/logs/%70/d%2Fe/x/n0/0").as_deref(), Some("p d/e"));
        assert_eq!(told("/metrics"), None);
    }
}
