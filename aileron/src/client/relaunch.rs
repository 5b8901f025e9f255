//! `aileron relaunch`: the same inputs once more.

use aileron_idl::admin::ExecutionRelaunchRequest;

use super::connect::Target;
use super::failure::Failure;
use super::launch::launched;
use super::output::Format;

/// Launches an execution again, with the same inputs.
#[derive(Debug, clap::Args)]
pub(crate) struct Relaunch {
    /// Name of the execution.
    execution: String,
    /// Name of the new one; made up when not given.
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

impl Relaunch {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut admin = self.target.connect().await?;
        let request = ExecutionRelaunchRequest {
            id: Some(self.target.execution(&self.execution)),
            name: self.name.clone(),
            ..ExecutionRelaunchRequest::default()
        };
        let answer = admin.relaunch_execution(request).await?.into_inner();
        launched(&mut admin, answer.id, self.watch, self.output).await
    }
}
