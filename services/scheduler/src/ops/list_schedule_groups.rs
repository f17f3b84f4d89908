//! ListScheduleGroups.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::group::{self, DEFAULT};
use crate::keys::GroupRow;
use crate::limits::PAGE;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "NamePrefix", len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    name_prefix: Option<String>,
    #[shape(querystring = "NextToken", len = 1..=2048)]
    next_token: Option<String>,
    #[shape(querystring = "MaxResults", range = 1..=100)]
    max_results: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    next_token: Option<String>,
    schedule_groups: Vec<Group>,
}

/// A group as it is shown.
#[derive(Shape)]
pub(crate) struct Group {
    arn: String,
    name: String,
    state: String,
    creation_date: Option<Timestamp>,
    last_modification_date: Option<Timestamp>,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let time = |millis: i64| (millis > 0).then(|| Timestamp::from_millis(millis));
        Self {
            arn: row.arn(),
            state: row.state().to_owned(),
            name: row.name,
            creation_date: time(row.created_at_millis),
            last_modification_date: time(row.modified_at_millis),
        }
    }
}

/// Lists groups by the beginning of their names; the default one is always there.
pub(crate) struct ListScheduleGroups;

impl Operation for ListScheduleGroups {
    const NAME: &'static str = "ListScheduleGroups";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/schedule-groups"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let after = Cursor::of_token(input.next_token.as_deref(), Error::token)?;
        let is_first = after.is_none();
        let limit = usize::try_from(input.max_results.unwrap_or(PAGE)).unwrap_or(1);
        let prefix = input.name_prefix.unwrap_or_default();
        let paging = Paging::after(limit, after);
        let page = table::list_starting::<GroupRow>(cx.tx(), (&account, &region), &prefix, &paging).await?;
        let mut rows = page.items;
        // It has a row only when something was changed in it.
        if is_first && DEFAULT.starts_with(&prefix) && !rows.iter().any(|row| row.name == DEFAULT) {
            rows.push(group::default(account, region));
            rows.sort_by(|left, right| left.name.cmp(&right.name));
        }
        Ok(Output {
            schedule_groups: rows.into_iter().map(Group::from).collect(),
            next_token: page.next.map(|next| next.to_text()),
        })
    }
}
