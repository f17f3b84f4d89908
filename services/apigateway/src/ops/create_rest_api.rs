//! CreateRestApi.

use cloud::access;
use cloud::prelude::*;
use proxyevent::apiid;
use store::layer::table;

use crate::api::{access, part_id};
use crate::error::Error;
use crate::keys::{ApiRow, ResourceRow, Texts};
use crate::limits::TAGS_MAX;
use crate::rules::compression_size;
use crate::views::{EndpointConfiguration, RestApi};
use crate::{endpoint, models, policy};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    name: String,
    description: Option<String>,
    version: Option<String>,
    clone_from: Option<String>,
    binary_media_types: Option<Vec<String>>,
    minimum_compression_size: Option<i32>,
    api_key_source: Option<String>,
    endpoint_configuration: Option<EndpointConfiguration>,
    policy: Option<String>,
    tags: Option<Texts>,
    disable_execute_api_endpoint: Option<bool>,
    security_policy: Option<String>,
    endpoint_access_mode: Option<String>,
}

/// Where API keys come from.
fn api_key_source(source: Option<String>) -> Result<String, Error> {
    match source.as_deref() {
        None | Some("HEADER") => Ok("HEADER".to_owned()),
        Some("AUTHORIZER") => Ok("AUTHORIZER".to_owned()),
        Some(other) => Err(Error::Validation(format!(
            "1 validation error detected: Value '{other}' at 'createRestApiInput.apiKeySource' failed to satisfy \
             constraint: Member must satisfy enum value set: [AUTHORIZER, HEADER]"
        ))),
    }
}

fn refuse(given: &bool, what: &str) -> Result<(), Error> {
    if *given { Err(Error::unsupported(what)) } else { Ok(()) }
}

/// Makes an API with a root resource and the two models that every API has.
///
/// Differs from AWS: `cloneFrom`, private endpoints and newer security policies are refused.
pub(crate) struct CreateRestApi;

impl Operation for CreateRestApi {
    const NAME: &'static str = "CreateRestApi";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/restapis", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = RestApi;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(access(cx, "/restapis"))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten())])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RestApi, Error> {
        if input.name.is_empty() {
            return Err(Error::bad("API name cannot be empty"));
        }
        let endpoint = endpoint::read(input.endpoint_configuration)?;
        refuse(&input.clone_from.is_some(), "cloneFrom")?;
        refuse(
            &input.security_policy.is_some_and(|policy| policy != "TLS_1_0"),
            "securityPolicy other than TLS_1_0",
        )?;
        refuse(&input.endpoint_access_mode.is_some(), "endpointAccessMode")?;
        if input.tags.as_ref().is_some_and(|tags| tags.len() > TAGS_MAX) {
            return Err(Error::bad(format!("Cannot set more than {TAGS_MAX} tags")));
        }
        let id = apiid::make(apiid::Kind::Rest, || cx.chance().number());
        let root_resource_id = cx.chance().text(apiid::ALPHABET, apiid::LENGTH);
        let row = ApiRow {
            id: id.clone(),
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name: input.name,
            description: input.description.filter(|text| !text.is_empty()),
            version: input.version,
            created_at_millis: cx.now().millis(),
            binary_media_types: input.binary_media_types.unwrap_or_default(),
            api_key_source: api_key_source(input.api_key_source)?,
            endpoint_types: endpoint.types,
            ip_address_type: endpoint.ip_address_type,
            policy: policy::read(input.policy.as_deref(), cx.region(), cx.account(), &id)?,
            tags: input.tags,
            disable_execute_api_endpoint: input.disable_execute_api_endpoint.unwrap_or(false),
            root_resource_id: root_resource_id.clone(),
            minimum_compression_size: input.minimum_compression_size.map(compression_size).transpose()?,
        };
        let root = ResourceRow {
            api_id: id.clone(),
            id: root_resource_id,
            parent_id: None,
            path_part: None,
            path: "/".to_owned(),
            methods: Default::default(),
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(cloud::Failure::conflict().into());
        }
        table::put(cx.tx(), &root).await?;
        for model in models::defaults(&id, || part_id(cx)) {
            table::put(cx.tx(), &model).await?;
        }
        Ok(RestApi::of(row))
    }
}
