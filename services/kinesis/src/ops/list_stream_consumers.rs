//! ListStreamConsumers.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::consumers::Consumer;
use crate::error::Error;
use crate::keys::ConsumerRow;
use crate::limits::LIST_PAGE;
use crate::names::{self, StreamName};
use crate::streams;
use crate::token::Token;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: String,
    #[shape(len = 1..=1048576)]
    next_token: Option<String>,
    #[shape(range = 1..=10000)]
    max_results: Option<i32>,
    stream_creation_timestamp: Option<Timestamp>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    consumers: Vec<Consumer>,
    next_token: Option<String>,
}

pub(crate) struct ListStreamConsumers;

impl Operation for ListStreamConsumers {
    const NAME: &'static str = "ListStreamConsumers";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource_of(cx, &input.stream_arn))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        streams::terms(cx, None, Some(&input.stream_arn)).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let name = StreamName::pick(cx, None, Some(&input.stream_arn), input.stream_id.as_deref())?;
        let stream = streams::open(cx, &name).await?;
        let created_at = stream.row.created_at();
        if input.stream_creation_timestamp.is_some_and(|at| at.secs() != created_at.secs()) {
            return Err(name.missing());
        }
        let limit = input.max_results.and_then(|max| usize::try_from(max).ok()).unwrap_or(LIST_PAGE);
        let after = match &input.next_token {
            Some(token) => Some(Token::read(token, &input.stream_arn, now)?.after),
            None => None,
        };
        let paging = Paging::after(limit, after.as_deref().map(Cursor::behind));
        let page = table::list::<ConsumerRow>(cx.tx(), stream.row.id.as_str(), &paging).await?;
        let last = page.items.last().map(|row| row.name.clone()).filter(|_| page.next.is_some());
        let token = |after| Token { owner: input.stream_arn.clone(), after, made_at_millis: now }.text();
        Ok(Output {
            consumers: page.items.iter().map(|row| Consumer::of(row, now)).collect(),
            next_token: last.map(token),
        })
    }
}
