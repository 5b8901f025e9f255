//! What differs between two closures: of nodes, of edges, of tasks, and of what callers see.
//!
//! Nodes are paired first: those with one content, then those that run the same, then those with one id.
//! A node that kept its content under another id has *moved*, so that a node put in front of a workflow is
//! one addition, although every id behind it counts on. Ids of paired nodes are equal to each other in
//! everything that refers to them, and so are the two workflows' own projects, domains and versions, which
//! differ with each registration.
//!
//! Start reading at [`diff`]: `pairing` decides which node is which, `tree` and `shapes` compare
//! messages field by field, and [`interface`] says what a change does to callers.

pub mod interface;
mod names;
mod pairing;
#[allow(deprecated, reason = "what old clients send is compared, too")]
mod shapes;
mod tree;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};

use aileron_idl::core::{CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, Identifier, TaskTemplate};

pub use interface::{Effect, InterfaceChange, Side};
use tree::{Shape, Tree};

/// Everything that differs. Equal closures give an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The primary workflow, then sub-workflows by name; only those that differ.
    pub workflows: Vec<WorkflowDiff>,
    /// Tasks by name; only those that differ.
    pub tasks: Vec<TaskDiff>,
}

/// A workflow, matched by name with that of the other closure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowDiff {
    /// Its name in the second closure, if it is there.
    pub name: String,
    /// Whether all of it was added or removed.
    pub change: Change,
    /// What callers see of it.
    pub interface: Vec<InterfaceChange>,
    /// Nodes that differ: those of the first workflow in its order, then added ones.
    pub nodes: Vec<NodeChange>,
    /// Edges that differ, by the ids of their ends.
    pub edges: Vec<EdgeChange>,
}

/// A task, matched by name with that of the other closure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDiff {
    /// Its name.
    pub name: String,
    /// What happened to it.
    pub change: Change,
    /// What callers see of it.
    pub interface: Vec<InterfaceChange>,
}

/// What happened to a workflow, node or task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the second closure has it.
    Added,
    /// Only the first closure has it.
    Removed,
    /// Both have it, with fields that differ; none when only parts differ that are listed beside it.
    Changed(Vec<Field>),
    /// Both have it, under different ids.
    Moved {
        /// Its id in the first closure.
        from: String,
        /// What differs besides.
        fields: Vec<Field>,
    },
}

/// A place where two messages differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where, by protobuf's field names: `container.resources.limits[0].value`.
    pub path: String,
    /// The first value, absent if unset. Strings are quoted.
    pub before: Option<String>,
    /// The second value.
    pub after: Option<String>,
}

/// What happened to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeChange {
    /// Its id, in the second workflow if it is there.
    pub id: String,
    /// What happened to it.
    pub change: Change,
}

/// What happened to an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeChange {
    /// The node that ends first, by its id in the second workflow, or in the first if it was removed.
    pub from: String,
    /// The node that waits for it.
    pub to: String,
    /// Added, removed, or moved with its ends.
    pub change: EdgeFate,
}

/// What happened to an edge whose ends are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EdgeFate {
    /// Only the second workflow has it.
    Added,
    /// Only the first workflow has it.
    Removed,
    /// Both have it; an end has another id than in the first workflow.
    Moved {
        /// Id of the first end in the first workflow.
        from: String,
        /// Id of the second end in the first workflow.
        to: String,
    },
}

impl Diff {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.workflows.is_empty() && self.tasks.is_empty()
    }

    /// Every change that callers see, with the workflow or task it is in.
    pub fn interface(&self) -> impl Iterator<Item = (&str, &InterfaceChange)> {
        let workflows = self.workflows.iter().map(|workflow| (&workflow.name, &workflow.interface));
        let tasks = self.tasks.iter().map(|task| (&task.name, &task.interface));
        workflows.chain(tasks).flat_map(|(name, list)| list.iter().map(|change| (name.as_str(), change)))
    }
}

/// Compares two closures. Takes time in proportion to their sizes, and `log` of them for sorting.
#[must_use]
pub fn diff(before: &CompiledWorkflowClosure, after: &CompiledWorkflowClosure) -> Diff {
    let nothing = CompiledWorkflow::default();
    let (old, new) = (before.primary.as_ref(), after.primary.as_ref());
    let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
    let scope = Scope::new(workflow::id(old), workflow::id(new));
    let mut workflows: Vec<_> = workflow::diff(old, new, &scope).into_iter().collect();
    let subs = joined(&before.sub_workflows, &after.sub_workflows, |sub| workflow::id(sub));
    workflows.extend(subs.into_iter().filter_map(|(name, sides)| match sides {
        (Some(old), Some(new)) => workflow::diff(old, new, &scope),
        (None, _) => Some(WorkflowDiff::whole(name, Change::Added)),
        (_, None) => Some(WorkflowDiff::whole(name, Change::Removed)),
    }));
    let tasks = joined(&before.tasks, &after.tasks, |task| task.template.as_ref()?.id.as_ref());
    let tasks = tasks.into_iter().filter_map(|(name, sides)| task(name, sides, &scope)).collect();
    Diff { workflows, tasks }
}

impl WorkflowDiff {
    fn whole(name: &str, change: Change) -> Self {
        let name = name.to_owned();
        Self { name, change, interface: Vec::new(), nodes: Vec::new(), edges: Vec::new() }
    }
}

/// Entities of both sides by name.
type Joined<'a, T> = BTreeMap<&'a str, (Option<&'a T>, Option<&'a T>)>;

fn joined<'a, T>(
    before: &'a [T],
    after: &'a [T],
    id: impl Fn(&'a T) -> Option<&'a Identifier>,
) -> Joined<'a, T> {
    let name = |entity: &'a T| id(entity).map_or("", |id| id.name.as_str());
    let mut joined = Joined::new();
    for entity in before {
        joined.entry(name(entity)).or_default().0 = Some(entity);
    }
    for entity in after {
        joined.entry(name(entity)).or_default().1 = Some(entity);
    }
    joined
}

fn task(
    name: &str,
    sides: (Option<&CompiledTask>, Option<&CompiledTask>),
    scope: &Scope,
) -> Option<TaskDiff> {
    let nothing = TaskTemplate::default();
    let (change, interface) = match sides {
        (Some(old), Some(new)) if old == new => return None,
        (Some(old), Some(new)) => {
            let old = old.template.as_ref().unwrap_or(&nothing);
            let new = new.template.as_ref().unwrap_or(&nothing);
            let fields = tree::differences(&scope.renamed(body(old)), &body(new));
            (Change::Changed(fields), interface::changes(old.interface.as_ref(), new.interface.as_ref()))
        }
        (None, _) => (Change::Added, Vec::new()),
        (_, None) => (Change::Removed, Vec::new()),
    };
    let differs = change != Change::Changed(Vec::new()) || !interface.is_empty();
    differs.then(|| TaskDiff { name: name.to_owned(), change, interface })
}

/// A task without what is compared on its own: its id, by which it was found, and its interface.
fn body(task: &TaskTemplate) -> Tree {
    task.tree().without("id").without("interface")
}

/// The ids that stand for each other: both workflows' own projects, domains and versions.
#[derive(Debug, Default)]
struct Scope {
    /// Field of an identifier, its value on the first side, and that on the second.
    values: Vec<(&'static str, String, String)>,
}

impl Scope {
    fn new(before: Option<&Identifier>, after: Option<&Identifier>) -> Self {
        let (Some(before), Some(after)) = (before, after) else { return Self::default() };
        let pair = |name, before: &str, after: &str| (name, before.to_owned(), after.to_owned());
        let values = [
            pair("project", &before.project, &after.project),
            pair("domain", &before.domain, &after.domain),
            pair("version", &before.version, &after.version),
        ];
        Self { values: values.into() }
    }

    /// A tree of the first side, as the second side would name things.
    fn renamed(&self, mut tree: Tree) -> Tree {
        tree.rewrite(&|field, text| {
            let stands = |(name, before, _): &&(&str, String, String)| *name == field && before == text;
            if let Some((_, _, after)) = self.values.iter().find(stands) {
                text.clone_from(after);
            }
        });
        tree
    }
}

/// Edges by the ids of their ends.
type Edges<'a> = BTreeSet<(&'a str, &'a str)>;

#[cfg(test)]
mod tests;
