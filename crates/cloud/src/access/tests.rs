//! Authentication and authorisation, from a signed request to a decision.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts as Head;
use http::{HeaderMap, Request};
use shape::{Stream, Timestamp};
use store::layer::table;
use wire::Body;
use wire::sigv4::{Credentials, Payload, Signer};
use wire::table::Protocol;

use super::{authenticate, decide_trust, failure_of};
use crate::caller::{Caller, Principal};
use crate::clock::{Chance, VirtualClock};
use crate::cx::Cx;
use crate::failure::Failure;
use crate::identity::record::{AccessKey, Role, User};
use crate::identity::session::{Issued, Wanted};
use crate::instance::{Cloud, Config, IamMode, Parts};
use crate::operation::{Conditions, Resource};
use crate::sandbox::{Connection, Guest};
use crate::service::{Service, Words};

const ACCOUNT: &str = "000000000000";
const OTHER: &str = "111122223333";
const NOW: i64 = 1_767_225_600;

static QUEUE: Service = Service {
    name: "sqs",
    title: "Simple Queue Service",
    signing_name: "sqs",
    protocols: &[Protocol::json_1_0("AmazonSQS"), Protocol::query("2012-11-05", "")],
    operations: &[],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words { validation_code: "ValidationException", denied_code: "AccessDeniedException" },
};
static LOGS: Service = Service {
    name: "logs",
    signing_name: "logs",
    protocols: &[Protocol::json_1_1("Logs_20140328")],
    words: Words::JSON,
    ..QUEUE_BASE
};
static S3: Service = Service {
    name: "s3",
    signing_name: "s3",
    protocols: &[Protocol::RestXml { namespace: None, wrapped_errors: false }],
    words: Words::QUERY,
    ..QUEUE_BASE
};
const QUEUE_BASE: Service = Service {
    name: "",
    title: "",
    signing_name: "",
    protocols: &[],
    operations: &[],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};

struct Bench {
    cloud: Arc<Cloud>,
    clock: Arc<VirtualClock>,
}

impl Bench {
    async fn new() -> Self {
        Self::with(IamMode::Enforce, true, PathBuf::new()).await
    }

    async fn with(iam: IamMode, loopback: bool, scratch: PathBuf) -> Self {
        let clock = Arc::new(VirtualClock::new(Timestamp::from_secs(NOW)));
        let config = Config { account: ACCOUNT.to_owned(), iam, loopback, ..Config::of_tests(scratch) };
        let parts = Parts { clock: clock.clone(), chance: Chance::from_seed(1), ..Parts::in_memory() };
        Self { cloud: Cloud::assemble(config, &[], parts).await.expect("opens"), clock }
    }

    async fn change<F>(&self, change: F)
    where
        F: for<'tx> FnOnce(&'tx mut store::Tx) -> futures::future::BoxFuture<'tx, Result<(), store::Error>>,
    {
        let mut tx = store::begin(self.cloud.store()).await.expect("begins");
        change(&mut tx).await.expect("changes");
        self.cloud.identities().note_change(&mut tx);
        tx.commit().await.expect("commits");
    }

    /// A user with a policy, and its key.
    async fn user(&self, policy: &str) {
        let user = User {
            account: ACCOUNT.into(),
            name: "Bob".into(),
            path: "/".into(),
            id: "AIDABOB".into(),
            created_at_millis: 0,
            tags: vec![("team".into(), "red".into())],
            boundary: None,
            inline: BTreeMap::from([("p".into(), policy.into())]),
            attached: vec![],
            groups: vec![],
        };
        let key = AccessKey {
            id: "AKIABOB".into(),
            secret: "bobs".into(),
            account: ACCOUNT.into(),
            user: Some("Bob".into()),
            active: true,
            created_at_millis: 0,
        };
        self.change(|tx| {
            Box::pin(async move {
                table::put(tx, &user).await?;
                table::put(tx, &key).await
            })
        })
        .await;
    }

    async fn role(&self, policy: &str, id: &str) {
        let role = Role {
            account: ACCOUNT.into(),
            name: "R".into(),
            path: "/p/".into(),
            id: id.into(),
            created_at_millis: 0,
            trust: String::new(),
            description: None,
            max_session_seconds: 3600,
            tags: vec![],
            boundary: None,
            inline: BTreeMap::from([("p".into(), policy.into())]),
            attached: vec!["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole".into()],
        };
        self.change(|tx| Box::pin(async move { table::put(tx, &role).await })).await;
    }

    async fn session(&self, policies: &[String], tags: &[(String, String)]) -> Issued {
        let wanted =
            Wanted { session_name: "call", duration_seconds: 900, policies, tags, transitive_tags: &[] };
        let cloud = &self.cloud;
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/p/R");
        let issued = cloud.identities().role_session(cloud.clock(), cloud.chance(), &arn, wanted).await;
        issued.expect("reads").expect("there is the role").expect("fits")
    }

    async fn decide(&self, caller: &Caller, action: &str, arn: &str) -> Result<(), Failure> {
        self.decide_with(caller, action, arn, None, &Conditions::new(), &QUEUE).await
    }

    async fn decide_with(
        &self,
        caller: &Caller,
        action: &str,
        arn: &str,
        policy: Option<&str>,
        conditions: &Conditions,
        service: &'static Service,
    ) -> Result<(), Failure> {
        let mut cx = Cx::outer(&self.cloud, caller.clone());
        cx.call.service = Some(service);
        let resource = Resource::One(arn.parse().expect("an ARN"));
        super::decide_action(&mut cx, action, &resource, policy, conditions).await
    }
}

fn credentials(id: &str, secret: &str) -> Credentials {
    Credentials { access_key_id: id.into(), secret_access_key: secret.into(), session_token: None }
}

fn signed_at(seconds: i64, credentials: &Credentials, service: &str, body: &[u8]) -> Head {
    let mut headers = HeaderMap::new();
    headers.insert("host", "localhost".parse().expect("a value"));
    Signer::new(credentials, "eu-west-1", service)
        .sign(seconds, ("POST", "/", ""), &mut headers, &Payload::of(body))
        .expect("signs");
    head(headers)
}

fn head(headers: HeaderMap) -> Head {
    let mut request = Request::post("/").body(()).expect("a request");
    *request.headers_mut() = headers;
    request.into_parts().0
}

fn signed(credentials: &Credentials, body: &[u8]) -> Head {
    signed_at(NOW, credentials, "sqs", body)
}

async fn who(bench: &Bench, head: &Head, body: &[u8]) -> Result<Caller, Failure> {
    let body = Body::Whole(Bytes::copy_from_slice(body));
    authenticate(&bench.cloud, &QUEUE, &QUEUE.protocols[0], head, body).await.map(|(caller, _)| caller)
}

fn code(failure: &Failure) -> (&str, u16, Option<&str>) {
    (failure.code(), failure.status(), failure.body().query_code.as_deref())
}

const READ: &str = r#"{"Statement":[{"Effect":"Allow","Action":"sqs:Receive*","Resource":"*"}]}"#;
const QUEUE_ARN: &str = "arn:aws:sqs:eu-west-1:000000000000:q";

#[tokio::test]
async fn the_well_known_root() {
    let bench = Bench::new().await;
    let caller = who(&bench, &signed(&credentials("test", "test"), b"x"), b"x").await.expect("known");
    assert_eq!((caller.arn().as_str(), &*caller.region), ("arn:aws:iam::000000000000:root", "eu-west-1"));
    let caller = who(&bench, &signed(&credentials(OTHER, "test"), b""), b"").await.expect("known");
    assert_eq!(caller.arn(), format!("arn:aws:iam::{OTHER}:root"));
    assert_eq!(caller.access_key_id.as_deref(), Some(OTHER));
    // Clients that always send a token may.
    let with_token = Credentials { session_token: Some("test".into()), ..credentials("test", "test") };
    assert!(who(&bench, &signed(&with_token, b""), b"").await.is_ok());
    let failure =
        who(&bench, &signed(&credentials("test", "wrong"), b""), b"").await.expect_err("wrong secret");
    assert_eq!(code(&failure), ("InvalidSignatureException", 400, Some("SignatureDoesNotMatch")));
    assert!(failure.message().starts_with("The request signature we calculated does not match"));
}

/// Hostile code in a function was root of the cloud, with the keys that everybody knows.
#[tokio::test]
async fn the_well_known_keys_are_the_role_in_a_function() {
    let bench = Bench::new().await;
    bench.role(READ, "AROA1").await;
    let from = |guest: Guest| {
        let mut head = signed(&credentials("test", "test"), b"");
        head.extensions.insert(Connection::of_guest(Arc::new(guest)));
        head
    };
    let guest =
        |role: &str| Guest { function: "fn".into(), role: format!("arn:aws:iam::{ACCOUNT}:role/{role}") };
    let caller = who(&bench, &from(guest("p/R")), b"").await.expect("known");
    assert_eq!(caller.arn(), format!("arn:aws:sts::{ACCOUNT}:assumed-role/R/fn"));
    bench.decide(&caller, "sqs:ReceiveMessage", QUEUE_ARN).await.expect("allowed");
    bench.decide(&caller, "sqs:SendMessage", QUEUE_ARN).await.expect_err("not allowed");
    let failure = who(&bench, &from(guest("gone")), b"").await.expect_err("no role");
    assert_eq!(code(&failure).0, "AccessDenied");
    // Keys of its own stay its own.
    bench.user(READ).await;
    let mut head = signed(&credentials("AKIABOB", "bobs"), b"");
    head.extensions.insert(Connection::of_guest(Arc::new(guest("p/R"))));
    assert_eq!(who(&bench, &head, b"").await.expect("known").arn(), "arn:aws:iam::000000000000:user/Bob");
}

#[tokio::test]
async fn a_cloud_that_others_can_reach_has_keys_of_its_own() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Bench::with(IamMode::Enforce, false, folder.path().to_owned()).await;
    for id in ["test", OTHER] {
        let failure = who(&bench, &signed(&credentials(id, "test"), b""), b"").await.expect_err("refused");
        assert_eq!(code(&failure).0, "UnrecognizedClientException", "{id}");
    }
    let file = bench.cloud.identities().root_credentials().expect("a file").to_owned();
    assert_eq!(file.metadata().expect("is there").permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).expect("readable");
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.strip_prefix(" = ")).expect("is there").to_owned()
    };
    let root = credentials(&value("aws_access_key_id"), &value("aws_secret_access_key"));
    let caller = who(&bench, &signed(&root, b""), b"").await.expect("known");
    assert_eq!(caller.principal, Principal::Root);
}

#[tokio::test]
async fn refusals_in_the_words_of_each_protocol() {
    let bench = Bench::new().await;
    let test = credentials("test", "test");
    let none = head(HeaderMap::new());
    let failure = who(&bench, &none, b"").await.expect_err("anonymous");
    assert_eq!(
        code(&failure),
        ("MissingAuthenticationTokenException", 400, Some("MissingAuthenticationToken"))
    );
    let query = &QUEUE.protocols[1];
    let empty = || Body::Whole(Bytes::new());
    let failure = authenticate(&bench.cloud, &QUEUE, query, &none, empty()).await.expect_err("anonymous");
    assert_eq!((failure.code(), failure.status()), ("MissingAuthenticationToken", 403));
    let unknown = signed(&credentials("AKIANOBODY", "x"), b"");
    assert_eq!(
        code(&who(&bench, &unknown, b"").await.expect_err("unknown")).0,
        "UnrecognizedClientException"
    );
    let failure = authenticate(&bench.cloud, &QUEUE, query, &unknown, empty()).await.expect_err("unknown");
    assert_eq!(failure.code(), "InvalidClientTokenId");
    assert_eq!(failure.message(), "The security token included in the request is invalid.");
    let old = signed_at(NOW - 901, &test, "sqs", b"");
    let failure = who(&bench, &old, b"").await.expect_err("too old");
    assert!(failure.message().starts_with("Signature expired: "), "{failure}");
    let elsewhere = signed_at(NOW, &test, "sns", b"");
    let failure = who(&bench, &elsewhere, b"").await.expect_err("signed for sns");
    assert!(
        failure.message().contains("Credential should be scoped to correct service: 'sqs'."),
        "{failure}"
    );
    assert!(who(&bench, &signed(&test, b"one"), b"two").await.is_err(), "another body");
    let s3 = S3.protocols.first().expect("one");
    let unknown = signed_at(NOW, &credentials("AKIANOBODY", "x"), "s3", b"");
    let failure = authenticate(&bench.cloud, &S3, s3, &unknown, empty()).await.expect_err("unknown");
    assert_eq!((failure.code(), failure.status()), ("InvalidAccessKeyId", 403));
    let (caller, _) =
        authenticate(&bench.cloud, &S3, s3, &none, empty()).await.expect("S3 takes anonymous requests");
    assert_eq!(caller.principal, Principal::Anonymous);
}

#[tokio::test]
async fn a_region_is_only_a_name() {
    let bench = Bench::new().await;
    let mut headers = HeaderMap::new();
    headers.insert("host", "localhost".parse().expect("a value"));
    let test = credentials("test", "test");
    let signer = Signer::new(&test, "x:000000000001:q", "sqs");
    signer.sign(NOW, ("POST", "/", ""), &mut headers, &Payload::of(b"")).expect("signs");
    let failure = who(&bench, &head(headers), b"").await.expect_err("no region");
    assert!(failure.message().contains("valid region"), "{failure}");
}

#[tokio::test]
async fn users_and_their_keys() {
    let bench = Bench::new().await;
    bench.user(READ).await;
    let caller = who(&bench, &signed(&credentials("AKIABOB", "bobs"), b""), b"").await.expect("known");
    assert_eq!(caller.arn(), "arn:aws:iam::000000000000:user/Bob");
    bench.decide(&caller, "sqs:ReceiveMessage", QUEUE_ARN).await.expect("allowed");
    let failure = bench.decide(&caller, "sqs:SendMessage", QUEUE_ARN).await.expect_err("not allowed");
    assert_eq!(code(&failure), ("AccessDeniedException", 403, Some("AccessDenied")));
    assert_eq!(
        failure.message(),
        "User: arn:aws:iam::000000000000:user/Bob is not authorized to perform: sqs:sendmessage on resource: \
         arn:aws:sqs:eu-west-1:000000000000:q because no identity-based policy allows the sqs:sendmessage action"
    );
    // A change counts for the next request, though the answers above came from memory.
    bench.user(r#"{"Statement":[{"Effect":"Allow","Action":"sqs:Send*","Resource":"*"}]}"#).await;
    bench.decide(&caller, "sqs:SendMessage", QUEUE_ARN).await.expect("allowed now");
    bench.decide(&caller, "sqs:ReceiveMessage", QUEUE_ARN).await.expect_err("no more");
    bench
        .change(|tx| Box::pin(async move { table::delete::<AccessKey>(tx, "AKIABOB").await.map(|_| ()) }))
        .await;
    assert!(who(&bench, &signed(&credentials("AKIABOB", "bobs"), b""), b"").await.is_err());
}

#[tokio::test]
async fn changes_by_other_processes_are_seen() {
    let bench = Bench::new().await;
    bench.user(READ).await;
    let caller = who(&bench, &signed(&credentials("AKIABOB", "bobs"), b""), b"").await.expect("known");
    bench.decide(&caller, "sqs:ReceiveMessage", QUEUE_ARN).await.expect("allowed");
    let mut tx = store::begin(bench.cloud.store()).await.expect("begins");
    table::delete::<User>(&mut tx, crate::identity::record::key(ACCOUNT, "bob")).await.expect("deletes");
    tx.commit().await.expect("commits");
    bench.decide(&caller, "sqs:ReceiveMessage", QUEUE_ARN).await.expect_err("the user is gone");
}

#[tokio::test]
async fn sessions_of_roles() {
    let bench = Bench::new().await;
    bench.role(READ, "AROAONE").await;
    let tags = [("team".to_owned(), "blue".to_owned())];
    let narrow = r#"{"Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:SendMessage"],"Resource":"*"}]}"#;
    let issued = bench.session(&[narrow.to_owned()], &tags).await;
    let with_token = Credentials {
        access_key_id: issued.access_key_id.clone(),
        secret_access_key: issued.secret_access_key.clone(),
        session_token: Some(issued.session_token.clone()),
    };
    let caller = who(&bench, &signed(&with_token, b""), b"").await.expect("known");
    assert_eq!(caller.arn(), "arn:aws:sts::000000000000:assumed-role/R/call");
    assert_eq!(caller.user_id(), "AROAONE:call");
    bench.decide(&caller, "sqs:ReceiveMessage", QUEUE_ARN).await.expect("role and session allow it");
    let failure = bench.decide(&caller, "sqs:SendMessage", QUEUE_ARN).await.expect_err("the role does not");
    assert!(
        failure.message().ends_with("because no identity-based policy allows the sqs:sendmessage action")
    );
    let log = "arn:aws:logs:eu-west-1:000000000000:log-group:g:log-stream:s";
    let failure = bench.decide(&caller, "logs:PutLogEvents", log).await.expect_err("the session does not");
    assert!(failure.message().ends_with("because no session policy allows the logs:putlogevents action"));
    // Without, altered or with another key's token it is nobody's.
    let no_token = Credentials { session_token: None, ..with_token.clone() };
    assert!(who(&bench, &signed(&no_token, b""), b"").await.is_err());
    let mut altered = issued.session_token.clone();
    altered.replace_range(40..41, if &altered[40..41] == "A" { "B" } else { "A" });
    let altered = Credentials { session_token: Some(altered), ..with_token.clone() };
    assert!(who(&bench, &signed(&altered, b""), b"").await.is_err());
    let foreign = Credentials {
        session_token: Some(bench.session(&[], &[]).await.session_token),
        ..with_token.clone()
    };
    assert!(who(&bench, &signed(&foreign, b""), b"").await.is_err());
    // A role made anew under the same name is another one.
    bench.role(READ, "AROATWO").await;
    bench.decide(&caller, "sqs:ReceiveMessage", QUEUE_ARN).await.expect_err("the old role is gone");
    // Its sessions are over: policies of resources that name the role must not let them in.
    let failure = who(&bench, &signed(&with_token, b""), b"").await.expect_err("the session has ended");
    assert_eq!(code(&failure), ("UnrecognizedClientException", 400, Some("InvalidClientTokenId")));
    bench.clock.advance(std::time::Duration::from_secs(900));
    let late = signed_at(NOW + 900, &with_token, "sqs", b"");
    let failure = who(&bench, &late, b"").await.expect_err("over");
    assert_eq!(code(&failure), ("ExpiredTokenException", 400, Some("ExpiredToken")));
}

#[tokio::test]
async fn tokens_have_a_limit() {
    let bench = Bench::new().await;
    bench.role(READ, "AROAONE").await;
    let tags: Vec<_> = (0..50).map(|n| (format!("{n}{}", "k".repeat(120)), "v".repeat(256))).collect();
    let wanted = Wanted {
        session_name: "call",
        duration_seconds: 900,
        policies: &[],
        tags: &tags,
        transitive_tags: &[],
    };
    let cloud = &bench.cloud;
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/p/R");
    let issued = cloud.identities().role_session(cloud.clock(), cloud.chance(), &arn, wanted).await;
    assert!(issued.expect("reads").expect("there").is_err());
    let none = cloud
        .identities()
        .role_session(cloud.clock(), cloud.chance(), "arn:aws:iam::1:role/none", wanted)
        .await;
    assert!(none.expect("reads").is_none());
}

#[tokio::test]
async fn policies_of_resources_and_condition_keys() {
    let bench = Bench::new().await;
    bench.user(r#"{"Statement":[{"Effect":"Deny","Action":"sqs:Purge*","Resource":"*"}]}"#).await;
    let bob = who(&bench, &signed(&credentials("AKIABOB", "bobs"), b""), b"").await.expect("known");
    let none = Conditions::new();
    let statement = |principal: &str, condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sqs:*","Resource":"*","Condition":{condition}}}]}}"#
        )
    };
    let allowed = async |caller: &Caller, policy: &str, conditions: &Conditions| {
        let decision =
            bench.decide_with(caller, "sqs:SendMessage", QUEUE_ARN, Some(policy), conditions, &QUEUE).await;
        decision.is_ok()
    };
    let tag = statement(r#""*""#, r#"{"StringEquals":{"aws:PrincipalTag/Team":"red","aws:username":"Bob"}}"#);
    assert!(allowed(&bob, &tag, &none).await);
    let region = statement(r#""*""#, r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#);
    assert!(!allowed(&bob, &region, &none).await);
    let request = statement(
        r#""*""#,
        r#"{"StringEquals":{"aws:RequestTag/stage":"dev"},"ForAllValues:StringEquals":{"aws:TagKeys":["stage"]},"Bool":{"aws:SecureTransport":"true"},"DateLessThan":{"aws:CurrentTime":"2026-01-02T00:00:00Z"}}"#,
    );
    let tags = |pairs: &[&str]| vec![(super::REQUEST_TAGS, pairs.iter().map(ToString::to_string).collect())];
    assert!(allowed(&bob, &request, &tags(&["stage", "dev"])).await);
    assert!(!allowed(&bob, &request, &tags(&["stage", "dev", "owner", "me"])).await);
    assert!(!allowed(&bob, &request, &none).await);
    let mut remote = bob.clone();
    remote.origin.ip = Some("192.0.2.1".parse().unwrap());
    assert!(!allowed(&remote, &request, &tags(&["stage", "dev"])).await, "plain HTTP from another machine");
    let failure = bench
        .decide_with(&bob, "sqs:PurgeQueue", QUEUE_ARN, Some(&statement(r#""*""#, "{}")), &none, &QUEUE)
        .await
        .expect_err("denied");
    assert!(failure.message().ends_with("with an explicit deny in an identity-based policy"));
    // A service on behalf of a resource.
    let topic = "arn:aws:sns:us-east-1:000000000000:t";
    let sns = Caller::service("sns.amazonaws.com", ACCOUNT, "us-east-1", Some(topic));
    let from_topic = statement(
        r#"{"Service":"sns.amazonaws.com"}"#,
        r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:t"},"StringEquals":{"aws:SourceAccount":"000000000000"}}"#,
    );
    assert!(allowed(&sns, &from_topic, &none).await);
    let other = Caller::service("sns.amazonaws.com", ACCOUNT, "us-east-1", Some("arn:aws:sns:us-east-1:1:u"));
    assert!(!allowed(&other, &from_topic, &none).await);
    assert!(bench.decide(&sns, "sqs:SendMessage", QUEUE_ARN).await.is_err());
}

#[tokio::test]
async fn root_of_another_account_is_a_stranger() {
    let bench = Bench::new().await;
    let stranger = Caller::root(OTHER, "eu-west-1");
    let failure = bench.decide(&stranger, "sqs:SendMessage", QUEUE_ARN).await.expect_err("not his queue");
    assert!(
        failure.message().ends_with("because no resource-based policy allows the sqs:sendmessage action")
    );
    let owner = vec![(super::RESOURCE_ACCOUNT, vec![ACCOUNT.to_owned()])];
    let bucket = "arn:aws:s3:::b";
    let failure = bench
        .decide_with(&stranger, "s3:ListBucket", bucket, None, &owner, &S3)
        .await
        .expect_err("not his bucket");
    assert_eq!((failure.code(), failure.status(), failure.message()), ("AccessDenied", 403, "Access Denied"));
    let root = Caller::root(ACCOUNT, "eu-west-1");
    bench.decide_with(&root, "s3:ListBucket", bucket, None, &owner, &S3).await.expect("his own");
}

#[tokio::test]
async fn nobody_is_locked_out_of_a_bucket() {
    let bench = Bench::new().await;
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"}]}"#;
    let owner = vec![(super::RESOURCE_ACCOUNT, vec![ACCOUNT.to_owned()])];
    let root = Caller::root(ACCOUNT, "eu-west-1");
    let decide = async |caller: &Caller, action: &str| {
        bench.decide_with(caller, action, "arn:aws:s3:::b", Some(deny), &owner, &S3).await.is_ok()
    };
    assert!(!decide(&root, "s3:ListBucket").await);
    for action in ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"] {
        assert!(decide(&root, action).await, "{action}");
        assert!(!decide(&Caller::root(OTHER, "eu-west-1"), action).await, "{action}");
    }
}

#[tokio::test]
async fn denials_in_the_words_of_each_service() {
    let bench = Bench::new().await;
    bench.user(READ).await;
    let bob = who(&bench, &signed(&credentials("AKIABOB", "bobs"), b""), b"").await.expect("known");
    let none = Conditions::new();
    let failure =
        bench.decide_with(&bob, "s3:GetObject", "arn:aws:s3:::b/k", None, &none, &S3).await.expect_err("no");
    assert_eq!(
        failure.message(),
        "User: arn:aws:iam::000000000000:user/Bob is not authorized to perform: s3:GetObject on resource: \
         \"arn:aws:s3:::b/k\" because no identity-based policy allows the s3:GetObject action"
    );
    let group = "arn:aws:logs:eu-west-1:000000000000:log-group:g";
    let failure =
        bench.decide_with(&bob, "logs:CreateLogGroup", group, None, &none, &LOGS).await.expect_err("no");
    assert_eq!(code(&failure), ("AccessDeniedException", 400, None));
    let nobody = Caller::anonymous(ACCOUNT, "eu-west-1");
    let failure = bench
        .decide_with(&nobody, "s3:GetObject", "arn:aws:s3:::b/k", None, &none, &S3)
        .await
        .expect_err("no");
    assert_eq!(failure.message(), "Access Denied");
}

#[tokio::test]
async fn audit_lets_denied_calls_pass() {
    let bench = Bench::with(IamMode::Audit, true, PathBuf::new()).await;
    let stranger = Caller::root(OTHER, "eu-west-1");
    bench.decide(&stranger, "sqs:SendMessage", QUEUE_ARN).await.expect("only logged");
}

/// Whoever reached the listener could publish to topics, whose links need requests that are not signed.
#[tokio::test]
async fn audit_lets_nothing_pass_that_is_not_signed() {
    let bench = Bench::with(IamMode::Audit, true, PathBuf::new()).await;
    let nobody = Caller::anonymous(ACCOUNT, "us-east-1");
    let failure = bench.decide(&nobody, "sns:Publish", "arn:aws:sns:us-east-1:000000000000:t").await;
    failure.expect_err("nobody has signed it");
}

#[tokio::test]
async fn trust_policies() {
    let bench = Bench::new().await;
    let cx = Cx::outer(&bench.cloud, Caller::root(ACCOUNT, "us-east-1"));
    let trust = |principal: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}]}}"#
        )
    };
    let arn = "arn:aws:iam::000000000000:role/R";
    let none = Conditions::new();
    let account = trust(&format!(r#"{{"AWS":"{ACCOUNT}"}}"#));
    decide_trust(&cx, "sts:AssumeRole", arn, &account, &none).await.expect("trusts the account");
    let lambda = trust(r#"{"Service":"lambda.amazonaws.com"}"#);
    let failure =
        decide_trust(&cx, "sts:AssumeRole", arn, &lambda, &none).await.expect_err("trusts Lambda alone");
    assert!(failure.message().ends_with("because no role trust policy allows the sts:AssumeRole action"));
}

/// URLs as botocore 1.43 makes them without `signature_version`.
#[tokio::test]
async fn presigned_urls_of_version_2() {
    let bench = Bench::new().await;
    let empty = || Body::Whole(Bytes::new());
    let get = |url: &str| {
        let request = Request::get(url).header("host", "127.0.0.1:4791").body(()).unwrap();
        request.into_parts().0
    };
    let url = "/b/a%20b/%C3%BC%2Bc?response-content-type=text%2Fplain%3B%20x&AWSAccessKeyId=test\
        &Signature=FsyMIyJflWPEB%2BpMG44sxkHuvPE%3D&Expires=1795243987";
    let protocol = &S3.protocols[0];
    let (caller, _) = authenticate(&bench.cloud, &S3, protocol, &get(url), empty()).await.expect("genuine");
    assert_eq!(caller.principal, Principal::Root);
    for (other, code) in [
        (url.replace("a%20b", "a%20c"), "SignatureDoesNotMatch"),
        (url.replace("text", "html"), "SignatureDoesNotMatch"),
        (url.replace("1795243987", "1795243988"), "SignatureDoesNotMatch"),
        (url.replace("1795243987", "1767225599"), "AccessDenied"),
        (url.replace("KeyId=test", "KeyId=AKIANOBODY"), "InvalidAccessKeyId"),
    ] {
        let failure =
            authenticate(&bench.cloud, &S3, protocol, &get(&other), empty()).await.expect_err(&other);
        assert_eq!(failure.code(), code, "{other}");
    }
    let put = "/b/k?AWSAccessKeyId=test&Signature=omF90x79vT1KqB0KwYCYzxKFv6E%3D&content-type=text%2Fplain\
        &x-amz-meta-a=b%20c&Expires=1795243987";
    let request = Request::put(put).header("host", "127.0.0.1:4791").body(()).unwrap();
    authenticate(&bench.cloud, &S3, protocol, &request.into_parts().0, empty()).await.expect("genuine");
}

#[tokio::test]
async fn streamed_bodies_are_bound_to_the_signature() {
    let bench = Bench::new().await;
    let protocol = &S3.protocols[0];
    let head = signed_at(NOW, &credentials("test", "test"), "s3", b"hello");
    for (sent, fine) in [("hello", true), ("hellO", false)] {
        let flow = Body::Flow(Stream::once(Bytes::from_static(sent.as_bytes())));
        let (_, body) =
            authenticate(&bench.cloud, &S3, protocol, &head, flow).await.expect("the head is signed");
        let Body::Flow(stream) = body else { panic!("a flow stays one") };
        match stream.collect(100).await {
            Ok(bytes) => assert!(fine && bytes == "hello"),
            Err(error) => {
                assert!(!fine);
                let failure = failure_of(&error).expect("a failure inside");
                assert_eq!(failure.code(), "XAmzContentSHA256Mismatch");
            }
        }
    }
}

#[tokio::test]
async fn chunks_come_without_their_frames_and_with_their_checksum_checked() {
    let bench = Bench::new().await;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "localhost"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("x-amz-decoded-content-length", "9"),
    ] {
        headers.insert(name, value.parse().expect("a value"));
    }
    let test = credentials("test", "test");
    Signer::new(&test, "eu-west-1", "s3")
        .sign(NOW, ("POST", "/", ""), &mut headers, &Payload::UnsignedChunksWithTrailer)
        .expect("signs");
    let head = head(headers);
    // y/Q5Jg== is the CRC-32 of 123456789, the check value of the CRC catalogue.
    for (checksum, fine) in [("y/Q5Jg==", true), ("AAAAAA==", false)] {
        let framed = format!("9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n");
        let whole = Body::Whole(framed.clone().into());
        let answer = authenticate(&bench.cloud, &S3, &S3.protocols[0], &head, whole).await;
        match answer {
            Ok((_, Body::Whole(bytes))) => assert!(fine && bytes == "123456789"),
            Ok(_) => panic!("a whole body stays one"),
            Err(failure) => assert!(!fine && failure.code() == "BadDigest", "{failure}"),
        }
        let flow = Body::Flow(Stream::once(framed.into()));
        let (_, body) =
            authenticate(&bench.cloud, &S3, &S3.protocols[0], &head, flow).await.expect("the head is signed");
        let Body::Flow(stream) = body else { panic!("a flow stays one") };
        assert_eq!(stream.length(), Some(9));
        match stream.collect(100).await {
            Ok(bytes) => assert!(fine && bytes == "123456789"),
            Err(error) => {
                assert!(!fine && failure_of(&error).is_some_and(|failure| failure.code() == "BadDigest"))
            }
        }
    }
}

/// Frames that an anonymous client sent were stored as if they were data, and a wrong hash was believed.
#[tokio::test]
async fn bodies_without_a_signature_are_what_they_say() {
    let bench = Bench::new().await;
    let ask = async |sha256: &str, body: &str, flow: bool| {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("host", "localhost"), ("x-amz-content-sha256", sha256), ("x-amz-decoded-content-length", "5")]
        {
            headers.insert(name, value.parse().expect("a value"));
        }
        let bytes = Bytes::from(body.to_owned());
        let body = if flow { Body::Flow(Stream::once(bytes)) } else { Body::Whole(bytes) };
        let (_, body) = authenticate(&bench.cloud, &S3, &S3.protocols[0], &head(headers), body)
            .await
            .map_err(|failure| failure.code().to_owned())?;
        match body {
            Body::Whole(bytes) => Ok(bytes),
            Body::Flow(stream) => stream
                .collect(100)
                .await
                .map_err(|error| failure_of(&error).expect("a failure inside").code().to_owned()),
        }
    };
    let hash = wire::digest::sha256_hex(b"hello");
    for flow in [false, true] {
        let framed = "5\r\nhello\r\n0\r\n\r\n";
        assert_eq!(ask("STREAMING-UNSIGNED-PAYLOAD-TRAILER", framed, flow).await.expect("frames"), "hello");
        assert!(ask("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", framed, flow).await.is_err());
        assert_eq!(ask(&hash, "hello", flow).await.expect("the hash"), "hello");
        let error = ask(&hash, "hellO", flow).await.expect_err("another hash");
        assert_eq!(error, "XAmzContentSHA256Mismatch");
        assert_eq!(ask("UNSIGNED-PAYLOAD", "x", flow).await.expect("anything"), "x");
        assert!(ask("nonsense", "x", flow).await.is_err());
    }
}

#[test]
fn tags_are_pairs() {
    let tags = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())]);
    let pairs = ["a", "1", "b", ""].map(str::to_owned).to_vec();
    assert_eq!(super::request_tags(&tags), (super::REQUEST_TAGS, pairs.clone()));
    assert_eq!(super::resource_tags(&tags), (super::RESOURCE_TAGS, pairs));
}
