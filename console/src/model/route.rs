//! Addresses of the pages. `pyflyte` prints the one of an execution, so they are frozen.
//!
//! A page is a value ([`Page`]); its address is written and read here and nowhere else. What a page shows beyond that is
//! in the address's query, see [`super::query`].

use super::query::{Query, decode, encode};

/// A project's domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The project's id.
    pub project: String,
    /// The domain's id.
    pub domain: String,
}

impl Place {
    /// A project's domain.
    pub fn new(project: &str, domain: &str) -> Self {
        Self { project: project.to_owned(), domain: domain.to_owned() }
    }
}

/// What is registered under names and versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// Workflows.
    Workflow,
    /// Tasks.
    Task,
    /// Launch plans.
    LaunchPlan,
}

impl Entity {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Workflow, Self::Task, Self::LaunchPlan];

    /// One of them, in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Task => "task",
            Self::LaunchPlan => "launch plan",
        }
    }

    /// Many of them, as a heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Workflow => "Workflows",
            Self::Task => "Tasks",
            Self::LaunchPlan => "Launch plans",
        }
    }

    /// In addresses.
    pub fn key(self) -> &'static str {
        match self {
            Self::Workflow => "workflows",
            Self::Task => "tasks",
            Self::LaunchPlan => "launchPlans",
        }
    }

    /// The wire's number of the kind, as in `Identifier.resource_type`.
    pub fn resource_type(self) -> i32 {
        use aileron_idl::core::ResourceType;
        match self {
            Self::Workflow => ResourceType::Workflow as i32,
            Self::Task => ResourceType::Task as i32,
            Self::LaunchPlan => ResourceType::LaunchPlan as i32,
        }
    }

    /// The kind of a wire's number.
    pub fn of_resource_type(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.resource_type() == number)
    }

    /// Also the singular, which flytekit prints.
    fn parse(text: &str) -> Option<Self> {
        match text {
            "workflows" | "workflow" => Some(Self::Workflow),
            "tasks" | "task" => Some(Self::Task),
            "launchPlans" | "launch_plan" | "launchPlan" => Some(Self::LaunchPlan),
            _ => None,
        }
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The place that was looked at last.
    Home,
    /// Every project.
    Projects,
    /// The executions of a place.
    Executions(Place),
    /// One execution.
    Execution(Place, String),
    /// The form that answers a signal of an execution.
    Signal(Place, String, String),
    /// What waits for people in a place.
    Gates(Place),
    /// The names of a kind in a place.
    Names(Place, Entity),
    /// The versions of a name.
    Versions(Place, Entity, String),
    /// One version.
    Version(Place, Entity, String, String),
    /// The form that launches.
    Launch(Place),
    /// The workbench, which is of no place.
    Workbench,
}

/// The programs that the pages are spread over, so that none carries the others' weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Lists, names and versions.
    Console,
    /// Pages with a graph of the server's.
    Run,
    /// Forms with the server's checks.
    Launch,
    /// Files that are dropped.
    Workbench,
}

impl Page {
    /// The page at a path; `None` when there is none.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            [] | ["console"] => Some(Self::Home),
            ["console", "workbench"] => Some(Self::Workbench),
            ["console", "projects"] | ["console", "select-project"] => Some(Self::Projects),
            ["console", "projects", project] => Some(Self::Executions(Place::new(project, "development"))),
            ["console", "projects", project, "domains", domain, rest @ ..] => {
                Self::within(Place::new(project, domain), rest)
            }
            _ => None,
        }
    }

    fn within(place: Place, rest: &[&str]) -> Option<Self> {
        Some(match rest {
            [] | ["executions"] => Self::Executions(place),
            ["executions", name] => Self::Execution(place, (*name).to_owned()),
            ["executions", name, "signals", signal] => {
                Self::Signal(place, (*name).to_owned(), (*signal).to_owned())
            }
            ["gates"] => Self::Gates(place),
            ["launch"] => Self::Launch(place),
            [kind] => Self::Names(place, Entity::parse(kind)?),
            [kind, name] => Self::Versions(place, Entity::parse(kind)?, (*name).to_owned()),
            [kind, name, "version" | "versions", version] | [kind, name, version] => {
                Self::Version(place, Entity::parse(kind)?, (*name).to_owned(), (*version).to_owned())
            }
            _ => return None,
        })
    }

    /// Its path.
    pub fn path(&self) -> String {
        match self {
            Self::Home => "/console/".to_owned(),
            Self::Projects => "/console/projects".to_owned(),
            Self::Workbench => WORKBENCH.to_owned(),
            Self::Executions(place) => within(place, &["executions"]),
            Self::Execution(place, name) => within(place, &["executions", name]),
            Self::Signal(place, name, signal) => within(place, &["executions", name, "signals", signal]),
            Self::Gates(place) => within(place, &["gates"]),
            Self::Launch(place) => within(place, &["launch"]),
            Self::Names(place, kind) => within(place, &[kind.key()]),
            Self::Versions(place, kind, name) => within(place, &[kind.key(), name]),
            Self::Version(place, kind, name, version) => {
                within(place, &[kind.key(), name, "version", version])
            }
        }
    }

    /// Its path with a query.
    pub fn with(&self, query: &Query) -> String {
        format!("{}{query}", self.path())
    }

    /// The place that it is of.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Home | Self::Projects | Self::Workbench => None,
            Self::Executions(place) | Self::Gates(place) | Self::Launch(place) => Some(place),
            Self::Execution(place, _) | Self::Signal(place, ..) => Some(place),
            Self::Names(place, _) | Self::Versions(place, ..) | Self::Version(place, ..) => Some(place),
        }
    }

    /// The program that shows it. `aileron/src/console.rs` serves by the same rule.
    pub fn program(&self) -> Program {
        match self {
            Self::Execution(..) | Self::Version(_, Entity::Workflow, ..) => Program::Run,
            Self::Launch(..) | Self::Signal(..) => Program::Launch,
            Self::Workbench => Program::Workbench,
            _ => Program::Console,
        }
    }
}

fn within(place: &Place, parts: &[&str]) -> String {
    let mut path = format!("/console/projects/{}/domains/{}", encode(&place.project), encode(&place.domain));
    for part in parts {
        path.push('/');
        path.push_str(&encode(part));
    }
    path
}

/// The path of a list of executions.
pub fn executions(project: &str, domain: &str) -> String {
    Page::Executions(Place::new(project, domain)).path()
}

/// The path of one execution.
pub fn execution(project: &str, domain: &str, name: &str) -> String {
    Page::Execution(Place::new(project, domain), name.to_owned()).path()
}

/// The path of the workbench.
pub const WORKBENCH: &str = "/console/workbench";

/// The path of one attempt's log, from a byte offset on.
pub fn log(execution: (&str, &str, &str), node: &str, attempt: u32, offset: u64) -> String {
    let (project, domain, name) = execution;
    let [project, domain, name, node] = [project, domain, name, node].map(encode);
    format!("/api/v1/logs/{project}/{domain}/{name}/{node}/{attempt}?offset={offset}")
}

/// The address of the workbench with versions of a workflow opened in it: one alone, or the first compared with the second.
pub fn in_workbench(place: &Place, name: &str, versions: &[&str]) -> String {
    let path = |version: &&str| {
        let parts = [place.project.as_str(), &place.domain, name, version].map(encode).join("/");
        format!("/api/v1/workflows/{parts}")
    };
    let files = versions.iter().map(path).collect::<Vec<_>>().join(",");
    Page::Workbench.with(&Query::default().with(FILES, files))
}

/// The files of this server that an address of the workbench opens.
pub fn files(query: &Query) -> Vec<String> {
    let named = query.get(FILES).unwrap_or_default().split(',');
    // Only what this server keeps: all else is asked for first.
    named.filter(|path| path.starts_with("/api/v1/")).map(str::to_owned).collect()
}

/// Their name in the address.
const FILES: &str = "files";

/// True for an address that a link may lead to: one on this server or on the web, never a script.
pub fn is_link(uri: &str) -> bool {
    // Two slashes name a host.
    let is_here = uri.starts_with('/') && !uri.starts_with("//");
    is_here || uri.starts_with("https://") || uri.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::new("flytesnacks", "development")
    }

    #[test]
    fn every_page_is_found_by_its_path() {
        let [p, n, v] = [place, || Place::new("a b", "ü/x"), || Place::new("p", "d")].map(|make| make());
        let pages = [
            Page::Home,
            Page::Projects,
            Page::Workbench,
            Page::Executions(p.clone()),
            Page::Execution(n.clone(), "abc".into()),
            Page::Signal(v.clone(), "abc".into(), "n0/approve?".into()),
            Page::Gates(p.clone()),
            Page::Launch(p),
            Page::Names(n, Entity::LaunchPlan),
            Page::Versions(v.clone(), Entity::Task, "shop.price".into()),
            Page::Version(v, Entity::Workflow, "shop.order".into(), "v1/+=%é".into()),
        ];
        for page in pages {
            assert_eq!(Page::parse(&page.path()), Some(page.clone()), "{}", page.path());
        }
        assert_eq!(Page::parse("/console/nowhere"), None);
    }

    #[test]
    fn an_execution_is_where_pyflyte_says() {
        assert_eq!(
            execution("flytesnacks", "development", "abc"),
            "/console/projects/flytesnacks/domains/development/executions/abc"
        );
    }

    #[test]
    fn a_version_is_also_where_flytekit_says() {
        let version = Page::Version(place(), Entity::Workflow, "a.b".into(), "v1".into());
        for path in ["workflow/a.b/v1", "workflow/a.b/version/v1", "workflows/a.b/versions/v1"] {
            let path = format!("/console/projects/flytesnacks/domains/development/{path}");
            assert_eq!(Page::parse(&path), Some(version.clone()), "{path}");
        }
    }

    #[test]
    fn pages_with_a_graph_and_forms_are_other_programs() {
        assert_eq!(Page::Execution(place(), "a".into()).program(), Program::Run);
        assert_eq!(Page::Launch(place()).program(), Program::Launch);
        assert_eq!(Page::Executions(place()).program(), Program::Console);
    }

    #[test]
    fn versions_are_opened_in_the_workbench_by_their_paths_on_this_server() {
        let address = in_workbench(&place(), "shop.order", &["v1", "v 2"]);
        let (_, query) = address.split_once('?').expect("it has one");
        let base = "/api/v1/workflows/flytesnacks/development/shop.order";
        assert_eq!(files(&Query::parse(query)), [format!("{base}/v1"), format!("{base}/v%202")]);
        assert_eq!(files(&Query::parse("files=https://elsewhere/x,//elsewhere/y")), Vec::<String>::new());
    }

    #[test]
    fn a_script_is_no_link() {
        assert!(is_link("http://127.0.0.1:30080/api/v1/logs/p/d/e/n0/0") && is_link("/api/v1/logs"));
        assert!(!is_link("javascript:alert(1)") && !is_link("data:text/html,x") && !is_link("//elsewhere"));
    }

    #[test]
    fn a_log_is_read_on_from_an_offset() {
        assert_eq!(log(("p", "d", "e"), "n0", 1, 42), "/api/v1/logs/p/d/e/n0/1?offset=42");
    }
}
