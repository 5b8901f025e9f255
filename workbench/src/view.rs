//! What comes back, as plain data that serialises.

use aileron_compiler::diff::{self, Change, EdgeFate, Effect, Side};
use aileron_compiler::{Location, PathStep, Severity, layout};
use aileron_idl::core::{CompiledWorkflow, ErrorDocument, Identifier};
use serde::Serialize;
use serde_json::{Value, json};

use crate::kind::Kind;
use crate::problem::Problem;
use crate::read::Found;
use crate::workspace::{EntityId, Verdict};

/// What became of a dropped file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Added {
    /// The entities in it.
    pub entities: Vec<Entity>,
    /// Entries of an archive that are of no known kind or damaged.
    pub skipped: Vec<Problem>,
    /// Entries that are archives themselves: the code of a fast registration. They are not opened.
    pub code: Vec<String>,
}

/// One entity in a few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entity {
    /// Its id in the workspace.
    pub id: EntityId,
    /// What it is.
    pub kind: Kind,
    /// What it may be as well: kinds that explain the content equally well.
    pub also: Vec<Kind>,
    /// Its file, with the entry inside it.
    pub place: String,
    /// Its name; empty for values, errors and what dynamic tasks made.
    pub name: String,
    /// Its version, likewise.
    pub version: String,
    /// Its nodes, those of sub-workflows included.
    pub nodes: usize,
    /// What to know about how it was read.
    pub notes: Vec<String>,
}

impl Entity {
    pub(crate) fn new(id: EntityId, found: &Found) -> Self {
        let Identifier { name, version, .. } = found.document.id().cloned().unwrap_or_default();
        let Found { place, kind, also, notes, document, original: _ } = found;
        Self {
            id,
            kind: *kind,
            also: also.clone(),
            place: place.clone(),
            name,
            version,
            nodes: document.nodes(),
            notes: notes.clone(),
        }
    }
}

/// One finding of the compiler.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnostic {
    /// Flyte's code, such as `MismatchingTypes`.
    pub code: &'static str,
    /// Whether it refuses the entity.
    pub error: bool,
    /// The id of the sub-workflow; absent for the workflow itself.
    pub workflow: Option<String>,
    /// The node.
    pub node: Option<String>,
    /// The bound variable, interface variable or launch input.
    pub variable: Option<String>,
    /// Steps into the variable's value: keys and, for elements, numbers.
    pub path: Vec<Value>,
    /// What is wrong.
    pub message: String,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub got: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

/// Findings as data.
#[must_use]
pub fn diagnostics(found: &[aileron_compiler::Diagnostic]) -> Vec<Diagnostic> {
    found.iter().map(Diagnostic::from).collect()
}

impl From<&aileron_compiler::Diagnostic> for Diagnostic {
    fn from(found: &aileron_compiler::Diagnostic) -> Self {
        let Location { workflow, node, variable, path } = found.location.clone();
        let step = |step| match step {
            PathStep::Index(index) => json!(index),
            PathStep::Key(key) => json!(key),
        };
        Self {
            code: found.code.text(),
            error: found.severity == Severity::Error,
            workflow,
            node,
            variable,
            path: path.into_iter().map(step).collect(),
            message: found.message.clone(),
            expected: found.expected.clone(),
            got: found.got.clone(),
            hint: found.hint.clone(),
        }
    }
}

/// A verdict without the closure, which is asked for on its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compilation {
    /// Whether nothing refuses the entity.
    pub accepted: bool,
    /// Every finding.
    pub diagnostics: Vec<Diagnostic>,
    /// Names of what it refers to that was not dropped.
    pub missing: Vec<String>,
    /// Names of all tasks, workflows and launch plans that it refers to.
    pub uses: Vec<String>,
}

/// What values are to an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Suits {
    /// Inputs of a launch.
    Inputs,
    /// What it gave.
    Outputs,
    /// Nothing.
    Neither,
}

impl From<&Verdict> for Compilation {
    fn from(verdict: &Verdict) -> Self {
        let diagnostics = diagnostics(&verdict.diagnostics);
        let accepted = verdict.missing.is_empty() && !diagnostics.iter().any(|found| found.error);
        let names = |ids: &[Identifier]| ids.iter().map(|id| id.name.clone()).collect();
        Self { accepted, diagnostics, missing: names(&verdict.missing), uses: names(&verdict.uses) }
    }
}

/// One input of a launch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type, in the compiler's words.
    pub r#type: String,
    /// Whether a launch must give it.
    pub required: bool,
    /// What it is when nobody gives it, as JSON.
    pub default: Option<Value>,
    /// Whether the launch plan fixes it, so that a launch must not give it.
    pub fixed: bool,
}

/// What would be launched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Launch {
    /// The complete inputs as an encoded `core.LiteralMap`; absent if an input is refused.
    pub inputs: Option<Vec<u8>>,
    /// Every finding.
    pub diagnostics: Vec<Diagnostic>,
}

/// A drawn workflow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Picture {
    /// The workflow's name.
    pub workflow: String,
    /// Width of all of it, in pixels at scale 1.
    pub width: f32,
    /// Height of all of it.
    pub height: f32,
    /// Its nodes.
    pub nodes: Vec<PlacedNode>,
    /// Its edges.
    pub edges: Vec<RoutedEdge>,
}

/// A node's rectangle.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlacedNode {
    /// The node's id.
    pub id: String,
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Column, from 0.
    pub rank: usize,
}

/// An edge's line, as straight pieces.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoutedEdge {
    /// The node that ends first.
    pub from: String,
    /// The node that waits for it.
    pub to: String,
    /// Corners.
    pub points: Vec<(f32, f32)>,
}

impl Picture {
    pub(crate) fn new(workflow: &CompiledWorkflow, drawn: layout::Layout) -> Self {
        let id = workflow.template.as_ref().and_then(|template| template.id.as_ref());
        let node = |node: layout::PlacedNode| PlacedNode {
            id: node.id,
            x: node.x,
            y: node.y,
            width: node.width,
            height: node.height,
            rank: node.rank,
        };
        let edge =
            |edge: layout::RoutedEdge| RoutedEdge { from: edge.from, to: edge.to, points: edge.points };
        Self {
            workflow: id.map(|id| id.name.clone()).unwrap_or_default(),
            width: drawn.width,
            height: drawn.height,
            nodes: drawn.nodes.into_iter().map(node).collect(),
            edges: drawn.edges.into_iter().map(edge).collect(),
        }
    }
}

/// What differs between two entities.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diff {
    /// Whole workflows, nodes, edges and tasks that differ.
    pub changes: Vec<Changed>,
    /// What callers see.
    pub interface: Vec<InterfaceChange>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// What it is: `workflow`, `node`, `edge` or `task`.
    pub what: &'static str,
    /// The workflow it is in; its own name for a workflow or task.
    pub within: String,
    /// A node's id, `from -> to` for an edge; empty otherwise.
    pub id: String,
    /// `added`, `removed`, `changed` or `moved`.
    pub change: &'static str,
    /// The earlier id of what moved.
    pub before: Option<String>,
    /// Places that differ.
    pub fields: Vec<Field>,
}

/// A place where two messages differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    /// By protobuf's field names.
    pub path: String,
    /// The first value, absent if unset.
    pub before: Option<String>,
    /// The second value.
    pub after: Option<String>,
}

/// A changed input or output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InterfaceChange {
    /// The workflow, task or launch plan.
    pub within: String,
    /// `input` or `output`.
    pub side: &'static str,
    /// Its name.
    pub variable: String,
    /// The first type, absent if it was added.
    pub before: Option<String>,
    /// The second type.
    pub after: Option<String>,
    /// `breaking`, `compatible` or `unknown`.
    pub effect: &'static str,
    /// Why.
    pub reason: &'static str,
}

impl InterfaceChange {
    fn new(within: &str, change: &diff::InterfaceChange) -> Self {
        Self {
            within: within.to_owned(),
            side: match change.side {
                Side::Input => "input",
                Side::Output => "output",
            },
            variable: change.variable.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            effect: match change.effect {
                Effect::Breaking => "breaking",
                Effect::Compatible => "compatible",
                Effect::Unknown => "unknown",
            },
            reason: change.reason,
        }
    }
}

impl Changed {
    fn new(what: &'static str, within: &str, id: &str, change: Change) -> Self {
        let (change, before, fields) = match change {
            Change::Added => ("added", None, Vec::new()),
            Change::Removed => ("removed", None, Vec::new()),
            Change::Changed(fields) => ("changed", None, fields),
            Change::Moved { from, fields } => ("moved", Some(from), fields),
        };
        let field = |field: diff::Field| Field { path: field.path, before: field.before, after: field.after };
        let fields = fields.into_iter().map(field).collect();
        Self { what, within: within.to_owned(), id: id.to_owned(), change, before, fields }
    }

    fn edge(within: &str, edge: diff::EdgeChange) -> Self {
        let id = format!("{} -> {}", edge.from, edge.to);
        let (change, before) = match edge.change {
            EdgeFate::Added => ("added", None),
            EdgeFate::Removed => ("removed", None),
            EdgeFate::Moved { from, to } => ("moved", Some(format!("{from} -> {to}"))),
        };
        Self { what: "edge", within: within.to_owned(), id, change, before, fields: Vec::new() }
    }
}

impl From<diff::Diff> for Diff {
    fn from(found: diff::Diff) -> Self {
        let interface = found.interface().map(|(name, change)| InterfaceChange::new(name, change)).collect();
        let mut changes = Vec::new();
        for workflow in found.workflows {
            let name = workflow.name;
            // What differs inside is told on its own.
            if workflow.change != Change::Changed(Vec::new()) {
                changes.push(Changed::new("workflow", &name, "", workflow.change));
            }
            let node = |node: diff::NodeChange| Changed::new("node", &name, &node.id, node.change);
            changes.extend(workflow.nodes.into_iter().map(node));
            changes.extend(workflow.edges.into_iter().map(|edge| Changed::edge(&name, edge)));
        }
        let task = |task: diff::TaskDiff| Changed::new("task", &task.name, "", task.change);
        changes.extend(found.tasks.into_iter().map(task));
        Self { changes, interface }
    }
}

impl Diff {
    pub(crate) fn launch_plan(&mut self, name: &str, changes: &[diff::InterfaceChange]) {
        self.interface.extend(changes.iter().map(|change| InterfaceChange::new(name, change)));
    }
}

/// An error document as data.
pub(crate) fn error(document: &ErrorDocument) -> Value {
    let error = document.error.clone().unwrap_or_default();
    let (kind, origin) = (error.kind().as_str_name(), error.origin().as_str_name());
    json!({ "code": error.code, "message": error.message, "kind": kind, "origin": origin, "worker": error.worker })
}
