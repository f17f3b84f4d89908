//! GetTags.

use cloud::prelude::*;

use crate::api::{self, Tagged};
use crate::error::Error;
use crate::keys::Texts;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label, name = "resource-arn")]
    resource_arn: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    tags: Texts,
}

pub(crate) struct GetTags;

impl Operation for GetTags {
    const NAME: &'static str = "GetTags";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v2/tags/{resource-arn}"));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/tags/{}", input.resource_arn)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut tagged = Tagged::open(cx, &input.resource_arn).await?;
        Ok(Output { tags: std::mem::take(tagged.tags()) })
    }
}
