//! ListSchedules.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::group;
use crate::keys::ScheduleRow;
use crate::limits::PAGE;
use crate::shapes::{self, State};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "ScheduleGroup", len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    group_name: Option<String>,
    #[shape(querystring = "NamePrefix", len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    name_prefix: Option<String>,
    #[shape(querystring = "State")]
    state: Option<State>,
    #[shape(querystring = "NextToken", len = 1..=2048)]
    next_token: Option<String>,
    #[shape(querystring = "MaxResults", range = 1..=100)]
    max_results: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    next_token: Option<String>,
    schedules: Vec<Summary>,
}

#[derive(Shape)]
struct Summary {
    arn: String,
    name: String,
    group_name: String,
    state: State,
    creation_date: Timestamp,
    last_modification_date: Timestamp,
    target: TargetSummary,
}

#[derive(Shape)]
struct TargetSummary {
    arn: String,
}

/// Lists schedules by group, state and the beginning of their names. A page may hold fewer than asked for, as in AWS.
pub(crate) struct ListSchedules;

impl Operation for ListSchedules {
    const NAME: &'static str = "ListSchedules";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/schedules"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let after = Cursor::of_token(input.next_token.as_deref(), Error::token)?;
        let limit = usize::try_from(input.max_results.unwrap_or(PAGE)).unwrap_or(1);
        let paging = Paging::after(limit, after);
        let prefix = input.name_prefix.as_deref().unwrap_or_default();
        let page = match &input.group_name {
            Some(name) => {
                group::open(cx, name).await?;
                table::list_starting::<ScheduleRow>(cx.tx(), (&account, &region, name), prefix, &paging)
                    .await?
            }
            None => table::list::<ScheduleRow>(cx.tx(), (&account, &region), &paging).await?,
        };
        let next_token = page.next.map(|next| next.to_text());
        let wanted = |row: &ScheduleRow| {
            row.name.starts_with(prefix) && input.state.is_none_or(|state| state == shapes::state(row))
        };
        let schedules = page.items.into_iter().filter(wanted).map(|row| Summary {
            arn: row.arn(),
            state: shapes::state(&row),
            name: row.name,
            group_name: row.group,
            creation_date: Timestamp::from_millis(row.created_at_millis),
            last_modification_date: Timestamp::from_millis(row.modified_at_millis),
            target: TargetSummary { arn: row.target.arn },
        });
        Ok(Output { schedules: schedules.collect(), next_token })
    }
}
