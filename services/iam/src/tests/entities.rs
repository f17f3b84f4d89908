//! Users, groups, roles, keys and instance profiles.

use serde_json::json;

use super::{allow, is, ok, refused, role, trust, user, world};

#[tokio::test]
async fn users() {
    let world = world().await;
    let tags = json!([{"Key": "team", "Value": "red"}]);
    let answer = ok(&world, "CreateUser", json!({"UserName": "Bob", "Path": "/a/", "Tags": tags})).await;
    let user = &answer["User"];
    assert_eq!(user["Arn"], "arn:aws:iam::000000000000:user/a/Bob");
    assert_eq!((user["UserId"].as_str().unwrap().len(), &user["Tags"]), (21, &tags));
    // Names differ by more than their case.
    let again = refused(&world, "CreateUser", json!({"UserName": "BOB"})).await;
    is(&again, "EntityAlreadyExists", 409, "User with name BOB already exists.");
    let missing = refused(&world, "GetUser", json!({"UserName": "Eve"})).await;
    is(&missing, "NoSuchEntity", 404, "The user with name Eve cannot be found.");
    let bad = refused(&world, "CreateUser", json!({"UserName": "a b"})).await;
    assert_eq!((bad.0.as_str(), bad.1), ("ValidationError", 400));
    ok(&world, "UntagUser", json!({"UserName": "Bob", "TagKeys": ["TEAM"]})).await;
    assert_eq!(ok(&world, "ListUserTags", json!({"UserName": "Bob"})).await["Tags"], json!([]));
    ok(&world, "CreateAccessKey", json!({"UserName": "Bob"})).await;
    let kept = refused(&world, "DeleteUser", json!({"UserName": "Bob"})).await;
    is(&kept, "DeleteConflict", 409, "Cannot delete entity, must delete access keys first.");
    // A new name takes keys and policies along.
    ok(&world, "UpdateUser", json!({"UserName": "Bob", "NewUserName": "Rob", "NewPath": "/"})).await;
    let keys = ok(&world, "ListAccessKeys", json!({"UserName": "Rob"})).await;
    assert_eq!(keys["AccessKeyMetadata"][0]["UserName"], "Rob");
    let id = &keys["AccessKeyMetadata"][0]["AccessKeyId"];
    ok(&world, "DeleteAccessKey", json!({"UserName": "Rob", "AccessKeyId": id})).await;
    ok(&world, "DeleteUser", json!({"UserName": "Rob"})).await;
    assert_eq!(ok(&world, "ListUsers", json!({})).await["Users"], json!([]));
}

#[tokio::test]
async fn the_root_user_is_a_user_too() {
    let world = world().await;
    let answer = ok(&world, "GetUser", json!({})).await;
    assert_eq!(answer["User"]["Arn"], "arn:aws:iam::000000000000:root");
    let key = ok(&world, "CreateAccessKey", json!({})).await;
    assert_eq!(key["AccessKey"]["Status"], "Active");
    assert_eq!(
        ok(&world, "ListAccessKeys", json!({})).await["AccessKeyMetadata"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn access_keys() {
    let world = world().await;
    user(&world, "Bob").await;
    let key = ok(&world, "CreateAccessKey", json!({"UserName": "Bob"})).await;
    let key = &key["AccessKey"];
    assert_eq!(key["SecretAccessKey"].as_str().unwrap().len(), 40);
    assert!(key["AccessKeyId"].as_str().unwrap().starts_with("AKIA"));
    ok(&world, "CreateAccessKey", json!({"UserName": "Bob"})).await;
    let third = refused(&world, "CreateAccessKey", json!({"UserName": "Bob"})).await;
    is(&third, "LimitExceeded", 409, "Cannot exceed quota for AccessKeysPerUser: 2");
    let input = json!({"UserName": "Bob", "AccessKeyId": key["AccessKeyId"], "Status": "Inactive"});
    ok(&world, "UpdateAccessKey", input).await;
    let used = ok(&world, "GetAccessKeyLastUsed", json!({"AccessKeyId": key["AccessKeyId"]})).await;
    assert_eq!(
        (&used["UserName"], &used["AccessKeyLastUsed"]["ServiceName"]),
        (&json!("Bob"), &json!("N/A"))
    );
    let id = "AKIAEXAMPLEEXAMPLE12";
    let missing = refused(&world, "DeleteAccessKey", json!({"UserName": "Bob", "AccessKeyId": id})).await;
    is(&missing, "NoSuchEntity", 404, "The Access Key with id AKIAEXAMPLEEXAMPLE12 cannot be found.");
    let identities = world.cloud().identities();
    assert!(identities.key(key["AccessKeyId"].as_str().unwrap()).await.unwrap().is_none(), "it is inactive");
}

#[tokio::test]
async fn groups() {
    let world = world().await;
    user(&world, "Bob").await;
    ok(&world, "CreateGroup", json!({"GroupName": "Admins"})).await;
    ok(&world, "AddUserToGroup", json!({"GroupName": "Admins", "UserName": "Bob"})).await;
    ok(&world, "AddUserToGroup", json!({"GroupName": "Admins", "UserName": "Bob"})).await;
    let group = ok(&world, "GetGroup", json!({"GroupName": "Admins"})).await;
    assert_eq!(
        (&group["Users"][0]["UserName"], group["Users"].as_array().unwrap().len()),
        (&json!("Bob"), 1)
    );
    let kept = refused(&world, "DeleteGroup", json!({"GroupName": "Admins"})).await;
    is(&kept, "DeleteConflict", 409, "Cannot delete entity, must remove users from group first.");
    ok(&world, "UpdateGroup", json!({"GroupName": "Admins", "NewGroupName": "Owners"})).await;
    let groups = ok(&world, "ListGroupsForUser", json!({"UserName": "Bob"})).await;
    assert_eq!(groups["Groups"][0]["GroupName"], "Owners");
    let left = json!({"GroupName": "Owners", "UserName": "Bob"});
    ok(&world, "RemoveUserFromGroup", left.clone()).await;
    assert_eq!(refused(&world, "RemoveUserFromGroup", left).await.0, "NoSuchEntity");
    ok(&world, "DeleteGroup", json!({"GroupName": "Owners"})).await;
    let missing = refused(&world, "GetGroup", json!({"GroupName": "Owners"})).await;
    is(&missing, "NoSuchEntity", 404, "The group with name Owners cannot be found.");
}

#[tokio::test]
async fn roles() {
    let world = world().await;
    let input = json!({
        "RoleName": "R", "Path": "/role-with-tags/", "Tags": [{"Key": "test", "Value": "value"}],
        "AssumeRolePolicyDocument": trust("ec2.amazonaws.com"),
    });
    // Recorded on AWS (replay vectors, test_role_with_tags): which members each answer has.
    let created = ok(&world, "CreateRole", input).await;
    let names = |role: &serde_json::Value| role.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let short = ["Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"];
    assert_eq!(names(&created["Role"]), [&short[..], &["Tags"]].concat());
    let got = ok(&world, "GetRole", json!({"RoleName": "R"})).await;
    assert_eq!(names(&got["Role"]), [&short[..], &["MaxSessionDuration", "Tags", "RoleLastUsed"]].concat());
    let listed = ok(&world, "ListRoles", json!({"PathPrefix": "/role-with-tags/"})).await;
    assert_eq!(names(&listed["Roles"][0]), [&short[..], &["MaxSessionDuration"]].concat());
    assert_eq!(ok(&world, "ListRoles", json!({"PathPrefix": "/other/"})).await["Roles"], json!([]));
    assert_eq!(
        got["Role"]["AssumeRolePolicyDocument"].as_str().unwrap()[..39],
        *"%7B%22Version%22%3A%222012-10-17%22%2C%"
    );
    ok(&world, "UpdateRole", json!({"RoleName": "R", "Description": "d", "MaxSessionDuration": 7200})).await;
    let described = ok(&world, "UpdateRoleDescription", json!({"RoleName": "R", "Description": "e"})).await;
    assert_eq!(
        (&described["Role"]["Description"], &described["Role"]["MaxSessionDuration"]),
        (&json!("e"), &json!(7200))
    );
    let again = json!({"RoleName": "R", "AssumeRolePolicyDocument": trust("ec2.amazonaws.com")});
    let again = refused(&world, "CreateRole", again).await;
    is(&again, "EntityAlreadyExists", 409, "Role with name R already exists.");
    ok(&world, "DeleteRole", json!({"RoleName": "R"})).await;
    let missing = refused(&world, "DeleteRole", json!({"RoleName": "R"})).await;
    is(&missing, "NoSuchEntity", 404, "The role with name R cannot be found.");
}

#[tokio::test]
async fn trust_policies() {
    let world = world().await;
    let create = |document: String| json!({"RoleName": "R", "AssumeRolePolicyDocument": document});
    let bad = refused(&world, "CreateRole", create("nonsense".into())).await;
    is(&bad, "MalformedPolicyDocument", 400, "This policy contains invalid Json");
    let names = |principal: &str| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"},
        ]})
        .to_string()
    };
    let bob = "arn:aws:iam::000000000000:user/Bob";
    let missing = refused(&world, "CreateRole", create(names(bob))).await;
    is(
        &missing,
        "MalformedPolicyDocument",
        400,
        "Invalid principal in policy: \"AWS\":\"arn:aws:iam::000000000000:user/Bob\"",
    );
    user(&world, "Bob").await;
    ok(&world, "CreateRole", create(names(bob))).await;
    let elsewhere =
        json!({"RoleName": "R", "PolicyDocument": names("arn:aws:iam::111122223333:role/theirs")});
    ok(&world, "UpdateAssumeRolePolicy", elsewhere).await;
    let sids: Vec<_> = (0..40)
        .map(|n| json!({"Sid": format!("s{n}"), "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}))
        .collect();
    let long = json!({"Version": "2012-10-17", "Statement": sids}).to_string();
    let long =
        refused(&world, "UpdateAssumeRolePolicy", json!({"RoleName": "R", "PolicyDocument": long})).await;
    is(&long, "LimitExceeded", 409, "Cannot exceed quota for ACLSizePerRole: 2048");
}

#[tokio::test]
async fn roles_of_services() {
    let world = world().await;
    let input = json!({"AWSServiceName": "autoscaling.amazonaws.com", "CustomSuffix": "x"});
    let created = ok(&world, "CreateServiceLinkedRole", input.clone()).await;
    let name = "AWSServiceRoleForAutoScaling_x";
    assert_eq!(
        created["Role"]["Arn"],
        format!("arn:aws:iam::000000000000:role/aws-service-role/autoscaling.amazonaws.com/{name}")
    );
    assert_eq!(refused(&world, "CreateServiceLinkedRole", input).await.0, "InvalidInput");
    let attached = ok(&world, "ListAttachedRolePolicies", json!({"RoleName": name})).await;
    assert_eq!(attached["AttachedPolicies"][0]["PolicyName"], "AutoScalingServiceRolePolicy");
    for (operation, more) in [
        ("DeleteRole", json!({})),
        ("PutRolePolicy", json!({"PolicyName": "p", "PolicyDocument": allow("s3:*")})),
        ("UpdateAssumeRolePolicy", json!({"PolicyDocument": trust("s3.amazonaws.com")})),
    ] {
        let mut input = json!({"RoleName": name});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(refused(&world, operation, input).await.0, "UnmodifiableEntity", "{operation}");
    }
    let task = ok(&world, "DeleteServiceLinkedRole", json!({"RoleName": name})).await;
    let id = task["DeletionTaskId"].as_str().unwrap();
    assert!(id.starts_with(&format!("task/aws-service-role/autoscaling.amazonaws.com/{name}/")), "{id}");
    let status = ok(&world, "GetServiceLinkedRoleDeletionStatus", json!({"DeletionTaskId": id})).await;
    assert_eq!(status["Status"], "SUCCEEDED");
    let other =
        refused(&world, "CreateServiceLinkedRole", json!({"AWSServiceName": "none.amazonaws.com"})).await;
    assert_eq!(other.0, "NoSuchEntity");
}

#[tokio::test]
async fn instance_profiles() {
    let world = world().await;
    role(&world, "R").await;
    ok(&world, "CreateInstanceProfile", json!({"InstanceProfileName": "P"})).await;
    let again = refused(&world, "CreateInstanceProfile", json!({"InstanceProfileName": "P"})).await;
    is(&again, "EntityAlreadyExists", 409, "Instance Profile P already exists.");
    let both = json!({"InstanceProfileName": "P", "RoleName": "R"});
    ok(&world, "AddRoleToInstanceProfile", both.clone()).await;
    assert_eq!(refused(&world, "AddRoleToInstanceProfile", both.clone()).await.0, "LimitExceeded");
    let profile = ok(&world, "GetInstanceProfile", json!({"InstanceProfileName": "P"})).await;
    assert_eq!(profile["InstanceProfile"]["Roles"][0]["RoleName"], "R");
    let of_role = ok(&world, "ListInstanceProfilesForRole", json!({"RoleName": "R"})).await;
    assert_eq!(of_role["InstanceProfiles"][0]["InstanceProfileName"], "P");
    let text = "Cannot delete entity, must remove roles from instance profile first.";
    is(&refused(&world, "DeleteRole", json!({"RoleName": "R"})).await, "DeleteConflict", 409, text);
    is(
        &refused(&world, "DeleteInstanceProfile", json!({"InstanceProfileName": "P"})).await,
        "DeleteConflict",
        409,
        text,
    );
    ok(&world, "RemoveRoleFromInstanceProfile", both).await;
    let tags = json!([{"Key": "a", "Value": "b"}]);
    ok(&world, "TagInstanceProfile", json!({"InstanceProfileName": "P", "Tags": tags})).await;
    assert_eq!(
        ok(&world, "ListInstanceProfileTags", json!({"InstanceProfileName": "P"})).await["Tags"],
        tags
    );
    ok(&world, "DeleteInstanceProfile", json!({"InstanceProfileName": "P"})).await;
    assert_eq!(ok(&world, "ListInstanceProfiles", json!({})).await["InstanceProfiles"], json!([]));
}

#[tokio::test]
async fn pages_of_users() {
    let world = world().await;
    for name in ["a", "b", "c"] {
        user(&world, name).await;
    }
    let first = ok(&world, "ListUsers", json!({"MaxItems": 2})).await;
    assert_eq!((&first["IsTruncated"], first["Users"].as_array().unwrap().len()), (&json!(true), 2));
    let second = ok(&world, "ListUsers", json!({"MaxItems": 2, "Marker": first["Marker"]})).await;
    assert_eq!((&second["IsTruncated"], &second["Users"][0]["UserName"]), (&json!(false), &json!("c")));
    assert_eq!(refused(&world, "ListUsers", json!({"Marker": "x y"})).await.0, "ValidationError");
}

#[tokio::test]
async fn the_account() {
    let world = world().await;
    user(&world, "Bob").await;
    let summary = ok(&world, "GetAccountSummary", json!({})).await;
    assert_eq!(
        (&summary["SummaryMap"]["Users"], &summary["SummaryMap"]["UsersQuota"]),
        (&json!(1), &json!(5000))
    );
    ok(&world, "CreateAccountAlias", json!({"AccountAlias": "my-company"})).await;
    assert_eq!(ok(&world, "ListAccountAliases", json!({})).await["AccountAliases"], json!(["my-company"]));
    assert_eq!(
        refused(&world, "DeleteAccountAlias", json!({"AccountAlias": "other"})).await.0,
        "NoSuchEntity"
    );
    ok(&world, "DeleteAccountAlias", json!({"AccountAlias": "my-company"})).await;
    assert_eq!(ok(&world, "ListAccountAliases", json!({})).await["AccountAliases"], json!([]));
}
