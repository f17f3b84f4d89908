use std::path::PathBuf;

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::canonical::{Request, Rules};
use super::*;

/// Credentials of the examples in the S3 API reference ("Signature Calculations for the Authorization Header").
fn s3_example() -> Credentials {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
        session_token: None,
    }
}

/// 2013-05-24T00:00:00Z, the time of those examples.
const S3_EXAMPLE_TIME: i64 = 1_369_353_600;

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    map
}

fn view<'a>(method: &'a str, path: &'a str, query: &'a str, headers: &'a HeaderMap) -> Request<'a> {
    Request { method, path, query, headers, authority: None }
}

fn key_of(credentials: &Credentials, presented: &Presented) -> SigningKey {
    SigningKey::derive(&credentials.secret_access_key, &presented.scope)
}

fn sqs_signed(credentials: &Credentials, body: &[u8]) -> HeaderMap {
    let mut map = headers(&[
        ("host", "sqs.us-east-1.localhost:4566"),
        ("x-amz-target", "AmazonSQS.ListQueues"),
        ("user-agent", "x"),
    ]);
    Signer::new(credentials, "us-east-1", "sqs")
        .sign(S3_EXAMPLE_TIME, ("POST", "/", ""), &mut map, &Payload::of(body))
        .unwrap();
    map
}

#[test]
fn header_signature_of_the_s3_reference() {
    // "Example: GET Object" of sig-v4-header-based-auth.html
    let mut map = headers(&[("host", "examplebucket.s3.amazonaws.com"), ("range", "bytes=0-9")]);
    let credentials = s3_example();
    let signed = Signer::new(&credentials, "us-east-1", "s3")
        .sign(S3_EXAMPLE_TIME, ("GET", "/test.txt", ""), &mut map, &Payload::of(b""))
        .unwrap();
    assert_eq!(signed.signature(), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    // "Example: PUT Object": the key holds a dollar sign.
    let mut map = headers(&[
        ("host", "examplebucket.s3.amazonaws.com"),
        ("date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ]);
    let payload = Payload::of(b"Welcome to Amazon S3.");
    let signed = Signer::new(&credentials, "us-east-1", "s3")
        .sign(S3_EXAMPLE_TIME, ("PUT", "/test$file.text", ""), &mut map, &payload)
        .unwrap();
    assert_eq!(signed.signature(), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    let request = view("PUT", "/test$file.text", "", &map);
    let presented = parse(&request).unwrap().unwrap();
    assert_eq!(presented.access_key_id, "AKIAIOSFODNN7EXAMPLE");
    assert_eq!(presented.scope.to_string(), "20130524/us-east-1/s3/aws4_request");
    presented.check_time(S3_EXAMPLE_TIME + SKEW_SECONDS_MAX).unwrap();
    let verified = presented.verify(&key_of(&credentials, &presented), &request, None).unwrap();
    assert_eq!(verified.payload, payload);
}

#[test]
fn presigned_url_of_the_s3_reference() {
    // sigv4-query-string-auth.html
    let map = headers(&[("host", "examplebucket.s3.amazonaws.com")]);
    let credentials = s3_example();
    let (query, signed) = Signer::new(&credentials, "us-east-1", "s3").presign(
        S3_EXAMPLE_TIME,
        86400,
        &view("GET", "/test.txt", "", &map),
        &Payload::Unsigned,
    );
    assert_eq!(signed.signature(), "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    let request = view("GET", "/test.txt", &query, &map);
    let presented = parse(&request).unwrap().unwrap();
    let verified = presented.verify(&key_of(&credentials, &presented), &request, None).unwrap();
    assert_eq!(verified.payload, Payload::Unsigned);

    presented.check_time(S3_EXAMPLE_TIME + 86400).unwrap();
    let late = presented.check_time(S3_EXAMPLE_TIME + 86401).unwrap_err().answer(Dialect::S3);
    assert_eq!((late.code, late.status, late.message.as_str()), ("AccessDenied", 403, "Request has expired"));
    assert_eq!(late.details[1], ("Expires", "2013-05-25T00:00:00Z".to_owned()));
    let early = presented.check_time(S3_EXAMPLE_TIME - 901).unwrap_err().answer(Dialect::S3);
    assert_eq!(early.message, "Request is not yet valid");
}

#[test]
fn a_changed_request_does_not_match() {
    let credentials = s3_example();
    let map = sqs_signed(&credentials, b"{}");
    let check = |method: &str, path: &str, query: &str, body: &[u8], map: &HeaderMap| {
        let request = view(method, path, query, map);
        let presented = parse(&request).unwrap().unwrap();
        let hash = crate::digest::sha256(body);
        presented.verify(&key_of(&credentials, &presented), &request, Some(&hash)).map(|v| v.payload)
    };
    assert_eq!(check("POST", "/", "", b"{}", &map), Ok(Payload::of(b"{}")));
    assert!(check("PUT", "/", "", b"{}", &map).is_err());
    assert!(check("POST", "/x", "", b"{}", &map).is_err());
    assert!(check("POST", "/", "a", b"{}", &map).is_err());
    assert!(check("POST", "/", "", b"{ }", &map).is_err());
    let mut other = map.clone();
    other.insert("x-amz-target", HeaderValue::from_static("AmazonSQS.DeleteQueue"));
    assert!(check("POST", "/", "", b"{}", &other).is_err());
    let mut agent = map;
    agent.insert("user-agent", HeaderValue::from_static("a proxy"));
    assert!(check("POST", "/", "", b"{}", &agent).is_ok(), "what is not signed may change");
}

#[test]
fn a_mismatch_shows_both_texts() {
    let credentials = s3_example();
    let map = sqs_signed(&credentials, b"{}");
    let request = view("POST", "/", "", &map);
    let presented = parse(&request).unwrap().unwrap();
    let wrong = SigningKey::derive("another", &presented.scope);
    let error = presented.verify(&wrong, &request, Some(&crate::digest::sha256(b"{}"))).unwrap_err();
    let json = error.answer(Dialect::Json);
    assert_eq!(
        (json.code, json.query_code, json.status),
        ("InvalidSignatureException", "SignatureDoesNotMatch", 400)
    );
    assert!(
        json.message.contains("\n\nThe Canonical String for this request should have been\n'POST\n/\n\n")
    );
    assert!(
        json.message
            .contains("\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20130524T000000Z\n")
    );
    assert_eq!(error.answer(Dialect::Query).code, "SignatureDoesNotMatch");
    assert_eq!(error.answer(Dialect::RestJson).status, 403);
    let s3 = error.answer(Dialect::S3);
    let names: Vec<&str> = s3.details.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "AWSAccessKeyId",
            "StringToSign",
            "SignatureProvided",
            "StringToSignBytes",
            "CanonicalRequest",
            "CanonicalRequestBytes"
        ]
    );
    assert!(s3.details[3].1.starts_with("41 57 53 34 2d"));
}

#[test]
fn time_must_be_within_a_quarter_of_an_hour() {
    let credentials = s3_example();
    let map = sqs_signed(&credentials, b"");
    let presented = parse(&view("POST", "/", "", &map)).unwrap().unwrap();
    presented.check_time(S3_EXAMPLE_TIME + 900).unwrap();
    presented.check_time(S3_EXAMPLE_TIME - 900).unwrap();
    // Texts: "Troubleshoot Signature Version 4 errors" in the IAM guide.
    assert_eq!(
        presented.check_time(S3_EXAMPLE_TIME + 901).unwrap_err().to_string(),
        "Signature expired: 20130524T000000Z is now earlier than 20130524T000001Z (20130524T001501Z - 15 min.)"
    );
    let early = presented.check_time(S3_EXAMPLE_TIME - 901).unwrap_err();
    assert_eq!(
        early.to_string(),
        "Signature not yet current: 20130524T000000Z is still later than 20130523T235959Z (20130523T234459Z + 15 min.)"
    );
    let s3 = early.answer(Dialect::S3);
    assert_eq!((s3.code, s3.status), ("RequestTimeTooSkewed", 403));
    assert_eq!(s3.details[2], ("MaxAllowedSkewMilliseconds", "900000".to_owned()));
}

fn header_error(authorization: &str, more: &[(&str, &str)]) -> Error {
    let mut all = vec![("host", "h"), ("authorization", authorization)];
    all.extend_from_slice(more);
    parse(&view("GET", "/", "", &headers(&all))).unwrap_err()
}

#[test]
fn malformed_headers_get_their_texts() {
    let date = [("x-amz-date", "20130524T000000Z")];
    let cases = [
        (
            "AWS4-HMAC-SHA256 Credential=A/20130524/r/sqs/aws4_request",
            "IncompleteSignatureException",
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Credential=A/20130524/r/sqs/aws4_request",
        ),
        (
            "AWS4-HMAC-SHA256 nonsense",
            "IncompleteSignatureException",
            "'nonsense' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 nonsense'.",
        ),
        (
            "AWS4-HMAC-SHA25 x=y",
            "IncompleteSignatureException",
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=A/r/sqs/aws4_request, SignedHeaders=host, Signature=00",
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'A/r/sqs/aws4_request'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=A/20130523/r/sqs/aws4_request, SignedHeaders=host, Signature=00",
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20130523' != '20130524', from '20130524T000000Z'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=A/20130524/r/sqs/aws4_request, SignedHeaders=x-amz-date, Signature=00",
            "IncompleteSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
    ];
    for (authorization, code, message) in cases {
        let answer = header_error(authorization, &date).answer(Dialect::Json);
        assert_eq!((answer.code, answer.message.as_str()), (code, message), "{authorization}");
    }
    let no_date = header_error(
        "AWS4-HMAC-SHA256 Credential=A/20130524/r/sqs/aws4_request, SignedHeaders=host, Signature=00",
        &[],
    );
    assert!(
        no_date.to_string().starts_with(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    );
}

#[test]
fn s3_words_malformed_headers_in_its_own_way() {
    let date = [("x-amz-date", "20130524T000000Z")];
    let hashed = [date[0], ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")];
    let good = "AWS4-HMAC-SHA256 Credential=A/20130524/r/s3/aws4_request, SignedHeaders=host, Signature=00";
    let check = |error: Error, code: &str, status: u16| {
        let answer = error.answer(Dialect::S3);
        assert_eq!((answer.code, answer.status), (code, status), "{answer:?}");
    };
    check(header_error(good, &date), "InvalidRequest", 400);
    check(header_error(good, &[date[0], ("x-amz-content-sha256", "abc")]), "InvalidArgument", 400);
    check(header_error(good, &[("x-amz-content-sha256", "UNSIGNED-PAYLOAD")]), "AccessDenied", 403);
    check(header_error(good, &hashed), "AccessDenied", 403);
    check(header_error("AWS AKID:signature", &date), "InvalidRequest", 400);
    check(header_error("Bearer abc", &date), "InvalidArgument", 400);
    check(header_error("AWS4-HMAC-SHA256 Credential=A/B", &date), "AuthorizationHeaderMalformed", 400);
    let unsigned = header_error(good, &hashed).answer(Dialect::S3);
    assert_eq!(unsigned.details, [("HeadersNotSigned", "x-amz-date, x-amz-content-sha256".to_owned())]);
}

#[test]
fn secrets_of_other_schemes_are_not_echoed() {
    for authorization in ["Bearer topsecret", "Basic topsecret", "topsecret"] {
        let error = header_error(authorization, &[]);
        for dialect in [Dialect::Json, Dialect::S3, Dialect::Query] {
            assert!(!format!("{:?}", error.answer(dialect)).contains("topsecret"), "{authorization}");
        }
    }
}

#[test]
fn presigned_parameters_are_checked() {
    let good = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20130524%2Fr%2Fs3%2Faws4_request\
        &X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00";
    let map = headers(&[("host", "h")]);
    let message = |query: &str| {
        let error = parse(&view("GET", "/", query, &map)).unwrap_err().answer(Dialect::S3);
        assert_eq!((error.code, error.status), ("AuthorizationQueryParametersError", 400), "{query}");
        error.message
    };
    assert!(parse(&view("GET", "/", good, &map)).is_ok());
    let six = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
    for part in good.split('&') {
        let without: Vec<&str> = good.split('&').filter(|p| *p != part).collect();
        assert_eq!(message(&without.join("&")), six, "{part}");
    }
    assert_eq!(message(&format!("{good}&X-Amz-Date=20130524T000000Z")), six, "given twice");
    assert_eq!(message(&good.replace("Expires=60", "Expires=x")), "X-Amz-Expires should be a number");
    assert_eq!(message(&good.replace("Expires=60", "Expires=-1")), "X-Amz-Expires must be non-negative");
    assert_eq!(
        message(&good.replace("Expires=60", "Expires=604801")),
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
    );
    assert_eq!(
        message(&good.replace("A%2F20130524", "20130524")),
        "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
    );
    let both = headers(&[("host", "h"), ("authorization", "AWS4-HMAC-SHA256 x=y")]);
    assert_eq!(parse(&view("GET", "/", good, &both)), Err(Error::TwoMechanisms));
}

#[test]
fn bodies_are_bound() {
    let credentials = s3_example();
    let mut map = headers(&[("host", "h")]);
    Signer::new(&credentials, "r", "s3")
        .sign(S3_EXAMPLE_TIME, ("PUT", "/b/k", ""), &mut map, &Payload::of(b"one"))
        .unwrap();
    let request = view("PUT", "/b/k", "", &map);
    let presented = parse(&request).unwrap().unwrap();
    let key = key_of(&credentials, &presented);
    let error = presented.verify(&key, &request, Some(&crate::digest::sha256(b"two"))).unwrap_err();
    let answer = error.answer(Dialect::S3);
    assert_eq!((answer.code, answer.status), ("XAmzContentSHA256Mismatch", 400));
    assert_eq!(answer.details[1].1, crate::digest::sha256_hex(b"two"));
    // Other services know no chunked bodies.
    let mut map = headers(&[("host", "h")]);
    Signer::new(&credentials, "r", "sqs")
        .sign(S3_EXAMPLE_TIME, ("POST", "/", ""), &mut map, &Payload::Chunks)
        .unwrap();
    let request = view("POST", "/", "", &map);
    let presented = parse(&request).unwrap().unwrap();
    let error = presented.verify(&key_of(&credentials, &presented), &request, None).unwrap_err();
    assert!(matches!(error, Error::InvalidContentSha256 { .. }));
}

#[test]
fn dates_are_read_strictly() {
    assert_eq!(parse_amz_date("20130524T000000Z"), Some(S3_EXAMPLE_TIME));
    assert_eq!(amz_date(S3_EXAMPLE_TIME), "20130524T000000Z");
    for wrong in
        ["", "20130524T000000", "20130231T000000Z", "2013052XT000000Z", "20130524T250000Z", "é0130524T00000Z"]
    {
        assert_eq!(parse_amz_date(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn what_is_signed_is_accepted(
        path in "/[ -~]{0,20}", query in "[a-z%=&+ ./é]{0,20}", value in "[ -~]{0,20}", s3 in any::<bool>(),
        body in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let credentials = s3_example();
        let service = if s3 { "s3" } else { "sqs" };
        let mut map = headers(&[("host", "h"), ("x-amz-meta-x", &value)]);
        Signer::new(&credentials, "r", service)
            .sign(S3_EXAMPLE_TIME, ("PUT", &path, &query), &mut map, &Payload::of(&body)).unwrap();
        let request = view("PUT", &path, &query, &map);
        let presented = parse(&request).unwrap().unwrap();
        let key = key_of(&credentials, &presented);
        let hash = crate::digest::sha256(&body);
        prop_assert!(presented.verify(&key, &request, Some(&hash)).is_ok());
    }

    #[test]
    fn nothing_a_stranger_sends_panics(
        authorization in "(AWS4-HMAC-SHA256 )?[ -~]{0,80}", query in "(X-Amz-[A-Za-z]{0,12}=[ -~]{0,12}&?){0,6}",
        date in "[ -~]{0,20}",
    ) {
        let map = headers(&[("host", "h"), ("authorization", &authorization), ("x-amz-date", &date)]);
        for request in [view("GET", "/", &query, &map), view("GET", "/", &query, &HeaderMap::new())] {
            if let Err(error) = parse(&request) {
                for dialect in [Dialect::S3, Dialect::Json, Dialect::RestJson, Dialect::Query] {
                    prop_assert!(!error.answer(dialect).code.is_empty());
                }
            }
        }
    }
}

/// The folder of a set of vectors, or `None` (said on stderr) when it is not there.
fn vectors(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CLOUDLET_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("vectors absent: no folder {}; set CLOUDLET_VECTORS", folder.display());
    None
}

/// A request of the suite: header values may go on in the next line, and paths are not encoded.
struct Raw {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

fn read_raw(text: &str) -> Raw {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let first = lines.next().unwrap();
    let (method, rest) = first.split_once(' ').unwrap();
    let target = rest.strip_suffix(" HTTP/1.1").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with(' ') {
            pairs.last_mut().unwrap().1.push_str(line);
        } else if let Some((name, value)) = line.split_once(':') {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    Raw {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: headers(&pairs),
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn vectors_of_the_common_runtime() {
    let Some(folder) = vectors("sigv4-aws-c-auth/tests/aws-signing-test-suite/v4") else { return };
    let (mut signed, mut presigned, mut verified, mut skipped) = (0, 0, 0, Vec::new());
    for case in std::fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let read = |file: &str| std::fs::read_to_string(case.join(file)).unwrap();
        let context: serde_json::Value = serde_json::from_str(&read("context.json")).unwrap();
        let text = |v: &serde_json::Value| v.as_str().map(str::to_owned);
        let omit_token = context["omit_session_token"] == true;
        let credentials = Credentials {
            access_key_id: text(&context["credentials"]["access_key_id"]).unwrap(),
            secret_access_key: text(&context["credentials"]["secret_access_key"]).unwrap(),
            session_token: text(&context["credentials"]["token"]).filter(|_| !omit_token),
        };
        let now = 1_440_938_160; // 2015-08-30T12:36:00Z
        assert_eq!(text(&context["timestamp"]).unwrap(), "2015-08-30T12:36:00Z");
        let mut signer = Signer::new(&credentials, "us-east-1", "service");
        signer.rules.normalise = context["normalize"] == true;

        let raw = read_raw(&read("request.txt"));
        let payload = Payload::of(&raw.body);
        let Raw { method, path, query, headers, .. } = &raw;
        let (new_query, by_query) = signer.presign(now, 3600, &view(method, path, query, headers), &payload);
        if omit_token {
            skipped.push(format!(
                "{name} (query): the token is added after signing, which AWS has for IoT only"
            ));
        } else {
            assert_eq!(by_query.canonical_request, read("query-canonical-request.txt").trim_end(), "{name}");
            assert_eq!(by_query.string_to_sign, read("query-string-to-sign.txt").trim_end(), "{name}");
            assert_eq!(by_query.signature(), read("query-signature.txt").trim_end(), "{name}");
            presigned += 1;
        }
        let hash = crate::digest::sha256(&raw.body);
        if signer.rules == Rules::COMMON {
            let request = view(method, path, &new_query, headers);
            let presented = parse(&request).unwrap().unwrap();
            presented.verify(&key_of(&credentials, &presented), &request, Some(&hash)).unwrap();
        }

        let mut headers = raw.headers.clone();
        if context["sign_body"] == true {
            headers.insert("x-amz-content-sha256", HeaderValue::from_str(payload.as_str()).unwrap());
        }
        let by_header = signer.sign(now, (method, path, query), &mut headers, &payload).unwrap();
        assert_eq!(by_header.canonical_request, read("header-canonical-request.txt").trim_end(), "{name}");
        assert_eq!(by_header.string_to_sign, read("header-string-to-sign.txt").trim_end(), "{name}");
        assert_eq!(by_header.signature(), read("header-signature.txt").trim_end(), "{name}");
        signed += 1;
        // The signed request of the suite itself, as it would reach us.
        if signer.rules != Rules::COMMON {
            skipped.push(format!("{name} (verify): a service that does not normalise paths but encodes them twice does not exist"));
            continue;
        }
        let sent = read_raw(&read("header-signed-request.txt"));
        let request = view(&sent.method, &sent.path, &sent.query, &sent.headers);
        let presented = parse(&request).unwrap().unwrap();
        presented.check_time(now).unwrap();
        presented.verify(&key_of(&credentials, &presented), &request, Some(&hash)).unwrap();
        verified += 1;
    }
    eprintln!("sigv4: {signed} signed, {presigned} presigned, {verified} verified, left out: {skipped:#?}");
    assert_eq!((signed, presigned, verified), (38, 37, 31));
}

/// The SDK for JavaScript signs `:authority` when it speaks HTTP/2, as it does to Kinesis: it was refused.
#[test]
fn the_authority_of_http_2_can_be_signed_in_place_of_the_host() {
    let credentials = s3_example();
    let authority = Some("127.0.0.1:4566");
    let names: Vec<String> = [":authority", "x-amz-date", "x-amz-target"].map(str::to_owned).to_vec();
    let hash = crate::digest::sha256(b"{}");
    let mut map =
        headers(&[("x-amz-date", "20130524T000000Z"), ("x-amz-target", "Kinesis_20131202.ListStreams")]);
    let view = Request { authority, ..view("POST", "/", "", &map) };
    let signer = Signer::new(&credentials, "us-east-1", "kinesis");
    let signed =
        signer.finish("20130524T000000Z".to_owned(), &view, &names, &crate::digest::sha256_hex(b"{}"));
    assert!(signed.canonical_request.contains("\n:authority:127.0.0.1:4566\n"));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/20130524/us-east-1/kinesis/aws4_request, SignedHeaders={}, Signature={}",
        credentials.access_key_id,
        names.join(";"),
        signed.signature()
    );
    map.insert("authorization", HeaderValue::from_str(&authorization).unwrap());
    let verified = |map: &HeaderMap, authority| {
        let request = Request { authority, ..self::view("POST", "/", "", map) };
        let presented = parse(&request)?.expect("it is signed");
        presented.verify(&key_of(&credentials, &presented), &request, Some(&hash)).map(|_| ())
    };
    verified(&map, authority).unwrap();
    assert!(matches!(verified(&map, Some("other")), Err(Error::Mismatch(_))));
    // Who looks at a `Host` must not look at another one than the signature.
    assert!(matches!(verified(&map, None), Err(Error::HeadersNotSigned(_))));
    map.insert("host", HeaderValue::from_static("other"));
    assert!(matches!(verified(&map, authority), Err(Error::HeadersNotSigned(_))));
    map.insert("host", HeaderValue::from_static("127.0.0.1:4566"));
    verified(&map, authority).unwrap();
}
