//! Measures what compiling takes of memory; `cargo xtask bench compiler` makes rows of it.
//!
//! It writes one JSON object of numbers to standard output. It is a program of its own, because counting what
//! is allocated takes time that `measure` would measure.

#![expect(clippy::print_stdout, reason = "a command line tool talks to its terminal")]

use std::collections::BTreeMap;

use aileron_compiler::compile;
use aileron_compiler_bench::workloads;
use anyhow::Result;
use peak_alloc::PeakAlloc;
use prost::Message;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() -> Result<()> {
    let mut numbers = BTreeMap::new();
    for (name, program) in workloads::compiled() {
        let before = MEMORY.current_usage();
        let request = program.request();
        let requested = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let compiled = compile(request);
        let most = MEMORY.peak_usage();
        let encoded = compiled.closure.encoded_len();
        #[expect(clippy::cast_precision_loss, reason = "sizes, shown with three digits")]
        let over = |bytes: usize| bytes as f64 / encoded as f64;
        numbers.insert(format!("{name}_memory"), over(most - requested));
        numbers.insert(format!("{name}_memory_with_request"), over(most - before));
        numbers.insert(format!("{name}_memory_request"), over(requested - before));
        numbers.insert(format!("{name}_megabytes"), 1.0 / over(1_000_000));
    }
    println!("{}", serde_json::to_string(&numbers)?);
    Ok(())
}
