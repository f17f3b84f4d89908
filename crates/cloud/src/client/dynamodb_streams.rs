//! Following DynamoDB's streams.

use std::sync::Arc;

use store::Version;
use store::keyspace;
use store::layer::log::Stream;
use tokio::sync::watch;

use crate::arn::Arn;
use crate::instance::Cloud;

/// Tells when the stream with this ARN has new records; None when the ARN is none of a stream.
///
/// Who follows a stream subscribes, reads with `GetRecords` until nothing comes, waits for a change, and reads again.
pub fn news(cloud: &Arc<Cloud>, stream_arn: &str) -> Option<watch::Receiver<Version>> {
    let arn: Arn = stream_arn.parse().ok()?;
    let (table, label) = arn.resource().strip_prefix("table/")?.split_once("/stream/")?;
    let records = Stream::new(keyspace::DYNAMODB_RECORD, (arn.account(), arn.region(), table, label));
    Some(cloud.store().watch(records.watch_key()))
}
