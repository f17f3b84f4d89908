//! What CloudFormation asks of resource types, for their tests.

use std::collections::BTreeMap;

use ::cloud::resource::ResourceRequest;
use serde_json::Value;

/// The resource `logical_id` of the stack `demo`, whose tags are `STAGE=dev`. `properties` are an object.
pub fn request(logical_id: &str, properties: Value, physical_id: Option<&str>) -> ResourceRequest {
    ResourceRequest {
        stack_name: "demo".to_owned(),
        stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/demo/1".to_owned(),
        logical_id: logical_id.to_owned(),
        physical_id: physical_id.map(str::to_owned),
        token: "t".to_owned(),
        repeated: false,
        properties: properties.as_object().cloned().expect("properties are an object"),
        tags: BTreeMap::from([("STAGE".to_owned(), "dev".to_owned())]),
    }
}
