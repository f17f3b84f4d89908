use bytes::Bytes;
use http::Request;
use shape::{Schema, Shape, Stream};

use super::*;
use crate::table::{Http, OperationRoute};

#[derive(Shape)]
struct Empty {}

#[derive(Shape)]
struct PutObject {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(payload)]
    body: Stream,
}

#[derive(Shape)]
struct CopyObject {
    #[shape(header = "x-amz-copy-source")]
    copy_source: String,
}

#[derive(Shape)]
struct UploadPart {
    #[shape(querystring = "partNumber")]
    part_number: i32,
    #[shape(querystring = "uploadId")]
    upload_id: String,
}

#[derive(Shape)]
struct UploadPartCopy {
    #[shape(header = "x-amz-copy-source")]
    copy_source: String,
    #[shape(querystring = "partNumber")]
    part_number: i32,
    #[shape(querystring = "uploadId")]
    upload_id: String,
}

fn operation(name: &'static str, http: Option<Http>, input: fn() -> Schema) -> OperationRoute {
    OperationRoute { name, http, input }
}

fn plain(name: &'static str, method: &'static str, uri: &'static str) -> OperationRoute {
    operation(name, Some(Http::new(method, uri, 200)), Empty::schema)
}

fn rpc(name: &'static str) -> OperationRoute {
    operation(name, None, Empty::schema)
}

fn router() -> Router {
    static SQS: [Protocol; 2] = [
        Protocol::json_1_0("AmazonSQS"),
        Protocol::query("2012-11-05", "http://queue.amazonaws.com/doc/2012-11-05/"),
    ];
    static STS: [Protocol; 1] = [Protocol::query("2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/")];
    static S3: [Protocol; 1] = [Protocol::RestXml { namespace: None, wrapped_errors: false }];
    static JSON: [Protocol; 1] = [Protocol::RestJson];
    let service = |name, signing_name, protocols, operations| ServiceRoutes {
        name,
        signing_name,
        protocols,
        operations,
    };
    let put = |name, input| operation(name, Some(Http::new("PUT", "/{Bucket}/{Key+}", 200)), input);
    Router::new(vec![
        service("sqs", "sqs", &SQS, vec![rpc("SendMessage"), rpc("ListQueues")]),
        service("sts", "sts", &STS, vec![rpc("GetCallerIdentity")]),
        service(
            "s3",
            "s3",
            &S3,
            vec![
                plain("ListBuckets", "GET", "/"),
                plain("ListObjects", "GET", "/{Bucket}"),
                plain("ListObjectsV2", "GET", "/{Bucket}?list-type=2"),
                plain("GetBucketLocation", "GET", "/{Bucket}?location"),
                plain("GetObject", "GET", "/{Bucket}/{Key+}?x-id=GetObject"),
                put("PutObject", PutObject::schema),
                put("CopyObject", CopyObject::schema),
                put("UploadPart", UploadPart::schema),
                put("UploadPartCopy", UploadPartCopy::schema),
                plain("CreateMultipartUpload", "POST", "/{Bucket}/{Key+}?uploads"),
                plain("DeleteObjects", "POST", "/{Bucket}?delete"),
            ],
        ),
        service(
            "lambda",
            "lambda",
            &JSON,
            vec![
                plain("ListFunctions", "GET", "/2015-03-31/functions/"),
                plain("GetFunction", "GET", "/2015-03-31/functions/{FunctionName}"),
                plain("Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations"),
            ],
        ),
        service(
            "apigateway",
            "apigateway",
            &JSON,
            vec![plain("GetRestApis", "GET", "/restapis"), plain("GetTags", "GET", "/tags/{resource_arn}")],
        ),
        service(
            "apigatewayv2",
            "apigateway",
            &JSON,
            vec![plain("GetApis", "GET", "/v2/apis"), plain("GetApi", "GET", "/v2/apis/{apiId}")],
        ),
    ])
}

fn ask(
    request: http::request::Builder,
    body: Option<&str>,
) -> Result<(String, Vec<(String, String)>), RouteError> {
    let router = router();
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let body = body.map(|b| Bytes::from(b.to_owned()));
    let found = router.find(&parts, body.as_ref())?;
    let operations = &router.services[found.service].operations;
    let (name, _) = operations.iter().find(|(_, index)| **index == found.operation).unwrap();
    Ok((format!("{}/{name}", router.services[found.service].name), found.labels))
}

/// `GET host path`, signed for `service` when that is not empty.
fn rest(method: &str, host: &str, path: &str, service: &str) -> http::request::Builder {
    let request = Request::builder().method(method).uri(path).header("host", host);
    if service.is_empty() {
        return request;
    }
    let credential =
        format!("AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{service}/aws4_request, SignedHeaders=h");
    request.header("authorization", credential)
}

fn name(request: http::request::Builder) -> String {
    ask(request, None).map_or_else(|e| format!("{:?}", e.answer().1.code), |(name, _)| name)
}

#[test]
fn by_target() {
    let target = |t: &str| rest("POST", "localhost:4566", "/", "").header("x-amz-target", t);
    assert_eq!(name(target("AmazonSQS.SendMessage")), "sqs/SendMessage");
    assert_eq!(name(target("AmazonSQS.Nothing")), "\"UnknownOperationException\"");
    assert_eq!(name(target("Other.SendMessage")), "\"UnknownService\"");
    assert_eq!(name(target("SendMessage")), "\"UnknownService\"");
}

#[test]
fn by_media_type_of_the_body() {
    static BOTH: [Protocol; 2] = [Protocol::json_1_1("Kinesis_20131202"), Protocol::cbor("Kinesis_20131202")];
    static JSON: [Protocol; 1] = [Protocol::json_1_1("Logs_20140328")];
    let service = |name, protocols| ServiceRoutes {
        name,
        signing_name: name,
        protocols,
        operations: vec![rpc("PutRecord")],
    };
    let router = Router::new(vec![service("kinesis", &BOTH[..]), service("logs", &JSON[..])]);
    let protocol = |target: &str, kind: &str| {
        let request =
            rest("POST", "localhost", "/", "").header("x-amz-target", format!("{target}.PutRecord"));
        let (parts, ()) = request.header("content-type", kind).body(()).unwrap().into_parts();
        router.find(&parts, None).unwrap().protocol
    };
    assert_eq!(protocol("Kinesis_20131202", "application/x-amz-json-1.1"), &BOTH[0]);
    assert_eq!(protocol("Kinesis_20131202", "application/x-amz-cbor-1.1"), &BOTH[1]);
    assert_eq!(protocol("Kinesis_20131202", "text/plain"), &BOTH[0]);
    // A service that does not speak it reads such a body as JSON, and refuses it.
    assert_eq!(protocol("Logs_20140328", "application/x-amz-cbor-1.1"), &JSON[0]);
}

#[test]
fn by_the_path_of_rpc() {
    static RPC: [Protocol; 1] = [Protocol::RpcCbor { service: "GraniteService" }];
    let operations = vec![rpc("PutDashboard")];
    let routes =
        ServiceRoutes { name: "monitoring", signing_name: "monitoring", protocols: &RPC, operations };
    let router = Router::new(vec![routes]);
    let find = |path: &str| {
        let request = rest("POST", "localhost", path, "").header("smithy-protocol", "rpc-v2-cbor");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        router.find(&parts, None).map(|found| found.operation).map_err(|error| error.answer().1.code)
    };
    assert_eq!(find("/service/GraniteService/operation/PutDashboard"), Ok(0));
    assert_eq!(find("/service/GraniteService/operation/Nothing").unwrap_err(), "UnknownOperationException");
    assert_eq!(find("/service/Other/operation/PutDashboard").unwrap_err(), "UnknownService");
    assert_eq!(find("/").unwrap_err(), "UnknownService");
}

#[test]
fn by_action() {
    let form = |host: &str, service: &str| {
        rest("POST", host, "/", service)
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
    };
    let named = |request, body| ask(request, Some(body)).map(|(name, _)| name);
    assert_eq!(ask(form("localhost", ""), None).unwrap_err(), RouteError::NeedsBody);
    let sqs = "sqs/SendMessage".to_owned();
    assert_eq!(named(form("localhost", ""), "Action=SendMessage&Version=2012-11-05"), Ok(sqs.clone()));
    assert_eq!(named(form("localhost", "sqs"), "Action=SendMessage"), Ok(sqs.clone()));
    assert_eq!(named(form("sqs.eu-west-1.localhost:4566", ""), "Action=SendMessage"), Ok(sqs));
    let sts = "sts/GetCallerIdentity".to_owned();
    assert_eq!(named(form("localhost", ""), "Action=GetCallerIdentity"), Ok(sts));
    assert_eq!(
        name(rest("GET", "sts.amazonaws.com", "/?Action=GetCallerIdentity&Version=2011-06-15", "")),
        "sts/GetCallerIdentity"
    );
    // A service of AWS's that is not here: S3 took every path, and told of a bucket.
    let foreign = "polly.us-east-1.amazonaws.com".to_owned();
    assert_eq!(
        ask(rest("GET", &foreign, "/v1/voices", ""), None).unwrap_err(),
        RouteError::Unknown { name: foreign.clone() }
    );
    let code = |request, body| ask(request, Some(body)).unwrap_err().answer().1;
    let unknown = code(form("localhost", "sqs"), "Action=Foo&Version=2012-11-05");
    assert_eq!(
        (unknown.code.as_str(), unknown.message.as_str()),
        ("InvalidAction", "The action Foo is not valid for this web service.")
    );
    assert_eq!(code(form("localhost", "sqs"), "").code, "MissingAction");
    assert_eq!(code(form("localhost", "iam"), "Action=ListUsers").message, "there is no service `iam` here");
}

#[test]
fn s3_tells_operations_apart_by_query_and_headers() {
    let put = |path: &str| rest("PUT", "localhost:4566", path, "s3");
    assert_eq!(name(put("/b/k")), "s3/PutObject");
    assert_eq!(name(put("/b/k?x-id=PutObject")), "s3/PutObject");
    assert_eq!(name(put("/b/k").header("x-amz-copy-source", "/c/d")), "s3/CopyObject");
    assert_eq!(name(put("/b/k?partNumber=1&uploadId=x")), "s3/UploadPart");
    assert_eq!(
        name(put("/b/k?partNumber=1&uploadId=x").header("x-amz-copy-source", "/c/d")),
        "s3/UploadPartCopy"
    );
    assert_eq!(name(put("/b/k?acl")), "\"NotImplemented\"");
    assert_eq!(name(put("/b")), "\"MethodNotAllowed\"");
    let get = |path: &str| rest("GET", "localhost:4566", path, "s3");
    for (path, operation) in [
        ("/", "s3/ListBuckets"),
        ("/b", "s3/ListObjects"),
        ("/b/", "s3/ListObjects"),
        ("/b?list-type=2&prefix=a", "s3/ListObjectsV2"),
        ("/b?list-type=1", "s3/ListObjects"),
        ("/b?location", "s3/GetBucketLocation"),
        ("/b?location=", "s3/GetBucketLocation"),
        ("/b?replication", "\"NotImplemented\""),
        ("/b/k?x-id=GetObject", "s3/GetObject"),
    ] {
        assert_eq!(name(get(path)), operation, "{path}");
    }
    let post = |path: &str| {
        rest("POST", "localhost:4566", path, "s3").header("content-type", "application/x-www-form-urlencoded")
    };
    assert_eq!(name(post("/b/k?uploads")), "s3/CreateMultipartUpload");
    assert_eq!(name(post("/b?delete")), "s3/DeleteObjects");
}

#[test]
fn labels_are_decoded_after_the_path_is_split() {
    let labels = |path: &str, host: &str| ask(rest("GET", host, path, "s3"), None).unwrap().1;
    let pair = |b: &str, k: &str| vec![("Bucket".to_owned(), b.to_owned()), ("Key".to_owned(), k.to_owned())];
    assert_eq!(labels("/b/a%20b%2Fc/d", "localhost"), pair("b", "a b/c/d"));
    assert_eq!(labels("/b//x/", "localhost"), pair("b", "/x/"));
    assert_eq!(labels("/b/%E1%88%B4+", "localhost"), pair("b", "ሴ+"));
    assert_eq!(labels("/k", "my.b.s3.eu-west-1.amazonaws.com"), pair("my.b", "k"));
    let broken = ask(rest("GET", "localhost", "/b/%ff", "s3"), None).unwrap_err();
    assert_eq!(broken.answer().1.code, "InvalidURI");
    let arn =
        ask(rest("GET", "localhost", "/tags/arn%3Aaws%3Aapigateway%2Fx", "apigateway"), None).unwrap().1;
    assert_eq!(arn, [("resource_arn".to_owned(), "arn:aws:apigateway/x".to_owned())]);
}

#[test]
fn services_of_one_signing_name_share_their_paths() {
    let get = |path: &str, service: &str| name(rest("GET", "localhost:4566", path, service));
    assert_eq!(get("/restapis", "apigateway"), "apigateway/GetRestApis");
    assert_eq!(get("/v2/apis/x", "apigateway"), "apigatewayv2/GetApi");
    assert_eq!(get("/v2/apis/", "apigateway"), "apigatewayv2/GetApis");
    assert_eq!(get("/2015-03-31/functions", "lambda"), "lambda/ListFunctions");
    assert_eq!(get("/2015-03-31/functions/f/", "lambda"), "lambda/GetFunction");
    assert_eq!(get("/2015-03-31/functions/f/x", "lambda"), "\"UnknownOperationException\"");
    assert_eq!(get("/2015-03-31/functions/f", ""), "s3/GetObject", "a bare URL is S3's");
    assert_eq!(
        name(rest("GET", "lambda.localhost:4566", "/2015-03-31/functions/f", "")),
        "lambda/GetFunction"
    );
}

#[test]
fn presigned_urls_name_their_service() {
    let path = "/2015-03-31/functions?X-Amz-Credential=A%2F20260101%2Fus-east-1%2Flambda%2Faws4_request";
    assert_eq!(name(rest("GET", "localhost", path, "")), "lambda/ListFunctions");
}

#[test]
fn streams_are_known_ahead() {
    let find = |path: &str| {
        let (parts, ()) = rest("PUT", "localhost", path, "s3").body(()).unwrap().into_parts();
        router().find(&parts, None).unwrap()
    };
    assert!(find("/b/k").streaming);
    assert!(!find("/b/k?partNumber=1&uploadId=x").streaming);
}

#[test]
fn hosts() {
    use super::host::{Host, parse};
    let known = |name: &str| matches!(name, "s3" | "sqs" | "sts" | "lambda");
    let service = |name: &str| Host::Service(name.to_owned());
    let bucket = |name: &str| Host::Bucket(name.to_owned());
    let foreign = |name: &str| Host::Foreign(name.to_owned());
    for (text, expected) in [
        ("localhost:4566", Host::Other),
        ("127.0.0.1:4566", Host::Other),
        ("[::1]:4566", Host::Other),
        ("example.com", Host::Other),
        ("sqs.localhost:4566", service("sqs")),
        ("sqs.us-east-1.localhost", service("sqs")),
        ("SQS.us-east-1.amazonaws.com", service("sqs")),
        ("us-east-1.sqs.amazonaws.com", service("sqs")),
        ("sts.amazonaws.com", service("sts")),
        ("lambda.eu-west-1.api.aws", service("lambda")),
        ("s3.localhost", service("s3")),
        ("s3.us-gov-west-1.amazonaws.com", service("s3")),
        ("s3-eu-west-1.amazonaws.com", service("s3")),
        ("photos.s3.localhost:4566", bucket("photos")),
        ("a.b.s3.amazonaws.com", bucket("a.b")),
        ("photos.s3.dualstack.eu-west-1.amazonaws.com", bucket("photos")),
        ("photos.s3-eu-west-1.amazonaws.com", bucket("photos")),
        ("sqs.s3.localhost", bucket("sqs")),
        ("photos.localhost", Host::Other),
        ("abc.execute-api.us-east-1.amazonaws.com", foreign("abc.execute-api.us-east-1.amazonaws.com")),
        ("polly.eu-west-1.amazonaws.com", foreign("polly.eu-west-1.amazonaws.com")),
        ("evil.sqs.localhost", Host::Other),
    ] {
        assert_eq!(parse(text, known, false), expected, "{text}");
    }
    assert_eq!(parse("photos.localhost:4566", known, true), bucket("photos"));
    assert_eq!(parse("localhost:4566", known, true), Host::Other);
}

#[test]
#[should_panic(expected = "`A` and `B` have the same place")]
fn tables_that_contradict_themselves_are_found() {
    static JSON: [Protocol; 1] = [Protocol::RestJson];
    let operations = vec![plain("A", "GET", "/x/{a}"), plain("B", "GET", "/x/{b}")];
    Router::new(vec![ServiceRoutes { name: "x", signing_name: "x", protocols: &JSON, operations }]);
}
