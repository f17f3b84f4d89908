//! SNS: the Simple Notification Service.
//!
//! The rules are plain functions: `topic.rs`, `subscription.rs` (names, ARNs, endpoints), `attributes.rs`, `message.rs`,
//! `filter.rs`, `delivery_policy.rs`, `permission.rs`, `tags.rs`, `data_protection.rs`, with every number in `limits.rs`.
//! `send.rs` admits messages, `fifo.rs` holds what FIFO topics remember, `fanout.rs` is the way to the subscribers: start
//! there. `notification.rs` has the texts that they get, `signature.rs` and `rsa_sha1.rs` sign them. `keys.rs` holds the
//! stored rows, `ops/` one file for each operation, `jobs.rs` the background work, `plane.rs` serves the certificate of
//! signatures, `stack.rs` the CloudFormation types.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod attributes;
mod data_protection;
mod delivery_policy;
mod error;
mod fanout;
mod fifo;
mod filter;
mod jobs;
mod keys;
mod limits;
mod message;
mod notification;
mod ops;
mod paging;
mod permission;
mod plane;
mod rsa_sha1;
mod send;
mod signature;
mod stack;
mod subscription;
mod tags;
#[cfg(test)]
mod tests;
mod topic;

/// The service's table of contents.
pub static SNS: Service = Service {
    name: "sns",
    title: "Simple Notification Service",
    signing_name: "sns",
    protocols: &[Protocol::query("2010-03-31", "http://sns.amazonaws.com/doc/2010-03-31/")],
    operations: &[
        entry::<ops::AddPermission>(),
        entry::<ops::CheckIfPhoneNumberIsOptedOut>(),
        entry::<ops::ConfirmSubscription>(),
        entry::<ops::CreatePlatformApplication>(),
        entry::<ops::CreatePlatformEndpoint>(),
        entry::<ops::CreateSMSSandboxPhoneNumber>(),
        entry::<ops::CreateTopic>(),
        entry::<ops::DeleteEndpoint>(),
        entry::<ops::DeletePlatformApplication>(),
        entry::<ops::DeleteSMSSandboxPhoneNumber>(),
        entry::<ops::DeleteTopic>(),
        entry::<ops::DeliverToEndpoint>(),
        entry::<ops::GetDataProtectionPolicy>(),
        entry::<ops::GetEndpointAttributes>(),
        entry::<ops::GetPlatformApplicationAttributes>(),
        entry::<ops::GetSMSAttributes>(),
        entry::<ops::GetSMSSandboxAccountStatus>(),
        entry::<ops::GetSubscriptionAttributes>(),
        entry::<ops::GetTopicAttributes>(),
        entry::<ops::ListEndpointsByPlatformApplication>(),
        entry::<ops::ListInboxMessages>(),
        entry::<ops::ListOriginationNumbers>(),
        entry::<ops::ListPhoneNumbersOptedOut>(),
        entry::<ops::ListPlatformApplications>(),
        entry::<ops::ListSMSSandboxPhoneNumbers>(),
        entry::<ops::ListSubscriptions>(),
        entry::<ops::ListSubscriptionsByTopic>(),
        entry::<ops::ListTagsForResource>(),
        entry::<ops::ListTopics>(),
        entry::<ops::OptInPhoneNumber>(),
        entry::<ops::Publish>(),
        entry::<ops::PublishBatch>(),
        entry::<ops::PutDataProtectionPolicy>(),
        entry::<ops::RemovePermission>(),
        entry::<ops::SetEndpointAttributes>(),
        entry::<ops::SetPlatformApplicationAttributes>(),
        entry::<ops::SetSMSAttributes>(),
        entry::<ops::SetSubscriptionAttributes>(),
        entry::<ops::SetTopicAttributes>(),
        entry::<ops::Subscribe>(),
        entry::<ops::TagResource>(),
        entry::<ops::Unsubscribe>(),
        entry::<ops::UntagResource>(),
        entry::<ops::VerifySMSSandboxPhoneNumber>(),
    ],
    resources: &[&stack::Topic, &stack::Subscription, &stack::TopicPolicy],
    jobs: &[jobs::FORGET],
    plane: Some(&plane::Certificates),
    words: Words { validation_code: "ValidationError", denied_code: "AuthorizationError" },
};
