//! What the user sees: progress on standard error, results on standard output.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use ::deploy::api::cloudformation::Event;
use ::deploy::problem::{Errors, Problem};
use ::deploy::steps::Report;
use indicatif::{ProgressBar, ProgressStyle};
use owo_colors::OwoColorize;
use serde_json::Value;

/// Where everything that is said goes.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    verbose: bool,
    /// A spinner with the current step, on a terminal.
    bar: Option<Mutex<Option<ProgressBar>>>,
}

impl Output {
    pub(crate) fn new(json: bool, verbose: bool) -> Self {
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        Self { json, verbose, bar: (terminal && !json).then(|| Mutex::new(None)) }
    }

    /// Says nothing but errors and results.
    pub(crate) fn quiet() -> Self {
        Self { json: true, verbose: false, bar: None }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// A line for the user, beside the result.
    pub(crate) fn line(&self, text: &str) {
        if !self.json {
            self.print(text);
        }
    }

    /// Something worth knowing.
    pub(crate) fn notice(&self, problem: &Problem) {
        self.print(&format!("{} {problem}", "note:".yellow().bold()));
    }

    /// The good end of a command.
    pub(crate) fn success(&self, text: &str) {
        self.finish();
        self.line(&format!("{} {text}", "✔".green().bold()));
    }

    /// Nothing had to be done.
    pub(crate) fn skipped(&self, text: &str) {
        self.finish();
        self.line(&format!("{} {text}", "●".blue().bold()));
    }

    /// The bad end of a command.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.finish();
        let word = "error:".red().bold().to_string();
        match error.downcast_ref::<Errors>() {
            Some(Errors(problems)) => {
                problems.iter().for_each(|problem| self.print(&format!("{word} {problem}")))
            }
            None => self.print(&format!("{word} {error:#}")),
        }
    }

    /// A result as JSON.
    pub(crate) fn result(&self, value: &Value) {
        say(&format!("{value:#}"));
    }

    /// Text of the result itself.
    pub(crate) fn text(&self, text: &str) {
        self.finish();
        say(text);
    }

    /// Takes the spinner away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = self.bar.as_ref().and_then(|bar| lock(bar).take()) {
            bar.finish_and_clear();
        }
    }

    fn print(&self, text: &str) {
        let bar = self.bar.as_ref().map(lock);
        match bar.as_ref().and_then(|bar| bar.as_ref()) {
            Some(bar) => bar.suspend(|| remark(text)),
            None => remark(text),
        }
    }
}

impl Report for Output {
    fn step(&self, text: &str) {
        match &self.bar {
            Some(bar) => {
                let mut bar = lock(bar);
                let bar = bar.get_or_insert_with(|| {
                    let bar = ProgressBar::new_spinner();
                    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
                        bar.set_style(style);
                    }
                    bar.enable_steady_tick(Duration::from_millis(100));
                    bar
                });
                bar.set_message(text.to_owned());
            }
            None => self.line(text),
        }
    }

    fn event(&self, event: &Event) {
        if self.verbose {
            let reason = if event.reason.is_empty() { String::new() } else { format!(" - {}", event.reason) };
            let line = format!("  {} - {} - {}{reason}", event.status, event.resource_type, event.logical_id);
            self.line(&line.dimmed().to_string());
        } else if event.status.ends_with("_COMPLETE") && self.bar.is_some() {
            self.step(&format!("Updating CloudFormation stack: {}", event.logical_id));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Whoever panicked while printing left nothing that printing could stumble over.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A line of the result. Whoever reads it may stop at any line (`| head`), which ends the command quietly.
pub(crate) fn say(text: &str) {
    if let Err(error) = writeln!(anstream::stdout(), "{text}") {
        let quiet = error.kind() == std::io::ErrorKind::BrokenPipe;
        std::process::exit(if quiet { 0 } else { 1 });
    }
}

/// A line beside the result. When nobody can read it, the work goes on all the same.
fn remark(text: &str) {
    let _unheard = writeln!(anstream::stderr(), "{text}").is_err();
}

/// A size as people read it.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit < UNITS.len() - 1 {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 || value >= 9.0 {
        format!("{value:.0} {}", UNITS[unit])
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(
            [0, 999, 1234, 12_345, 3_400_000].map(size),
            ["0 B", "999 B", "1.2 kB", "12 kB", "3.4 MB"]
        );
    }
}
