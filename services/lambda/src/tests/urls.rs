//! Function URLs and the download of code.

use http::Request;

use super::*;

async fn ask(world: &World, request: Request<&str>) -> (u16, http::HeaderMap, Vec<u8>) {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, Stream::once(body.to_string().into()));
    let response = cloud::http::serve(world.cloud(), request, Some(([192, 0, 2, 7], 5).into()), false).await;
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, body.collect(1 << 20).await.unwrap().to_vec())
}

const HANDLER: &str = "exports.handler = async (e) => e.rawPath === '/bad' ? { statusCode: 'x' } : ({ statusCode: 201, headers: { 'x-a': 'b' }, cookies: ['c=1'],
    body: JSON.stringify([e.version, e.rawPath, e.rawQueryString, e.requestContext.http.method, e.requestContext.http.sourceIp, e.body, e.requestContext.accountId]) })";

async fn url(world: &World, auth: &str) -> (String, Value) {
    create(world, "f", HANDLER).await;
    let made = world
        .ok(
            "lambda",
            "CreateFunctionUrlConfig",
            json!({"FunctionName": "f", "AuthType": auth,
        "Cors": {"AllowOrigins": ["https://app"], "AllowMethods": ["GET"], "MaxAge": 60}}),
        )
        .await;
    let address = made["FunctionUrl"].as_str().unwrap();
    let host = address.strip_prefix("http://").unwrap().trim_end_matches('/').to_string();
    (host, made)
}

#[tokio::test]
async fn an_open_url_needs_a_policy_and_answers_as_the_function_says() {
    let world = world().await;
    let (host, made) = url(&world, "NONE").await;
    assert!(host.ends_with(".lambda-url.us-east-1.localhost:4566"), "{host}");
    assert!(made["LastModifiedTime"].is_null());
    let request = || {
        Request::post("/a%20b/c?x=1")
            .header("host", &host)
            .header("content-type", "text/plain")
            .body("hello")
            .unwrap()
    };
    let (status, _, body) = ask(&world, request()).await;
    assert_eq!(status, 403);
    assert!(
        String::from_utf8_lossy(&body).starts_with("{\"Message\":\"Forbidden."),
        "{}",
        String::from_utf8_lossy(&body)
    );
    let grant = json!({"FunctionName": "f", "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"});
    world.ok("lambda", "AddPermission", grant).await;
    let (status, headers, body) = ask(&world, request()).await;
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    assert_eq!((headers["x-a"].to_str().unwrap(), headers["set-cookie"].to_str().unwrap()), ("b", "c=1"));
    let seen: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(seen, json!(["2.0", "/a%20b/c", "x=1", "POST", "192.0.2.7", "hello", "anonymous"]));
    let id = host.split('.').next().unwrap();
    let by_path =
        Request::get(format!("/_aws/lambda-url/{id}/p")).header("host", "localhost:4566").body("").unwrap();
    assert_eq!(ask(&world, by_path).await.0, 201);
    let (status, _, body) = ask(&world, Request::get("/bad").header("host", &host).body("").unwrap()).await;
    assert_eq!((status, body), (502, b"{\"Message\":\"Internal Server Error\"}".to_vec()));
    let unknown = Request::get("/").header("host", "none.lambda-url.us-east-1.localhost").body("").unwrap();
    assert_eq!(ask(&world, unknown).await.0, 404);
}

#[tokio::test]
async fn cross_origin_rules_are_applied() {
    let world = world().await;
    let (host, _) = url(&world, "NONE").await;
    let grant = json!({"FunctionName": "f", "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"});
    world.ok("lambda", "AddPermission", grant).await;
    let preflight = Request::options("/")
        .header("host", &host)
        .header("origin", "https://app")
        .header("access-control-request-method", "GET");
    let (status, headers, _) = ask(&world, preflight.body("").unwrap()).await;
    assert_eq!((status, headers["access-control-allow-origin"].to_str().unwrap()), (200, "https://app"));
    assert_eq!(
        (
            headers["access-control-allow-methods"].to_str().unwrap(),
            headers["access-control-max-age"].to_str().unwrap()
        ),
        ("GET", "60")
    );
    let other = Request::get("/").header("host", &host).header("origin", "https://other").body("").unwrap();
    let (status, headers, _) = ask(&world, other).await;
    assert_eq!((status, headers.get("access-control-allow-origin")), (201, None));
}

#[tokio::test]
async fn urls_are_shown_changed_and_deleted() {
    let world = world().await;
    let (host, made) = url(&world, "AWS_IAM").await;
    let get = json!({"FunctionName": "f"});
    assert_eq!(
        world.ok("lambda", "GetFunctionUrlConfig", get.clone()).await["FunctionUrl"],
        made["FunctionUrl"]
    );
    let again = world
        .error("lambda", "CreateFunctionUrlConfig", json!({"FunctionName": "f", "AuthType": "NONE"}))
        .await;
    assert!(again.1.ends_with("FunctionUrlConfig exists for this Lambda function"), "{again:?}");
    let (status, _, _) = ask(&world, Request::get("/").header("host", &host).body("").unwrap()).await;
    assert_eq!(status, 403, "not signed");
    let changed =
        world.ok("lambda", "UpdateFunctionUrlConfig", json!({"FunctionName": "f", "AuthType": "NONE"})).await;
    assert_eq!(changed["AuthType"], "NONE");
    let list = world.ok("lambda", "ListFunctionUrlConfigs", get.clone()).await;
    assert_eq!(list["FunctionUrlConfigs"].as_array().unwrap().len(), 1);
    world.ok("lambda", "DeleteFunctionUrlConfig", get.clone()).await;
    assert_eq!(world.error("lambda", "GetFunctionUrlConfig", get).await.0, "ResourceNotFoundException");
    let (status, _, _) = ask(&world, Request::get("/").header("host", &host).body("").unwrap()).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn code_is_loaded_from_its_location_alone() {
    let world = world().await;
    create(&world, "f", ECHO).await;
    let shown = world.ok("lambda", "GetFunction", json!({"FunctionName": "f"})).await;
    let location = shown["Code"]["Location"].as_str().unwrap().to_string();
    let path = &location[location.find("/_aws").unwrap()..];
    let (status, _, body) =
        ask(&world, Request::get(path).header("host", "localhost").body("").unwrap()).await;
    assert_eq!((status, &body[..2]), (200, &b"PK"[..]));
    let forged = path.replace("expires=", "expires=9");
    assert_eq!(ask(&world, Request::get(forged).header("host", "localhost").body("").unwrap()).await.0, 403);
    world.advance(std::time::Duration::from_secs(601)).await;
    assert_eq!(ask(&world, Request::get(path).header("host", "localhost").body("").unwrap()).await.0, 403);
}
