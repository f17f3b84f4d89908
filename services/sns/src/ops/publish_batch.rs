//! PublishBatch.

use std::collections::{BTreeMap, HashSet};

use cloud::ApiError as _;
use cloud::prelude::*;

use crate::error::Error;
use crate::limits::{BATCH_MAX, ENTRY_ID_CHARS_MAX, MESSAGE_BYTES_MAX};
use crate::message::MessageAttribute;
use crate::send::{self, Draft};
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    topic_arn: String,
    #[shape(default)]
    publish_batch_request_entries: Vec<Entry>,
}

#[derive(Shape)]
pub(crate) struct Output {
    successful: Vec<Successful>,
    failed: Vec<Failed>,
}

#[derive(Shape)]
struct Entry {
    #[shape(default)]
    id: String,
    #[shape(default)]
    message: String,
    subject: Option<String>,
    message_structure: Option<String>,
    #[shape(default, key = "Name", value = "Value")]
    message_attributes: BTreeMap<String, MessageAttribute>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

#[derive(Shape)]
struct Successful {
    id: String,
    message_id: String,
    sequence_number: Option<String>,
}

#[derive(Shape)]
struct Failed {
    id: String,
    code: String,
    message: String,
    sender_fault: bool,
}

impl Failed {
    fn of(id: String, error: Error) -> Self {
        let failure = error.into_failure();
        let (code, message) = (failure.code().to_owned(), failure.message().to_owned());
        Self { id, code, message, sender_fault: true }
    }
}

/// Sends up to ten messages to the subscribers of a topic, each for itself.
pub(crate) struct PublishBatch;

impl Operation for PublishBatch {
    const NAME: &'static str = "PublishBatch";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.topic_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        topic::policy(cx, &input.topic_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let topic = topic::open(cx, "TopicArn", &input.topic_arn).await?;
        let entries = input.publish_batch_request_entries;
        check_ids(&entries)?;
        let mut output = Output { successful: Vec::new(), failed: Vec::new() };
        let mut admitted = Vec::new();
        let mut size_bytes = 0;
        for entry in entries {
            let draft = Draft {
                message: entry.message,
                subject: entry.subject,
                structure: entry.message_structure,
                attributes: entry.message_attributes,
                deduplication_id: entry.message_deduplication_id,
                group: entry.message_group_id,
            };
            // Too long a message makes the whole batch too long.
            size_bytes += draft.message.len();
            match send::admit(&topic, draft) {
                Ok(message) => admitted.push((entry.id, message)),
                Err(Error::Internal(failure)) => return Err(failure.into()),
                Err(error) => output.failed.push(Failed::of(entry.id, error)),
            }
        }
        if size_bytes > MESSAGE_BYTES_MAX
            || admitted.iter().map(|(_, message)| message.size_bytes()).sum::<usize>() > MESSAGE_BYTES_MAX
        {
            return Err(Error::BatchTooLong);
        }
        for (id, message) in admitted {
            let sent = message.publish(cx, &topic).await?;
            let sequence_number = sent.sequence_number;
            output.successful.push(Successful { id, message_id: sent.message_id, sequence_number });
        }
        Ok(output)
    }
}

/// Texts recorded: test_publish_batch_invalid_entry_id.
fn check_ids(entries: &[Entry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Err(Error::EmptyBatch);
    }
    if entries.len() > BATCH_MAX {
        return Err(Error::TooManyEntries);
    }
    let mut seen = HashSet::new();
    for Entry { id, .. } in entries {
        if id.chars().count() > ENTRY_ID_CHARS_MAX {
            return Err(Error::EntryId(format!("is too long: {id}")));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if id.is_empty() || !id.bytes().all(plain) {
            return Err(Error::EntryId(format!("contains an impermissible character: {id}")));
        }
        if !seen.insert(id.as_str()) {
            return Err(Error::EntryIdRepeated);
        }
    }
    Ok(())
}
