//! The client: a few commands that speak gRPC to any server of Flyte's API.
//!
//! Each command is one file. Results go to standard output as tables, JSON or YAML; what goes on meanwhile
//! and what went wrong go to standard error. The program ends with 0 when it did what it was asked, with
//! 1 when it could not or what it watched has failed, and with 2 when it was asked wrongly.

mod audit;
mod completion;
mod connect;
mod credentials;
mod describe;
mod failure;
mod find;
mod get;
mod launch;
mod login;
mod logs;
mod output;
mod phase;
#[cfg(test)]
mod reference;
mod register;
mod relaunch;
mod terminate;
mod watch;

use clap::Subcommand;

pub(crate) use failure::Failure;

/// What a server is asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Lists projects, workflows, launch plans, tasks or executions.
    Get(get::Get),
    /// Tells everything about one execution, workflow, launch plan or task.
    Describe(describe::Describe),
    /// Registers tasks, workflows and launch plans of packages.
    Register(register::Register),
    /// Launches a launch plan.
    Launch(launch::Launch),
    /// Prints what the tasks of an execution have written.
    Logs(logs::Logs),
    /// Logs a person in by a browser, and prints the access token.
    Login(login::Login),
    /// Ends an execution early.
    Terminate(terminate::Terminate),
    /// Launches an execution again, with the same inputs.
    Relaunch(relaunch::Relaunch),
    /// Prints who did what, one JSON object a line.
    Audit(audit::Audit),
    /// Prints the completion script of a shell.
    Completion(completion::Completion),
}

/// Carries a command out.
///
/// # Errors
/// Why it could not be, or that what was watched has failed.
pub(crate) async fn run(command: Client) -> Result<(), Failure> {
    match command {
        Client::Get(get) => get.run().await,
        Client::Describe(describe) => describe.run().await,
        Client::Register(register) => register.run().await,
        Client::Launch(launch) => launch.run().await,
        Client::Logs(logs) => logs.run().await,
        Client::Login(login) => login.run().await,
        Client::Terminate(terminate) => terminate.run().await,
        Client::Relaunch(relaunch) => relaunch.run().await,
        Client::Audit(audit) => audit.run().await,
        Client::Completion(completion) => completion.run(),
    }
}
