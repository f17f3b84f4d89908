//! UntagResource.

use cloud::access;
use cloud::prelude::*;

use crate::api::access;
use crate::error::Error;
use crate::tagging;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    resource_arn: String,
    #[shape(querystring = "tagKeys")]
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes tags from an API or stage.
pub(crate) struct UntagResource;

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/tags/{resourceArn}", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/tags/{}", input.resource_arn)))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut tagged = tagging::open(cx, &input.resource_arn).await?;
        tagged.tags().retain(|key, _| !input.tag_keys.contains(key));
        tagged.save(cx).await?;
        Ok(Output)
    }
}
