//! Chores of the repository. `cargo xtask tidy` checks the house rules; `cargo nextest run -p xtask` does, too.

mod layers;
mod source;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => report(&tidy::violations(&source::root())),
        _ => {
            eprintln!("usage: cargo xtask tidy");
            ExitCode::from(2)
        }
    }
}

fn report(violations: &[String]) -> ExitCode {
    for violation in violations {
        println!("{violation}");
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_house_is_tidy() {
        let violations = super::tidy::violations(&super::source::root());
        assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
    }
}
