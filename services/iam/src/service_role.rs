//! Roles that belong to services.

use std::collections::BTreeMap;

use cloud::identity::record::Role;
use cloud::identity::{aws_policy, ids};
use cloud::prelude::*;
use serde_json::json;

use crate::error::Error;

/// A role that a service may have.
struct Template {
    service: &'static str,
    role: &'static str,
    policy: &'static str,
    /// Whether an account can have several, told apart by a suffix.
    many: bool,
}

/// The services that have one.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html> and the
/// "Using service-linked roles" page of each.
const TEMPLATES: &[Template] = &[
    one("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway", "APIGatewayServiceRolePolicy"),
    many("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"),
    one("batch.amazonaws.com", "AWSServiceRoleForBatch", "BatchServiceRolePolicy"),
    many("connect.amazonaws.com", "AWSServiceRoleForAmazonConnect", "AmazonConnectServiceLinkedRolePolicy"),
    one(
        "dynamodb.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        "AWSApplicationAutoscalingDynamoDBTablePolicy",
    ),
    one("ecs.amazonaws.com", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"),
    one(
        "lambda.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
        "AWSApplicationAutoscalingLambdaConcurrencyPolicy",
    ),
    one(
        "kinesisreplication.dynamodb.amazonaws.com",
        "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication",
        "DynamoDBKinesisReplicationServiceRolePolicy",
    ),
    many("lexv2.amazonaws.com", "AWSServiceRoleForLexV2Bots", "AmazonLexV2BotPolicy"),
    one("logger.cloudfront.amazonaws.com", "AWSServiceRoleForCloudFrontLogger", "AWSCloudFrontLogger"),
    one("replicator.lambda.amazonaws.com", "AWSServiceRoleForLambdaReplicator", "AWSLambdaReplicator"),
    one("events.amazonaws.com", "AWSServiceRoleForCloudWatchEvents", "CloudWatchEventsServiceRolePolicy"),
];

const fn one(service: &'static str, role: &'static str, policy: &'static str) -> Template {
    Template { service, role, policy, many: false }
}

const fn many(service: &'static str, role: &'static str, policy: &'static str) -> Template {
    Template { service, role, policy, many: true }
}

/// The path of the roles of a service.
pub(crate) fn path(service: &str) -> String {
    format!("/aws-service-role/{service}/")
}

/// A new role of a service.
pub(crate) fn new(
    cx: &Cx,
    service: &str,
    description: Option<String>,
    suffix: Option<String>,
) -> Result<Role, Error> {
    let template = TEMPLATES.iter().find(|template| template.service == service);
    let template = template.ok_or_else(|| {
        Error::NoSuchEntity(format!("Service {service} has no service-linked role in this cloud."))
    })?;
    let name = match suffix {
        Some(suffix) if template.many => format!("{}_{suffix}", template.role),
        Some(_) => return Err(Error::InvalidInput(format!("Custom suffix is not allowed for {service}"))),
        None => template.role.to_owned(),
    };
    let policy = format!("arn:aws:iam::aws:policy/aws-service-role/{}", template.policy);
    if aws_policy(&policy).is_none() {
        return Err(Error::Internal(Failure::internal(format!("the policy `{policy}` is not there"))));
    }
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": service}}],
    });
    Ok(Role {
        account: cx.account().to_owned(),
        name,
        path: path(service),
        id: ids::unique(cx.chance(), "AROA"),
        created_at_millis: cx.now().millis(),
        trust: trust.to_string(),
        description,
        max_session_seconds: crate::ops::SESSION_SECONDS_DEFAULT,
        tags: Vec::new(),
        boundary: None,
        inline: BTreeMap::new(),
        attached: vec![policy],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_policy() {
        for template in TEMPLATES {
            let arn = format!("arn:aws:iam::aws:policy/aws-service-role/{}", template.policy);
            assert!(aws_policy(&arn).is_some(), "{arn}");
        }
    }
}
