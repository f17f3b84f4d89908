//! Tells the destinations of a bucket's notifications what has happened.
//!
//! What they get is written to the outbox in the transaction of what happened, so that both are or neither is.

use std::sync::atomic::{AtomicI64, Ordering};

use cloud::ApiError as _;
use cloud::outbox::{self, Delivery, Place, Policy};
use cloud::prelude::*;
use cloud::target::Target;
use serde_json::json;
use store::Tx;

use crate::error::Error;
use crate::event::{self, Circumstances, Kind};
use crate::keys::{BucketRow, ObjectRow};
use crate::notification::{self, Notification};
use crate::settings;

/// The service principal that calls destinations.
pub(crate) const PRINCIPAL: &str = "s3.amazonaws.com";
/// The subject of notifications that go through a topic.
const SUBJECT: &str = "Amazon S3 Notification";
/// How destinations are tried: S3 says no more than that notifications come at least once.
const POLICY: Policy = Policy {
    attempts_max: 1_000,
    age_max_millis: 24 * 3600 * 1000,
    backoff_millis: 1_000,
    backoff_millis_max: 5 * 60 * 1000,
};
/// Numbers for the events of one millisecond.
const SEQUENCE_STEP: i64 = 1 << 16;

/// The last sequencer.
#[derive(Default)]
struct Sequencer(AtomicI64);

/// What is to be sent for something that happens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Announcement {
    place: Option<Place>,
    deliveries: Vec<Delivery>,
}

impl Announcement {
    /// What `bucket` wants to be said of `kind` happening to `object`.
    pub(crate) fn of(cx: &Cx, bucket: &BucketRow, kind: Kind, object: &ObjectRow) -> Result<Self, Error> {
        let Some(notification) = settings::read::<Notification>(bucket, notification::NAME)? else {
            return Ok(Self::default());
        };
        let around = circumstances(cx);
        let source_arn = format!("arn:aws:s3:::{}", bucket.name);
        let mut deliveries = Vec::new();
        for destination in notification.destinations() {
            // Destinations want what lifecycle rules remove under its own name only.
            if destination.wants(kind.name(), &object.key) {
                let record = event::record(kind, bucket, object, &around, destination.id);
                let arn: Arn = destination.arn.parse().map_err(Failure::internal)?;
                deliveries.push(delivery(called(&arn, &record)?, &arn, &source_arn));
            }
        }
        if notification.tells_event_bridge() {
            let detail = event::detail(kind, bucket, object, &around);
            let input = json!({
                "Source": "aws.s3",
                "DetailType": kind.detail_type(),
                "Detail": detail.to_string(),
                "Resources": [source_arn],
                "Time": cx.now().secs(),
            });
            let target =
                Target { service: "events".to_owned(), operation: "PutServiceEvent".to_owned(), input };
            let bus = Arn::new("events", &bucket.region, &bucket.owner, "event-bus/default");
            deliveries.push(delivery(target, &bus, &source_arn));
        }
        let trace = cx.trace_header().map(str::to_owned);
        let place = Place { account: bucket.owner.clone(), region: bucket.region.clone(), trace };
        Ok(Self { place: Some(place), deliveries })
    }

    /// Writes it with the transaction of what happens.
    pub(crate) fn send(&self, cx: &Sender, tx: &mut Tx) -> Result<(), Failure> {
        let Some(place) = &self.place else { return Ok(()) };
        for delivery in &self.deliveries {
            outbox::send_with(cx, tx, place, delivery.clone())?;
        }
        Ok(())
    }

    /// Writes it with the transaction of a Write operation.
    pub(crate) fn send_now(&self, cx: &mut Cx) -> Result<(), Failure> {
        let cloud = cx.cloud().clone();
        self.send(&cloud, cx.tx())
    }
}

/// Who sends: the cloud.
pub(crate) type Sender = std::sync::Arc<cloud::Cloud>;

/// The call of a destination.
fn called(arn: &Arn, body: &str) -> Result<Target, Failure> {
    let mut target = Target::of(arn, body).map_err(Failure::internal)?;
    if arn.service() == "sns" {
        target.input["Subject"] = json!(SUBJECT);
    }
    Ok(target)
}

fn delivery(target: Target, arn: &Arn, source_arn: &str) -> Delivery {
    Delivery {
        target,
        principal: PRINCIPAL.to_owned(),
        source_arn: Some(source_arn.to_owned()),
        role: None,
        // A destination that is slow or away must not hold up the others.
        queue: arn.to_string(),
        region: Some(arn.region().to_owned()),
        policy: POLICY,
        dead_letter: None,
        final_refusals: true,
    }
}

fn circumstances(cx: &Cx) -> Circumstances {
    let now = cx.now();
    let last = cx.state::<Sequencer>();
    let next = |last: i64| Some((last + 1).max(now.millis().saturating_mul(SEQUENCE_STEP)));
    // The closure always gives a number.
    let before = last.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_default();
    let sequence = (before + 1).max(now.millis().saturating_mul(SEQUENCE_STEP));
    let address = cx.caller().origin.ip.map(|ip| ip.to_canonical().to_string());
    Circumstances {
        principal: cx.caller().user_id(),
        account: cx.account().to_owned(),
        address: address.unwrap_or_else(|| "127.0.0.1".to_owned()),
        request_id: cx.request_id().to_owned(),
        time: wire::time::iso8601_millis(now),
        sequencer: format!("{sequence:018X}"),
    }
}

/// Makes sure that destinations can be reached: queues and topics get an event for a test, functions are asked whether
/// S3 may invoke them.
pub(crate) async fn reach(cx: &mut Cx, bucket: &BucketRow, notification: &Notification) -> Result<(), Error> {
    let source_arn = format!("arn:aws:s3:::{}", bucket.name);
    let test = event::test(&bucket.name, cx.request_id(), &wire::time::iso8601_millis(cx.now()));
    for destination in notification.destinations() {
        let arn: Arn = destination.arn.parse().map_err(Failure::internal)?;
        let target = match arn.service() {
            "lambda" => Target {
                service: "lambda".to_owned(),
                operation: "Invoke".to_owned(),
                input: json!({"FunctionName": arn.as_str(), "InvocationType": "DryRun"}),
            },
            _ => called(&arn, &test)?,
        };
        let caller =
            cloud::caller::Caller::service(PRINCIPAL, bucket.owner.as_str(), arn.region(), Some(&source_arn));
        let Err(failure) = cx.call_json(caller, &target.service, &target.operation, &target.input).await
        else {
            continue;
        };
        if failure.is_conflict() || failure.status() >= 500 {
            return Err(failure.into());
        }
        let is_there = is_there(cx, bucket, &arn).await?;
        return Err(unreachable(&arn, is_there));
    }
    Ok(())
}

/// Whether a queue or topic is there. Owners of buckets are told that of their own ones only.
async fn is_there(cx: &mut Cx, bucket: &BucketRow, arn: &Arn) -> Result<bool, Error> {
    let (operation, input) = match arn.service() {
        "sqs" => ("GetQueueUrl", json!({"QueueName": arn.resource()})),
        "sns" => ("GetTopicAttributes", json!({"TopicArn": arn.as_str()})),
        _ => return Ok(true),
    };
    if arn.account() != bucket.owner {
        return Ok(true);
    }
    let owner = cloud::caller::Caller::root(arn.account(), arn.region());
    match cx.call_json(owner, arn.service(), operation, &input).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.status() < 500 => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

/// Texts as in LocalStack's validated tests of notifications.
fn unreachable(arn: &Arn, is_there: bool) -> Error {
    let value = match (arn.service(), is_there) {
        ("sqs", false) => "The destination queue does not exist".to_owned(),
        ("sqs", true) => {
            "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"
                .to_owned()
        }
        ("sns", false) => "The destination topic does not exist".to_owned(),
        ("sns", true) => {
            "Permissions on the destination topic do not allow S3 to publish notifications from this bucket"
                .to_owned()
        }
        _ => format!("Not authorized to invoke function [{arn}]"),
    };
    Error::Notification {
        message: "Unable to validate the following destination configurations".to_owned(),
        name: arn.to_string(),
        value,
    }
}
