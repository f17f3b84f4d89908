//! Users of a test's account, put there without IAM.

use ::cloud::caller::{Caller, Principal};
use ::cloud::identity::record::User;
use serde_json::{Value, json};

use crate::{ACCOUNT, World, root};

const WORKS: &str = "a store in a test works";

/// A user called `name` with one policy of this statement.
pub async fn user(world: &World, name: &str, statement: Value) -> Caller {
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    let id = format!("AIDA{}", name.to_uppercase());
    let user = User {
        account: ACCOUNT.to_owned(),
        name: name.to_owned(),
        path: "/".to_owned(),
        id: id.clone(),
        created_at_millis: 0,
        tags: Vec::new(),
        boundary: None,
        inline: [("p".to_owned(), policy.to_string())].into(),
        attached: Vec::new(),
        groups: Vec::new(),
    };
    let mut tx = store::begin(world.cloud().store()).await.expect(WORKS);
    store::layer::table::put(&mut tx, &user).await.expect(WORKS);
    tx.commit().await.expect(WORKS);
    let principal = Principal::User { name: name.into(), path: "/".into(), id: id.into() };
    Caller { principal, ..root() }
}
