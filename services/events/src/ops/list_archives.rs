//! ListArchives.

use cloud::prelude::*;
use store::layer::counter;

use crate::error::Error;
use crate::keys::ArchiveRow;
use crate::paging::{self, Page};
use crate::{archive, bus};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=48, pattern = r"[\.\-_A-Za-z0-9]+")]
    name_prefix: Option<String>,
    #[shape(len = 1..=1600)]
    event_source_arn: Option<String>,
    state: Option<String>,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
pub(crate) struct Output {
    archives: Vec<Archive>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct Archive {
    archive_name: String,
    event_source_arn: String,
    state: String,
    retention_days: i32,
    size_bytes: i64,
    event_count: i64,
    creation_time: Timestamp,
}

/// Lists archives by one of: the beginning of their names, their bus, their state.
pub(crate) struct ListArchives;

impl Operation for ListArchives {
    const NAME: &'static str = "ListArchives";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(archive::arn(cx, "*").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let filters = [input.name_prefix.is_some(), input.event_source_arn.is_some(), input.state.is_some()];
        paging::one_filter(Self::NAME, filters)?;
        if let Some(arn) = &input.event_source_arn {
            let bus = archive::bus_of(cx, "EventSourceArn", arn)?;
            bus::open(cx, &bus).await?;
        }
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let page =
            input.page.rows::<ArchiveRow>(cx, (&account, &region), input.name_prefix.as_deref()).await?;
        let next_token = paging::token(&page);
        let mut archives = Vec::with_capacity(page.items.len());
        for row in page.items {
            let source = bus::arn(cx, &row.bus).to_string();
            if input.event_source_arn.as_ref().is_some_and(|wanted| *wanted != source)
                || input.state.as_deref().is_some_and(|wanted| wanted != archive::STATE)
            {
                continue;
            }
            let [events, bytes] = row.counters();
            archives.push(Archive {
                archive_name: row.name,
                event_source_arn: source,
                state: archive::STATE.to_owned(),
                retention_days: row.retention_days,
                size_bytes: counter::get(cx.tx(), &bytes).await?,
                event_count: counter::get(cx.tx(), &events).await?,
                creation_time: Timestamp::from_millis(row.created_at_millis),
            });
        }
        Ok(Output { archives, next_token })
    }
}
