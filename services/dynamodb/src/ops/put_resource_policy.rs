//! PutResourcePolicy.

use cloud::prelude::*;
use store::layer::table;

use super::tag_resource::arn_of;
use crate::error::Error;
use crate::policy::{self, Owner};
use crate::tables;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1283)]
    resource_arn: String,
    policy: String,
    #[shape(len = 1..=255)]
    expected_revision_id: Option<String>,
    /// The caller may lock itself out.
    confirm_remove_self_resource_access: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    revision_id: String,
}

pub(crate) struct PutResourcePolicy;

impl Operation for PutResourcePolicy {
    const NAME: &'static str = "PutResourcePolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.resource_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.resource_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let owner = Owner::read(cx, &input.resource_arn)?;
        let policy = policy::checked(cx, &input.policy)?;
        let table = tables::load(cx, &owner.table).await?.filter(|table| owner.is_there(&table.row));
        let table = table.ok_or_else(|| Error::NoSuchArn(input.resource_arn.clone()))?;
        let mut row = table.row.clone();
        owner.check_revision(&row, input.expected_revision_id.as_deref())?;
        if !input.confirm_remove_self_resource_access.unwrap_or(false) {
            check_future(cx, &input.resource_arn, &policy.text).await?;
        }
        let revision_id = match owner.policy(&row) {
            // The same policy keeps its revision.
            Some(there) if there.text == policy.text => there.revision.clone(),
            _ => policy.revision.clone(),
        };
        let policy = crate::table::PolicyRow { revision: revision_id.clone(), ..policy };
        owner.set(&mut row, Some(policy));
        table::put(cx.tx(), &row).await?;
        Ok(Output { revision_id })
    }
}

/// Refuses a policy with which the caller could not put another one. DeleteResourcePolicy does not count.
/// (`ack-api-quirks`, DDB-TABLE-210)
async fn check_future(cx: &mut Cx, arn: &str, policy: &str) -> Result<(), Error> {
    let resource = arn_of(cx, arn);
    match cx.require_with("dynamodb:PutResourcePolicy", &resource, Some(policy), &Conditions::new()).await {
        Err(failure) if failure.code() == "AccessDeniedException" => Err(Failure::new(
            "AccessDeniedException",
            400,
            "The new resource policy will not allow you to update the resource policy in the future.",
        )
        .into()),
        decided => Ok(decided?),
    }
}

#[cfg(test)]
mod tests {
    use cloud::caller::{Caller, Principal};
    use serde_json::json;

    use crate::tests::{error, item, ok, table, world};

    const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/things";

    #[tokio::test]
    async fn a_policy_lets_users_in_and_another_account() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let put = json!({"TableName": "things", "Item": item("a", 1, json!({}))});
        let nobody = || testkit::nobody();
        let answer = world.call_as(nobody(), "dynamodb", "PutItem", put.clone()).await;
        assert_eq!(answer.unwrap_err().code(), "AccessDeniedException");
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/nobody"},
             "Action": "dynamodb:PutItem", "Resource": ARN},
        ]});
        let input = json!({"ResourceArn": ARN, "Policy": policy.to_string()});
        let revision = ok(&world, "PutResourcePolicy", input).await["RevisionId"].clone();
        world.call_as(nobody(), "dynamodb", "PutItem", put.clone()).await.unwrap();
        let read = ok(&world, "GetResourcePolicy", json!({"ResourceArn": ARN})).await;
        assert_eq!(read, json!({"Policy": policy.to_string(), "RevisionId": revision}));
        // Somebody of another account needs the policy of the table besides their own; here they have none.
        let other = Caller {
            principal: Principal::User { name: "o".into(), path: "/".into(), id: "AIDAOTHER".into() },
            ..Caller::root("111111111111", "us-east-1")
        };
        let mut far = put.clone();
        far["TableName"] = json!(ARN);
        assert!(world.call_as(other, "dynamodb", "PutItem", far).await.is_err());
        ok(&world, "DeleteResourcePolicy", json!({"ResourceArn": ARN})).await;
        assert!(world.call_as(nobody(), "dynamodb", "PutItem", put).await.is_err());
        let code = error(&world, "GetResourcePolicy", json!({"ResourceArn": ARN})).await.0;
        assert_eq!(code, "PolicyNotFoundException");
    }

    #[tokio::test]
    async fn wrong_policies_are_refused() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        for policy in ["{", "{\"Statement\": 1}"] {
            let input = json!({"ResourceArn": ARN, "Policy": policy});
            assert_eq!(error(&world, "PutResourcePolicy", input).await.0, "ValidationException");
        }
        let allow = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "dynamodb:*", "Resource": "*"},
        ]});
        let input = json!({"ResourceArn": ARN, "Policy": allow.to_string(), "ExpectedRevisionId": "1"});
        assert_eq!(error(&world, "PutResourcePolicy", input).await.0, "PolicyNotFoundException");
    }

    #[tokio::test]
    async fn a_caller_locks_itself_out_only_knowingly() {
        let world = world().await;
        table(&world, "things", json!({})).await;
        let deny = |action: &str| {
            let policy = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": ARN},
            ]});
            json!({"ResourceArn": ARN, "Policy": policy.to_string()})
        };
        let refused = error(&world, "PutResourcePolicy", deny("dynamodb:PutResourcePolicy")).await;
        assert_eq!(refused.0, "AccessDeniedException");
        assert!(refused.1.starts_with("The new resource policy will not allow you"), "{}", refused.1);
        let code = error(&world, "GetResourcePolicy", json!({"ResourceArn": ARN})).await.0;
        assert_eq!(code, "PolicyNotFoundException");
        ok(&world, "PutResourcePolicy", deny("dynamodb:DeleteResourcePolicy")).await;
        let mut knowingly = deny("dynamodb:PutResourcePolicy");
        knowingly["ConfirmRemoveSelfResourceAccess"] = json!(true);
        ok(&world, "PutResourcePolicy", knowingly).await;
        let code = error(&world, "PutResourcePolicy", deny("dynamodb:GetItem")).await.0;
        assert_eq!(code, "AccessDeniedException");
    }
}
