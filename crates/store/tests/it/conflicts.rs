//! Which transactions conflict, and which must not.

use store::{Error, Key, Range, Scan, begin};

use crate::engines::{fill, on_each_engine, text};

#[tokio::test]
async fn a_read_that_is_no_longer_true_is_a_conflict() {
    on_each_engine(|store| async move {
        fill(&store, &[("a", "1"), ("b", "1")]).await;
        let mut tx = begin(&store).await.unwrap();
        assert!(text(&tx, "a").await.is_some());
        assert!(text(&tx, "none").await.is_none());
        tx.put("out", "1").unwrap();
        fill(&store, &[("other", "2")]).await;
        tx.commit().await.unwrap();
        for touched in ["a", "none"] {
            let mut tx = begin(&store).await.unwrap();
            let many = tx.get_many(&["a".into(), "none".into()]).await.unwrap();
            assert_eq!(many.len(), 2);
            tx.put("out", "2").unwrap();
            fill(&store, &[(touched, "2")]).await;
            assert_eq!(tx.commit().await, Err(Error::Conflict), "{touched}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_who_read_what_the_other_writes_do_not_both_commit() {
    on_each_engine(|store| async move {
        fill(&store, &[("a", "1"), ("b", "1")]).await;
        let mut one = begin(&store).await.unwrap();
        let mut two = begin(&store).await.unwrap();
        assert!(text(&one, "a").await.is_some() && text(&two, "b").await.is_some());
        one.put("b", "2").unwrap();
        two.put("a", "2").unwrap();
        one.commit().await.unwrap();
        assert_eq!(two.commit().await, Err(Error::Conflict));
    })
    .await;
}

#[tokio::test]
async fn a_new_row_in_a_range_that_was_read_is_a_conflict() {
    on_each_engine(|store| async move {
        fill(&store, &[("a1", "1"), ("a5", "1"), ("a9", "1")]).await;
        for (limit, reverse, key, conflicts) in [
            (10, false, "a3", true),
            (10, false, "b", false),
            (2, false, "a3", true),
            // Only what the page has covered counts.
            (2, false, "a7", false),
            (2, true, "a7", true),
            (2, true, "a3", false),
        ] {
            let mut tx = begin(&store).await.unwrap();
            let page = tx.scan(Scan::prefix("a").limit(limit).reverse(reverse)).await.unwrap();
            assert_eq!(page.rows.len(), limit.min(3));
            tx.put("out", "1").unwrap();
            fill(&store, &[(key, "1")]).await;
            let result = tx.commit().await;
            assert_eq!(result.is_err(), conflicts, "{key}, {limit} rows, reverse {reverse}");
            let mut undo = begin(&store).await.unwrap();
            undo.delete(key).unwrap();
            undo.commit().await.unwrap();
        }
        let mut tx = begin(&store).await.unwrap();
        assert!(text(&tx, "a5").await.is_some());
        tx.put("out", "1").unwrap();
        let mut clear = begin(&store).await.unwrap();
        clear.delete_range(Range::prefix("a")).unwrap();
        clear.commit().await.unwrap();
        assert_eq!(tx.commit().await, Err(Error::Conflict));
    })
    .await;
}

#[tokio::test]
async fn takers_of_different_rows_share_a_range() {
    on_each_engine(|store| async move {
        fill(&store, &[("q1", ""), ("q2", ""), ("q3", "")]).await;
        let mut takers = Vec::new();
        for row in ["q1", "q2", "q1"] {
            let mut tx = begin(&store).await.unwrap();
            tx.dont_conflict(Range::prefix("q"));
            assert_eq!(tx.scan(Scan::prefix("q")).await.unwrap().rows.len(), 3);
            tx.claim(row).unwrap();
            tx.delete(row).unwrap();
            takers.push(tx);
        }
        let last = takers.pop().unwrap();
        for tx in takers {
            tx.commit().await.unwrap();
        }
        assert_eq!(last.commit().await, Err(Error::Conflict), "its row is taken");
    })
    .await;
}

#[tokio::test]
async fn blind_writes_and_counters_do_not_conflict_but_reading_a_counter_does() {
    on_each_engine(|store| async move {
        let n: Key = "n".into();
        let mut reader = begin(&store).await.unwrap();
        assert_eq!(reader.get_counter(&n).await.unwrap(), 0);
        reader.put("out", "1").unwrap();
        let mut one = begin(&store).await.unwrap();
        let mut two = begin(&store).await.unwrap();
        for tx in [&mut one, &mut two] {
            tx.put("a", "1").unwrap();
            tx.add("n", 1).unwrap();
        }
        one.commit().await.unwrap();
        two.commit().await.unwrap();
        assert_eq!(reader.commit().await, Err(Error::Conflict));
    })
    .await;
}

#[tokio::test]
async fn a_transaction_without_writes_commits_whatever_happened() {
    on_each_engine(|store| async move {
        fill(&store, &[("a", "1")]).await;
        let tx = begin(&store).await.unwrap();
        assert_eq!(text(&tx, "a").await.as_deref(), Some("1"));
        fill(&store, &[("a", "2")]).await;
        assert_eq!(text(&tx, "a").await.as_deref(), Some("1"), "its view was consistent");
        tx.commit().await.unwrap();
    })
    .await;
}
