//! Which project and domain an object belongs to, by its key: who may read there may have it.

use crate::access::caller;
use crate::access::policy::Place;
use crate::access::role::Right;
use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Refuses whoever the use-case runs for, when they may not read where an object belongs to. What belongs to no
    /// project for certain is for those who may read everywhere.
    pub(super) async fn require_object(&self, uri: &str) -> Result<(), ServiceError> {
        let Some(caller) = caller::current() else { return Ok(()) };
        let key = self.settings.storage.key(uri)?;
        self.require(&caller, Right::Read, place(key, &self.settings.domains)).await
    }
}

/// The place of a key: of an upload, of a launch's inputs, of a workflow's closure, or of what a run or its tasks have
/// written.
pub(super) fn place<'k>(key: &'k str, domains: &[String]) -> Place<'k> {
    let is_domain = |name: &str| domains.iter().any(|known| known == name);
    let parts: Vec<&str> = key.split('/').collect();
    match parts.as_slice() {
        // Not to be taken for the inputs of a project of such a name.
        ["metadata", "admin" | "propeller", second, ..] if is_domain(second) => Place::Server,
        ["metadata", "propeller", run, _, ..] => of_run(run, domains),
        ["metadata", "admin", project, domain, _, ..] if is_domain(domain) => Place::Domain(project, domain),
        ["metadata", project, domain, _, ..] if is_domain(domain) => Place::Domain(project, domain),
        ["metadata", ..] => Place::Server,
        // Not to be taken for an upload to a project of that name.
        ["data", project, domain, ..] if is_domain(project) && is_domain(domain) => Place::Server,
        ["data", project, domain, _, ..] if is_domain(domain) => Place::Domain(project, domain),
        [project, domain, _, ..] if is_domain(domain) => Place::Domain(project, domain),
        _ => Place::Server,
    }
}

/// The place of `PROJECT-DOMAIN-NAME`, when it can be read in one way.
fn of_run<'k>(run: &'k str, domains: &[String]) -> Place<'k> {
    match readings(run, domains).as_slice() {
        [(project, domain)] if !project.is_empty() => Place::Domain(project, domain),
        _ => Place::Server,
    }
}

/// The projects and domains of which `PROJECT-DOMAIN-NAME` may be a run.
pub(super) fn readings<'k>(run: &'k str, domains: &[String]) -> Vec<(&'k str, &'k str)> {
    let of_domain = |domain: &String| {
        let found = run.match_indices(&format!("-{domain}-")).map(|(at, _)| at).collect::<Vec<_>>();
        let length = domain.len();
        found.into_iter().map(move |at| (&run[..at], &run[at + 1..=at + length]))
    };
    domains.iter().flat_map(of_domain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_a_project_or_to_the_server() {
        let domains = ["development", "production"].map(str::to_owned);
        let here = Place::Domain("p-q", "development");
        for key in [
            "p-q/development/ABC=/script.tar.gz",
            "metadata/p-q/development/x/inputs",
            "metadata/admin/p-q/development/wf/v1",
            "metadata/propeller/p-q-development-x/n0/data/0/outputs.pb",
            "data/p-q/development/x/co/x-n0-0/file",
        ] {
            assert_eq!(place(key, &domains), here, "{key}");
        }
        for key in [
            "",
            "p",
            "p/development",
            "p/elsewhere/x",
            "p/../development/x",
            "metadata/p/elsewhere/x",
            "metadata/admin/development/production/inputs",
            "metadata/propeller/development/production/inputs",
            "metadata/propeller/p-development-q-development-x/n0",
            "metadata/propeller/p-development-q-production-x/n0",
            "metadata/propeller/-development-x/n0",
            "metadata/propeller/px/n0",
            "metadata/development/x",
            "data/co/x-n0-0/file",
            "data/development/production/x",
            "data/p/development",
        ] {
            assert_eq!(place(key, &domains), Place::Server, "{key}");
        }
    }
}
