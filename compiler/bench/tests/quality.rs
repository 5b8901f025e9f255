//! The layout draws at least as well as others do, on every graph of the corpus.

use std::fmt::Write;

use aileron_compiler::layout::layout;
use aileron_compiler_bench::corpus::{self, Peer};
use aileron_compiler_bench::drawing::Drawing;
use aileron_compiler_bench::{Graph, families, recorded};
use expect_test::expect;

/// How many more crossings than in the better of the other layouts are as good: a twentieth.
const RATIO: f64 = 1.05;
/// In graphs that hardly cross a twentieth is less than one: two are as good as none.
const FEW: u64 = 2;
/// The corpus is not empty by mistake.
const GRAPHS_AT_LEAST: usize = 150;

struct Drawn {
    graph: Graph,
    drawing: Drawing,
}

fn drawn() -> Vec<Drawn> {
    let graphs = corpus::graphs().expect("the corpus is there");
    assert!(graphs.len() >= GRAPHS_AT_LEAST);
    let draw = |graph: Graph| Drawn { drawing: Drawing::of(&layout(&graph.workflow())), graph };
    graphs.into_iter().map(draw).collect()
}

fn at_most(crossings: u64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "counts"
    )]
    let ratio = (crossings as f64 * RATIO) as u64;
    ratio.max(crossings + FEW)
}

#[test]
fn edges_cross_no_more_often_than_in_the_better_of_other_layouts() {
    let peers = corpus::peers().unwrap();
    let (mut ours, mut best, mut report) = (0, 0, String::new());
    for Drawn { graph, drawing } in drawn() {
        let crossings = drawing.crossings();
        let better = peers[&graph.name].values().map(|peer| peer.crossings).min().unwrap();
        (ours, best) = (ours + crossings, best + better);
        if crossings > at_most(better) {
            writeln!(report, "{}: {crossings}, others {better}", graph.name).unwrap();
        }
    }
    println!("crossings: {ours}; of the better of the others for each graph: {best}");
    assert!(report.is_empty(), "{report}");
    assert!(ours <= best, "{ours} crossings, others {best}");
}

#[test]
fn no_node_lies_on_another_and_no_line_passes_through_one() {
    for Drawn { graph, drawing } in drawn() {
        assert_eq!((drawing.overlaps(), drawing.lines_through_nodes()), (0, 0), "{}", graph.name);
    }
}

/// The same bytes on every machine; in the browser, too, as the workbench's tests in wasm show.
#[test]
fn pictures_are_the_same_everywhere() {
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    for Drawn { drawing, .. } in drawn() {
        for byte in format!("{drawing:?}").bytes() {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    expect!["ea99c1e4a13e393e"].assert_eq(&format!("{digest:016x}"));
}

#[test]
fn the_corpus_is_what_is_generated_and_recorded() {
    let mut graphs = recorded::graphs().unwrap();
    graphs.extend(families::all());
    assert_eq!(corpus::graphs().unwrap(), graphs);
}

#[test]
fn other_layouts_were_counted_by_our_counter() {
    let peers = corpus::peers().unwrap();
    for graph in families::all().iter().filter(|graph| graph.nodes <= 60) {
        let counted = Peer::of(&aileron_compiler_bench::sugiyama::draw(graph));
        assert_eq!(peers[&graph.name][aileron_compiler_bench::sugiyama::NAME], counted, "{}", graph.name);
    }
}
