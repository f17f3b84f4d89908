//! TagResource.

use cloud::access;
use cloud::prelude::*;

use crate::api::{self, Tagged};
use crate::error::Error;
use crate::keys::Texts;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label, name = "resource-arn")]
    resource_arn: String,
    tags: Option<Texts>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/v2/tags/{resource-arn}", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/tags/{}", input.resource_arn)))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut tagged = Tagged::open(cx, &input.resource_arn).await?;
        tagged.tags().extend(input.tags.unwrap_or_default());
        tagged.save(cx).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn tags_come_and_go() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        let input = json!({"name": "a", "protocolType": "HTTP", "tags": {"x": "1"}});
        let api = world.ok("apigatewayv2", "CreateApi", input).await;
        let arn = format!("arn:aws:apigateway:us-east-1::/apis/{}", api["apiId"].as_str().unwrap());
        world.ok("apigatewayv2", "TagResource", json!({"resource-arn": arn, "tags": {"y": "2"}})).await;
        world.ok("apigatewayv2", "UntagResource", json!({"resource-arn": arn, "tagKeys": ["x"]})).await;
        let tags = world.ok("apigatewayv2", "GetTags", json!({"resource-arn": arn})).await;
        assert_eq!(tags, json!({"tags": {"y": "2"}}));
        let other = json!({"resource-arn": "arn:aws:s3:::bucket"});
        assert_eq!(world.error("apigatewayv2", "GetTags", other).await.0, "BadRequestException");
    }
}
