//! CloudFormation resource types.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, tag_list, unless};
use serde_json::{Map, Value, json};

/// `AWS::SSM::Parameter`.
pub(crate) struct Parameter;

/// Longest generated name.
const NAME_CHARS_MAX: usize = 255;

#[async_trait]
impl ResourceType for Parameter {
    fn name(&self) -> &'static str {
        "AWS::SSM::Parameter"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("AllowedPattern"),
            Property::new("DataType"),
            Property::new("Description"),
            Property::new("Name").replace(),
            Property::new("Tags"),
            Property::new("Tier"),
            Property::new("Type").required(),
            Property::new("Value").required(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Type", "Value"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        let ours = request.adopts("Name");
        put(cx, request, &name, ours).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        put(cx, request, request.physical()?, true).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let caller = cx.caller().clone();
        let input = json!({"Name": request.physical()?});
        unless(cx.call_json(caller, "ssm", "DeleteParameter", &input).await, "ParameterNotFound")
    }
}

async fn put(
    cx: &mut Cx,
    request: &ResourceRequest,
    name: &str,
    overwrite: bool,
) -> Result<ResourceOutcome, Failure> {
    let mut input = Map::new();
    for property in ["AllowedPattern", "DataType", "Description", "Tier", "Type", "Value"] {
        if let Some(text) = request.text(property) {
            input.insert(property.to_owned(), Value::String(text));
        }
    }
    input.insert("Name".to_owned(), json!(name));
    input.insert("Overwrite".to_owned(), json!(overwrite));
    let tags = tag_list(&request.all_tags());
    if !overwrite && !tags.is_empty() {
        input.insert("Tags".to_owned(), Value::Array(tags.clone()));
    }
    let caller = cx.caller().clone();
    cx.call_json(caller.clone(), "ssm", "PutParameter", &Value::Object(input)).await?;
    if overwrite && !tags.is_empty() {
        let input = json!({"ResourceType": "Parameter", "ResourceId": name, "Tags": tags});
        cx.call_json(caller, "ssm", "AddTagsToResource", &input).await?;
    }
    Ok(ResourceOutcome::new(name, ["Type", "Value"].map(|name| (name, json!(request.text(name))))))
}
