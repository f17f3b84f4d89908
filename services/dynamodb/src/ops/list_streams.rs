//! ListStreams.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::keys::StreamRow;
use crate::limits::STREAMS_PAGE;
use crate::streams::StreamName;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    table_name: Option<String>,
    #[shape(range = 1..=100)]
    limit: Option<i32>,
    #[shape(len = 37..=1024)]
    exclusive_start_stream_arn: Option<String>,
}

/// A stream.
#[derive(Shape)]
pub(crate) struct Stream {
    stream_arn: String,
    table_name: String,
    stream_label: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    streams: Vec<Stream>,
    last_evaluated_stream_arn: Option<String>,
}

pub(crate) struct ListStreams;

impl Operation for ListStreams {
    const NAME: &'static str = "ListStreams";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let table = input.table_name.as_deref().unwrap_or("*");
        Ok(cx.arn("dynamodb", format_args!("table/{table}/stream/*")).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let limit = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(STREAMS_PAGE);
        let start = input.exclusive_start_stream_arn.as_deref().map(StreamName::read).transpose()?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let listing = match &input.table_name {
            Some(table) => {
                let after = start.map(|start| Cursor::behind(&start.label));
                let parts = (account.as_str(), region.as_str(), table.as_str());
                table::list::<StreamRow>(cx.tx(), parts, &Paging::after(limit, after)).await?
            }
            None => {
                let after = start.map(|start| Cursor::behind((&start.table.name, &start.label)));
                let parts = (account.as_str(), region.as_str());
                table::list::<StreamRow>(cx.tx(), parts, &Paging::after(limit, after)).await?
            }
        };
        let last = listing.items.last().map(StreamRow::arn);
        let streams = listing.items.into_iter().map(|row| Stream {
            stream_arn: row.arn(),
            table_name: row.table,
            stream_label: row.label,
        });
        Ok(Output { streams: streams.collect(), last_evaluated_stream_arn: listing.next.and(last) })
    }
}
