//! The parameters with which requests name what they are about.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::ConsumerRow;
use crate::names::{self, ConsumerName, StreamName};
use crate::owner::Owner;
use crate::streams;

/// A stream: by its name, its ARN, or both.
#[derive(Debug, Shape)]
pub(crate) struct StreamTarget {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    pub(crate) stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    pub(crate) stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
}

impl StreamTarget {
    /// The stream that is named.
    pub(crate) fn name(&self, cx: &Cx) -> Result<StreamName, Error> {
        let (name, arn) = (self.stream_name.as_deref(), self.stream_arn.as_deref());
        StreamName::pick(cx, name, arn, self.stream_id.as_deref())
    }

    /// What access is decided on.
    pub(crate) fn resource(&self, cx: &Cx) -> Resource {
        names::resource(cx, self.stream_name.as_deref(), self.stream_arn.as_deref())
    }

    /// The stream's policy and tags, for the access decision.
    pub(crate) async fn terms(&self, cx: &Cx) -> Result<Terms, Error> {
        streams::terms(cx, self.stream_name.as_deref(), self.stream_arn.as_deref()).await
    }
}

/// A stream or a consumer, by its ARN.
#[derive(Debug, Shape)]
pub(crate) struct ResourceTarget {
    #[shape(name = "ResourceARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+")]
    pub(crate) resource_arn: String,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
}

impl ResourceTarget {
    /// The one that is named.
    pub(crate) async fn open(&self, cx: &mut Cx) -> Result<Owner, Error> {
        Owner::open(cx, &self.resource_arn, self.stream_id.as_deref()).await
    }

    /// What access is decided on.
    pub(crate) fn resource(&self, cx: &Cx) -> Resource {
        names::resource_of(cx, &self.resource_arn)
    }

    /// Its policy and tags, for the access decision.
    pub(crate) async fn terms(&self, cx: &Cx) -> Result<Terms, Error> {
        match ConsumerName::of_arn(&self.resource_arn) {
            Some(name) => streams::consumer_terms(cx, &name).await,
            None => streams::terms(cx, None, Some(&self.resource_arn)).await,
        }
    }
}

/// A registered consumer: by its ARN, or by its name and the ARN of its stream.
#[derive(Debug, Shape)]
pub(crate) struct ConsumerTarget {
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    consumer_name: Option<String>,
    #[shape(name = "ConsumerARN", len = 1..=2048, pattern = r"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+")]
    consumer_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
}

impl ConsumerTarget {
    /// The consumer that is named. Its name has the time of its registration, so that one which is named by its stream is
    /// looked up.
    pub(crate) async fn name(&self, cx: &mut Cx) -> Result<ConsumerName, Error> {
        let (name, stream_arn) = (self.consumer_name.as_deref(), self.stream_arn.as_deref());
        if self.stream_id.is_some() {
            return Err(Error::invalid("StreamId is reserved for future use; name the stream by its ARN"));
        }
        match (self.consumer_arn.as_deref(), stream_arn, name) {
            (Some(arn), stream, name) => {
                let found = ConsumerName::of_arn(arn).filter(|found| {
                    found.stream.region == cx.region()
                        && name.is_none_or(|name| name == found.name)
                        && stream.is_none_or(|stream| stream == found.stream.arn().as_str())
                });
                found.ok_or_else(|| Error::invalid(format!("ConsumerARN {arn} is not valid.")))
            }
            (None, Some(arn), Some(name)) => {
                let stream = StreamName::pick(cx, None, Some(arn), None)?;
                let found = streams::open(cx, &stream).await?;
                let row: Option<ConsumerRow> = table::get(cx.tx(), (&found.row.id, name)).await?;
                let row = row.ok_or_else(|| {
                    Error::NotFound(format!("Consumer {name} of stream {} not found.", stream.arn()))
                })?;
                Ok(row.named())
            }
            _ => {
                let text = "Either ConsumerARN, or both StreamARN and ConsumerName must be specified.";
                Err(Error::invalid(text))
            }
        }
    }

    /// As [`ConsumerTarget::name`], for the access decision: none when it names no consumer, which the operation itself
    /// refuses after access is decided.
    async fn known(&self, cx: &mut Cx) -> Result<Option<ConsumerName>, Error> {
        match self.name(cx).await {
            Ok(name) => Ok(Some(name)),
            Err(Error::Internal(failure)) => Err(failure.into()),
            Err(_) => Ok(None),
        }
    }

    /// What access is decided on. Whether a consumer is there is told only to those who may see all.
    pub(crate) async fn resource(&self, cx: &mut Cx) -> Result<Resource, Error> {
        let known = self.known(cx).await?;
        Ok(known.map_or_else(|| Self::unknown(cx), |name| names::resource_of(cx, &name.arn())))
    }

    /// What access to a consumer is decided on that nobody has looked up.
    pub(crate) fn unknown(cx: &Cx) -> Resource {
        cx.arn("kinesis", "stream/*/consumer/*").into()
    }

    /// The consumer's policy and tags, for the access decision.
    pub(crate) async fn terms(&self, cx: &mut Cx) -> Result<Terms, Error> {
        match self.known(cx).await? {
            Some(name) => streams::consumer_terms(cx, &name).await,
            None => Ok(Terms::default()),
        }
    }
}
