use http::HeaderValue;
use proptest::prelude::*;

use super::super::{Credentials, Signer};
use super::*;

/// 2013-05-24T00:00:00Z, key and sizes of the examples in sigv4-streaming.html and sigv4-streaming-trailers.html.
const NOW: i64 = 1_369_353_600;

fn example(payload: &Payload, trailer: Option<&'static str>) -> (Seed, HeaderMap) {
    let credentials = Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
        session_token: None,
    };
    let mut headers = HeaderMap::new();
    let mut add = |name: &'static str, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    add("host", "s3.amazonaws.com");
    add("x-amz-storage-class", "REDUCED_REDUNDANCY");
    add("content-encoding", "aws-chunked");
    add("x-amz-decoded-content-length", "66560");
    match trailer {
        None => add("content-length", "66824"),
        Some(trailer) => add("x-amz-trailer", trailer),
    }
    let signed = Signer::new(&credentials, "us-east-1", "s3")
        .sign(NOW, ("PUT", "/examplebucket/chunkObject.txt", ""), &mut headers, payload)
        .unwrap();
    (signed.seed, headers)
}

type Decoded = (Vec<u8>, Vec<(String, String)>);

fn decode(body: &[u8], piece_bytes: usize, mut decoder: Decoder) -> Result<Decoded, Error> {
    let mut out = Vec::new();
    for piece in body.chunks(piece_bytes.max(1)) {
        for data in decoder.feed(Bytes::copy_from_slice(piece))? {
            out.extend_from_slice(&data);
        }
    }
    Ok((out, decoder.finish()?))
}

fn crc_trailer() -> Vec<(String, String)> {
    vec![("x-amz-checksum-crc32c".to_owned(), "sOO8/Q==".to_owned())]
}

#[test]
fn signed_chunks_of_the_s3_reference() {
    let (seed, headers) = example(&Payload::Chunks, None);
    assert_eq!(seed.signature, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    let data = vec![b'a'; 66560];
    let body = encode(&data, 65536, Some(&seed), None);
    let text = String::from_utf8(body.clone()).unwrap();
    for signature in [
        "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
        "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
        "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n",
    ] {
        assert!(text.contains(signature), "{signature}");
    }
    for piece in [1, 7, 4096, usize::MAX] {
        let decoder = Decoder::new(&Payload::Chunks, Some(seed.clone()), &headers).unwrap();
        let (got, trailers) = decode(&body, piece.min(body.len()), decoder).unwrap();
        assert!(got == data);
        assert!(trailers.is_empty());
    }
}

#[test]
fn signed_trailers_of_the_s3_reference() {
    let payload = Payload::ChunksWithTrailer;
    let (seed, headers) = example(&payload, Some("x-amz-checksum-crc32c"));
    assert_eq!(seed.signature, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    let data = vec![b'a'; 66560];
    let trailers = crc_trailer();
    let body = encode(&data, 65536, Some(&seed), Some(&trailers));
    let text = String::from_utf8(body.clone()).unwrap();
    for signature in [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
    ] {
        assert!(text.contains(signature), "{signature}");
    }
    let as_in_the_text = text.replace("sOO8/Q==\r\n", "sOO8/Q==\n\r\n");
    for body in [text.as_str(), &as_in_the_text] {
        let decoder = Decoder::new(&payload, Some(seed.clone()), &headers).unwrap();
        assert_eq!(decode(body.as_bytes(), 1000, decoder).unwrap().1, trailers);
    }
    let changed = text.replace("sOO8/Q==", "sOO8/Q=A");
    let decoder = Decoder::new(&payload, Some(seed), &headers).unwrap();
    assert!(matches!(decode(changed.as_bytes(), 1000, decoder), Err(Error::Signature(_))));
}

#[test]
fn a_changed_byte_or_order_is_found() {
    let (seed, headers) = example(&Payload::Chunks, None);
    let mut data = vec![b'a'; 66560];
    data[0] = b'b';
    let body = encode(&data, 32768, Some(&seed), None);
    let run = |body: &[u8]| {
        decode(body, 1000, Decoder::new(&Payload::Chunks, Some(seed.clone()), &headers).unwrap()).map(|_| ())
    };
    assert_eq!(run(&body), Ok(()));
    let mut changed = body.clone();
    changed[40_000] ^= 1;
    let Err(error) = run(&changed) else { panic!("accepted") };
    assert_eq!(error.answer().code, "SignatureDoesNotMatch");
    let line = body.iter().position(|b| *b == b'\n').unwrap() + 1;
    let frame = line + 32768 + 2;
    let mut swapped = body[frame..2 * frame].to_vec();
    swapped.extend_from_slice(&body[..frame]);
    swapped.extend_from_slice(&body[2 * frame..]);
    assert!(matches!(run(&swapped), Err(Error::Signature(_))), "chunks in another order");
    assert!(run(&body[..body.len() - 100]).is_err(), "the end is cut off");
}

fn unsigned(length: &'static str, trailer: Option<&'static str>) -> Decoder {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-decoded-content-length", HeaderValue::from_static(length));
    if let Some(trailer) = trailer {
        headers.insert("x-amz-trailer", HeaderValue::from_static(trailer));
    }
    Decoder::new(&Payload::UnsignedChunksWithTrailer, None, &headers).unwrap()
}

#[test]
fn unsigned_chunks_with_a_checksum() {
    // The form that SDKs send by default since the end of 2024.
    let body = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    for piece in [1, 5, 1000] {
        let (data, trailers) = decode(body, piece, unsigned("5", Some("x-amz-checksum-crc32"))).unwrap();
        assert_eq!(data, b"hello");
        assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "NhCmhg==".to_owned())]);
    }
    assert_eq!(decode(b"0\r\n\r\n", 1, unsigned("0", None)).unwrap(), (vec![], vec![]));
}

#[test]
fn hostile_bodies_are_refused() {
    let run = |body: &[u8], length: &'static str, trailer: Option<&'static str>| {
        decode(body, 3, unsigned(length, trailer)).unwrap_err()
    };
    let crc = Some("x-amz-checksum-crc32");
    assert_eq!(run(b"5\r\nhello\r\n0\r\n\r\n", "5", crc), Error::MalformedTrailer, "announced but absent");
    assert_eq!(run(b"0\r\nother:1\r\n\r\n", "0", crc), Error::MalformedTrailer, "not announced");
    assert_eq!(
        run(b"0\r\nx-amz-checksum-crc32:1\r\nx-amz-checksum-crc32:2\r\n\r\n", "0", crc),
        Error::MalformedTrailer,
        "twice"
    );
    assert_eq!(run(b"0\r\nx-amz-trailer-signature:1\r\n\r\n", "0", None), Error::MalformedTrailer);
    for broken in [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+5\r\nhello\r\n",
        "5;a=b\r\n",
        "5\nhello",
        "fffffffffffffffff\r\n",
        "ffffffffffffffff\r\n",
    ] {
        assert_eq!(run(broken.as_bytes(), "5", None), Error::Malformed, "{broken:?}");
    }
    assert_eq!(run(b"5\r\nhelloX\r\n", "9", None), Error::Malformed);
    assert_eq!(run(b"0\r\n\r\nmore", "0", None), Error::Malformed);
    let long = "0".repeat(CHUNK_LINE_BYTES_MAX + 1);
    assert_eq!(run(long.as_bytes(), "5", None), Error::Malformed, "a line without end");
    let long = format!("0\r\n{}", "y".repeat(TRAILER_BYTES_MAX + 1));
    assert_eq!(run(long.as_bytes(), "0", None), Error::MalformedTrailer, "trailers without end");
    let short = Error::Incomplete { expected_bytes: 6, got_bytes: 5 };
    assert_eq!(run(b"5\r\nhello\r\n0\r\n\r\n", "6", None), short);
    let long = Error::Incomplete { expected_bytes: 3, got_bytes: 5 };
    assert_eq!(decode(b"5\r\nhello\r\n", 100, unsigned("3", None)), Err(long));
    let small = Error::ChunkTooSmall { chunk: 1, size_bytes: 2 };
    assert_eq!(run(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "5", None), small);
}

#[test]
fn signed_chunks_need_a_seed_and_every_body_a_length() {
    let headers = HeaderMap::new();
    let unsigned = Decoder::new(&Payload::UnsignedChunksWithTrailer, None, &headers);
    assert_eq!(unsigned.unwrap_err().answer().status, 411);
    assert_eq!(Decoder::new(&Payload::Chunks, None, &headers).unwrap_err(), Error::Malformed);
    let (seed, headers) = example(&Payload::Chunks, None);
    let decoder = Decoder::new(&Payload::Chunks, Some(seed), &headers).unwrap();
    assert_eq!(decode(b"400\r\n", 10, decoder), Err(Error::Malformed), "a chunk without signature");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_come_off_as_they_went_on(
        data in proptest::collection::vec(any::<u8>(), 0..40_000), chunk in 8192usize..20_000, piece in 1usize..9000,
        signed in any::<bool>(),
    ) {
        let payload = if signed { Payload::ChunksWithTrailer } else { Payload::UnsignedChunksWithTrailer };
        let (seed, mut headers) = example(&payload, Some("x-amz-checksum-crc32c"));
        headers.insert("x-amz-decoded-content-length", HeaderValue::from(data.len()));
        let trailers = crc_trailer();
        let body = encode(&data, chunk, signed.then_some(&seed), Some(&trailers));
        let decoder = Decoder::new(&payload, Some(seed), &headers).unwrap();
        let (got, found) = decode(&body, piece, decoder).unwrap();
        prop_assert!(got == data);
        prop_assert_eq!(found, trailers);
    }

    #[test]
    fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200), text in "([0-9a-f]{1,3}|[a-z]{3}|\r\n|:|;){0,30}") {
        for body in [body, text.into_bytes()] {
            for piece in [1, 1000] {
                // Only panics count: an error is the expected answer.
                drop(decode(&body, piece, unsigned("10", Some("x-amz-checksum-crc32"))));
            }
        }
    }
}
