//! `aileron get executions --watch`: the list while it changes, until nothing in it runs.
//!
//! A terminal shows the list as it is, written over the one before. Elsewhere each row is written when it is
//! new or has changed, so that what was written stays readable.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

use aileron_idl::admin::Execution;
use serde_json::Value;

use super::{EXECUTIONS, Get, execution};
use crate::client::connect::Admin;
use crate::client::failure::Failure;
use crate::client::output::{self, Format, print, table};
use crate::client::phase::is_over;

/// How often the server is asked.
const PERIOD: Duration = Duration::from_millis(500);
/// Clears a terminal and begins at its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

impl Get {
    /// Shows the list until all of its executions have ended.
    pub(super) async fn follow(&self, admin: &mut Admin) -> Result<(), Failure> {
        let mut shown = Shown::default();
        let terminal = self.output == Format::Table && std::io::stdout().is_terminal();
        loop {
            let executions = self.executions(admin).await?;
            let changed = shown.changed(&executions);
            if terminal && !changed.is_empty() {
                let rows: Vec<_> = executions.iter().map(execution).collect();
                print(&format!("{CLEAR}{}", table(EXECUTIONS, &rows)))?;
            } else if !terminal {
                self.write(&changed)?;
            }
            if executions.iter().all(has_ended) {
                return Ok(());
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    fn write(&self, changed: &[&Execution]) -> Result<(), Failure> {
        for one in changed {
            let text = match self.output {
                Format::Table => execution(one).join("  "),
                Format::Json => output::value(*one)?.to_string(),
                Format::Yaml => format!("---\n{}", yaml(&output::value(*one)?)?),
            };
            print(&format!("{}\n", text.trim_end()))?;
        }
        Ok(())
    }
}

fn yaml(value: &Value) -> Result<String, Failure> {
    serde_yaml_ng::to_string(value).map_err(|error| Failure::Answer(error.to_string()))
}

fn has_ended(execution: &Execution) -> bool {
    execution.closure.as_ref().is_some_and(|closure| is_over(closure.phase()))
}

/// What was shown of each execution.
#[derive(Debug, Default)]
struct Shown(BTreeMap<String, [String; 5]>);

impl Shown {
    /// Those that are new or look otherwise than before.
    fn changed<'e>(&mut self, executions: &'e [Execution]) -> Vec<&'e Execution> {
        let mut changed = Vec::new();
        for one in executions {
            let row = execution(one);
            let before = self.0.insert(row[0].clone(), row.clone());
            if before.as_ref() != Some(&row) {
                changed.push(one);
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::admin::ExecutionClosure;
    use aileron_idl::core::WorkflowExecutionIdentifier;
    use aileron_idl::core::workflow_execution::Phase;

    #[test]
    fn what_looks_the_same_is_not_written_again() {
        let one = |name: &str, phase: Phase| Execution {
            id: Some(WorkflowExecutionIdentifier { name: name.into(), ..Default::default() }),
            closure: Some(ExecutionClosure { phase: phase as i32, ..Default::default() }),
            ..Default::default()
        };
        let mut shown = Shown::default();
        let first = [one("a", Phase::Running), one("b", Phase::Running)];
        assert_eq!(shown.changed(&first).len(), 2);
        assert!(shown.changed(&first).is_empty());
        let then = [one("a", Phase::Running), one("b", Phase::Failed)];
        let changed: Vec<_> = shown.changed(&then).into_iter().map(|one| execution(one)[0].clone()).collect();
        assert_eq!(changed, ["b"]);
        assert!(!has_ended(&then[0]) && has_ended(&then[1]));
    }
}
