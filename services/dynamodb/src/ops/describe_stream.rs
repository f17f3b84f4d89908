//! DescribeStream.

use cloud::prelude::*;

use super::tag_resource::arn_of;
use crate::describe;
use crate::error::Error;
use crate::shapes::KeySchemaElement;
use crate::streams::{self, StreamName};
use crate::table::ViewType;

/// Which shards are asked for.
#[derive(Shape)]
pub(crate) struct ShardFilter {
    #[shape(name = "Type")]
    kind: Option<FilterKind>,
    shard_id: Option<String>,
}

/// Kinds of filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum FilterKind {
    ChildShards,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 37..=1024)]
    stream_arn: String,
    #[shape(range = 1..)]
    limit: Option<i32>,
    #[shape(len = 28..=65)]
    exclusive_start_shard_id: Option<String>,
    shard_filter: Option<ShardFilter>,
}

/// The records of a shard.
#[derive(Shape)]
pub(crate) struct SequenceNumberRange {
    starting_sequence_number: String,
    ending_sequence_number: Option<String>,
}

/// A shard.
#[derive(Shape)]
pub(crate) struct Shard {
    shard_id: String,
    sequence_number_range: SequenceNumberRange,
    parent_shard_id: Option<String>,
}

/// A stream.
#[derive(Shape)]
pub(crate) struct StreamDescription {
    stream_arn: String,
    stream_label: String,
    stream_status: String,
    stream_view_type: ViewType,
    creation_request_date_time: Timestamp,
    table_name: String,
    key_schema: Vec<KeySchemaElement>,
    shards: Vec<Shard>,
    last_evaluated_shard_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stream_description: StreamDescription,
}

pub(crate) struct DescribeStream;

impl Operation for DescribeStream {
    const NAME: &'static str = "DescribeStream";
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
        let stream = StreamName::read(&input.stream_arn)?.find(cx.tx()).await?;
        let id = streams::shard_id(&stream);
        let start = streams::sequence_number(streams::at(0));
        let end = match stream.disabled_at_millis {
            Some(_) => {
                let last = stream.records().read_back(cx.tx(), None, 1).await?;
                Some(last.first().map_or(start.clone(), |entry| streams::sequence_number(entry.stamp)))
            }
            None => None,
        };
        let shard = Shard {
            shard_id: id.clone(),
            sequence_number_range: SequenceNumberRange {
                starting_sequence_number: start,
                ending_sequence_number: end,
            },
            parent_shard_id: None,
        };
        // The one shard is behind nothing and nobody's child.
        let wanted = input.exclusive_start_shard_id.as_ref().is_none_or(|after| *after < id)
            && input.shard_filter.is_none_or(|filter| filter.kind.is_none());
        Ok(Output {
            stream_description: StreamDescription {
                stream_arn: stream.arn(),
                stream_status: if stream.disabled_at_millis.is_some() { "DISABLED" } else { "ENABLED" }
                    .to_owned(),
                stream_view_type: stream.view,
                creation_request_date_time: Timestamp::from_millis(stream.created_at_millis),
                key_schema: describe::key_schema(&stream.key),
                shards: wanted.then_some(shard).into_iter().collect(),
                last_evaluated_shard_id: None,
                stream_label: stream.label,
                table_name: stream.table,
            },
        })
    }
}
