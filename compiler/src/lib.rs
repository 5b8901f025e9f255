//! The compiler: workflow templates in, compiled closures and diagnostics out.
//!
//! It is pure: the server runs it at registration and launch, and the console runs the same code as
//! WebAssembly, so that what a page accepts is what the server accepts.
//!
//! Invariants of what it answers:
//! * every finding is collected; nothing stops at the first ([`Compiled::diagnostics`]);
//! * a closure without error diagnostics is acyclic, and every node lies between `start-node` and `end-node`;
//! * connections of top-level nodes are symmetric (nodes of branches and the failure node have only what
//!   they wait for) and their lists sorted, tasks are sorted by id: equal templates give equal closures,
//!   whatever the order of the supplied tasks;
//! * no input makes it panic, and recursion over what users send ends at [`types::DEPTH_LIMIT`].
//!
//! What this crate deliberately does not do: load what a template refers to (the caller asks
//! [`requirements()`] and supplies it), read task code, or decide anything about a run.
//!
//! Start reading at [`compile`]: `lower` resolves every id to an index, `infer` finds the variables of
//! nodes that follow from other nodes, `bind` checks what is given to inputs, `graph` finds cycles, `emit`
//! writes the closure. Each rule with its message and its tests is one file of `check`; each kind of node
//! is one file of `node`. [`inputs`] judges launches, [`types`] says what fits where, and
//! [`layout`](mod@layout) draws.

mod bind;
mod check;
pub mod diagnostic;
pub mod diff;
mod emit;
mod findings;
#[cfg(test)]
mod fixture;
mod graph;
mod infer;
pub mod inputs;
mod ir;
mod launch_plan;
pub mod layout;
mod lower;
mod node;
#[cfg(test)]
mod oracles;
mod promise;
#[cfg(test)]
mod properties;
pub mod requirements;
mod signature;
mod sub_workflows;
mod task;
pub mod types;
pub mod values;
pub mod walk;

use aileron_idl::core::{CompiledWorkflowClosure, ConnectionSet, TaskTemplate, WorkflowTemplate};

use crate::findings::Findings;
use crate::node::Library;

pub use diagnostic::{Code, Diagnostic, Location, PathStep, Severity, render};
pub use emit::as_sent;
pub use launch_plan::LaunchPlan;
pub use requirements::{Requirements, requirements};
pub use task::compile_task;

/// Id of the node that stands for the workflow's inputs.
pub const START_NODE: &str = "start-node";
/// Id of the node that stands for the workflow's outputs.
pub const END_NODE: &str = "end-node";

/// What a compilation is about. Everything that the template refers to is supplied.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The workflow, as the client sent it: without `start-node` and `end-node`.
    pub template: WorkflowTemplate,
    /// The sub-workflows that came with it.
    pub sub_workflows: Vec<WorkflowTemplate>,
    /// The registered tasks that [`requirements()`] names, in any order; others are ignored.
    pub tasks: Vec<TaskTemplate>,
    /// The registered launch plans that [`requirements()`] names, in any order; others are ignored.
    pub launch_plans: Vec<LaunchPlan>,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The closure; with error diagnostics it is the best that could be made of the template, to be
    /// drawn but not run.
    pub closure: CompiledWorkflowClosure,
    /// The findings: every one up to a thousand, then one that says how many more there are.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compiled {
    /// The closure, unless an error refuses it.
    ///
    /// # Errors
    /// All diagnostics, warnings included, when at least one is an error.
    pub fn into_result(self) -> Result<CompiledWorkflowClosure, Vec<Diagnostic>> {
        match self.diagnostics.iter().any(|found| found.severity == Severity::Error) {
            true => Err(self.diagnostics),
            false => Ok(self.closure),
        }
    }
}

/// Compiles a workflow and the sub-workflows that it refers to. Takes time in proportion to the size of
/// the templates, and `log` of it for sorting.
///
/// It takes the request, for the templates become the closure: a caller who goes on using them clones them.
#[must_use]
pub fn compile(request: Request) -> Compiled {
    let mut findings = Findings::default();
    let judged = judge(&request, &mut findings);
    Compiled { closure: emit::closure(request, judged), diagnostics: findings.into_diagnostics() }
}

/// What the closure has beside the templates.
struct Judged {
    primary: ConnectionSet,
    /// In the order of the request; none for those that nothing refers to.
    sub_workflows: Vec<Option<ConnectionSet>>,
}

fn judge(request: &Request, findings: &mut Findings) -> Judged {
    let library = Library::new(request);
    findings.extend(check::request(request));
    let primary = workflow(&request.template, &library, findings);
    Judged { primary, sub_workflows: sub_workflows::judge(request, &library, findings) }
}

fn workflow<'a>(
    template: &'a WorkflowTemplate,
    library: &Library<'a>,
    diagnostics: &mut Findings,
) -> ConnectionSet {
    diagnostics.extend(check::template(template));
    let workflow = lower::lower(template, library, diagnostics);
    check::aliases(&workflow, diagnostics);
    bind::check(&workflow, diagnostics);
    node::branch::check(&workflow, diagnostics);
    check::graph(&workflow, diagnostics);
    emit::connections(&workflow)
}
