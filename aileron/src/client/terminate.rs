//! `aileron terminate`: ends an execution early.

use aileron_idl::admin::ExecutionTerminateRequest;

use super::connect::Target;
use super::failure::Failure;
use super::output::print;

/// Ends an execution early.
#[derive(Debug, clap::Args)]
pub(crate) struct Terminate {
    /// Name of the execution.
    execution: String,
    /// Why, for whoever looks at it later.
    #[arg(long, default_value = "terminated by `aileron terminate`")]
    cause: String,
    #[command(flatten)]
    target: Target,
}

impl Terminate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let id = Some(self.target.execution(&self.execution));
        let mut admin = self.target.connect().await?;
        admin.terminate_execution(ExecutionTerminateRequest { id, cause: self.cause }).await?;
        print(&format!("{} is being terminated\n", self.execution))
    }
}
