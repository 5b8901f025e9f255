//! Makes a scene: each workflow is laid out with boxes as large as what is open inside of them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use aileron_compiler::layout::{self, Layout, Metrics, Sizes};
use aileron_idl::core::node::Target;
use aileron_idl::core::workflow_node::Reference;
use aileron_idl::core::{CompiledWorkflow, CompiledWorkflowClosure, Node as Template, WorkflowNode};

use super::arrange::Arrangement;
use super::grid::{Grid, Rect};
use super::layouts::{self, Layouts, MOST, Wanted};
use super::source::{Arm, Grown, Scope, Source, arms};
use super::{Edge, Inside, Kind, Node, Scene, condition, describe, ghosts, named};
use crate::model::sorted;

/// Room for a mark, two lines of text and a duration.
pub const METRICS: Metrics =
    Metrics { node_width: 208.0, node_height: 54.0, rank_gap: 56.0, node_gap: 22.0, edge_gap: 14.0 };
/// Width and height of a card.
pub const CARD: (f32, f32) = (METRICS.node_width, METRICS.node_height);
/// Around what is inside of an open node.
const PADDING: f32 = 18.0;
/// Above the arms of a branch, for what it takes.
const LABEL: f32 = 22.0;
/// Between the arms of a branch.
const ARM_GAP: f32 = 14.0;
/// Between the workflow and its failure node.
const LANE_GAP: f32 = 72.0;
/// An item of a map.
const ITEM: f32 = 14.0;
/// Branches with more arms are shut at first.
const OPEN_ARMS: usize = 6;
/// How deep nodes are opened inside each other.
const DEEPEST: usize = 24;

/// Draws a source, and lays all of it out. `toggled` are the paths of nodes that are not as they are at first: branches of few
/// arms open, all else shut.
pub fn scene(source: &Source, toggled: &BTreeSet<String>, arrangement: &Arrangement) -> Scene {
    scene_with(source, toggled, arrangement, None)
}

/// The same. With `made`, large workflows are not laid out here: what they lack there is what the scene wants, and until
/// then they are empty.
pub fn scene_with(
    source: &Source,
    toggled: &BTreeSet<String>,
    arrangement: &Arrangement,
    made: Option<&Layouts>,
) -> Scene {
    let (scopes, layouts, wanted) = (Vec::new(), HashMap::new(), Vec::new());
    let mut build = Build { source, toggled, arrangement, made, wanted, scopes, layouts };
    let sub = source.part.as_deref().and_then(|part| named(&source.closure, part));
    let part = build.scope(&Scope { path: String::new(), closure: source.closure.clone(), sub }, 0);
    Scene { wanted: build.wanted, ..part.into_scene(build.scopes) }
}

struct Build<'a> {
    source: &'a Source,
    toggled: &'a BTreeSet<String>,
    arrangement: &'a Arrangement,
    made: Option<&'a Layouts>,
    wanted: Vec<Wanted>,
    scopes: Vec<Scope>,
    /// Layouts of workflows of which nothing is open, by where their closure and they themselves are.
    layouts: HashMap<(usize, Option<usize>), Arc<Layout>>,
}

/// A drawing whose origin is not known yet.
#[derive(Default)]
struct Part {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    points: Vec<(f32, f32)>,
    width: f32,
    height: f32,
}

/// What an open node shows.
enum Content {
    Nodes(Part),
    Items(u32),
}

impl Build<'_> {
    fn is_open(&self, path: &str, node: &Template) -> bool {
        let count = arms(node).count();
        (1..=OPEN_ARMS).contains(&count) != self.toggled.contains(path)
    }

    fn scope(&mut self, scope: &Scope, depth: usize) -> Part {
        let number = u32::try_from(self.scopes.len()).unwrap_or_default();
        self.scopes.push(scope.clone());
        let Some(workflow) = scope.workflow() else { return Part::default() };
        let workflow = match scope.path.is_empty() && !self.source.only.is_empty() {
            true => Cow::Owned(pulled(workflow, &self.source.only)),
            false => ghosts::completed(workflow),
        };
        let templates = workflow.template.as_ref().map_or(&[][..], |template| &template.nodes);
        let mut contents: HashMap<usize, Content> = HashMap::new();
        for (at, node) in templates.iter().enumerate() {
            if let Some(content) = self.content(scope, number, node, depth) {
                contents.insert(at, content);
            }
        }
        let layout = self.layout(scope, &workflow, templates, &contents);
        let mut part = Part { width: layout.width, height: layout.height, ..Part::default() };
        let places: Vec<u32> = self.place(&mut part, scope, number, templates, &layout, contents);
        connect(&mut part, templates, &layout, &places);
        if let Some(failure) = workflow.template.as_ref().and_then(|template| template.failure_node.as_ref())
        {
            self.lane(&mut part, scope, number, failure, depth);
        }
        if !self.arrangement.is_empty() {
            self.arrangement.apply(&mut part.nodes, &part.edges, &mut part.points);
            part.width = part.nodes.iter().map(|node| node.rect.right()).fold(part.width, f32::max);
            part.height = part.nodes.iter().map(|node| node.rect.bottom()).fold(part.height, f32::max);
        }
        part
    }

    /// Several instances of one template share its layout.
    fn layout(
        &mut self,
        scope: &Scope,
        workflow: &CompiledWorkflow,
        templates: &[Template],
        contents: &HashMap<usize, Content>,
    ) -> Arc<Layout> {
        let sizes: Sizes<'_> =
            contents.iter().map(|(at, content)| (templates[*at].id.as_str(), content.size())).collect();
        let key = (Arc::as_ptr(&scope.closure) as usize, scope.sub);
        if let Some(made) = self.made.filter(|_| templates.len() > MOST) {
            let key = layouts::key((key, &self.source.only), &sizes);
            return made.get(key).unwrap_or_else(|| {
                // It is empty until then.
                self.wanted.push(Wanted::new(key, scope, workflow, &sizes));
                Arc::new(Layout { width: CARD.0, height: CARD.1, ..Layout::default() })
            });
        }
        match self.layouts.get(&key) {
            Some(known) if sizes.is_empty() => known.clone(),
            _ => {
                let layout = Arc::new(layout::layout_sized(workflow, &METRICS, &sizes));
                if sizes.is_empty() {
                    self.layouts.insert(key, layout.clone());
                }
                layout
            }
        }
    }

    /// Puts the nodes of a scope into its part; answers where each template's node is.
    fn place(
        &self,
        part: &mut Part,
        scope: &Scope,
        number: u32,
        templates: &[Template],
        layout: &Layout,
        mut contents: HashMap<usize, Content>,
    ) -> Vec<u32> {
        let mut order: Vec<usize> = (0..layout.nodes.len()).collect();
        let key = |at: usize| (layout.nodes[at].rank, layout.nodes[at].y);
        sorted::sort_by(&mut order, |&a, &b| {
            key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
        });
        // Of two nodes with one id the layout has the first.
        let by_id: HashMap<&str, usize> =
            templates.iter().enumerate().rev().map(|(at, node)| (node.id.as_str(), at)).collect();
        let mut places = vec![0; layout.nodes.len()];
        for at in order {
            let placed = &layout.nodes[at];
            let Some(&template) = by_id.get(placed.id.as_str()) else { continue };
            let rect = Rect { x: placed.x, y: placed.y, width: placed.width, height: placed.height };
            let mut node = self.node(scope, number, &templates[template], rect);
            node.rank = u32::try_from(placed.rank).unwrap_or_default();
            places[at] = part.push(node, contents.remove(&template));
        }
        places
    }

    fn node(&self, scope: &Scope, number: u32, template: &Template, rect: Rect) -> Node {
        let known = describe::describe(scope, template);
        let path = scope.join(&template.id);
        let growth = &self.source.growth;
        let is_parent = growth.grown.contains_key(&path) || growth.parents.contains(&path);
        let is_ghost = ghosts::is_ghost(template);
        Node {
            id: template.id.clone(),
            title: known.title,
            subtitle: if is_ghost { "does not exist".to_owned() } else { known.subtitle },
            label: String::new(),
            kind: if is_ghost { Kind::Missing } else { known.kind },
            target: known.target,
            rect,
            rank: 0,
            parent: None,
            end: 0,
            scope: number,
            inside: if is_parent { Inside::Shut } else { known.inside },
            path,
            upstream: Vec::new(),
            downstream: Vec::new(),
        }
    }

    /// What an open node shows inside; nothing of a shut one.
    fn content(&mut self, scope: &Scope, number: u32, node: &Template, depth: usize) -> Option<Content> {
        let path = scope.join(&node.id);
        if depth > DEEPEST || !self.is_open(&path, node) {
            return None;
        }
        if let Some(grown) = self.source.growth.grown.get(&path) {
            return match grown {
                Grown::Items(count) => Some(Content::Items(*count)),
                Grown::Workflow(closure) => self.inner(path, closure.clone(), None, depth),
            };
        }
        match &node.target {
            Some(Target::BranchNode(_)) if arms(node).next().is_some() => {
                Some(Content::Nodes(self.branch(scope, number, node, depth)))
            }
            Some(Target::WorkflowNode(WorkflowNode { reference: Some(Reference::SubWorkflowRef(id)) })) => {
                let sub = named(&scope.closure, &id.name)?;
                self.inner(path, scope.closure.clone(), Some(sub), depth)
            }
            _ => None,
        }
    }

    fn inner(
        &mut self,
        path: String,
        closure: Arc<CompiledWorkflowClosure>,
        sub: Option<usize>,
        depth: usize,
    ) -> Option<Content> {
        let scope = Scope { path, closure, sub };
        let is_own = self.scopes.iter().any(|outer| {
            outer.sub == sub
                && Arc::ptr_eq(&outer.closure, &scope.closure)
                && is_inside(&scope.path, &outer.path)
        });
        // A workflow inside of itself would never end.
        (!is_own).then(|| Content::Nodes(self.scope(&scope, depth + 1)))
    }

    /// The arms of a branch, below each other.
    fn branch(&mut self, scope: &Scope, number: u32, branch: &Template, depth: usize) -> Part {
        let mut part = Part { width: CARD.0, ..Part::default() };
        for (at, arm) in arms(branch).enumerate() {
            let content = arm.node.and_then(|node| self.content(scope, number, node, depth + 1));
            let (width, height) = content.as_ref().map_or(CARD, Content::size);
            let y = if at == 0 { LABEL } else { part.height + ARM_GAP + LABEL };
            let rect = Rect { x: 0.0, y, width, height };
            let mut node = match arm.node {
                Some(node) => self.node(scope, number, node, rect),
                None => refusal(scope, number, branch, &arm, rect),
            };
            node.label = condition_of(&arm, at);
            part.push(node, content);
            part.width = part.width.max(width);
            part.height = y + height;
        }
        part
    }

    /// The node that runs when another one fails, apart from the others.
    fn lane(&mut self, part: &mut Part, scope: &Scope, number: u32, failure: &Template, depth: usize) {
        let content = self.content(scope, number, failure, depth);
        let (width, height) = content.as_ref().map_or(CARD, Content::size);
        let rect = Rect { x: 0.0, y: part.height + LANE_GAP, width, height };
        let mut node = self.node(scope, number, failure, rect);
        "on failure".clone_into(&mut node.label);
        node.rank = u32::MAX;
        part.push(node, content);
        part.width = part.width.max(width);
        part.height += LANE_GAP + height;
    }
}

/// The nodes that were pulled out of a workflow, with what connects them.
fn pulled(workflow: &CompiledWorkflow, only: &BTreeSet<String>) -> CompiledWorkflow {
    let mut part = workflow.clone();
    if let Some(template) = &mut part.template {
        template.nodes.retain(|node| only.contains(&node.id));
        template.failure_node.take_if(|node| !only.contains(&node.id));
    }
    part
}

fn is_inside(path: &str, outer: &str) -> bool {
    outer.is_empty() || path.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

fn condition_of(arm: &Arm<'_>, at: usize) -> String {
    match arm.condition {
        Some(condition) if at == 0 => format!("if {}", condition::text(condition)),
        Some(condition) => format!("elif {}", condition::text(condition)),
        None => "else".to_owned(),
    }
}

fn refusal(scope: &Scope, number: u32, branch: &Template, arm: &Arm<'_>, rect: Rect) -> Node {
    let message = arm.refusal.unwrap_or("no node").to_owned();
    Node {
        path: format!("{}:fail", scope.join(&branch.id)),
        id: "fail".to_owned(),
        title: message.clone(),
        subtitle: "the branch fails".to_owned(),
        label: String::new(),
        kind: Kind::Refusal,
        target: message,
        rect,
        rank: 0,
        parent: None,
        end: 0,
        scope: number,
        inside: Inside::Nothing,
        upstream: Vec::new(),
        downstream: Vec::new(),
    }
}

impl Content {
    /// With the head of the box that it is in, and the space around it.
    fn size(&self) -> (f32, f32) {
        let (width, height) = match self {
            Self::Nodes(part) => (part.width, part.height),
            Self::Items(count) => {
                let row = row(*count);
                (row as f32 * ITEM, count.div_ceil(row) as f32 * ITEM)
            }
        };
        ((width + 2.0 * PADDING).max(CARD.0), height + CARD.1 + PADDING)
    }
}

/// Items in a row: twice as many as there are rows.
fn row(count: u32) -> u32 {
    let side = f64::from(count.max(1)) * 2.0;
    (side.sqrt().ceil() as u32).max(12)
}

impl Part {
    /// Puts a node behind the others, and behind it what it shows inside.
    fn push(&mut self, mut node: Node, content: Option<Content>) -> u32 {
        let at = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let origin = (node.rect.x + PADDING, node.rect.y + CARD.1);
        node.end = at + 1;
        match content {
            None => self.nodes.push(node),
            Some(Content::Items(count)) => {
                node.inside = Inside::Items { count, row: row(count) };
                self.nodes.push(node);
            }
            Some(Content::Nodes(part)) => {
                node.inside = Inside::Nodes;
                node.end = at + 1 + u32::try_from(part.nodes.len()).unwrap_or_default();
                self.nodes.push(node);
                self.take(part, at, origin);
            }
        }
        at
    }

    fn take(&mut self, part: Part, parent: u32, (dx, dy): (f32, f32)) {
        let base = parent + 1;
        let first = u32::try_from(self.points.len()).unwrap_or_default();
        self.nodes.extend(part.nodes.into_iter().map(|node| Node {
            rect: node.rect.moved(dx, dy),
            parent: Some(node.parent.map_or(parent, |up| up + base)),
            end: node.end + base,
            upstream: node.upstream.iter().map(|at| at + base).collect(),
            downstream: node.downstream.iter().map(|at| at + base).collect(),
            ..node
        }));
        self.edges.extend(part.edges.iter().map(|edge| Edge {
            from: edge.from + base,
            to: edge.to + base,
            first: edge.first + first,
            count: edge.count,
        }));
        self.points.extend(part.points.iter().map(|(x, y)| (x + dx, y + dy)));
    }

    fn into_scene(self, scopes: Vec<Scope>) -> Scene {
        let Self { nodes, edges, points, width, height } = self;
        let (width, height) = nodes.iter().fold((width, height), |(width, height), node| {
            (width.max(node.rect.right()), height.max(node.rect.bottom()))
        });
        let mut scene = Scene { nodes, edges, points, scopes, width, height, ..Scene::default() };
        scene.by_path = (0..).zip(&scene.nodes).map(|(at, node)| (node.path.clone(), at)).collect();
        let rects: Vec<_> = (0..).zip(&scene.nodes).map(|(at, node): (u32, _)| (at, node.rect)).collect();
        scene.node_grid = Grid::new(width, height, rects.into_iter());
        let pieces: Vec<(u32, Rect)> = (0..)
            .zip(&scene.edges)
            .flat_map(|(at, edge)| {
                scene.line(edge).windows(2).map(move |pair| (at, Rect::between(pair[0], pair[1])))
            })
            .collect();
        scene.edge_grid = Grid::new(width, height, pieces.into_iter());
        scene
    }
}

/// Draws the lines of a scope whose nodes have been placed.
fn connect(part: &mut Part, templates: &[Template], layout: &Layout, places: &[u32]) {
    let ids = layout.nodes.iter().map(|node| node.id.as_str());
    let by_id: HashMap<&str, u32> = ids.zip(places.iter().copied()).collect();
    debug_assert!(by_id.len() <= templates.len(), "every node that was placed has a template");
    for line in &layout.edges {
        let (Some(&from), Some(&to)) = (by_id.get(line.from.as_str()), by_id.get(line.to.as_str())) else {
            continue;
        };
        let first = u32::try_from(part.points.len()).unwrap_or_default();
        part.points.extend(&line.points);
        part.edges.push(Edge {
            from,
            to,
            first,
            count: u32::try_from(line.points.len()).unwrap_or_default(),
        });
        part.nodes[from as usize].downstream.push(to);
        part.nodes[to as usize].upstream.push(from);
    }
    // The keyboard goes to the topmost neighbour first.
    let heights: Vec<f32> = part.nodes.iter().map(|node| node.rect.y).collect();
    let by_height = |a: &u32, b: &u32| heights[*a as usize].total_cmp(&heights[*b as usize]);
    for node in &mut part.nodes {
        sorted::sort_by(&mut node.upstream, by_height);
        sorted::sort_by(&mut node.downstream, by_height);
    }
}
