//! How a function's log looks: plain text, or JSON with levels.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::shapes::{ApplicationLogLevel, LogFormat, LoggingConfig, SystemLogLevel};

/// The levels of logs, the most talkative first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    /// The name as functions see it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Trace => "TRACE",
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
            Level::Fatal => "FATAL",
        }
    }
}

/// The format of a log. Levels count with JSON alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logging {
    pub(crate) json: bool,
    pub(crate) application: Level,
    pub(crate) system: Level,
}

impl Default for Logging {
    fn default() -> Logging {
        Logging { json: false, application: Level::Info, system: Level::Info }
    }
}

impl Logging {
    /// What a request changes. Levels need the JSON format, which a request may set or the function may have.
    pub(crate) fn change(&mut self, config: &LoggingConfig) -> Result<(), Error> {
        match config.log_format {
            Some(LogFormat::Json) => self.json = true,
            Some(LogFormat::Text) => *self = Logging::default(),
            None => {}
        }
        let levels = config.application_log_level.is_some() || config.system_log_level.is_some();
        if levels && !self.json {
            // The rule of the API reference ("LoggingConfig"); the words are ours.
            return Err(Error::invalid("To set a log level, LogFormat must be JSON."));
        }
        if let Some(level) = config.application_log_level {
            self.application = match level {
                ApplicationLogLevel::Trace => Level::Trace,
                ApplicationLogLevel::Debug => Level::Debug,
                ApplicationLogLevel::Info => Level::Info,
                ApplicationLogLevel::Warn => Level::Warn,
                ApplicationLogLevel::Error => Level::Error,
                ApplicationLogLevel::Fatal => Level::Fatal,
            };
        }
        if let Some(level) = config.system_log_level {
            self.system = match level {
                SystemLogLevel::Debug => Level::Debug,
                SystemLogLevel::Info => Level::Info,
                SystemLogLevel::Warn => Level::Warn,
            };
        }
        Ok(())
    }

    /// On the wire, with the group that the log goes to. Levels are shown with JSON alone.
    pub(crate) fn view(self, log_group: String) -> LoggingConfig {
        let application = match self.application {
            Level::Trace => ApplicationLogLevel::Trace,
            Level::Debug => ApplicationLogLevel::Debug,
            Level::Info => ApplicationLogLevel::Info,
            Level::Warn => ApplicationLogLevel::Warn,
            Level::Error => ApplicationLogLevel::Error,
            Level::Fatal => ApplicationLogLevel::Fatal,
        };
        let system = match self.system {
            Level::Trace | Level::Debug => SystemLogLevel::Debug,
            Level::Info => SystemLogLevel::Info,
            Level::Warn | Level::Error | Level::Fatal => SystemLogLevel::Warn,
        };
        LoggingConfig {
            log_format: Some(if self.json { LogFormat::Json } else { LogFormat::Text }),
            application_log_level: self.json.then_some(application),
            system_log_level: self.json.then_some(system),
            log_group: Some(log_group),
        }
    }
}
