//! UpdateRestApi.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, open};
use crate::error::Error;
use crate::keys::ApiRow;
use crate::patch::{Change, Op, PatchOperation};
use crate::rules::{COMPRESSION_SIZE, compression_size};
use crate::views::RestApi;
use crate::{endpoint, policy};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

fn apply(row: &mut ApiRow, change: &Change<'_>) -> Result<(), Error> {
    match change.steps()[..] {
        ["name"] => row.name = change.text()?,
        ["description"] => row.description = change.optional(),
        ["version"] => row.version = change.optional(),
        ["policy"] => {
            row.policy = policy::read(change.optional().as_deref(), &row.region, &row.account, &row.id)?;
        }
        ["disableExecuteApiEndpoint"] => row.disable_execute_api_endpoint = change.flag(),
        ["binaryMediaTypes", media_type] => binary_media_type(row, change, media_type)?,
        ["endpointConfiguration", "types", kind] => {
            let value = change.text()?;
            endpoint::check(std::slice::from_ref(&value))?;
            match row.endpoint_types.iter_mut().find(|known| *known == kind || kind == "0") {
                Some(known) => *known = value,
                None => return Err(change.unknown()),
            }
        }
        ["endpointConfiguration", "ipAddressType"] => row.ip_address_type = change.text()?,
        ["minimumCompressionSize"] => {
            let size = change.optional().filter(|text| !text.is_empty());
            let size = size.map(|text| text.parse().map_err(|_| Error::bad(COMPRESSION_SIZE)));
            row.minimum_compression_size = size.transpose()?.map(compression_size).transpose()?;
        }
        ["apiKeySource"] => match change.value {
            Some(source @ ("HEADER" | "AUTHORIZER")) => row.api_key_source = source.to_owned(),
            None if change.op == Op::Remove => row.api_key_source = "HEADER".to_owned(),
            _ => return Err(change.unknown()),
        },
        _ => return Err(change.unknown()),
    }
    Ok(())
}

/// Adding names the media type in the path; replacing names the old one there and the new one in the value.
fn binary_media_type(row: &mut ApiRow, change: &Change<'_>, media_type: &str) -> Result<(), Error> {
    let types = &mut row.binary_media_types;
    match change.op {
        Op::Add => types.push(media_type.to_owned()),
        Op::Remove => types.retain(|known| known != media_type),
        Op::Replace => {
            types.retain(|known| known != media_type);
            types.push(change.text()?);
        }
        _ => return Err(change.unknown()),
    }
    Ok(())
}

/// Changes an API.
pub(crate) struct UpdateRestApi;

impl Operation for UpdateRestApi {
    const NAME: &'static str = "UpdateRestApi";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/restapis/{restApiId}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = RestApi;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RestApi, Error> {
        let mut row = open(cx, &input.rest_api_id).await?;
        for operation in input.patch_operations.unwrap_or_default() {
            apply(&mut row, &Change::of(&operation)?)?;
        }
        row.tags.get_or_insert_default();
        table::put(cx.tx(), &row).await?;
        Ok(RestApi::of(row))
    }
}
