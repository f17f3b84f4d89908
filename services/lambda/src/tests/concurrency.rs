//! Reserved and provisioned concurrency.

use super::*;

const INIT: &str = "exports.handler = async (e) => { if (e.exit) process.exit(1); return [process.env.AWS_LAMBDA_INITIALIZATION_TYPE, process.pid] }";

fn provisioned(count: i32) -> Value {
    json!({"FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": count})
}

async fn published(world: &World, code: &str) {
    create(world, "f", code).await;
    world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
}

/// Waits for real processes.
async fn settled(world: &World, qualifier: &str) -> Value {
    let look = async || {
        let get = json!({"FunctionName": "f", "Qualifier": qualifier});
        world.ok("lambda", "GetProvisionedConcurrencyConfig", get).await
    };
    world.until("settled", async || look().await["Status"] != "IN_PROGRESS").await;
    look().await
}

#[tokio::test]
async fn reservations_have_rules() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    create(&world, "g", ECHO).await;
    let put = |name: &str, count: i32| json!({"FunctionName": name, "ReservedConcurrentExecutions": count});
    world.ok("lambda", "PutFunctionConcurrency", put("f", 800)).await;
    let settings = world.ok("lambda", "GetAccountSettings", json!({})).await;
    assert_eq!(settings["AccountLimit"]["ConcurrentExecutions"], 1000);
    assert_eq!(settings["AccountLimit"]["UnreservedConcurrentExecutions"], 200);
    let (code, text) = world.error("lambda", "PutFunctionConcurrency", put("g", 101)).await;
    // Recorded: LocalStack tests/aws/services/lambda_, test_lambda_concurrency_limits.
    assert_eq!(
        (code.as_str(), text.as_str()),
        (
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."
        )
    );
    world.ok("lambda", "PutFunctionConcurrency", put("g", 100)).await;
    world.ok("lambda", "PutFunctionConcurrency", put("f", 0)).await;
    let failure = world.fails("lambda", "Invoke", json!({"FunctionName": "f"})).await;
    assert!(failure.body().headers.contains(&("Retry-After".to_string(), "1".to_string())));
}

#[tokio::test]
async fn provisioned_environments_are_started_ahead_and_replaced() {
    let world = world().await;
    published(&world, INIT).await;
    let begun = world.ok("lambda", "PutProvisionedConcurrencyConfig", provisioned(2)).await;
    assert_eq!(
        (&begun["Status"], &begun["AllocatedProvisionedConcurrentExecutions"]),
        (&json!("IN_PROGRESS"), &json!(0))
    );
    let ready = settled(&world, "1").await;
    assert_eq!(
        (&ready["Status"], &ready["AvailableProvisionedConcurrentExecutions"]),
        (&json!("READY"), &json!(2))
    );
    let call = |event: Value| json!({"FunctionName": "f:1", "Payload": payload(&event)});
    let (first, _) = invoke(&world, call(json!({}))).await;
    assert_eq!(first[0], "provisioned-concurrency");
    let (_, crashed) = invoke(&world, call(json!({"exit": true}))).await;
    assert_eq!(crashed["FunctionError"], "Unhandled");
    settled(&world, "1").await;
    let (next, _) = invoke(&world, call(json!({}))).await;
    assert_eq!(next[0], "provisioned-concurrency");
    let (latest, _) = invoke(&world, json!({"FunctionName": "f"})).await;
    assert_eq!(latest[0], "on-demand", "another version has none");
    let list = world.ok("lambda", "ListProvisionedConcurrencyConfigs", json!({"FunctionName": "f"})).await;
    assert_eq!(
        list["ProvisionedConcurrencyConfigs"][0]["FunctionArn"],
        "arn:aws:lambda:us-east-1:000000000000:function:f:1"
    );
    let settings = world.ok("lambda", "GetAccountSettings", json!({})).await;
    assert_eq!(settings["AccountLimit"]["UnreservedConcurrentExecutions"], 998);
    let key = json!({"FunctionName": "f", "Qualifier": "1"});
    world.ok("lambda", "DeleteProvisionedConcurrencyConfig", key.clone()).await;
    let (code, text) = world.error("lambda", "GetProvisionedConcurrencyConfig", key).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        (
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function"
        )
    );
}

#[tokio::test]
async fn more_invocations_than_provisioned_spill_over() {
    let world = world().await;
    // Neither of two invocations ends before both have begun.
    let code = "const { readdirSync, writeFileSync } = require('fs');
        exports.handler = async (event, context) => {
          writeFileSync(`/mnt/shared/${context.awsRequestId}`, '');
          while (readdirSync('/mnt/shared').length < 2) await new Promise((r) => setTimeout(r, 5));
          return process.env.AWS_LAMBDA_INITIALIZATION_TYPE;
        };";
    world.ok("lambda", "CreateFunction", with_file_system("f", code)).await;
    world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
    world.ok("lambda", "PutProvisionedConcurrencyConfig", provisioned(1)).await;
    settled(&world, "1").await;
    let call = || invoke(&world, json!({"FunctionName": "f:1"}));
    let ((one, _), (two, _)) = tokio::join!(call(), call());
    let mut kinds = [one.as_str().unwrap(), two.as_str().unwrap()];
    kinds.sort_unstable();
    assert_eq!(kinds, ["on-demand", "provisioned-concurrency"]);
}

#[tokio::test]
async fn provisioned_concurrency_fails_with_the_init_phase() {
    let world = world().await;
    published(&world, "throw new Error('no init')").await;
    world.ok("lambda", "PutProvisionedConcurrencyConfig", provisioned(1)).await;
    let failed = settled(&world, "1").await;
    assert_eq!(
        (&failed["Status"], &failed["StatusReason"]),
        (&json!("FAILED"), &json!("FUNCTION_ERROR_INIT_FAILURE"))
    );
}

#[tokio::test]
async fn provisioned_concurrency_has_rules() {
    let world = world().await;
    published(&world, ECHO).await;
    let text_of =
        async |input: Value| world.error("lambda", "PutProvisionedConcurrencyConfig", input).await.1;
    let latest = json!({"FunctionName": "f", "Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1});
    // Texts: LocalStack tests/aws/services/lambda_, test_provisioned_concurrency_exceptions and ..._limits.
    assert_eq!(
        text_of(latest).await,
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    );
    let missing = json!({"FunctionName": "f", "Qualifier": "9", "ProvisionedConcurrentExecutions": 1});
    assert_eq!(
        text_of(missing).await,
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:9"
    );
    let missing = json!({"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 1});
    assert_eq!(
        text_of(missing).await,
        "Cannot find alias arn: arn:aws:lambda:us-east-1:000000000000:function:f:live"
    );
    assert_eq!(
        text_of(provisioned(1001)).await,
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000]."
    );
    assert_eq!(
        text_of(provisioned(901)).await,
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."
    );
    let reserve = |count: i32| json!({"FunctionName": "f", "ReservedConcurrentExecutions": count});
    world.ok("lambda", "PutFunctionConcurrency", reserve(3)).await;
    assert_eq!(
        text_of(provisioned(4)).await,
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    );
    world.ok("lambda", "PutProvisionedConcurrencyConfig", provisioned(1)).await;
    let (_, text) = world.error("lambda", "PutFunctionConcurrency", reserve(0)).await;
    assert_eq!(
        text,
        " ReservedConcurrentExecutions  0 should not be lower than function's total provisioned concurrency [1]."
    );
    world
        .ok("lambda", "CreateAlias", json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "1"}))
        .await;
    let by_alias = json!({"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 1});
    assert_eq!(
        text_of(by_alias.clone()).await,
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    );
    let key = json!({"FunctionName": "f", "Qualifier": "1"});
    world.ok("lambda", "DeleteProvisionedConcurrencyConfig", key).await;
    world.ok("lambda", "PutProvisionedConcurrencyConfig", by_alias).await;
    assert_eq!(text_of(provisioned(1)).await, "Version is pointed by a Provisioned Concurrency alias");
    assert_eq!(settled(&world, "live").await["Status"], "READY");
}

/// The policy decides before anything of the function is unpacked, and a stranger's call must not unpack it.
#[tokio::test]
async fn a_denied_call_unpacks_nothing() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let code = crate::code::root(world.cloud()).join("code");
    std::fs::remove_dir_all(&code).unwrap();
    let denied = world.call_as(testkit::nobody(), "lambda", "Invoke", json!({"FunctionName": "f"})).await;
    assert_eq!(denied.unwrap_err().code(), "AccessDeniedException");
    assert!(!code.exists());
    invoke(&world, json!({"FunctionName": "f"})).await;
    assert!(code.exists());
}
