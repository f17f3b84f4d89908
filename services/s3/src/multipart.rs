//! Uploads in parts: what they are made of, and the object that comes of them.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::Tx;
use store::layer::blob;
use store::layer::table::{self, Paging};
use wire::digest::{self, Algorithm, Digest, Hasher};

use crate::bucket;
use crate::checksum;
use crate::error::Error;
use crate::keys::{BucketRow, PartRow, UploadRow};
use crate::limits::{PART_BYTES_MIN, PART_CHECKSUMS_BYTES_MAX, PARTS_MAX};

/// The whole object's checksum comes from those of its parts by arithmetic.
pub(crate) const FULL: &str = "FULL_OBJECT";
/// The checksum of the parts' checksums.
pub(crate) const COMPOSITE: &str = "COMPOSITE";

/// The algorithm and type of checksum that an upload is begun with. Texts are recorded answers (replay:
/// test_multipart_parts_checksum_exceptions, test_multipart_checksum_type_compatibility).
pub(crate) fn kind(
    algorithm: Option<&str>,
    checksum_type: Option<&str>,
) -> Result<(Option<Algorithm>, &'static str), Error> {
    let invalid = |text: String| Err(Error::InvalidRequest(text));
    let Some(name) = algorithm else {
        return match checksum_type {
            None => Ok((None, FULL)),
            Some(_) => invalid(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
                    .to_owned(),
            ),
        };
    };
    let Some(algorithm) = Algorithm::parse(name).filter(|algorithm| *algorithm != Algorithm::Md5) else {
        return invalid(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
             [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
                .to_owned(),
        );
    };
    let refuse = |kind: &str| {
        let name = name.to_ascii_lowercase();
        invalid(format!("The {kind} checksum type cannot be used with the {name} checksum algorithm."))
    };
    match (checksum_type, algorithm) {
        (Some(COMPOSITE), Algorithm::Crc64Nvme) => refuse(COMPOSITE),
        (Some(FULL), Algorithm::Sha1 | Algorithm::Sha256) => refuse(FULL),
        (None, Algorithm::Crc64Nvme) | (Some(FULL), _) => Ok((Some(algorithm), FULL)),
        (None | Some(COMPOSITE), _) => Ok((Some(algorithm), COMPOSITE)),
        (Some(_), _) => invalid("Value for x-amz-checksum-type header is invalid.".to_owned()),
    }
}

/// The unfinished upload and its bucket.
pub(crate) async fn open(
    cx: &Cx,
    bucket: &str,
    key: &str,
    id: &str,
    owner: Option<&str>,
) -> Result<(BucketRow, UploadRow), Error> {
    let row = bucket::open(cx, bucket).await?;
    bucket::check_owner(&row, owner)?;
    let upload = cx.get::<UploadRow>((bucket, key, id)).await?;
    let upload = upload.filter(|upload| upload.bucket_created_at_millis == row.created_at_millis);
    Ok((row, upload.ok_or_else(|| Error::NoSuchUpload { upload: id.to_owned() })?))
}

/// Refuses numbers that no part can have.
pub(crate) fn check_number(number: i32) -> Result<u32, Error> {
    u32::try_from(number).ok().filter(|number| (1..=PARTS_MAX).contains(number)).ok_or_else(|| {
        Error::InvalidArgument {
            message: format!("Part number must be an integer between 1 and {PARTS_MAX}, inclusive"),
            name: "partNumber",
            value: number.to_string(),
        }
    })
}

/// The digests of parts that GetObjectAttributes shows for a composite checksum; none where they are too many for a
/// row, which also names ten thousand files.
pub(crate) fn part_checksums(upload: &UploadRow, parts: &[PartRow]) -> String {
    if upload.checksum_type != COMPOSITE {
        return String::new();
    }
    let algorithm = upload.algorithm.as_deref().unwrap_or_default();
    let sums: Vec<&str> =
        parts.iter().map(|part| part.checksums.get(algorithm).map_or("-", String::as_str)).collect();
    Some(sums.join(" ")).filter(|text| text.len() <= PART_CHECKSUMS_BYTES_MAX).unwrap_or_default()
}

/// The algorithms to compute for a part: the upload's own, or CRC64NVME for the whole and what the client sent.
pub(crate) fn algorithms(upload: &UploadRow, sent: Option<Algorithm>) -> Result<Vec<Algorithm>, Error> {
    let own = upload.algorithm.as_deref().and_then(Algorithm::parse);
    match (own, sent) {
        (Some(own), Some(sent)) if own != sent => {
            let (own, sent) = (own.name().to_ascii_lowercase(), sent.name().to_ascii_lowercase());
            Err(Error::InvalidRequest(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {own}, actual checksum Type: {sent}"
            )))
        }
        (Some(own), _) => Ok(vec![own]),
        (None, Some(sent)) if sent != Algorithm::Crc64Nvme => Ok(vec![Algorithm::Crc64Nvme, sent]),
        (None, _) => Ok(vec![Algorithm::Crc64Nvme]),
    }
}

/// Puts a part in place of one with the same number, if the upload is still there.
pub(crate) async fn put_part(tx: &mut Tx, upload: &UploadRow, part: &PartRow) -> Result<(), Error> {
    let place = (&upload.bucket, &upload.key, &upload.id);
    if !table::exists::<UploadRow>(tx, place).await? {
        return Err(Error::NoSuchUpload { upload: upload.id.clone() });
    }
    let number = u64::from(part.number);
    if let Some(old) = table::get::<PartRow>(tx, (&part.upload, number)).await? {
        blob::disown(tx, &old.blob, part.modified_at_millis).await?;
    }
    blob::own(tx, &part.blob)?;
    Ok(table::put(tx, part).await?)
}

/// All parts of an upload, in order.
pub(crate) async fn parts(tx: &Tx, upload: &str) -> Result<Vec<PartRow>, Error> {
    let mut found = Vec::new();
    let mut paging = Paging::first(1000);
    loop {
        let page = table::list::<PartRow>(tx, (upload,), &paging).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Removes an upload with all parts but those that an object has taken over.
pub(crate) async fn remove(
    tx: &mut Tx,
    upload: &UploadRow,
    kept: &[u32],
    now_millis: i64,
) -> Result<(), Error> {
    for part in parts(tx, &upload.id).await? {
        // The object that keeps a part owns its file from now on.
        if kept.binary_search(&part.number).is_err() {
            blob::disown(tx, &part.blob, now_millis).await?;
        }
        table::delete::<PartRow>(tx, (&part.upload, u64::from(part.number))).await?;
    }
    table::delete::<UploadRow>(tx, (&upload.bucket, &upload.key, &upload.id)).await?;
    Ok(())
}

/// A part as the client lists it at the end.
pub(crate) struct Listed {
    pub(crate) number: Option<i32>,
    pub(crate) etag: Option<String>,
    /// Its checksum in the upload's algorithm, if the client says one.
    pub(crate) checksum: Option<String>,
}

/// The parts that the client lists, in its order, which must be that of their numbers.
pub(crate) fn select(
    upload: &UploadRow,
    parts: Vec<PartRow>,
    listed: &[Listed],
) -> Result<Vec<PartRow>, Error> {
    if listed.is_empty() {
        return Err(Error::MalformedXml);
    }
    let mut stored: BTreeMap<u32, PartRow> = parts.into_iter().map(|part| (part.number, part)).collect();
    let mut selected: Vec<PartRow> = Vec::with_capacity(listed.len());
    for one in listed {
        let (Some(number), Some(etag)) = (one.number, &one.etag) else {
            return Err(Error::MalformedXml);
        };
        let number = check_number(number)?;
        if selected.last().is_some_and(|last| last.number >= number) {
            return Err(Error::InvalidPartOrder { upload: upload.id.clone() });
        }
        let invalid = || Error::InvalidPart {
            upload: upload.id.clone(),
            part: i32::try_from(number).unwrap_or(i32::MAX),
            etag: etag.trim_matches('"').to_owned(),
        };
        let part = stored.remove(&number).filter(|part| part.etag == etag.trim_matches('"'));
        let part = part.ok_or_else(invalid)?;
        check_checksum(upload, &part, one.checksum.as_deref())
            .map_err(|wrong| wrong.unwrap_or_else(invalid))?;
        selected.push(part);
    }
    let small = selected.iter().rev().skip(1).find(|part| part.blob.size < PART_BYTES_MIN);
    match small {
        None => Ok(selected),
        Some(part) => Err(Error::EntityTooSmall {
            size: part.blob.size,
            min: PART_BYTES_MIN,
            part: i32::try_from(part.number).unwrap_or(i32::MAX),
            etag: part.etag.clone(),
        }),
    }
}

/// `Err(None)` is a checksum that is not the part's.
fn check_checksum(upload: &UploadRow, part: &PartRow, said: Option<&str>) -> Result<(), Option<Error>> {
    let Some(algorithm) = upload.algorithm.as_deref() else {
        return Ok(());
    };
    match (said, part.checksums.get(algorithm)) {
        (Some(said), Some(stored)) if said == stored => Ok(()),
        (Some(_), _) => Err(None),
        (None, _) if upload.checksum_type == COMPOSITE => Err(Some(Error::InvalidRequest(format!(
            "The upload was created using a {0} checksum. The complete request must include the checksum for each \
             part. It was missing for part {1} in the request.",
            algorithm.to_ascii_lowercase(),
            part.number
        )))),
        (None, _) => Ok(()),
    }
}

/// The ETag of an object in parts: the MD5 of their MD5s, and their number.
pub(crate) fn etag(parts: &[PartRow]) -> Result<String, Error> {
    let mut hasher = Hasher::new(Algorithm::Md5);
    for part in parts {
        hasher.update(&from_hex(&part.etag)?);
    }
    Ok(format!("{}-{}", hasher.finish().hex(), parts.len()))
}

/// The checksum of the object: its name, and the value as S3 writes it.
pub(crate) fn checksum(upload: &UploadRow, parts: &[PartRow]) -> Result<(Algorithm, String), Error> {
    let own = upload.algorithm.as_deref().and_then(Algorithm::parse);
    let algorithm = own.unwrap_or(Algorithm::Crc64Nvme);
    let damaged = || Error::from(Failure::internal("a part lacks its checksum"));
    let of = |part: &PartRow| {
        let text = checksum::of(&part.checksums, algorithm).ok_or_else(damaged)?;
        Digest::from_base64(algorithm, &text).ok_or_else(damaged)
    };
    if upload.checksum_type == COMPOSITE {
        let mut hasher = Hasher::new(algorithm);
        for part in parts {
            hasher.update(of(part)?.bytes());
        }
        return Ok((algorithm, format!("{}-{}", hasher.finish().base64(), parts.len())));
    }
    let mut whole: Option<Digest> = None;
    for part in parts {
        let next = of(part)?;
        whole = Some(match whole {
            None => next,
            Some(whole) => digest::combine(algorithm, &whole, &next, part.blob.size).ok_or_else(damaged)?,
        });
    }
    Ok((algorithm, whole.ok_or_else(damaged)?.base64()))
}

fn from_hex(text: &str) -> Result<Vec<u8>, Error> {
    let pairs = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
    let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok());
    bytes.collect::<Option<_>>().ok_or_else(|| Failure::internal("the ETag of a part is not an MD5").into())
}

#[cfg(test)]
mod tests {
    use store::layer::blob::{Blob, BlobId};

    use super::*;
    use crate::keys::Headers;

    fn upload(algorithm: Option<&str>, checksum_type: &str) -> UploadRow {
        UploadRow {
            bucket: "b".into(),
            key: "k".into(),
            id: "u".into(),
            bucket_created_at_millis: 0,
            begun_at_millis: 0,
            initiator: String::new(),
            headers: Headers::default(),
            tags: BTreeMap::new(),
            algorithm: algorithm.map(Into::into),
            checksum_type: checksum_type.into(),
        }
    }

    fn part(number: u32, body: &[u8], algorithm: Algorithm) -> PartRow {
        let of = |algorithm| {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(body);
            hasher.finish()
        };
        PartRow {
            upload: "u".into(),
            number,
            etag: of(Algorithm::Md5).hex(),
            modified_at_millis: 0,
            blob: Blob { id: BlobId::new(0, 0), size: body.len() as u64 },
            checksums: checksum::stored(&[(algorithm, of(algorithm))]),
        }
    }

    #[test]
    fn types_fit_their_algorithms() {
        assert_eq!(kind(None, None).unwrap(), (None, FULL));
        assert_eq!(kind(Some("CRC32"), None).unwrap(), (Some(Algorithm::Crc32), COMPOSITE));
        assert_eq!(kind(Some("CRC64NVME"), None).unwrap(), (Some(Algorithm::Crc64Nvme), FULL));
        assert_eq!(kind(Some("CRC32C"), Some(FULL)).unwrap(), (Some(Algorithm::Crc32c), FULL));
        for (algorithm, of) in
            [(None, FULL), (Some("CRC64NVME"), COMPOSITE), (Some("SHA1"), FULL), (Some("MD5"), FULL)]
        {
            assert!(kind(algorithm, Some(of)).is_err(), "{algorithm:?} {of}");
        }
    }

    /// Recorded: one part `4-part-body` … its ETag and CRC64NVME (replay: test_s3_object_precondition_complete).
    #[test]
    fn one_part_as_recorded() {
        let parts = [part(1, b"test", Algorithm::Crc64Nvme)];
        assert_eq!(etag(&parts).unwrap(), "60cd54a928cbbcbb6e7b5595bab46a9e-1");
        let (algorithm, sum) = checksum(&upload(None, FULL), &parts).unwrap();
        assert_eq!((algorithm, sum.as_str()), (Algorithm::Crc64Nvme, "+bu+zv66sUM="));
    }

    #[test]
    fn full_checksums_are_those_of_the_whole() {
        let whole = part(1, b"onetwothree", Algorithm::Crc32);
        let parts = [b"one".as_slice(), b"two", b"three"];
        let parts: Vec<_> =
            (1..).zip(parts).map(|(number, body)| part(number, body, Algorithm::Crc32)).collect();
        let full = checksum(&upload(Some("CRC32"), FULL), &parts).unwrap().1;
        assert_eq!(Some(&full), whole.checksums.get("CRC32"));
        let composite = checksum(&upload(Some("CRC32"), COMPOSITE), &parts).unwrap().1;
        assert!(composite.ends_with("-3") && composite != full);
    }

    #[test]
    fn what_is_listed_must_be_there() {
        let upload = upload(Some("CRC32"), COMPOSITE);
        let stored = || vec![part(1, b"one", Algorithm::Crc32), part(2, b"two", Algorithm::Crc32)];
        let list = |number: usize| {
            let part = &stored()[number - 1];
            Listed {
                number: Some(number as i32),
                etag: Some(format!("\"{}\"", part.etag)),
                checksum: part.checksums.get("CRC32").cloned(),
            }
        };
        let with = |listed: &[Listed]| select(&upload, stored(), listed);
        assert_eq!(with(&[list(2)]).unwrap()[0].number, 2);
        assert!(matches!(with(&[]), Err(Error::MalformedXml)));
        assert!(matches!(with(&[list(2), list(1)]), Err(Error::InvalidPartOrder { .. })));
        assert!(matches!(with(&[list(1), list(2)]), Err(Error::EntityTooSmall { part: 1, .. })));
        let other = Listed { etag: Some("x".into()), ..list(1) };
        assert!(matches!(with(&[other]), Err(Error::InvalidPart { .. })));
        let wrong = Listed { checksum: Some("AAAAAA==".into()), ..list(1) };
        assert!(matches!(with(&[wrong]), Err(Error::InvalidPart { .. })));
        let silent = Listed { checksum: None, ..list(1) };
        assert!(matches!(with(&[silent]), Err(Error::InvalidRequest(_))));
    }
}
