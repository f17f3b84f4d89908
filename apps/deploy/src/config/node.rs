//! Runs the project's JavaScript and TypeScript in the project's own Node.
//!
//! One process serves a whole resolution. It answers tasks; while it works on one it may ask back (a JavaScript
//! variable function may resolve other variables), and while we answer, further tasks may be given to it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use aws_lc_rs::rand;
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("node/worker.cjs");

/// A started Node process.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    mark: String,
    tasks: u64,
    /// Replies that came in while another was waited for.
    replies: HashMap<u64, Reply>,
}

/// What comes from the process.
#[derive(Debug)]
pub(crate) enum Message {
    /// A question that one of the tasks asks.
    Question {
        /// The question's number, to answer it.
        id: u64,
        /// What is asked.
        question: Question,
    },
    /// The end of a task that was waited for.
    Done(Reply),
}

/// A question of a JavaScript variable function.
#[derive(Debug)]
pub(crate) enum Question {
    /// `resolveConfigurationProperty(["a", "b"])`.
    Property(Vec<String>),
    /// `resolveVariable("self:a")`, as the text `${self:a}`.
    Text(String),
}

/// How a task ended.
#[derive(Debug)]
pub(crate) enum Reply {
    /// With a value.
    Value(Value),
    /// With an error of the project's own code.
    Error(String),
    /// With the error that we gave as an answer to its question.
    Passed,
}

impl Node {
    /// Starts Node in a folder.
    pub(crate) fn start(directory: &Path, environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut random = [0; 12];
        rand::fill(&mut random).map_err(|_| "no random numbers from the system".to_owned())?;
        let mark: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut child = Command::new(program("node", environment))
            .args(["-e", SCRIPT, "--", &mark])
            .current_dir(directory)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    "it is JavaScript, and no `node` was found on the PATH to run it: install Node.js"
                        .to_owned()
                }
                _ => format!("cannot start `node`: {error}"),
            })?;
        let input = child.stdin.take();
        let output = child.stdout.take().map(BufReader::new).ok_or("cannot read from `node`")?;
        Ok(Self { child, input, output, mark, tasks: 0, replies: HashMap::new() })
    }

    /// Gives the process a task and returns its number.
    pub(crate) fn begin(&mut self, mut task: Value) -> Result<u64, String> {
        self.tasks += 1;
        task["id"] = json!(self.tasks);
        self.write(&task)?;
        Ok(self.tasks)
    }

    /// Waits for the end of a task or for a question.
    pub(crate) fn next(&mut self, task: u64) -> Result<Message, String> {
        loop {
            if let Some(reply) = self.replies.remove(&task) {
                return Ok(Message::Done(reply));
            }
            let mut line = String::new();
            let count = self
                .output
                .read_line(&mut line)
                .map_err(|error| format!("cannot read from `node`: {error}"))?;
            if count == 0 {
                return Err("`node` ended while it ran the project's code".to_owned());
            }
            let Some(text) = line.strip_prefix(&self.mark) else { continue };
            let mut message: Value =
                serde_json::from_str(text).map_err(|error| format!("`node` answered badly: {error}"))?;
            if let Some(id) = message["ask"].as_u64() {
                return Ok(Message::Question { id, question: question(&message)? });
            }
            let number = message["task"].as_u64().unwrap_or_default();
            let reply = match message["error"].as_str() {
                Some(error) => Reply::Error(error.to_owned()),
                None if message["passed"] == json!(true) => Reply::Passed,
                None => Reply::Value(message["value"].take()),
            };
            self.replies.insert(number, reply);
        }
    }

    /// Answers a question.
    pub(crate) fn answer(&mut self, id: u64, answer: Result<Value, String>) -> Result<(), String> {
        self.write(&match answer {
            Ok(value) => json!({"answer": id, "value": value}),
            Err(error) => json!({"answer": id, "error": error}),
        })
    }

    /// Performs a task that asks nothing back.
    pub(crate) fn perform(&mut self, task: Value) -> Result<Value, String> {
        let task = self.begin(task)?;
        loop {
            match self.next(task)? {
                Message::Done(Reply::Value(value)) => return Ok(value),
                Message::Done(Reply::Error(error)) => return Err(error),
                Message::Done(Reply::Passed) => return Err("`node` answered badly".to_owned()),
                Message::Question { id, .. } => self.answer(id, Err("not available here".to_owned()))?,
            }
        }
    }

    fn write(&mut self, message: &Value) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("`node` takes no input")?;
        writeln!(input, "{message}")
            .and_then(|()| input.flush())
            .map_err(|error| format!("`node` ended while it ran the project's code: {error}"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The process ends by itself when its input closes; code that hangs is killed. Both results are of no use
        // here: the process is ours alone and its answers were read.
        drop(self.input.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn question(message: &Value) -> Result<Question, String> {
    if let Some(text) = message["text"].as_str() {
        return Ok(Question::Text(text.to_owned()));
    }
    let keys = match &message["property"] {
        Value::String(key) => vec![key.clone()],
        Value::Array(keys) => keys
            .iter()
            .map(|key| {
                key.as_str()
                    .map(str::to_owned)
                    .ok_or("resolveConfigurationProperty expects a list of strings")
            })
            .collect::<Result<_, _>>()?,
        _ => return Err("resolveConfigurationProperty expects a list of strings".to_owned()),
    };
    Ok(Question::Property(keys))
}

/// A program on the PATH of the project's environment, which a `.env` file may have changed.
pub(crate) fn program(name: &str, environment: &BTreeMap<String, String>) -> PathBuf {
    environment
        .get("PATH")
        .and_then(|path| {
            std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| file.is_file())
        })
        .unwrap_or_else(|| PathBuf::from(name))
}
