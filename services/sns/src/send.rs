//! Admitting a message to a topic: the rules that Publish and PublishBatch share.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::fanout;
use crate::fifo::{self, Place};
use crate::keys::TopicRow;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::message::{self, Attributes, Content, MessageAttribute};
use crate::notification::Message;

/// A message as a request has it.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) message: String,
    pub(crate) subject: Option<String>,
    pub(crate) structure: Option<String>,
    pub(crate) attributes: BTreeMap<String, MessageAttribute>,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) group: Option<String>,
}

/// A message that fits its topic.
#[derive(Debug)]
pub(crate) struct Admitted {
    message: String,
    content: Content,
    subject: Option<String>,
    attributes: Attributes,
    deduplication_id: Option<String>,
    group: Option<String>,
}

/// What a sender hears.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) message_id: String,
    pub(crate) sequence_number: Option<String>,
}

/// Checks a message against its topic's rules.
pub(crate) fn admit(topic: &TopicRow, draft: Draft) -> Result<Admitted, Error> {
    fifo::check(topic, draft.group.as_deref(), draft.deduplication_id.as_deref())?;
    message::check_subject(draft.subject.as_ref())?;
    let content = Content::read(draft.message.clone(), draft.structure.as_deref())?;
    let attributes = message::read_attributes(draft.attributes)?;
    let Draft { message, subject, deduplication_id, group, .. } = draft;
    let admitted = Admitted { message, content, subject, attributes, deduplication_id, group };
    if admitted.size_bytes() > MESSAGE_BYTES_MAX {
        return Err(Error::invalid("Message too long"));
    }
    Ok(admitted)
}

impl Admitted {
    /// Bytes that count against the limits.
    pub(crate) fn size_bytes(&self) -> usize {
        self.message.len() + message::size_bytes(&self.attributes)
    }

    /// Brings the message to the topic's subscribers, unless a FIFO topic has seen it already.
    pub(crate) async fn publish(self, cx: &mut Cx, topic: &TopicRow) -> Result<Sent, Error> {
        let id = cx.new_id();
        let group = self.group.as_deref();
        let place = fifo::place(cx, topic, &id, &self.message, group, self.deduplication_id).await?;
        let (deduplication_id, sequence) = match place {
            Place::New { deduplication_id, sequence } => (deduplication_id, sequence),
            Place::Seen { message_id, sequence } => {
                return Ok(Sent { message_id, sequence_number: Some(sequence) });
            }
        };
        let message = Message {
            id: id.clone(),
            topic_arn: topic.arn(),
            subject: self.subject,
            content: self.content,
            attributes: self.attributes,
            group: self.group,
            deduplication_id,
            sequence: sequence.clone(),
            timestamp: wire::time::iso8601_millis(cx.now()),
        };
        fanout::publish(cx, topic, &message).await?;
        Ok(Sent { message_id: id, sequence_number: sequence })
    }
}
