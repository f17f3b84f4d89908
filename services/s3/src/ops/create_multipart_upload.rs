//! CreateMultipartUpload.
//!
//! Differs from AWS: what PutObject refuses is refused here, too.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use crate::bucket;
use crate::error::Error;
use crate::headers::{self, Asked};
use crate::keys::{Headers, UploadRow};
use crate::{lifecycle, multipart};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(header = "x-amz-acl", name = "ACL")]
    acl: Option<String>,
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(header = "Cache-Control")]
    cache_control: Option<String>,
    #[shape(header = "Content-Disposition")]
    content_disposition: Option<String>,
    #[shape(header = "Content-Encoding")]
    content_encoding: Option<String>,
    #[shape(header = "Content-Language")]
    content_language: Option<String>,
    #[shape(header = "Content-Type")]
    content_type: Option<String>,
    #[shape(header = "Expires")]
    expires: Option<String>,
    #[shape(header = "x-amz-grant-full-control")]
    grant_full_control: Option<String>,
    #[shape(header = "x-amz-grant-read")]
    grant_read: Option<String>,
    #[shape(header = "x-amz-grant-read-acp", name = "GrantReadACP")]
    grant_read_acp: Option<String>,
    #[shape(header = "x-amz-grant-write-acp", name = "GrantWriteACP")]
    grant_write_acp: Option<String>,
    #[shape(headers = "x-amz-meta-")]
    metadata: Option<BTreeMap<String, String>>,
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: Option<String>,
    #[shape(header = "x-amz-storage-class")]
    storage_class: Option<String>,
    #[shape(header = "x-amz-website-redirect-location")]
    website_redirect_location: Option<String>,
    #[shape(header = "x-amz-server-side-encryption-customer-algorithm", name = "SSECustomerAlgorithm")]
    sse_customer_algorithm: Option<String>,
    #[shape(header = "x-amz-server-side-encryption-aws-kms-key-id", name = "SSEKMSKeyId")]
    sse_kms_key_id: Option<String>,
    #[shape(header = "x-amz-tagging")]
    tagging: Option<String>,
    #[shape(header = "x-amz-object-lock-mode")]
    object_lock_mode: Option<String>,
    #[shape(header = "x-amz-object-lock-retain-until-date")]
    object_lock_retain_until_date: Option<String>,
    #[shape(header = "x-amz-object-lock-legal-hold")]
    object_lock_legal_hold_status: Option<String>,
    #[shape(header = "x-amz-checksum-algorithm")]
    checksum_algorithm: Option<String>,
    #[shape(header = "x-amz-checksum-type")]
    checksum_type: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "InitiateMultipartUploadResult")]
pub(crate) struct Output {
    #[shape(header = "x-amz-abort-date")]
    abort_date: Option<Timestamp>,
    #[shape(header = "x-amz-abort-rule-id")]
    abort_rule_id: Option<String>,
    bucket: String,
    key: String,
    upload_id: String,
    #[shape(header = "x-amz-server-side-encryption")]
    server_side_encryption: String,
    #[shape(header = "x-amz-checksum-algorithm")]
    checksum_algorithm: Option<String>,
    #[shape(header = "x-amz-checksum-type")]
    checksum_type: Option<String>,
}

pub(crate) struct CreateMultipartUpload;

impl Operation for CreateMultipartUpload {
    const NAME: &'static str = "CreateMultipartUpload";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/{Bucket}/{Key+}?uploads", 200));
    const ACTION: Option<&'static str> = Some("PutObject");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::object_arn(&input.bucket, &input.key))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        bucket::check_key(&input.key)?;
        headers::check(&asked(&input))?;
        let (algorithm, checksum_type) =
            multipart::kind(input.checksum_algorithm.as_deref(), input.checksum_type.as_deref())?;
        let row = bucket::open(cx, &input.bucket).await?;
        bucket::check_owner(&row, input.expected_bucket_owner.as_deref())?;
        let rules = lifecycle::of(&row)?;
        let upload = UploadRow {
            tags: headers::tags(input.tagging.as_deref())?,
            headers: object_headers(&input)?,
            // Ids sort by time, as listings of uploads do.
            id: format!(
                "{:012x}{:016x}{:016x}",
                cx.now().millis(),
                cx.chance().number(),
                cx.chance().number()
            ),
            bucket: input.bucket,
            key: input.key,
            bucket_created_at_millis: row.created_at_millis,
            begun_at_millis: cx.now().millis(),
            initiator: cx.caller().arn(),
            algorithm: algorithm.map(|algorithm| algorithm.name().to_owned()),
            checksum_type: checksum_type.to_owned(),
        };
        table::put(cx.tx(), &upload).await?;
        let abort = rules.as_ref().and_then(|rules| rules.abort(&upload.key, upload.begun_at_millis));
        Ok(Output {
            abort_date: abort.map(|(at, _)| Timestamp::from_millis(at)),
            abort_rule_id: abort.map(|(_, rule)| rule.to_owned()),
            checksum_type: upload.algorithm.is_some().then(|| upload.checksum_type.clone()),
            checksum_algorithm: upload.algorithm,
            bucket: upload.bucket,
            key: upload.key,
            upload_id: upload.id,
            server_side_encryption: "AES256".to_owned(),
        })
    }
}

fn asked(input: &Input) -> Asked<'_> {
    Asked {
        acl: input.acl.as_deref(),
        grant: [&input.grant_full_control, &input.grant_read, &input.grant_read_acp, &input.grant_write_acp]
            .into_iter()
            .find_map(Option::as_deref),
        encryption: input.server_side_encryption.as_deref(),
        kms_key: input.sse_kms_key_id.as_deref(),
        customer_key: input.sse_customer_algorithm.as_deref(),
        lock: [
            &input.object_lock_mode,
            &input.object_lock_retain_until_date,
            &input.object_lock_legal_hold_status,
        ]
        .into_iter()
        .find_map(Option::as_deref),
        storage_class: input.storage_class.as_deref(),
    }
}

fn object_headers(input: &Input) -> Result<Headers, Error> {
    Ok(Headers {
        content_type: input.content_type.clone(),
        cache_control: input.cache_control.clone(),
        content_disposition: input.content_disposition.clone(),
        content_encoding: input.content_encoding.as_deref().and_then(headers::content_encoding),
        content_language: input.content_language.clone(),
        expires: input.expires.clone(),
        website_redirect: input.website_redirect_location.clone(),
        storage_class: input.storage_class.clone().filter(|class| class != "STANDARD"),
        metadata: headers::metadata(input.metadata.clone())?,
    })
}
