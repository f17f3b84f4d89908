//! `cloudlet`: a serverless cloud that you run yourself.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A sandbox helper is this very binary, started again; it never comes back from here.
    jail::helper_main();
    cloudlet::cli::main()
}
