//! Inline and managed policies, boundaries, tags and simulation.

use serde_json::{Value, json};

use super::{allow, is, ok, refused, role, user, world};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

#[tokio::test]
async fn policies_inside_users_groups_and_roles() {
    let world = world().await;
    user(&world, "N").await;
    role(&world, "N").await;
    ok(&world, "CreateGroup", json!({"GroupName": "N"})).await;
    for (title, noun, max) in [("User", "user", 2048), ("Group", "group", 5120), ("Role", "role", 10240)] {
        let with = |more: serde_json::Value| {
            let mut input = more;
            input[format!("{title}Name")] = json!("N");
            input
        };
        let put = format!("Put{title}Policy");
        // Escaped as RFC 3986 says (replay vectors, test_put_user_policy_encoding).
        let resource = "arn:aws:apigateway:us-east-1::/tags/arn%3Aaws~b";
        let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "apigateway:PUT", "Resource": resource}]});
        let input = with(json!({"PolicyName": "p", "PolicyDocument": document.to_string()}));
        ok(&world, &put, input).await;
        let got = ok(&world, &format!("Get{title}Policy"), with(json!({"PolicyName": "p"}))).await;
        let text = got["PolicyDocument"].as_str().unwrap();
        assert!(text.contains("arn%253Aaws~b") && !text.contains('"'), "{text}");
        assert_eq!(got[format!("{title}Name")], "N");
        let listed = ok(&world, &format!("List{title}Policies"), with(json!({}))).await;
        assert_eq!(listed["PolicyNames"], json!(["p"]));
        let kept = refused(&world, &format!("Delete{title}"), with(json!({}))).await;
        is(&kept, "DeleteConflict", 409, "Cannot delete entity, must delete policies first.");
        let bad = refused(&world, &put, with(json!({"PolicyName": "q", "PolicyDocument": "{}"}))).await;
        is(&bad, "MalformedPolicyDocument", 400, "Syntax errors in policy.");
        let long = allow(&format!("s3:{}", "a".repeat(max)));
        let long = refused(&world, &put, with(json!({"PolicyName": "q", "PolicyDocument": long}))).await;
        is(&long, "LimitExceeded", 409, &format!("Maximum policy size of {max} bytes exceeded for {noun} N"));
        ok(&world, &format!("Delete{title}Policy"), with(json!({"PolicyName": "p"}))).await;
        let missing = refused(&world, &format!("Get{title}Policy"), with(json!({"PolicyName": "p"}))).await;
        is(&missing, "NoSuchEntity", 404, &format!("The {noun} policy with name p cannot be found."));
    }
}

#[tokio::test]
async fn attached_policies() {
    let world = world().await;
    user(&world, "N").await;
    role(&world, "N").await;
    ok(&world, "CreateGroup", json!({"GroupName": "N"})).await;
    for title in ["User", "Group", "Role"] {
        let with = |arn: &str| {
            let mut input = json!({"PolicyArn": arn});
            input[format!("{title}Name")] = json!("N");
            input
        };
        let mut name = json!({});
        name[format!("{title}Name")] = json!("N");
        let attach = format!("Attach{title}Policy");
        ok(&world, &attach, with(READ_ONLY)).await;
        ok(&world, &attach, with(READ_ONLY)).await;
        let missing = "arn:aws:iam::aws:policy/NoSuchPolicy";
        let text = format!("Policy {missing} does not exist or is not attachable.");
        is(&refused(&world, &attach, with(missing)).await, "NoSuchEntity", 404, &text);
        let listed = ok(&world, &format!("ListAttached{title}Policies"), name.clone()).await;
        assert_eq!(
            listed["AttachedPolicies"],
            json!([{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}])
        );
        let kept = refused(&world, &format!("Delete{title}"), name).await;
        is(&kept, "DeleteConflict", 409, "Cannot delete entity, must detach all policies first.");
        let detach = format!("Detach{title}Policy");
        ok(&world, &detach, with(READ_ONLY)).await;
        let text = format!("Policy {READ_ONLY} was not found.");
        is(&refused(&world, &detach, with(READ_ONLY)).await, "NoSuchEntity", 404, &text);
    }
}

#[tokio::test]
async fn at_most_ten_are_attached() {
    let world = world().await;
    role(&world, "N").await;
    for n in 0..11 {
        let policy = ok(
            &world,
            "CreatePolicy",
            json!({"PolicyName": format!("p{n}"), "PolicyDocument": allow("s3:*")}),
        )
        .await;
        let input = json!({"RoleName": "N", "PolicyArn": policy["Policy"]["Arn"]});
        if n < 10 {
            ok(&world, "AttachRolePolicy", input).await;
        } else {
            let text = "Cannot exceed quota for PoliciesPerRole: 10";
            is(&refused(&world, "AttachRolePolicy", input).await, "LimitExceeded", 409, text);
        }
    }
}

#[tokio::test]
async fn managed_policies_and_their_versions() {
    let world = world().await;
    user(&world, "Bob").await;
    let create =
        json!({"PolicyName": "P", "Path": "/a/", "Description": "d", "PolicyDocument": allow("s3:*")});
    let created = ok(&world, "CreatePolicy", create.clone()).await;
    let arn = "arn:aws:iam::000000000000:policy/a/P";
    assert_eq!((&created["Policy"]["Arn"], &created["Policy"]["AttachmentCount"]), (&json!(arn), &json!(0)));
    let again = refused(&world, "CreatePolicy", create).await;
    is(
        &again,
        "EntityAlreadyExists",
        409,
        "A policy called P already exists. Duplicate names are not allowed.",
    );
    ok(&world, "AttachUserPolicy", json!({"UserName": "Bob", "PolicyArn": arn})).await;
    let got = ok(&world, "GetPolicy", json!({"PolicyArn": arn})).await;
    assert_eq!((&got["Policy"]["AttachmentCount"], &got["Policy"]["Description"]), (&json!(1), &json!("d")));
    let kept = refused(&world, "DeletePolicy", json!({"PolicyArn": arn})).await;
    is(&kept, "DeleteConflict", 409, "Cannot delete a policy attached to entities.");
    let entities = ok(&world, "ListEntitiesForPolicy", json!({"PolicyArn": arn})).await;
    assert_eq!(entities["PolicyUsers"][0]["UserName"], "Bob");
    let entities =
        ok(&world, "ListEntitiesForPolicy", json!({"PolicyArn": arn, "EntityFilter": "Role"})).await;
    assert_eq!(entities["PolicyUsers"], json!([]));
    ok(&world, "DetachUserPolicy", json!({"UserName": "Bob", "PolicyArn": arn})).await;
    for n in 2..=5 {
        let input = json!({"PolicyArn": arn, "PolicyDocument": allow("sqs:*"), "SetAsDefault": n == 3});
        let version = ok(&world, "CreatePolicyVersion", input).await;
        assert_eq!(version["PolicyVersion"]["VersionId"], format!("v{n}"));
    }
    let sixth = json!({"PolicyArn": arn, "PolicyDocument": allow("sqs:*")});
    assert_eq!(refused(&world, "CreatePolicyVersion", sixth).await.0, "LimitExceeded");
    let versions = ok(&world, "ListPolicyVersions", json!({"PolicyArn": arn})).await;
    assert_eq!(versions["Versions"][0]["VersionId"], "v5");
    let default = refused(&world, "DeletePolicyVersion", json!({"PolicyArn": arn, "VersionId": "v3"})).await;
    is(&default, "DeleteConflict", 409, "Cannot delete the default version of a policy.");
    ok(&world, "SetDefaultPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v1"})).await;
    let many = refused(&world, "DeletePolicy", json!({"PolicyArn": arn})).await;
    assert_eq!((many.0.as_str(), many.1), ("DeleteConflict", 409));
    for n in 2..=5 {
        ok(&world, "DeletePolicyVersion", json!({"PolicyArn": arn, "VersionId": format!("v{n}")})).await;
    }
    let missing = refused(&world, "GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v2"})).await;
    let text = format!("Policy {arn} version v2 does not exist or is not attachable.");
    is(&missing, "NoSuchEntity", 404, &text);
    ok(&world, "DeletePolicy", json!({"PolicyArn": arn})).await;
    // Recorded on AWS (replay vectors, test_delete_non_existent_policy_returns_no_such_entity).
    let gone = refused(&world, "DeletePolicy", json!({"PolicyArn": arn})).await;
    is(&gone, "NoSuchEntity", 404, &format!("Policy {arn} was not found."));
    let long = json!({"PolicyName": "L", "PolicyDocument": allow(&format!("s3:{}", "a".repeat(6_144)))});
    is(
        &refused(&world, "CreatePolicy", long).await,
        "LimitExceeded",
        409,
        "Cannot exceed quota for PolicySize: 6144",
    );
}

#[tokio::test]
async fn policies_of_aws() {
    let world = world().await;
    let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    let got = ok(&world, "GetPolicy", json!({"PolicyArn": basic})).await;
    assert_eq!(
        (&got["Policy"]["Path"], &got["Policy"]["DefaultVersionId"]),
        (&json!("/service-role/"), &json!("v1"))
    );
    let version = ok(&world, "GetPolicyVersion", json!({"PolicyArn": basic, "VersionId": "v1"})).await;
    assert!(version["PolicyVersion"]["Document"].as_str().unwrap().contains("logs%3APutLogEvents"));
    let fixed = refused(&world, "DeletePolicy", json!({"PolicyArn": basic})).await;
    assert_eq!((fixed.0.as_str(), fixed.1), ("AccessDenied", 403));
    ok(&world, "CreatePolicy", json!({"PolicyName": "own", "PolicyDocument": allow("s3:*")})).await;
    let own = ok(&world, "ListPolicies", json!({"Scope": "Local"})).await;
    assert_eq!(
        (&own["Policies"][0]["PolicyName"], own["Policies"].as_array().unwrap().len()),
        (&json!("own"), 1)
    );
    let aws = ok(&world, "ListPolicies", json!({"Scope": "AWS", "MaxItems": 5})).await;
    assert_eq!((&aws["IsTruncated"], aws["Policies"].as_array().unwrap().len()), (&json!(true), 5));
    assert_eq!(ok(&world, "ListPolicies", json!({"OnlyAttached": true})).await["Policies"], json!([]));
    role(&world, "R").await;
    ok(&world, "AttachRolePolicy", json!({"RoleName": "R", "PolicyArn": basic})).await;
    let attached = ok(&world, "ListPolicies", json!({"OnlyAttached": true})).await;
    assert_eq!(attached["Policies"][0]["PolicyName"], "AWSLambdaBasicExecutionRole");
}

#[tokio::test]
async fn boundaries() {
    let world = world().await;
    user(&world, "Bob").await;
    role(&world, "R").await;
    let missing = "arn:aws:iam::000000000000:policy/none";
    let text = format!("Scope ARN: {missing} does not exist or is not attachable.");
    for (title, noun, name) in [("User", "User", "Bob"), ("Role", "Role", "R")] {
        let with = |more: serde_json::Value| {
            let mut input = more;
            input[format!("{title}Name")] = json!(name);
            input
        };
        let put = format!("Put{title}PermissionsBoundary");
        is(
            &refused(&world, &put, with(json!({"PermissionsBoundary": missing}))).await,
            "NoSuchEntity",
            404,
            &text,
        );
        ok(&world, &put, with(json!({"PermissionsBoundary": READ_ONLY}))).await;
        let got = ok(&world, &format!("Get{title}"), with(json!({}))).await;
        assert_eq!(
            got[noun]["PermissionsBoundary"],
            json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ONLY})
        );
    }
    let policy = ok(&world, "GetPolicy", json!({"PolicyArn": READ_ONLY})).await;
    assert_eq!(policy["Policy"]["PermissionsBoundaryUsageCount"], 2);
    ok(&world, "DeleteUserPermissionsBoundary", json!({"UserName": "Bob"})).await;
    assert_eq!(
        ok(&world, "GetUser", json!({"UserName": "Bob"})).await["User"].get("PermissionsBoundary"),
        None
    );
}

#[tokio::test]
async fn tags() {
    let world = world().await;
    role(&world, "R").await;
    let twice = json!([{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]);
    let twice = refused(&world, "TagRole", json!({"RoleName": "R", "Tags": twice})).await;
    let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    is(&twice, "InvalidInput", 400, text);
    ok(&world, "TagRole", json!({"RoleName": "R", "Tags": [{"Key": "a", "Value": "1"}]})).await;
    ok(&world, "TagRole", json!({"RoleName": "R", "Tags": [{"Key": "A", "Value": "2"}]})).await;
    let listed = ok(&world, "ListRoleTags", json!({"RoleName": "R"})).await;
    assert_eq!(listed["Tags"], json!([{"Key": "A", "Value": "2"}]));
    let many: Vec<_> = (0..50).map(|n| json!({"Key": format!("k{n}"), "Value": ""})).collect();
    assert_eq!(refused(&world, "TagRole", json!({"RoleName": "R", "Tags": many})).await.0, "LimitExceeded");
    let reserved = json!([{"Key": "aws:x", "Value": ""}]);
    assert_eq!(
        refused(&world, "TagRole", json!({"RoleName": "R", "Tags": reserved})).await.0,
        "InvalidInput"
    );
    ok(&world, "UntagRole", json!({"RoleName": "R", "TagKeys": ["a"]})).await;
    assert_eq!(ok(&world, "ListRoleTags", json!({"RoleName": "R"})).await["Tags"], json!([]));
}

#[tokio::test]
async fn simulation() {
    let world = world().await;
    role(&world, "R").await;
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"},
        {"Effect": "Deny", "Action": "s3:GetObjectAcl", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "Bob"}}},
    ]});
    let put = json!({"RoleName": "R", "PolicyName": "p", "PolicyDocument": document.to_string()});
    ok(&world, "PutRolePolicy", put).await;
    let ask = json!({
        "PolicySourceArn": "arn:aws:iam::000000000000:role/R",
        "ActionNames": ["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::b/k"],
    });
    let answer = ok(&world, "SimulatePrincipalPolicy", ask).await;
    let decisions: Vec<_> = answer["EvaluationResults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["EvalDecision"])
        .collect();
    assert_eq!(decisions, ["allowed", "explicitDeny", "implicitDeny"]);
    let ask = |context: serde_json::Value| {
        json!({
            "PolicyInputList": [document.to_string()], "ActionNames": ["sqs:SendMessage"], "ContextEntries": context,
        })
    };
    let bob =
        json!([{"ContextKeyName": "aws:username", "ContextKeyValues": ["Bob"], "ContextKeyType": "string"}]);
    let decision = |answer: serde_json::Value| answer["EvaluationResults"][0]["EvalDecision"].clone();
    assert_eq!(decision(ok(&world, "SimulateCustomPolicy", ask(bob)).await), "allowed");
    assert_eq!(decision(ok(&world, "SimulateCustomPolicy", ask(json!([]))).await), "implicitDeny");
    let unsupported = json!({
        "PolicySourceArn": "arn:aws:iam::000000000000:role/R", "ActionNames": ["s3:GetObject"],
        "CallerArn": "arn:aws:iam::000000000000:user/Bob",
    });
    assert_eq!(refused(&world, "SimulatePrincipalPolicy", unsupported).await.0, "InvalidInput");
}

/// A million answers were worked out for a page of a hundred.
#[tokio::test]
async fn a_simulation_is_as_large_as_its_page() {
    let world = world().await;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/999"}]});
    let ask = |marker: Option<&str>| {
        let resources: Vec<String> = (0..1000).map(|n| format!("arn:aws:s3:::b/{n}")).collect();
        let mut actions = vec!["s3:GetObject".to_owned()];
        actions.extend((1..1000).map(|n| format!("s3:Get{n}")));
        let mut input = json!({"PolicyInputList": [policy.to_string()], "ActionNames": actions,
            "ResourceArns": resources, "MaxItems": 2});
        if let Some(marker) = marker {
            input["Marker"] = json!(marker);
        }
        input
    };
    let shown = |answer: &Value| -> Vec<String> {
        let results = answer["EvaluationResults"].as_array().unwrap().iter();
        let text = |result: &Value, name: &str| result[name].as_str().unwrap().to_owned();
        results
            .map(|of| {
                ["EvalActionName", "EvalResourceName", "EvalDecision"].map(|name| text(of, name)).join(" ")
            })
            .collect()
    };
    let first = ok(&world, "SimulateCustomPolicy", ask(None)).await;
    assert_eq!((&first["IsTruncated"], &first["Marker"]), (&json!(true), &json!("2")));
    let turn = ok(&world, "SimulateCustomPolicy", ask(Some("999"))).await;
    assert_eq!(
        shown(&turn),
        ["s3:GetObject arn:aws:s3:::b/999 allowed", "s3:Get1 arn:aws:s3:::b/0 implicitDeny"]
    );
    let last = ok(&world, "SimulateCustomPolicy", ask(Some("999999"))).await;
    assert_eq!((shown(&last).len(), &last["IsTruncated"]), (1, &json!(false)));
}
