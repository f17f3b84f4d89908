//! The AWS SDKs that Lambda's runtimes bring along: installed with npm or pip when a function mentions them and does
//! not bring them itself, once for each set of packages, into a cache folder.
//!
//! Differs from AWS: the versions are those that the registry gives at the time of the first use, and packages that no
//! source file of the function names are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::interpreters::{self, Interpreter, Language};

/// npm and pip may take this long.
const INSTALL_TIME_MAX: Duration = Duration::from_secs(180);
/// Packages of one function; AWS has about 400 clients.
const PACKAGES_MAX: usize = 400;
/// Source files larger than this are looked through only so far: bundles are smaller.
const SOURCE_BYTES_MAX: u64 = 32 << 20;

/// How long a set of packages that could not be installed is not tried again: every start of the function would wait.
const FAILURE_KEPT: Duration = Duration::from_secs(60);

/// What is below `@aws-sdk/` in Lambda's runtimes: the clients, and what goes with them. The SDK's sources also name
/// packages that are there for those who install them (`signature-v4-crt`), or not at all.
const FAMILIES: &[&str] = &["client-", "credential-provider", "lib-", "middleware-", "util-"];
const OTHERS: &[&str] = &[
    "cloudfront-signer",
    "config-resolver",
    "core",
    "ec2-metadata-service",
    "polly-request-presigner",
    "rds-signer",
    "region-config-resolver",
    "s3-presigned-post",
    "s3-request-presigner",
    "signature-v4-multi-region",
    "token-providers",
    "types",
    "xml-builder",
];

/// Where SDKs are kept between runs: `CLOUDLET_CACHE`, else the user's cache folder, else the system's temporary one.
pub(crate) fn cache_folder() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user = || variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
    let own = || user().map(|folder| folder.join("cloudlet"));
    variable("CLOUDLET_CACHE")
        .or_else(own)
        .unwrap_or_else(|| std::env::temp_dir().join("cloudlet-cache"))
        .join("sdk")
}

/// Which SDK packages a function's code names but does not bring.
pub(crate) fn missing(
    code: &Path,
    layers: Option<&Path>,
    language: Language,
    version: (u32, u32),
) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    look_through(code, language, version, &mut named);
    named.retain(|package| !brings(code, layers, language, package));
    named
}

fn brings(code: &Path, layers: Option<&Path>, language: Language, package: &str) -> bool {
    match language {
        Language::Node => {
            let in_layer =
                layers.is_some_and(|layers| layers.join("nodejs/node_modules").join(package).exists());
            code.join("node_modules").join(package).exists() || in_layer
        }
        Language::Python => {
            let in_layer = layers.is_some_and(|layers| layers.join("python").join(package).exists());
            code.join(package).exists() || in_layer
        }
    }
}

fn look_through(folder: &Path, language: Language, version: (u32, u32), named: &mut BTreeSet<String>) {
    // What cannot be read now cannot be loaded by the function either.
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() {
            if name != "@aws-sdk" && name != "aws-sdk" && name != "boto3" && name != "botocore" {
                look_through(&path, language, version, named);
            }
        } else if kind.is_file() && is_source(&name, language) {
            if entry.metadata().is_ok_and(|data| data.len() > SOURCE_BYTES_MAX) || named.len() >= PACKAGES_MAX
            {
                continue;
            }
            if let Ok(text) = std::fs::read(&path) {
                names_in(&text, language, version, named);
            }
        }
    }
}

fn is_source(name: &str, language: Language) -> bool {
    match language {
        Language::Node => [".js", ".mjs", ".cjs"].iter().any(|end| name.ends_with(end)),
        Language::Python => name.ends_with(".py"),
    }
}

/// SDK packages that a source text names between quotes, or imports.
fn names_in(text: &[u8], language: Language, version: (u32, u32), named: &mut BTreeSet<String>) {
    let text = String::from_utf8_lossy(text);
    match language {
        Language::Node if version.0 >= 18 => {
            for (at, _) in text.match_indices("@aws-sdk/") {
                let quoted = text[..at].ends_with(['"', '\'', '`']);
                let name: String =
                    text[at + 9..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
                let ends = text[at + 9 + name.len()..].starts_with(['"', '\'', '`', '/']);
                let is_there =
                    FAMILIES.iter().any(|family| name.starts_with(family) && name.len() > family.len())
                        || OTHERS.contains(&name.as_str());
                if quoted && ends && is_there {
                    named.insert(format!("@aws-sdk/{name}"));
                }
            }
        }
        Language::Node => {
            if ["'aws-sdk'", "\"aws-sdk\"", "'aws-sdk/", "\"aws-sdk/"]
                .iter()
                .any(|quoted| text.contains(quoted))
            {
                named.insert("aws-sdk".to_string());
            }
        }
        Language::Python => {
            let imports = |line: &str| {
                let line = line.trim_start();
                let rest = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "));
                rest.is_some_and(|rest| rest.contains("boto3") || rest.contains("botocore"))
            };
            if text.lines().any(imports) {
                named.insert("boto3".to_string());
            }
        }
    }
}

/// The folder with these packages, installed now when it is not there. Blocks.
pub(crate) fn install(
    cache: &Path,
    interpreter: &Interpreter,
    language: Language,
    packages: &BTreeSet<String>,
) -> Result<PathBuf, String> {
    let list: Vec<&str> = packages.iter().map(String::as_str).collect();
    let (major, minor) = interpreter.version;
    let key = wire::digest::sha256_hex(format!("{language:?} {major}.{minor} {}", list.join(" ")).as_bytes());
    let folder =
        cache.join(format!("{}-{}", if language == Language::Node { "node" } else { "python" }, &key[..24]));
    let result = match language {
        Language::Node => folder.join("node_modules"),
        Language::Python => folder.clone(),
    };
    // Functions of one deployment ask for the same packages at the same time: one installs, the others wait for it.
    let turn = turn_of(&folder);
    let mut turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
    if folder.join("complete").exists() {
        return Ok(result);
    }
    let work = || install_now(cache, interpreter, language, &list, &folder);
    unless_failed(&mut turn, Instant::now(), work).map(|()| result)
}

/// Does what did not fail just now.
fn unless_failed(
    last: &mut Failed,
    now: Instant,
    work: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    if let Some((when, error)) = last
        && now.duration_since(*when) < FAILURE_KEPT
    {
        return Err(error.clone());
    }
    let done = work();
    *last = done.as_ref().err().map(|error| (now, error.clone()));
    done
}

fn install_now(
    cache: &Path,
    interpreter: &Interpreter,
    language: Language,
    list: &[&str],
    folder: &Path,
) -> Result<(), String> {
    std::fs::create_dir_all(cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    // Installed beside and moved, so that a folder with this name is always whole.
    let draft = tempfile::TempDir::new_in(cache).map_err(|error| error.to_string())?;
    // Not every Python has pip; the packages are the same from any of them.
    let mut others = interpreters::installed(language).iter().filter(|one| *one != interpreter);
    let mut installed = run(&mut command(interpreter, language, draft.path(), list));
    while let (Err(_), Language::Python, Some(other)) = (&installed, language, others.next()) {
        installed = run(&mut command(other, language, draft.path(), list)).or(installed);
    }
    installed?;
    std::fs::write(draft.path().join("complete"), "").map_err(|error| error.to_string())?;
    open_to_all(draft.path()).map_err(|error| error.to_string())?;
    let draft = draft.keep();
    match std::fs::rename(&draft, folder) {
        Ok(()) => Ok(()),
        // Another process was faster.
        Err(_) if folder.join("complete").exists() => {
            std::fs::remove_dir_all(&draft).map_err(|error| error.to_string())
        }
        Err(error) => Err(format!("{}: {error}", folder.display())),
    }
}

/// When an install failed last, and why.
type Failed = Option<(Instant, String)>;

/// The lock of those who install into `folder`. There are as many as sets of packages that were asked for.
fn turn_of(folder: &Path) -> Arc<Mutex<Failed>> {
    static TURNS: Mutex<BTreeMap<PathBuf, Arc<Mutex<Failed>>>> = Mutex::new(BTreeMap::new());
    TURNS.lock().unwrap_or_else(PoisonError::into_inner).entry(folder.to_owned()).or_default().clone()
}

/// A temporary folder is closed to others; the functions' own users must read it.
fn open_to_all(folder: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))
}

fn command(interpreter: &Interpreter, language: Language, folder: &Path, packages: &[&str]) -> Command {
    let mut command;
    match language {
        Language::Node => {
            command = Command::new("npm");
            command.args([
                "install",
                "--no-save",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--omit=dev",
                "--prefix",
            ]);
            command.arg(folder);
            command.args(packages.iter().map(|package| match *package {
                "aws-sdk" => "aws-sdk@2",
                other => other,
            }));
        }
        Language::Python => {
            command = Command::new(&interpreter.program);
            command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
            command.arg(folder);
            command.args(packages);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).current_dir(folder);
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
    let until = Instant::now() + INSTALL_TIME_MAX;
    while child.try_wait().map_err(|error| format!("{name}: {error}"))?.is_none() {
        if Instant::now() > until {
            // It may have ended just now.
            let _ended = child.kill();
            return Err(format!("{name} took longer than {} seconds", INSTALL_TIME_MAX.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it failed without a word");
    Err(format!("{name}: {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first deployment of many functions ran one install for each of them at the same time.
    #[test]
    fn installs_of_the_same_packages_take_turns() {
        let turn = turn_of(Path::new("/cache/node-a"));
        assert!(Arc::ptr_eq(&turn, &turn_of(Path::new("/cache/node-a"))));
        assert!(!Arc::ptr_eq(&turn, &turn_of(Path::new("/cache/node-b"))));
        let _held = turn.lock().unwrap();
        assert!(turn_of(Path::new("/cache/node-a")).try_lock().is_err());
    }

    /// Every start of a function whose packages could not be installed ran npm again, for a second.
    #[test]
    fn what_cannot_be_installed_is_not_tried_at_every_start() {
        let (mut last, now) = (None, Instant::now());
        let mut tries = 0;
        let mut attempt = |after, result: Result<(), String>| {
            let done = unless_failed(&mut last, now + after, || {
                tries += 1;
                result
            });
            (done, tries)
        };
        let failed = || Err("no registry".to_owned());
        assert_eq!(attempt(Duration::ZERO, failed()), (failed(), 1));
        assert_eq!(attempt(Duration::from_secs(59), Ok(())), (failed(), 1));
        assert_eq!(attempt(FAILURE_KEPT, Ok(())), (Ok(()), 2));
        assert_eq!(attempt(FAILURE_KEPT, failed()), (failed(), 3));
    }

    #[test]
    fn named_packages_that_are_not_brought_are_missing() {
        let code = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(code.path().join("node_modules/@aws-sdk/client-sns")).unwrap();
        std::fs::create_dir_all(code.path().join("src")).unwrap();
        std::fs::write(
            code.path().join("src/a.mjs"),
            "import { S3 } from '@aws-sdk/client-s3'; import '@aws-sdk/client-sns'; // see @aws-sdk/nothing\nrequire(\"@aws-sdk/lib-dynamodb/dist\"); try { require('@aws-sdk/signature-v4-crt') } catch {}",
        )
        .unwrap();
        std::fs::write(code.path().join("old.js"), "require('aws-sdk/clients/s3')").unwrap();
        let names =
            |version| missing(code.path(), None, Language::Node, version).into_iter().collect::<Vec<_>>();
        assert_eq!(names((20, 0)), ["@aws-sdk/client-s3", "@aws-sdk/lib-dynamodb"]);
        assert_eq!(names((16, 0)), ["aws-sdk"]);
        std::fs::write(
            code.path().join("x.py"),
            "def f():\n    from botocore.exceptions import ClientError\n",
        )
        .unwrap();
        assert_eq!(missing(code.path(), None, Language::Python, (3, 11)).len(), 1);
        std::fs::create_dir(code.path().join("boto3")).unwrap();
        assert!(missing(code.path(), None, Language::Python, (3, 11)).is_empty());
    }
}
