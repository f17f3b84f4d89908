//! Interpreters of this machine, and which of them runs a declared runtime.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A language whose bootstrap is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    Node,
    Python,
}

/// What a function's `Runtime` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A language in a version: (20, 0) for nodejs20.x, (3, 11) for python3.11.
    Managed(Language, (u32, u32)),
    /// `provided.*`: the code brings an executable.
    Provided,
}

/// An interpreter of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The executable itself, not a link or shim.
    pub(crate) program: PathBuf,
    /// Its installation folder.
    pub(crate) home: PathBuf,
    /// Major and minor version.
    pub(crate) version: (u32, u32),
    /// The version as it says itself.
    pub(crate) text: String,
}

/// Understands a `Runtime` value: `nodejs20.x`, `python3.11`, `provided.al2023`.
pub(crate) fn wanted(runtime: &str) -> Option<Wanted> {
    if matches!(runtime, "provided" | "provided.al2" | "provided.al2023") {
        return Some(Wanted::Provided);
    }
    if let Some(version) = runtime.strip_prefix("nodejs") {
        let major = version.strip_suffix(".x")?;
        return Some(Wanted::Managed(Language::Node, (major.parse().ok()?, 0)));
    }
    let (major, minor) = runtime.strip_prefix("python")?.split_once('.')?;
    Some(Wanted::Managed(Language::Python, (major.parse().ok()?, minor.parse().ok()?)))
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Language::Node => "Node.js",
            Language::Python => "Python",
        }
    }

    /// Prints version, executable and installation folder, one a line.
    fn question(self) -> [&'static str; 2] {
        match self {
            Language::Node => [
                "-p",
                "[process.versions.node, process.execPath, require('path').dirname(require('path').dirname(process.execPath))].join('\\n')",
            ],
            Language::Python => [
                "-c",
                "import os, sys; print('.'.join(map(str, sys.version_info[:3])), os.path.realpath(sys.executable), sys.base_prefix, sep='\\n')",
            ],
        }
    }

    /// Oldest version that the bootstrap runs on.
    fn oldest(self) -> (u32, u32) {
        match self {
            Language::Node => (14, 0),
            Language::Python => (3, 7),
        }
    }
}

impl Interpreter {
    /// What a function must see of the host so that the interpreter runs.
    pub(crate) fn trees(&self) -> Vec<PathBuf> {
        trees(self, std::env::var_os("HOME").map(PathBuf::from).as_deref())
    }
}

/// An interpreter that has a folder of its own is shown with all of it. One in `~/bin`, `~/.local/bin` or `/opt/bin` is
/// not: its "home" is the user's, with all keys and data in it.
fn trees(interpreter: &Interpreter, user: Option<&Path>) -> Vec<PathBuf> {
    let home = &interpreter.home;
    if home.starts_with("/usr") || home.parent().is_none() {
        return Vec::new(); // Everybody sees /usr; a path such as /bin/node leads there.
    }
    let shared = home.components().count() <= 2
        || user.is_some_and(|user| user.starts_with(home) || *home == user.join(".local"));
    if !shared {
        return vec![home.clone()];
    }
    let (major, minor) = interpreter.version;
    let mut trees = vec![home.join(format!("lib/python{major}.{minor}")), interpreter.program.clone()];
    trees.extend(interpreter.program.canonicalize().ok());
    trees.dedup();
    trees
}

/// All interpreters of a language, found once.
pub(crate) fn installed(language: Language) -> &'static [Interpreter] {
    known(language).get_or_init(|| find(language))
}

/// Whether they have been found already, so that nobody has to wait for it.
pub(crate) fn are_known(language: Language) -> bool {
    known(language).get().is_some()
}

fn known(language: Language) -> &'static OnceLock<Vec<Interpreter>> {
    static NODE: OnceLock<Vec<Interpreter>> = OnceLock::new();
    static PYTHON: OnceLock<Vec<Interpreter>> = OnceLock::new();
    match language {
        Language::Node => &NODE,
        Language::Python => &PYTHON,
    }
}

/// The installed interpreter that is nearest to the declared version: the same, else the next newer, else the newest.
pub(crate) fn nearest(installed: &[Interpreter], version: (u32, u32)) -> Option<&Interpreter> {
    // For Node.js only the major version is declared.
    let same = |one: &&Interpreter| one.version == version || (version.1 == 0 && one.version.0 == version.0);
    let newer = installed.iter().filter(|one| one.version >= version).min_by_key(|one| one.version);
    installed.iter().find(same).or(newer).or_else(|| installed.iter().max_by_key(|one| one.version))
}

/// The interpreter for a runtime, and a line of notice when it is not the declared version. Blocks when asked first.
pub(crate) fn choose(
    runtime: &str,
    language: Language,
    version: (u32, u32),
) -> Result<(Interpreter, Option<String>), String> {
    let Some(found) = nearest(installed(language), version) else {
        let name = language.name();
        return Err(format!(
            "The runtime {runtime} needs {name}, and this machine has none. Install {name} and make it reachable through PATH."
        ));
    };
    let declared = match language {
        Language::Node => found.version.0 == version.0,
        Language::Python => found.version == version,
    };
    let notice =
        (!declared).then(|| format!("{runtime} runs on {} {} of this machine", language.name(), found.text));
    Ok((found.clone(), notice))
}

fn find(language: Language) -> Vec<Interpreter> {
    let (scripts, programs): (Vec<PathBuf>, Vec<PathBuf>) =
        candidates(language).into_iter().filter(|path| path.is_file()).partition(|path| is_script(path));
    let found = ask_all(language, programs);
    // Scripts are shims of version managers, which take a tenth of a second to lead to what was found already.
    if found.is_empty() { ask_all(language, scripts) } else { found }
}

fn is_script(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 2];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && &start == b"#!"
}

fn ask_all(language: Language, candidates: Vec<PathBuf>) -> Vec<Interpreter> {
    let mut seen = BTreeSet::new();
    let mut found: Vec<Interpreter> = Vec::new();
    for candidate in candidates {
        let Ok(real) = candidate.canonicalize() else { continue };
        if !seen.insert(real) {
            continue;
        }
        let Some(interpreter) = ask(language, &candidate) else { continue };
        if interpreter.version >= language.oldest()
            && !found.iter().any(|one| one.program == interpreter.program)
        {
            found.push(interpreter);
        }
    }
    found
}

/// Executables on PATH first, then where version managers keep theirs.
fn candidates(language: Language) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates: Vec<PathBuf> = Vec::new();
    for folder in std::env::split_paths(&path).chain(["/usr/bin".into(), "/usr/local/bin".into()]) {
        match language {
            Language::Node => candidates.push(folder.join("node")),
            Language::Python => {
                candidates.push(folder.join("python3"));
                candidates.extend((7..=14).rev().map(|minor| folder.join(format!("python3.{minor}"))));
            }
        }
    }
    let Some(home) = std::env::var_os("HOME").map(PathBuf::from) else { return candidates };
    let managers: &[(&str, &str)] = match language {
        Language::Node => &[
            (".nvm/versions/node", "bin/node"),
            (".local/share/fnm/node-versions", "installation/bin/node"),
            (".local/share/mise/installs/node", "bin/node"),
            (".asdf/installs/nodejs", "bin/node"),
            (".volta/tools/image/node", "bin/node"),
        ],
        Language::Python => &[
            (".pyenv/versions", "bin/python3"),
            (".local/share/uv/python", "bin/python3"),
            (".local/share/mise/installs/python", "bin/python3"),
            (".asdf/installs/python", "bin/python3"),
        ],
    };
    for (folder, program) in managers {
        // A manager that is not installed has no folder.
        let Ok(versions) = std::fs::read_dir(home.join(folder)) else { continue };
        candidates.extend(versions.flatten().map(|version| version.path().join(program)));
    }
    candidates
}

fn ask(language: Language, program: &Path) -> Option<Interpreter> {
    let output = Command::new(program)
        .args(language.question())
        .env_remove("NODE_OPTIONS")
        .env_remove("PYTHONPATH")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?; // A shim of a version manager without that version: not an interpreter.
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    let (version, program, home) = (lines.next()?, lines.next()?, lines.next()?);
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    Some(Interpreter {
        program: program.into(),
        home: home.into(),
        version: (numbers.next()?, numbers.next()?),
        text: version.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(version: (u32, u32)) -> Interpreter {
        let text = format!("{}.{}.0", version.0, version.1);
        Interpreter { program: "/x".into(), home: "/".into(), version, text }
    }

    /// A node in `~/.local/bin` showed functions the data folder of the cloud, in `~/.local/share`.
    #[test]
    fn the_folders_of_users_are_not_shown() {
        let shown = |home: &str| {
            let program = Path::new(home).join("bin/python3");
            let one = Interpreter { program, home: home.into(), ..interpreter((3, 11)) };
            trees(&one, Some(Path::new("/home/me")))
        };
        assert_eq!(shown("/home/me/.pyenv/versions/3.11.7"), [Path::new("/home/me/.pyenv/versions/3.11.7")]);
        assert_eq!(shown("/opt/python"), [Path::new("/opt/python")]);
        assert_eq!(shown("/usr/local"), [] as [&Path; 0]);
        for home in ["/home/me/.local", "/home/me", "/home", "/opt"] {
            let home = Path::new(home);
            assert_eq!(
                shown(home.to_str().unwrap()),
                [home.join("lib/python3.11"), home.join("bin/python3")]
            );
        }
    }

    #[test]
    fn runtimes_are_understood() {
        assert_eq!(wanted("nodejs20.x"), Some(Wanted::Managed(Language::Node, (20, 0))));
        assert_eq!(wanted("python3.11"), Some(Wanted::Managed(Language::Python, (3, 11))));
        assert_eq!(wanted("provided.al2023"), Some(Wanted::Provided));
        assert_eq!(wanted("nodejs"), None);
        assert_eq!(wanted("java21"), None);
    }

    #[test]
    fn the_nearest_version_runs_it() {
        let have = [interpreter((18, 19)), interpreter((22, 4)), interpreter((20, 1))];
        let version = |wanted| nearest(&have, wanted).map(|one| one.version);
        assert_eq!(version((20, 0)), Some((20, 1)));
        assert_eq!(version((16, 0)), Some((18, 19)));
        assert_eq!(version((24, 0)), Some((22, 4)));
        assert_eq!(nearest(&[], (20, 0)), None);
        let have = [interpreter((3, 11)), interpreter((3, 9))];
        assert_eq!(nearest(&have, (3, 10)).map(|one| one.version), Some((3, 11)));
        assert_eq!(nearest(&have, (3, 9)).map(|one| one.version), Some((3, 9)));
    }
}
