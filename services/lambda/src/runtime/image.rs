//! The runtime folder: our bootstraps as files, which sandboxes see at /var/runtime.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What Node.js programs load that functions of either runtime start.
const CHILD: &str = include_str!("../../bootstrap/node/child.js");
/// The runtimes, and in each what programs in the other language load that it starts.
const FOLDERS: [&str; 4] = ["node", "node/python", "python", "python/node"];
/// Folder, file and text.
const FILES: &[(&str, &str, &str)] = &[
    ("node", "child.js", CHILD),
    ("node", "children.js", include_str!("../../bootstrap/node/children.js")),
    ("node", "compiled.js", include_str!("../../bootstrap/node/compiled.js")),
    ("node", "debug.js", include_str!("../../bootstrap/node/debug.js")),
    ("node", "errors.js", include_str!("../../bootstrap/node/errors.js")),
    ("node", "imports.js", include_str!("../../bootstrap/node/imports.js")),
    ("node", "jsonlog.js", include_str!("../../bootstrap/node/jsonlog.js")),
    ("node", "lead.js", include_str!("../../bootstrap/node/lead.js")),
    ("node", "places.js", include_str!("../../bootstrap/node/places.js")),
    ("node", "prepare.js", include_str!("../../bootstrap/node/prepare.js")),
    ("node", "redirect.js", crate::exec::NODE_REDIRECT),
    ("node", "rehearsal.js", include_str!("../../bootstrap/node/rehearsal.js")),
    ("node", "streaming.js", include_str!("../../bootstrap/node/streaming.js")),
    ("node", "index.js", include_str!("../../bootstrap/node/index.js")),
    ("node/python", "cloudlet_names.py", crate::exec::PYTHON_NAMES),
    ("node/python", "sitecustomize.py", crate::exec::PYTHON_SITE),
    ("python", "cloudlet_names.py", crate::exec::PYTHON_NAMES),
    ("python", "sitecustomize.py", crate::exec::PYTHON_SITE),
    ("python/node", "child.js", CHILD),
    ("python/node", "redirect.js", crate::exec::NODE_REDIRECT),
    ("python", "rehearsal.py", include_str!("../../bootstrap/python/rehearsal.py")),
    ("python", "bootstrap.py", include_str!("../../bootstrap/python/bootstrap.py")),
];
/// Where the bootstraps read which names of AWS lead where.
const NAMES: &str = "names.json";

/// Where the runtimes are on the host.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    folder: PathBuf,
}

impl Image {
    /// Writes the bootstraps below `folder`. Every start writes them anew, so an upgrade needs no care.
    pub(crate) fn write(folder: &Path) -> io::Result<Image> {
        for part in FOLDERS {
            fs::create_dir_all(folder.join(part))?;
        }
        for runtime in ["node", "python"] {
            fs::create_dir_all(folder.join(runtime).join("node_modules"))?;
        }
        for (part, file, text) in FILES {
            put(&folder.join(part), file, text)?;
        }
        Ok(Image { folder: folder.to_path_buf() })
    }

    /// Tells the bootstraps which names of AWS lead where.
    pub(crate) fn write_names(&self, names: &str) -> io::Result<()> {
        FOLDERS.iter().try_for_each(|part| put(&self.folder.join(part), NAMES, names))
    }

    /// The folder of `node` or `python`.
    pub(crate) fn runtime(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Written beside and moved, so that a process that starts now reads a whole file.
fn put(folder: &Path, file: &str, text: &str) -> io::Result<()> {
    let draft = folder.join(format!("{file}.{}", std::process::id()));
    fs::write(&draft, text)?;
    fs::rename(&draft, folder.join(file))
}
