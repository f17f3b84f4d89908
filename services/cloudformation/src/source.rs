//! Where the text of a template comes from.

use cfn::limits::{BODY_BYTES_MAX, INLINE_BODY_BYTES_MAX};
use cloud::prelude::*;

use crate::error::Error;

/// The members of a request that give a template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub(crate) body: Option<String>,
    pub(crate) url: Option<String>,
}

impl Source {
    pub(crate) fn new(body: Option<String>, url: Option<String>) -> Self {
        Self { body, url }
    }

    /// The text; `None` when neither a body nor a URL was given.
    pub(crate) async fn read(self, cx: &mut Cx) -> Result<Option<String>, Error> {
        match (self.body, self.url) {
            (Some(_), Some(_)) => {
                Err(Error::invalid("Specify exactly one of 'TemplateBody' or 'TemplateUrl'"))
            }
            (Some(body), None) => {
                check_inline("templateBody", &body, INLINE_BODY_BYTES_MAX)?;
                Ok(Some(body))
            }
            (None, Some(url)) => Ok(Some(object(cx, &url, "TemplateURL", BODY_BYTES_MAX).await?)),
            (None, None) => Ok(None),
        }
    }

    /// The text, which must be there.
    pub(crate) async fn read_required(self, cx: &mut Cx) -> Result<String, Error> {
        let missing = || Error::invalid("Either Template URL or Template Body must be specified.");
        self.read(cx).await?.ok_or_else(missing)
    }
}

/// Refuses a text that is too long, in the words of a constraint violation, as AWS does.
pub(crate) fn check_inline(member: &str, text: &str, bytes_max: usize) -> Result<(), Error> {
    match text.len() > bytes_max {
        true => Err(Error::invalid(format!(
            "1 validation error detected: Value '{text}' at '{member}' failed to satisfy constraint: Member must have length less than or equal to {bytes_max}"
        ))),
        false => Ok(()),
    }
}

/// The text of an object in S3, read as the caller.
pub(crate) async fn object(cx: &mut Cx, url: &str, member: &str, bytes_max: usize) -> Result<String, Error> {
    if let Some(rest) = url.strip_prefix("s3://") {
        let bucket = rest.split('/').next().unwrap_or_default();
        // As recorded: `test_create_stack_from_s3_template_url[s3_url]` of the recorded calls.
        let text = format!("S3 error: Domain name specified in {bucket} is not a valid S3 domain");
        return Err(Error::invalid(text));
    }
    let place = place(url, cx.cloud().endpoint())
        .ok_or_else(|| Error::invalid(format!("{member} must be a supported URL.")))?;
    let caller = cx.caller().via("cloudformation.amazonaws.com");
    let answer =
        cloud::client::s3::get_object(cx, caller, &place.bucket, &place.key, place.version.as_deref()).await;
    let stream = answer.map_err(|failure| Error::invalid(format!("S3 error: {}", failure.message())))?;
    let too_large = || Error::invalid(format!("Template may not exceed {bytes_max} bytes in size."));
    if stream.length().is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    let bytes = stream.collect(bytes_max).await.map_err(|_| too_large())?;
    String::from_utf8(bytes.to_vec())
        .map_err(|_| Error::invalid("Template format error: unsupported structure."))
}

/// An object in S3.
#[derive(Debug, PartialEq)]
struct Place {
    bucket: String,
    key: String,
    version: Option<String>,
}

/// The object that a URL names: path style or virtual-host style, at AWS's hosts or at this cloud's endpoint.
fn place(url: &str, endpoint: &str) -> Option<Place> {
    let (scheme, rest) = url.split_once("://")?;
    if !matches!(scheme, "http" | "https") {
        return None;
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = rest.split_once('/')?;
    let path = decode(path)?;
    let version = query.split('&').find_map(|pair| pair.strip_prefix("versionId=")).map(str::to_owned);
    let own = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
    let (bucket, key) = match virtual_host(host) {
        Some(bucket) => (bucket.to_owned(), path),
        None if is_s3_host(host) || host == own || is_loopback(host) => {
            let (bucket, key) = path.split_once('/')?;
            (bucket.to_owned(), key.to_owned())
        }
        None => return None,
    };
    (!bucket.is_empty() && !key.is_empty()).then_some(Place { bucket, key, version })
}

/// `s3.amazonaws.com`, `s3.<region>.amazonaws.com`, `s3-<region>.amazonaws.com`.
fn is_s3_host(host: &str) -> bool {
    let Some(front) = host.strip_suffix(".amazonaws.com") else {
        return false;
    };
    front == "s3" || front.starts_with("s3.") || front.starts_with("s3-")
}

/// The bucket in front of an S3 host, or of `s3.localhost` in front of a port.
fn virtual_host(host: &str) -> Option<&str> {
    for mark in [".s3.", ".s3-"] {
        if let Some(at) = host.find(mark) {
            let rest = &host[at + 1..];
            let local = rest.split(':').next().is_some_and(|name| name.starts_with("s3.localhost"));
            if is_s3_host(rest) || local {
                return Some(&host[..at]);
            }
        }
    }
    None
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// A path without its percent signs; `None` when it is not UTF-8 then.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |byte: u8| (byte as char).to_digit(16);
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                bytes.push(u8::try_from(hex(*high)? * 16 + hex(*low)?).ok()?); // two hex digits fit
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok() // not text: not a key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<(&str, &str)>) {
        let found = place(url, "http://10.0.0.9:4566");
        let found = found.as_ref().map(|place| (place.bucket.as_str(), place.key.as_str()));
        assert_eq!(found, expected, "{url}");
    }

    /// The forms of the AWS documentation, "Methods for accessing a general purpose bucket", and of the framework.
    #[test]
    fn urls_name_objects() {
        let expected = Some(("b", "k/t.json"));
        check("https://s3.amazonaws.com/b/k/t.json", expected);
        check("https://s3.us-east-1.amazonaws.com/b/k/t.json", expected);
        check("https://s3-eu-west-1.amazonaws.com/b/k/t.json", expected);
        check("https://b.s3.amazonaws.com/k/t.json", expected);
        check("https://b.s3.eu-west-1.amazonaws.com/k/t.json", expected);
        check("http://10.0.0.9:4566/b/k/t.json", expected);
        check("http://localhost:4566/b/k/t.json", expected);
        check("http://b.s3.localhost:4566/k/t.json", expected);
        check("s3://b/k/t.json", None);
        check("https://s3.amazonaws.com/b/k%2Ft.json?versionId=3", expected);
        check("https://s3.amazonaws.com/b", None);
        check("https://example.com/b/k", None);
        check("https://s3.amazonaws.com.evil.com/b/k", None);
        check("file:///etc/passwd", None);
        check("https://s3.amazonaws.com/b/%ff", None);
        let versioned = place("https://s3.amazonaws.com/b/k?versionId=3", "").unwrap();
        assert_eq!(versioned.version.as_deref(), Some("3"));
    }
}
