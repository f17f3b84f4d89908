//! The rules of the core: isolation, conflicts, ranges, appends, counters, limits.

use store::{Error, Range, Scan, begin, snapshot};

#[tokio::test]
async fn smoke() {
    let store = store::open_memory();
    let mut tx = begin(&store).await.unwrap();
    for key in ["a", "b", "c", "d"] {
        tx.put(key, key).unwrap();
    }
    tx.add("n", 5).unwrap();
    tx.append("log", "", "x").unwrap();
    let done = tx.commit().await.unwrap();
    assert_eq!(done.stamps.len(), 1);
    let view = snapshot(&store).await.unwrap();
    let mut one = begin(&store).await.unwrap();
    let mut two = begin(&store).await.unwrap();
    one.delete_range(Range::new("b", "d")).unwrap();
    one.put("bb", "new").unwrap();
    let page = one.scan(Scan::new(Range::new("a", "e")).limit(2)).await.unwrap();
    assert_eq!(page.rows, vec![("a".into(), "a".into()), ("bb".into(), "new".into())]);
    let page = one.scan(Scan::new(Range::new("a", "e")).reverse(true).limit(2)).await.unwrap();
    assert_eq!(page.rows, vec![("d".into(), "d".into()), ("bb".into(), "new".into())]);
    assert!(two.get(&"c".into()).await.unwrap().is_some());
    two.add("n", 1).unwrap();
    one.add("n", 1).unwrap();
    one.commit().await.unwrap();
    assert_eq!(two.commit().await, Err(Error::Conflict));
    assert_eq!(view.get(&"c".into()).await.unwrap().as_deref(), Some(&b"c"[..]));
    let now = snapshot(&store).await.unwrap();
    assert_eq!(now.get_counter(&"n".into()).await.unwrap(), 6);
    assert_eq!(now.get(&"c".into()).await.unwrap(), None);
}
