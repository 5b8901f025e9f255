//! What is wrong with nodes and edges, and what changed: drawn on them, apart from their phases.

use std::collections::{BTreeMap, BTreeSet};

use super::bindings;
use super::{Kind, Scene};
use crate::model::workbench::{Compilation, Diff, Finding};

/// Marks of a scene.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// By the paths of nodes.
    pub nodes: BTreeMap<String, Mark>,
    /// By the paths of both ends.
    pub edges: BTreeMap<(String, String), EdgeMark>,
}

/// What is to be seen on a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// How many errors it has.
    pub errors: u32,
    /// How many warnings it has.
    pub warnings: u32,
    /// What its place in the graph is, if it is a wrong one.
    pub fault: Option<Fault>,
    /// What happened to it since another version.
    pub change: Option<Change>,
}

/// What is wrong about a node's place in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not exist, or what it runs was not dropped.
    Missing,
    /// It waits for itself, through others.
    Circle,
    /// Nothing leads to it.
    Unreachable,
}

impl Fault {
    /// A key for the style sheet.
    pub fn key(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Circle => "circle",
            Self::Unreachable => "unreachable",
        }
    }

    /// A mark that tells it without colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Missing => "?",
            Self::Circle => "⟳",
            Self::Unreachable => "⊘",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Circle => "in a circle",
            Self::Unreachable => "unreachable",
        }
    }
}

/// What is to be seen on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeMark {
    /// What it carries is of another type than what is wanted.
    Mismatch,
    /// It is a part of a circle.
    Circle,
    /// What happened to it since another version.
    Changed(Change),
}

/// What happened to a node or edge between two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the later version has it.
    Added,
    /// Only the earlier version has it.
    Removed,
    /// Both have it, unequal.
    Changed,
    /// Both have it, under different ids.
    Moved,
}

impl Change {
    /// The workbench's word for it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Moved => "moved",
        }
    }

    /// A mark that tells it without colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Added => "+",
            Self::Removed => "−",
            Self::Changed => "~",
            Self::Moved => "→",
        }
    }

    /// By the workbench's word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Added, Self::Removed, Self::Changed, Self::Moved]
            .into_iter()
            .find(|change| change.key() == word)
    }
}

impl Marks {
    /// Those of a compiler's verdict. `part` is the name of the workflow that the scene shows, if it is not
    /// the primary one.
    pub fn of_verdict(scene: &Scene, verdict: &Compilation, part: Option<&str>) -> Self {
        let mut marks = Self::default();
        for node in &scene.nodes {
            let is_missing = node.kind == Kind::Missing || verdict.missing.contains(&node.target);
            if is_missing {
                marks.node(&node.path).fault = Some(Fault::Missing);
            }
        }
        for finding in &verdict.diagnostics {
            for scope in scopes(scene, finding, part) {
                marks.find(scene, scope, finding);
            }
        }
        marks
    }

    /// Those of a comparison. The scene is of both versions: see [`super::super::workbench::union`].
    pub fn of_diff(diff: &Diff, within: &str) -> Self {
        let mut marks = Self::default();
        for change in diff.changes.iter().filter(|change| change.within == within) {
            let Some(kind) = Change::of(&change.change) else { continue };
            match change.what.as_str() {
                "node" => marks.node(&change.id).change = Some(kind),
                "edge" => {
                    if let Some((from, to)) = change.id.split_once(" -> ") {
                        marks.edges.insert((from.to_owned(), to.to_owned()), EdgeMark::Changed(kind));
                    }
                }
                _ => {}
            }
        }
        marks
    }

    /// What is to be seen on a node.
    pub fn of(&self, path: &str) -> Option<&Mark> {
        self.nodes.get(path)
    }

    fn node(&mut self, path: &str) -> &mut Mark {
        self.nodes.entry(path.to_owned()).or_default()
    }

    fn find(&mut self, scene: &Scene, scope: u32, finding: &Finding) {
        let Some(place) = scene.scopes.get(scope as usize) else { return };
        let Some(id) = &finding.node else { return };
        let path = place.join(id);
        let mark = self.node(&path);
        if finding.error {
            mark.errors += 1;
        } else {
            mark.warnings += 1;
        }
        match finding.code.as_str() {
            "CycleDetected" => self.circle(place, finding.got.as_deref().unwrap_or_default()),
            "UnreachableNodes" => self.unreachable(scene, scope, &finding.message),
            "MismatchingTypes" => {
                self.mismatch(scene, &path, finding.variable.as_deref().unwrap_or_default());
            }
            _ => {}
        }
    }

    /// `n1>n2>n1`
    fn circle(&mut self, place: &super::Scope, ids: &str) {
        let paths: Vec<String> = ids.split('>').map(|id| place.join(id)).collect();
        for path in &paths {
            self.node(path).fault = Some(Fault::Circle);
        }
        for pair in paths.windows(2) {
            self.edges.insert((pair[0].clone(), pair[1].clone()), EdgeMark::Circle);
        }
    }

    /// The message names them: `… to: n1, n2`.
    fn unreachable(&mut self, scene: &Scene, scope: u32, message: &str) {
        let named: BTreeSet<&str> =
            message.rsplit(": ").next().unwrap_or_default().split(", ").map(str::trim).collect();
        let here = scene.nodes.iter().filter(|node| node.scope == scope && named.contains(node.id.as_str()));
        for node in here {
            // What is in the circle is unreachable as well; the circle says more.
            self.node(&node.path).fault.get_or_insert(Fault::Unreachable);
        }
    }

    /// The edge that carries what does not fit.
    fn mismatch(&mut self, scene: &Scene, path: &str, variable: &str) {
        let Some(at) = scene.find(path) else { return };
        let arriving = (0..).zip(&scene.edges).filter(|(_, edge)| edge.to == at);
        for (number, edge) in arriving {
            let carries = bindings::carried(scene, number)
                .iter()
                .any(|carried| carried.input.split(['[', '.']).next() == Some(variable));
            if carries {
                let from = scene.nodes[edge.from as usize].path.clone();
                self.edges.insert((from, path.to_owned()), EdgeMark::Mismatch);
            }
        }
    }
}

/// The scopes of a scene that a finding is about.
fn scopes(scene: &Scene, finding: &Finding, part: Option<&str>) -> Vec<u32> {
    let name =
        |scope: &super::Scope| scope.template().and_then(|template| Some(template.id.as_ref()?.name.clone()));
    let is_here = |scope: &super::Scope| match (&finding.workflow, scope.path.is_empty()) {
        (None, true) => part.is_none(),
        (Some(workflow), true) => part == Some(workflow.as_str()),
        (workflow, false) => workflow.is_some() && name(scope).as_ref() == workflow.as_ref(),
    };
    (0..).zip(&scene.scopes).filter(|(_, scope)| is_here(scope)).map(|(at, _)| at).collect()
}
