//! ListShards.

use cloud::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::describe::Shard;
use crate::error::Error;
use crate::keys::ShardRow;
use crate::limits::SHARDS_PAGE;
use crate::names::{self, StreamName};
use crate::stream::Stream;
use crate::streams;
use crate::target::StreamTarget;
use crate::token::{self, Token};

/// Which shards are asked for.
#[derive(Clone, Debug, Shape)]
pub(crate) struct ShardFilter {
    #[shape(name = "Type")]
    kind: FilterKind,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    shard_id: Option<String>,
    timestamp: Option<Timestamp>,
}

/// Kinds of filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape, Serialize, Deserialize)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum FilterKind {
    AfterShardId,
    AtTrimHorizon,
    FromTrimHorizon,
    AtLatest,
    AtTimestamp,
    FromTimestamp,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(len = 1..=1048576)]
    next_token: Option<String>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    exclusive_start_shard_id: Option<String>,
    #[shape(range = 1..=10000)]
    max_results: Option<i32>,
    stream_creation_timestamp: Option<Timestamp>,
    shard_filter: Option<ShardFilter>,
}

#[derive(Shape)]
pub(crate) struct Output {
    shards: Vec<Shard>,
    next_token: Option<String>,
}

pub(crate) struct ListShards;

impl Operation for ListShards {
    const NAME: &'static str = "ListShards";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource(cx, input.stream.stream_name.as_deref(), named(input).as_deref()))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        streams::terms(cx, input.stream.stream_name.as_deref(), named(input).as_deref()).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let asked = Asked::read(cx, &input, now)?;
        let stream = streams::open(cx, &asked.name).await?;
        let created_at = stream.row.created_at();
        if input.stream_creation_timestamp.is_some_and(|at| at.secs() != created_at.secs()) {
            return Err(asked.name.missing());
        }
        let limit = usize::try_from(input.max_results.unwrap_or(i32::MAX)).unwrap_or(SHARDS_PAGE);
        let limit = limit.min(SHARDS_PAGE);
        let filter = asked.filter.checked(&stream, now)?;
        let after = asked.after.as_deref().map(|id| stream.index_of(id)).transpose()?;
        let is_behind = |shard: &&ShardRow| after.is_none_or(|after| shard.index > after);
        let mut shards: Vec<&ShardRow> =
            stream.shown(now).filter(|shard| filter.takes(shard)).filter(is_behind).collect();
        let has_more = shards.len() > limit;
        shards.truncate(limit);
        let next = shards.last().filter(|_| has_more).map(|last| asked.token(last.index, now));
        Ok(Output { shards: shards.into_iter().map(Shard::of).collect(), next_token: next })
    }
}

/// The ARN of the stream that a request names, also by a token.
fn named(input: &Input) -> Option<String> {
    input.stream.stream_arn.clone().or_else(|| input.next_token.as_deref().and_then(Token::owner_of))
}

/// A filter as it goes on from page to page.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Filter {
    kind: FilterKind,
    shard_id: Option<String>,
    at_millis: Option<i64>,
}

/// What is asked for: by parameters, or by the token of an earlier answer.
struct Asked {
    name: StreamName,
    after: Option<String>,
    filter: Filter,
}

impl Asked {
    fn read(cx: &Cx, input: &Input, now: i64) -> Result<Self, Error> {
        let names_stream = input.stream.stream_name.is_some() || input.stream.stream_arn.is_some();
        let Some(text) = &input.next_token else {
            if !names_stream {
                return Err(Error::invalid("Either NextToken or StreamName should be provided."));
            }
            let name = input.stream.name(cx)?;
            let filter = input.shard_filter.as_ref().map_or(
                Filter { kind: FilterKind::FromTrimHorizon, shard_id: None, at_millis: None },
                |filter| Filter {
                    kind: filter.kind,
                    shard_id: filter.shard_id.clone(),
                    at_millis: filter.timestamp.map(Timestamp::millis),
                },
            );
            return Ok(Self { name, after: input.exclusive_start_shard_id.clone(), filter });
        };
        if names_stream || input.exclusive_start_shard_id.is_some() {
            return Err(Error::invalid("NextToken and StreamName cannot be provided together."));
        }
        // The token names the stream, and access was decided on that name.
        let arn = Token::owner_of(text).ok_or_else(token::invalid)?;
        let name = StreamName::of_arn(&arn).ok_or_else(token::invalid)?;
        let (after, filter): (String, Filter) =
            serde_json::from_str(&Token::read(text, &arn, now)?.after).map_err(|_| token::invalid())?;
        Ok(Self { name, after: Some(after), filter })
    }

    fn token(&self, last: u32, now: i64) -> String {
        let after = json!([names::shard_id(last), self.filter]).to_string();
        Token { owner: self.name.arn().into(), after, made_at_millis: now }.text()
    }
}

/// A filter that was checked against a stream.
enum Checked {
    Behind(u32),
    Open,
    At(i64),
    From(i64),
}

impl Filter {
    fn checked(&self, stream: &Stream, now: i64) -> Result<Checked, Error> {
        let horizon = stream.row.horizon(now).max(stream.row.created_at_millis);
        let time = || {
            let at = self.at_millis.ok_or_else(|| {
                Error::invalid(
                    "Timestamp must be specified for ShardFilter types AT_TIMESTAMP and FROM_TIMESTAMP.",
                )
            });
            at.map(|at| at.max(horizon))
        };
        Ok(match self.kind {
            FilterKind::AfterShardId => {
                let id = self.shard_id.as_deref();
                let id = id.ok_or_else(|| {
                    Error::invalid("ShardId must be specified for ShardFilter type AFTER_SHARD_ID.")
                })?;
                Checked::Behind(stream.index_of(id)?)
            }
            FilterKind::AtTrimHorizon => Checked::At(horizon),
            FilterKind::FromTrimHorizon => Checked::From(horizon),
            FilterKind::AtLatest => Checked::Open,
            FilterKind::AtTimestamp => Checked::At(time()?),
            FilterKind::FromTimestamp => Checked::From(time()?),
        })
    }
}

impl Checked {
    fn takes(&self, shard: &ShardRow) -> bool {
        let lived_at = |at: i64| shard.closed_at_millis.is_none_or(|closed| closed >= at);
        match self {
            Self::Behind(index) => shard.index > *index,
            Self::Open => shard.is_open(),
            Self::At(at) => shard.created_at_millis <= *at && lived_at(*at),
            Self::From(at) => lived_at(*at),
        }
    }
}
