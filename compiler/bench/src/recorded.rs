//! Real shapes: the workflows of the compiler's own recorded closures and templates.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aileron_compiler::{LaunchPlan, Request, compile};
use aileron_idl::admin::Workflow;
use aileron_idl::core::{
    CompiledWorkflow, Identifier, ParameterMap, TaskTemplate, VariableMap, WorkflowTemplate,
};
use anyhow::{Context, Result};
use prost::Message;

use crate::Graph;

/// Smaller graphs have nothing to cross.
const NODES_AT_LEAST: u32 = 6;
/// The groups of templates that are whole workflows, and sound.
const GROUPS: [&str; 2] = ["flytekit", "random"];

/// A case of `compiler/tests/corpus`, as far as it is compiled here.
#[derive(Clone, PartialEq, Message)]
struct Case {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    template: Option<WorkflowTemplate>,
    #[prost(message, repeated, tag = "3")]
    sub_workflows: Vec<WorkflowTemplate>,
    #[prost(message, repeated, tag = "4")]
    tasks: Vec<TaskTemplate>,
    #[prost(message, repeated, tag = "5")]
    launch_plans: Vec<RegisteredPlan>,
}

#[derive(Clone, PartialEq, Message)]
struct RegisteredPlan {
    #[prost(message, optional, tag = "1")]
    id: Option<Identifier>,
    #[prost(message, optional, tag = "2")]
    expected_inputs: Option<ParameterMap>,
    #[prost(message, optional, tag = "3")]
    expected_outputs: Option<VariableMap>,
}

/// Each shape once, with the first name that has it.
///
/// # Errors
/// When the records are not there.
pub fn graphs() -> Result<Vec<Graph>> {
    let mut graphs = golden()?;
    for group in GROUPS {
        graphs.extend(cases(group)?);
    }
    let mut seen = BTreeSet::new();
    graphs.retain(|graph| graph.nodes >= NODES_AT_LEAST && seen.insert((graph.nodes, graph.edges.clone())));
    Ok(graphs)
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests")
}

fn golden() -> Result<Vec<Graph>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(tests().join("golden"))? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut graphs = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "pb")) {
        let workflow = Workflow::decode(fs::read(path)?.as_slice())?;
        let closure = workflow.closure.and_then(|closure| closure.compiled_workflow).context("a closure")?;
        let program = path.file_stem().unwrap_or_default().to_string_lossy();
        let workflows = closure.primary.iter().chain(&closure.sub_workflows);
        graphs.extend(numbered(&program, workflows));
    }
    Ok(graphs)
}

fn cases(group: &str) -> Result<Vec<Graph>> {
    let bytes = fs::read(tests().join("corpus").join(format!("{group}.pbs")))?;
    let mut rest = bytes.as_slice();
    let mut graphs = Vec::new();
    while !rest.is_empty() {
        let Case { name, template, sub_workflows, tasks, launch_plans } =
            Case::decode_length_delimited(&mut rest)?;
        let Some(template) = template else { continue };
        let launch_plans = launch_plans.into_iter().map(LaunchPlan::from).collect();
        let compiled = compile(Request { template, sub_workflows, tasks, launch_plans });
        let workflows = compiled.closure.primary.iter().chain(&compiled.closure.sub_workflows);
        graphs.extend(numbered(&name, workflows));
    }
    Ok(graphs)
}

impl From<RegisteredPlan> for LaunchPlan {
    fn from(plan: RegisteredPlan) -> Self {
        let RegisteredPlan { id, expected_inputs, expected_outputs } = plan;
        Self { id: id.unwrap_or_default(), expected_inputs, expected_outputs }
    }
}

fn numbered<'a>(name: &str, workflows: impl Iterator<Item = &'a CompiledWorkflow>) -> Vec<Graph> {
    let name = name.replace(' ', "-");
    (0..).zip(workflows).map(|(at, workflow)| Graph::of(format!("{name}:{at}"), workflow)).collect()
}
