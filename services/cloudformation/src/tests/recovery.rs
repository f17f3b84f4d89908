//! Operations that a crash, or somebody, interrupts.

use serde_json::json;

use super::{Room, TWO};

impl Room {
    /// Lets the task of a stack run until `line` was logged, then ends the process's memory of it: as a kill does,
    /// the store stays and nothing else.
    async fn crash_at(&self, line: &str) {
        for _ in 0..1000 {
            if self.things().with(|inner| inner.log.iter().any(|logged| logged == line)) {
                crate::engine::forget_tasks(self.world.cloud());
                return;
            }
            self.world.settle().await;
        }
        panic!("{line} never happens");
    }
}

#[tokio::test]
async fn a_creation_goes_on_after_a_crash() {
    let room = Room::new().await;
    room.things().with(|inner| inner.stuck.push("create B".to_owned()));
    room.call("CreateStack", json!({"StackName": "s", "TemplateBody": TWO})).await;
    room.crash_at("create B").await;
    assert_eq!(room.stack("s").await["StackStatus"], "CREATE_IN_PROGRESS");
    room.world.run_jobs().await;
    assert_eq!(room.settle("s").await.0, "CREATE_COMPLETE");
    // A is not made again; B is, by the same request, which finds what the first one made.
    assert_eq!(room.log(), ["create A", "create B", "create B"]);
    assert_eq!(room.ids(), ["a", "a-b"]);
}

#[tokio::test]
async fn a_repeated_creation_asks_for_the_same_name() {
    let room = Room::new().await;
    room.things().with(|inner| inner.stuck.push("create A".to_owned()));
    let template = "Resources: {A: {Type: 'Test::Thing'}}";
    room.call("CreateStack", json!({"StackName": "s", "TemplateBody": template})).await;
    room.crash_at("create A").await;
    let before = room.world.cloud().store().clone();
    let tx = store::snapshot(&before).await.unwrap();
    let uuid = room.stack("s").await["StackId"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let row = crate::stacks::resources(&tx, &uuid).await.unwrap().remove(0);
    let token = row.pending.unwrap().wanted.token;
    drop(tx);
    room.world.run_jobs().await;
    room.settle("s").await;
    let tx = store::snapshot(&before).await.unwrap();
    let row = crate::stacks::resources(&tx, &uuid).await.unwrap().remove(0);
    assert_eq!(row.current.unwrap().wanted.token, token);
}

#[tokio::test]
async fn an_update_and_its_rollback_go_on_after_crashes() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.log();
    room.things().with(|inner| {
        inner.stuck.push("update A".to_owned());
        inner.stuck.push("update B".to_owned());
    });
    let bigger = TWO
        .replace("Size: 1", "Size: 2")
        .replace("Size: !GetAtt A.Size", "Size: !GetAtt A.Size, Fail: update");
    room.call("UpdateStack", json!({"StackName": "s", "TemplateBody": bigger})).await;
    room.crash_at("update A").await;
    room.world.run_jobs().await;
    room.crash_at("update B").await;
    room.things().with(|inner| inner.log.clear());
    room.things().with(|inner| inner.stuck.push("update A".to_owned()));
    room.world.run_jobs().await;
    // B fails for good; the rollback of A hangs and the process ends again.
    room.crash_at("update A").await;
    assert_eq!(room.stack("s").await["StackStatus"], "UPDATE_ROLLBACK_IN_PROGRESS");
    room.world.run_jobs().await;
    assert_eq!(room.settle("s").await.0, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(room.size("a"), json!(1));
}

#[tokio::test]
async fn a_deletion_goes_on_after_a_crash() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.log();
    room.things().with(|inner| inner.stuck.push("delete A".to_owned()));
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    room.crash_at("delete A").await;
    room.world.run_jobs().await;
    room.gone("s").await;
    assert_eq!(room.log(), ["delete B", "delete A", "delete A"]);
    assert!(room.ids().is_empty());
}

#[tokio::test]
async fn an_update_can_be_cancelled() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.log();
    room.things().with(|inner| inner.stuck.push("update A".to_owned()));
    let bigger = TWO.replace("Size: 1", "Size: 2");
    room.call("UpdateStack", json!({"StackName": "s", "TemplateBody": bigger})).await;
    room.crash_at("update A").await;
    let (_, text) = room.error("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(text, "Stack [s] cannot be deleted while in status UPDATE_IN_PROGRESS");
    room.call("CancelUpdateStack", json!({"StackName": "s"})).await;
    room.world.run_jobs().await;
    assert_eq!(room.settle("s").await.0, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!((room.size("a"), room.size("a-b")), (json!(1), json!(1)));
    let (_, text) = room.error("CancelUpdateStack", json!({"StackName": "s"})).await;
    assert_eq!(text, "CancelUpdateStack cannot be called from current stack status");
}

#[tokio::test]
async fn a_creation_can_be_turned_into_a_deletion() {
    let room = Room::new().await;
    room.things().with(|inner| inner.stuck.push("create A".to_owned()));
    room.call("CreateStack", json!({"StackName": "s", "TemplateBody": TWO})).await;
    room.crash_at("create A").await;
    room.call("DeleteStack", json!({"StackName": "s"})).await;
    room.world.run_jobs().await;
    room.gone("s").await;
    assert!(room.ids().is_empty());
    assert!(!room.log().contains(&"create B".to_owned()));
}

#[tokio::test]
async fn a_handler_that_panics_fails_its_resource_alone() {
    let room = Room::new().await;
    let template = TWO.replace("Size: !GetAtt A.Size", "Fail: panic");
    assert_eq!(room.deploy("CreateStack", &template).await, "ROLLBACK_COMPLETE");
    assert!(room.events("s").await.contains(&"B CREATE_FAILED Internal Failure".to_owned()));
    assert!(room.ids().is_empty());
}

#[tokio::test]
async fn a_template_that_cannot_be_read_any_more_ends_the_operation() {
    let room = Room::new().await;
    room.deploy("CreateStack", TWO).await;
    room.things().with(|inner| inner.stuck.push("update A".to_owned()));
    let bigger = TWO.replace("Size: 1", "Size: 2");
    room.call("UpdateStack", json!({"StackName": "s", "TemplateBody": bigger})).await;
    room.crash_at("update A").await;
    let store = room.world.cloud().store().clone();
    let mut tx = store::begin(&store).await.unwrap();
    let paging = store::layer::table::Paging::first(10);
    let rows = store::layer::table::list::<crate::keys::TemplateRow>(&tx, (), &paging).await.unwrap().items;
    for mut row in rows.into_iter().filter(|row| row.text == bigger) {
        row.text = "Resources: {}".to_owned();
        store::layer::table::put(&mut tx, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    room.world.run_jobs().await;
    assert_eq!(room.settle("s").await.0, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(room.size("a"), json!(1));
    let events = room.events("s").await;
    let reason = "At least one Resources member must be defined.";
    assert!(
        events.iter().any(|line| line.starts_with("s UPDATE_ROLLBACK_IN_PROGRESS") && line.ends_with(reason))
    );
}
