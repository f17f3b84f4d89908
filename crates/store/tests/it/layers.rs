//! The layers: table, timer, outbox, log, counter, blob.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use store::keyspace::{BLOB_OWNERS, Prefix, TEST_LOG, TEST_TABLE};
use store::layer::blob::{self, BlobId, Blobs};
use store::layer::log::Stream;
use store::layer::table::{self, Cursor, Index, Paging, Record};
use store::layer::{counter, outbox, timer};
use store::tuple::{self, Tuple};
use store::{Error, Scan, VALUE_BYTES_MAX, begin, snapshot};

use crate::engines::{is_unavailable, on_each_engine, on_each_engine_with_faults};
use crate::transact;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    account: String,
    name: String,
    mail: Option<String>,
    roles: Vec<String>,
}

impl Record for User {
    const PREFIX: Prefix = TEST_TABLE;
    const VERSION: u8 = 2;
    const INDEXES: u8 = 2;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.name))
    }

    fn indexes(&self) -> Vec<Index> {
        let mail = self.mail.iter().map(|mail| Index::new(1, mail));
        let roles = self.roles.iter().map(|role| Index::new(2, (&self.account, role)));
        mail.chain(roles).collect()
    }

    fn decode_old(version: u8, json: &[u8]) -> Result<Self, Error> {
        assert_eq!(version, 1);
        let name = String::from_utf8(json.to_vec()).unwrap();
        Ok(User { account: "a".into(), name, mail: None, roles: vec![] })
    }
}

fn user(account: &str, name: &str, roles: &[&str]) -> User {
    let roles = roles.iter().map(|role| role.to_string()).collect();
    let mail = Some(format!("{name}@{account}"));
    User { account: account.into(), name: name.into(), mail, roles }
}

fn names(listing: &table::Listing<User>) -> Vec<&str> {
    listing.items.iter().map(|user| user.name.as_str()).collect()
}

#[tokio::test]
async fn indexes_follow_their_records() {
    on_each_engine_with_faults(|store| async move {
        transact!(&store, |tx| {
            assert!(table::insert(tx, &user("a", "ann", &["admin", "dev"])).await?);
            assert!(table::insert(tx, &user("a", "bob", &["dev"])).await?);
            assert!(table::insert(tx, &user("b", "ann", &["dev"])).await?);
            assert!(!table::insert(tx, &user("a", "ann", &[])).await?);
            Ok(())
        });
        transact!(&store, |tx| {
            let found: User = table::find(tx, 1, "ann@a").await?.unwrap();
            assert_eq!(found, user("a", "ann", &["admin", "dev"]));
            let devs = table::list_by::<User>(tx, 2, ("a", "dev"), &Paging::first(9)).await?;
            assert_eq!(names(&devs), ["ann", "bob"]);
            table::put(tx, &User { mail: None, ..user("a", "ann", &["admin", "ops"]) }).await?;
            let devs = table::list_by::<User>(tx, 2, ("a", "dev"), &Paging::first(9)).await?;
            assert_eq!(names(&devs), ["bob"]);
            assert_eq!(table::find::<User>(tx, 1, "ann@a").await?, None);
            Ok(())
        });
        transact!(&store, |tx| {
            assert_eq!(table::delete::<User>(tx, ("a", "nobody")).await?, None);
            let gone: User = table::delete(tx, ("a", "ann")).await?.unwrap();
            assert_eq!(gone.roles, ["admin", "ops"]);
            Ok(())
        });
        transact!(&store, |tx| {
            assert!(!table::exists::<User>(tx, ("a", "ann")).await?);
            let keys = [Tuple::of(("a", "ann")), Tuple::of(("a", "bob"))];
            let many = table::get_many::<User>(tx, &keys).await?;
            assert_eq!(many, [None, Some(user("a", "bob", &["dev"]))]);
            while table::delete_under::<User>(tx, "a", 1).await? {}
            table::delete::<User>(tx, ("b", "ann")).await?;
            let left = tx.scan(Scan::prefix(TEST_TABLE.0.to_vec())).await?.rows;
            assert_eq!(left, [], "no index row is left behind");
            Ok(())
        });
    })
    .await;
}

#[tokio::test]
async fn listings_page_in_both_directions() {
    on_each_engine(|store| async move {
        let all: Vec<String> = (0..25).map(|number| format!("u{number:02}")).collect();
        let mut tx = begin(&store).await.unwrap();
        for name in &all {
            table::put(&mut tx, &user("a", name, &["r"])).await.unwrap();
        }
        table::put(&mut tx, &user("a\0", "x", &["r"])).await.unwrap();
        table::put(&mut tx, &user("ab", "x", &["r"])).await.unwrap();
        table::put(&mut tx, &user("a", "v", &["other"])).await.unwrap();
        tx.commit().await.unwrap();
        let view = snapshot(&store).await.unwrap();
        for limit in [1, 7, 25, 26, 100] {
            for reverse in [false, true] {
                for by_index in [false, true] {
                    let mut seen = Vec::new();
                    let mut paging = Paging { limit, after: None, reverse };
                    loop {
                        let page = match by_index {
                            true => table::list_by(&view, 2, ("a", "r"), &paging).await,
                            false => table::list_starting(&view, "a", "u", &paging).await,
                        };
                        let page: table::Listing<User> = page.unwrap();
                        assert!(page.items.len() <= limit);
                        seen.extend(names(&page).into_iter().map(str::to_owned));
                        let Some(next) = page.next else { break };
                        assert_eq!(page.items.len(), limit, "only the last page is short");
                        paging.after = Cursor::from_text(&next.to_text());
                    }
                    if reverse {
                        seen.reverse();
                    }
                    assert_eq!(seen, all, "limit {limit}, reverse {reverse}, index {by_index}");
                }
            }
        }
        let forged = Paging::after(9, Some(Cursor::behind("zzz")));
        let nothing = table::list::<User>(&view, "a", &forged).await.unwrap();
        assert!(nothing.items.is_empty() && nothing.next.is_none(), "it reaches no other account");
        let before = Paging { limit: 2, after: Some(Cursor::behind("u02")), reverse: true };
        let page = table::list::<User>(&view, "a", &before).await.unwrap();
        assert_eq!(names(&page), ["u01", "u00"]);
        for text in ["0", "zz", "é", "00é", "+1"] {
            assert_eq!(Cursor::from_text(text), None, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn old_and_damaged_records() {
    on_each_engine(|store| async move {
        let mut tx = begin(&store).await.unwrap();
        let key = |name: &str| table::row_key::<User>(&("a", name));
        tx.put(key("old"), b"\x01old".to_vec()).unwrap();
        tx.put(key("empty"), "").unwrap();
        tx.put(key("cut"), b"\x02{\"account\":".to_vec()).unwrap();
        let old: User = table::get(&tx, ("a", "old")).await.unwrap().unwrap();
        assert_eq!(old.name, "old");
        for name in ["empty", "cut"] {
            let got = table::get::<User>(&tx, ("a", name)).await;
            assert!(matches!(got, Err(Error::Corrupt(_))), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn timers_are_taken_once_and_in_order() {
    on_each_engine_with_faults(|store| async move {
        transact!(&store, |tx| {
            for (name, at) in [("c", 30), ("a", 10), ("b", 20), ("d", 40)] {
                timer::set(tx, "k", name, at, name).await?;
            }
            timer::set(tx, "other", "a", 5, "").await?;
            timer::set(tx, "k", "a", 25, "moved").await?;
            assert!(timer::cancel(tx, "k", "c").await?);
            assert!(!timer::cancel(tx, "k", "c").await?);
            Ok(())
        });
        let due = transact!(&store, |tx| {
            assert_eq!(timer::next_at(tx, "k").await?, Some(20));
            assert_eq!(timer::get(tx, "k", "a").await?, Some(25));
            assert_eq!(timer::take_due(tx, "k", 19, 9).await?, []);
            timer::take_due(tx, "k", 40, 2).await
        });
        let due: Vec<(String, i64, Bytes)> =
            due.into_iter().map(|due| (tuple::unpack(&due.name.0).unwrap(), due.at, due.payload)).collect();
        assert_eq!(due, [("b".into(), 20, "b".into()), ("a".into(), 25, "moved".into())]);
        transact!(&store, |tx| {
            assert_eq!(timer::get(tx, "k", "a").await?, None);
            assert_eq!(timer::take_due(tx, "k", 40, 9).await?.len(), 1);
            assert_eq!(timer::next_at(tx, "k").await?, None);
            assert_eq!(timer::next_at(tx, "other").await?, Some(5));
            Ok(())
        });
    })
    .await;
}

#[tokio::test]
async fn an_outbox_entry_is_leased_retried_and_buried() {
    on_each_engine_with_faults(|store| async move {
        let large = Bytes::from(vec![7; 2 * VALUE_BYTES_MAX]);
        let body = large.clone();
        transact!(&store, |tx| {
            outbox::push(tx, "lane", "one", 0, 10, body.clone())?;
            outbox::push(tx, "lane", "two", 0, 5, "small")?;
            outbox::push(tx, "other", "one", 0, 0, "other")
        });
        let leased = transact!(&store, |tx| outbox::lease(tx, "lane", 10, 9, 100).await);
        let ids: Vec<_> = leased.iter().map(|entry| (&entry.id[..], entry.attempts)).collect();
        assert_eq!(ids, [("two", 1), ("one", 1)]);
        assert_eq!(leased[1].payload, large);
        let [two, one] = <[outbox::Entry; 2]>::try_from(leased).unwrap();
        let again = transact!(&store, |tx| outbox::lease(tx, "lane", 99, 9, 200).await);
        assert_eq!(again, [], "they are leased");
        let keep = two.clone();
        assert!(transact!(&store, |tx| outbox::done(tx, &keep.clone()).await));
        assert!(!transact!(&store, |tx| outbox::done(tx, &two.clone()).await));
        let first = one.clone();
        assert!(transact!(&store, |tx| outbox::retry(tx, &first.clone(), 50, "busy").await));
        let second = transact!(&store, |tx| outbox::lease(tx, "lane", 60, 9, 100).await);
        assert_eq!((second[0].attempts, second[0].error.as_deref()), (2, Some("busy")));
        assert!(!transact!(&store, |tx| outbox::done(tx, &one.clone()).await), "a lost lease");
        let second = second[0].clone();
        assert!(transact!(&store, |tx| outbox::bury(tx, &second.clone(), 70, "no").await));
        transact!(&store, |tx| {
            assert_eq!(outbox::next_at(tx, "lane").await?, None);
            let dead = outbox::dead(tx, "lane", &Paging::first(9)).await?;
            let dead = &dead.items[..];
            assert_eq!((dead.len(), dead[0].at, dead[0].attempts), (1, 70, 2));
            assert_eq!(dead[0].payload.len(), 2 * VALUE_BYTES_MAX);
            assert!(outbox::revive(tx, &dead[0], 80).await?);
            Ok(())
        });
        let third = transact!(&store, |tx| outbox::lease(tx, "lane", 90, 9, 200).await);
        assert_eq!(third[0].attempts, 1, "a revived one starts anew");
        let third = third[0].clone();
        transact!(&store, |tx| {
            assert!(outbox::bury(tx, &third.clone(), 90, "no").await?);
            Ok(())
        });
        transact!(&store, |tx| {
            let dead = outbox::dead(tx, "lane", &Paging::first(9)).await?.items;
            assert!(outbox::forget(tx, &dead[0]).await?);
            assert!(!outbox::forget(tx, &dead[0]).await?);
            let other = outbox::lease(tx, "other", 0, 9, 1).await?;
            assert_eq!(other.len(), 1);
            Ok(())
        });
    })
    .await;
}

#[tokio::test]
async fn dead_entries_page() {
    on_each_engine(|store| async move {
        transact!(&store, |tx| {
            for number in 0..5 {
                outbox::push(tx, "lane", &format!("{number}"), 0, number, "x")?;
            }
            for entry in outbox::lease(tx, "lane", 9, 9, 10).await? {
                let now = 10 + entry.created;
                assert!(outbox::bury(tx, &entry, now, "no").await?);
            }
            Ok(())
        });
        let view = snapshot(&store).await.unwrap();
        let (mut ids, mut paging) = (BTreeSet::new(), Paging::first(2));
        loop {
            let page = outbox::dead(&view, "lane", &paging).await.unwrap();
            ids.extend(page.items.into_iter().map(|entry| entry.id));
            let Some(next) = page.next else { break };
            paging.after = Some(next);
        }
        assert_eq!(ids.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_log_is_read_from_a_cursor_and_trimmed() {
    on_each_engine_with_faults(|store| async move {
        let stream = Stream::new(TEST_LOG, "s");
        for number in 0..6 {
            let stream = stream.clone();
            transact!(&store, |tx| {
                Stream::new(TEST_LOG, ("s", "t")).append(tx, "other")?;
                stream.append(tx, format!("{number}"))
            });
        }
        let view = snapshot(&store).await.unwrap();
        let all = stream.read(&view, None, 9).await.unwrap();
        let text: Vec<_> = all.iter().map(|entry| entry.val.clone()).collect();
        assert_eq!(text, ["0", "1", "2", "3", "4", "5"]);
        assert!(all.is_sorted_by_key(|entry| entry.stamp));
        assert_eq!(stream.read(&view, Some(all[1].stamp), 2).await.unwrap(), all[2..4]);
        let mut back = stream.read_back(&view, Some(all[4].stamp), 2).await.unwrap();
        back.reverse();
        assert_eq!(back, all[2..4]);
        drop(view);
        let (through, trimmed) = (all[3].stamp, stream.clone());
        transact!(&store, |tx| trimmed.trim(tx, through));
        let view = snapshot(&store).await.unwrap();
        assert_eq!(stream.read(&view, None, 9).await.unwrap(), all[4..]);
        drop(view);
        let cleared = stream.clone();
        transact!(&store, |tx| cleared.clear(tx));
        let view = snapshot(&store).await.unwrap();
        assert_eq!(stream.read_back(&view, None, 9).await.unwrap(), []);
        let other = Stream::new(TEST_LOG, ("s", "t")).read(&view, None, 9).await.unwrap();
        assert_eq!(other.len(), 6, "other streams stay");
    })
    .await;
}

#[tokio::test]
async fn counters_count_under_contention() {
    on_each_engine_with_faults(|store| async move {
        let key = tuple::key(TEST_TABLE, &"n");
        let mut tasks = Vec::new();
        for _ in 0..4 {
            let (store, key) = (store.clone(), key.clone());
            tasks.push(tokio::spawn(async move {
                for _ in 0..10 {
                    transact!(&store, |tx| counter::add(tx, key.clone(), 2));
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let view = snapshot(&store).await.unwrap();
        assert_eq!(counter::get(&view, &key).await.unwrap(), 80);
        drop(view);
        transact!(&store, |tx| counter::reset(tx, key.clone()));
    })
    .await;
}

/// Content whose every piece is different.
fn content(size: usize) -> Bytes {
    (0..size).map(|at| (at / 251 + at) as u8).collect::<Vec<_>>().into()
}

#[tokio::test]
async fn blobs_come_back_whole_and_in_ranges() {
    let folder = tempfile::tempdir().unwrap();
    for blobs in [Blobs::in_memory(), Blobs::in_folder(folder.path()).unwrap()] {
        for size in [0, 1, 255 * 1024, 1024 * 1024, 3 * 1024 * 1024 + 17] {
            let whole = content(size);
            let mut writer = blobs.writer(BlobId::new(size as i64, 7));
            for piece in whole.chunks(100_000) {
                writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
            }
            let blob = writer.finish().await.unwrap();
            assert_eq!(blob.size, size as u64);
            assert_eq!(blobs.read_all(&blob, size as u64).await.unwrap(), whole);
            let (from, to) = (size / 3, size - size / 4);
            let mut pieces = blobs.read(&blob, from as u64..to as u64).await.unwrap();
            let mut got = Vec::new();
            while let Some(piece) = pieces.next().await {
                got.extend_from_slice(&piece.unwrap());
            }
            assert_eq!(got, whole[from..to], "{size}");
            let beyond = blobs.read(&blob, 0..blob.size + 1).await.map(|_| ());
            assert!(matches!(beyond, Err(Error::Corrupt(_))));
            if size > 0 {
                let limited = blobs.read_all(&blob, blob.size - 1).await;
                assert!(matches!(limited, Err(Error::TooLarge(_))));
            }
        }
        let unfinished = blobs.writer(BlobId::new(1, 1));
        drop(unfinished);
        let missing = blob::Blob { id: BlobId::new(1, 1), size: 4 };
        assert!(matches!(blobs.read_all(&missing, 9).await, Err(Error::Corrupt(_))));
    }
}

/// Two nodes with different folders would each miss the blobs of the other.
#[tokio::test]
async fn a_store_has_one_place_for_its_blobs() {
    on_each_engine(|store| async move {
        let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let place = |folder: &tempfile::TempDir| Blobs::in_folder(folder.path()).unwrap();
        place(&home).belong_to(&store, "first").await.unwrap();
        place(&home).belong_to(&store, "second").await.unwrap();
        place(&home).put(BlobId::new(1, 1), content(10)).await.unwrap();
        place(&home).belong_to(&store, "third").await.unwrap();
        let refused = place(&other).belong_to(&store, "fourth").await;
        assert!(is_unavailable(&refused, "keeps its blobs elsewhere"), "{refused:?}");

        let new = store::open_memory();
        let refused = place(&home).belong_to(&new, "fifth").await;
        assert!(is_unavailable(&refused, "blobs of another cloud"), "{refused:?}");
        // The mark is no blob that was left behind.
        assert_eq!(place(&home).sweep_orphans(&store, i64::MAX).await.unwrap(), 1);
        place(&home).belong_to(&store, "sixth").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_blob_lives_as_long_as_its_owners_and_a_little_longer() {
    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    on_each_engine(|store| async move {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::in_folder(folder.path()).unwrap();
        let kept = blobs.put(BlobId::new(0, 1), content(5)).await.unwrap();
        let orphan = blobs.put(BlobId::new(0, 2), content(5)).await.unwrap();
        let young = blobs.put(BlobId::new(2 * DAY, 3), content(5)).await.unwrap();
        let partial = folder.path().join("01").join("00000000000000000000000000ff#1");
        std::fs::write(&partial, "cut").unwrap();
        let blob = kept.clone();
        transact!(&store, |tx| {
            blob::own(tx, &blob)?;
            blob::own(tx, &blob)
        });
        assert_eq!(blobs.sweep_orphans(&store, 2 * DAY).await.unwrap(), 2);
        assert!(blobs.read_all(&orphan, 9).await.is_err() && !partial.exists());
        assert!(blobs.read_all(&kept, 9).await.is_ok() && blobs.read_all(&young, 9).await.is_ok());
        for now in [0, MINUTE] {
            let blob = kept.clone();
            transact!(&store, |tx| blob::disown(tx, &blob.clone(), now).await);
        }
        assert_eq!(blobs.sweep(&store, 5 * MINUTE).await.unwrap(), 0);
        assert_eq!(blobs.sweep_orphans(&store, 2 * DAY).await.unwrap(), 0, "its sweep will come");
        assert!(blobs.read_all(&kept, 9).await.is_ok(), "a reader may still be at it");
        assert_eq!(blobs.sweep(&store, 12 * MINUTE).await.unwrap(), 1);
        assert!(blobs.read_all(&kept, 9).await.is_err());
        let mut tx = begin(&store).await.unwrap();
        let gone = blob::disown(&mut tx, &kept, 0).await;
        assert!(matches!(gone, Err(Error::Corrupt(_))), "nobody owns it any more");
        assert_eq!(tx.scan(Scan::prefix(BLOB_OWNERS.0.to_vec())).await.unwrap().rows, []);
    })
    .await;
}
