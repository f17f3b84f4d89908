//! What requests say about an object in their headers, checked and refused in one place.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::limits::METADATA_BYTES_MAX;
use crate::tagging::Tagging;

/// Storage classes that are recorded; the bytes are kept alike.
const STORAGE_CLASSES: &[&str] =
    &["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"];

/// Headers that ask for what this cloud does not do.
pub(crate) struct Asked<'a> {
    pub(crate) acl: Option<&'a str>,
    /// One of the `x-amz-grant-*` headers.
    pub(crate) grant: Option<&'a str>,
    pub(crate) encryption: Option<&'a str>,
    pub(crate) kms_key: Option<&'a str>,
    /// The algorithm of encryption with the customer's key.
    pub(crate) customer_key: Option<&'a str>,
    /// One of the `x-amz-object-lock-*` headers.
    pub(crate) lock: Option<&'a str>,
    pub(crate) storage_class: Option<&'a str>,
}

/// Refuses what is not supported, before anything changes.
pub(crate) fn check(asked: &Asked<'_>) -> Result<(), Error> {
    let refuse = |header: &str, why: &str| {
        Err(Error::NotImplemented { header: header.to_owned(), why: why.to_owned() })
    };
    if asked.grant.is_some() || !matches!(asked.acl, None | Some("private" | "bucket-owner-full-control")) {
        return Err(Error::AclNotSupported);
    }
    if asked.kms_key.is_some() || !matches!(asked.encryption, None | Some("AES256")) {
        return refuse("x-amz-server-side-encryption", "objects are kept with AES256 until KMS is there");
    }
    if asked.customer_key.is_some() {
        return refuse(
            "x-amz-server-side-encryption-customer-algorithm",
            "keys of customers are not supported",
        );
    }
    if asked.lock.is_some() {
        return Err(Error::InvalidRequest("Bucket is missing Object Lock Configuration".to_owned()));
    }
    match asked.storage_class {
        None => Ok(()),
        Some(class) if STORAGE_CLASSES.contains(&class) => Ok(()),
        Some(
            "GLACIER" | "DEEP_ARCHIVE" | "OUTPOSTS" | "SNOW" | "EXPRESS_ONEZONE" | "FSX_OPENZFS"
            | "FSX_ONTAP",
        ) => refuse("x-amz-storage-class", "archives are not supported by this cloud"),
        Some(class) => Err(Error::Internal(
            cloud::Failure::new("InvalidStorageClass", 400, "The storage class you specified is not valid")
                .detail("StorageClassRequested", &class),
        )),
    }
}

/// Refuses a header that means something to directory buckets alone, of which there are none.
pub(crate) fn directory_only(header: &str, value: Option<&str>) -> Result<(), Error> {
    let why = "it is for directory buckets, which are not supported by this cloud";
    match value {
        None => Ok(()),
        Some(_) => Err(Error::NotImplemented { header: header.to_owned(), why: why.to_owned() }),
    }
}

/// User-defined metadata: names in lower case, within S3's size.
pub(crate) fn metadata(given: Option<BTreeMap<String, String>>) -> Result<BTreeMap<String, String>, Error> {
    let metadata: BTreeMap<String, String> = given
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let size = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > METADATA_BYTES_MAX {
        return Err(Error::MetadataTooLarge { size, max: METADATA_BYTES_MAX });
    }
    Ok(metadata)
}

/// Tags of the `x-amz-tagging` header: a query string.
pub(crate) fn tags(header: Option<&str>) -> Result<BTreeMap<String, String>, Error> {
    let invalid = || {
        Error::InvalidArgument {
        message: "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without \
                  tag name duplicates."
            .to_owned(),
        name: "x-amz-tagging",
        value: header.unwrap_or_default().to_owned(),
    }
    };
    let mut tags = BTreeMap::new();
    for pair in header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if value.contains(['=', ',']) {
            return Err(invalid());
        }
        let (name, value) = (decoded(name).ok_or_else(invalid)?, decoded(value).ok_or_else(invalid)?);
        if tags.insert(name, value).is_some() {
            return Err(invalid());
        }
    }
    Tagging::of(&tags).check_object()?;
    Ok(tags)
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// The object's own encoding: `aws-chunked` only says how it travelled.
pub(crate) fn content_encoding(header: &str) -> Option<String> {
    let own: Vec<&str> =
        header.split(',').map(str::trim).filter(|one| *one != "aws-chunked" && !one.is_empty()).collect();
    (!own.is_empty()).then(|| own.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_a_query_string() {
        let tags = tags(Some("a=1&b+c=%C3%A4&d")).unwrap();
        assert_eq!(tags, [("a", "1"), ("b c", "ä"), ("d", "")].map(|(k, v)| (k.into(), v.into())).into());
        assert!(super::tags(Some("a=1&a=2")).is_err());
    }

    #[test]
    fn aws_chunked_is_not_kept() {
        assert_eq!(content_encoding("aws-chunked"), None);
        assert_eq!(content_encoding("aws-chunked, gzip").as_deref(), Some("gzip"));
    }
}
