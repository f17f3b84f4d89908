//! DeleteObjects: each key is deleted as DeleteObject does, with its own decision.

use cloud::ApiError;
use cloud::prelude::*;
use serde_json::json;

use crate::bucket;
use crate::error::Error;
use crate::limits::DELETE_KEYS_MAX;
use crate::settings;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    delete: Delete,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
struct Delete {
    #[shape(flat, xml = "Object")]
    objects: Vec<ObjectIdentifier>,
    quiet: Option<bool>,
}

#[derive(Shape)]
struct ObjectIdentifier {
    key: String,
    version_id: Option<String>,
    #[shape(name = "ETag")]
    etag: Option<String>,
}

#[derive(Shape)]
#[shape(xml = "DeleteResult")]
pub(crate) struct Output {
    #[shape(flat)]
    deleted: Vec<Deleted>,
    #[shape(flat, xml = "Error")]
    errors: Vec<Failed>,
}

#[derive(Shape)]
struct Deleted {
    key: String,
    version_id: Option<String>,
}

#[derive(Shape)]
struct Failed {
    key: String,
    version_id: Option<String>,
    code: String,
    message: String,
}

pub(crate) struct DeleteObjects;

impl Operation for DeleteObjects {
    const NAME: &'static str = "DeleteObjects";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/{Bucket}?delete", 200));
    const ACTION: Option<&'static str> = Some("DeleteObject");
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        if input.delete.objects.is_empty() || input.delete.objects.len() > DELETE_KEYS_MAX {
            return Err(Error::MalformedXml);
        }
        let quiet = input.delete.quiet.unwrap_or(false);
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for ObjectIdentifier { key, version_id, etag } in input.delete.objects {
            let one = json!({"Bucket": input.bucket, "Key": key, "VersionId": version_id, "IfMatch": etag});
            let caller = cx.caller().clone();
            match cx.call_json(caller, "s3", "DeleteObject", &one).await {
                Ok(_) if quiet => {}
                Ok(_) => deleted.push(Deleted { key, version_id }),
                Err(failure) if failure.is_conflict() || failure.status() >= 500 => {
                    return Err(failure.into());
                }
                Err(failure) => errors.push(Failed {
                    key,
                    version_id,
                    code: failure.code().to_owned(),
                    message: failure.message().to_owned(),
                }),
            }
        }
        Ok(Output { deleted, errors })
    }
}
