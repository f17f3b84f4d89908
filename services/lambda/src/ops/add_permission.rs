//! AddPermission.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::names::{FunctionRef, LATEST};
use crate::policy::Grant;
use crate::shapes::AuthType;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(len = 1..=100, pattern = "([a-zA-Z0-9-_]+)")]
    statement_id: String,
    #[shape(pattern = r"(lambda:[*]|lambda:[a-zA-Z]+|[*])")]
    action: String,
    #[shape(pattern = r"[^\s]+")]
    principal: String,
    #[shape(
        pattern = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
    )]
    source_arn: Option<String>,
    #[shape(len = ..=12, pattern = r"\d{12}")]
    source_account: Option<String>,
    #[shape(len = ..=256, pattern = r"[a-zA-Z0-9._\-]+")]
    event_source_token: Option<String>,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
    revision_id: Option<String>,
    #[shape(name = "PrincipalOrgID", len = 12..=34, pattern = "o-[a-z0-9]{10,32}")]
    principal_org_id: Option<String>,
    function_url_auth_type: Option<AuthType>,
    invoked_via_function_url: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    statement: String,
}

/// Lets a service, an account or everybody invoke a function.
pub(crate) struct AddPermission;

impl Operation for AddPermission {
    const NAME: &'static str = "AddPermission";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2015-03-31/functions/{FunctionName}/policy", 201));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        if function.qualifier.as_deref() == Some(LATEST) {
            // Recorded: LocalStack tests/aws/services/lambda_, test_add_lambda_permission_aws.
            return Err(Error::invalid("We currently do not support adding policies for $LATEST."));
        }
        let revision = cx.new_id();
        let mut row = function::find(cx.tx(), &function).await?.row;
        let policy = row.policies.entry(function.qualifier.clone().unwrap_or_default()).or_default();
        if let Some(wanted) = &input.revision_id {
            function::check_revision(Some(wanted), &policy.revision_id)?;
        }
        let grant = Grant {
            statement_id: input.statement_id,
            action: input.action,
            principal: input.principal,
            resource: function.qualified_arn().to_string(),
            source_arn: input.source_arn,
            source_account: input.source_account,
            organization: input.principal_org_id,
            url_auth_type: input.function_url_auth_type.map(|auth| match auth {
                AuthType::None => "NONE",
                AuthType::Iam => "AWS_IAM",
            }),
            event_source_token: input.event_source_token,
            invoked_via_url: input.invoked_via_function_url,
        };
        let statement = policy.add(&grant, revision)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output { statement })
    }
}
