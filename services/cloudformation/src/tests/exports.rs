//! Exports and imports.

use serde_json::json;

use super::Room;

const EXPORTER: &str = "Parameters: {V: {Type: String, Default: one}}
Resources: {A: {Type: 'Test::Thing', Properties: {Name: a}}}
Outputs: {O: {Value: !Ref V, Export: {Name: !Sub '${AWS::StackName}-o'}}}
";
const IMPORTER: &str =
    "Resources: {B: {Type: 'Test::Thing', Properties: {Name: b, Size: !ImportValue base-o}}}";

async fn both(room: &Room) {
    room.call("CreateStack", json!({"StackName": "base", "TemplateBody": EXPORTER})).await;
    assert_eq!(room.settle("base").await.0, "CREATE_COMPLETE");
    room.call("CreateStack", json!({"StackName": "user", "TemplateBody": IMPORTER})).await;
    assert_eq!(room.settle("user").await.0, "CREATE_COMPLETE");
}

/// Texts: rlister/stax issue 40, linz/geostore issue 630, aws/aws-cdk issue 33395.
#[tokio::test]
async fn an_export_in_use_stays_as_it_is() {
    let room = Room::new().await;
    both(&room).await;
    assert_eq!(room.size("b"), json!("one"));
    let exports = room.call("ListExports", json!({})).await;
    assert_eq!(exports["Exports"][0]["Name"], "base-o");
    assert_eq!(exports["Exports"][0]["Value"], "one");
    let imports = room.call("ListImports", json!({"ExportName": "base-o"})).await;
    assert_eq!(imports["Imports"], json!(["user"]));
    let change = json!({"StackName": "base", "UsePreviousTemplate": true, "Parameters": [{"ParameterKey": "V", "ParameterValue": "two"}]});
    // Only an output changes: nothing of the resources does.
    let (_, text) = room.error("UpdateStack", change).await;
    assert_eq!(text, "No updates are to be performed.");
    let changed = EXPORTER.replace("!Ref V", "two");
    room.call("UpdateStack", json!({"StackName": "base", "TemplateBody": changed})).await;
    assert_eq!(room.settle("base").await.0, "UPDATE_ROLLBACK_COMPLETE");
    let removed = EXPORTER.replace(", Export: {Name: !Sub '${AWS::StackName}-o'}", "");
    room.call("UpdateStack", json!({"StackName": "base", "TemplateBody": removed})).await;
    assert_eq!(room.settle("base").await.0, "UPDATE_ROLLBACK_COMPLETE");
    let events = room.events("base").await;
    for text in [
        "base UPDATE_ROLLBACK_IN_PROGRESS Export base-o cannot be updated as it is in use by user",
        "base UPDATE_ROLLBACK_IN_PROGRESS Export base-o cannot be deleted as it is in use by user",
    ] {
        assert!(events.contains(&text.to_owned()), "{events:#?}");
    }
    room.call("DeleteStack", json!({"StackName": "base"})).await;
    let (status, reason) = room.settle("base").await;
    assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(reason, "Delete canceled. Cannot delete export base-o as it is in use by user.");
    room.call("DeleteStack", json!({"StackName": "user"})).await;
    room.gone("user").await;
    let (_, text) = room.error("ListImports", json!({"ExportName": "base-o"})).await;
    assert_eq!(text, "Export 'base-o' is not imported by any stack.");
    room.call("DeleteStack", json!({"StackName": "base"})).await;
    room.gone("base").await;
    let exports = room.call("ListExports", json!({})).await;
    assert_eq!(exports["Exports"], json!([]));
}

#[tokio::test]
async fn exports_have_one_owner_and_imports_need_one() {
    let room = Room::new().await;
    let template = EXPORTER.replace("!Sub '${AWS::StackName}-o'", "shared");
    room.call("CreateStack", json!({"StackName": "one", "TemplateBody": template})).await;
    assert_eq!(room.settle("one").await.0, "CREATE_COMPLETE");
    room.call(
        "CreateStack",
        json!({"StackName": "two", "TemplateBody": template.replace("Name: a", "Name: a2")}),
    )
    .await;
    assert_eq!(room.settle("two").await.0, "ROLLBACK_COMPLETE");
    let events = room.events("two").await;
    assert!(
        events.contains(
            &"two ROLLBACK_IN_PROGRESS Export with name shared is already exported by stack one. Rollback requested by user."
                .to_owned()
        ),
        "{events:#?}"
    );
    room.call("CreateStack", json!({"StackName": "lost", "TemplateBody": IMPORTER})).await;
    assert_eq!(room.settle("lost").await.0, "ROLLBACK_COMPLETE");
    let events = room.events("lost").await;
    assert!(
        events.contains(
            &"lost ROLLBACK_IN_PROGRESS No export named base-o found. Rollback requested by user.".to_owned()
        ),
        "{events:#?}"
    );
}
