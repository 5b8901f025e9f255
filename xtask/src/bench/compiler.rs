//! The compiler and its layout, natively and in wasm: `docs/bench/compiler.md`.
//!
//! `compiler/bench/src/bin/measure.rs` measures times natively and writes what `compiler/bench/wasm.mjs` measures
//! in Node, through the module that a page's worker loads; `memory.rs` beside it counts what is allocated.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Goal::{AtMost, Context as Shown};
use super::{Report, Row, kilobytes, row};
use crate::cache::Places;
use crate::{process, setup, workbench};

const ROWS: [Row; 49] = [
    row("compile 10,000 nodes, native", "columns_10k_native", "ms", AtMost(40.0)),
    row("compile 50,000 nodes, native", "columns_50k_native", "ms", AtMost(250.0)),
    row("five times the nodes take so many times as long", "growth", "×", AtMost(6.0)),
    row("compile a chain of 50,000 tasks, native", "chain_50k_native", "ms", AtMost(250.0)),
    row("compile a fan of 50,000 tasks, native", "fan_50k_native", "ms", AtMost(250.0)),
    row("compile 50,000 branches, native", "branches_50k_native", "ms", Shown),
    row("compile 50,000 sub-workflow nodes, native", "sub_workflows_50k_native", "ms", AtMost(250.0)),
    row("compile 10,000 approvals of a type of 1 MB, native", "approvals_10k_native", "ms", AtMost(40.0)),
    row("10,000 nodes through the workbench, native", "columns_10k_facade", "ms", Shown),
    row("10,000 nodes through the workbench, wasm", "columns_10k_wasm", "ms", Shown),
    row("10,000 nodes, wasm over native", "columns_10k_ratio", "×", AtMost(2.0)),
    row("50,000 nodes through the workbench, native", "columns_50k_facade", "ms", Shown),
    row("50,000 nodes through the workbench, wasm", "columns_50k_wasm", "ms", Shown),
    row("50,000 nodes, wasm over native", "columns_50k_ratio", "×", AtMost(2.0)),
    row("open a closure of 10,000 nodes, wasm", "columns_10k_open_wasm", "ms", AtMost(300.0)),
    row("open a closure of 50,000 nodes, native", "columns_50k_open_native", "ms", Shown),
    row("open a closure of 50,000 nodes, wasm", "columns_50k_open_wasm", "ms", Shown),
    row("closure of 10,000 nodes, encoded", "columns_10k_megabytes", "MB", Shown),
    row("memory that compiling 10,000 nodes takes, over that", "columns_10k_memory", "×", AtMost(4.0)),
    row("the same with the decoded request", "columns_10k_memory_with_request", "×", Shown),
    row("the decoded request alone", "columns_10k_memory_request", "×", Shown),
    row("closure of 50,000 nodes, encoded", "columns_50k_megabytes", "MB", Shown),
    row("memory that compiling 50,000 nodes takes, over that", "columns_50k_memory", "×", AtMost(4.0)),
    row("the same with the decoded request", "columns_50k_memory_with_request", "×", Shown),
    row("the decoded request alone", "columns_50k_memory_request", "×", Shown),
    row("layout of 50 nodes, wasm", "layout_recent_50_wasm", "ms", AtMost(2.0)),
    row("layout of 1,000 nodes, wasm", "layout_recent_1k_wasm", "ms", AtMost(20.0)),
    row("layout of 5,000 nodes, wasm", "layout_recent_5k_wasm", "ms", AtMost(80.0)),
    row("layout of 10,000 nodes, wasm", "layout_recent_10k_wasm", "ms", AtMost(150.0)),
    row("layout of 50,000 nodes, wasm", "layout_recent_50k_wasm", "ms", AtMost(700.0)),
    row("layout of a chain of 5,000, wasm", "layout_chain_5k_wasm", "ms", AtMost(50.0)),
    row("layout of a fan of 5,000, wasm", "layout_fan_5k_wasm", "ms", AtMost(50.0)),
    row("layout of 50 nodes, native", "layout_recent_50_native", "ms", Shown),
    row("the same, rust-sugiyama 0.4.0, native", "layout_recent_50_sugiyama", "ms", Shown),
    row("the same, dagre 3.1.3, Node", "layout_recent_50_dagre", "ms", Shown),
    row("the same, elkjs 0.12.1, Node", "layout_recent_50_elkjs", "ms", Shown),
    row("layout of 1,000 nodes, native", "layout_recent_1k_native", "ms", Shown),
    row("the same, rust-sugiyama 0.4.0, native", "layout_recent_1k_sugiyama", "ms", Shown),
    row("the same, dagre 3.1.3, Node", "layout_recent_1k_dagre", "ms", Shown),
    row("the same, elkjs 0.12.1, Node", "layout_recent_1k_elkjs", "ms", Shown),
    row("layout of 5,000 nodes, native", "layout_recent_5k_native", "ms", Shown),
    row("layout of 10,000 nodes, native", "layout_recent_10k_native", "ms", Shown),
    row("layout of 50,000 nodes, native", "layout_recent_50k_native", "ms", Shown),
    row("layout of a chain of 5,000, native", "layout_chain_5k_native", "ms", Shown),
    row("layout of a fan of 5,000, native", "layout_fan_5k_native", "ms", Shown),
    row("crossings over the better of elkjs and rust-sugiyama, whole corpus", "crossings", "×", AtMost(1.05)),
    row("verdict on one changed input of 200, wasm", "keystroke", "ms", AtMost(5.0)),
    row("workbench: wasm, brotli", "wasm_brotli", "KB", AtMost(500.0)),
    row("workbench: wasm, plain", "wasm_plain", "KB", Shown),
];

/// Builds what is measured, measures, and writes the report.
pub(super) fn run(places: &Places) -> Result<()> {
    process::step("set up", || setup::compiler_bench(places))?;
    let module = places.target.join("workbench-node");
    process::step("build the workbench as wasm", || {
        workbench::build(places, "nodejs", "wasm-worker", &module)
    })?;
    process::step("build the measuring program", || {
        let package = ["--package", "aileron-compiler-bench", "--bin", "measure", "--bin", "memory"];
        process::run(places.cargo().args(["build", "--release"]).args(package))
    })?;
    let report = Report::begin(METHOD, &ROWS)?;
    let mut numbers = process::step("measure", || measure(places, &module))?;
    derive(&mut numbers);
    weigh(&module, &mut numbers)?;
    report.write(&numbers, &places.root.join("docs/bench/compiler.md"))
}

/// The programs print progress on standard error and one JSON object on standard output.
fn measure(places: &Places, module: &Path) -> Result<Value> {
    let folder = places.target.join("compiler-bench");
    fs::create_dir_all(&folder)?;
    let mut native = places.command(&places.target.join("release/measure").to_string_lossy());
    let mut numbers = answer(native.arg(&folder))?;
    let mut memory = places.command(&places.target.join("release/memory").to_string_lossy());
    let mut node = places.command("node");
    node.arg("compiler/bench/wasm.mjs").arg(module.join("aileron_workbench.js")).arg(&folder);
    for program in [&mut memory, &mut node] {
        if let (Value::Object(numbers), Value::Object(more)) = (&mut numbers, answer(program)?) {
            numbers.extend(more);
        }
    }
    Ok(numbers)
}

fn answer(program: &mut std::process::Command) -> Result<Value> {
    Ok(serde_json::from_str(&process::answer(program.stderr(Stdio::inherit()))?)?)
}

/// Numbers that are told by others.
fn derive(numbers: &mut Value) {
    let quotients = [
        ("growth", "columns_50k_native", "columns_10k_native"),
        ("columns_10k_ratio", "columns_10k_wasm", "columns_10k_facade"),
        ("columns_50k_ratio", "columns_50k_wasm", "columns_50k_facade"),
    ];
    for (quotient, of, by) in quotients {
        if let (Some(of), Some(by)) = (numbers[of].as_f64(), numbers[by].as_f64()) {
            numbers[quotient] = Value::from(of / by);
        }
    }
}

/// What a browser transfers.
fn weigh(module: &Path, numbers: &mut Value) -> Result<()> {
    let wasm = fs::read(module.join("aileron_workbench_bg.wasm"))?;
    let mut out = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
    out.write_all(&wasm).context("compress the workbench")?;
    numbers["wasm_plain"] = Value::from(kilobytes(wasm.len() as u64));
    numbers["wasm_brotli"] = Value::from(kilobytes(out.into_inner().len() as u64));
    Ok(())
}

const METHOD: &str = "\
# The compiler, measured

Written by `cargo xtask bench compiler`; run it on an otherwise idle machine to measure again.

Method. `compiler/bench` generates workflows from seeds. The goals' are columns of 100 nodes, each of which takes four
values of the column before; one node in a hundred is a branch of two tasks, one a sub-workflow. Native times are
those of `compile` on decoded templates. Through the workbench an opened closure is compiled again, up to the JSON of
the verdict, by the same calls natively and in wasm; wasm is the module of a page's worker, in Node. Layouts are of
workflows in which each node takes one to three of the forty before it; in wasm they are timed up to the JSON of
the picture. Other layouts draw the same graphs: once each, elkjs and dagre after a first graph that warms them up.
Memory is what `compile` allocates at its most over the encoded closure; the decoded templates, which it takes and
which become the closure, are told apart.
Each time is the least of seven. Absolute figures drift with the machine; compare rows of one run.
";
