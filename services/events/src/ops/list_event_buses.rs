//! ListEventBuses.

use cloud::prelude::*;
use store::layer::table::Cursor;

use crate::bus::{self, DEFAULT};
use crate::error::Error;
use crate::keys::BusRow;
use crate::paging::{self, Page};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=256, pattern = r"[/\.\-_A-Za-z0-9]+")]
    name_prefix: Option<String>,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
pub(crate) struct Output {
    event_buses: Vec<EventBus>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct EventBus {
    name: String,
    arn: String,
    description: Option<String>,
    policy: Option<String>,
    creation_time: Option<Timestamp>,
    last_modified_time: Option<Timestamp>,
}

/// Lists buses by the beginning of their names; the default one is always there.
pub(crate) struct ListEventBuses;

impl Operation for ListEventBuses {
    const NAME: &'static str = "ListEventBuses";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(bus::arn(cx, "*").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let prefix = input.name_prefix.as_deref();
        let first_page = input.page.next_token.is_none();
        let page = input.page.rows::<BusRow>(cx, (&account, &region), prefix).await?;
        let mut next_token = paging::token(&page);
        // The default bus has a row only when something was changed in it: it stands on the first page, and nowhere else.
        let mut rows: Vec<BusRow> = page.items.into_iter().filter(|row| row.name != DEFAULT).collect();
        if first_page && DEFAULT.starts_with(prefix.unwrap_or_default()) {
            if rows.len() >= input.page.size() {
                rows.truncate(input.page.size() - 1);
                let last = rows.last().map_or("", |row| &row.name);
                next_token = Some(Cursor::behind(last).to_text());
            }
            rows.extend(bus::find(cx.tx(), &account, &region, DEFAULT).await?);
            rows.sort_by(|left, right| left.name.cmp(&right.name));
        }
        let time = |millis: i64| (millis > 0).then(|| Timestamp::from_millis(millis));
        let event_buses = rows.into_iter().map(|row| EventBus {
            arn: row.arn(),
            name: row.name,
            description: row.description,
            policy: row.policy,
            creation_time: time(row.created_at_millis),
            last_modified_time: time(row.modified_at_millis),
        });
        Ok(Output { event_buses: event_buses.collect(), next_token })
    }
}
