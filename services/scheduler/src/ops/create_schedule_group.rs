//! CreateScheduleGroup.

use cloud::access;
use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::group::{self, DEFAULT};
use crate::keys::GroupRow;
use crate::limits::GROUPS_MAX;
use crate::shapes::Tag;
use crate::token;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    name: String,
    #[shape(len = 0..=200)]
    tags: Option<Vec<Tag>>,
    #[shape(len = 1..=64, pattern = r"^[a-zA-Z0-9-_]+$")]
    client_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    schedule_group_arn: String,
}

/// Makes a group of schedules.
pub(crate) struct CreateScheduleGroup;

impl Operation for CreateScheduleGroup {
    const NAME: &'static str = "CreateScheduleGroup";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/schedule-groups/{Name}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::arn(cx, &input.name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let tags = input.tags.iter().flatten().map(|tag| (&tag.key, &tag.value));
        Ok(vec![access::request_tags(tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let schedule_group_arn = group::arn(cx, &input.name).to_string();
        let asked = format!("{} {} {:?}", Self::NAME, input.name, input.tags);
        if token::is_repeated(cx, input.client_token.as_deref(), &asked).await? {
            return Ok(Output { schedule_group_arn });
        }
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let present =
            table::list::<GroupRow>(cx.tx(), (&account, &region), &Paging::first(GROUPS_MAX)).await?;
        if present.items.len() >= GROUPS_MAX {
            return Err(Error::Quota(format!("the account has {GROUPS_MAX} schedule groups already")));
        }
        let tags = group::tags(input.tags);
        group::check_tags(&tags)?;
        let now_millis = cx.now().millis();
        let row = GroupRow {
            account,
            region,
            name: input.name,
            deleting: false,
            created_at_millis: now_millis,
            modified_at_millis: now_millis,
            tags,
        };
        if row.name == DEFAULT || !table::insert(cx.tx(), &row).await? {
            return Err(Error::Conflict(format!("Schedule group {} already exists.", row.name)));
        }
        Ok(Output { schedule_group_arn })
    }
}
