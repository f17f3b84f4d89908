//! CreateTopic.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::TopicRow;
use crate::tags::Tag;
use crate::{attributes, data_protection, tags, topic};

#[derive(Shape)]
pub(crate) struct Input {
    name: String,
    #[shape(default)]
    attributes: BTreeMap<String, String>,
    tags: Option<Vec<Tag>>,
    data_protection_policy: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    topic_arn: String,
}

/// Makes a topic, or answers the one that is there and is as wanted.
///
/// Differs from AWS: nothing limits how many topics an account has; archiving, active tracing and logging of the status
/// of deliveries are refused.
pub(crate) struct CreateTopic;

impl Operation for CreateTopic {
    const NAME: &'static str = "CreateTopic";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("sns", &input.name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let tags = input.tags.iter().flatten().map(|tag| (&tag.key, &tag.value));
        Ok(vec![access::request_tags(tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let fifo = input.attributes.get("FifoTopic").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        topic::check_name(&input.name, fifo)?;
        let tags = input.tags.map(tags::read).transpose()?.unwrap_or_default();
        tags::check(&tags)?;
        let attributes = attributes::of_new_topic(input.attributes, fifo)?;
        if let Some(policy) = &input.data_protection_policy {
            data_protection::check(policy)?;
        }
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let there: Option<TopicRow> = table::get(cx.tx(), (&account, &region, &input.name)).await?;
        if let Some(there) = there {
            compare(&there, &attributes, &tags)?;
            return Ok(Output { topic_arn: there.arn() });
        }
        let row = TopicRow {
            account,
            region,
            name: input.name,
            id: cx.new_id(),
            created_at_millis: cx.now().millis(),
            attributes,
            tags,
            data_protection: input.data_protection_policy,
            deleted: 0,
        };
        table::put(cx.tx(), &row).await?;
        Ok(Output { topic_arn: row.arn() })
    }
}

/// Whether a topic that is there is as wanted (texts recorded: test_create_topic_different_attrs,
/// test_create_duplicate_topic_with_more_tags).
fn compare(
    there: &TopicRow,
    attributes: &BTreeMap<String, String>,
    tags: &BTreeMap<String, String>,
) -> Result<(), Error> {
    if attributes.iter().any(|(name, value)| attributes::effective(there, name) != *value) {
        return Err(Error::invalid("Attributes Reason: Topic already exists with different attributes"));
    }
    if !tags.is_empty() && *tags != there.tags {
        return Err(Error::invalid("Tags Reason: Topic already exists with different tags"));
    }
    Ok(())
}
