//! DeleteResource.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, resource, tree};
use crate::error::Error;
use crate::keys::{Part, ResourceRow};
use crate::tree::branch;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    resource_id: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a resource with everything under it.
pub(crate) struct DeleteResource;

impl Operation for DeleteResource {
    const NAME: &'static str = "DeleteResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/restapis/{restApiId}/resources/{resourceId}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/resources/{}", input.rest_api_id, input.resource_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = resource(cx, &input.rest_api_id, &input.resource_id).await?;
        if row.parent_id.is_none() {
            return Err(Error::bad("Cannot delete root resource."));
        }
        let tree = tree(cx, &input.rest_api_id).await?;
        for id in branch(&tree, &row.id) {
            table::delete::<ResourceRow>(cx.tx(), (&row.api_id, ResourceRow::KIND, id)).await?;
        }
        Ok(Output)
    }
}
