//! The page in Chromium: `docs/bench/console.md`.
//!
//! `compiler/bench/src/bin/closures.rs` writes what is dropped, `tests/e2e/bench.mjs` drives the browser.

use std::fs;
use std::process::Stdio;

use anyhow::Result;
use serde_json::Value;

use super::Goal::{AtMost, Context as Shown};
use super::{Report, Row, row};
use crate::cache::Places;
use crate::{console, demo, process, setup};

const ROWS: [Row; 33] = [
    row("dropped closure of 1,000 nodes to drawing and problems", "paint_1k", "ms", AtMost(150.0)),
    row("dropped closure of 10,000 nodes to drawing and problems", "paint_10k", "ms", AtMost(900.0)),
    row("a frame of panning and zooming, 1,000 nodes", "frame_1k", "ms", AtMost(6.0)),
    row("a frame of panning and zooming, 10,000 nodes", "frame_10k", "ms", AtMost(10.0)),
    row("a frame of panning and zooming, 50,000 nodes", "frame_50k", "ms", AtMost(16.0)),
    row("the median of these, 1,000 nodes", "frame_1k_median", "ms", Shown),
    row("the median of these, 10,000 nodes", "frame_10k_median", "ms", Shown),
    row("the median of these, 50,000 nodes", "frame_50k_median", "ms", Shown),
    row("elements of the page, 1,000 nodes", "elements_1k", "", AtMost(2500.0)),
    row("elements of the page, 10,000 nodes", "elements_10k", "", AtMost(2500.0)),
    row("elements of the page, 50,000 nodes", "elements_50k", "", AtMost(2500.0)),
    row("memory of the page, 1,000 nodes", "memory_1k", "MB", Shown),
    row("memory of the page, 10,000 nodes", "memory_10k", "MB", AtMost(80.0)),
    row("memory of the page, 50,000 nodes", "memory_50k", "MB", Shown),
    row("layout of 50 nodes", "layout_recent_50", "ms", AtMost(2.0)),
    row("layout of 1,000 nodes", "layout_recent_1k", "ms", AtMost(20.0)),
    row("layout of 5,000 nodes", "layout_recent_5k", "ms", AtMost(80.0)),
    row("layout of 10,000 nodes", "layout_recent_10k", "ms", AtMost(150.0)),
    row("layout of 50,000 nodes", "layout_recent_50k", "ms", AtMost(700.0)),
    row("layout of a chain of 5,000", "layout_chain_5k", "ms", AtMost(50.0)),
    row("layout of a fan of 5,000", "layout_fan_5k", "ms", AtMost(50.0)),
    row(
        "list of executions, cold at 10 Mbit/s and a quarter of the speed, to rows",
        "opened_cold",
        "ms",
        AtMost(1800.0),
    ),
    row("list of executions, from the browser's cache, to rows", "opened_warm", "ms", AtMost(500.0)),
    row("keystroke to verdict, form of 200 fields", "keystroke", "ms", AtMost(16.0)),
    row(
        "event of one of 1,000 running nodes, 100 a second, to its row",
        "event_to_pixel",
        "ms",
        AtMost(500.0),
    ),
    row("from frame to frame meanwhile", "event_frame", "ms", AtMost(50.0)),
    row("a frame of scrolling through 2,000 executions", "scroll_frame", "ms", AtMost(16.7)),
    row("rows of the list in the page", "scroll_rows", "", AtMost(80.0)),
    row("pages of lists: wasm, brotli", "console_wasm", "KB", AtMost(350.0)),
    row("pages with a graph: wasm, brotli", "run_wasm", "KB", AtMost(350.0)),
    row("forms: wasm, brotli", "launch_wasm", "KB", AtMost(350.0)),
    row("workbench page: wasm, brotli", "workbench_wasm", "KB", AtMost(350.0)),
    row("workbench worker: wasm, brotli", "worker_wasm", "KB", AtMost(500.0)),
];

/// Builds what is measured, measures, and writes the report.
pub(super) fn run(places: &Places) -> Result<()> {
    process::step("set up", || setup::console_bench(places))?;
    process::step("build the console", || console::build(places))?;
    let folder = places.target.join("console-bench");
    process::step("write the workflows", || {
        fs::create_dir_all(&folder)?;
        let mut cargo = places.cargo();
        cargo.args(["run", "--quiet", "--package", "aileron-compiler-bench", "--bin", "closures"]);
        process::run(cargo.arg(&folder))
    })?;
    let report = Report::begin(METHOD, &ROWS)?;
    let mut numbers = process::step("measure", || {
        let mut node = places.command("node");
        node.arg("tests/e2e/bench.mjs").arg(places.root.join("dist")).arg(&folder);
        Ok(serde_json::from_str::<Value>(&process::answer(node.stderr(Stdio::inherit()))?)?)
    })?;
    let live = process::step("measure on a server", || {
        // The binary that is named is there.
        if places.tested() == places.binary() {
            demo::build_server(places)?;
        }
        let mut node = places.command("node");
        node.arg("tests/e2e/bench_live.mjs").arg(places.tested());
        Ok(serde_json::from_str::<Value>(&process::answer(node.stderr(Stdio::inherit()))?)?)
    })?;
    if let (Some(numbers), Value::Object(live)) = (numbers.as_object_mut(), live) {
        numbers.extend(live);
    }
    for (key, weight) in console::weights(&places.root.join("dist"))? {
        numbers[key] = Value::from(weight);
    }
    report.write(&numbers, &places.root.join("docs/bench/console.md"))
}

const METHOD: &str = "\
# The page, measured

Written by `cargo xtask bench console`; run it on an otherwise idle machine to measure again.

Method. Headless Chromium without a graphics card, 1440 by 900 pixels. Workflows are those of the layout's benchmark:
each node takes one to three values of the forty before it; in the first two rows every fiftieth node takes an
output that does not exist. A drop counts from the event to the frame in which the finished drawing and the findings
are on the page; the worker has been started and has practised before, as it has while a reader looks for a file. A frame counts from its
first script to the end of its style, layout and paint on the main thread, while a script turns the wheel through every
level of detail and pans between. Times are the 95th of 100: of 30 drops (10 for 10,000 nodes), of 240 frames, of 30
layouts (10 for 50,000 nodes). The list is opened 30 times by a browser that knows nothing, with 10 Mbit/s, 20 ms of latency
and the processor slowed down to a quarter, and again from its cache at full speed; it counts from the navigation to the
first row. A keystroke counts to the task after it, in 30 fields. Of 1,000 nodes that run, by events sent from outside, 600 end,
100 a second; of those in sight it is taken how long after the server's answer to the event their row shows it. Memory is the heap of the page's script after a collection, and its wasm memory.
Absolute figures drift with the machine; compare rows of one run.
";
