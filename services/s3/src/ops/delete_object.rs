//! DeleteObject.

use cloud::prelude::*;

use crate::announce::Announcement;
use crate::error::Error;
use crate::keys::{self, ObjectRow};
use crate::{bucket, conditions, event, headers};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(header = "If-Match")]
    if_match: Option<String>,
    #[shape(header = "x-amz-if-match-last-modified-time")]
    if_match_last_modified_time: Option<String>,
    #[shape(header = "x-amz-if-match-size")]
    if_match_size: Option<String>,
    #[shape(querystring = "versionId")]
    version_id: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteObject;

impl Operation for DeleteObject {
    const NAME: &'static str = "DeleteObject";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/{Bucket}/{Key+}", 204));
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
        let last_modified = input.if_match_last_modified_time.as_deref();
        headers::directory_only("x-amz-if-match-last-modified-time", last_modified)?;
        headers::directory_only("x-amz-if-match-size", input.if_match_size.as_deref())?;
        let row = bucket::open(cx, &input.bucket).await?;
        bucket::check_owner(&row, input.expected_bucket_owner.as_deref())?;
        if !matches!(input.version_id.as_deref(), None | Some("null")) {
            return Err(Error::InvalidArgument {
                message: "Invalid version id specified".to_owned(),
                name: "versionId",
                value: input.version_id.unwrap_or_default(),
            });
        }
        let object = cx.get::<ObjectRow>((&input.bucket, &input.key)).await?;
        conditions::check_write(input.if_match.as_deref(), None, object.as_ref(), &input.key)?;
        if let Some(object) = object {
            let now_millis = cx.now().millis();
            keys::delete_object(cx.tx(), &object, now_millis).await?;
            Announcement::of(cx, &row, event::Kind::Delete, &object)?.send_now(cx)?;
        }
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn deleting_twice_is_fine() {
        let world = World::new(&[&crate::S3]).await;
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        world.ok("s3", "PutObject", json!({"Bucket": "photos", "Key": "a"})).await;
        // What would be deleted although it is not what the caller means.
        for (member, value) in
            [("IfMatchSize", "9"), ("IfMatchLastModifiedTime", "Thu, 01 Jan 2026 00:00:00 GMT")]
        {
            let mut delete = json!({"Bucket": "photos", "Key": "a"});
            delete[member] = json!(value);
            assert_eq!(world.error("s3", "DeleteObject", delete).await.0, "NotImplemented", "{member}");
        }
        world.ok("s3", "HeadObject", json!({"Bucket": "photos", "Key": "a"})).await;
        for _ in 0..2 {
            world.ok("s3", "DeleteObject", json!({"Bucket": "photos", "Key": "a"})).await;
        }
        assert_eq!(
            world.error("s3", "DeleteObject", json!({"Bucket": "none", "Key": "a"})).await.0,
            "NoSuchBucket"
        );
    }
}
