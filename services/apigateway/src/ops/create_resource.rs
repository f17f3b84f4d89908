//! CreateResource.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part_id, resource, tree};
use crate::error::Error;
use crate::keys::ResourceRow;
use crate::limits::RESOURCES_MAX;
use crate::tree::{check_place, path_under};
use crate::views;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    parent_id: String,
    path_part: String,
}

/// Makes a resource under another one.
pub(crate) struct CreateResource;

impl Operation for CreateResource {
    const NAME: &'static str = "CreateResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/restapis/{restApiId}/resources/{parentId}", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = views::Resource;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/resources/{}", input.rest_api_id, input.parent_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<views::Resource, Error> {
        let parent: ResourceRow = resource(cx, &input.rest_api_id, &input.parent_id).await?;
        let tree = tree(cx, &input.rest_api_id).await?;
        if tree.len() > RESOURCES_MAX {
            return Err(Error::bad(
                "Maximum number of resources for this API has been reached. Please contact AWS if \
                                   you need additional resources.",
            ));
        }
        check_place(&tree, &parent, &input.path_part, None)?;
        let row = ResourceRow {
            api_id: input.rest_api_id,
            id: part_id(cx),
            path: path_under(&parent, &input.path_part),
            parent_id: Some(parent.id),
            path_part: Some(input.path_part),
            methods: Default::default(),
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(cloud::Failure::conflict().into());
        }
        Ok(views::Resource::of(row, None))
    }
}
