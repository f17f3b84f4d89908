//! Following Kinesis' streams.

use std::sync::Arc;

use store::{Version, keyspace, tuple};
use tokio::sync::watch;

use crate::arn::Arn;
use crate::instance::Cloud;

/// Tells when the stream with this ARN has new records or other shards; None when the ARN is none of a stream. That of a
/// registered consumer stands for its stream.
///
/// Who follows a stream subscribes, reads with `GetRecords` until nothing comes, waits for a change, and reads again.
pub fn news(cloud: &Arc<Cloud>, stream_arn: &str) -> Option<watch::Receiver<Version>> {
    let arn: Arn = stream_arn.parse().ok()?;
    let name = arn.resource().strip_prefix("stream/").filter(|_| arn.service() == "kinesis")?;
    let name = name.split_once("/consumer/").map_or(name, |(stream, _)| stream);
    let records = tuple::key(keyspace::KINESIS_RECORD, &(arn.account(), arn.region(), name));
    Some(cloud.store().watch(records))
}
