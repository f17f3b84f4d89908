//! CreateBucket.
//!
//! Differs from AWS: access control lists, object lock and account-regional namespaces are refused.

use cloud::prelude::*;
use store::layer::table;

use crate::bucket;
use crate::error::Error;
use crate::keys::BucketRow;
use crate::tagging::{self, Tag, Tagging};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(header = "x-amz-acl", name = "ACL")]
    acl: Option<String>,
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    create_bucket_configuration: Option<CreateBucketConfiguration>,
    #[shape(header = "x-amz-grant-full-control")]
    grant_full_control: Option<String>,
    #[shape(header = "x-amz-grant-read")]
    grant_read: Option<String>,
    #[shape(header = "x-amz-grant-write")]
    grant_write: Option<String>,
    #[shape(header = "x-amz-grant-read-acp", name = "GrantReadACP")]
    grant_read_acp: Option<String>,
    #[shape(header = "x-amz-grant-write-acp", name = "GrantWriteACP")]
    grant_write_acp: Option<String>,
    #[shape(header = "x-amz-bucket-object-lock-enabled")]
    object_lock_enabled_for_bucket: Option<bool>,
    #[shape(header = "x-amz-object-ownership")]
    object_ownership: Option<String>,
}

#[derive(Shape)]
struct CreateBucketConfiguration {
    location_constraint: Option<String>,
    #[shape(member = "Tag")]
    tags: Option<Vec<Tag>>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(header = "Location")]
    location: String,
    #[shape(header = "x-amz-bucket-arn")]
    bucket_arn: String,
}

pub(crate) struct CreateBucket;

impl Operation for CreateBucket {
    const NAME: &'static str = "CreateBucket";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        bucket::check_name(&input.bucket)?;
        refuse_unsupported(&input)?;
        let configuration = input.create_bucket_configuration.as_ref();
        let region = region(cx, configuration.and_then(|c| c.location_constraint.as_deref()))?;
        let row = new_row(cx, &input, region.clone());
        if let Some(existing) = cx.get::<BucketRow>((&input.bucket,)).await? {
            if existing.owner != row.owner {
                return Err(Error::BucketAlreadyExists { bucket: input.bucket });
            }
            // Only us-east-1 answers a repeated creation with success.
            if existing.region != "us-east-1" || region != "us-east-1" {
                return Err(Error::BucketAlreadyOwnedByYou { bucket: input.bucket });
            }
        } else {
            table::put(cx.tx(), &row).await?;
        }
        let location = if region == "us-east-1" {
            format!("/{}", row.name)
        } else {
            format!("http://{}.s3.amazonaws.com/", row.name)
        };
        Ok(Output { location, bucket_arn: format!("arn:aws:s3:::{}", row.name) })
    }
}

fn new_row(cx: &Cx, input: &Input, region: String) -> BucketRow {
    let configuration = input.create_bucket_configuration.as_ref();
    let tag_set = configuration.and_then(|c| c.tags.clone()).unwrap_or_default();
    let mut settings = std::collections::BTreeMap::new();
    if !tag_set.is_empty() {
        let tagging = Tagging { tag_set }.into_doc();
        settings.insert(tagging::NAME.to_owned(), wire::json::to_value(Tagging::schema(), &tagging));
    }
    if configuration.is_some_and(|c| c.location_constraint.as_deref() == Some("EU")) {
        settings.insert(bucket::OLD_NAME.to_owned(), serde_json::json!("EU"));
    }
    BucketRow {
        name: input.bucket.clone(),
        owner: cx.account().to_owned(),
        region,
        created_at_millis: cx.now().millis(),
        policy: None,
        settings,
    }
}

fn refuse_unsupported(input: &Input) -> Result<(), Error> {
    if input.object_lock_enabled_for_bucket == Some(true) {
        return Err(Error::NotImplemented {
            header: "x-amz-bucket-object-lock-enabled".to_owned(),
            why: "object lock is not supported by this cloud yet".to_owned(),
        });
    }
    match input.object_ownership.as_deref() {
        None | Some("BucketOwnerEnforced") => {}
        Some("BucketOwnerPreferred" | "ObjectWriter") => {
            return Err(Error::not_supported("object ownership other than BucketOwnerEnforced"));
        }
        Some(other) => {
            let text = format!("Invalid x-amz-object-ownership header: {other}");
            let failure = Failure::new("InvalidArgument", 400, text);
            return Err(failure.detail("ArgumentName", &"x-amz-object-ownership").into());
        }
    }
    let tag_set = input.create_bucket_configuration.as_ref().and_then(|c| c.tags.clone()).unwrap_or_default();
    Tagging { tag_set }.check_bucket(
        "User-defined tag keys can't start with \"aws:\". This prefix is reserved for system tags. Remove \"aws:\" from \
         your tag keys and try again.",
    )?;
    let granted = [
        &input.grant_full_control,
        &input.grant_read,
        &input.grant_write,
        &input.grant_read_acp,
        &input.grant_write_acp,
    ]
    .iter()
    .any(|grant| grant.is_some());
    if granted || !matches!(input.acl.as_deref(), None | Some("private")) {
        return Err(Error::InvalidRequest(
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting".to_owned(),
        ));
    }
    Ok(())
}

/// The bucket's region: where the request goes to, or from us-east-1 also another one.
fn region(cx: &Cx, constraint: Option<&str>) -> Result<String, Error> {
    match constraint {
        None | Some("") if cx.region() == "us-east-1" => Ok("us-east-1".to_owned()),
        None | Some("") => Err(Error::IllegalLocationConstraint("unspecified".to_owned())),
        Some("us-east-1") if cx.region() == "us-east-1" => {
            Err(Error::InvalidLocationConstraint { location: "us-east-1".to_owned() })
        }
        Some("EU") if matches!(cx.region(), "us-east-1" | "eu-west-1") => Ok("eu-west-1".to_owned()),
        Some(other) if cx.region() == other => Ok(other.to_owned()),
        Some(other) if cx.region() == "us-east-1" && looks_like_a_region(other) => Ok(other.to_owned()),
        Some(other) if cx.region() != "us-east-1" => Err(Error::IllegalLocationConstraint(other.to_owned())),
        Some(other) => Err(Error::InvalidLocationConstraint { location: other.to_owned() }),
    }
}

/// `eu-central-1`, `us-gov-west-1`: letters, and a number at the end.
fn looks_like_a_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    words.len() >= 2
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && number.parse::<u8>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{World, nobody};

    #[tokio::test]
    async fn once_and_again() {
        let world = World::new(&[&crate::S3]).await;
        let answer = world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        assert_eq!(answer, json!({"Location": "/photos", "BucketArn": "arn:aws:s3:::photos"}));
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
    }

    #[tokio::test]
    async fn bad_requests() {
        let world = World::new(&[&crate::S3]).await;
        let cases = [
            (json!({"Bucket": "Bad"}), "InvalidBucketName"),
            (json!({"Bucket": "photos", "ACL": "public-read"}), "InvalidRequest"),
            (json!({"Bucket": "photos", "ObjectLockEnabledForBucket": true}), "NotImplemented"),
            (
                json!({"Bucket": "photos", "CreateBucketConfiguration": {"LocationConstraint": "moon"}}),
                "InvalidLocationConstraint",
            ),
        ];
        for (input, code) in cases {
            assert_eq!(world.error("s3", "CreateBucket", input).await.0, code);
        }
        assert_eq!(world.error("s3", "HeadBucket", json!({"Bucket": "photos"})).await.0, "NoSuchBucket");
    }

    #[tokio::test]
    async fn names_are_unique_in_the_cloud() {
        let world = World::new(&[&crate::S3]).await;
        world.ok("s3", "CreateBucket", json!({"Bucket": "photos"})).await;
        let other = cloud::caller::Caller::root("111111111111", "us-east-1");
        let failure =
            world.call_as(other, "s3", "CreateBucket", json!({"Bucket": "photos"})).await.unwrap_err();
        assert_eq!(failure.code(), "BucketAlreadyExists");
        let failure =
            world.call_as(nobody(), "s3", "CreateBucket", json!({"Bucket": "more"})).await.unwrap_err();
        assert_eq!(failure.code(), "AccessDenied");
    }
}
