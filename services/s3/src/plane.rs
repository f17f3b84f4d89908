//! What S3 serves besides its API: static websites, and what browsers ask about other origins.
//!
//! A website answers under `http://<bucket>.s3-website.localhost`, under the host names of AWS
//! (`<bucket>.s3-website-<region>.amazonaws.com`) and under the path `/_aws/s3-website/<bucket>/`.

mod answer;

use async_trait::async_trait;
use cloud::caller::Caller;
use cloud::plane::{CrossOrigin, Plane, PlaneRequest};
use cloud::prelude::*;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response};

use crate::cors::{self, Cors};
use crate::error::Error;
use crate::keys::BucketRow;
use crate::settings;
use crate::website::{self, Website};

/// Serves buckets as websites.
pub(crate) struct Websites;

/// Before the bucket in the path.
const PATH: &str = "/_aws/s3-website/";

/// Bucket and path of a request to a website.
fn address<'a>(host: &'a str, path: &'a str) -> Option<(&'a str, &'a str)> {
    if let Some(rest) = path.strip_prefix(PATH) {
        return Some(rest.split_once('/').unwrap_or((rest, "")));
    }
    let (bucket, rest) = host.split_once(".s3-website")?;
    let known = rest == ".localhost"
        || (rest.starts_with(['.', '-'])
            && (rest.ends_with(".amazonaws.com") || rest.ends_with(".localhost")));
    known.then_some((bucket, path.trim_start_matches('/')))
}

#[async_trait]
impl Plane for Websites {
    fn claims(&self, host: &str, path: &str) -> bool {
        address(host, path).is_some()
    }

    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> Response<Stream> {
        let host = cloud::http::host_of(&request.parts);
        let uri = request.parts.uri.clone();
        let Some((bucket, path)) = address(&host, uri.path()) else {
            return answer::error(cx, &Error::no_bucket("").into_failure_of_plane());
        };
        let base = if uri.path().starts_with(PATH) { format!("{PATH}{bucket}/") } else { "/".to_owned() };
        let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
        match visit(cx, &request, bucket, &path, &base).await {
            Ok(response) => response,
            Err(error) => answer::error(cx, &error.into_failure_of_plane()),
        }
    }

    async fn cross_origin(&self, cx: &Cx, asked: CrossOrigin<'_>) -> Option<Result<HeaderMap, Failure>> {
        let (_, bucket) = asked.labels.iter().find(|(name, _)| name == "Bucket")?;
        match rules(cx, bucket).await {
            Ok(rules) => answer_cross_origin(rules.as_ref(), &asked),
            Err(error) => Some(Err(error.into_failure_of_plane())),
        }
    }
}

impl Error {
    /// The failure that a page shows.
    fn into_failure_of_plane(self) -> Failure {
        cloud::ApiError::into_failure(self)
    }
}

async fn rules(cx: &Cx, bucket: &str) -> Result<Option<Cors>, Error> {
    match cx.get::<BucketRow>((bucket,)).await? {
        Some(row) => settings::read(&row, cors::NAME),
        None => Ok(None),
    }
}

/// Texts: "CORSResponse: …", as S3 answers.
fn answer_cross_origin(rules: Option<&Cors>, asked: &CrossOrigin<'_>) -> Option<Result<HeaderMap, Failure>> {
    let refuse = |text: &str| {
        let failure = Failure::new("AccessForbidden", 403, format!("CORSResponse: {text}"));
        asked.preflight.then(|| Err(failure.detail("Method", &asked.method)))
    };
    let Some(rules) = rules else {
        return refuse("CORS is not enabled for this bucket.");
    };
    let headers: Vec<&str> =
        asked.headers.into_iter().flat_map(|list| list.split(',')).map(str::trim).collect();
    let Some(grant) = rules.grant(asked.origin, asked.method, &headers) else {
        return refuse(
            "This CORS request is not allowed. This is usually because the evalution of Origin, request method / \
             Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's \
             CORS spec.",
        );
    };
    let mut answer = HeaderMap::new();
    let mut say = |name: HeaderName, value: String| {
        // What cannot stand in a header was never asked for in one.
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.insert(name, value);
        }
    };
    if grant.origin != "*" {
        say(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true".to_owned());
    }
    say(header::ACCESS_CONTROL_ALLOW_ORIGIN, grant.origin);
    say(header::ACCESS_CONTROL_ALLOW_METHODS, grant.methods.join(", "));
    say(header::VARY, "Origin, Access-Control-Request-Headers, Access-Control-Request-Method".to_owned());
    if !grant.headers.is_empty() {
        say(header::ACCESS_CONTROL_ALLOW_HEADERS, grant.headers.join(", "));
    }
    if !grant.expose.is_empty() {
        say(header::ACCESS_CONTROL_EXPOSE_HEADERS, grant.expose.join(", "));
    }
    if let Some(seconds) = grant.max_age_seconds {
        say(header::ACCESS_CONTROL_MAX_AGE, seconds.to_string());
    }
    Some(Ok(answer))
}

/// Answers one visit to a website; `base` is what its links begin with.
async fn visit(
    cx: &mut Cx,
    request: &PlaneRequest,
    bucket: &str,
    path: &str,
    base: &str,
) -> Result<Response<Stream>, Error> {
    if !matches!(request.parts.method, Method::GET | Method::HEAD) {
        let text = "The specified method is not allowed against this resource.";
        return Err(Error::Internal(Failure::new("MethodNotAllowed", 405, text)));
    }
    let row = cx.get::<BucketRow>((bucket,)).await?.ok_or_else(|| Error::no_bucket(bucket))?;
    let site: Option<Website> = settings::read(&row, website::NAME)?;
    let site = site.ok_or_else(|| Error::NoWebsite { bucket: bucket.to_owned() })?;
    if let Some(location) = site.redirect_all(path) {
        return Ok(answer::redirect(&location, base));
    }
    let key = site.key_of(path);
    if let Some(location) = site.route(&key, None) {
        return Ok(answer::redirect(&location, base));
    }
    // Visitors have no name: the bucket's policy decides what they see.
    let visitor = Caller {
        origin: cx.caller().origin.clone(),
        ..Caller::anonymous(row.owner.as_str(), row.region.as_str())
    };
    let failure = match answer::object(cx, &visitor, request, bucket, &key).await {
        Ok(response) => return Ok(response),
        Err(failure) => failure,
    };
    if let Some(index) = site.index_below(path).filter(|_| !path.is_empty() && !path.ends_with('/'))
        && answer::is_there(cx, &visitor, bucket, &index).await
    {
        return Ok(answer::found_at(&format!("{base}{path}/")));
    }
    if let Some(location) = site.route(&key, Some(failure.status())) {
        return Ok(answer::redirect(&location, base));
    }
    if let Some(page) = site.error_key().filter(|_| (400..500).contains(&failure.status()))
        && let Ok(mut response) = answer::object(cx, &visitor, request, bucket, page).await
    {
        *response.status_mut() = http::StatusCode::from_u16(failure.status()).unwrap_or_default();
        return Ok(response);
    }
    Err(failure.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn websites_have_hosts_and_paths() {
        for (host, path, found) in [
            ("site.s3-website.localhost", "/a/b", Some(("site", "a/b"))),
            ("my.site.s3-website-us-east-1.amazonaws.com", "/", Some(("my.site", ""))),
            ("site.s3-website.eu-central-1.amazonaws.com", "/x", Some(("site", "x"))),
            ("localhost", "/_aws/s3-website/site/a", Some(("site", "a"))),
            ("localhost", "/_aws/s3-website/site", Some(("site", ""))),
            ("site.s3.localhost", "/a", None),
            ("site.s3-websites.example.com", "/a", None),
        ] {
            assert_eq!(address(host, path), found, "{host}{path}");
        }
    }
}
