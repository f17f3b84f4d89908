//! Which waiting process fits which function.
//!
//! A process that waits was started with everything that all functions of its kind have in common; what is a function's
//! own comes with the assignment. The kind *is* that common part: two functions share waiting processes exactly when
//! nothing that a process is started with would be different. A variable or a mount that is a function's own and is
//! not known here can therefore never reach another function; it only makes a kind of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cloud::Network;
use jail::spec::{Assignment, Spec};

use crate::runtime::interpreters::{Language, Wanted};
use crate::runtime::launch::{Host, Launch, SITE_PACKAGES, Seen};
use crate::runtime::variables;

/// What a process has loaded before it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prepared {
    /// The bootstrap alone.
    Bare,
    /// Node.js: the built-in modules that SDKs and web frameworks load; 3 MB and 11 ms.
    Modules,
    /// Python: boto3, as the runtime supplies it; 30 MB and 150 ms.
    Sdk,
}

/// The common part of functions that share waiting processes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kind {
    pub(crate) spec: Spec,
    pub(crate) prepared: Prepared,
}

/// A kind, and what one function adds to it.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    pub(crate) kind: Kind,
    pub(crate) order: Assignment,
}

/// Variables that an interpreter or a library reads when its process starts: a function that sets one of them gets a
/// process that was started with it. Prefixes, because the lists grow with every release; what is known to be read
/// later is excepted below.
const AT_START: &[&str] = &[
    "AWS_LAMBDA_EXEC_WRAPPER",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "ICU_",
    "LANG",
    "LC_",
    "LD_",
    "LOCPATH",
    "MALLOC_",
    "NODE_",
    "OPENSSL_",
    "PYTHON",
    "SSL_CERT_",
    "SSLKEYLOGFILE",
    "UV_",
];

/// Names with those prefixes that are read when they are needed.
const LATER: &[&str] = &[
    "NODE_APP_INSTANCE",
    "NODE_CONFIG",
    "NODE_CONFIG_DIR",
    "NODE_CONFIG_ENV",
    "NODE_ENV",
    "NODE_PATH",
    "NODE_TLS_REJECT_UNAUTHORIZED",
];

/// Whether a variable has to be there when the process starts.
fn is_read_at_start(name: &str) -> bool {
    AT_START.iter().any(|prefix| name.starts_with(prefix)) && !LATER.contains(&name)
}

impl Fit {
    /// The kind of process that this function can take over; none when it needs one of its own.
    pub(crate) fn of(launch: &Launch, host: &Host, prepared: Prepared) -> Option<Fit> {
        let interpreter = launch.interpreter.as_ref()?;
        // The sockets in a network of its own belong to one function.
        if !host.jail.can_assign()
            || launch.network != Network::Host
            || launch.variables.keys().any(|name| is_read_at_start(name))
        {
            return None;
        }
        if launch.debugging.inspector {
            return None; // It listens from its start.
        }
        if launch.needs_api() {
            return None; // Wrappers and extensions need a Runtime API, whose address is known at the start.
        }
        if !launch.mounts.is_empty() {
            return None; // A folder that is shared with other functions is nothing to wait with.
        }
        let seen = launch.seen(host, None);
        let mut spec = launch.spec(host, &seen, Vec::new(), None);
        if spec.program.as_ref() != Some(&interpreter.program) || !spec.companions.programs.is_empty() {
            return None; // A wrapper or an extension runs first.
        }
        let order = split(&mut spec, prepared);
        spec.env = common_variables(launch, &seen);
        Some(Fit { kind: Kind { spec, prepared }, order })
    }
}

/// Takes what is a function's own out of its sandbox.
fn split(spec: &mut Spec, prepared: Prepared) -> Assignment {
    let stays = |target: &Path| prepared == Prepared::Sdk && target == Path::new(SITE_PACKAGES);
    let folders = &spec.files.folders;
    let binds = std::mem::take(&mut spec.files.binds);
    let (late, common) =
        binds.into_iter().partition(|bind| folders.contains(&bind.target) && !stays(&bind.target));
    spec.files.binds = common;
    let order = Assignment {
        binds: late,
        tmp_bytes: std::mem::replace(&mut spec.files.tmp_bytes, TMP_BYTES),
        data_bytes: spec.limits.data_bytes.take(),
    };
    spec.files.late = true;
    spec.cwd = PathBuf::from("/");
    order
}

/// Size of /tmp while a process waits.
const TMP_BYTES: u64 = 1 << 20;

fn common_variables(launch: &Launch, seen: &Seen) -> Vec<(String, String)> {
    variables::defaults(launch, seen).into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// What the code of a function says about the processes that suit it. Found once; code never changes.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Built-in modules will be loaded in any case.
    loads_much: bool,
    /// Python: names that the function brings for import.
    brings: BTreeSet<String>,
}

/// Root folders with more source text than this load more than a few built-in modules.
const SMALL_BYTES: u64 = 64 << 10;
/// What source texts of small functions say when they load the larger built-in modules.
const LARGE_MODULES: &[&str] = &["http", "crypto", "zlib", "fetch(", "stream", "import", "net'", "tls'"];

impl Facts {
    /// Looks at the code. Blocks for as long as reading a folder and a small file takes.
    pub(crate) fn find(launch: &Launch) -> Facts {
        match launch.wanted {
            Wanted::Managed(Language::Node, _) => {
                Facts { loads_much: launch.sdk.is_some() || loads_much(&launch.code), ..Facts::default() }
            }
            Wanted::Managed(Language::Python, version) => {
                let mut brings = BTreeSet::new();
                names_in(&launch.code, &mut brings);
                if let Some(layers) = &launch.layers {
                    names_in(&layers.join("python"), &mut brings);
                    let (major, minor) = version;
                    names_in(
                        &layers.join(format!("python/lib/python{major}.{minor}/site-packages")),
                        &mut brings,
                    );
                }
                Facts { brings, ..Facts::default() }
            }
            Wanted::Provided => Facts::default(),
        }
    }

    /// What processes for this function should have loaded.
    pub(crate) fn suited(&self, launch: &Launch) -> Prepared {
        match launch.wanted {
            Wanted::Managed(Language::Python, _) if launch.sdk.is_some() => Prepared::Sdk,
            Wanted::Managed(Language::Node, _) if self.loads_much => Prepared::Modules,
            _ => Prepared::Bare,
        }
    }

    /// Whether the function brings a module that the process has loaded from elsewhere. The function's own comes first.
    pub(crate) fn shadows(&self, loaded: &BTreeSet<String>) -> bool {
        self.brings.iter().any(|name| loaded.contains(name))
    }
}

fn loads_much(code: &Path) -> bool {
    // What cannot be read now fails when the function starts, in the function's own words.
    let Ok(entries) = fs::read_dir(code) else { return false };
    let mut texts = 0;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name == "node_modules" || name == "package.json" {
            return true;
        }
        let Ok(data) = entry.metadata() else { continue };
        texts += data.len();
        if texts > SMALL_BYTES {
            return true;
        }
        let names_large =
            |text: Vec<u8>| LARGE_MODULES.iter().any(|name| String::from_utf8_lossy(&text).contains(name));
        if data.is_file() && fs::read(entry.path()).is_ok_and(names_large) {
            return true;
        }
    }
    false
}

fn names_in(folder: &Path, names: &mut BTreeSet<String>) {
    // Most functions have no such folder.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // `a.py`, `a/` and `a.cpython-311-x86_64-linux-gnu.so` are all imported as `a`.
        names.extend(name.split('.').next().map(str::to_string));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::tests::launch;

    #[test]
    fn variables_that_are_read_at_start_are_known() {
        for name in [
            "NODE_OPTIONS",
            "NODE_EXTRA_CA_CERTS",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "UV_THREADPOOL_SIZE",
            "PYTHONPATH",
            "AWS_LAMBDA_EXEC_WRAPPER",
            "LC_ALL",
            "NODE_V8_COVERAGE",
        ] {
            assert!(is_read_at_start(name), "{name}");
        }
        for name in ["NODE_ENV", "TABLE", "TZ", "HOME", "NODE_PATH", "AWS_NODEJS_CONNECTION_REUSE_ENABLED"] {
            assert!(!is_read_at_start(name), "{name}");
        }
    }

    #[test]
    fn small_functions_that_load_little_get_small_processes() {
        let code = tempfile::tempdir().unwrap();
        let index = code.path().join("index.js");
        fs::write(&index, "exports.handler = async (e) => e").unwrap();
        assert!(!loads_much(code.path()));
        fs::write(&index, "const https = require('https')").unwrap();
        assert!(loads_much(code.path()));
        fs::write(&index, "x".repeat(70_000)).unwrap();
        assert!(loads_much(code.path()));
        fs::write(&index, "").unwrap();
        fs::create_dir(code.path().join("node_modules")).unwrap();
        assert!(loads_much(code.path()));
        assert!(!loads_much(Path::new("/no/such/code")));
    }

    #[test]
    fn a_module_that_the_function_brings_is_never_taken_from_elsewhere() {
        let code = tempfile::tempdir().unwrap();
        fs::write(code.path().join("index.py"), "").unwrap();
        fs::create_dir(code.path().join("urllib3")).unwrap();
        fs::write(code.path().join("fast.cpython-311-x86_64-linux-gnu.so"), "").unwrap();
        let mut function = launch("python3.11", "index.handler");
        function.code = code.path().into();
        let facts = Facts::find(&function);
        let loaded = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        assert!(facts.shadows(&loaded(&["json", "urllib3"])));
        assert!(facts.shadows(&loaded(&["fast"])));
        assert!(!facts.shadows(&loaded(&["json", "botocore"])));
        assert_eq!(facts.suited(&function), Prepared::Bare);
        function.sdk = Some("/sdk".into());
        assert_eq!(facts.suited(&function), Prepared::Sdk);
    }
}
