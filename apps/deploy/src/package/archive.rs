//! Writes an archive whose bytes depend on nothing but names, contents and the executable bit of its files.
//!
//! Entries are sorted and carry a fixed time, so that the same files give the same hash on every machine. What did
//! not change since the last time is taken from the last archive, still compressed; when nothing changed, the last
//! archive is the new one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::collect::{Entries, Entry};
use crate::problem::Problem;

/// Compression. Packages travel to a server nearby and are unpacked once: speed counts more than the last percent.
const COMPRESSION_LEVEL: i64 = 2;

/// A file that changed this shortly before an archive was begun may change again without a new time (file systems
/// keep time in steps of a few milliseconds); such a file is read again the next time.
const UNSURE_NANOS: i128 = 50_000_000;

/// What is known of an archive that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// SHA-256 of its bytes, in base64.
    pub(crate) sha256: String,
    /// Its size.
    pub(crate) size_bytes: u64,
    /// Its files by their names in it.
    files: BTreeMap<String, Stamp>,
}

/// By what a file is known again without reading it. Short names: there are thousands of them in a cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    #[serde(rename = "s")]
    size_bytes: u64,
    #[serde(rename = "x")]
    executable: bool,
    /// The time of the last change, 0 when it is too near to be sure.
    #[serde(rename = "t")]
    changed_nanos: i128,
}

impl Stamp {
    fn fits(&self, entry: &Entry) -> bool {
        self.changed_nanos != 0
            && self.changed_nanos == entry.changed_nanos
            && self.size_bytes == entry.size_bytes
            && self.executable == entry.executable
    }
}

/// Writes an archive, with the help of what an earlier one left at the same place.
pub(crate) fn write(target: &Path, entries: &Entries, last: Option<&Record>) -> Result<Record, Problem> {
    let last = last.filter(|last| fs::metadata(target).is_ok_and(|file| file.len() == last.size_bytes));
    if let Some(last) = last {
        let same = last.files.len() == entries.len()
            && entries
                .iter()
                .all(|(name, entry)| last.files.get(name).is_some_and(|stamp| stamp.fits(entry)));
        if same {
            return Ok(last.clone());
        }
    }
    let part = target.with_extension("zip.part");
    let cannot =
        |error: &dyn std::fmt::Display| Problem::new(format!("cannot write {}: {error}", target.display()));
    let file = File::create(&part).map_err(|error| cannot(&error))?;
    // The time of the file system, which is the clock that the files' times come from.
    let metadata = file.metadata().map_err(|error| cannot(&error))?;
    let begun_nanos = Entry::new(&part, &metadata).changed_nanos;
    let mut old = match last {
        // An archive that cannot be read is no help; everything is packed anew.
        Some(_) => File::open(target).ok().and_then(|file| ZipArchive::new(BufReader::new(file)).ok()),
        None => None,
    };
    let mut writer = ZipWriter::new(BufWriter::new(file));
    let mut files = BTreeMap::new();
    for (name, entry) in entries {
        let known = last.and_then(|last| last.files.get(name)).is_some_and(|stamp| stamp.fits(entry));
        let copied = match &mut old {
            Some(old) if known => copy(old, name, &mut writer)?,
            _ => false,
        };
        if !copied {
            add(&mut writer, name, entry)?;
        }
        let sure = entry.changed_nanos < begun_nanos - UNSURE_NANOS;
        let stamp = Stamp {
            size_bytes: entry.size_bytes,
            executable: entry.executable,
            changed_nanos: if sure { entry.changed_nanos } else { 0 },
        };
        files.insert(name.clone(), stamp);
    }
    let mut writer = writer.finish().map_err(|error| cannot(&error))?;
    writer.flush().map_err(|error| cannot(&error))?;
    drop(writer);
    let (sha256, size_bytes) = hash(&part).map_err(|error| cannot(&error))?;
    fs::rename(&part, target).map_err(|error| cannot(&error))?;
    Ok(Record { sha256, size_bytes, files })
}

/// Writes an archive of texts, by their names in it.
pub(crate) fn write_texts(target: &Path, texts: &[(&str, &str)]) -> io::Result<(String, u64)> {
    let mut writer = ZipWriter::new(BufWriter::new(File::create(target)?));
    for (name, text) in texts {
        writer.start_file(*name, options(false))?;
        writer.write_all(text.as_bytes())?;
    }
    writer.finish()?.flush()?;
    hash(target)
}

/// Takes a file over from the last archive, if it is in it.
fn copy(
    old: &mut ZipArchive<BufReader<File>>,
    name: &str,
    writer: &mut ZipWriter<BufWriter<File>>,
) -> Result<bool, Problem> {
    let Some(index) = old.index_for_name(name) else { return Ok(false) };
    let Ok(file) = old.by_index_raw(index) else { return Ok(false) };
    writer
        .raw_copy_file(file)
        .map(|()| true)
        .map_err(|error| Problem::new(format!("cannot write {name} into a package: {error}")))
}

fn add(writer: &mut ZipWriter<BufWriter<File>>, name: &str, entry: &Entry) -> Result<(), Problem> {
    let cannot = |error: &dyn std::fmt::Display| {
        Problem::new(format!("Cannot read file {} due to: {error}", entry.file.display()))
    };
    writer.start_file(name, options(entry.executable)).map_err(|error| cannot(&error))?;
    let mut file = File::open(&entry.file).map_err(|error| cannot(&error))?;
    io::copy(&mut file, writer).map_err(|error| cannot(&error))?;
    Ok(())
}

fn options(executable: bool) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(COMPRESSION_LEVEL))
        .unix_permissions(if executable { 0o755 } else { 0o644 })
        .last_modified_time(zip::DateTime::default())
}

/// SHA-256 of a file in base64, and its size.
pub(crate) fn hash(file: &Path) -> io::Result<(String, u64)> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut file = File::open(file)?;
    let mut buffer = vec![0; 256 << 10];
    let mut size_bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((STANDARD.encode(context.finish()), size_bytes));
        }
        context.update(&buffer[..count]);
        size_bytes += count as u64;
    }
}
