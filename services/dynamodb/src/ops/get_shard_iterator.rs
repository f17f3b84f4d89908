//! GetShardIterator.

use cloud::prelude::*;

use super::tag_resource::arn_of;
use crate::error::Error;
use crate::record;
use crate::streams::{self, Iterator, StreamName};

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum IteratorType {
    TrimHorizon,
    Latest,
    AtSequenceNumber,
    AfterSequenceNumber,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 37..=1024)]
    stream_arn: String,
    #[shape(len = 28..=65)]
    shard_id: String,
    shard_iterator_type: IteratorType,
    #[shape(len = 21..=40)]
    sequence_number: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    shard_iterator: String,
}

pub(crate) struct GetShardIterator;

impl Operation for GetShardIterator {
    const NAME: &'static str = "GetShardIterator";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.stream_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        streams::policy(cx, &input.stream_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = StreamName::read(&input.stream_arn)?;
        let stream = name.find(cx.tx()).await?;
        if streams::shard_id(&stream) != input.shard_id {
            return Err(Error::NotFound);
        }
        let records = stream.records();
        let after = match (input.shard_iterator_type, input.sequence_number.as_deref()) {
            (IteratorType::TrimHorizon, None) => None,
            (IteratorType::Latest, None) => {
                records.read_back(cx.tx(), None, 1).await?.first().map(|entry| entry.stamp)
            }
            (IteratorType::TrimHorizon | IteratorType::Latest, Some(_)) => {
                return Err(Error::validation(
                    "SequenceNumber can only be specified with AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER",
                ));
            }
            (_, None) => {
                return Err(Error::validation(
                    "SequenceNumber is required with AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER",
                ));
            }
            (kind, Some(sequence)) => {
                let place = streams::place_of(sequence)
                    .ok_or_else(|| Error::validation(format!("Invalid SequenceNumber: {sequence}")))?;
                let first = record::read(cx.tx(), &records, None, 1).await?;
                if stream.trimmed && first.first().is_none_or(|entry| streams::at(place) < entry.stamp) {
                    return Err(Error::Trimmed);
                }
                match kind {
                    IteratorType::AtSequenceNumber => streams::before(place),
                    _ => record::end_of(cx.tx(), &records, streams::at(place)).await?,
                }
            }
        };
        let iterator = Iterator { stream: name, after, made_at_millis: cx.now().millis() };
        Ok(Output { shard_iterator: iterator.text() })
    }
}
