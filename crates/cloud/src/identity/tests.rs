//! Records as they are stored, and what follows from them.

use std::sync::Arc;

use store::layer::table;

use super::grants::{self, Whose};
use super::record::{AccessKey, Group, InstanceProfile, ManagedPolicy, Role, User, key, role_of_arn};
use crate::caller::Principal;

/// Decoding must go on working for data of every released version. These are rows as version 1 wrote them.
#[test]
fn rows_of_version_1_are_read() {
    fn read<R: table::Record>(json: &str) -> R {
        table::decode(&[&[1], json.as_bytes()].concat()).expect("reads")
    }
    let user: User = read(
        r#"{"account":"000000000000","name":"Bob","path":"/","id":"AIDA1","created_at_millis":5,"tags":[["a","b"]],
            "boundary":null,"inline":{"p":"{}"},"attached":["arn:aws:iam::aws:policy/ReadOnlyAccess"],"groups":["g"]}"#,
    );
    assert_eq!(user.arn(), "arn:aws:iam::000000000000:user/Bob");
    let group: Group = read(
        r#"{"account":"0","name":"G","path":"/a/","id":"AGPA1","created_at_millis":5,"inline":{},"attached":[]}"#,
    );
    assert_eq!(group.arn(), "arn:aws:iam::0:group/a/G");
    let role: Role = read(
        r#"{"account":"0","name":"R","path":"/","id":"AROA1","created_at_millis":5,"trust":"{}","description":"d",
            "max_session_seconds":3600,"tags":[],"boundary":"arn:aws:iam::0:policy/b","inline":{},"attached":[]}"#,
    );
    assert_eq!((role.arn().as_str(), role.boundary.is_some()), ("arn:aws:iam::0:role/R", true));
    let policy: ManagedPolicy = read(
        r#"{"account":"0","name":"P","path":"/","id":"ANPA1","description":null,"created_at_millis":5,
            "updated_at_millis":6,"default_version":"v2","next_version":3,"tags":[],
            "versions":[{"id":"v2","document":"{}","created_at_millis":6}]}"#,
    );
    assert_eq!((policy.arn().as_str(), policy.default_document()), ("arn:aws:iam::0:policy/P", Some("{}")));
    let access_key: AccessKey =
        read(r#"{"id":"AKIA1","secret":"s","account":"0","user":"Bob","active":true,"created_at_millis":5}"#);
    assert!(access_key.active && !format!("{access_key:?}").contains("secret"));
    let profile: InstanceProfile = read(
        r#"{"account":"0","name":"I","path":"/","id":"AIPA1","created_at_millis":5,"role":"R","tags":[]}"#,
    );
    assert_eq!(profile.arn(), "arn:aws:iam::0:instance-profile/I");
}

#[test]
fn roles_are_found_by_their_arn() {
    assert_eq!(role_of_arn("arn:aws:iam::000000000000:role/a/b/R"), Some(("000000000000", "R")));
    for other in ["arn:aws:iam::000000000000:user/R", "arn:aws:iam::000000000000:role/", "R", ""] {
        assert_eq!(role_of_arn(other), None, "{other}");
    }
}

#[tokio::test]
async fn grants_gather_own_and_groups_policies() {
    let store = store::open_memory();
    let allow = |action: &str| {
        format!(r#"{{"Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#)
    };
    let mut tx = store::begin(&store).await.expect("begins");
    let group = Group {
        account: "0".into(),
        name: "Admins".into(),
        path: "/".into(),
        id: "AGPA1".into(),
        created_at_millis: 0,
        inline: [("g".into(), allow("s3:*"))].into(),
        attached: vec!["arn:aws:iam::aws:policy/AdministratorAccess".into()],
    };
    let user = User {
        account: "0".into(),
        name: "Bob".into(),
        path: "/".into(),
        id: "AIDA1".into(),
        created_at_millis: 0,
        tags: vec![("team".into(), "red".into())],
        boundary: Some("arn:aws:iam::aws:policy/ReadOnlyAccess".into()),
        inline: [("u".into(), allow("sqs:*"))].into(),
        attached: vec![],
        groups: vec!["Admins".into()],
    };
    table::put(&mut tx, &group).await.expect("puts");
    table::put(&mut tx, &user).await.expect("puts");
    tx.commit().await.expect("commits");
    let tx = store::snapshot(&store).await.expect("reads");
    let account: Arc<str> = "0".into();
    let bob = Principal::User { name: "bob".into(), path: "/".into(), id: "AIDA1".into() };
    let whose = Whose::of(&account, &bob).expect("a user");
    let grants = grants::load(&tx, &whose).await.expect("loads");
    assert_eq!((grants.policies.len(), grants.boundary.is_some(), grants.id.as_str()), (3, true, "AIDA1"));
    assert_eq!(
        table::find::<User>(&tx, super::record::BY_GROUP, ("0", "admins")).await.expect("finds"),
        Some(user)
    );
    assert!(table::exists::<Group>(&tx, key("0", "ADMINS")).await.expect("reads"));
}
