//! Publish.

use std::collections::BTreeMap;

use cloud::inbox;
use cloud::prelude::*;

use crate::error::Error;
use crate::message::{Content, MessageAttribute};
use crate::send::{self, Draft};
use crate::{fanout, subscription, topic};

#[derive(Shape)]
pub(crate) struct Input {
    topic_arn: Option<String>,
    target_arn: Option<String>,
    phone_number: Option<String>,
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
pub(crate) struct Output {
    message_id: String,
    sequence_number: Option<String>,
}

impl Input {
    fn topic(&self) -> Option<&str> {
        self.topic_arn.as_deref().or(self.target_arn.as_deref())
    }
}

/// Sends a message to the subscribers of a topic, or a text to a phone, which is the inbox of this cloud.
///
/// A queue has its message when this has answered.
pub(crate) struct Publish;

impl Operation for Publish {
    const NAME: &'static str = "Publish";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.topic().map_or(Resource::Any, topic::resource))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        match input.topic() {
            Some(arn) => topic::policy(cx, arn).await,
            None => Ok(None),
        }
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(phone) = &input.phone_number {
            if input.topic().is_some() {
                return Err(Error::invalid(
                    "PhoneNumber Reason: only one of TopicArn, TargetArn and PhoneNumber can be given",
                ));
            }
            return send_text(cx, phone.clone(), input).await;
        }
        let arn = input.topic().ok_or_else(|| Error::missing("TopicArn or TargetArn"))?;
        if arn.contains(":endpoint/") {
            return Err(Error::unsupported("TargetArn", "mobile push"));
        }
        let parameter = if input.topic_arn.is_some() { "TopicArn" } else { "TargetArn" };
        let topic = topic::open(cx, parameter, arn).await?;
        let draft = Draft {
            message: input.message,
            subject: input.subject,
            structure: input.message_structure,
            attributes: input.message_attributes,
            deduplication_id: input.message_deduplication_id,
            group: input.message_group_id,
        };
        let sent = send::admit(&topic, draft)?.publish(cx, &topic).await?;
        Ok(Output { message_id: sent.message_id, sequence_number: sent.sequence_number })
    }
}

/// Sends a text message.
async fn send_text(cx: &mut Cx, phone: String, input: Input) -> Result<Output, Error> {
    if !subscription::is_phone(&phone) {
        return Err(Error::invalid(format!("PhoneNumber Reason: {phone} is not valid to publish to")));
    }
    let content = Content::read(input.message, input.message_structure.as_deref())?;
    let sender = input.message_attributes.get("AWS.SNS.SMS.SenderID");
    let sender = sender.and_then(|attribute| attribute.string_value.clone());
    let from = sender.unwrap_or_else(|| fanout::SMS_FROM.to_owned());
    let body = content.of("sms").to_owned();
    inbox::put(cx, inbox::Draft { kind: "sms", from: &from, to: &phone, subject: None, body }).await?;
    Ok(Output { message_id: cx.new_id(), sequence_number: None })
}
