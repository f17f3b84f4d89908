//! The names under which AWS's services are asked. Clients that know no other address are led here by them.
//!
//! Functions, and programs under `cloudlet exec`, are given a [`guide`]: connections to names that this cloud serves
//! lead to it, all others go their normal way.

use std::collections::BTreeSet;

use serde_json::json;

use crate::failure::Failure;
use crate::instance::Cloud;
use crate::service::Service;

/// Where a cloud answers with its [`guide`].
pub const GUIDE_PATH: &str = "/_aws/names";

/// Labels that AWS keeps for older clients, by the service's own (`sslCommonName` in botocore's endpoints.json, and the
/// endpoints of DynamoDB that name the account).
const OTHERS: [(&str, &str); 2] = [("sqs", "queue"), ("dynamodb", "ddb")];

/// Endings of all of them: services, their IPv6 and function URL forms, and the partition of China.
pub const ENDINGS: [&str; 4] = ["amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws"];

/// Whether a host name is one of AWS's.
pub fn contain(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    ENDINGS.iter().any(|ending| is_below(&name, ending))
}

/// Whether a name is `ending` or below it.
pub fn is_below(name: &str, ending: &str) -> bool {
    name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The labels that a name of AWS's has when one of these services is asked by it.
fn served(services: &[&'static Service]) -> BTreeSet<&'static str> {
    let own = services.iter().flat_map(|service| [service.name, service.signing_name]);
    let planes = services.iter().filter_map(|service| service.plane).flat_map(|plane| plane.labels());
    let mut labels: BTreeSet<&'static str> = own.chain(planes.copied()).collect();
    for (service, other) in OTHERS {
        if labels.contains(service) {
            labels.insert(other);
        }
    }
    labels
}

/// What leads a client to this cloud under names of AWS, as JSON: `host` and `port`, the labels of `names` that are
/// served, and the certificate of the `authority` to trust. None in a cloud without a listener.
///
/// Blocks for some milliseconds when the authority is made now.
///
/// # Errors
/// The authority cannot be read or made.
pub fn guide(cloud: &Cloud) -> Result<Option<String>, Failure> {
    let Some(authority) = cloud.hooks().authority()? else { return Ok(None) };
    let endpoint: http::Uri = cloud.endpoint().parse().map_err(Failure::internal)?;
    let host = endpoint.host().unwrap_or_default().trim_matches(['[', ']']);
    let guide = json!({
        "host": host,
        "port": endpoint.port_u16().unwrap_or(80),
        "names": served(cloud.registry().services()),
        "authority": &*authority,
    });
    Ok(Some(guide.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Words;

    #[test]
    fn names_are_served_when_their_service_is_here() {
        static SQS: Service = Service {
            name: "sqs",
            title: "",
            signing_name: "sqs",
            protocols: &[],
            operations: &[],
            resources: &[],
            jobs: &[],
            plane: None,
            words: Words::JSON,
        };
        assert_eq!(served(&[&SQS]), BTreeSet::from(["sqs", "queue"]));
        assert_eq!(served(&[]), BTreeSet::new());
    }

    #[test]
    fn whole_labels_count() {
        for name in [
            "sqs.us-east-1.amazonaws.com",
            "STS.amazonaws.com.",
            "x.lambda-url.us-east-1.on.aws",
            "amazonaws.com.cn",
        ] {
            assert!(contain(name), "{name}");
        }
        for name in ["evilamazonaws.com", "amazonaws.com.evil.com", "localhost", ""] {
            assert!(!contain(name), "{name}");
        }
    }
}
