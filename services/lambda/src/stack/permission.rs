//! `AWS::Lambda::Permission`.

use super::{
    Cx, Failure, MISSING, Map, Property, ResourceOutcome, ResourceRequest, ResourceType, Value, async_trait,
    call, copy, json, unless,
};

/// Longest statement id.
const ID_MAX: usize = 100;

/// A statement of a function's policy.
pub(crate) struct Permission;

#[async_trait]
impl ResourceType for Permission {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Permission"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Action").required().replace(),
            Property::new("EventSourceToken").replace(),
            Property::new("FunctionName").required().replace(),
            Property::new("FunctionUrlAuthType").replace(),
            Property::new("InvokedViaFunctionUrl").replace(),
            Property::new("Principal").required().replace(),
            Property::new("PrincipalOrgID").replace(),
            Property::new("SourceAccount").replace(),
            Property::new("SourceArn").replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let id = request.generated_name(ID_MAX);
        let mut input = copy(
            request,
            &[
                "Action",
                "EventSourceToken",
                "FunctionName",
                "FunctionUrlAuthType",
                "Principal",
                "PrincipalOrgID",
                "SourceArn",
            ],
        );
        // An account that begins with zeros may come as a number.
        if let Some(account) = request.text("SourceAccount") {
            input["SourceAccount"] = json!(format!("{account:0>12}"));
        }
        if let Some(via) = request.text("InvokedViaFunctionUrl") {
            input["InvokedViaFunctionUrl"] = json!(via == "true");
        }
        input["StatementId"] = json!(id);
        match call(cx, "AddPermission", &input).await {
            // The id is generated, so a statement with it was made here before an interruption.
            Err(failure) if failure.code() == "ResourceConflictException" => {}
            other => drop(other?),
        }
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
        let input = json!({"FunctionName": request.text("FunctionName"), "StatementId": request.physical()?});
        unless(call(cx, "RemovePermission", &input).await, MISSING)
    }
}
