//! `cloudlet completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Arguments;

/// Prints a completion script.
#[derive(Args, Clone, Debug)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        clap_complete::generate(self.shell, &mut Arguments::command(), "cloudlet", &mut std::io::stdout());
        Ok(())
    }
}
