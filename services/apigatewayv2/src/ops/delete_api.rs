//! DeleteApi.

use cloud::prelude::*;
use store::layer::table;

use crate::api;
use crate::error::Error;
use crate::keys::ApiRow;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    api_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteApi;

impl Operation for DeleteApi {
    const NAME: &'static str = "DeleteApi";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/v2/apis/{apiId}", 204));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, format_args!("/apis/{}", input.api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = api::open(cx, &input.api_id).await?;
        table::delete::<ApiRow>(cx.tx(), (&row.id,)).await?;
        api::delete_parts(cx.tx(), &row.id).await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn everything_of_it_goes() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        let api = world.ok("apigatewayv2", "CreateApi", json!({"name": "a", "protocolType": "HTTP"})).await;
        let id = &api["apiId"];
        world
            .ok("apigatewayv2", "CreateStage", json!({"apiId": id, "stageName": "dev", "autoDeploy": true}))
            .await;
        world.ok("apigatewayv2", "DeleteApi", json!({"apiId": id})).await;
        for (operation, input) in
            [("GetApi", json!({"apiId": id})), ("GetStage", json!({"apiId": id, "stageName": "dev"}))]
        {
            assert_eq!(world.error("apigatewayv2", operation, input).await.0, "NotFoundException");
        }
    }

    #[tokio::test]
    async fn other_accounts_see_nothing() {
        let world = World::new(&[&crate::APIGATEWAYV2]).await;
        let api = world.ok("apigatewayv2", "CreateApi", json!({"name": "a", "protocolType": "HTTP"})).await;
        let other = cloud::caller::Caller::root("111111111111", "us-east-1");
        let input = json!({"apiId": api["apiId"]});
        let failure = world.call_as(other, "apigatewayv2", "DeleteApi", input).await.unwrap_err();
        assert_eq!(failure.code(), "NotFoundException");
    }
}
