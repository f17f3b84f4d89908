//! ListStreams.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::describe::StreamState;
use crate::error::Error;
use crate::keys::StreamRow;
use crate::limits::LIST_PAGE;
use crate::token::Token;

/// A stream in a list.
#[derive(Shape)]
pub(crate) struct StreamSummary {
    #[shape(flatten)]
    state: StreamState,
    stream_creation_timestamp: Timestamp,
}

impl StreamSummary {
    fn of(row: &StreamRow, now: i64) -> Self {
        Self { state: StreamState::of(row, now), stream_creation_timestamp: row.created_at() }
    }
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(range = 1..=10000)]
    limit: Option<i32>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    exclusive_start_stream_name: Option<String>,
    #[shape(len = 1..=1048576)]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stream_names: Vec<String>,
    has_more_streams: bool,
    next_token: Option<String>,
    stream_summaries: Vec<StreamSummary>,
}

pub(crate) struct ListStreams;

impl Operation for ListStreams {
    const NAME: &'static str = "ListStreams";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let limit = usize::try_from(input.limit.unwrap_or(0)).unwrap_or(0);
        let limit = if limit == 0 { LIST_PAGE } else { limit };
        let owner = format!("{} {}", cx.account(), cx.region());
        let mut after = match input.next_token {
            Some(token) => Some(Token::read(&token, &owner, now)?.after),
            None => input.exclusive_start_stream_name,
        };
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let mut rows: Vec<StreamRow> = Vec::new();
        // One more tells whether there is more; streams that are gone do not count.
        while rows.len() <= limit {
            let paging = Paging::after(limit + 1 - rows.len(), after.as_deref().map(Cursor::behind));
            let page =
                table::list::<StreamRow>(cx.tx(), (account.as_str(), region.as_str()), &paging).await?;
            after = page.items.last().map(|row| row.name.clone());
            rows.extend(page.items.into_iter().filter(|row| row.status(now).is_some()));
            if page.next.is_none() {
                break;
            }
        }
        let has_more_streams = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().map(|row| row.name.clone()).filter(|_| has_more_streams);
        Ok(Output {
            has_more_streams,
            next_token: last.map(|after| Token { owner, after, made_at_millis: now }.text()),
            stream_names: rows.iter().map(|row| row.name.clone()).collect(),
            stream_summaries: rows.iter().map(|row| StreamSummary::of(row, now)).collect(),
        })
    }
}
