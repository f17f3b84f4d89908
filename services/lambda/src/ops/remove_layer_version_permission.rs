//! RemoveLayerVersionPermission.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::{function, layers, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+")]
    layer_name: String,
    #[shape(label)]
    version_number: i64,
    #[shape(label, len = 1..=100, pattern = "([a-zA-Z0-9-_]+)")]
    statement_id: String,
    #[shape(querystring = "RevisionId")]
    revision_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes a permission on a layer version back.
pub(crate) struct RemoveLayerVersionPermission;

impl Operation for RemoveLayerVersionPermission {
    const NAME: &'static str = "RemoveLayerVersionPermission";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new(
        "DELETE",
        "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}",
        204,
    ));
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
        row.policy.remove(&input.statement_id, revision)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
