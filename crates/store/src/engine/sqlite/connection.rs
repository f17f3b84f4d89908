//! Connections: how the file is laid out and how each connection is set up.

use std::fs::File;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::cannot;
use crate::types::Version;
use crate::{Error, private};

/// Bytes of a page. Rows of a kilobyte would overflow pages of 4096 bytes.
pub(super) const PAGE_BYTES: u64 = 8192;
/// Tells our files from other SQLite files ("Clou").
const APPLICATION_ID: i32 = 0x436c_6f75;
/// The layout that this code reads and writes.
const FORMAT: i32 = 1;
/// What the log file keeps after a checkpoint, so that it need not be extended again.
const LOG_BYTES_KEPT: u64 = 16 * 1024 * 1024;
/// Pages that the writer keeps in memory, in KiB.
const WRITER_CACHE_KIB: u32 = 8 * 1024;
/// Pages that a reader keeps in memory, in KiB; the operating system caches the rest.
const READER_CACHE_KIB: u32 = 1024;
/// Statements that a connection keeps prepared: all there are.
const STATEMENTS: usize = 24;

/// `ver` stands before `v`, so that reading it never touches the overflow pages of a large value.
const SCHEMA: &str = "
    CREATE TABLE kv (k BLOB NOT NULL PRIMARY KEY, ver INTEGER NOT NULL, v BLOB NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE applied (id BLOB NOT NULL PRIMARY KEY, ver INTEGER NOT NULL, stamps INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE meta (one INTEGER NOT NULL PRIMARY KEY, ver INTEGER NOT NULL) STRICT;
    INSERT INTO meta VALUES (1, 0);
";

/// Opens the file for the writer and makes or checks its layout.
pub(super) fn create(path: &Path, file_bytes_max: Option<u64>) -> Result<Connection, Error> {
    let mut connection = Connection::open(path).map_err(|error| failed(&error))?;
    let set_up = set_up_writer(&mut connection, file_bytes_max);
    set_up.map_err(|error| failed(&error))??;
    Ok(connection)
}

fn set_up_writer(
    connection: &mut Connection,
    file_bytes_max: Option<u64>,
) -> rusqlite::Result<Result<(), Error>> {
    keep_plans(connection)?;
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_BYTES};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = {LOG_BYTES_KEPT};
         PRAGMA cache_size = -{WRITER_CACHE_KIB};"
    ))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if let Some(bytes) = file_bytes_max {
        connection.execute_batch(&format!("PRAGMA max_page_count = {}", bytes / PAGE_BYTES))?;
    }
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
    let (application, format): (i32, i32) = (number("application_id")?, number("user_version")?);
    match (application, format) {
        (APPLICATION_ID, FORMAT) => return Ok(Ok(())),
        (0, 0) => {}
        (APPLICATION_ID, newer) => {
            let text = format!("data folder has format {newer}, this program knows {FORMAT}");
            return Ok(Err(Error::Unavailable(text)));
        }
        _ => return Ok(Err(Error::Corrupt("the main file belongs to another program".into()))),
    }
    let layout = connection.transaction()?;
    layout.execute_batch(SCHEMA)?;
    layout.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
    ))?;
    layout.commit()?;
    Ok(Ok(()))
}

/// Opens another connection to the file, for readers and checkpoints.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    // Not to be created: a file that is gone is an error, not an empty store.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        keep_plans(&connection)?;
        connection.execute_batch(&format!(
            "PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = {LOG_BYTES_KEPT};
             PRAGMA cache_size = -{READER_CACHE_KIB};"
        ))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    };
    open().map_err(|error| failed(&error))
}

/// Lets a statement keep the plan that it was prepared with. Otherwise SQLite plans for the very values that are bound: each
/// new limit of a scan made it parse and plan the statement anew, which took a third of the scan.
/// <https://www.sqlite.org/queryplanner-ng.html#qpstab>
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// The last commit that the connection's view can see.
pub(super) fn version(connection: &Connection) -> Result<Version, Error> {
    let read = || {
        let mut statement = connection.prepare_cached("SELECT ver FROM meta WHERE one = 1")?;
        statement.query_row([], |row| row.get::<_, i64>(0))
    };
    read().map(|version| Version(version as u64)).map_err(|error| failed(&error))
}

/// Moves what can be moved from the log into the main file, without making anyone wait.
pub(super) fn checkpoint(connection: &Connection) -> Result<(), Error> {
    let run = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    run.map_err(|error| failed(&error))
}

/// Gives back the memory of a connection that is not used for a while.
pub(super) fn shrink(connection: &Connection) {
    if let Err(error) = connection.execute_batch("PRAGMA shrink_memory") {
        tracing::warn!(%error, "the memory of a connection could not be given back");
    }
}

/// Writes a consistent copy of the store into a new file and syncs it.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Version, Error> {
    let target = to.to_str();
    let target = target.ok_or_else(|| Error::Unavailable("backup path is not UTF-8".into()))?;
    let source = open(from)?;
    // SQLite takes an empty file for one that is not there, and keeps its mode.
    private::file(to).map_err(|error| cannot("make", to, &error))?;
    source.execute("VACUUM INTO ?1", [target]).map_err(|error| failed(&error))?;
    File::open(to).and_then(|file| file.sync_all()).map_err(|error| cannot("sync", to, &error))?;
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let sync = File::open(folder).and_then(|folder| folder.sync_all());
        sync.map_err(|error| cannot("sync", folder, &error))?;
    }
    version(&open(to)?)
}

/// What an error of SQLite means to the store's users.
pub(super) fn failed(error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Unavailable("the disk is full".into()),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(error.to_string()),
        _ => Error::Unavailable(error.to_string()),
    }
}
