//! The endpoint of an API.

use crate::error::Error;
use crate::views::EndpointConfiguration;

/// What an API keeps of its endpoint.
pub(crate) struct Endpoint {
    pub(crate) types: Vec<String>,
    pub(crate) ip_address_type: String,
}

/// Reads the configuration; without one the endpoint is an EDGE endpoint, which is served like any other here.
pub(crate) fn read(configuration: Option<EndpointConfiguration>) -> Result<Endpoint, Error> {
    let (types, ip, vpc) = match configuration {
        Some(given) => (given.types, given.ip_address_type, given.vpc_endpoint_ids),
        None => (None, None, None),
    };
    let types = types.filter(|types| !types.is_empty()).unwrap_or_else(|| vec!["EDGE".to_owned()]);
    check(&types)?;
    if vpc.is_some_and(|ids| !ids.is_empty()) {
        return Err(Error::unsupported("vpcEndpointIds"));
    }
    Ok(Endpoint { types, ip_address_type: ip.unwrap_or_else(|| "ipv4".to_owned()) })
}

/// Checks the types. The text is recorded in LocalStack's test_create_rest_api_verify_defaults.
pub(crate) fn check(types: &[String]) -> Result<(), Error> {
    if types.iter().any(|kind| !matches!(kind.as_str(), "PRIVATE" | "EDGE" | "REGIONAL")) {
        return Err(Error::Validation(format!(
            "1 validation error detected: Value '[{}]' at 'createRestApiInput.endpointConfiguration.types' failed \
             to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: \
             [PRIVATE, EDGE, REGIONAL]]",
            types.join(", ")
        )));
    }
    if types.iter().any(|kind| kind == "PRIVATE") {
        return Err(Error::unsupported("a PRIVATE endpoint"));
    }
    Ok(())
}
