//! AddLayerVersionPermission.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::policy::Grant;
use crate::{function, layers, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+")]
    layer_name: String,
    #[shape(label)]
    version_number: i64,
    #[shape(len = 1..=100, pattern = "([a-zA-Z0-9-_]+)")]
    statement_id: String,
    #[shape(len = ..=22, pattern = "lambda:GetLayerVersion")]
    action: String,
    #[shape(pattern = r"\d{12}|\*|arn:(aws[a-zA-Z-]*):iam::\d{12}:root")]
    principal: String,
    #[shape(len = ..=34, pattern = "o-[a-z0-9]{10,32}")]
    organization_id: Option<String>,
    #[shape(querystring = "RevisionId")]
    revision_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    statement: String,
    revision_id: String,
}

/// Lets an account, an organization or everybody use a layer version.
pub(crate) struct AddLayerVersionPermission;

impl Operation for AddLayerVersionPermission {
    const NAME: &'static str = "AddLayerVersionPermission";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("POST", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy", 201));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let (account, region, name) = names::layer(cx, &input.layer_name)?;
        let resource = format_args!("layer:{name}:{}", input.version_number).to_string();
        Ok(Arn::new("lambda", &region, &account, resource).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let key = names::layer(cx, &input.layer_name)?;
        let revision = cx.new_id();
        let mut row = layers::open(cx.tx(), &key, input.version_number).await?;
        if let Some(wanted) = &input.revision_id {
            function::check_revision(Some(wanted), &row.policy.revision_id)?;
        }
        let grant = Grant {
            statement_id: input.statement_id,
            action: input.action,
            principal: input.principal,
            resource: layers::version_arn(&row),
            source_arn: None,
            source_account: None,
            organization: input.organization_id,
            url_auth_type: None,
            event_source_token: None,
            invoked_via_url: None,
        };
        let statement = row.policy.add(&grant, revision.clone())?;
        table::put(cx.tx(), &row).await?;
        Ok(Output { statement, revision_id: revision })
    }
}
