//! `AWS::Lambda::Alias`.

use super::{
    Cx, Failure, MISSING, Map, Property, ResourceOutcome, ResourceRequest, ResourceType, Value, async_trait,
    call, copy, json, plain, provision, unless,
};

/// An alias.
pub(crate) struct Alias;

#[async_trait]
impl ResourceType for Alias {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Alias"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Description"),
            Property::new("FunctionName").required().replace(),
            Property::new("FunctionVersion").required(),
            Property::new("Name").required().replace(),
            Property::new("ProvisionedConcurrencyConfig"),
            Property::new("RoutingConfig"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["AliasArn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let wanted = input(request);
        let made = match call(cx, "CreateAlias", &wanted).await {
            // Made here before an interruption; the rest of it is written again.
            Err(failure) if failure.code() == "ResourceConflictException" && request.repeated => {
                call(cx, "UpdateAlias", &wanted).await?
            }
            other => other?,
        };
        provision(cx, request, &request.text("Name").unwrap_or_default(), false).await?;
        Ok(of(&made))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let made = call(cx, "UpdateAlias", &input(request)).await?;
        let had = old.contains_key("ProvisionedConcurrencyConfig");
        provision(cx, request, &request.text("Name").unwrap_or_default(), had).await?;
        Ok(of(&made))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = copy(request, &["FunctionName", "Name"]);
        unless(call(cx, "DeleteAlias", &input).await, MISSING)
    }
}

fn input(request: &ResourceRequest) -> Value {
    let mut input = copy(request, &["FunctionName", "Name"]);
    input["FunctionVersion"] = json!(request.text("FunctionVersion").unwrap_or_default());
    input["Description"] = json!(request.text("Description").unwrap_or_default());
    // The template has a list, the operation a map.
    let mut weights = Map::new();
    let list =
        request.property("RoutingConfig").and_then(|routing| routing["AdditionalVersionWeights"].as_array());
    for weight in list.into_iter().flatten() {
        if let Some(version) = plain(&weight["FunctionVersion"]).as_str() {
            weights.insert(version.to_string(), weight["FunctionWeight"].clone());
        }
    }
    input["RoutingConfig"] = json!({"AdditionalVersionWeights": weights});
    input
}

/// `Ref` is the alias's ARN.
fn of(alias: &Value) -> ResourceOutcome {
    ResourceOutcome::new(
        alias["AliasArn"].as_str().unwrap_or_default(),
        [("AliasArn", alias["AliasArn"].clone())],
    )
}
