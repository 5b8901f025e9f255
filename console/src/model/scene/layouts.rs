//! Layouts that are made beside the page: a large workflow would hold up whoever looks at it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use aileron_compiler::layout::{Layout, Sizes, layout_sized};
use aileron_idl::core::{CompiledWorkflow, CompiledWorkflowClosure};

use super::METRICS;
use super::source::Scope;

/// Nodes above which a workflow is laid out elsewhere.
pub const MOST: usize = 1_000;
/// Layouts that are kept: of what was opened and shut last.
const KEPT: usize = 8;

/// A layout that a scene lacks.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it is known by once it is there.
    pub key: u64,
    /// Where the workflow is.
    scope: Scope,
    /// What is laid out in its place: a part of it, or more than there is.
    instead: Option<Arc<CompiledWorkflow>>,
    /// Nodes that are larger than others: id, width and height.
    pub sizes: Vec<(String, f32, f32)>,
}

/// What a layout with these sizes is known by. `of` tells workflows apart.
pub(super) fn key(of: impl Hash, sizes: &Sizes<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    for (id, width, height) in sorted(sizes) {
        (id, width.to_bits(), height.to_bits()).hash(&mut hasher);
    }
    hasher.finish()
}

fn sorted(sizes: &Sizes<'_>) -> Vec<(String, f32, f32)> {
    let mut all: Vec<(String, f32, f32)> =
        sizes.iter().map(|(id, (width, height))| ((*id).to_owned(), *width, *height)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

impl Wanted {
    pub(super) fn new(key: u64, scope: &Scope, workflow: &CompiledWorkflow, sizes: &Sizes<'_>) -> Self {
        let is_own = scope.workflow().is_some_and(|own| std::ptr::eq(own, workflow));
        let instead = (!is_own).then(|| Arc::new(workflow.clone()));
        Self { key, scope: scope.clone(), instead, sizes: sorted(sizes) }
    }

    /// What is to be laid out.
    pub fn workflow(&self) -> Option<&CompiledWorkflow> {
        self.instead.as_deref().or_else(|| self.scope.workflow())
    }

    /// Whether that is the workflow of a closure, as it is there.
    pub fn is_of(&self, closure: &Arc<CompiledWorkflowClosure>) -> bool {
        self.instead.is_none() && self.scope.sub.is_none() && Arc::ptr_eq(&self.scope.closure, closure)
    }

    /// The ids of its nodes, in the order of a layout: of two nodes with one id the first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let mut seen = std::collections::HashSet::new();
        let template = self.workflow().and_then(|workflow| workflow.template.as_ref());
        let nodes = template.into_iter().flat_map(|template| &template.nodes);
        nodes.map(|node| node.id.as_str()).filter(move |id| seen.insert(*id))
    }

    /// Lays it out at once.
    pub fn made_here(&self) -> Layout {
        let sizes = self.sizes.iter().map(|(id, width, height)| (id.as_str(), (*width, *height)));
        let laid_out = |workflow| layout_sized(workflow, &METRICS, &sizes.collect());
        self.workflow().map(laid_out).unwrap_or_default()
    }

    /// The layout that was made of it, packed.
    pub fn read(&self, packed: &[f32]) -> Option<Layout> {
        Layout::unpack(packed, &self.ids().collect::<Vec<_>>())
    }
}

/// Those that are there.
#[derive(Clone, Debug, Default)]
pub struct Layouts {
    known: BTreeMap<u64, Arc<Layout>>,
    /// Keys, the last one made last.
    order: Vec<u64>,
}

impl Layouts {
    /// Takes one that was made.
    pub fn insert(&mut self, key: u64, layout: Layout) {
        self.known.insert(key, Arc::new(layout));
        self.order.retain(|known| *known != key);
        self.order.push(key);
        if self.order.len() > KEPT {
            let oldest = self.order.remove(0);
            self.known.remove(&oldest);
        }
    }

    /// Whether one is there.
    pub fn has(&self, key: u64) -> bool {
        self.known.contains_key(&key)
    }

    pub(super) fn get(&self, key: u64) -> Option<Arc<Layout>> {
        self.known.get(&key).cloned()
    }
}
