//! TagResource.

use cloud::access;
use cloud::prelude::*;

use crate::api::access;
use crate::error::Error;
use crate::keys::Texts;
use crate::limits::TAGS_MAX;
use crate::tagging;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    resource_arn: String,
    tags: Texts,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Adds tags to an API or stage.
pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/tags/{resourceArn}", 204));
    const ACTION: Option<&'static str> = Some("PUT");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/tags/{}", input.resource_arn)))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(&input.tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut tagged = tagging::open(cx, &input.resource_arn).await?;
        tagged.tags().extend(input.tags);
        if tagged.tags().len() > TAGS_MAX {
            return Err(Error::bad(format!("Cannot set more than {TAGS_MAX} tags")));
        }
        tagged.save(cx).await?;
        Ok(Output)
    }
}
