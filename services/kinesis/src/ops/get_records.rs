//! GetRecords.
//!
//! Differs from AWS: the limits of a shard (5 calls and 2 MB in a second) hold for clients, not for what this cloud itself
//! reads for functions and pipes.

use cloud::prelude::*;

use crate::error::Error;
use crate::iterator::Iterator;
use crate::limits::{RECORDS_BYTES_MAX, RECORDS_MAX};
use crate::names;
use crate::reading::{self, ChildShard, Most, Record};
use crate::streams;
use crate::throttle::Throttles;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=512)]
    shard_iterator: String,
    #[shape(range = 1..=10000)]
    limit: Option<i32>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    records: Vec<Record>,
    next_shard_iterator: Option<String>,
    millis_behind_latest: i64,
    child_shards: Option<Vec<ChildShard>>,
}

pub(crate) struct GetRecords;

impl Operation for GetRecords {
    const NAME: &'static str = "GetRecords";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        // Whose iterator it is decides; one that is none belongs to nobody.
        Ok(names::resource(cx, None, owner(input).as_deref()))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        streams::terms(cx, None, owner(input).as_deref()).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now();
        let iterator = Iterator::read(&input.shard_iterator, now)?;
        if input.stream_arn.as_deref().is_some_and(|arn| arn != iterator.stream.arn().as_str())
            || input.stream_id.is_some()
            || iterator.stream.region != cx.region()
        {
            return Err(Error::invalid("Invalid ShardIterator."));
        }
        let stream = streams::open_ready(cx, &iterator.stream).await?;
        let id = names::shard_id(iterator.shard);
        if stream.row.id != iterator.id {
            let (name, account) = (&stream.row.name, &stream.row.account);
            let text = format!("Shard {id} in stream {name} under account {account} does not exist");
            return Err(Error::NotFound(text));
        }
        let shard = stream.shard(&id, now.millis())?;
        // Readers of this cloud's own wait for news and ask only then.
        let throttles = cx.caller().origin.ip.map(|_| cx.state::<Throttles>());
        if throttles.as_ref().is_some_and(|t| !t.begin_read(&stream.row.id, shard.index, now.millis())) {
            return Err(stream.row.rate_exceeded(shard.index));
        }
        let records = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(RECORDS_MAX);
        let most = Most { records, bytes: RECORDS_BYTES_MAX };
        let found = reading::read(cx.tx(), &stream, shard, iterator.place, (most, now.millis())).await?;
        if let Some(throttles) = throttles {
            throttles.end_read(&stream.row.id, shard.index, found.bytes, now.millis());
        }
        let is_over = found.is_end && !shard.is_open();
        let next = Iterator { place: found.place, made_at_millis: now.millis(), ..iterator };
        Ok(Output {
            records: found.records,
            next_shard_iterator: (!is_over).then(|| next.text()),
            millis_behind_latest: found.behind_millis,
            child_shards: is_over.then(|| reading::children(&stream, shard.index)),
        })
    }
}

/// The ARN of the iterator's stream.
fn owner(input: &Input) -> Option<String> {
    Iterator::parse(&input.shard_iterator).map(|iterator| iterator.stream.arn().into())
}
