//! What leads programs to the cloud under AWS's names: `https://sqs.us-east-1.amazonaws.com`.
//!
//! Node.js preloads a file of ours, and Python finds a module of ours at its start. Both send connections to names that
//! the cloud serves to it, and trust its certificates for them; nothing else of the program changes.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::connect::Connection;

type Environment = BTreeMap<String, String>;

/// The variables that do it, beside what the environment says already.
pub(super) fn variables(
    connection: &Connection,
    environment: &Environment,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Some(guide) = runtime.block_on(connection.guide())? else { return Ok(Vec::new()) };
    let folder = folder(environment)?;
    write(&folder).with_context(|| format!("cannot write to `{}`", folder.display()))?;
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let preload = format!("--require {}", quoted(&text(folder.join(lambda::exec::NODE_PRELOAD))));
    let python = text(folder.join(lambda::exec::PYTHON_FOLDER));
    Ok(vec![
        ("CLOUDLET_NAMES", guide.to_string()),
        ("NODE_OPTIONS", before(preload, environment.get("NODE_OPTIONS"), ' ')),
        ("PYTHONPATH", before(python, environment.get("PYTHONPATH"), ':')),
    ])
}

/// What is ours, and what the user has.
fn before(ours: String, theirs: Option<&String>, between: char) -> String {
    match theirs.filter(|theirs| !theirs.is_empty()) {
        Some(theirs) => format!("{ours}{between}{theirs}"),
        None => ours,
    }
}

/// A path as NODE_OPTIONS reads it (Node.js, "NODE_OPTIONS=options...").
fn quoted(path: &str) -> String {
    match path.contains([' ', '"', '\\']) {
        true => format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"")),
        false => path.to_owned(),
    }
}

/// A folder for these files that nobody but the user can write to. Its name tells the files apart from those of other
/// versions, whose programs may still run.
fn folder(environment: &Environment) -> anyhow::Result<PathBuf> {
    let texts: String = lambda::exec::FILES.iter().map(|(name, text)| format!("{name}\n{text}\n")).collect();
    let digest = wire::digest::sha256_hex(texts.as_bytes());
    let named = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")));
    match cache {
        Some(cache) => Ok(cache.join("cloudlet/exec").join(&digest[..16])),
        None => Ok(tempfile::Builder::new().prefix("cloudlet-exec-").tempdir()?.keep()),
    }
}

fn write(folder: &Path) -> std::io::Result<()> {
    for (name, text) in lambda::exec::FILES {
        let file = folder.join(name);
        // One that cannot be read is written anew.
        if fs::read(&file).is_ok_and(|found| found == text.as_bytes()) {
            continue;
        }
        if let Some(parent) = file.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        }
        // Written beside and moved: a program that starts now reads a whole file.
        let draft = file.with_extension(std::process::id().to_string());
        fs::write(&draft, text)?;
        fs::rename(draft, file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_has_stays() {
        let join = |theirs: Option<&str>| before("ours".to_owned(), theirs.map(str::to_owned).as_ref(), ' ');
        assert_eq!(join(None), "ours");
        assert_eq!(join(Some("")), "ours");
        assert_eq!(join(Some("--no-warnings")), "ours --no-warnings");
        assert_eq!(quoted("/home/me/exec.js"), "/home/me/exec.js");
        assert_eq!(quoted(r#"/my "home\"#), r#""/my \"home\\""#);
    }

    #[test]
    fn files_are_written_once_for_the_user_alone() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::from([("HOME".to_owned(), home.path().display().to_string())]);
        let folder = folder(&environment).unwrap();
        assert!(folder.starts_with(home.path().join(".cache/cloudlet/exec")));
        write(&folder).unwrap();
        let preload = folder.join(lambda::exec::NODE_PRELOAD);
        let first = fs::metadata(&preload).unwrap().modified().unwrap();
        write(&folder).unwrap();
        assert_eq!(fs::metadata(&preload).unwrap().modified().unwrap(), first);
        fs::write(&preload, "cut off").unwrap();
        write(&folder).unwrap();
        assert_ne!(fs::read_to_string(&preload).unwrap(), "cut off");
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&folder).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }
}
