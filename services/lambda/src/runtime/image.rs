//! The runtime folder: our bootstraps as files, which sandboxes see at /var/runtime.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folder, file and text.
const FILES: &[(&str, &str, &str)] = &[
    ("node", "compiled.js", include_str!("../../bootstrap/node/compiled.js")),
    ("node", "prepare.js", include_str!("../../bootstrap/node/prepare.js")),
    ("node", "index.js", include_str!("../../bootstrap/node/index.js")),
    ("python", "bootstrap.py", include_str!("../../bootstrap/python/bootstrap.py")),
];

/// Where the runtimes are on the host.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    folder: PathBuf,
}

impl Image {
    /// Writes the bootstraps below `folder`. Every start writes them anew, so an upgrade needs no care.
    pub(crate) fn write(folder: &Path) -> io::Result<Image> {
        for (runtime, file, text) in FILES {
            let runtime = folder.join(runtime);
            fs::create_dir_all(runtime.join("node_modules"))?;
            // Written beside and moved, so that a process that starts now reads a whole file.
            let draft = runtime.join(format!("{file}.{}", std::process::id()));
            fs::write(&draft, text)?;
            fs::rename(&draft, runtime.join(file))?;
        }
        Ok(Image { folder: folder.to_path_buf() })
    }

    /// The folder of `node` or `python`.
    pub(crate) fn runtime(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
