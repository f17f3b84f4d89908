//! One file for each operation.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::json;

use crate::error::Error;
use crate::keys::TopicRow;
use crate::{subscription, topic};

mod add_permission;
mod check_if_phone_number_is_opted_out;
mod confirm_subscription;
mod create_platform_application;
mod create_platform_endpoint;
mod create_sms_sandbox_phone_number;
mod create_topic;
mod delete_endpoint;
mod delete_platform_application;
mod delete_sms_sandbox_phone_number;
mod delete_topic;
pub(crate) mod deliver_to_endpoint;
mod get_data_protection_policy;
mod get_endpoint_attributes;
mod get_platform_application_attributes;
mod get_sms_attributes;
mod get_sms_sandbox_account_status;
mod get_subscription_attributes;
mod get_topic_attributes;
mod list_endpoints_by_platform_application;
mod list_inbox_messages;
mod list_origination_numbers;
mod list_phone_numbers_opted_out;
mod list_platform_applications;
mod list_sms_sandbox_phone_numbers;
mod list_subscriptions;
mod list_subscriptions_by_topic;
mod list_tags_for_resource;
mod list_topics;
mod opt_in_phone_number;
mod publish;
mod publish_batch;
mod put_data_protection_policy;
mod remove_permission;
mod set_endpoint_attributes;
mod set_platform_application_attributes;
mod set_sms_attributes;
mod set_subscription_attributes;
mod set_topic_attributes;
mod subscribe;
mod tag_resource;
mod unsubscribe;
mod untag_resource;
mod verify_sms_sandbox_phone_number;

pub(crate) use add_permission::AddPermission;
pub(crate) use check_if_phone_number_is_opted_out::CheckIfPhoneNumberIsOptedOut;
pub(crate) use confirm_subscription::ConfirmSubscription;
pub(crate) use create_platform_application::CreatePlatformApplication;
pub(crate) use create_platform_endpoint::CreatePlatformEndpoint;
pub(crate) use create_sms_sandbox_phone_number::CreateSMSSandboxPhoneNumber;
pub(crate) use create_topic::CreateTopic;
pub(crate) use delete_endpoint::DeleteEndpoint;
pub(crate) use delete_platform_application::DeletePlatformApplication;
pub(crate) use delete_sms_sandbox_phone_number::DeleteSMSSandboxPhoneNumber;
pub(crate) use delete_topic::DeleteTopic;
pub(crate) use deliver_to_endpoint::DeliverToEndpoint;
pub(crate) use get_data_protection_policy::GetDataProtectionPolicy;
pub(crate) use get_endpoint_attributes::GetEndpointAttributes;
pub(crate) use get_platform_application_attributes::GetPlatformApplicationAttributes;
pub(crate) use get_sms_attributes::GetSMSAttributes;
pub(crate) use get_sms_sandbox_account_status::GetSMSSandboxAccountStatus;
pub(crate) use get_subscription_attributes::GetSubscriptionAttributes;
pub(crate) use get_topic_attributes::GetTopicAttributes;
pub(crate) use list_endpoints_by_platform_application::ListEndpointsByPlatformApplication;
pub(crate) use list_inbox_messages::ListInboxMessages;
pub(crate) use list_origination_numbers::ListOriginationNumbers;
pub(crate) use list_phone_numbers_opted_out::ListPhoneNumbersOptedOut;
pub(crate) use list_platform_applications::ListPlatformApplications;
pub(crate) use list_sms_sandbox_phone_numbers::ListSMSSandboxPhoneNumbers;
pub(crate) use list_subscriptions::ListSubscriptions;
pub(crate) use list_subscriptions_by_topic::ListSubscriptionsByTopic;
pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use list_topics::ListTopics;
pub(crate) use opt_in_phone_number::OptInPhoneNumber;
pub(crate) use publish::Publish;
pub(crate) use publish_batch::PublishBatch;
pub(crate) use put_data_protection_policy::PutDataProtectionPolicy;
pub(crate) use remove_permission::RemovePermission;
pub(crate) use set_endpoint_attributes::SetEndpointAttributes;
pub(crate) use set_platform_application_attributes::SetPlatformApplicationAttributes;
pub(crate) use set_sms_attributes::SetSMSAttributes;
pub(crate) use set_subscription_attributes::SetSubscriptionAttributes;
pub(crate) use set_topic_attributes::SetTopicAttributes;
pub(crate) use subscribe::Subscribe;
pub(crate) use tag_resource::TagResource;
pub(crate) use unsubscribe::Unsubscribe;
pub(crate) use untag_resource::UntagResource;
pub(crate) use verify_sms_sandbox_phone_number::VerifySMSSandboxPhoneNumber;

/// The topic whose tags are meant.
async fn tagged(cx: &mut Cx, arn: &str) -> Result<TopicRow, Error> {
    let arn = topic::parse(cx, "ResourceArn", arn)?;
    topic::find(cx, &arn).await?.ok_or(Error::NoResource)
}

/// A policy under which everybody may do one thing: who has a token or follows a link need not sign.
fn open_to_all(action: &str, resource: &str) -> String {
    let statement = json!({
        "Effect": "Allow", "Principal": "*", "Action": format!("sns:{action}"), "Resource": resource,
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// Refuses what is no phone number.
fn check_phone(number: &str) -> Result<(), Error> {
    if subscription::is_phone(number) {
        return Ok(());
    }
    Err(Error::invalid("PhoneNumber Reason: input incorrectly formatted"))
}

/// Refuses tokens of lists that have no second page.
fn no_more(token: Option<&String>) -> Result<(), Error> {
    if token.is_some() { Err(Error::invalid("NextToken")) } else { Ok(()) }
}

/// Refuses empty attributes, as AWS does (recorded: test_create_platform_application_invalid_attributes).
fn check_some(attributes: &BTreeMap<String, String>) -> Result<(), Error> {
    if !attributes.is_empty() {
        return Ok(());
    }
    Err(Error::Validation(
        "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null"
            .to_owned(),
    ))
}

/// Refuses what is no ARN of an application.
fn no_application(arn: &str) -> Result<(), Error> {
    if arn.parse::<Arn>().is_ok() {
        return Ok(());
    }
    let parts = arn.split(':').count();
    Err(Error::invalid(format!(
        "PlatformApplicationArn Reason: An ARN must have at least 6 elements, not {parts}"
    )))
}
