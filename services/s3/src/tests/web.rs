//! What browsers see: websites, and answers for pages of other origins.

use http::{Request, Response};
use serde_json::{Value, json};
use shape::Stream;
use testkit::World;

use super::{body, input, world};

async fn send(world: &World, method: &str, uri: &str, headers: &[(&str, &str)]) -> Response<Stream> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    cloud::http::serve(world.cloud(), request.body(Stream::empty()).unwrap(), None, false).await
}

async fn text(response: Response<Stream>) -> String {
    String::from_utf8(response.into_body().collect(1 << 20).await.unwrap().to_vec()).unwrap()
}

fn header<'a>(response: &'a Response<Stream>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

async fn site(configuration: Value) -> World {
    let world = world().await;
    world.ok("s3", "PutBucketWebsite", input(json!({"WebsiteConfiguration": configuration}))).await;
    world.ok("s3", "DeletePublicAccessBlock", input(json!({}))).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::photos/*", "arn:aws:s3:::photos"]}]});
    world.ok("s3", "PutBucketPolicy", input(json!({"Policy": policy.to_string()}))).await;
    for (key, page) in [("index.html", "home"), ("docs/index.html", "docs"), ("lost.html", "lost")] {
        let put = json!({"Key": key, "Body": body(page.as_bytes()), "ContentType": "text/html"});
        world.ok("s3", "PutObject", input(put)).await;
    }
    world
}

const HOST: (&str, &str) = ("host", "photos.s3-website.localhost:4566");

#[tokio::test]
async fn a_website() {
    let world =
        site(json!({"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "lost.html"}})).await;
    let home = send(&world, "GET", "/", &[HOST]).await;
    assert_eq!((home.status().as_u16(), header(&home, "content-type")), (200, Some("text/html")));
    assert_eq!(header(&home, "last-modified"), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
    assert_eq!(text(home).await, "home");
    assert_eq!(text(send(&world, "GET", "/docs/", &[HOST]).await).await, "docs");
    let folder = send(&world, "GET", "/docs", &[HOST]).await;
    assert_eq!((folder.status().as_u16(), header(&folder, "location")), (302, Some("/docs/")));
    let by_path = send(&world, "GET", "/_aws/s3-website/photos/docs", &[("host", "localhost")]).await;
    assert_eq!(header(&by_path, "location"), Some("/_aws/s3-website/photos/docs/"));
    let lost = send(&world, "GET", "/nowhere", &[HOST]).await;
    assert_eq!((lost.status().as_u16(), text(lost).await.as_str()), (404, "lost"));
    let head = send(&world, "HEAD", "/", &[HOST]).await;
    assert_eq!((header(&head, "content-length"), head.body().length()), (Some("4"), Some(0)));
    assert_eq!(send(&world, "POST", "/", &[HOST]).await.status(), 405);
    let part = send(&world, "GET", "/", &[HOST, ("range", "bytes=1-2")]).await;
    assert_eq!((part.status().as_u16(), text(part).await.as_str()), (206, "om"));
    let object_alone = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}]});
    world.ok("s3", "PutBucketPolicy", input(json!({"Policy": object_alone.to_string()}))).await;
    let lost = send(&world, "GET", "/nowhere", &[HOST]).await;
    assert_eq!(
        (lost.status().as_u16(), text(lost).await.as_str()),
        (403, "lost"),
        "who may not list is not told"
    );
    world.ok("s3", "DeleteBucketPolicy", input(json!({}))).await;
    let denied = send(&world, "GET", "/", &[HOST]).await;
    assert_eq!(denied.status(), 403);
    assert!(text(denied).await.contains("AccessDenied"));
    let none = send(&world, "GET", "/", &[("host", "none.s3-website.localhost")]).await;
    assert!(none.status() == 404 && text(none).await.contains("NoSuchBucket"));
}

#[tokio::test]
async fn a_website_that_sends_elsewhere() {
    let world =
        site(json!({"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}})).await;
    let sent = send(&world, "GET", "/a/b", &[HOST]).await;
    assert_eq!((sent.status().as_u16(), header(&sent, "location")), (301, Some("https://example.com/a/b")));
    let rules = json!([{"Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "old/"},
        "Redirect": {"ReplaceKeyPrefixWith": "docs/", "HttpRedirectCode": "307"}}]);
    let world = site(json!({"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": rules})).await;
    let sent = send(&world, "GET", "/old/x", &[HOST]).await;
    assert_eq!((sent.status().as_u16(), header(&sent, "location")), (307, Some("/docs/x")));
    let put = json!({"Key": "go", "WebsiteRedirectLocation": "https://example.com/"});
    world.ok("s3", "PutObject", input(put)).await;
    let sent = send(&world, "GET", "/go", &[HOST]).await;
    assert_eq!((sent.status().as_u16(), header(&sent, "location")), (301, Some("https://example.com/")));
}

#[tokio::test]
async fn pages_of_other_origins() {
    let world = world().await;
    let origin = ("origin", "http://app.example.com");
    let ask = [
        origin,
        ("host", "localhost"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "content-type, x-amz-date"),
    ];
    let refused = send(&world, "OPTIONS", "/photos/a", &ask).await;
    assert_eq!(refused.status(), 403);
    assert!(text(refused).await.contains("CORS is not enabled for this bucket."));
    let rules = json!({"CORSRules": [{"AllowedMethods": ["PUT", "GET"], "AllowedOrigins": ["http://*.example.com"],
        "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]});
    world.ok("s3", "PutBucketCors", input(json!({"CORSConfiguration": rules}))).await;
    let granted = send(&world, "OPTIONS", "/photos/a", &ask).await;
    assert_eq!(granted.status(), 200);
    for (name, value) in [
        ("access-control-allow-origin", "http://app.example.com"),
        ("access-control-allow-methods", "PUT, GET"),
        ("access-control-allow-headers", "content-type, x-amz-date"),
        ("access-control-expose-headers", "ETag"),
        ("access-control-max-age", "60"),
        ("access-control-allow-credentials", "true"),
    ] {
        assert_eq!(header(&granted, name), Some(value), "{name}");
    }
    let mut elsewhere = ask;
    elsewhere[0].1 = "http://evil.test";
    assert_eq!(send(&world, "OPTIONS", "/photos/a", &elsewhere).await.status(), 403);
    // The answer itself, here a denial, may be read by the page as well; others may not.
    let answer = send(&world, "GET", "/photos/a", &[origin, ("host", "localhost")]).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("http://app.example.com"));
    let answer =
        send(&world, "GET", "/photos/a", &[("origin", "http://evil.test"), ("host", "localhost")]).await;
    assert_eq!(header(&answer, "access-control-allow-origin"), None);
}
