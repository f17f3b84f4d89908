//! What a host name says.

use super::s3;

/// What a host name says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// A service's endpoint: `sqs.us-east-1.localhost`, `sts.amazonaws.com`.
    Service(String),
    /// S3's virtual-host style: the bucket stands in the name.
    Bucket(String),
    /// A name of AWS's that is no service of this cloud: `polly.eu-west-1.amazonaws.com`.
    Foreign(String),
    /// Neither: `localhost`, an address, a name of one's own.
    Other,
}

/// Endings under which AWS's endpoint names stand.
const ENDINGS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".localhost"];

/// Reads `host` (a port may follow). `known` says which names are services; `signed_for_s3` whether the request is
/// signed for S3, which turns `photos.localhost` into a bucket: SDKs put the bucket before whatever endpoint they have.
pub(super) fn parse(host: &str, known: impl Fn(&str) -> bool, signed_for_s3: bool) -> Host {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.to_ascii_lowercase();
    let Some(front) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) else { return Host::Other };
    let labels: Vec<&str> = front.split('.').collect();
    // From the right: [region] [dualstack] service, and what is left of it is S3's bucket.
    for (at, label) in labels.iter().enumerate().rev() {
        let after = &labels[at + 1..];
        let regions_only = after.iter().all(|l| is_region(l) || *l == "dualstack");
        if !regions_only || after.len() > 2 {
            break;
        }
        let service = label.strip_prefix("s3-").filter(|r| is_region(r)).map_or(*label, |_| s3::NAME);
        if !known(service) {
            continue;
        }
        let before = labels[..at].join(".");
        return match (service == s3::NAME, before.as_str()) {
            (_, "") => Host::Service(service.to_owned()),
            (true, bucket) => Host::Bucket(bucket.to_owned()),
            // `eu-west-1.sqs.localhost` is no endpoint name, and a stranger's name is no service.
            (false, region) if is_region(region) => Host::Service(service.to_owned()),
            (false, _) if name.ends_with(".localhost") => Host::Other,
            (false, _) => Host::Foreign(name),
        };
    }
    match (name.ends_with(".localhost"), signed_for_s3) {
        (true, true) => Host::Bucket(front.to_owned()),
        (true, false) => Host::Other,
        (false, _) => Host::Foreign(name),
    }
}

/// `us-east-1`, `ap-southeast-2`, `us-gov-west-1`.
fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    (3..=4).contains(&parts.len())
        && first.len() == 2
        && parts[..parts.len() - 1].iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()))
        && !last.is_empty()
        && last.bytes().all(|b| b.is_ascii_digit())
}
