//! The engine on PostgreSQL: several nodes on one database, connections that break, a server that dies.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::layer::log::Stream;
use store::postgres::{Options, open, open_with};
use store::{Batch, Durability, Error, Key, Scan, Stamp, Store, Version, Write, begin, keyspace, snapshot};
use tokio::time::timeout;

use crate::crash;
use crate::engines::{fill, is_unavailable, new_schema, seeds, text};
use crate::pgserver::{BadLine, Server};

/// How long another node's change may take to be told, with room for a busy machine.
const SOON: Duration = Duration::from_secs(600);

async fn nodes(count: usize) -> Option<Vec<Arc<dyn Store>>> {
    let url = new_schema().await?;
    let mut nodes = Vec::new();
    for _ in 0..count {
        nodes.push(open(&url).await.unwrap());
    }
    Some(nodes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_the_same_time_make_the_tables_once() {
    let Some(url) = new_schema().await else { return };
    let opening = (0..6).map(|_| open(&url));
    let nodes = futures::future::try_join_all(opening).await.unwrap();
    for (number, node) in nodes.iter().enumerate() {
        fill(node, &[(&format!("from {number}"), "1")]).await;
    }
    let view = snapshot(&nodes[0]).await.unwrap();
    assert_eq!(view.scan(Scan::prefix("from")).await.unwrap().rows.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_do_not_lose_each_others_changes() {
    let Some(nodes) = nodes(2).await else { return };
    let mut tasks = Vec::new();
    for task in 0..8 {
        let store = nodes[task % 2].clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..25 {
                crate::transact!(&store, |tx| {
                    let read = text(tx, "sum").await.map_or(0, |sum| sum.parse::<u32>().unwrap());
                    tx.put("sum", (read + 1).to_string())?;
                    tx.add("count", 1)
                });
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let view = snapshot(&nodes[1]).await.unwrap();
    assert_eq!(text(&view, "sum").await.as_deref(), Some("200"));
    assert_eq!(view.get_counter(&"count".into()).await.unwrap(), 200);
}

/// A reader that goes on behind the last stamp it has seen misses no entry of any node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_a_log_never_misses_an_entry() {
    const ENTRIES: usize = 400;
    let Some(nodes) = nodes(2).await else { return };
    let log = Stream::new(keyspace::TEST_LOG, "log");
    for task in 0..8 {
        let (store, log) = (nodes[task % 2].clone(), log.clone());
        tokio::spawn(async move {
            for number in 0..ENTRIES / 8 {
                crate::transact!(&store, |tx| log.append(tx, format!("{task}.{number}")));
            }
        });
    }
    let (mut seen, mut after): (BTreeSet<String>, Option<Stamp>) = (BTreeSet::new(), None);
    while seen.len() < ENTRIES {
        let view = snapshot(&nodes[0]).await.unwrap();
        for entry in log.read(&view, after, 7).await.unwrap() {
            assert!(after.is_none_or(|after| after < entry.stamp));
            after = Some(entry.stamp);
            assert!(seen.insert(String::from_utf8(entry.val.to_vec()).unwrap()));
        }
    }
    let view = snapshot(&nodes[1]).await.unwrap();
    assert_eq!(log.read(&view, None, 1000).await.unwrap().len(), ENTRIES);
}

#[tokio::test]
async fn a_watch_tells_what_other_nodes_write() {
    let Some(nodes) = nodes(3).await else { return };
    let mut a = nodes[0].watch("a/".into());
    let mut b = nodes[0].watch("b/".into());
    for (number, node) in nodes[1..].iter().enumerate() {
        fill(node, &[(&format!("a/{number}"), "x")]).await;
        timeout(SOON, a.changed()).await.unwrap().unwrap();
        let view = snapshot(&nodes[0]).await.unwrap();
        assert!(text(&view, &format!("a/{number}")).await.is_some(), "told after the commit");
    }
    // A watch may tell more than there is, so what it told of the others' keys says nothing.
    b.mark_unchanged();
    let mut tx = begin(&nodes[1]).await.unwrap();
    tx.delete_range(store::Range::new("a", "b0")).unwrap();
    tx.append("b/log", "", "x").unwrap();
    tx.commit().await.unwrap();
    timeout(SOON, b.changed()).await.unwrap().unwrap();
    timeout(SOON, a.changed()).await.unwrap().unwrap();
    // More than can be told one by one.
    let mut tx = begin(&nodes[2]).await.unwrap();
    for number in 0..100 {
        tx.put([format!("c{number}").as_bytes(), &[7; 1000]].concat(), "x").unwrap();
    }
    tx.commit().await.unwrap();
    timeout(SOON, b.changed()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_watch_hears_of_what_happened_while_there_was_no_connection() {
    let Some(url) = new_schema().await else { return };
    let (one, two) = (open(&url).await.unwrap(), open(&url).await.unwrap());
    let mut news = one.watch("a/".into());
    let (client, line) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let line = tokio::spawn(line);
    for round in 0..3 {
        // The database cuts all lines of all nodes; commits and views go on by themselves.
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name = 'cloudlet' AND datname = current_database() AND pid <> pg_backend_pid()
            AND query LIKE '%cloudlet_%'";
        client.execute(cut, &[]).await.unwrap();
        fill(&two, &[("a/1", &round.to_string())]).await;
        timeout(SOON, news.changed()).await.unwrap().unwrap();
        let view = snapshot(&one).await.unwrap();
        assert_eq!(text(&view, "a/1").await, Some(round.to_string()));
    }
    drop(client);
    line.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_id_is_applied_once_whatever_the_node() {
    let Some(nodes) = nodes(2).await else { return };
    let append = Write::Append { stream: "log".into(), suffix: "".into(), val: "x".into() };
    let writes = vec![Write::Add("n".into(), 1), append];
    let batch = Batch { writes, id: Some([7; 16]), ..Batch::default() };
    let both = futures::future::join(nodes[0].apply(batch.clone()), nodes[1].apply(batch.clone())).await;
    let (one, two) = (both.0.unwrap(), both.1.unwrap());
    assert_eq!((one.stamps.len(), &one), (1, &two));
    let third = nodes[1].apply(Batch { id: Some([8; 16]), ..batch }).await.unwrap();
    assert!(third.version > one.version);
    assert_eq!(snapshot(&nodes[0]).await.unwrap().get_counter(&"n".into()).await.unwrap(), 2);
}

#[tokio::test]
async fn views_end_when_they_are_too_old_and_give_their_connection_back() {
    let Some(url) = new_schema().await else { return };
    let options = Options { view_age_max: Duration::ZERO, connections_max: 1 };
    let store = open_with(&url, options).await.unwrap();
    let view = snapshot(&store).await.unwrap();
    assert_eq!(view.get(&"a".into()).await, Ok(None));
    assert_eq!(view.get(&"a".into()).await, Err(Error::Expired));
    let idle = snapshot(&store).await.unwrap();
    assert_eq!(idle.get(&"a".into()).await, Ok(None));
    // The only connection is the idle view's until that is ended from outside.
    let stats = timeout(SOON, store.maintain()).await.unwrap().unwrap();
    assert_eq!(stats.snapshots, 0);
    drop((view, idle));
    fill(&store, &[("a", "1")]).await;
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let Some(url) = new_schema().await else { return };
    let wrong = url.replace("/postgres?", "/nowhere?");
    assert!(is_unavailable(&open(&wrong).await.map(|_| ()), "\"nowhere\" does not exist"));
    let store = open(&url).await.unwrap();
    fill(&store, &[("a", "1")]).await;
    let to = tempfile::tempdir().unwrap();
    assert!(is_unavailable(&store.backup(&to.path().join("copy")).await, "pg_dump"));

    // A newer program changes the tables while this one runs.
    let (client, line) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let line = tokio::spawn(line);
    client.batch_execute("UPDATE cloudlet_meta SET format = 99").await.unwrap();
    let mut tx = begin(&store).await.unwrap();
    tx.put("a", "2").unwrap();
    assert!(is_unavailable(&tx.commit().await, "newer program"));
    assert_eq!(text(&snapshot(&store).await.unwrap(), "a").await.as_deref(), Some("1"));
    assert!(is_unavailable(&open(&url).await.map(|_| ()), "format 99"));
    drop(client);
    line.await.unwrap().unwrap();
}

#[tokio::test]
async fn buffered_commits_are_seen_at_once_and_by_all() {
    let Some(nodes) = nodes(2).await else { return };
    for number in 0..20 {
        let mut tx = begin(&nodes[0]).await.unwrap();
        tx.set_durability(Durability::Buffered);
        tx.add("n", number).unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(snapshot(&nodes[1]).await.unwrap().get_counter(&"n".into()).await.unwrap(), 190);
}

/// Connections that are cut at random bytes: every commit happens exactly once all the same, and is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_neither_loses_nor_repeats_a_commit() {
    let Ok(shared) = std::env::var("CLOUDLET_TEST_POSTGRES") else { return };
    let folder = shared.split("host=").nth(1).unwrap().to_owned();
    let mut cuts = 0;
    for seed in seeds(4) {
        let Some(url) = new_schema().await else { return };
        let line = BadLine::new(&std::path::Path::new(&folder).join(".s.PGSQL.5432"), seed, 12_000).await;
        let host = format!("host=127.0.0.1&port={}&sslmode=disable", line.port());
        let store = open(&url.replace(&format!("host={folder}"), &host)).await.unwrap();
        let mut tasks = Vec::new();
        for task in 0..6 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                for turn in 0..100 {
                    // An increment that reads, so that one done twice or by halves would be seen.
                    crate::transact!(&store, |tx| {
                        let key: Key = format!("turn/{task}").into();
                        let done = tx.get(&key).await?.map_or(0, |val| val[0]);
                        assert_eq!(done, turn, "task {task}");
                        tx.put(key, vec![turn + 1])?;
                        tx.add("count", 1)?;
                        tx.append("log", "", "x")
                    });
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        cuts += line.cuts();
        let check = open(&url).await.unwrap();
        let view = snapshot(&check).await.unwrap();
        assert_eq!(view.get_counter(&"count".into()).await.unwrap(), 600);
        assert_eq!(view.scan(Scan::prefix("log")).await.unwrap().rows.len(), 600);
    }
    println!("{cuts} cuts");
    assert!(cuts > 20, "only {cuts} cuts");
}

/// The server is killed in the middle of commits, again and again: what was acknowledged is there, and the node goes
/// on by itself once the server is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_has_lost_nothing() {
    let Some(mut server) = Server::new().await else { return };
    let store = open(&server.url()).await.unwrap();
    let (stop, acked) = (Arc::new(AtomicBool::new(false)), Arc::new(std::sync::Mutex::new(Vec::new())));
    let mut tasks = Vec::new();
    for task in 0..crash::TASKS {
        let (store, stop, acked) = (store.clone(), stop.clone(), acked.clone());
        tasks.push(tokio::spawn(async move {
            let mut turn = 0;
            while !stop.load(Ordering::Relaxed) {
                match crash::write(&store, task, turn).await {
                    Ok(()) => {
                        acked.lock().unwrap().push((task, turn));
                        turn += 1;
                    }
                    // It is looked up how far it came; the write may be tried again.
                    Err(Error::Unavailable(_) | Error::MaybeCommitted | Error::Expired) => {
                        if let Ok(next) = crash::next_turn(&store, task).await {
                            turn = next;
                        }
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }));
    }
    for _ in 0..4 {
        let before = acked.lock().unwrap().len();
        while acked.lock().unwrap().len() < before + 60 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.kill();
        server.start().await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    let acked = acked.lock().unwrap().clone();
    assert_eq!(crash::damage(&store, &acked).await, [""; 0], "after {} acks", acked.len());
    assert!(store.maintain().await.unwrap().version > Version(240));
}
