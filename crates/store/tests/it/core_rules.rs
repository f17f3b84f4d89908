//! The rules of the core: views, ranges, appends, counters, checks, limits, watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::{
    Batch, Bell, Check, Error, KEY_BYTES_MAX, Key, Range, Scan, Stamp, Store, TRANSACTION_BYTES_MAX,
    VALUE_BYTES_MAX, Version, Write, begin, snapshot,
};

use crate::engines::{fill, is_unavailable, on_each_engine, on_each_engine_with_faults, text};

fn keys(page: &store::Page) -> Vec<&str> {
    page.rows.iter().map(|(key, _)| std::str::from_utf8(key).unwrap()).collect()
}

#[tokio::test]
async fn a_view_does_not_change() {
    on_each_engine(|store| async move {
        fill(&store, &[("a", "1"), ("b", "1")]).await;
        let before = snapshot(&store).await.unwrap();
        assert!(text(&before, "none").await.is_none(), "the first read names the moment");
        fill(&store, &[("a", "2"), ("c", "2")]).await;
        let mut tx = begin(&store).await.unwrap();
        tx.delete_range(Range::new("a", "c")).unwrap();
        tx.commit().await.unwrap();
        assert_eq!(text(&before, "a").await.as_deref(), Some("1"));
        assert_eq!(keys(&before.scan(Scan::prefix("")).await.unwrap()), ["a", "b"]);
        let after = snapshot(&store).await.unwrap();
        assert_eq!(keys(&after.scan(Scan::prefix("")).await.unwrap()), ["c"]);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_sees_its_own_writes() {
    on_each_engine(|store| async move {
        fill(&store, &[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]).await;
        let mut tx = begin(&store).await.unwrap();
        tx.delete_range(Range::new("b", "d")).unwrap();
        tx.put("bb", "2").unwrap();
        tx.put("c", "2").unwrap();
        tx.delete("d").unwrap();
        let page = tx.scan(Scan::prefix("").limit(2)).await.unwrap();
        assert_eq!(keys(&page), ["a", "bb"]);
        let page = tx.scan(Scan::prefix("").limit(2).resume(page.next.unwrap())).await.unwrap();
        assert_eq!((keys(&page), &page.next), (vec!["c"], &None));
        let page = tx.scan(Scan::prefix("").reverse(true).limit(2)).await.unwrap();
        assert_eq!(keys(&page), ["c", "bb"]);
        let many = tx.get_many(&["d".into(), "c".into(), "b".into()]).await.unwrap();
        assert_eq!(many, [None, Some("2".into()), None]);
        drop(tx);
        let view = snapshot(&store).await.unwrap();
        assert_eq!(text(&view, "b").await.as_deref(), Some("1"), "dropping discards");
    })
    .await;
}

#[tokio::test]
async fn pages_cover_a_range_without_gap_or_repetition() {
    on_each_engine(|store| async move {
        let mut tx = begin(&store).await.unwrap();
        for number in 0..57 {
            tx.put(format!("k{number:02}"), vec![7; 100]).unwrap();
        }
        tx.commit().await.unwrap();
        let view = snapshot(&store).await.unwrap();
        for reverse in [false, true] {
            for (limit, bytes_max) in [(1, 9999), (10, 9999), (57, 9999), (1000, 250), (58, 1)] {
                let mut scan = Scan { bytes_max, ..Scan::prefix("k").limit(limit).reverse(reverse) };
                let mut seen = Vec::new();
                loop {
                    let page = view.scan(scan.clone()).await.unwrap();
                    assert!(page.rows.len() <= limit);
                    seen.extend(keys(&page).into_iter().map(str::to_owned));
                    let Some(next) = page.next else { break };
                    scan = scan.resume(next);
                }
                if reverse {
                    seen.reverse();
                }
                let all: Vec<_> = (0..57).map(|number| format!("k{number:02}")).collect();
                assert_eq!(seen, all, "limit {limit}, {bytes_max} bytes, reverse {reverse}");
            }
        }
        let keys_only = view.scan(Scan::prefix("k").limit(3).keys_only()).await.unwrap();
        assert!(keys_only.rows.iter().all(|(_, val)| val.is_empty()));
        assert_eq!(view.scan(Scan::prefix("k").limit(0)).await.unwrap().rows, []);
    })
    .await;
}

#[tokio::test]
async fn appends_sort_in_commit_order() {
    on_each_engine(|store| async move {
        let mut stamps = Vec::new();
        let mut tasks = Vec::new();
        for task in 0..8 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                let mut mine = Vec::new();
                for number in 0..10 {
                    let mut tx = begin(&store).await.unwrap();
                    tx.append("log/", "/a", format!("{task}.{number}")).unwrap();
                    tx.append("log/", "/b", format!("{task}.{number}")).unwrap();
                    let done = tx.commit().await.unwrap();
                    assert_eq!(done.stamps.len(), 2);
                    assert_eq!(done.stamps[0], Stamp::new(done.version, 0));
                    assert_eq!(done.stamps[1], Stamp::new(done.version, 1));
                    mine.extend(done.stamps.into_iter().map(|stamp| (stamp, task, number)));
                }
                assert!(mine.is_sorted(), "one writer's appends keep its order");
                mine
            }));
        }
        for task in tasks {
            stamps.extend(task.await.unwrap());
        }
        stamps.sort();
        let view = snapshot(&store).await.unwrap();
        let rows = view.scan(Scan::prefix("log/")).await.unwrap().rows;
        assert_eq!(rows.len(), 160);
        for ((key, val), (stamp, task, number)) in rows.iter().zip(stamps) {
            assert_eq!(key[4..14], stamp.0);
            assert_eq!(*val, format!("{task}.{number}"));
        }
    })
    .await;
}

#[tokio::test]
async fn counters_add_up_without_conflicts() {
    on_each_engine(|store| async move {
        let mut one = begin(&store).await.unwrap();
        let mut two = begin(&store).await.unwrap();
        for (tx, n) in [(&mut one, 5), (&mut two, -2)] {
            tx.add("n", n).unwrap();
            tx.add("n", 1).unwrap();
        }
        one.commit().await.unwrap();
        two.commit().await.unwrap();
        let mut tx = begin(&store).await.unwrap();
        assert_eq!(tx.get_counter(&"n".into()).await.unwrap(), 5);
        tx.add("n", i64::MAX).unwrap();
        assert_eq!(tx.get_counter(&"n".into()).await.unwrap(), i64::MAX, "it saturates");
        tx.delete("n").unwrap();
        tx.add("n", 7).unwrap();
        assert_eq!(tx.scan(Scan::prefix("n")).await.unwrap().rows.len(), 1);
        tx.commit().await.unwrap();
        let view = snapshot(&store).await.unwrap();
        assert_eq!(view.get_counter(&"n".into()).await.unwrap(), 7);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_counter_is_not_added_to() {
    on_each_engine(|store| async move {
        fill(&store, &[("text", "abc"), ("other", "1")]).await;
        let mut tx = begin(&store).await.unwrap();
        tx.put("other", "2").unwrap();
        tx.add("text", 1).unwrap();
        assert!(matches!(tx.commit().await, Err(Error::Corrupt(_))));
        let view = snapshot(&store).await.unwrap();
        assert_eq!(text(&view, "other").await.as_deref(), Some("1"), "nothing is half done");
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_applied_if_all_checks_hold() {
    on_each_engine(|store| async move {
        fill(&store, &[("a", "1")]).await;
        let view = snapshot(&store).await.unwrap();
        let (version, _) = view.get_versioned(&"a".into()).await.unwrap().unwrap();
        let a = || Key::from("a");
        let holds = [
            Check::Exists(a()),
            Check::Absent("b".into()),
            Check::Equals(a(), "1".into()),
            Check::VersionIs(a(), version),
        ];
        let fails = [
            Check::Absent(a()),
            Check::Exists("b".into()),
            Check::Equals(a(), "2".into()),
            Check::VersionIs(a(), Version(version.0 + 1)),
        ];
        for check in fails {
            let mut batch = Batch { checks: holds.to_vec(), ..Batch::default() };
            batch.checks.push(check);
            batch.writes.push(Write::Put("b".into(), "2".into()));
            assert_eq!(store.apply(batch).await, Err(Error::CheckFailed(4)));
        }
        let writes = vec![Write::Put(a(), "2".into()), Write::Put("b".into(), "2".into())];
        let batch = Batch { checks: holds.to_vec(), writes, ..Batch::default() };
        let done = store.apply(batch.clone()).await.unwrap();
        assert!(done.version > version);
        assert_eq!(store.apply(batch).await, Err(Error::CheckFailed(1)), "checks see the commit");
        let view = snapshot(&store).await.unwrap();
        let (version, val) = view.get_versioned(&a()).await.unwrap().unwrap();
        assert_eq!((version, &val[..]), (done.version, &b"2"[..]));
    })
    .await;
}

#[tokio::test]
async fn writes_of_a_batch_are_applied_in_order() {
    on_each_engine(|store| async move {
        fill(&store, &[("a1", "old"), ("a2", "old")]).await;
        let batch = Batch {
            writes: vec![
                Write::Put("a3".into(), "x".into()),
                Write::Add("an".into(), 4),
                Write::DeleteRange(Range::prefix("a")),
                Write::Add("an".into(), 3),
                Write::Put("a1".into(), "x".into()),
                Write::Put("a1".into(), "y".into()),
                Write::Put("a2".into(), "x".into()),
                Write::Delete("a2".into()),
                Write::DeleteRange(Range::new("z", "a")),
            ],
            ..Batch::default()
        };
        store.apply(batch).await.unwrap();
        let view = snapshot(&store).await.unwrap();
        assert_eq!(keys(&view.scan(Scan::prefix("")).await.unwrap()), ["a1", "an"]);
        assert_eq!(text(&view, "a1").await.as_deref(), Some("y"));
        assert_eq!(view.get_counter(&"an".into()).await.unwrap(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_batch_with_an_id_is_applied_once() {
    on_each_engine_with_faults(|store| async move {
        for number in 0..20u8 {
            let append = Write::Append { stream: "log".into(), suffix: "".into(), val: "x".into() };
            let batch = Batch {
                writes: vec![Write::Add("n".into(), 1), append],
                id: Some([number; 16]),
                ..Batch::default()
            };
            let mut answers = Vec::new();
            while answers.len() < 2 {
                match store.apply(batch.clone()).await {
                    Ok(done) => answers.push(done),
                    Err(error) => assert_eq!(error, Error::MaybeCommitted),
                }
            }
            assert_eq!(answers[0], answers[1]);
            assert_eq!(answers[0].stamps.len(), 1);
        }
        let view = snapshot(&store).await.unwrap();
        assert_eq!(view.get_counter(&"n".into()).await.unwrap(), 20);
        assert_eq!(view.scan(Scan::prefix("log")).await.unwrap().rows.len(), 20);
    })
    .await;
}

#[tokio::test]
async fn keys_values_and_transactions_have_limits() {
    on_each_engine(|store| async move {
        let mut tx = begin(&store).await.unwrap();
        let too_large = |result| assert!(matches!(result, Err(Error::TooLarge(_))));
        tx.put(vec![b'k'; KEY_BYTES_MAX], vec![b'v'; VALUE_BYTES_MAX]).unwrap();
        too_large(tx.put(vec![b'k'; KEY_BYTES_MAX + 1], "v"));
        too_large(tx.put("k", vec![b'v'; VALUE_BYTES_MAX + 1]));
        too_large(tx.delete(vec![b'k'; KEY_BYTES_MAX + 1]));
        too_large(tx.add(vec![b'k'; KEY_BYTES_MAX + 1], 1));
        let stream = || vec![b'k'; KEY_BYTES_MAX - Stamp::LEN];
        tx.append(stream(), "", "v").unwrap();
        too_large(tx.append(stream(), "x", "v"));
        tx.commit().await.unwrap();
        let view = snapshot(&store).await.unwrap();
        let val = view.get(&vec![b'k'; KEY_BYTES_MAX].into()).await.unwrap();
        assert_eq!(val.unwrap().len(), VALUE_BYTES_MAX);
        let write = Write::Put("k".into(), vec![b'v'; VALUE_BYTES_MAX + 1].into());
        let batch = Batch { writes: vec![write], ..Batch::default() };
        assert!(matches!(store.apply(batch).await, Err(Error::TooLarge(_))));

        let mut tx = begin(&store).await.unwrap();
        let full = (TRANSACTION_BYTES_MAX - 1) / VALUE_BYTES_MAX; // Keys count as well.
        for number in 0..full {
            tx.put(format!("{number}"), vec![b'v'; VALUE_BYTES_MAX]).unwrap();
        }
        too_large(tx.put("more", vec![b'v'; VALUE_BYTES_MAX]));
    })
    .await;
}

#[tokio::test]
async fn a_read_only_transaction_writes_nothing() {
    on_each_engine(|store| async move {
        let mut view = snapshot(&store).await.unwrap();
        assert!(view.is_read_only());
        assert_eq!(view.put("a", "1"), Err(Error::ReadOnly));
        assert_eq!(view.delete("a"), Err(Error::ReadOnly));
        assert_eq!(view.delete_range(Range::prefix("a")), Err(Error::ReadOnly));
        assert_eq!(view.add("a", 1), Err(Error::ReadOnly));
        assert_eq!(view.append("a", "", "1"), Err(Error::ReadOnly));
        assert_eq!(view.check(Check::Absent("a".into())), Err(Error::ReadOnly));
        assert_eq!(view.claim("a"), Err(Error::ReadOnly));
        view.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn hooks_run_after_a_commit_and_only_then() {
    on_each_engine(|store| async move {
        let ran = Arc::new(AtomicUsize::new(0));
        let hook = |by| {
            let ran = ran.clone();
            move |_: &store::Committed| {
                ran.fetch_add(by, Ordering::SeqCst);
            }
        };
        let mut tx = begin(&store).await.unwrap();
        tx.put("a", "1").unwrap();
        tx.on_commit(hook(1));
        let savepoint = tx.savepoint();
        tx.put("b", "1").unwrap();
        tx.delete("a").unwrap();
        tx.check(Check::Exists("never".into())).unwrap();
        tx.on_commit(hook(10));
        tx.roll_back_to(savepoint);
        tx.commit().await.unwrap();
        assert_eq!(ran.load(Ordering::SeqCst), 1);
        let view = snapshot(&store).await.unwrap();
        assert_eq!(keys(&view.scan(Scan::prefix("")).await.unwrap()), ["a"]);

        let mut tx = begin(&store).await.unwrap();
        tx.on_commit(hook(100));
        drop(tx);
        let mut tx = begin(&store).await.unwrap();
        tx.on_commit(hook(1000));
        tx.check(Check::Absent("a".into())).unwrap();
        assert_eq!(tx.commit().await, Err(Error::CheckFailed(0)));
        assert_eq!(ran.load(Ordering::SeqCst), 1);
    })
    .await;
}

#[tokio::test]
async fn a_watch_tells_of_its_prefix_alone() {
    on_each_engine(|store| async move {
        fill(&store, &[("a/1", "x")]).await;
        let mut a = store.watch("a/".into());
        let mut b = store.watch("b/".into());
        let mut all = store.watch("".into());
        let mut second = store.watch("a/".into());
        assert!(!a.has_changed().unwrap(), "what was before is taken as seen");
        fill(&store, &[("a/2", "x"), ("a/3", "x")]).await;
        a.changed().await.unwrap();
        second.changed().await.unwrap();
        all.changed().await.unwrap();
        assert!(!a.has_changed().unwrap(), "changes are told together");
        assert!(!b.has_changed().unwrap());
        // Told after the commit: a look finds it.
        let view = snapshot(&store).await.unwrap();
        assert!(text(&view, "a/3").await.is_some());
        let mut tx = begin(&store).await.unwrap();
        tx.delete_range(Range::new("a/2", "b/9")).unwrap();
        tx.commit().await.unwrap();
        a.changed().await.unwrap();
        b.changed().await.unwrap();
        drop((a, second));
        let _sweeps = store.watch("c/".into());
        fill(&store, &[("a/2", "x")]).await;
        all.changed().await.unwrap();
        let mut again = store.watch("a/".into());
        fill(&store, &[("a/2", "y")]).await;
        again.changed().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_bell_rings_once_for_each_of_its_prefixes() {
    on_each_engine(|store| async move {
        let (bell, other) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
        for (prefix, number) in [("a/", 1), ("b/", 2), ("c/", 3)] {
            store.listen(prefix.into(), &bell, number);
        }
        store.listen("a/".into(), &other, 9);
        let mut watch = store.watch("a/".into());
        fill(&store, &[("a/1", "x"), ("a/2", "x"), ("d", "x")]).await;
        watch.changed().await.unwrap();
        assert_eq!((bell.rung().await, other.rung().await), (vec![1], vec![9]));
        // Told after the commit: a look finds it.
        assert!(text(&snapshot(&store).await.unwrap(), "a/2").await.is_some());
        fill(&store, &[("a/3", "x")]).await;
        store.unlisten(&"b/".into(), &bell, 2);
        let mut tx = begin(&store).await.unwrap();
        tx.delete_range(Range::new("a", "d")).unwrap();
        tx.commit().await.unwrap();
        assert_eq!(bell.rung().await, [3], "neither what has rung nor what was taken back");
        store.listen("a/".into(), &bell, 4);
        fill(&store, &[("a/3", "x")]).await;
        assert_eq!(bell.rung().await, [4]);
    })
    .await;
}

#[tokio::test]
async fn a_closed_store_says_so() {
    on_each_engine(|store| async move {
        fill(&store, &[("a", "1")]).await;
        let mut tx = begin(&store).await.unwrap();
        tx.put("b", "1").unwrap();
        store.close().await.unwrap();
        assert!(is_unavailable(&tx.commit().await, "closed"));
        assert!(is_unavailable(&snapshot(&store).await.map(|_| ()), "closed"));
        store.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn maintenance_changes_nothing_that_can_be_seen() {
    on_each_engine(|store| async move {
        fill(&store, &[("a", "1")]).await;
        let view = snapshot(&store).await.unwrap();
        let tx = begin(&store).await.unwrap();
        assert!(text(&view, "a").await.is_some() && text(&tx, "a").await.is_some());
        fill(&store, &[("a", "2")]).await;
        let stats = store.maintain().await.unwrap();
        assert_eq!(stats.snapshots, 2);
        assert_eq!(text(&view, "a").await.as_deref(), Some("1"));
        drop((view, tx));
        let stats = Store::maintain(&*store).await.unwrap();
        assert_eq!((stats.snapshots, stats.version), (0, Version(2)));
        let view = snapshot(&store).await.unwrap();
        assert_eq!(text(&view, "a").await.as_deref(), Some("2"));
    })
    .await;
}
