//! `AWS::Lambda::LayerVersion` and `AWS::Lambda::LayerVersionPermission`.

use super::{
    Cx, Failure, MISSING, Map, Property, ResourceOutcome, ResourceRequest, ResourceType, Value, async_trait,
    call, copy, json, unless,
};
use crate::names;

/// Longest layer name.
const NAME_MAX: usize = 64;

/// A version of a layer.
pub(crate) struct LayerVersion;

#[async_trait]
impl ResourceType for LayerVersion {
    fn name(&self) -> &'static str {
        "AWS::Lambda::LayerVersion"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("CompatibleArchitectures").replace(),
            Property::new("CompatibleRuntimes").replace(),
            Property::new("Content").required().replace(),
            Property::new("Description").replace(),
            Property::new("LayerName").replace(),
            Property::new("LicenseInfo").replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["LayerVersionArn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let names =
            ["CompatibleArchitectures", "CompatibleRuntimes", "Content", "Description", "LicenseInfo"];
        let mut input = copy(request, &names);
        let name = request.text("LayerName").unwrap_or_else(|| request.generated_name(NAME_MAX));
        input["LayerName"] = json!(name);
        let made = call(cx, "PublishLayerVersion", &input).await?;
        let arn = &made["LayerVersionArn"];
        Ok(ResourceOutcome::new(arn.as_str().unwrap_or_default(), [("LayerVersionArn", arn.clone())]))
    }

    async fn update(
        &self,
        _cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let arn = request.physical()?; // Every property replaces.
        Ok(ResourceOutcome::of_id(arn, "LayerVersionArn"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let Some((layer, version)) = parts(request.physical()?) else { return Ok(()) };
        let input = json!({"LayerName": layer, "VersionNumber": version});
        unless(call(cx, "DeleteLayerVersion", &input).await, MISSING)
    }
}

/// The layer's name and the version's number of an ARN.
fn parts(arn: &str) -> Option<(&str, i64)> {
    names::layer_version(arn).map(|(_, _, name, version)| (name, version))
}

/// A statement of a layer version's policy.
pub(crate) struct LayerVersionPermission;

#[async_trait]
impl ResourceType for LayerVersionPermission {
    fn name(&self) -> &'static str {
        "AWS::Lambda::LayerVersionPermission"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Action").required().replace(),
            Property::new("LayerVersionArn").required().replace(),
            Property::new("OrganizationId").replace(),
            Property::new("Principal").required().replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let arn = request.text("LayerVersionArn").unwrap_or_default();
        let invalid =
            || Failure::new("ValidationError", 400, format!("{arn} is not the ARN of a layer version"));
        let (layer, version) = parts(&arn).ok_or_else(invalid)?;
        let mut input = copy(request, &["Action", "OrganizationId"]);
        input["Principal"] = json!(request.text("Principal"));
        input["LayerName"] = json!(layer);
        input["VersionNumber"] = json!(version);
        let statement = request.generated_name(NAME_MAX);
        input["StatementId"] = json!(statement);
        match call(cx, "AddLayerVersionPermission", &input).await {
            // The id is generated, so a statement with it was made here before an interruption.
            Err(failure) if failure.code() == "ResourceConflictException" => {}
            other => drop(other?),
        }
        let id = format!("{arn}#{statement}");
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    async fn update(
        &self,
        _cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?; // Every property replaces.
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let Some((arn, statement)) = request.physical()?.split_once('#') else { return Ok(()) };
        let Some((layer, version)) = parts(arn) else { return Ok(()) };
        let input = json!({"LayerName": layer, "VersionNumber": version, "StatementId": statement});
        unless(call(cx, "RemoveLayerVersionPermission", &input).await, MISSING)
    }
}
