//! Which RPC a verb and a path mean: read from the `google.api.http` options of the proto files.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, ReflectMessage, ServiceDescriptor};

/// The option that maps an RPC to a path.
const HTTP_OPTION: &str = "google.api.http";

/// All routes.
#[derive(Debug)]
pub(super) struct Table {
    routes: Vec<Route>,
}

/// One verb and path of an RPC.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) verb: Method,
    template: Vec<Segment>,
    /// Whether the body is the request.
    pub(super) has_body: bool,
    pub(super) method: MethodDescriptor,
}

#[derive(Debug, PartialEq)]
enum Segment {
    Literal(String),
    /// Path of the request's field that the segment fills.
    Field(String),
}

/// A route and what its path says.
#[derive(Debug)]
pub(super) struct Found<'t> {
    pub(super) method: &'t MethodDescriptor,
    pub(super) has_body: bool,
    /// Field paths and their values, unescaped.
    pub(super) fields: Vec<(&'t str, String)>,
}

impl Table {
    /// Reads the routes of every service.
    pub(super) fn of(pool: &DescriptorPool) -> Table {
        let mut routes = Vec::new();
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            if let Some(rule) = http_rule(pool, &method) {
                routes.extend(routes_of(&rule, &method));
            }
        }
        // A literal goes before a field: `/executions/relaunch` is not an execution.
        routes.sort_by_key(|route| {
            route.template.iter().map(|part| matches!(part, Segment::Field(_))).collect::<Vec<_>>()
        });
        Table { routes }
    }

    pub(super) fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The RPC of a request.
    pub(super) fn find(&self, verb: &Method, path: &str) -> Result<Found<'_>, Missing> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let mut others = Vec::new();
        for matching in [Route::match_path, Route::match_version] {
            for route in &self.routes {
                let Some(fields) = matching(route, &segments) else { continue };
                if route.verb == *verb {
                    return Ok(Found { method: &route.method, has_body: route.has_body, fields });
                }
                others.push(route.verb.clone());
            }
        }
        Err(if others.is_empty() { Missing::Path } else { Missing::Verb(others) })
    }
}

/// Why no RPC was found.
#[derive(Debug, PartialEq)]
pub(super) enum Missing {
    /// No route has the path.
    Path,
    /// Routes have the path with these verbs.
    Verb(Vec<Method>),
}

impl Route {
    /// The path with labels, such as `/api/v1/tasks/{id_project}/{id_domain}`.
    pub(super) fn path(&self) -> String {
        let segments = self.template.iter().map(|segment| match segment {
            Segment::Literal(literal) => format!("/{literal}"),
            Segment::Field(field) => format!("/{{{}}}", label(field)),
        });
        segments.collect()
    }

    /// The fields that the path fills.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.template.iter().filter_map(|segment| match segment {
            Segment::Field(field) => Some(field.as_str()),
            Segment::Literal(_) => None,
        })
    }

    pub(super) fn service(&self) -> &ServiceDescriptor {
        self.method.parent_service()
    }

    /// A version at the end of a path may have slashes of its own, as names of branches do: clients, and proxies
    /// between, do not always escape them.
    fn match_version(&self, segments: &[&str]) -> Option<Vec<(&str, String)>> {
        let Some(Segment::Field(field)) = self.template.last() else { return None };
        let last = self.template.len() - 1;
        if !field.ends_with(".version") || segments.len() <= last + 1 {
            return None;
        }
        let version = segments[last..].join("/");
        let joined: Vec<&str> = segments[..last].iter().copied().chain([version.as_str()]).collect();
        self.match_path(&joined)
    }

    fn match_path(&self, segments: &[&str]) -> Option<Vec<(&str, String)>> {
        if self.template.len() != segments.len() {
            return None;
        }
        let mut fields = Vec::new();
        for (part, segment) in self.template.iter().zip(segments) {
            match part {
                Segment::Literal(literal) if literal == segment => {}
                Segment::Field(field) if !segment.is_empty() => {
                    fields.push((field.as_str(), unescaped(segment)?));
                }
                _ => return None,
            }
        }
        Some(fields)
    }
}

/// What a field of a path is called where its dots would be taken for something else.
pub(super) fn label(field: &str) -> String {
    field.replace('.', "_")
}

fn http_rule(pool: &DescriptorPool, method: &MethodDescriptor) -> Option<DynamicMessage> {
    let extension = pool.get_extension_by_name(HTTP_OPTION)?;
    let options = method.options();
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

/// The rule's own route and those of its additional bindings, which have none in turn.
fn routes_of(rule: &DynamicMessage, method: &MethodDescriptor) -> Vec<Route> {
    let mut routes: Vec<Route> = route_of(rule, method).into_iter().collect();
    if let Some(others) = rule.get_field_by_name("additional_bindings") {
        let others = others.as_list().unwrap_or_default().iter().filter_map(|other| other.as_message());
        routes.extend(others.filter_map(|other| route_of(other, method)));
    }
    routes
}

fn route_of(rule: &DynamicMessage, method: &MethodDescriptor) -> Option<Route> {
    let text = |name: &str| {
        let field = rule.descriptor().get_field_by_name(name)?;
        rule.has_field(&field).then(|| rule.get_field(&field).as_str().map(str::to_owned))?
    };
    let verbs = [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH];
    let (verb, path) =
        verbs.into_iter().find_map(|verb| Some((verb.clone(), text(&verb.as_str().to_lowercase())?)))?;
    let template = path.trim_matches('/').split('/').map(segment).collect();
    Some(Route { verb, template, has_body: text("body").is_some(), method: method.clone() })
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        // `{field=*}` is `{field}`.
        Some(field) => Segment::Field(field.split('=').next().unwrap_or(field).to_owned()),
        None => Segment::Literal(text.to_owned()),
    }
}

/// Undoes percent-escapes; `None` when that is no UTF-8.
fn unescaped(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verb: &Method, path: &str, expected: &str) {
        let table = Table::of(aileron_idl::reflect::pool());
        let shown = match table.find(verb, path) {
            Ok(found) => format!("{} {:?}", found.method.name(), found.fields),
            Err(missing) => format!("{missing:?}"),
        };
        assert_eq!(shown, expected, "{verb} {path}");
    }

    #[test]
    fn paths_mean_rpcs() {
        check(&Method::GET, "/api/v1/projects", "ListProjects []");
        check(&Method::POST, "/api/v1/executions/relaunch", "RelaunchExecution []");
        check(
            &Method::GET,
            "/api/v1/tasks/p/d/a%2Fb/-v_1",
            r#"GetTask [("id.project", "p"), ("id.domain", "d"), ("id.name", "a/b"), ("id.version", "-v_1")]"#,
        );
        check(
            &Method::GET,
            "/api/v1/tasks/p/d/a%2Fb/feature%2Fx%2B",
            r#"GetTask [("id.project", "p"), ("id.domain", "d"), ("id.name", "a/b"), ("id.version", "feature/x+")]"#,
        );
        check(
            &Method::PUT,
            "/api/v1/launch_plans/p/d/a/feature/x/y%25",
            r#"UpdateLaunchPlan [("id.project", "p"), ("id.domain", "d"), ("id.name", "a"), ("id.version", "feature/x/y%")]"#,
        );
        // What is no escape stays.
        check(
            &Method::GET,
            "/api/v1/tasks/p/d/a%+f/%zz%",
            r#"GetTask [("id.project", "p"), ("id.domain", "d"), ("id.name", "a%+f"), ("id.version", "%zz%")]"#,
        );
        check(&Method::GET, "/api/v1/tasks/p/d/a/%ff", "Path");
        check(
            &Method::GET,
            "/api/v1/tasks/p/d/a/feature/",
            r#"GetTask [("id.project", "p"), ("id.domain", "d"), ("id.name", "a"), ("id.version", "feature")]"#,
        );
        check(&Method::GET, "/api/v1/executions/p/d/a/b", "Path");
        check(&Method::GET, "/api/v1/tasks/p/d", r#"ListTasks [("id.project", "p"), ("id.domain", "d")]"#);
        check(&Method::PATCH, "/api/v1/projects", "Verb([POST, GET])");
        check(&Method::GET, "/api/v1/nothing", "Path");
        check(&Method::GET, "/api/v1/tasks//d", "Path");
        check(&Method::GET, "/me", "UserInfo []");
    }
}
