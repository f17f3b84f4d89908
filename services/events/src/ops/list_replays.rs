//! ListReplays.

use cloud::prelude::*;

use crate::archive;
use crate::error::Error;
use crate::keys::ReplayRow;
use crate::paging::{self, Page};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name_prefix: Option<String>,
    state: Option<String>,
    #[shape(len = 1..=1600)]
    event_source_arn: Option<String>,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
pub(crate) struct Output {
    replays: Vec<Replay>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct Replay {
    replay_name: String,
    event_source_arn: String,
    state: String,
    state_reason: Option<String>,
    event_start_time: Timestamp,
    event_end_time: Timestamp,
    event_last_replayed_time: Option<Timestamp>,
    replay_start_time: Timestamp,
    replay_end_time: Option<Timestamp>,
}

/// Lists replays by one of: the beginning of their names, their state, their archive.
pub(crate) struct ListReplays;

impl Operation for ListReplays {
    const NAME: &'static str = "ListReplays";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(archive::replay_arn(cx, "*").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let filters = [input.name_prefix.is_some(), input.event_source_arn.is_some(), input.state.is_some()];
        paging::one_filter(Self::NAME, filters)?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let page =
            input.page.rows::<ReplayRow>(cx, (&account, &region), input.name_prefix.as_deref()).await?;
        let next_token = paging::token(&page);
        let mut replays = Vec::with_capacity(page.items.len());
        for row in page.items {
            let source = archive::arn(cx, &row.archive).to_string();
            if input.event_source_arn.as_ref().is_some_and(|wanted| *wanted != source)
                || input.state.as_ref().is_some_and(|wanted| *wanted != row.state)
            {
                continue;
            }
            replays.push(Replay {
                replay_name: row.name,
                event_source_arn: source,
                state: row.state,
                state_reason: row.state_reason,
                event_start_time: Timestamp::from_millis(row.from_millis),
                event_end_time: Timestamp::from_millis(row.to_millis),
                event_last_replayed_time: row.last_millis.map(Timestamp::from_millis),
                replay_start_time: Timestamp::from_millis(row.started_at_millis),
                replay_end_time: row.ended_at_millis.map(Timestamp::from_millis),
            });
        }
        Ok(Output { replays, next_token })
    }
}
