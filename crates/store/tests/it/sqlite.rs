//! What only the engine on a disk has: a folder, a log, views that end, a disk that is full.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use store::layer::blob::Blobs;
use store::sqlite::{Options, open, open_with};
use store::{Batch, Durability, Error, Scan, Stamp, Store, Version, Write, begin, snapshot};

use crate::engines::{fill, is_unavailable, sqlite, text};

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let (store, folder) = sqlite();
    let append = Write::Append { stream: "log".into(), suffix: "".into(), val: "x".into() };
    let writes = vec![Write::Put("a".into(), "1".into()), append];
    let batch = Batch { writes, id: Some([9; 16]), ..Batch::default() };
    let first = store.apply(batch.clone()).await.unwrap();
    let buffered = Batch { durability: Durability::Buffered, id: None, ..batch.clone() };
    let second = store.apply(buffered).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    assert!(!folder.path().join("store.db-wal").exists(), "a closed store is one file");

    let store = open(folder.path()).unwrap();
    assert_eq!(store.apply(batch.clone()).await.unwrap(), first, "ids are remembered");
    let third = store.apply(Batch { id: None, ..batch }).await.unwrap();
    assert!(first.version < second.version && second.version < third.version);
    let view = snapshot(&store).await.unwrap();
    let rows = view.scan(Scan::prefix("log")).await.unwrap().rows;
    let stamps: Vec<_> = rows.iter().map(|(key, _)| Stamp(key[3..].try_into().unwrap())).collect();
    assert_eq!(stamps, [first.stamps[0], second.stamps[0], third.stamps[0]]);
    let (version, _) = view.get_versioned(&"a".into()).await.unwrap().unwrap();
    assert_eq!(version, third.version);
}

#[tokio::test]
async fn a_folder_belongs_to_one_process() {
    let (store, folder) = sqlite();
    let locked = open(folder.path()).map(|_| ());
    assert_eq!(locked, Err(Error::Locked(folder.path().display().to_string())));
    drop(store);
    open(folder.path()).unwrap();
}

#[tokio::test]
async fn files_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("store.db"), vec![b'x'; 9000]).unwrap();
    assert!(matches!(open(folder.path()).map(|_| ()), Err(Error::Corrupt(_))));

    for (pragma, why) in [("application_id = 7", "another program"), ("user_version = 99", "format 99")] {
        let (store, folder) = sqlite();
        drop(store);
        let other = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
        other.execute_batch(&format!("PRAGMA {pragma}")).unwrap();
        drop(other);
        let error = open(folder.path()).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(is_unavailable(&open(file.path()).map(|_| ()), "cannot make"));
}

#[tokio::test]
async fn views_end_when_they_are_too_old() {
    let folder = tempfile::tempdir().unwrap();
    let view_age_max = Duration::ZERO;
    let options = Options { view_age_max, ..Options::default() };
    let store = open_with(folder.path(), options).unwrap();
    let view = snapshot(&store).await.unwrap();
    assert_eq!(view.get(&"a".into()).await, Err(Error::Expired));
    assert_eq!(view.scan(Scan::prefix("")).await, Err(Error::Expired));
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.push(snapshot(&store).await.unwrap());
    }
    let stats = store.maintain().await.unwrap();
    assert_eq!(stats.snapshots, 0, "views that nobody uses are ended from outside");
    // A write without a read needs no view.
    fill(&store, &[("a", "1")]).await;
}

#[tokio::test]
async fn too_many_views_are_an_error_and_no_harm() {
    let (store, _folder) = sqlite();
    let mut views = Vec::new();
    let error = loop {
        match snapshot(&store).await {
            Ok(view) => views.push(view),
            Err(error) => break error,
        }
        assert!(views.len() < 1000);
    };
    assert!(error.to_string().contains("views are open"), "{error}");
    drop(views);
    fill(&store, &[("a", "1")]).await;
    assert_eq!(text(&snapshot(&store).await.unwrap(), "a").await.as_deref(), Some("1"));
}

/// In a folder that its user had made, everybody on the machine could read the keys of all users.
#[tokio::test]
async fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let left = folder.path().join("store.db");
    std::fs::write(&left, "").unwrap();
    std::fs::set_permissions(&left, std::fs::Permissions::from_mode(0o644)).unwrap();
    let store = open(folder.path()).unwrap();
    fill(&store, &[("key", "secret")]).await;
    store.backup(&folder.path().join("copy.db")).await.unwrap();
    Blobs::in_folder(&folder.path().join("blobs")).unwrap();
    let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    for file in ["store.db", "store.db-wal", "store.db-shm", "copy.db"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    assert_eq!(mode("blobs"), 0o700);
}

#[tokio::test]
async fn a_backup_is_taken_while_others_write() {
    let (store, folder) = sqlite();
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..60 {
                let mut tx = begin(&store).await.unwrap();
                tx.put(format!("a{number:03}"), vec![1; 2000]).unwrap();
                tx.put(format!("b{number:03}"), vec![1; 2000]).unwrap();
                tx.commit().await.unwrap();
            }
        })
    };
    fill(&store, &[("first", "1")]).await;
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    let version = store.backup(&copy.join("store.db")).await.unwrap();
    let again = store.backup(&copy.join("store.db")).await;
    assert!(is_unavailable(&again, "exists"), "a backup overwrites nothing: {again:?}");
    writer.await.unwrap();
    let restored = open(&copy).unwrap();
    let view = snapshot(&restored).await.unwrap();
    assert_eq!(restored.maintain().await.unwrap().version, version);
    let count = async |prefix: &'static str| view.scan(Scan::prefix(prefix)).await.unwrap().rows.len();
    assert_eq!(count("a").await, count("b").await, "no commit is half there");
    assert!(text(&view, "first").await.is_some());
    fill(&restored, &[("after", "1")]).await;
    drop(view);
    assert!(restored.maintain().await.unwrap().version > version);
}

#[tokio::test]
async fn the_log_does_not_grow_for_ever() {
    let (store, _folder) = sqlite();
    for _ in 0..120 {
        let mut tx = begin(&store).await.unwrap();
        tx.put("a", vec![1; 500_000]).unwrap();
        tx.commit().await.unwrap();
    }
    let stats = store.maintain().await.unwrap();
    assert!(stats.log_bytes < 40 << 20, "60 MB were written, the log has {}", stats.log_bytes);
    assert!(stats.file_bytes < 4 << 20, "the main file has {}", stats.file_bytes);
    assert_eq!(stats.version, Version(120));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_commit_that_does_not_fit_harms_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { file_bytes_max: Some(2 << 20), ..Options::default() };
    let store = open_with(folder.path(), options).unwrap();
    let mut tasks = Vec::new();
    for task in 0..8 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut done = Vec::new();
            for number in 0..20 {
                // Every fourth task writes what cannot fit.
                let size = if task % 4 == 0 { 400_000 } else { 1_000 };
                let mut tx = begin(&store).await.unwrap();
                let keys = [format!("{task}.{number}.a"), format!("{task}.{number}.b")];
                for key in &keys {
                    tx.put(key.clone(), vec![task; size]).unwrap();
                }
                match tx.commit().await {
                    Ok(_) => done.extend(keys),
                    Err(error) => {
                        assert_eq!(error, Error::Unavailable("the disk is full".into()));
                    }
                }
            }
            done
        }));
    }
    let mut done = Vec::new();
    for task in tasks {
        done.extend(task.await.unwrap());
    }
    done.sort();
    let stored = |view: store::Tx| async move {
        let rows = view.scan(Scan::prefix("").keys_only()).await.unwrap().rows;
        rows.into_iter().map(|(key, _)| String::from_utf8(key.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert!(done.len() > 100 && done.len() < 320, "{} fit", done.len());
    assert_eq!(stored(snapshot(&store).await.unwrap()).await, done);
    drop(store);
    let store = open(folder.path()).unwrap();
    assert_eq!(stored(snapshot(&store).await.unwrap()).await, done);
    fill(&store, &[("there is room again", &"x".repeat(400_000))]).await;
}

#[tokio::test]
async fn buffered_commits_need_no_sync_and_are_seen_at_once() {
    let (store, folder) = sqlite();
    for number in 0..50 {
        let mut tx = begin(&store).await.unwrap();
        tx.set_durability(Durability::Buffered);
        tx.add("n", number).unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(sum(&store).await, 1225);
    store.close().await.unwrap();
    assert_eq!(sum(&open(folder.path()).unwrap()).await, 1225);
}

async fn sum(store: &Arc<dyn Store>) -> i64 {
    snapshot(store).await.unwrap().get_counter(&"n".into()).await.unwrap()
}

/// The store file is one that other tools can open.
#[tokio::test]
async fn the_file_is_plain_sqlite_with_large_pages() {
    let (store, folder) = sqlite();
    fill(&store, &[("a", "1")]).await;
    store.close().await.unwrap();
    let file = rusqlite::Connection::open(Path::new(folder.path()).join("store.db")).unwrap();
    let page: i64 = file.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    let mode: String = file.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    let val: Vec<u8> = file.query_row("SELECT v FROM kv WHERE k = x'61'", [], |row| row.get(0)).unwrap();
    assert_eq!((page, &mode[..], &val[..]), (8192, "wal", &b"1"[..]));
}
