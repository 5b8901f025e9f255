//! `aileron launch`: inputs as they are typed, checked here before they are sent.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aileron_compiler::{Diagnostic, values};
use aileron_idl::admin::{ExecutionCreateRequest, ExecutionSpec, LaunchPlan, WorkflowExecutionGetRequest};
use aileron_idl::core::{LiteralMap, ParameterMap, WorkflowExecutionIdentifier};

use super::connect::{Admin, Target};
use super::failure::Failure;
use super::find;
use super::output::{Format, print, print_value, value};
use super::watch::watch;

/// Launches a launch plan.
#[derive(Debug, clap::Args)]
pub(crate) struct Launch {
    /// Name of the launch plan.
    launch_plan: String,
    /// Its version; the active one, or else the newest, when not given.
    #[arg(long)]
    version: Option<String>,
    /// An input as NAME=VALUE; lists, maps and dataclasses as JSON.
    #[arg(long = "input", short, value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// File of inputs, JSON or YAML; what --input gives counts before it.
    #[arg(long = "inputs", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Name of the execution; made up when not given.
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// Stay until it has ended.
    #[arg(long, short)]
    watch: bool,
    /// Form of the result: the execution's name, or all of it.
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    target: Target,
}

impl Launch {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut admin = self.target.connect().await?;
        let plan =
            find::launch_plan(&mut admin, &self.target, &self.launch_plan, self.version.as_deref()).await?;
        let inputs = self.inputs(&plan)?;
        let request = ExecutionCreateRequest {
            project: self.target.project.clone(),
            domain: self.target.domain.clone(),
            name: self.name.clone(),
            spec: Some(ExecutionSpec { launch_plan: plan.id, ..ExecutionSpec::default() }),
            inputs: Some(inputs),
            ..ExecutionCreateRequest::default()
        };
        let answer = admin.create_execution(request).await?.into_inner();
        launched(&mut admin, answer.id, self.watch, self.output).await
    }

    /// Inputs of the file, and over them those of the command line; all that is wrong is told at once.
    fn inputs(&self, plan: &LaunchPlan) -> Result<LiteralMap, Failure> {
        let declared = plan.closure.as_ref().and_then(|closure| closure.expected_inputs.clone());
        let declared = declared.unwrap_or_default();
        let typed: Result<Vec<(&str, &str)>, Failure> = self.inputs.iter().map(|text| pair(text)).collect();
        let typed = values::inputs_from_text(&declared, typed?);
        let filed =
            self.file.as_deref().map_or(Ok(Ok(LiteralMap::default())), |file| from_file(&declared, file))?;
        match (filed, typed) {
            (Ok(mut inputs), Ok(typed)) => {
                inputs.literals.extend(typed.literals);
                Ok(inputs)
            }
            (filed, typed) => {
                let findings = [filed.err(), typed.err()].into_iter().flatten().flatten().collect::<Vec<_>>();
                Err(Failure::Inputs { launch_plan: self.launch_plan.clone(), findings: lines(&findings) })
            }
        }
    }
}

fn pair(text: &str) -> Result<(&str, &str), Failure> {
    let problem = || Failure::Usage(format!("invalid --input `{text}`: write NAME=VALUE"));
    text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(problem)
}

/// JSON is YAML too.
fn from_file(declared: &ParameterMap, file: &Path) -> Result<Result<LiteralMap, Vec<Diagnostic>>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| Failure::Io { what: format!("failed to read {}", file.display()), source })?;
    Ok(values::inputs_from_yaml(declared, &text))
}

fn lines(findings: &[Diagnostic]) -> String {
    findings.iter().fold(String::new(), |mut text, finding| {
        let _ = write!(text, "\n  {finding}");
        text
    })
}

/// Says what was launched, and stays with it if that is wanted. A name is said at once; all of an execution
/// at the end.
pub(super) async fn launched(
    admin: &mut Admin,
    id: Option<WorkflowExecutionIdentifier>,
    stay: bool,
    format: Format,
) -> Result<(), Failure> {
    let id = id.ok_or_else(|| Failure::Answer("the new execution has no id".to_owned()))?;
    if format == Format::Table {
        print(&format!("{}\n", id.name))?;
    }
    let ended = if stay { watch(admin, &id).await } else { Ok(()) };
    if format != Format::Table {
        print_execution(admin, id, format).await?;
    }
    ended
}

/// Writes an execution in a form for programs.
pub(super) async fn print_execution(
    admin: &mut Admin,
    id: WorkflowExecutionIdentifier,
    format: Format,
) -> Result<(), Failure> {
    let request = WorkflowExecutionGetRequest { id: Some(id) };
    print_value(format, &value(&admin.get_execution(request).await?.into_inner())?)
}
