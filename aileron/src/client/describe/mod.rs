//! `aileron describe`: everything about one thing.

mod entity;
mod execution;
mod waiting;

use clap::ValueEnum;

use super::connect::Target;
use super::failure::Failure;
use super::output::Format;

/// Tells everything about one thing.
#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    /// What it is.
    kind: Kind,
    /// Its name.
    name: String,
    /// Its version; the newest when not given. Executions have none.
    #[arg(long)]
    version: Option<String>,
    /// Stay until the execution has ended, then tell.
    #[arg(long, short)]
    watch: bool,
    /// Form of the result.
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    target: Target,
}

/// What can be described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Execution,
    Workflow,
    LaunchPlan,
    Task,
}

impl Describe {
    pub(super) async fn run(self) -> Result<(), Failure> {
        if self.watch && self.kind != Kind::Execution {
            let problem = "only executions change while they are watched; leave --watch out";
            return Err(Failure::Usage(problem.to_owned()));
        }
        match self.kind {
            Kind::Execution => self.execution().await,
            Kind::Workflow => self.workflow().await,
            Kind::LaunchPlan => self.launch_plan().await,
            Kind::Task => self.task().await,
        }
    }
}
