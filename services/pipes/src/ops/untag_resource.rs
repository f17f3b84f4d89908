//! UntagResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label, len = 1..=1600, pattern = r"arn:aws([a-z]|\-)*:([a-zA-Z0-9\-]+):([a-z]|\d|\-)*:([0-9]{12})?:(.+)")]
    resource_arn: String,
    #[shape(querystring = "tagKeys", len = 0..=50)]
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes tags from a pipe.
pub(crate) struct UntagResource;

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/tags/{resourceArn}", 200));
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
        let mut row = super::open_arn(cx, &input.resource_arn).await?;
        row.tags.retain(|key, _| !input.tag_keys.contains(key));
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
