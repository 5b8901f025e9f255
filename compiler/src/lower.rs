//! From the template to the intermediate form: each id becomes an index here, once, or a diagnostic.

use std::borrow::Cow;
use std::collections::hash_map::Entry;

use aileron_idl::core::binding_data::Value;
use aileron_idl::core::{Binding, BindingData, Node as Template, OutputReference, WorkflowTemplate};
use aileron_layout::adjacency;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use crate::check::{
    duplicate_id, nesting_too_deep, node_reference_not_found, parameter_not_bound, syntax_error,
    value_required,
};
use crate::diagnostic::{Diagnostic, Location, PathStep};
use crate::findings::Findings;
use crate::ir::{Bound, Edge, Kind, Node, NodeIx, Place, Promise, Renames, Source, Workflow};
use crate::node::{self, Definition, Inside, Library, Open, Scope};
use crate::signature::{Signature, Variables};
use crate::types::DEPTH_LIMIT;
use crate::{END_NODE, START_NODE, infer};

/// Reads `template`: its own nodes, the failure node, and those inside of them.
pub(crate) fn lower<'a>(
    template: &'a WorkflowTemplate,
    library: &Library<'a>,
    diagnostics: &mut Findings,
) -> Workflow<'a> {
    let interface = Signature::of(template.interface.as_ref());
    let scope = Scope { template, library };
    let mut lowering = Lowering { index: index(&template.nodes, diagnostics), diagnostics };
    let end_inputs = lowering.inputs(END_NODE, &template.outputs);
    let mut nodes = vec![
        boundary(START_NODE, Signature::new(Variables::NONE, interface.inputs)),
        Node { inputs: end_inputs, ..boundary(END_NODE, Signature::new(interface.outputs, Variables::NONE)) },
    ];
    let mut inside = Inside::after(nodes.len());
    inside.extend(template.nodes.iter().map(|node| Open::new(node, Place::Top)));
    inside.extend(template.failure_node.iter().map(|node| Open::new(node, Place::Failure)));
    while let Some((index, open)) = inside.next() {
        nodes.push(lowering.node(index, open, &scope, &mut inside));
    }
    let top = template.nodes.len() + 2;
    unique(&nodes[top..], &lowering.index, diagnostics);
    infer::signatures(&mut nodes, diagnostics);
    let edges = edges(&nodes, top);
    Workflow { nodes, top, edges }
}

/// A node that the compiler adds: the start node offers the workflow's inputs, the end node asks for its outputs.
fn boundary<'a>(id: &'static str, signature: Signature<'a>) -> Node<'a> {
    Node {
        id: Cow::Borrowed(id),
        template: None,
        place: Place::Top,
        kind: Kind::Declared,
        signature: Some(signature),
        renames: None,
        inputs: Vec::new(),
        after: Vec::new(),
    }
}

/// Where each id leads. Of two nodes with one id, references mean the first.
fn index<'a>(templates: &'a [Template], diagnostics: &mut Findings) -> HashMap<&'a str, NodeIx> {
    let mut index = HashMap::with_capacity(templates.len() + 2);
    index.extend([(START_NODE, NodeIx::START), (END_NODE, NodeIx::END)]);
    for (template, position) in templates.iter().zip(2..) {
        if template.id.is_empty() {
            diagnostics.push(value_required::node_id(position - 2));
            continue;
        }
        match index.entry(&template.id) {
            Entry::Occupied(_) => diagnostics.push(duplicate_id::node(&template.id)),
            Entry::Vacant(entry) => drop(entry.insert(NodeIx(position))),
        }
    }
    index
}

/// The nodes that cannot be referred to, but run in the same workflow, have ids of their own, too.
fn unique(nodes: &[Node<'_>], index: &HashMap<&str, NodeIx>, diagnostics: &mut Findings) {
    let mut seen = HashSet::new();
    for node in nodes.iter().filter(|node| node.place != Place::Item && !node.id.is_empty()) {
        if index.contains_key(&*node.id) || !seen.insert(&*node.id) {
            diagnostics.push(duplicate_id::node(&node.id));
        }
    }
}

struct Lowering<'a, 'd> {
    index: HashMap<&'a str, NodeIx>,
    diagnostics: &'d mut Findings,
}

impl<'a> Lowering<'a, '_> {
    fn node(
        &mut self,
        index: NodeIx,
        open: Open<'a>,
        scope: &Scope<'a, '_>,
        inside: &mut Inside<'a>,
    ) -> Node<'a> {
        if open.place == Place::Failure && open.id.is_empty() {
            self.diagnostics.push(value_required::failure_node_id());
        }
        let Definition { kind, signature } = node::define(index, &open, scope, inside, self.diagnostics);
        let Open { template, id, place, .. } = open;
        let (after, inputs) = match place {
            Place::Item => (Vec::new(), Vec::new()),
            _ => (self.after(&id, template), self.inputs(&id, &template.inputs)),
        };
        let renames = Renames::of(&template.output_aliases);
        Node { id, template: Some(template), place, kind, signature, renames, inputs, after }
    }

    fn after(&mut self, id: &str, template: &Template) -> Vec<NodeIx> {
        let found = template.upstream_node_ids.iter().filter_map(|upstream| {
            let found = self.index.get(upstream.as_str()).copied();
            if found.is_none() {
                self.diagnostics.push(node_reference_not_found::upstream(id, upstream));
            }
            found
        });
        found.collect()
    }

    fn inputs(&mut self, node: &str, bindings: &'a [Binding]) -> Vec<Bound<'a>> {
        bindings.iter().map(|binding| self.bound(node, binding)).collect()
    }

    fn bound(&mut self, node: &str, binding: &'a Binding) -> Bound<'a> {
        if let Some(promise) = self.plain(binding) {
            return Bound { variable: &binding.var, source: Source::Promise(promise) };
        }
        let mut place = Location::node(node).at(&binding.var);
        if binding.var.is_empty() {
            self.diagnostics.push(value_required::bound_variable(node));
        }
        let source = match &binding.binding {
            Some(data) => self.source(data, &mut place, DEPTH_LIMIT),
            None => self.unknown(value_required::binding(place)),
        };
        Bound { variable: &binding.var, source }
    }

    /// `place` is where `data` lies; it is the same again afterwards.
    fn source(&mut self, data: &'a BindingData, place: &mut Location, levels: usize) -> Source<'a> {
        let Some(levels) = levels.checked_sub(1) else {
            return self.unknown(nesting_too_deep::binding(place.clone()));
        };
        match &data.value {
            None => self.unknown(parameter_not_bound::empty(place.clone())),
            Some(Value::Scalar(scalar)) => Source::Scalar(scalar),
            Some(Value::OffloadedMetadata(offloaded)) => Source::Offloaded(offloaded),
            Some(Value::Promise(promise)) => self.promise(promise, place),
            Some(Value::Collection(collection)) => {
                let elements = collection.bindings.iter().enumerate();
                let elements = elements.map(|(i, data)| self.inner(PathStep::Index(i), data, place, levels));
                Source::Collection(elements.collect())
            }
            Some(Value::Map(map)) => {
                let entries = map.bindings.iter().map(|(key, data)| {
                    (key.as_str(), self.inner(PathStep::Key(key.clone()), data, place, levels))
                });
                Source::Map(entries.collect())
            }
        }
    }

    fn inner(
        &mut self,
        step: PathStep,
        data: &'a BindingData,
        place: &mut Location,
        levels: usize,
    ) -> Source<'a> {
        place.path.push(step);
        let source = self.source(data, place, levels);
        place.path.pop();
        source
    }

    fn promise(&mut self, reference: &'a OutputReference, place: &Location) -> Source<'a> {
        if let Some(promise) = self.resolved(reference) {
            return Source::Promise(promise);
        }
        let id = node_id(reference);
        self.unknown(match self.index.contains_key(id) {
            false => node_reference_not_found::promise(place.clone(), id),
            true => syntax_error::promise(place.clone(), &reference.var),
        })
    }

    /// A promise of a node that is known, as most bindings are: nothing will be said, so no place is named.
    fn plain(&self, binding: &'a Binding) -> Option<Promise<'a>> {
        let Some(Value::Promise(reference)) = &binding.binding.as_ref()?.value else { return None };
        self.resolved(reference).filter(|_| !binding.var.is_empty())
    }

    fn resolved(&self, reference: &'a OutputReference) -> Option<Promise<'a>> {
        let node = *self.index.get(node_id(reference))?;
        Promise::new(node, reference)
    }

    fn unknown(&mut self, found: Diagnostic) -> Source<'a> {
        self.diagnostics.push(found);
        Source::Unknown
    }
}

/// A promise without a node is one of the workflow's input.
fn node_id(reference: &OutputReference) -> &str {
    if reference.node_id.is_empty() { START_NODE } else { &reference.node_id }
}

/// Explicit orders and promises; then nodes that wait for nothing wait for the start node, and the end
/// node waits for those that nothing waits for.
fn edges(nodes: &[Node<'_>], top: usize) -> Vec<Edge> {
    let mut edges: Vec<[u32; 2]> = Vec::new();
    for (node, index) in nodes.iter().zip(0..) {
        if node.place == Place::Top {
            edges.extend(node.after.iter().map(|upstream| [upstream.0, index]));
        }
        for bound in &node.inputs {
            bound.source.promises(&mut |promise| edges.push([promise.node.0, index]));
        }
    }
    let mut waits = vec![false; nodes.len()];
    let mut awaited = vec![false; nodes.len()];
    for &[from, to] in &edges {
        awaited[from as usize] |= nodes[to as usize].place == Place::Top;
        waits[to as usize] = true;
    }
    let inner = || (2..).take(top - 2);
    edges.extend(inner().filter(|&node| !waits[node as usize]).map(|node| [NodeIx::START.0, node]));
    edges.extend(inner().filter(|&node| !awaited[node as usize]).map(|node| [node, NodeIx::END.0]));
    adjacency::sort(nodes.len(), &mut edges);
    edges.dedup();
    edges.into_iter().map(|[from, to]| (NodeIx(from), NodeIx(to))).collect()
}
