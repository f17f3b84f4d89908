//! UntagResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::group;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=1011, pattern = r"^arn:aws(-[a-z]+)?:scheduler:[a-z0-9\-]+:\d{12}:schedule-group\/[0-9a-zA-Z-_.]+$")]
    resource_arn: String,
    #[shape(querystring = "TagKeys", len = 0..=200)]
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes tags from a group.
pub(crate) struct UntagResource;

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/tags/{ResourceArn}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.resource_arn.parse::<Arn>().map_or(Resource::Any, Resource::One))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = group::of_arn(cx, &input.resource_arn).await?;
        row.tags.retain(|key, _| !input.tag_keys.contains(key));
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
