//! Staying with an execution until it has ended: a line that is written over on a terminal, else a line
//! for each change.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{
    ExecutionClosure, NodeExecution, NodeExecutionListRequest, ObjectGetRequest, WorkflowExecutionGetRequest,
};
use aileron_idl::core::node_execution::Phase as NodePhase;
use aileron_idl::core::{WorkflowExecutionIdentifier, workflow_execution::Phase};

use super::connect::Admin;
use super::failure::Failure;
use super::phase::is_over;

/// How often the server is asked.
const PERIOD: Duration = Duration::from_millis(500);
/// Most nodes that are asked for at once.
const PAGE: u32 = 1000;
/// Letters of the bar.
const BAR: usize = 30;
/// The two nodes that every workflow has beside its own.
const ENDS: [&str; 2] = ["start-node", "end-node"];

/// Follows an execution to its end; one that does not succeed is a failure.
pub(super) async fn watch(admin: &mut Admin, id: &WorkflowExecutionIdentifier) -> Result<(), Failure> {
    verdict(id, &ended(admin, id).await?)
}

/// Follows an execution to its end, whatever that is.
pub(super) async fn ended(
    admin: &mut Admin,
    id: &WorkflowExecutionIdentifier,
) -> Result<ExecutionClosure, Failure> {
    let total = nodes_of_workflow(admin, id).await?;
    let mut progress = Progress { terminal: std::io::stderr().is_terminal(), last: String::new() };
    loop {
        let closure = closure(admin, id).await?;
        let done = nodes_done(admin, id).await?;
        progress.show(closure.phase(), done, total.max(done));
        if is_over(closure.phase()) {
            progress.end();
            return Ok(closure);
        }
        tokio::time::sleep(PERIOD).await;
    }
}

async fn closure(admin: &mut Admin, id: &WorkflowExecutionIdentifier) -> Result<ExecutionClosure, Failure> {
    let request = WorkflowExecutionGetRequest { id: Some(id.clone()) };
    Ok(admin.get_execution(request).await?.into_inner().closure.unwrap_or_default())
}

async fn nodes_of_workflow(admin: &mut Admin, id: &WorkflowExecutionIdentifier) -> Result<usize, Failure> {
    let workflow = closure(admin, id).await?.workflow_id;
    let workflow = admin.get_workflow(ObjectGetRequest { id: workflow }).await?.into_inner();
    let compiled = workflow.closure.and_then(|closure| closure.compiled_workflow);
    let template = compiled.and_then(|compiled| compiled.primary).and_then(|primary| primary.template);
    let nodes = template.map(|template| template.nodes).unwrap_or_default();
    Ok(nodes.iter().filter(|node| !ENDS.contains(&node.id.as_str())).count())
}

async fn nodes_done(admin: &mut Admin, id: &WorkflowExecutionIdentifier) -> Result<usize, Failure> {
    let mut request = NodeExecutionListRequest {
        workflow_execution_id: Some(id.clone()),
        limit: PAGE,
        ..NodeExecutionListRequest::default()
    };
    let mut done = 0;
    loop {
        let page = admin.list_node_executions(request.clone()).await?.into_inner();
        done += page.node_executions.iter().filter(|node| is_done(node)).count();
        if page.token.is_empty() {
            return Ok(done);
        }
        request.token = page.token;
    }
}

fn is_done(node: &NodeExecution) -> bool {
    let own = node.id.as_ref().is_some_and(|id| !ENDS.contains(&id.node_id.as_str()));
    let phase = node.closure.as_ref().map_or(NodePhase::Undefined, |closure| closure.phase());
    own && matches!(phase, NodePhase::Succeeded | NodePhase::Skipped | NodePhase::Recovered)
}

/// What was shown last.
struct Progress {
    terminal: bool,
    last: String,
}

impl Progress {
    fn show(&mut self, phase: Phase, done: usize, total: usize) {
        if let Some(text) = self.next(phase, done, total) {
            // Progress that nobody sees is no loss.
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
    }

    /// What is written, if it is something new.
    fn next(&mut self, phase: Phase, done: usize, total: usize) -> Option<String> {
        let line = format!("{} {done}/{total} nodes", phase.as_str_name());
        if line == self.last {
            return None;
        }
        self.last.clone_from(&line);
        let filled = "█".repeat(BAR * done / total.max(1));
        Some(if self.terminal { format!("\r\x1b[K[{filled:·<BAR$}] {line}") } else { format!("{line}\n") })
    }

    fn end(&self) {
        if self.terminal {
            let _ = std::io::stderr().write_all(b"\n");
        }
    }
}

fn verdict(id: &WorkflowExecutionIdentifier, closure: &ExecutionClosure) -> Result<(), Failure> {
    if closure.phase() == Phase::Succeeded {
        return Ok(());
    }
    let cause = match &closure.output_result {
        Some(OutputResult::Error(error)) => format!(": {}: {}", error.code, error.message.trim_end()),
        Some(OutputResult::AbortMetadata(abort)) => format!(": {}", abort.cause),
        _ => String::new(),
    };
    Err(Failure::Ended { name: id.name.clone(), phase: closure.phase().as_str_name(), cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_a_bar_that_fills() {
        let mut progress = Progress { terminal: true, last: String::new() };
        let mut bar = |done, total| progress.next(Phase::Running, done, total).unwrap_or_default();
        let (empty, full) = ("·".repeat(BAR), "█".repeat(BAR));
        let half = format!("{}{}", "█".repeat(BAR / 2), "·".repeat(BAR / 2));
        for (done, total, drawn) in [(0, 0, &empty), (0, 4, &empty), (2, 4, &half), (4, 4, &full)] {
            assert_eq!(bar(done, total), format!("\r\x1b[K[{drawn}] RUNNING {done}/{total} nodes"));
        }
        assert_eq!(bar(4, 4), "", "what is there already is not drawn again");
    }

    #[test]
    fn a_file_has_a_line_for_each_change() {
        let mut progress = Progress { terminal: false, last: String::new() };
        assert_eq!(progress.next(Phase::Queued, 0, 2).as_deref(), Some("QUEUED 0/2 nodes\n"));
        assert_eq!(progress.next(Phase::Queued, 0, 2), None);
        assert_eq!(progress.next(Phase::Succeeded, 2, 2).as_deref(), Some("SUCCEEDED 2/2 nodes\n"));
    }
}
