//! TagResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::group;
use crate::shapes::Tag;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=1011, pattern = r"^arn:aws(-[a-z]+)?:scheduler:[a-z0-9\-]+:\d{12}:schedule-group\/[0-9a-zA-Z-_.]+$")]
    resource_arn: String,
    #[shape(len = 0..=200)]
    tags: Vec<Tag>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Gives a group tags.
pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/tags/{ResourceArn}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.resource_arn.parse::<Arn>().map_or(Resource::Any, Resource::One))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let tags = input.tags.iter().map(|tag| (&tag.key, &tag.value));
        Ok(vec![access::request_tags(tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = group::of_arn(cx, &input.resource_arn).await?;
        row.tags.extend(group::tags(Some(input.tags)));
        group::check_tags(&row.tags)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
