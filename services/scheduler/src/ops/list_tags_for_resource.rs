//! ListTagsForResource.

use cloud::prelude::*;

use crate::error::Error;
use crate::group;
use crate::shapes::Tag;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=1011, pattern = r"^arn:aws(-[a-z]+)?:scheduler:[a-z0-9\-]+:\d{12}:schedule-group\/[0-9a-zA-Z-_.]+$")]
    resource_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

/// Shows the tags of a group.
pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/tags/{ResourceArn}"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.resource_arn.parse::<Arn>().map_or(Resource::Any, Resource::One))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = group::of_arn(cx, &input.resource_arn).await?;
        let tags = row.tags.into_iter().map(|(key, value)| Tag { key, value });
        Ok(Output { tags: tags.collect() })
    }
}
