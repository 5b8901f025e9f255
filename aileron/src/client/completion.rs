//! `aileron completion`: what a shell needs to complete this program's words.

use clap::CommandFactory;
use clap_complete::Shell;

use super::failure::Failure;
use super::output::print;

/// Prints the completion script of a shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Completion {
    /// The shell, as in `source <(aileron completion bash)`.
    shell: Shell,
}

impl Completion {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::Arguments::command(), "aileron", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
