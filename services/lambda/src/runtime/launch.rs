//! What is needed to start an environment of a function version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud::Network;
use cloud::sandbox::{Front, Guest};
use jail::cgroup::GroupLimits;
use jail::host::{Jail, system_binds};
use jail::spec::{Bind, Companions, Files, Layers, Limits, Spec};
use serde_json::json;

use super::ahead::Ahead;
use super::compiled::{self, Compiled};
use super::guests::Guests;
use super::image::Image;
use super::interpreters::{Interpreter, Language, Wanted};
use super::log::LogLine;
use super::network;
use super::variables;
use crate::logging::Logging;

/// Why an environment is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Initialization {
    /// For an invocation.
    OnDemand,
    /// Ahead, as provisioned concurrency.
    Provisioned,
    /// For an invocation of a version with SnapStart.
    SnapStart,
}

impl Initialization {
    /// The value of `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Initialization::OnDemand => "on-demand",
            Initialization::Provisioned => "provisioned-concurrency",
            Initialization::SnapStart => "snap-start",
        }
    }
}

/// What a developer wants to see of a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Debugging {
    /// Stack traces show the lines of the sources where there is a map.
    pub(crate) source_maps: bool,
    /// Its processes listen for a debugger.
    pub(crate) inspector: bool,
}

/// A function version, ready to run: everything is resolved and unpacked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Launch {
    /// The function's name.
    pub(crate) name: String,
    /// `$LATEST` or a number.
    pub(crate) version: String,
    /// The function's ARN without qualifier.
    pub(crate) arn: String,
    /// The account it belongs to.
    pub(crate) account: String,
    /// Its region.
    pub(crate) region: String,
    /// `/aws/lambda/<name>` unless configured.
    pub(crate) log_group: String,
    /// The execution role.
    pub(crate) role: String,
    /// The declared runtime.
    pub(crate) runtime: String,
    /// What that asks for.
    pub(crate) wanted: Wanted,
    /// The interpreter that runs it, for managed runtimes.
    pub(crate) interpreter: Option<Interpreter>,
    /// `file.function`.
    pub(crate) handler: String,
    /// The unpacked code.
    pub(crate) code: PathBuf,
    /// The merged layers, if there are any.
    pub(crate) layers: Option<PathBuf>,
    /// The AWS SDK that the runtime supplies: a `node_modules` or a site-packages folder.
    pub(crate) sdk: Option<PathBuf>,
    /// The function's own variables.
    pub(crate) variables: BTreeMap<String, String>,
    /// Memory in MB.
    pub(crate) memory_mb: u32,
    /// Time for one invocation.
    pub(crate) timeout: Duration,
    /// Size of /tmp in MB.
    pub(crate) tmp_mb: u32,
    /// The format of the log.
    pub(crate) logging: Logging,
    /// Executables in the `extensions` folder of the layers: external extensions.
    pub(crate) extensions: Vec<String>,
    /// Where the cloud listens.
    pub(crate) endpoint: String,
    /// Folders that it may change, and where it sees them.
    pub(crate) mounts: Vec<(PathBuf, String)>,
    /// What it can reach.
    pub(crate) network: Network,
    /// Why its environments are started.
    pub(crate) initialization: Initialization,
    /// What a developer wants to see of it.
    pub(crate) debugging: Debugging,
}

/// Temporary credentials of the execution role.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
}

/// What the runtime asks of the cloud around it.
#[async_trait]
pub(crate) trait Backend: Send + Sync + 'static {
    /// The time, in milliseconds since 1970.
    fn now_millis(&self) -> i64;
    /// Random hexadecimal digits.
    fn random_hex(&self, digits: usize) -> String;
    /// Credentials of the role; none when the role is gone.
    async fn credentials(&self, launch: &Launch) -> Option<Credentials>;
    /// Takes log events of one stream. Must not wait.
    fn log(&self, launch: &Arc<Launch>, stream: &Arc<str>, lines: Vec<LogLine>);
    /// A process of a function listens for a debugger.
    fn listens(&self, _launch: &Launch, _address: &str) {}
    /// Who serves what functions with a network of their own connect to.
    fn front(&self) -> Option<Arc<dyn Front>> {
        None
    }
}

/// What all environments share.
pub(crate) struct Host {
    pub(crate) jail: Jail,
    pub(crate) image: Image,
    pub(crate) backend: Arc<dyn Backend>,
    /// Folder for /tmp of environments without a private file system.
    pub(crate) scratch: PathBuf,
    /// Processes that have booted before they are needed.
    pub(crate) ahead: Ahead,
    /// Function images.
    pub(crate) compiled: Compiled,
    /// The functions that run now.
    pub(crate) guests: Arc<Guests>,
    /// Done when functions know where names of AWS lead.
    pub(crate) names: tokio::sync::OnceCell<()>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("jail", &self.jail).finish_non_exhaustive()
    }
}

/// The paths as the function sees them.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) task: String,
    pub(crate) opt: String,
    pub(crate) runtime: String,
    pub(crate) node_modules: String,
    pub(crate) site_packages: String,
    pub(crate) tmp: String,
    /// Whether `tmp` is a folder of the host instead of a private /tmp.
    pub(crate) scratch: bool,
}

impl Seen {
    /// Inside a private file system: Lambda's own paths.
    pub(crate) fn private(node_modules: String) -> Seen {
        Seen {
            task: "/var/task".into(),
            opt: "/opt".into(),
            runtime: "/var/runtime".into(),
            node_modules,
            site_packages: SITE_PACKAGES.into(),
            tmp: "/tmp".into(),
            scratch: false,
        }
    }
}

/// Where boto3 appears.
pub(crate) const SITE_PACKAGES: &str = "/var/lang/lib/python/site-packages";
/// Where the SDK for JavaScript appears for `require`.
const NODE_MODULES: &str = "/var/runtime/node_modules";
/// The same for `import`, which does not look at NODE_PATH but in `node_modules` of all folders up to the root.
const NODE_MODULES_OF_ROOT: &str = "/node_modules";

/// Memory that a process may reserve beyond twice the function's size: thread stacks and heaps that are never touched.
/// The size itself is watched by [`super::memory`]; this is the wall behind it.
const RESERVED_BYTES: u64 = 64 << 20;
/// What Node.js reserves since version 24 and hardly touches: VmData is 584 MB after its start, and was 59 MB in version
/// 22. With less it does not start.
const RESERVED_BYTES_NODE_24: u64 = 512 << 20;
/// What the sandbox's own processes may use inside the function's control group.
const HELPER_BYTES: u64 = 8 << 20;
/// The helper and process 1 beside the function's own processes.
const HELPER_PROCESSES: u64 = 4;

/// Lambda's user inside the sandbox.
const PASSWD: &str =
    "root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:{uid}:{gid}::/home/sbx_user1051:/sbin/nologin\n";
/// Names of hosts.
const HOSTS: &str = "/etc/hosts";
/// The environment's own names, to which extensions have telemetry sent.
const SANDBOX_NAMES: &str = "127.0.0.1 sandbox.localdomain sandbox\n";

/// The names that the host knows, and the environment's own.
fn hosts() -> String {
    // A host without such a file knows none.
    let mut text = std::fs::read_to_string(HOSTS).unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text + SANDBOX_NAMES
}

const GROUP: &str = "root:x:0:\nsbx_user1051:x:{gid}:\n";

impl Launch {
    /// What the whole sandbox may use, for the kernel's limit. Pages of /tmp count as memory there.
    pub(crate) fn group(&self) -> GroupLimits {
        GroupLimits {
            memory_bytes: (u64::from(self.memory_mb + self.tmp_mb) << 20) + HELPER_BYTES,
            processes: Limits::default().processes + HELPER_PROCESSES,
            share_megabytes: u64::from(self.memory_mb),
        }
    }

    /// The function, as the cloud knows those that connect to it.
    pub(crate) fn guest(&self) -> Arc<Guest> {
        Arc::new(Guest { function: self.name.clone(), role: self.role.clone() })
    }

    /// The paths as the function sees them on this host; `scratch` is this environment's own folder.
    pub(crate) fn seen(&self, host: &Host, scratch: Option<&std::path::Path>) -> Seen {
        if host.jail.has_private_files() {
            return Seen::private(NODE_MODULES.into());
        }
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let sdk = self.sdk.as_deref().map(text).unwrap_or_default();
        Seen {
            task: text(&self.code),
            opt: self.layers.as_deref().map(text).unwrap_or_else(|| "/opt".into()),
            runtime: text(&host.image.runtime(self.runtime_folder())),
            node_modules: sdk.clone(),
            site_packages: sdk,
            tmp: scratch.map(text).unwrap_or_default(),
            scratch: true,
        }
    }

    fn runtime_folder(&self) -> &'static str {
        match self.wanted {
            Wanted::Managed(Language::Python, _) => "python",
            _ => "node",
        }
    }

    /// The sandbox of one environment.
    pub(crate) fn spec(
        &self,
        host: &Host,
        seen: &Seen,
        env: Vec<(String, String)>,
        scratch: Option<PathBuf>,
    ) -> Spec {
        let (program, args) = self.program(seen);
        let mut binds = system_binds();
        binds.push(Bind::new(&self.code, "/var/task"));
        binds.push(Bind::new(host.image.runtime(self.runtime_folder()), "/var/runtime"));
        if let Some(layers) = &self.layers {
            binds.push(Bind::new(layers, "/opt"));
        }
        binds.extend(self.mounts.iter().map(|(folder, path)| Bind::writable(folder, path)));
        if let Some(image) = host.compiled.ready(self) {
            binds.push(Bind::new(image, compiled::FOLDER));
        }
        if let Some(interpreter) = &self.interpreter {
            binds.extend(interpreter.trees().into_iter().map(Bind::optional));
        }
        if let Some(sdk) = &self.sdk {
            match self.wanted {
                Wanted::Managed(Language::Node, _) => {
                    binds.push(Bind::new(sdk, NODE_MODULES));
                    binds.push(Bind::new(sdk, NODE_MODULES_OF_ROOT));
                }
                _ => binds.push(Bind::new(sdk, SITE_PACKAGES)),
            }
        }
        let mut texts = vec![("/etc/passwd".into(), PASSWD.into()), ("/etc/group".into(), GROUP.into())];
        if self.needs_api() {
            binds.retain(|bind| bind.target != Path::new(HOSTS));
            texts.push((HOSTS.into(), hosts()));
        }
        let companions = self.companions(seen, &env);
        let memory = u64::from(self.memory_mb) << 20;
        let tmp_bytes = u64::from(self.tmp_mb) << 20;
        // Without a private /tmp its folder is watched, and this is the wall behind that.
        let file_bytes = scratch.is_some().then_some(tmp_bytes);
        let mut files = Files { binds, texts, tmp_bytes, scratch, folders: self.folders(), late: false };
        network::adapt(self, &mut files);
        Spec {
            program: Some(program),
            args,
            env,
            cwd: PathBuf::from(&seen.task),
            layers: Layers::default(),
            files,
            network: network::layout(self),
            limits: Limits {
                data_bytes: Some(2 * memory + self.reserved_bytes()),
                file_bytes,
                ..Limits::default()
            },
            hostname: "169-254-100-1".into(),
            companions,
        }
    }

    fn reserved_bytes(&self) -> u64 {
        let is_node = matches!(self.wanted, Wanted::Managed(Language::Node, _));
        let version = self.interpreter.as_ref().map_or(0, |one| one.version.0);
        RESERVED_BYTES + if is_node && version >= 24 { RESERVED_BYTES_NODE_24 } else { 0 }
    }

    /// Folders that every function of a runtime sees, whether something is in them or not.
    fn folders(&self) -> Vec<PathBuf> {
        let folders: &[&str] = match self.wanted {
            Wanted::Managed(Language::Node, _) => {
                &["/var/task", "/opt", NODE_MODULES, NODE_MODULES_OF_ROOT, compiled::FOLDER]
            }
            Wanted::Managed(Language::Python, _) => &["/var/task", "/opt", SITE_PACKAGES],
            Wanted::Provided => &["/var/task", "/opt"],
        };
        folders.iter().map(PathBuf::from).collect()
    }

    /// `AWS_LAMBDA_EXEC_WRAPPER`: what is started instead of the runtime, with the runtime's command as its arguments.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper>: not for OS-only runtimes.
    pub(crate) fn wrapper(&self) -> Option<&str> {
        let managed = matches!(self.wanted, Wanted::Managed(..));
        self.variables
            .get("AWS_LAMBDA_EXEC_WRAPPER")
            .map(String::as_str)
            .filter(|path| managed && !path.is_empty())
    }

    /// Whether processes of its environments may ask for the Extensions API. Managed runtimes have it when something of
    /// the user's runs before or beside them.
    pub(crate) fn needs_api(&self) -> bool {
        matches!(self.wanted, Wanted::Provided) || self.has_company()
    }

    /// Whether something of the user's runs before or beside the runtime.
    fn has_company(&self) -> bool {
        self.wrapper().is_some() || !self.extensions.is_empty()
    }

    /// What is started, with its arguments.
    fn program(&self, seen: &Seen) -> (PathBuf, Vec<String>) {
        let (program, mut args) = self.runtime_program(seen);
        let Some(wrapper) = self.wrapper() else { return (program, args) };
        args.insert(0, program.to_string_lossy().into_owned());
        // Without a private file system Lambda's paths are elsewhere.
        let moved = [("/opt/", &seen.opt), ("/var/task/", &seen.task)]
            .iter()
            .find_map(|(from, to)| wrapper.strip_prefix(from).map(|rest| PathBuf::from(to).join(rest)));
        (moved.unwrap_or_else(|| wrapper.into()), args)
    }

    fn companions(&self, seen: &Seen, env: &[(String, String)]) -> Companions {
        let folder = PathBuf::from(&seen.opt).join("extensions");
        Companions {
            programs: self.extensions.iter().map(|name| folder.join(name)).collect(),
            env: variables::of_extensions(env),
        }
    }

    fn runtime_program(&self, seen: &Seen) -> (PathBuf, Vec<String>) {
        let interpreter = self.interpreter.as_ref().map(|one| one.program.clone());
        match (self.wanted, interpreter) {
            (Wanted::Managed(Language::Node, _), Some(program)) => {
                // 80 KB of headers, as Lambda allows its own Node.js runtime.
                let mut args = vec!["--max-http-header-size=81920".into()];
                if self.debugging.inspector {
                    // Its address is told by the bootstrap, not on standard error.
                    args.extend(["--inspect=127.0.0.1:0".into(), "--inspect-publish-uid=http".into()]);
                }
                args.push(format!("{}/index.js", seen.runtime));
                (program, args)
            }
            (Wanted::Managed(Language::Python, _), Some(program)) => {
                // Without the host's site-packages (-S) and user packages (-s): only what AWS has is importable.
                (program, vec!["-S".into(), "-s".into(), format!("{}/bootstrap.py", seen.runtime)])
            }
            _ => (self.bootstrap(seen), Vec::new()),
        }
    }

    /// The executable of `provided.*`: in the code, else in a layer.
    fn bootstrap(&self, seen: &Seen) -> PathBuf {
        let in_layer = self.layers.as_ref().is_some_and(|layers| layers.join("bootstrap").exists());
        if !self.code.join("bootstrap").exists() && in_layer {
            return PathBuf::from(&seen.opt).join("bootstrap");
        }
        PathBuf::from(&seen.task).join("bootstrap")
    }

    /// The ASSIGN order of lane A.
    pub(crate) fn order(&self, seen: &Seen) -> serde_json::Value {
        let mut order = json!({"root": seen.task, "handler": self.handler});
        if self.debugging != Debugging::default() {
            order["debug"] = json!({"inspect": self.debugging.inspector, "maps": self.debugging.source_maps});
        }
        if let Wanted::Managed(Language::Python, (major, minor)) = self.wanted {
            let opt = &seen.opt;
            order["path"] = json!([
                seen.task,
                format!("{opt}/python/lib/python{major}.{minor}/site-packages"),
                format!("{opt}/python")
            ]);
            order["last"] = json!([seen.site_packages]);
        }
        order
    }
}
