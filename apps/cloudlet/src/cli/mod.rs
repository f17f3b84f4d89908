//! The command line.

mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A serverless cloud that you run yourself: the real AWS wire APIs, no Docker, no account.
#[derive(Debug, Parser)]
#[command(name = "cloudlet", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the cloud.
    #[command(visible_alias = "serve")]
    Up(up::Up),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Up(up) => up.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
