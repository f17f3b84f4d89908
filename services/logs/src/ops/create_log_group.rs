//! CreateLogGroup.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::group;
use crate::keys::GroupRow;
use crate::limits::{NAME_CHARS_MAX, TAGS_MAX};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1.., pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
    kms_key_id: Option<String>,
    #[shape(default)]
    tags: BTreeMap<String, String>,
    log_group_class: Option<Class>,
    #[shape(default)]
    deletion_protection_enabled: bool,
}

#[derive(Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
enum Class {
    Standard,
    InfrequentAccess,
    Delivery,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Makes a group.
///
/// Differs from AWS: `kmsKeyId` and the classes `INFREQUENT_ACCESS` and `DELIVERY` are refused.
pub(crate) struct CreateLogGroup;

impl Operation for CreateLogGroup {
    const NAME: &'static str = "CreateLogGroup";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::access_arn(cx, &input.log_group_name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(&input.tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.log_group_name.len() > NAME_CHARS_MAX {
            // Recorded: LocalStack tests/aws/services/logs, `test_create_log_group_invalid_name_length`.
            return Err(Error::invalid(
                "Invalid LogGroup or LogStream, both must have length less than or equal to 512.",
            ));
        }
        if input.kms_key_id.is_some() {
            return Err(Error::unsupported("kmsKeyId"));
        }
        if matches!(input.log_group_class, Some(Class::InfrequentAccess | Class::Delivery)) {
            return Err(Error::unsupported("logGroupClass other than STANDARD"));
        }
        if input.tags.len() > TAGS_MAX {
            return Err(Error::TooManyTags(TAGS_MAX));
        }
        let row = GroupRow {
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name: input.log_group_name,
            id: cx.chance().number(),
            created_at_millis: cx.now().millis(),
            retention_days: None,
            class: "STANDARD".to_owned(),
            deletion_protection: input.deletion_protection_enabled,
            tags: input.tags,
        };
        if table::insert(cx.tx(), &row).await? { Ok(Output) } else { Err(Error::GroupExists) }
    }
}
