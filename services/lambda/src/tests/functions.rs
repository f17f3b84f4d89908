//! Creating, changing, showing and deleting functions.

use super::*;

#[tokio::test]
async fn a_new_function_is_shown_as_aws_shows_it() {
    let world = world().await;
    let mut input = node("f", ECHO);
    input.as_object_mut().unwrap().remove("Timeout");
    input["Environment"] = json!({"Variables": {"TABLE": "users"}});
    input["Tags"] = json!({"team": "a"});
    let mut made = world.ok("lambda", "CreateFunction", input).await;
    let sha = made["CodeSha256"].take();
    assert_eq!(sha.as_str().unwrap().len(), 44);
    for taken in ["CodeSize", "RevisionId"] {
        assert!(!made[taken].take().is_null());
    }
    // The members and defaults of the CreateFunction reference.
    assert_eq!(
        made,
        json!({
            "FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "Runtime": "nodejs20.x", "Role": ROLE, "Handler": "index.handler", "CodeSize": null, "Description": "",
            "Timeout": 3, "MemorySize": 128, "LastModified": "2026-01-01T00:00:00.000+0000", "CodeSha256": null,
            "Version": "$LATEST", "Environment": {"Variables": {"TABLE": "users"}},
            "TracingConfig": {"Mode": "PassThrough"}, "RevisionId": null, "State": "Active",
            "LastUpdateStatus": "Successful", "PackageType": "Zip", "Architectures": ["x86_64"],
            "EphemeralStorage": {"Size": 512}, "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"},
        })
    );
    let shown = world.ok("lambda", "GetFunction", json!({"FunctionName": "f"})).await;
    assert_eq!(shown["Configuration"]["CodeSha256"], sha);
    assert_eq!(shown["Tags"], json!({"team": "a"}));
    assert!(shown["Code"]["Location"].as_str().unwrap().contains("/_aws/lambda/code/"));
    let list = world.ok("lambda", "ListFunctions", json!({})).await;
    assert_eq!(list["Functions"][0]["FunctionName"], "f");
    assert!(list["Functions"][0]["State"].is_null(), "listings have no state");
    let again = world.error("lambda", "CreateFunction", node("f", ECHO)).await;
    assert_eq!(again, ("ResourceConflictException".into(), "Function already exist: f".into()));
}

#[tokio::test]
async fn names_and_arns_lead_to_the_function() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    for name in [
        "f",
        "f:$LATEST",
        "function:f",
        "000000000000:function:f",
        "arn:aws:lambda:us-east-1:000000000000:function:f",
    ] {
        let shown = world.ok("lambda", "GetFunctionConfiguration", json!({"FunctionName": name})).await;
        assert_eq!(shown["FunctionName"], "f", "{name}");
    }
    let (code, text) = world.error("lambda", "GetFunction", json!({"FunctionName": "none"})).await;
    assert_eq!(code, "ResourceNotFoundException");
    assert_eq!(text, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none");
    let (_, text) =
        world.error("lambda", "GetFunction", json!({"FunctionName": "f", "Qualifier": "9"})).await;
    assert_eq!(text, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:9");
    let (_, text) =
        world.error("lambda", "GetFunction", json!({"FunctionName": "f:1", "Qualifier": "2"})).await;
    assert_eq!(text, "The derived qualifier from the function name does not match the specified qualifier.");
    let other = "arn:aws:lambda:eu-west-1:000000000000:function:f";
    let (_, text) = world.error("lambda", "GetFunction", json!({"FunctionName": other})).await;
    assert_eq!(text, "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')");
}

async fn refused(world: &World, member: &str, value: Value) -> String {
    let mut input = node("refused", ECHO);
    input[member] = value;
    let (_, text) = world.error("lambda", "CreateFunction", input).await;
    let list = world.ok("lambda", "ListFunctions", json!({})).await;
    assert_eq!(list["Functions"], json!([]), "nothing was made");
    text
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_made() {
    let world = world().await;
    put_role(&world, "stranger", &TRUST.replace("lambda.", "ec2.")).await;
    let not_assumed = "The role defined for the function cannot be assumed by Lambda.";
    assert_eq!(refused(&world, "Role", json!("arn:aws:iam::000000000000:role/none")).await, not_assumed);
    assert_eq!(refused(&world, "Role", json!("arn:aws:iam::000000000000:role/stranger")).await, not_assumed);
    assert!(refused(&world, "Role", json!("admin")).await.starts_with(
        "1 validation error detected: Value 'admin' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: "
    ));
    assert_eq!(
        refused(&world, "Timeout", json!(901)).await,
        "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"
    );
    assert!(refused(&world, "MemorySize", json!(64)).await.contains("greater than or equal to 128"));
    assert_eq!(
        refused(&world, "Handler", Value::Null).await,
        "Runtime and Handler are mandatory parameters for functions created with deployment packages."
    );
    assert!(refused(&world, "Runtime", json!("ruby3.3")).await.contains("is not supported by this cloud"));
    assert_eq!(
        refused(&world, "PackageType", json!("Image")).await,
        "PackageType Image is not supported by this cloud."
    );
    assert_eq!(
        refused(&world, "KMSKeyArn", json!("arn:aws:kms:us-east-1:000000000000:key/k")).await,
        "KMSKeyArn is not supported by this cloud."
    );
    assert_eq!(refused(&world, "Code", json!({})).await, "Please provide a source for function code.");
    assert_eq!(
        refused(&world, "Code", json!({"ZipFile": STANDARD.encode("no zip")})).await,
        "Could not unzip uploaded file. Please check your file, then try to upload again."
    );
    assert_eq!(
        refused(&world, "Code", json!({"ZipFile": STANDARD.encode(zip(&[("../x", b"", 0o644)]))})).await,
        "Could not unzip uploaded file. Please check your file, then try to upload again."
    );
    let layer = "arn:aws:lambda:us-east-1:000000000000:layer:none:1";
    assert_eq!(
        refused(&world, "Layers", json!([layer])).await,
        format!("Layer version {layer} does not exist.")
    );
}

#[tokio::test]
async fn code_and_configuration_change() {
    let world = world().await;
    let made = create(&world, "f", ECHO).await;
    let wrong = json!({"FunctionName": "f", "Timeout": 9, "RevisionId": "other"});
    assert_eq!(
        world.error("lambda", "UpdateFunctionConfiguration", wrong).await.0,
        "PreconditionFailedException"
    );
    let change = json!({"FunctionName": "f", "Timeout": 9, "Environment": {"Variables": {"A1": "b"}}, "RevisionId": made["RevisionId"]});
    let changed = world.ok("lambda", "UpdateFunctionConfiguration", change).await;
    assert_eq!((&changed["Timeout"], &changed["Environment"]["Variables"]["A1"]), (&json!(9), &json!("b")));
    assert_ne!(changed["RevisionId"], made["RevisionId"]);
    assert_eq!(changed["Handler"], "index.handler", "what is not named stays");
    let cleared = json!({"FunctionName": "f", "Environment": {"Variables": {}}});
    assert!(world.ok("lambda", "UpdateFunctionConfiguration", cleared).await["Environment"].is_null());

    let new = code("index.js", "exports.handler = async () => 'new'");
    let dry = json!({"FunctionName": "f", "ZipFile": new, "DryRun": true});
    let answer = world.ok("lambda", "UpdateFunctionCode", dry).await;
    assert_ne!(answer["CodeSha256"], made["CodeSha256"]);
    let shown = world.ok("lambda", "GetFunctionConfiguration", json!({"FunctionName": "f"})).await;
    assert_eq!(shown["CodeSha256"], made["CodeSha256"], "a dry run changes nothing");
    let change = json!({"FunctionName": "f", "ZipFile": new, "Publish": true});
    let published = world.ok("lambda", "UpdateFunctionCode", change).await;
    assert_eq!(published["Version"], "1");
    assert_eq!(published["Timeout"], 9);
    assert_eq!(
        world.error("lambda", "UpdateFunctionCode", json!({"FunctionName": "f"})).await.1,
        "Please provide a source for function code."
    );
}

#[tokio::test]
async fn deleting_takes_everything_along() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    world.ok("lambda", "PublishVersion", json!({"FunctionName": "f"})).await;
    world
        .ok("lambda", "CreateAlias", json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "1"}))
        .await;
    let (code, text) =
        world.error("lambda", "DeleteFunction", json!({"FunctionName": "f", "Qualifier": "1"})).await;
    assert_eq!(code, "ResourceConflictException");
    assert!(text.starts_with("Version 1 is currently referenced by alias f:live"), "{text}");
    let (_, text) =
        world.error("lambda", "DeleteFunction", json!({"FunctionName": "f", "Qualifier": "$LATEST"})).await;
    assert_eq!(text, "$LATEST version cannot be deleted without deleting the function.");
    world.ok("lambda", "DeleteFunction", json!({"FunctionName": "f"})).await;
    assert_eq!(
        world.error("lambda", "GetFunction", json!({"FunctionName": "f"})).await.0,
        "ResourceNotFoundException"
    );
    assert_eq!(
        world.error("lambda", "DeleteFunction", json!({"FunctionName": "f"})).await.0,
        "ResourceNotFoundException"
    );
    create(&world, "f", ECHO).await;
    assert_eq!(
        world.error("lambda", "GetAlias", json!({"FunctionName": "f", "Name": "live"})).await.0,
        "ResourceNotFoundException"
    );
    let listed = world.ok("lambda", "ListVersionsByFunction", json!({"FunctionName": "f"})).await;
    assert_eq!(listed["Versions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn tags_concurrency_and_account() {
    let world = world().await;
    let arn = create(&world, "f", ECHO).await["FunctionArn"].clone();
    world.ok("lambda", "TagResource", json!({"Resource": arn, "Tags": {"a": "1", "b": "2"}})).await;
    world.ok("lambda", "UntagResource", json!({"Resource": arn, "TagKeys": ["a", "x"]})).await;
    assert_eq!(world.ok("lambda", "ListTags", json!({"Resource": arn})).await["Tags"], json!({"b": "2"}));
    let version = format!("{}:1", arn.as_str().unwrap());
    assert!(
        world
            .error("lambda", "ListTags", json!({"Resource": version}))
            .await
            .1
            .starts_with("Tags on function aliases and versions are not supported.")
    );

    let reserve = |count: i32| json!({"FunctionName": "f", "ReservedConcurrentExecutions": count});
    let (_, text) = world.error("lambda", "PutFunctionConcurrency", reserve(901)).await;
    assert_eq!(
        text,
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."
    );
    world.ok("lambda", "PutFunctionConcurrency", reserve(5)).await;
    let shown = world.ok("lambda", "GetFunctionConcurrency", json!({"FunctionName": "f"})).await;
    assert_eq!(shown, json!({"ReservedConcurrentExecutions": 5}));
    let settings = world.ok("lambda", "GetAccountSettings", json!({})).await;
    assert_eq!(settings["AccountLimit"]["UnreservedConcurrentExecutions"], 995);
    assert_eq!(settings["AccountUsage"]["FunctionCount"], 1);
    world.ok("lambda", "DeleteFunctionConcurrency", json!({"FunctionName": "f"})).await;
    assert_eq!(world.ok("lambda", "GetFunctionConcurrency", json!({"FunctionName": "f"})).await, json!({}));
}

#[tokio::test]
async fn pages_follow_each_other() {
    let world = world().await;
    for name in ["a", "b", "c"] {
        create(&world, name, ECHO).await;
    }
    let first = world.ok("lambda", "ListFunctions", json!({"MaxItems": 2})).await;
    let names = |page: &Value| {
        page["Functions"].as_array().unwrap().iter().map(|f| f["FunctionName"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&first), ["a", "b"]);
    let second =
        world.ok("lambda", "ListFunctions", json!({"MaxItems": 2, "Marker": first["NextMarker"]})).await;
    assert_eq!(names(&second), ["c"]);
    assert!(second["NextMarker"].is_null());
    assert_eq!(world.error("lambda", "ListFunctions", json!({"Marker": "xyz"})).await.1, "Invalid Marker");
}

/// `LoggingConfig` of the API reference: levels are there with JSON alone, and default to INFO.
#[tokio::test]
async fn the_format_of_logs_is_configured() {
    let world = world().await;
    let mut input = node("f", ECHO);
    input["LoggingConfig"] = json!({"LogFormat": "JSON", "SystemLogLevel": "WARN"});
    let made = world.ok("lambda", "CreateFunction", input).await;
    let shown = json!({"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN", "LogGroup": "/aws/lambda/f"});
    assert_eq!(made["LoggingConfig"], shown);
    let change = |logging: Value| json!({"FunctionName": "f", "LoggingConfig": logging});
    let changed = world
        .ok("lambda", "UpdateFunctionConfiguration", change(json!({"ApplicationLogLevel": "TRACE"})))
        .await;
    assert_eq!(changed["LoggingConfig"]["ApplicationLogLevel"], "TRACE");
    let changed =
        world.ok("lambda", "UpdateFunctionConfiguration", change(json!({"LogFormat": "Text"}))).await;
    assert_eq!(changed["LoggingConfig"], json!({"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}));
    let (code, _) =
        world.error("lambda", "UpdateFunctionConfiguration", change(json!({"SystemLogLevel": "INFO"}))).await;
    assert_eq!(code, "InvalidParameterValueException");
}

#[tokio::test]
async fn all_versions_are_listed_page_by_page() {
    let world = world().await;
    for name in ["a", "b", "c"] {
        create(&world, name, ECHO).await;
    }
    for timeout in [4, 5, 6] {
        world
            .ok("lambda", "UpdateFunctionConfiguration", json!({"FunctionName": "b", "Timeout": timeout}))
            .await;
        world.ok("lambda", "PublishVersion", json!({"FunctionName": "b"})).await;
    }
    let expected = ["a:$LATEST", "b:$LATEST", "b:1", "b:2", "b:3", "c:$LATEST"];
    for size in 1..=7 {
        let (mut seen, mut pages, mut marker) = (Vec::new(), 0, Value::Null);
        loop {
            let mut input = json!({"FunctionVersion": "ALL", "MaxItems": size});
            if marker.is_string() {
                input["Marker"] = marker;
            }
            let page = world.ok("lambda", "ListFunctions", input).await;
            let functions = page["Functions"].as_array().unwrap();
            assert!(functions.len() <= size);
            pages += 1;
            for one in functions {
                let text = |member: &str| one[member].as_str().unwrap().to_string();
                assert!(text("FunctionArn").ends_with(&format!(":{}", text("Version"))));
                seen.push(format!("{}:{}", text("FunctionName"), text("Version")));
            }
            marker = page["NextMarker"].clone();
            if marker.is_null() {
                break;
            }
        }
        assert_eq!((&seen[..], pages), (&expected.map(String::from)[..], expected.len().div_ceil(size)));
    }
    let bad = json!({"FunctionVersion": "ALL", "Marker": "zz"});
    assert_eq!(world.error("lambda", "ListFunctions", bad).await.0, "InvalidParameterValueException");
}
