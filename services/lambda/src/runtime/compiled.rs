//! Function images: the CommonJS modules of a function version with V8's code for them and the places where `require`
//! found them, in one file (`bootstrap/node/compiled.js` has the format). A start with an image neither searches for
//! modules nor parses them.
//!
//! An image is used for immutable code only, so it is never stale: its name is a digest of everything that it depends
//! on. V8 refuses code of another version or with other flags by itself, and the module is compiled as ever.
//!
//! Invariant: no process that has seen an event makes an image. The function's process tells names; a process of its own,
//! in a sandbox with the same files and nothing else, compiles what the files say and looks places up itself. Where it
//! can have a network without a way out it also loads the function once, without credentials, because V8 keeps only those
//! functions compiled that are called; else it runs none of the function's code. So an image follows from the code and
//! the configured variables alone: what an event does to one environment cannot stay behind in it for the next ones, and
//! a function that lies about names only makes its own image smaller.
//! Invariant: an image belongs to one function of one account. No other one ever loads it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jail::spec::Network;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::timeout;

use super::ahead::kind::{Fit, Prepared};
use super::ahead::waiting::Waiting;
use super::frames::{self, Kind};
use super::interpreters::{Language, Wanted};
use super::launch::{Host, Launch};
use super::variables;

/// Where a function sees the folder of its image.
pub(crate) const FOLDER: &str = "/var/lang/compiled";
/// The only file in it.
const FILE: &str = "modules";
/// Raised with every change of the format or of what is in an image.
const FORMAT: u32 = 3;
/// An image is made when its version has been there for this long: in development most are replaced sooner.
const MAKE_AFTER: Duration = Duration::from_secs(5);
/// Compiling the largest function takes some seconds.
const MAKE_TIME_MAX: Duration = Duration::from_secs(60);
/// Loading it takes at most as long as the init phase may, and some seconds.
const REHEARSAL_TIME_MAX: Duration = Duration::from_secs(20);
/// Size of an image: 32 MB of sources and code, and the index.
const IMAGE_BYTES_MAX: usize = 40 << 20;
/// Modules and places that a function's process may name.
const MODULES_MAX: usize = 4_000;
const PLACES_MAX: usize = 8_000;

/// Attempts that are remembered.
const TRIED_MAX: usize = 10_000;

/// The images of a host.
#[derive(Debug)]
pub(crate) struct Compiled {
    folder: PathBuf,
    make_after: Duration,
    /// Images that are being made or could not be made; they are not asked for again.
    tried: Mutex<HashSet<PathBuf>>,
    /// Images are made one at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// What a function's process says of itself. Names only: see the invariants above.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Hints {
    modules: Vec<String>,
    found: Vec<(String, String)>,
}

impl Compiled {
    pub(crate) fn new(folder: PathBuf) -> Compiled {
        Compiled { folder, make_after: MAKE_AFTER, tried: Mutex::default(), turn: Arc::default() }
    }

    #[cfg(test)]
    pub(crate) fn without_delay(folder: PathBuf) -> Compiled {
        Compiled { make_after: Duration::ZERO, ..Compiled::new(folder) }
    }

    fn tried(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of a function's image, whether it is there or not; none for functions that cannot have one.
    pub(crate) fn folder_of(&self, launch: &Launch) -> Option<PathBuf> {
        let Wanted::Managed(Language::Node, _) = launch.wanted else { return None };
        let interpreter = launch.interpreter.as_ref()?;
        // Flags change what V8 compiles.
        if launch.variables.contains_key("NODE_OPTIONS") {
            return None;
        }
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let parts = json!([
            FORMAT,
            launch.account,
            launch.region,
            launch.name,
            // The folders are named by what is in them, and by this run of the machine.
            name(&launch.code),
            launch.layers.as_deref().and_then(name),
            launch.sdk,
            interpreter.program,
            interpreter.text,
        ]);
        Some(self.folder.join(wire::digest::sha256_hex(parts.to_string().as_bytes())))
    }

    /// Whether nobody has tried to make this image yet.
    fn is_first(&self, folder: &Path) -> bool {
        let mut tried = self.tried();
        if tried.len() >= TRIED_MAX {
            tried.clear();
        }
        tried.insert(folder.to_path_buf())
    }

    /// The folder of a function's image when it is there.
    pub(crate) fn ready(&self, launch: &Launch) -> Option<PathBuf> {
        self.folder_of(launch).filter(|folder| folder.join(FILE).is_file())
    }

    /// Tells a starting process of its image, or asks it for what one needs.
    pub(crate) fn add_to(&self, order: &mut serde_json::Value, launch: &Launch, host: &Host) {
        if !host.jail.can_assign() {
            return; // An image could not be made the way it must be.
        }
        let Some(folder) = self.folder_of(launch) else { return };
        if folder.join(FILE).is_file() {
            order["image"] = format!("{FOLDER}/{FILE}").into();
        } else if !self.tried().contains(&folder) {
            order["hints"] = true.into();
        }
    }
}

/// Makes a function's image from what its process has named, later and apart from all others.
pub(crate) fn make(host: &Arc<Host>, launch: &Arc<Launch>, hints: &[u8]) {
    let Some(folder) = host.compiled.folder_of(launch) else { return };
    let Ok(mut hints) = serde_json::from_slice::<Hints>(hints) else { return };
    hints.modules.truncate(MODULES_MAX);
    hints.found.truncate(PLACES_MAX);
    if hints.modules.is_empty() || !host.compiled.is_first(&folder) {
        return;
    }
    let (turn, after) = (Arc::clone(&host.compiled.turn), host.compiled.make_after);
    let (weak_host, weak_launch) = (Arc::downgrade(host), Arc::downgrade(launch));
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        let _turn = turn.lock().await;
        if let Err(error) = make_now(&weak_host, &weak_launch, &folder, &hints).await {
            tracing::warn!(%error, "a function image could not be made; the function starts without");
        }
    });
}

async fn make_now(host: &Weak<Host>, launch: &Weak<Launch>, folder: &Path, hints: &Hints) -> io::Result<()> {
    let Some(host) = host.upgrade() else { return Ok(()) };
    let Some(launch) = launch.upgrade() else {
        // The version was replaced meanwhile; should it come back, it is asked again.
        host.compiled.tried().remove(folder);
        return Ok(());
    };
    let Some(fit) = Fit::of(&launch, &host, Prepared::Bare) else { return Ok(()) };
    let image = match rehearsed(&host, &launch, fit.clone(), hints).await {
        Some(image) => image,
        None => made(&host, &launch, &fit, &json!({"make": hints}), MAKE_TIME_MAX).await?,
    };
    let folder = folder.to_path_buf();
    tokio::task::spawn_blocking(move || save(&folder, &image)).await.map_err(io::Error::other)?
}

/// An image made while the function loads; none where it cannot be sealed up, or does not load here. Functions may end
/// their process, wait for a network for ever, and much else that says nothing of how they run.
async fn rehearsed(host: &Arc<Host>, launch: &Launch, mut fit: Fit, hints: &Hints) -> Option<Vec<u8>> {
    if !host.jail.has_networks() {
        return None;
    }
    fit.kind.spec.network = Network { own: true, ..Network::default() };
    let seen = launch.seen(host, None);
    let mut order = launch.order(&seen);
    let variables: BTreeMap<_, _> = variables::build(launch, &seen, None, "", None).into_iter().collect();
    order["env"] = json!(variables);
    order["make"] = json!(hints);
    made(host, launch, &fit, &order, REHEARSAL_TIME_MAX).await.ok()
}

/// What a process of this kind makes of an order.
async fn made(
    host: &Arc<Host>,
    launch: &Launch,
    fit: &Fit,
    order: &serde_json::Value,
    limit: Duration,
) -> io::Result<Vec<u8>> {
    let mut maker = Waiting::boot(&fit.kind, host).await?;
    let made = async {
        maker.assign(&fit.order, launch)?;
        maker.pipes.send(&frames::assign(order)).await?;
        receive(&mut maker).await
    };
    let image = timeout(limit, made).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    maker.end();
    image
}

/// The pieces of an image.
async fn receive(maker: &mut Waiting) -> io::Result<Vec<u8>> {
    let mut image = Vec::new();
    loop {
        let frame = maker.pipes.next().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        match (frame.kind, frame.body) {
            (Kind::Image, Some(piece)) if image.len() + piece.len() <= IMAGE_BYTES_MAX => {
                image.extend_from_slice(&piece);
            }
            (Kind::Ready, _) => return Ok(image),
            // What the function says while it loads is no event of its log.
            (Kind::Log | Kind::Output | Kind::Hints, _) => {}
            _ => return Err(io::Error::other("the image is not as it should be")),
        }
    }
}

/// Writes beside and moves, so that an image is always whole.
fn save(folder: &Path, image: &[u8]) -> io::Result<()> {
    let parent = folder.parent().ok_or(io::ErrorKind::NotFound)?;
    fs::create_dir_all(parent)?;
    let draft = tempfile::TempDir::new_in(parent)?;
    fs::write(draft.path().join(FILE), image)?;
    // A temporary folder is closed to others; functions run as users of their own.
    fs::set_permissions(draft.path(), PermissionsExt::from_mode(0o755))?;
    fs::set_permissions(draft.path().join(FILE), PermissionsExt::from_mode(0o644))?;
    let draft = draft.keep();
    fs::rename(&draft, folder).or_else(|error| fs::remove_dir_all(&draft).and(Err(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::interpreters::Interpreter;
    use crate::runtime::tests::launch;

    #[test]
    fn an_image_belongs_to_one_function_and_one_code() {
        let compiled = Compiled::new("/images".into());
        let mut function = launch("nodejs20.x", "index.handler");
        assert_eq!(compiled.folder_of(&function), None, "nothing runs it");
        let text = "20.1.0".to_string();
        function.interpreter =
            Some(Interpreter { program: "/node".into(), home: "/".into(), version: (20, 1), text });
        let image = |change: &dyn Fn(&mut Launch)| {
            let mut function = function.clone();
            change(&mut function);
            compiled.folder_of(&function)
        };
        let own = image(&|_| {});
        assert!(own.is_some());
        assert_eq!(own, image(&|function| function.handler = "other.handler".into()));
        assert_eq!(own, image(&|function| drop(function.variables.insert("TABLE".into(), "x".into()))));
        let others: [&dyn Fn(&mut Launch); 6] = [
            &|function| function.account = "111111111111".into(),
            &|function| function.region = "eu-west-1".into(),
            &|function| function.name = "other".into(),
            &|function| function.code = "/other".into(),
            &|function| function.layers = Some("/layers".into()),
            &|function| function.interpreter.as_mut().unwrap().text = "20.2.0".into(),
        ];
        for other in others {
            assert_ne!(own, image(other));
        }
        let options =
            image(&|function| drop(function.variables.insert("NODE_OPTIONS".into(), "--no-opt".into())));
        assert_eq!(options, None);
        assert_eq!(compiled.folder_of(&launch("python3.11", "index.handler")), None);
    }

    #[test]
    fn an_image_is_whole_or_not_there() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("images/one");
        save(&folder, b"first").unwrap();
        assert_eq!(fs::read(folder.join(FILE)).unwrap(), b"first");
        // Another process was faster: what is there stays, and nothing is left over.
        assert!(save(&folder, b"second").is_err());
        assert_eq!(fs::read(folder.join(FILE)).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
    }
}
