//! `AWS::Lambda::Version`.

use super::{
    Cx, Failure, MISSING, Map, Property, ResourceOutcome, ResourceRequest, ResourceType, Value, async_trait,
    call, copy, json, provision, unless,
};

/// A published version.
///
/// Differs from AWS: when nothing has changed since the last version, the resource is that version; AWS fails the stack.
pub(crate) struct FunctionVersion;

#[async_trait]
impl ResourceType for FunctionVersion {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Version"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("CodeSha256").replace(),
            Property::new("Description").replace(),
            Property::new("FunctionName").required().replace(),
            Property::new("ProvisionedConcurrencyConfig"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Version", "FunctionArn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let input = copy(request, &["FunctionName", "CodeSha256", "Description"]);
        let made = call(cx, "PublishVersion", &input).await?;
        provision(cx, request, made["Version"].as_str().unwrap_or_default(), false).await?;
        Ok(of(&made))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let input = json!({"FunctionName": request.physical()?});
        let made = call(cx, "GetFunctionConfiguration", &input).await?;
        let had = old.contains_key("ProvisionedConcurrencyConfig");
        provision(cx, request, made["Version"].as_str().unwrap_or_default(), had).await?;
        Ok(of(&made))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"FunctionName": request.physical()?});
        unless(call(cx, "DeleteFunction", &input).await, MISSING)
    }
}

/// `Ref` is the ARN with the number.
fn of(version: &Value) -> ResourceOutcome {
    let arn = &version["FunctionArn"];
    ResourceOutcome::new(
        arn.as_str().unwrap_or_default(),
        [("Version", version["Version"].clone()), ("FunctionArn", arn.clone())],
    )
}
