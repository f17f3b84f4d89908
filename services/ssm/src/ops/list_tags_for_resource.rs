//! ListTagsForResource.

use cloud::prelude::*;

use super::tagging::{ResourceType, Tag, resource, tagged};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    resource_type: ResourceType,
    resource_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    tag_list: Vec<Tag>,
}

pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(resource(cx, &input.resource_id))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = tagged(cx, input.resource_type, &input.resource_id).await?;
        Ok(Output { tag_list: row.tags.into_iter().map(|(key, value)| Tag { key, value }).collect() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn tags_come_and_go() {
        let world = World::new(&[&crate::SSM]).await;
        let put =
            json!({"Name": "/app/key", "Value": "v", "Type": "String", "Tags": [{"Key": "a", "Value": "1"}]});
        world.ok("ssm", "PutParameter", put).await;
        let tags = json!([{"Key": "b", "Value": "2"}]);
        let add = json!({"ResourceType": "Parameter", "ResourceId": "/app/key", "Tags": tags});
        world.ok("ssm", "AddTagsToResource", add).await;
        let remove = json!({"ResourceType": "Parameter", "ResourceId": "/app/key", "TagKeys": ["a"]});
        world.ok("ssm", "RemoveTagsFromResource", remove).await;
        let list = json!({"ResourceType": "Parameter", "ResourceId": "/app/key"});
        assert_eq!(world.ok("ssm", "ListTagsForResource", list).await, json!({"TagList": tags}));
    }

    #[tokio::test]
    async fn only_parameters_that_exist() {
        let world = World::new(&[&crate::SSM]).await;
        let missing = json!({"ResourceType": "Parameter", "ResourceId": "none"});
        assert_eq!(world.error("ssm", "ListTagsForResource", missing).await.0, "InvalidResourceId");
        let document = json!({"ResourceType": "Document", "ResourceId": "none"});
        assert_eq!(world.error("ssm", "ListTagsForResource", document).await.0, "InvalidResourceType");
    }
}
