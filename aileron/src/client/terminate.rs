//! `aileron terminate`: ends an execution early.

use aileron_idl::admin::ExecutionTerminateRequest;

use super::connect::Target;
use super::failure::Failure;
use super::launch::print_execution;
use super::output::{Format, print};
use super::watch;

/// Ends an execution early.
#[derive(Debug, clap::Args)]
pub(crate) struct Terminate {
    /// Name of the execution.
    execution: String,
    /// Why, for whoever looks at it later.
    #[arg(long, default_value = "terminated by `aileron terminate`")]
    cause: String,
    /// Stay until it has ended.
    #[arg(long, short)]
    watch: bool,
    /// Form of the result.
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    target: Target,
}

impl Terminate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let id = self.target.execution(&self.execution);
        let mut admin = self.target.connect().await?;
        let request = ExecutionTerminateRequest { id: Some(id.clone()), cause: self.cause };
        admin.terminate_execution(request).await?;
        if self.watch {
            watch::ended(&mut admin, &id).await?;
        }
        if self.output == Format::Table {
            return print(&format!("{} is being terminated\n", self.execution));
        }
        print_execution(&mut admin, id, self.output).await
    }
}
