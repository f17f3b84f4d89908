//! Zip files of others, unpacked into folders of ours.
//!
//! Everything in an archive is hostile until checked: names that lead out of the folder, links that do, sizes that lie,
//! files without end.

use std::fs;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;

use crate::limits::{UNZIPPED_BYTES_MAX, ZIP_ENTRIES_MAX};

/// Why an archive cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Not a zip file, or a broken one.
    #[error("Could not unzip uploaded file. Please check your file, then try to upload again.")]
    Broken,
    /// It has no files.
    #[error("Uploaded file must be a non-empty zip")]
    Empty,
    /// It is larger than code may be.
    #[error("Unzipped size must be smaller than {UNZIPPED_BYTES_MAX} bytes")]
    TooLarge,
    /// Our own disk.
    #[error("cannot write unpacked code: {0}")]
    Io(#[from] io::Error),
}

/// The longest target of a symbolic link.
const LINK_BYTES_MAX: u64 = 4096;

/// Checks names and sizes without writing anything; the size that the archive claims for its content.
pub(crate) fn check(zip: &[u8]) -> Result<u64, Error> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| Error::Broken)?;
    if archive.is_empty() {
        return Err(Error::Empty);
    }
    if archive.len() > ZIP_ENTRIES_MAX {
        return Err(Error::TooLarge);
    }
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|_| Error::Broken)?;
        safe(&entry.name().map_err(|_| Error::Broken)?).ok_or(Error::Broken)?;
        total = total.saturating_add(entry.size());
    }
    if total > UNZIPPED_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    Ok(total)
}

/// Unpacks into `folder`, which exists. Files of earlier archives there are replaced, as layers do. `used` are the bytes
/// that went into the folder before; the new sum is returned.
pub(crate) fn unpack(zip: &[u8], folder: &Path, used: u64) -> Result<u64, Error> {
    check(zip)?;
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| Error::Broken)?;
    let mut left = UNZIPPED_BYTES_MAX.saturating_sub(used);
    let mut links = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| Error::Broken)?;
        let name = safe(&entry.name().map_err(|_| Error::Broken)?).ok_or(Error::Broken)?;
        if name.as_os_str().is_empty() {
            continue; // `./`
        }
        let path = folder.join(&name);
        if entry.is_dir() {
            make_folder(folder, &name)?;
            continue;
        }
        if let Some(parent) = name.parent() {
            make_folder(folder, parent)?;
        }
        if entry.is_symlink() {
            let mut target = String::new();
            entry.take(LINK_BYTES_MAX).read_to_string(&mut target).map_err(|_| Error::Broken)?;
            links.push((name, target));
            continue;
        }
        remove(&path)?;
        let mode = entry.unix_mode().unwrap_or(0);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        // The size in the archive's directory may lie: what counts is what comes out.
        let written = io::copy(&mut (&mut entry).take(left + 1), &mut file).map_err(|_| Error::Broken)?;
        if written > left {
            return Err(Error::TooLarge);
        }
        left -= written;
        // Readable for everybody, as functions run as a user of their own; executable where the archive says so.
        let executable = if mode & 0o111 == 0 { 0o644 } else { 0o755 };
        file.set_permissions(PermissionsExt::from_mode(executable))?;
    }
    // Links last: no file of the archive can be written through one.
    for (name, target) in links {
        link(folder, &name, &target)?;
    }
    Ok(UNZIPPED_BYTES_MAX - left)
}

/// The path that a name in an archive means, unless it leads out.
fn safe(name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    let mut safe = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => safe.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!name.contains('\\') && !name.contains('\0')).then_some(safe)
}

/// Makes the folders down to `name`. A file or link of an earlier layer in between is replaced.
fn make_folder(root: &Path, name: &Path) -> io::Result<()> {
    let mut path = root.to_path_buf();
    for part in name.components() {
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(kind) if kind.is_dir() => continue,
            Ok(_) => fs::remove_file(&path)?,
            Err(_) => {}
        }
        fs::create_dir(&path)?;
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755))?;
    }
    Ok(())
}

/// Makes way for a file.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(kind) if kind.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}

/// Makes a link whose target stays below the folder. Others are left out: the function could follow them nowhere,
/// because its file system has only the code.
fn link(folder: &Path, name: &Path, target: &str) -> io::Result<()> {
    let mut depth = name.components().count().saturating_sub(1);
    for part in Path::new(target).components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return Ok(()),
        }
    }
    let path = folder.join(name);
    remove(&path)?;
    symlink(target, &path)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;

    use super::*;

    /// A zip file of these names, texts and modes.
    pub(crate) fn zip(files: &[(&str, &[u8], u32)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text, mode) in files {
            let options = SimpleFileOptions::default().unix_permissions(*mode);
            if *mode & 0o170_000 == 0o120_000 {
                writer.add_symlink(*name, std::str::from_utf8(text).unwrap(), options).unwrap();
            } else {
                writer.start_file(*name, options).unwrap();
                writer.write_all(text).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }

    fn unpacked(files: &[(&str, &[u8], u32)]) -> Result<tempfile::TempDir, Error> {
        let folder = tempfile::tempdir().unwrap();
        unpack(&zip(files), folder.path(), 0)?;
        Ok(folder)
    }

    #[test]
    fn files_keep_their_place_and_whether_they_can_be_run() {
        let folder = unpacked(&[
            ("bootstrap", b"#!", 0o700),
            ("src/a.js", b"1", 0o600),
            ("link", b"src/a.js", 0o120_777),
        ])
        .unwrap();
        let mode = |name| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("bootstrap"), 0o755);
        assert_eq!(mode("src/a.js"), 0o644);
        assert_eq!(mode("src"), 0o755);
        assert_eq!(fs::read(folder.path().join("link")).unwrap(), b"1");
    }

    #[test]
    fn nothing_gets_out_of_the_folder() {
        for name in ["../x", "/etc/x", "a/../../x", "a\\..\\x"] {
            assert!(matches!(unpacked(&[(name, b"", 0o644)]), Err(Error::Broken)), "{name}");
        }
        let folder = unpacked(&[
            ("out", b"../../etc/passwd", 0o120_777),
            ("root", b"/etc", 0o120_777),
            ("d/up", b"../f", 0o120_777),
        ])
        .unwrap();
        assert!(fs::symlink_metadata(folder.path().join("out")).is_err());
        assert!(fs::symlink_metadata(folder.path().join("root")).is_err());
        assert!(fs::symlink_metadata(folder.path().join("d/up")).is_ok());
        // A link first, a file through it second: the link is made last and takes the place of nothing.
        let folder = unpacked(&[("d", b".", 0o120_777), ("d/file", b"x", 0o644)]);
        assert!(folder.is_ok() || matches!(folder, Err(Error::Io(_))));
    }

    #[test]
    fn sizes_have_limits() {
        assert!(matches!(check(b"no zip"), Err(Error::Broken)));
        assert!(matches!(check(&zip(&[])), Err(Error::Empty)));
        let zip = zip(&[("a", &[0; 1000], 0o644)]);
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(unpack(&zip, folder.path(), UNZIPPED_BYTES_MAX - 999), Err(Error::TooLarge)));
        assert_eq!(unpack(&zip, folder.path(), 24).unwrap(), 1024);
        // AWS's text, as in the issues of many projects: "Unzipped size must be smaller than 262144000 bytes".
        assert_eq!(Error::TooLarge.to_string(), "Unzipped size must be smaller than 262144000 bytes");
    }
}
