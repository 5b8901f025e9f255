//! Whether a caller has a right somewhere: bindings of roles, and the decision.
//!
//! Roles only add up: there is nothing that takes a right away, so bindings have no order. They are found by their subject
//! and their project, so their number does not matter to a decision, nor how many one caller has. Deciding allocates nothing,
//! as each request is decided.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use super::caller::{Caller, Who};
use super::role::{Right, Role};

/// What stands for every project or every domain.
const ALL: &str = "*";

/// Whom a binding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A person, by the name that tokens have for them.
    User(String),
    /// All whose tokens name this group.
    Group(String),
    /// A program with a secret.
    Client(String),
    /// Everybody who is known.
    Anyone,
}

/// Where a binding counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// A project, or `*`.
    pub project: String,
    /// A domain, or `*`.
    pub domain: String,
}

/// A role that somebody has somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Binding {
    /// Who.
    pub subject: Subject,
    /// What they are.
    pub role: Role,
    /// Where.
    pub scope: Scope,
}

/// Where something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// In no project, or in all.
    Server,
    /// In a project, in no domain of it or in all.
    Project(&'a str),
    /// In a domain of a project.
    Domain(&'a str, &'a str),
}

impl<'a> Place<'a> {
    /// The place of names as requests have them; where both are empty it is the server.
    pub(crate) fn of(project: &'a str, domain: &'a str) -> Place<'a> {
        match (project, domain) {
            ("", _) => Place::Server,
            (project, "") => Place::Project(project),
            (project, domain) => Place::Domain(project, domain),
        }
    }

    /// Project and domain; empty for all.
    pub(crate) const fn names(self) -> (&'a str, &'a str) {
        match self {
            Place::Server => ("", ""),
            Place::Project(project) => (project, ""),
            Place::Domain(project, domain) => (project, domain),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Server => f.write_str("all projects"),
            Place::Project(project) => write!(f, "all domains of project {project}"),
            Place::Domain(project, domain) => write!(f, "project {project}, domain {domain}"),
        }
    }
}

impl Scope {
    fn covers(&self, place: Place<'_>) -> bool {
        let named = |name: &str, asked: &str| name == ALL || name == asked;
        match place {
            Place::Server => self.project == ALL && self.domain == ALL,
            Place::Project(project) => named(&self.project, project) && self.domain == ALL,
            Place::Domain(project, domain) => named(&self.project, project) && named(&self.domain, domain),
        }
    }
}

/// All bindings that count now.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    of_users: HashMap<String, Held>,
    of_groups: HashMap<String, Held>,
    of_clients: HashMap<String, Held>,
    of_anyone: Held,
}

/// A role, and where it counts.
pub(crate) type Given = (Role, Scope);

/// The roles of one subject.
#[derive(Debug, Default)]
struct Held {
    in_all_projects: Vec<Given>,
    by_project: BTreeMap<String, Vec<Given>>,
}

impl Held {
    fn add(&mut self, given: Given) {
        let project = given.1.project.as_str();
        let beside = match project {
            ALL => &mut self.in_all_projects,
            _ => self.by_project.entry(project.to_owned()).or_default(),
        };
        if !beside.contains(&given) {
            beside.push(given);
        }
    }

    /// Those that may count at a place.
    fn about(&self, place: Place<'_>) -> impl Iterator<Item = &Given> {
        let (project, _) = place.names();
        self.in_all_projects.iter().chain(self.by_project.get(project).into_iter().flatten())
    }

    fn all(&self) -> impl Iterator<Item = &Given> {
        self.in_all_projects.iter().chain(self.by_project.values().flatten())
    }
}

impl FromIterator<Binding> for Policy {
    fn from_iter<I: IntoIterator<Item = Binding>>(bindings: I) -> Policy {
        let mut policy = Policy::default();
        for Binding { subject, role, scope } in bindings {
            let given = match subject {
                Subject::User(name) => policy.of_users.entry(name).or_default(),
                Subject::Group(name) => policy.of_groups.entry(name).or_default(),
                Subject::Client(name) => policy.of_clients.entry(name).or_default(),
                Subject::Anyone => &mut policy.of_anyone,
            };
            given.add((role, scope));
        }
        policy
    }
}

impl Policy {
    /// Whether a caller has a right at a place.
    pub(crate) fn allows(&self, caller: &Caller, right: Right, place: Place<'_>) -> bool {
        if right == Right::Public {
            return true;
        }
        match &caller.who {
            Who::Everybody => true,
            Who::Nobody => false,
            _ if right == Right::Known => true,
            Who::Part(_) => Role::Propeller.allows(right),
            Who::Person(_) | Who::Client(_) | Who::Run(_) => {
                let mut given = self.held(caller).flat_map(|held| held.about(place));
                given.any(|(role, scope)| role.allows(right) && scope.covers(place))
            }
        }
    }

    /// The roles of a caller, each with where it counts.
    pub(crate) fn roles<'p>(&'p self, caller: &'p Caller) -> impl Iterator<Item = &'p Given> {
        self.held(caller).flat_map(Held::all)
    }

    fn held<'p>(&'p self, caller: &'p Caller) -> impl Iterator<Item = &'p Held> {
        let (own, anyone) = match &caller.who {
            Who::Person(name) => (self.of_users.get(name), Some(&self.of_anyone)),
            Who::Client(name) => (self.of_clients.get(name), Some(&self.of_anyone)),
            Who::Run(_) => (None, Some(&self.of_anyone)),
            Who::Everybody | Who::Nobody | Who::Part(_) => (None, None),
        };
        let of_groups = caller.groups.iter().filter_map(|group| self.of_groups.get(group));
        own.into_iter().chain(anyone).chain(of_groups)
    }

    /// The projects that a caller may see; `None` for all.
    pub(crate) fn visible(&self, caller: &Caller) -> Option<Vec<String>> {
        match &caller.who {
            Who::Everybody | Who::Part(_) => return None,
            Who::Nobody => return Some(Vec::new()),
            Who::Person(_) | Who::Client(_) | Who::Run(_) => {}
        }
        let mut projects = Vec::new();
        for (_, scope) in self.roles(caller) {
            if scope.project == ALL {
                return None;
            }
            projects.push(scope.project.clone());
        }
        projects.sort_unstable();
        projects.dedup();
        Some(projects)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::User(name) => write!(f, "user:{name}"),
            Subject::Group(name) => write!(f, "group:{name}"),
            Subject::Client(name) => write!(f, "client:{name}"),
            Subject::Anyone => f.write_str("anyone"),
        }
    }
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Subject, String> {
        match text.split_once(':') {
            Some(("user", name)) if !name.is_empty() => Ok(Subject::User(name.to_owned())),
            Some(("group", name)) if !name.is_empty() => Ok(Subject::Group(name.to_owned())),
            Some(("client", name)) if !name.is_empty() => Ok(Subject::Client(name.to_owned())),
            None if text == "anyone" => Ok(Subject::Anyone),
            _ => Err(format!("`{text}` names nobody; write user:NAME, group:NAME, client:NAME or anyone")),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.domain)
    }
}

impl FromStr for Scope {
    type Err = String;

    /// `PROJECT`, `PROJECT/DOMAIN`, or `*` for either; a star stands for a whole name, never for a part of one.
    fn from_str(text: &str) -> Result<Scope, String> {
        let (project, domain) = text.split_once('/').unwrap_or((text, ALL));
        let whole = |name: &str| !name.is_empty() && (name == ALL || !name.contains(['*', '/']));
        if whole(project) && whole(domain) {
            return Ok(Scope { project: project.to_owned(), domain: domain.to_owned() });
        }
        Err(format!("`{text}` is no scope; write PROJECT, PROJECT/DOMAIN or *"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::caller::Via;
    use super::*;

    fn binding(subject: &str, role: Role, scope: &str) -> Binding {
        Binding { subject: subject.parse().unwrap(), role, scope: scope.parse().unwrap() }
    }

    fn person(name: &str, groups: &[&str]) -> Caller {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Caller { groups, ..Caller::known(Who::Person(name.to_owned()), Via::Token) }
    }

    fn policy() -> Policy {
        Policy::from_iter([
            binding("user:ann", Role::Contributor, "p/development"),
            binding("group:ml", Role::Viewer, "q"),
            binding("client:ann", Role::Admin, "*"),
            binding("anyone", Role::Viewer, "open/development"),
        ])
    }

    #[test]
    fn a_role_counts_in_its_scope_alone() {
        let policy = policy();
        let ann = person("ann", &[]);
        let may = |right, place| policy.allows(&ann, right, place);
        assert!(may(Right::Register, Place::Domain("p", "development")));
        assert!(!may(Right::Register, Place::Domain("p", "production")));
        assert!(!may(Right::Manage, Place::Domain("p", "development")));
        assert!(!may(Right::View, Place::Project("p")));
        assert!(!may(Right::View, Place::Domain("q", "development")));
        assert!(may(Right::View, Place::Domain("open", "development")));
        assert!(may(Right::Known, Place::Server));
        assert!(!may(Right::View, Place::Server));
    }

    #[test]
    fn groups_count_and_names_of_other_kinds_do_not() {
        let policy = policy();
        assert!(policy.allows(&person("bob", &["ml"]), Right::View, Place::Project("q")));
        assert!(!policy.allows(&person("bob", &["ML"]), Right::View, Place::Project("q")));
        assert!(!policy.allows(&person("ml", &[]), Right::View, Place::Project("q")));
        assert!(policy.allows(
            &Caller::known(Who::Client("ann".to_owned()), Via::Token),
            Right::Manage,
            Place::Server
        ));
    }

    #[test]
    fn nobody_may_nothing_and_a_part_what_parts_do() {
        let policy = policy();
        let place = Place::Domain("open", "development");
        for right in Right::ALL {
            assert_eq!(policy.allows(&Caller::nobody(), right, place), right == Right::Public, "{right:?}");
            assert!(policy.allows(&Caller::everybody(), right, place), "{right:?}");
        }
        assert!(policy.allows(&Caller::part("x"), Right::Report, Place::Server));
        assert!(!policy.allows(&Caller::part("x"), Right::Register, place));
    }

    #[test]
    fn a_decision_looks_at_the_bindings_of_its_caller_alone() {
        let others = (0..10_000).map(|at| binding(&format!("user:u{at}"), Role::Admin, &format!("p{at}")));
        let policy: Policy = others.chain([binding("group:ml", Role::Viewer, "q")]).collect();
        let caller = person("u7", &["ml", "ops"]);
        assert_eq!(policy.roles(&caller).count(), 2);
        assert!(policy.allows(&caller, Right::Manage, Place::Project("p7")));
        assert!(!policy.allows(&caller, Right::Manage, Place::Project("p8")));
    }

    #[test]
    fn a_decision_looks_at_the_bindings_of_its_project_alone() {
        let of_ann = (0..10_000).map(|at| binding("user:ann", Role::Viewer, &format!("p{at}")));
        let everywhere = binding("user:ann", Role::Launcher, "*/development");
        let policy: Policy = of_ann.chain([everywhere.clone(), everywhere]).collect();
        let ann = person("ann", &[]);
        let about = |place| policy.held(&ann).flat_map(|held| held.about(place)).count();
        assert_eq!(about(Place::Domain("p7", "development")), 2);
        assert_eq!(about(Place::Project("p7")), 2);
        assert_eq!(about(Place::Server), 1);
        assert_eq!(policy.roles(&ann).count(), 10_001);
        assert!(policy.allows(&ann, Right::View, Place::Project("p7")));
        assert!(!policy.allows(&ann, Right::Launch, Place::Project("p7")));
        assert!(policy.allows(&ann, Right::Launch, Place::Domain("other", "development")));
        assert!(!policy.allows(&ann, Right::View, Place::Server));
    }

    #[test]
    fn projects_are_seen_that_a_role_is_in() {
        let policy = policy();
        assert_eq!(
            policy.visible(&person("ann", &["ml"])),
            Some(vec!["open".into(), "p".into(), "q".into()])
        );
        assert_eq!(policy.visible(&Caller::everybody()), None);
        assert_eq!(policy.visible(&Caller::nobody()), Some(Vec::new()));
    }

    #[test]
    fn subjects_and_scopes_are_read_back() {
        for text in ["user:a b@c", "group:x", "client:y:z", "anyone"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in ["", "ann", "user:", "robot:x", "anyone:x"] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
        assert_eq!("p".parse::<Scope>().unwrap().to_string(), "p/*");
        for text in ["", "/", "p/", "p*/d", "p/d/e", "/d"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
