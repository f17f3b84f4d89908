//! GetTags.

use cloud::prelude::*;

use crate::api::{Page, access};
use crate::error::Error;
use crate::keys::Texts;
use crate::tagging;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    resource_arn: String,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    tags: Texts,
}

/// Lists the tags of an API or stage.
pub(crate) struct GetTags;

impl Operation for GetTags {
    const NAME: &'static str = "GetTags";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/tags/{resourceArn}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/tags/{}", input.resource_arn)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        // AWS knows `position` and `limit` here and uses neither.
        let mut tagged = tagging::open(cx, &input.resource_arn).await?;
        Ok(Output { tags: std::mem::take(tagged.tags()) })
    }
}
