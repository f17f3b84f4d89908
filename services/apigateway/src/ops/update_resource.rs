//! UpdateResource.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, resource, tree};
use crate::error::Error;
use crate::keys::ResourceRow;
use crate::patch::{Change, Op, PatchOperation};
use crate::tree::relocate;
use crate::views;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    resource_id: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

/// The parent and path part that a change leads to.
fn place(row: &ResourceRow, change: &Change<'_>) -> Result<(String, String), Error> {
    let word = change.op.as_str();
    let name = match change.steps()[..] {
        [name @ ("parentId" | "pathPart")] => name.to_owned(),
        _ => {
            return Err(Error::bad(format!(
                "Invalid patch path  '{}' specified for op '{word}'. Must be one of: [/parentId, /pathPart]",
                change.path
            )));
        }
    };
    if change.op != Op::Replace {
        return Err(Error::bad(format!(
            "Invalid patch path  '{}' specified for op '{word}'. Please choose supported operations",
            change.path
        )));
    }
    let (Some(parent), Some(part)) = (&row.parent_id, &row.path_part) else {
        return Err(Error::bad(format!("Root resource cannot update its {name}.")));
    };
    let value = change.text()?;
    Ok(if name == "parentId" { (value, part.clone()) } else { (parent.clone(), value) })
}

/// Moves or renames a resource.
pub(crate) struct UpdateResource;

impl Operation for UpdateResource {
    const NAME: &'static str = "UpdateResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/restapis/{restApiId}/resources/{resourceId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = views::Resource;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/resources/{}", input.rest_api_id, input.resource_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<views::Resource, Error> {
        let mut row = resource(cx, &input.rest_api_id, &input.resource_id).await?;
        let mut tree = tree(cx, &input.rest_api_id).await?;
        for operation in input.patch_operations.unwrap_or_default() {
            let change = Change::of(&operation)?;
            let (parent, part) = place(&row, &change)?;
            if !tree.contains_key(&parent) {
                return Err(Error::no_resource());
            }
            for changed in relocate(&mut tree, &row.id, &parent, &part)? {
                if changed.id == row.id {
                    row = changed.clone();
                }
                table::put(cx.tx(), &changed).await?;
            }
        }
        Ok(views::Resource::of(row, None))
    }
}
