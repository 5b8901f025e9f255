//! Measures the compiler natively, and other layouts; `cargo xtask bench compiler` makes rows of it.
//!
//!     measure FOLDER [NAME]...
//!
//! writes one JSON object of numbers to standard output, what it does to standard error, and the files that
//! `wasm.mjs` measures with into the folder. With names, it measures those
//! workloads alone. Times are milliseconds, the least of several runs.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use aileron_compiler::compile;
use aileron_compiler::layout::layout;
use aileron_compiler_bench::drawing::Drawing;
use aileron_compiler_bench::programs::{self, Kind, Program};
use aileron_compiler_bench::{Graph, corpus, node, sugiyama, workloads};
use aileron_workbench::{Workspace, view};
use anyhow::{Context, Result};
use prost::Message;
use serde::Serialize;

const RUNS: usize = 7;
/// Fields of the form whose every keystroke is judged.
const FIELDS: usize = 200;
/// Graphs that other layouts draw, too; larger ones take them minutes.
const WITH_PEERS: [&str; 2] = ["recent_50", "recent_1k"];

/// What was measured, by name; each number is shown when it is known.
#[derive(Default, Serialize)]
struct Numbers(BTreeMap<String, f64>);

impl Numbers {
    fn insert(&mut self, name: String, number: f64) {
        eprintln!("{name}: {number:.2}");
        self.0.insert(name, number);
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("name a folder")?);
    let only: Vec<_> = arguments.collect();
    let is_wanted = |name: &str| only.is_empty() || only.iter().any(|wanted| wanted == name);
    let mut numbers = Numbers::default();
    for (name, program) in workloads::compiled().filter(|(name, _)| is_wanted(name)) {
        let closure = compiled(name, &program, &mut numbers);
        fs::write(folder.join(format!("{name}.pb")), &closure)?;
        facade(name, &closure, &mut numbers)?;
    }
    for (name, graph) in workloads::drawn().into_iter().filter(|(name, _)| is_wanted(name)) {
        fs::write(folder.join(format!("{name}.pb")), drawn(name, &graph, &mut numbers))?;
    }
    fs::write(folder.join("form.pb"), programs::form(FIELDS).encode_to_vec())?;
    if only.is_empty() {
        peers(&mut numbers)?;
        numbers.insert("crossings".to_owned(), crossings()?);
    }
    println!("{}", serde_json::to_string(&numbers)?);
    Ok(())
}

/// The least time of several runs, without preparing and forgetting.
fn least<I, T>(prepare: impl Fn() -> I, work: impl Fn(I) -> T) -> f64 {
    let runs = (0..RUNS).map(|_| {
        let input = prepare();
        let started = Instant::now();
        let answer = black_box(work(input));
        let taken = started.elapsed().as_secs_f64() * 1e3;
        drop(answer);
        taken
    });
    runs.fold(f64::INFINITY, f64::min)
}

/// Measures the compiler; answers the encoded closure.
fn compiled(name: &str, program: &Program, numbers: &mut Numbers) -> Vec<u8> {
    numbers.insert(format!("{name}_native"), least(|| program.request(), compile));
    program.closure().encode_to_vec()
}

/// The same through the workbench, as wasm does it: opening the file, and from there to the verdict's JSON.
fn facade(name: &str, closure: &[u8], numbers: &mut Numbers) -> Result<()> {
    let mut workspace = Workspace::default();
    let opened = least(Workspace::default, |mut workspace| workspace.add(closure, name).map(|_| workspace));
    numbers.insert(format!("{name}_open_native"), opened);
    let added = workspace.add(closure, name)?;
    let id = added.entities.first().context("an entity")?.id;
    let another = programs::form(1).encode_to_vec();
    let mut times = Vec::new();
    for _ in 0..RUNS {
        // The workspace keeps verdicts until another file comes.
        workspace.add(&another, "another.pb")?;
        let started = Instant::now();
        let verdict = workspace.compile(id)?;
        black_box(serde_json::to_string(&view::Compilation::from(verdict.as_ref()))?);
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    numbers.insert(format!("{name}_facade"), times.into_iter().fold(f64::INFINITY, f64::min));
    Ok(())
}

/// Measures the layout; answers the encoded closure of a program of the shape.
fn drawn(name: &str, graph: &Graph, numbers: &mut Numbers) -> Vec<u8> {
    let closure = Program::new(graph, |_| Kind::Task).closure();
    let workflow = closure.primary.clone().unwrap_or_default();
    numbers.insert(format!("layout_{name}_native"), least(|| &workflow, layout));
    closure.encode_to_vec()
}

/// Of the corpus: ours over those of the better of the other layouts for each graph.
fn crossings() -> Result<f64> {
    let peers = corpus::peers()?;
    let (mut ours, mut others) = (0, 0);
    for graph in corpus::graphs()? {
        ours += Drawing::of(&layout(&graph.workflow())).crossings();
        others += peers[&graph.name].values().map(|peer| peer.crossings).min().unwrap_or(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts, shown with three digits")]
    Ok(ours as f64 / others as f64)
}

/// Each draws each graph once: the slow ones take seconds.
fn peers(numbers: &mut Numbers) -> Result<()> {
    let graphs = workloads::drawn().into_iter().filter(|(name, _)| WITH_PEERS.contains(name));
    for (name, graph) in graphs {
        let started = Instant::now();
        black_box(sugiyama::draw(&graph));
        numbers.insert(format!("layout_{name}_sugiyama"), started.elapsed().as_secs_f64() * 1e3);
        for layout in ["dagre", "elkjs"] {
            // The first graph warms the layout up.
            let drawn = node::draw(layout, &[workloads::drawn()[0].1.clone(), graph.clone()])?;
            let time = drawn.last().context("a drawing")?.milliseconds;
            numbers.insert(format!("layout_{name}_{layout}"), time);
        }
    }
    Ok(())
}
