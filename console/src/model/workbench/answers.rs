//! Answers of the workbench, decoded from its JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::model::phase::Phase;
use crate::model::run::{Failure, Origin, Run};
use crate::model::scene::mapped;
use crate::model::time;

/// What became of a dropped file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Added {
    /// The entities in it.
    pub entities: Vec<Entity>,
    /// Entries that could not be read.
    pub skipped: Vec<Problem>,
}

/// One entity in a few words.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Entity {
    /// Its number in the workbench.
    pub id: u32,
    /// What it is, such as `WorkflowSpec`.
    pub kind: String,
    /// Its file, with the entry inside it.
    pub place: String,
    /// Its name; empty for values, errors and what dynamic tasks made.
    pub name: String,
    /// Its version, likewise.
    pub version: String,
    /// Its nodes, those of sub-workflows included.
    pub nodes: usize,
    /// What to know about how it was read.
    pub notes: Vec<String>,
}

impl Entity {
    /// The part of its name that people wrote, or its file.
    pub fn title(&self) -> String {
        let full =
            if self.name.is_empty() { self.place.rsplit('/').next() } else { self.name.rsplit('.').next() };
        mapped(full.unwrap_or(&self.place))
    }
}

/// Why something could not be read or answered.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Problem {
    /// A stable name.
    pub code: String,
    /// The file or entity.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Problem {
    /// Whether a limit was met that the reader may lift.
    pub fn is_limit(&self) -> bool {
        const LIMITS: [&str; 7] = [
            "TooLarge",
            "TooLargeForYaml",
            "TooMuchInside",
            "ExpandsTooMuch",
            "TooManyEntries",
            "TooDeep",
            "TooManyNodes",
        ];
        LIMITS.contains(&self.code.as_str())
    }
}

/// The compiler's verdict.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Compilation {
    /// Whether nothing refuses the entity.
    pub accepted: bool,
    /// Every finding.
    pub diagnostics: Vec<Finding>,
    /// Names of what it refers to that was not dropped.
    pub missing: Vec<String>,
    /// Names of the tasks, workflows and launch plans that it refers to, itself not counted.
    #[serde(default)]
    pub uses: Vec<String>,
}

/// One finding of the compiler.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Finding {
    /// Flyte's code, such as `MismatchingTypes`.
    pub code: String,
    /// Whether it refuses the entity.
    pub error: bool,
    /// The sub-workflow; absent for the workflow itself.
    pub workflow: Option<String>,
    /// The node.
    pub node: Option<String>,
    /// The bound variable or launch input.
    pub variable: Option<String>,
    /// Steps into the variable's value: keys and, for elements, numbers.
    pub path: Vec<Value>,
    /// What is wrong.
    pub message: String,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub got: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    /// Where it is: workflow, node, variable and path, as far as they are known.
    pub fn place(&self) -> String {
        let named = [&self.workflow, &self.node, &self.variable].into_iter().flatten().map(String::as_str);
        let mut place = named.collect::<Vec<_>>().join(" › ");
        for step in &self.path {
            match step {
                Value::String(key) => place.push_str(&format!(".{key}")),
                other => place.push_str(&format!("[{other}]")),
            }
        }
        place
    }
}

/// What would be launched.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Launch {
    /// The complete inputs, encoded; absent if one is refused.
    pub inputs: Option<Vec<u8>>,
    /// Every finding.
    pub diagnostics: Vec<Finding>,
}

/// One input of a launch.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type, in the compiler's words.
    pub r#type: String,
    /// Whether a launch must give it.
    pub required: bool,
    /// What it is when nobody gives it.
    pub default: Option<Value>,
    /// Whether a launch must not give it.
    pub fixed: bool,
}

/// What differs between two entities.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Diff {
    /// Workflows, nodes, edges and tasks that differ.
    pub changes: Vec<Change>,
    /// What callers see.
    pub interface: Vec<InterfaceChange>,
}

/// One thing that differs.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Change {
    /// `workflow`, `node`, `edge` or `task`.
    pub what: String,
    /// The workflow it is in.
    pub within: String,
    /// A node's id, `from -> to` for an edge; empty otherwise.
    pub id: String,
    /// `added`, `removed`, `changed` or `moved`.
    pub change: String,
    /// The earlier id of what moved.
    pub before: Option<String>,
    /// Places that differ.
    pub fields: Vec<Field>,
}

/// A place where two messages differ.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Field {
    /// By protobuf's field names.
    pub path: String,
    /// The first value, absent if unset.
    pub before: Option<String>,
    /// The second value.
    pub after: Option<String>,
}

/// A changed input or output.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct InterfaceChange {
    /// The workflow, task or launch plan.
    pub within: String,
    /// `input` or `output`.
    pub side: String,
    /// Its name.
    pub variable: String,
    /// The first type, absent if it was added.
    pub before: Option<String>,
    /// The second type.
    pub after: Option<String>,
    /// `breaking`, `compatible` or `unknown`.
    pub effect: String,
    /// Why.
    pub reason: String,
}

/// The phases of a custom resource, in the propeller's words.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct Status {
    /// The execution's.
    pub phase: Option<String>,
    /// Those of the nodes, by path.
    pub nodes: BTreeMap<String, String>,
    /// What else is said of nodes, by path.
    pub reports: BTreeMap<String, Report>,
    /// What is said of the execution.
    pub report: Report,
    /// Fields that the resource lacks.
    pub lacks: Vec<String>,
}

/// What is said of a node or an execution besides its phase.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Report {
    /// Attempts so far, if there was more than one.
    pub attempts: Option<u64>,
    /// When it started, as it is written.
    pub started: Option<String>,
    /// When it ended, likewise.
    pub stopped: Option<String>,
    /// An error's code.
    pub code: Option<String>,
    /// Its message.
    pub message: Option<String>,
}

impl Status {
    /// The same as states of nodes.
    pub fn runs(&self) -> BTreeMap<String, Run> {
        let run = |node: &String, phase: &String| {
            let report = self.reports.get(node);
            let instant =
                |text: &Option<String>| text.as_ref()?.parse().ok().map(|instant| time::millis(&instant));
            let started = report.and_then(|report| instant(&report.started));
            let stopped = report.and_then(|report| instant(&report.stopped));
            let took = started.zip(stopped).map(|(from, to)| to - from);
            let failure = report.and_then(Report::failure);
            Run { phase: node_phase(phase), started, took, failure }
        };
        self.nodes.iter().map(|(node, phase)| (node.clone(), run(node, phase))).collect()
    }
}

impl Report {
    /// The error that is told, if there is one.
    pub fn failure(&self) -> Option<Failure> {
        let code = self.code.clone()?;
        let origin = if code.starts_with("USER") { Origin::User } else { Origin::Unknown };
        Some(Failure { origin, code, message: self.message.clone().unwrap_or_default() })
    }
}

fn node_phase(name: &str) -> Phase {
    match name {
        "Queued" => Phase::Queued,
        "Running" | "DynamicRunning" => Phase::Running,
        "Succeeding" => Phase::Succeeding,
        "Succeeded" => Phase::Succeeded,
        "Failing" | "RetryableFailure" => Phase::Failing,
        "Failed" => Phase::Failed,
        "TimingOut" | "TimedOut" => Phase::TimedOut,
        "Skipped" => Phase::Skipped,
        "Recovered" => Phase::Recovered,
        _ => Phase::Waiting,
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers that the workbench's own tests hold it to.
    fn recorded(case: &str, line: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../workbench/tests/golden");
        let text = std::fs::read_to_string(format!("{folder}/{case}.txt")).unwrap();
        let found = text.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        found.to_owned()
    }

    #[test]
    fn a_package_is_read() {
        let added: Added = serde_json::from_str(&recorded("package", "add ")).unwrap();
        let titles: Vec<_> =
            added.entities.iter().map(|entity| format!("{} {}", entity.kind, entity.title())).collect();
        assert_eq!(titles[..3], ["TaskSpec price", "TaskSpec total", "WorkflowSpec order"]);
    }

    #[test]
    fn a_verdict_and_a_refused_launch_are_read() {
        let verdict: Compilation = serde_json::from_str(&recorded("package", "compile 0 ")).unwrap();
        assert!(verdict.accepted);
        let launch: Launch = serde_json::from_str(&recorded("package", "validate 0 ")).unwrap();
        assert_eq!(launch.inputs, None);
        let parameters: Vec<Parameter> = serde_json::from_str(&recorded("package", "parameters 0 ")).unwrap();
        assert_eq!((parameters[0].name.as_str(), parameters[0].r#type.as_str()), ("count", "simple:INTEGER"));
        assert_eq!(
            (launch.diagnostics[0].code.as_str(), launch.diagnostics[0].place().as_str()),
            ("ParameterNotBound", "count")
        );
    }

    #[test]
    fn a_difference_and_a_problem_are_read() {
        let diff: Diff =
            serde_json::from_str(recorded("two_versions", "diff 2 ").split_once(' ').unwrap().1).unwrap();
        assert!(diff.changes.iter().all(|change| !change.what.is_empty()));
        let problem: Problem = serde_json::from_str(&recorded("source", "add ")).unwrap();
        assert_eq!(problem.code, "Source");
        assert!(!problem.is_limit());
    }

    #[test]
    fn the_phases_of_a_resource_are_states_of_nodes() {
        let status: Status = serde_json::from_str(&recorded("resource_branching", "status 0 ")).unwrap();
        let runs = status.runs();
        assert!(!runs.is_empty() && runs.values().any(|run| run.phase == Phase::Succeeded), "{runs:?}");
    }

    #[test]
    fn a_place_names_the_way_to_the_element() {
        let path = vec![Value::from("a"), Value::from(1)];
        let finding =
            Finding { node: Some("n0".into()), variable: Some("x".into()), path, ..Finding::default() };
        assert_eq!(finding.place(), "n0 › x.a[1]");
    }
}
