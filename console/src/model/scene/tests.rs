//! Scenes of small workflows, and what can be asked of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aileron_idl::core::{
    Binding, BindingData, BooleanExpression, BranchNode, CompiledTask, CompiledWorkflow,
    CompiledWorkflowClosure, ConnectionSet, Error, Identifier, IfBlock, IfElseBlock, LiteralType, Node,
    OutputReference, SimpleType, TaskNode, TaskTemplate, TypedInterface, Variable, VariableMap, WorkflowNode,
    WorkflowTemplate, binding_data, connection_set::IdList, if_else_block, literal_type, node, task_node,
    workflow_node,
};

use super::arrange::{self, Arrangement};
use super::bindings::{self, Carried, Hop};
use super::marks::{Change, EdgeMark, Fault, Marks};
use super::select::{Query, Subject};
use super::view::{self, Seen};
use super::*;
use crate::model::phase::Phase;
use crate::model::viewport::Viewport;
use crate::model::workbench::{Compilation, Finding};

fn id(name: &str) -> Identifier {
    Identifier { name: name.to_owned(), ..Identifier::default() }
}

fn task_node(name: &str, task: &str, inputs: &[(&str, &str, &str)]) -> Node {
    let reference = Some(task_node::Reference::ReferenceId(id(task)));
    Node {
        id: name.to_owned(),
        inputs: inputs.iter().map(|(var, from, output)| promise(var, from, output)).collect(),
        target: Some(node::Target::TaskNode(TaskNode { reference, overrides: None })),
        metadata: Some(Default::default()),
        ..Node::default()
    }
}

fn sub_node(name: &str, workflow: &str, inputs: &[(&str, &str, &str)]) -> Node {
    let reference = Some(workflow_node::Reference::SubWorkflowRef(id(workflow)));
    Node {
        target: Some(node::Target::WorkflowNode(WorkflowNode { reference })),
        ..task_node(name, "", inputs)
    }
}

fn promise(var: &str, from: &str, output: &str) -> Binding {
    let promise = OutputReference { node_id: from.to_owned(), var: output.to_owned(), ..Default::default() };
    let data = BindingData { value: Some(binding_data::Value::Promise(promise)), ..Default::default() };
    Binding { var: var.to_owned(), binding: Some(data) }
}

fn interface(inputs: &[&str], outputs: &[&str]) -> TypedInterface {
    let int = LiteralType {
        r#type: Some(literal_type::Type::Simple(SimpleType::Integer as i32)),
        ..LiteralType::default()
    };
    let variable =
        |name: &&str| ((*name).to_owned(), Variable { r#type: Some(int.clone()), ..Variable::default() });
    let map = |names: &[&str]| Some(VariableMap { variables: names.iter().map(variable).collect() });
    TypedInterface { inputs: map(inputs), outputs: map(outputs) }
}

/// A compiled workflow: edges follow from the bindings.
fn workflow(name: &str, mut nodes: Vec<Node>, output: (&str, &str)) -> CompiledWorkflow {
    let start = Node { id: START.to_owned(), ..Node::default() };
    let end = Node { id: END.to_owned(), inputs: vec![promise("o0", output.0, output.1)], ..Node::default() };
    nodes.splice(0..0, [start, end]);
    let known: BTreeSet<String> = nodes.iter().map(|node| node.id.clone()).collect();
    let mut downstream: BTreeMap<String, IdList> = BTreeMap::new();
    for node in &nodes {
        for input in &node.inputs {
            let Some(binding_data::Value::Promise(from)) =
                input.binding.as_ref().and_then(|data| data.value.as_ref())
            else {
                continue;
            };
            if known.contains(&from.node_id) {
                downstream.entry(from.node_id.clone()).or_default().ids.push(node.id.clone());
            }
        }
    }
    let template = WorkflowTemplate {
        id: Some(id(name)),
        nodes,
        interface: Some(interface(&["a"], &["o0"])),
        ..WorkflowTemplate::default()
    };
    CompiledWorkflow {
        template: Some(template),
        connections: Some(ConnectionSet { downstream, ..ConnectionSet::default() }),
    }
}

fn branch(name: &str) -> Node {
    let arm = IfBlock {
        condition: Some(BooleanExpression::default()),
        then_node: Some(Box::new(task_node(&format!("{name}-n0"), "shop.inc", &[("a", START, "a")]))),
    };
    let refusal = Error { message: "too small".to_owned(), ..Error::default() };
    let block = IfElseBlock {
        case: Some(Box::new(arm)),
        other: Vec::new(),
        default: Some(if_else_block::Default::Error(refusal)),
    };
    let target = node::Target::BranchNode(Box::new(BranchNode { if_else: Some(Box::new(block)) }));
    Node { target: Some(target), ..task_node(name, "", &[("a", START, "a")]) }
}

/// `inc`, then `inner` twice (each of two `inc`), then a branch.
fn shop() -> Arc<CompiledWorkflowClosure> {
    let inner = workflow(
        "shop.inner",
        vec![
            task_node("n0", "shop.inc", &[("a", START, "a")]),
            task_node("n1", "shop.inc", &[("a", "n0", "o0")]),
        ],
        ("n1", "o0"),
    );
    let outer = workflow(
        "shop.outer",
        vec![
            task_node("n0", "shop.inc", &[("a", START, "a")]),
            sub_node("n1", "shop.inner", &[("a", "n0", "o0")]),
            sub_node("n2", "shop.inner", &[("a", "n0", "o0")]),
            branch("n3"),
            task_node("n4", "shop.lost", &[("a", "n2", "o0"), ("b", "n9", "o0")]),
        ],
        ("n4", "o0"),
    );
    let task = TaskTemplate {
        id: Some(id("shop.inc")),
        r#type: "python-task".to_owned(),
        interface: Some(interface(&["a"], &["o0"])),
        ..TaskTemplate::default()
    };
    Arc::new(CompiledWorkflowClosure {
        primary: Some(outer),
        sub_workflows: vec![inner],
        tasks: vec![CompiledTask { template: Some(task) }],
        ..CompiledWorkflowClosure::default()
    })
}

pub(super) fn drawn(toggled: &[&str]) -> Scene {
    let source = Source { closure: shop(), ..Source::default() };
    scene(&source, &toggled.iter().map(|path| (*path).to_owned()).collect(), &Arrangement::default())
}

fn at(scene: &Scene, path: &str) -> u32 {
    scene.find(path).unwrap_or_else(|| panic!("there is no {path}"))
}

fn select(scene: &Scene, text: &str) -> Vec<String> {
    let phases = vec![Phase::Waiting; scene.nodes.len()];
    let marks = Marks::default();
    let query = Query::parse(text).unwrap().unwrap();
    assert_eq!(Query::parse(&query.to_string()), Ok(Some(query.clone())), "it is written as it is read");
    let found = query.nodes(Subject { scene, marks: &marks, phases: &phases });
    found.into_iter().map(|at| scene.nodes[at as usize].path.clone()).collect()
}

#[test]
fn what_is_open_is_inside_of_its_box_and_nothing_overlaps() {
    let scene = drawn(&["n1", "n2"]);
    let inner = &scene.nodes[at(&scene, "n1/n0") as usize];
    let outer = &scene.nodes[at(&scene, "n1") as usize];
    assert_eq!((inner.parent, outer.inside), (scene.find("n1"), Inside::Nodes));
    for node in &scene.nodes {
        if let Some(up) = node.parent {
            let up = scene.nodes[up as usize].rect;
            let rect = node.rect;
            assert!(up.x <= rect.x && rect.right() <= up.right(), "{}", node.path);
            assert!(up.y + CARD.1 <= rect.y && rect.bottom() <= up.bottom(), "{}", node.path);
        }
        let siblings =
            scene.nodes.iter().filter(|other| other.parent == node.parent && other.path != node.path);
        for other in siblings {
            assert!(!other.rect.meets(&node.rect), "{} {}", node.path, other.path);
        }
    }
}

#[test]
fn one_template_looks_the_same_wherever_it_is_open() {
    let scene = drawn(&["n1", "n2"]);
    let of = |outer: &str, inner: &str| {
        let (outer, inner) =
            (&scene.nodes[at(&scene, outer) as usize], &scene.nodes[at(&scene, inner) as usize]);
        (inner.rect.x - outer.rect.x, inner.rect.y - outer.rect.y)
    };
    assert_eq!(of("n1", "n1/n1"), of("n2", "n2/n1"));
}

#[test]
fn a_branch_of_few_arms_is_open_and_says_when_each_is_taken() {
    let scene = drawn(&[]);
    let arm = &scene.nodes[at(&scene, "n3-n0") as usize];
    assert_eq!((arm.label.as_str(), arm.parent), ("if nothing", scene.find("n3")));
    let otherwise = &scene.nodes[at(&scene, "n3:fail") as usize];
    assert_eq!((otherwise.label.as_str(), otherwise.title.as_str()), ("else", "too small"));
    assert_eq!(drawn(&["n3"]).find("n3-n0"), None);
}

#[test]
fn what_does_not_exist_is_drawn_as_a_ghost() {
    let scene = drawn(&[]);
    let ghost = at(&scene, "n9");
    assert_eq!(scene.nodes[ghost as usize].kind, Kind::Missing);
    assert_eq!(scene.nodes[ghost as usize].downstream, [at(&scene, "n4")]);
}

#[test]
fn a_part_that_is_pulled_out_has_its_own_edges_alone() {
    let source =
        Source { closure: shop(), only: ["n0", "n2"].map(str::to_owned).into(), ..Source::default() };
    let scene = scene(&source, &BTreeSet::new(), &Arrangement::default());
    let paths: Vec<_> = scene.nodes.iter().map(|node| node.path.as_str()).collect();
    assert_eq!((paths, scene.edges.len()), (vec!["n0", "n2"], 1));
}

#[test]
fn what_a_node_grew_is_drawn_in_its_place() {
    let grown = [("n0".to_owned(), Grown::Workflow(shop())), ("n4".to_owned(), Grown::Items(100))];
    let growth = Growth { grown: grown.into(), ..Growth::default() };
    let source = Source { closure: shop(), growth, ..Source::default() };
    let toggled = ["n0", "n4", "n0/n1"].map(str::to_owned).into();
    let scene = scene(&source, &toggled, &Arrangement::default());
    assert!(scene.find("n0/n1/n0").is_some(), "at any depth");
    assert_eq!(scene.nodes[at(&scene, "n4") as usize].inside, Inside::Items { count: 100, row: 15 });
}

#[test]
fn a_large_workflow_is_laid_out_elsewhere() {
    let nodes = (0..=layouts::MOST).map(|at| task_node(&format!("n{at}"), "shop.a", &[])).collect();
    let primary = Some(workflow("shop.large", nodes, ("n0", "o0")));
    let closure = Arc::new(CompiledWorkflowClosure { primary, ..Default::default() });
    let source = Source { closure, ..Source::default() };
    let (nothing, mut made) = (BTreeSet::new(), layouts::Layouts::default());
    let drawn = |made: &_| scene_with(&source, &nothing, &Arrangement::default(), Some(made));
    let first = drawn(&made);
    assert_eq!((first.nodes.len(), first.wanted.len()), (0, 1));
    let wanted = &first.wanted[0];
    assert!(wanted.is_of(&source.closure), "nothing was made for it");
    let pulled = Source { only: wanted.ids().map(str::to_owned).collect(), ..source.clone() };
    let pulled = scene_with(&pulled, &nothing, &Arrangement::default(), Some(&made));
    assert!(!pulled.wanted[0].is_of(&source.closure), "it is a part");
    let ids: Vec<&str> = wanted.ids().collect();
    let packed =
        aileron_compiler::layout::layout_with(wanted.workflow().expect("it is there"), &METRICS).pack();
    made.insert(wanted.key, wanted.read(&packed).expect("it is of this workflow"));
    let second = drawn(&made);
    assert_eq!((second.nodes.len(), second.wanted.len()), (ids.len(), 0));
    assert_eq!(second.nodes[0].rect, scene(&source, &nothing, &Arrangement::default()).nodes[0].rect);
}

#[test]
fn what_is_inside_of_what_has_ended_and_never_began_will_not_run() {
    let scene = drawn(&["n1"]);
    let run = |phase| Run { phase, ..Run::default() };
    let runs = ["n1", "n1/n0"].map(|path| (path.to_owned(), run(Phase::Succeeded))).into();
    let phases = phases_of(&scene, &runs, Phase::Waiting);
    let of = |path: &str| phases[at(&scene, path) as usize];
    assert_eq!([of("n1/n0"), of("n1/n1"), of("n2")], [Phase::Succeeded, Phase::NotRun, Phase::Waiting]);
    assert_eq!(phases_of(&scene, &BTreeMap::new(), Phase::NotRun)[0], Phase::NotRun);
}

#[test]
fn a_workflow_inside_of_itself_is_not_opened_for_ever() {
    let mut closure = (*shop()).clone();
    closure.sub_workflows[0] = workflow("shop.inner", vec![sub_node("n0", "shop.inner", &[])], ("n0", "o0"));
    let source = Source { closure: Arc::new(closure), ..Source::default() };
    let toggled = ["n1", "n1/n0"].map(str::to_owned).into();
    let scene = scene(&source, &toggled, &Arrangement::default());
    assert!(scene.find("n1/n0").is_some() && scene.find("n1/n0/n0").is_none());
}

#[test]
fn the_arrow_keys_follow_the_edges_and_go_into_boxes() {
    let scene = drawn(&["n1"]);
    let walk = |from: &str, step| {
        scene.neighbour(at(&scene, from), step).map(|to| scene.nodes[to as usize].path.as_str())
    };
    assert_eq!(walk("n0", Step::Upstream), Some(START));
    assert_eq!(walk("n1", Step::Upstream), Some("n0"));
    assert_eq!(walk("n1/n0", Step::Downstream), Some("n1/n1"));
    assert_eq!(walk("n1", Step::Into), Some("n1/start-node"));
    assert_eq!(walk("n1/n0", Step::Out), Some("n1"));
    assert_eq!(walk("n0", Step::Out), None);
    let (upper, lower) = if walk("n1", Step::Below) == Some("n2") { ("n1", "n2") } else { ("n2", "n1") };
    assert_eq!(walk(lower, Step::Above), Some(upper));
}

#[test]
fn a_point_is_of_the_innermost_node_and_of_the_nearest_edge() {
    let scene = drawn(&["n1"]);
    let inner = scene.nodes[at(&scene, "n1/n0") as usize].rect.middle();
    assert_eq!(scene.node_at(inner.0, inner.1), scene.find("n1/n0"));
    assert_eq!(scene.node_at(-9.0, -9.0), None);
    for (number, edge) in (0..).zip(&scene.edges) {
        let (x, y) = scene.line(edge)[0];
        let found = scene.edge_at(x + 0.5, y, 3.0).unwrap();
        assert_eq!(scene.edges[found as usize].from, scene.edges[number as usize].from);
    }
}

#[test]
fn an_edge_says_what_it_carries() {
    let scene = drawn(&[]);
    let number = scene
        .edges
        .iter()
        .position(|edge| (edge.from, edge.to) == (at(&scene, "n0"), at(&scene, "n1")))
        .unwrap();
    let int = "int".to_owned();
    let one =
        Carried { output: "o0".to_owned(), output_type: int.clone(), input: "a".to_owned(), input_type: int };
    assert_eq!(bindings::carried(&scene, u32::try_from(number).unwrap()), [one]);
}

#[test]
fn a_value_is_followed_out_of_its_workflow_to_where_it_starts() {
    let scene = drawn(&["n1"]);
    let hops = bindings::origin(&scene, at(&scene, "n1/n1"), "a");
    let way: Vec<_> = hops.iter().map(|Hop { depth, text, .. }| (*depth, text.as_str())).collect();
    let expected = [(0, "a ← n0.o0"), (1, "a ← n1.a"), (2, "a ← n0.o0"), (3, "a ← inputs.a")];
    assert_eq!(way, expected);
    assert_eq!(hops[2].node.as_deref(), Some("n0"));
    let readers = bindings::readers(&scene, at(&scene, "n0"));
    let readers: Vec<_> =
        readers.iter().map(|reader| (reader.node.as_str(), reader.input.as_str())).collect();
    assert_eq!(readers, [("n1", "a"), ("n2", "a")]);
}

#[test]
fn the_selection_language_finds_nodes() {
    let scene = drawn(&[]);
    assert_eq!(select(&scene, "n0"), ["n0"]);
    assert_eq!(select(&scene, "lost"), ["n4"]);
    assert_eq!(select(&scene, "type:sub-workflow"), ["n1", "n2"]);
    assert_eq!(select(&scene, "+n2"), [START, "n0", "n2"]);
    assert_eq!(select(&scene, "n0+1"), ["n0", "n1", "n2"]);
    assert_eq!(select(&scene, "1+n2"), ["n0", "n2"]);
    assert_eq!(select(&scene, "path(n0,n4)"), ["n0", "n2", "n4"]);
    assert_eq!(select(&scene, "n0 n1 & type:python-task"), ["n0"]);
    assert_eq!(select(&scene, "shop.* & !(n1 n2)").len(), 3);
    assert_eq!(select(&scene, "!type:task").len(), scene.nodes.len() - 3, "n0, n4 and the arm are tasks");
}

#[test]
fn a_selection_that_cannot_be_read_says_where() {
    let wrong = |text: &str| Query::parse(text).unwrap_err();
    assert_eq!(wrong("path(a b").to_string(), "path(a,b) wants a comma at character 9");
    assert_eq!(wrong("a & ").at, 4);
    assert_eq!(wrong("a)").message, "a bracket closes nothing");
    assert_eq!(Query::parse("  "), Ok(None));
    assert!(Query::parse(&"(".repeat(10_000)).is_err());
}

#[test]
fn phases_and_troubles_are_selected() {
    let scene = drawn(&[]);
    let mut phases = vec![Phase::Succeeded; scene.nodes.len()];
    phases[at(&scene, "n1") as usize] = Phase::Failed;
    let marks = Marks::default();
    let of = |text: &str| {
        let query = Query::parse(text).unwrap().unwrap();
        query.nodes(Subject { scene: &scene, marks: &marks, phases: &phases })
    };
    assert_eq!(of("err"), of("phase:failed"));
    assert_eq!(of("err").into_iter().collect::<Vec<_>>(), [at(&scene, "n1")]);
}

#[test]
fn findings_are_marked_where_they_are() {
    let scene = drawn(&["n1"]);
    let finding = |code: &str, workflow: Option<&str>, node: &str, variable: Option<&str>| Finding {
        code: code.to_owned(),
        error: true,
        workflow: workflow.map(str::to_owned),
        node: Some(node.to_owned()),
        variable: variable.map(str::to_owned),
        got: Some("n0>n1>n0".to_owned()),
        message: "nothing leads to: n2, n4".to_owned(),
        ..Finding::default()
    };
    let diagnostics = vec![
        finding("MismatchingTypes", None, "n1", Some("a")),
        finding("CycleDetected", Some("shop.inner"), "n0", None),
        finding("UnreachableNodes", None, "n2", None),
    ];
    let verdict =
        Compilation { diagnostics, missing: vec!["shop.lost".to_owned()], ..Compilation::default() };
    let marks = Marks::of_verdict(&scene, &verdict, None);
    let fault = |path: &str| marks.of(path).and_then(|mark| mark.fault);
    assert_eq!(fault("n4"), Some(Fault::Missing));
    assert_eq!(fault("n9"), Some(Fault::Missing));
    assert_eq!(fault("n1/n0"), Some(Fault::Circle));
    assert_eq!(fault("n2"), Some(Fault::Unreachable));
    let edge = |from: &str, to: &str| marks.edges.get(&(from.to_owned(), to.to_owned())).copied();
    assert_eq!(edge("n0", "n1"), Some(EdgeMark::Mismatch));
    assert_eq!(edge("n1/n0", "n1/n1"), Some(EdgeMark::Circle));
    assert_eq!(marks.of("n1").map(|mark| mark.errors), Some(1));
    assert_eq!(Change::of("moved").map(Change::glyph), Some("→"));
}

#[test]
fn what_was_moved_stays_moved_and_takes_its_lines_along() {
    let mut arrangement = Arrangement::default();
    arrangement.shift("n4", 40.0, 200.0);
    let source = Source { closure: shop(), ..Source::default() };
    let moved = scene(&source, &BTreeSet::new(), &arrangement);
    let still = drawn(&[]);
    let place = |scene: &Scene| scene.nodes[at(scene, "n4") as usize].rect;
    assert_eq!(place(&moved), place(&still).moved(40.0, 200.0));
    let arriving = moved.edges.iter().find(|edge| edge.to == at(&moved, "n4")).unwrap();
    let end = moved.line(arriving).last().unwrap();
    assert_eq!(end.0, place(&moved).x);
    let kept: Arrangement = serde_json::from_str(&serde_json::to_string(&arrangement).unwrap()).unwrap();
    assert_eq!(kept, arrangement);
}

#[test]
fn a_structure_is_that_of_ids_and_edges() {
    let closure = shop();
    let (outer, inner) = (closure.primary.as_ref().unwrap(), &closure.sub_workflows[0]);
    let mut renamed = outer.clone();
    renamed.template.as_mut().unwrap().id.as_mut().unwrap().version = "v2".to_owned();
    assert_eq!(arrange::structure(outer), arrange::structure(&renamed), "versions do not count");
    assert_ne!(arrange::structure(outer), arrange::structure(inner));
}

#[test]
fn a_viewport_sees_what_is_in_it() {
    let scene = drawn(&[]);
    let rect = scene.nodes[at(&scene, "n4") as usize].rect;
    let viewport = Viewport { x: f64::from(-rect.x), y: f64::from(-rect.y), scale: 1.0 };
    let seen: Seen = view::seen(&scene, &viewport, (f64::from(rect.width), f64::from(rect.height)));
    assert!(seen.nodes.contains(&at(&scene, "n4")) && !seen.nodes.contains(&at(&scene, START)));
    assert_eq!(view::cards(&scene, &seen, &viewport), seen.nodes);
    assert!(view::cards(&scene, &seen, &Viewport { scale: 0.2, ..viewport }).is_empty(), "they are drawn");
}

#[test]
fn bars_count_every_outermost_node_once() {
    let scene = drawn(&["n1"]);
    let outermost = scene.nodes.iter().filter(|node| node.parent.is_none()).count();
    let bars = view::bars(&scene, 10_000.0, |_| 1);
    let counted: u32 = bars.iter().map(|bar| bar.counts[1]).sum();
    assert_eq!(counted as usize, outermost);
    assert!(bars.len() < outermost);
}

#[test]
fn the_outline_is_the_scene_as_a_tree() {
    let scene = drawn(&["n1"]);
    let lines = outline::lines(&scene);
    let line = |path: &str| lines[at(&scene, path) as usize];
    assert_eq!((line("n1").level, line("n1").open), (1, Some(true)));
    assert_eq!((line("n2").open, line("n0").open), (Some(false), None));
    assert_eq!((line("n1/n0").level, line("n1/n0").of), (2, 4));
    assert_eq!(outline::neighbours(&scene, at(&scene, "n0")), "1 upstream, 2 downstream");
}

#[test]
fn a_large_scene_is_found_through() {
    let nodes = (0..5_000).map(|at| task_node(&format!("n{at}"), "shop.inc", &[("a", START, "a")])).collect();
    let closure =
        CompiledWorkflowClosure { primary: Some(workflow("w", nodes, ("n0", "o0"))), ..Default::default() };
    let source = Source { closure: Arc::new(closure), ..Source::default() };
    let scene = scene(&source, &BTreeSet::new(), &Arrangement::default());
    let seen = view::seen(&scene, &Viewport { x: 0.0, y: 0.0, scale: 1.0 }, (1_440.0, 900.0));
    assert!(seen.nodes.len() < 30 && seen.edges.len() < 5_001, "{} {}", seen.nodes.len(), seen.edges.len());
}
