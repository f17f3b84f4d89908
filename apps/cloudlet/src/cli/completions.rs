//! `cloudlet completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Arguments;
use super::output::say;

/// Prints a completion script.
#[derive(Args, Clone, Debug)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "cloudlet", &mut script);
        say(String::from_utf8_lossy(&script).trim_end());
        Ok(())
    }
}
