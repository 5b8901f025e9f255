//! Writes workflows of many sizes as files, for the page's benchmark.
//!
//!     closures FOLDER
//!
//! `recent_1k.pb` and so on are those of the layout's benchmark; `wrong_1k.pb` is one of them with a problem
//! in every fiftieth node.

use std::fs;
use std::path::PathBuf;

use aileron_compiler_bench::programs::{Kind, Program};
use aileron_compiler_bench::workloads;
use aileron_idl::core::{CompiledWorkflowClosure, binding_data};
use anyhow::{Context, Result};
use prost::Message;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("name a folder")?);
    for (name, graph) in workloads::drawn() {
        let mut closure = Program::new(&graph, |_| Kind::Task).closure();
        fs::write(folder.join(format!("{name}.pb")), closure.encode_to_vec())?;
        if let Some(size) = name.strip_prefix("recent_") {
            spoil(&mut closure);
            fs::write(folder.join(format!("wrong_{size}.pb")), closure.encode_to_vec())?;
        }
    }
    Ok(())
}

/// Some nodes take an output that nobody has.
fn spoil(closure: &mut CompiledWorkflowClosure) {
    let nodes = closure.primary.iter_mut().filter_map(|workflow| workflow.template.as_mut());
    for node in nodes.flat_map(|template| &mut template.nodes).step_by(50) {
        for input in node.inputs.iter_mut().filter_map(|input| input.binding.as_mut()) {
            if let Some(binding_data::Value::Promise(promise)) = &mut input.value {
                "lost".clone_into(&mut promise.var);
            }
        }
    }
}
