use std::sync::Mutex;

use super::*;

type Answering = Box<dyn Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync>;

/// A pretended AWS: each request gets the answer of a function, and all are kept.
pub(crate) struct Pretended {
    answer: Answering,
    pub(crate) seen: Mutex<Vec<Request<Bytes>>>,
}

#[async_trait]
impl Transport for Pretended {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let response = (self.answer)(&request);
        self.seen.lock().unwrap().push(request);
        Ok(response)
    }
}

pub(crate) fn answer(status: u16, kind: &str, body: &str) -> Response<Bytes> {
    let builder = Response::builder().status(status).header(CONTENT_TYPE, kind);
    builder.body(Bytes::from(body.to_owned())).unwrap()
}

pub(crate) fn api(
    endpoint: Endpoint,
    answer: impl Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
) -> (Api, Arc<Pretended>) {
    let pretended = Arc::new(Pretended { answer: Box::new(answer), seen: Mutex::new(Vec::new()) });
    let credentials = Credentials {
        access_key_id: "test".to_owned(),
        secret_access_key: "test".to_owned(),
        session_token: None,
    };
    let clock: Clock = Arc::new(|| Timestamp::from_second(1_700_000_000).unwrap());
    (Api::new(pretended.clone(), endpoint, "us-east-1", credentials, clock), pretended)
}

fn here() -> Endpoint {
    Endpoint::Url("http://127.0.0.1:4566/".to_owned())
}

#[tokio::test]
async fn requests_are_signed_and_go_where_they_should() {
    let (client, seen) = api(here(), |_| answer(200, "text/xml", "<R><Account>1</Account></R>"));
    assert_eq!(client.account_id().await.unwrap(), "1");
    let request = seen.seen.lock().unwrap().pop().unwrap();
    assert_eq!(request.uri(), "http://127.0.0.1:4566/");
    assert_eq!(request.headers()["host"], "127.0.0.1:4566");
    assert_eq!(request.body(), "Action=GetCallerIdentity&Version=2011-06-15");
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=test/20231114/us-east-1/sts/aws4_request, "),
        "{authorization}"
    );

    let (client, seen) = api(Endpoint::Aws, |_| answer(200, "text/xml", "<ListBucketResult/>"));
    client.list_objects("bucket", "a/b c").await.unwrap();
    client.in_region("eu-west-1").list_objects("dotted.name", "").await.unwrap();
    let seen = seen.seen.lock().unwrap();
    assert_eq!(seen[0].uri(), "https://bucket.s3.us-east-1.amazonaws.com/?list-type=2&prefix=a%2Fb%20c");
    assert_eq!(seen[1].uri(), "https://s3.eu-west-1.amazonaws.com/dotted.name/?list-type=2&prefix=");
}

#[tokio::test]
async fn errors_of_every_protocol_are_read() {
    let check = async |kind: &'static str, body: &'static str| {
        let (client, _) = api(here(), move |_| answer(400, kind, body));
        let error = client.account_id().await.unwrap_err();
        format!("{} {} {}", error.status, error.code, error.message)
    };
    let query = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>no</Message></Error></ErrorResponse>";
    assert_eq!(check("text/xml", query).await, "400 ValidationError no");
    assert_eq!(
        check("application/xml", "<Error><Code>NoSuchKey</Code><Message>m</Message></Error>").await,
        "400 NoSuchKey m"
    );
    let json = r#"{"__type":"com.amazonaws.ssm#ParameterNotFound","message":"m"}"#;
    assert_eq!(check("application/x-amz-json-1.1", json).await, "400 ParameterNotFound m");
    assert_eq!(check("text/html", "oops").await, "400 Status400 the endpoint answered with status 400");
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_out_and_other_failures_are_not() {
    let calls = Arc::new(Mutex::new(0));
    let counter = calls.clone();
    let (client, _) = api(here(), move |_| {
        let mut calls = counter.lock().unwrap();
        *calls += 1;
        match *calls {
            1 | 2 => answer(
                400,
                "text/xml",
                "<E><Error><Code>Throttling</Code><Message>slow</Message></Error></E>",
            ),
            _ => answer(200, "text/xml", "<R><Account>2</Account></R>"),
        }
    });
    assert_eq!(client.account_id().await.unwrap(), "2");
    assert_eq!(*calls.lock().unwrap(), 3);
    let (client, seen) = api(here(), |_| answer(503, "text/xml", "<E/>"));
    client.account_id().await.unwrap_err();
    assert_eq!(seen.seen.lock().unwrap().len(), 5);
}
