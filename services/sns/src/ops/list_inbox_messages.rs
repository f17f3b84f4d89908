//! ListInboxMessages.

use cloud::inbox;
use cloud::prelude::*;

use crate::error::Error;
use crate::paging;

#[derive(Shape)]
pub(crate) struct Input {
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    messages: Vec<InboxMessage>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct InboxMessage {
    message_id: String,
    sent_at: Timestamp,
    /// `email` or `sms`.
    kind: String,
    from: String,
    to: String,
    subject: Option<String>,
    body: String,
}

/// Lists the mails and text messages that this cloud would have sent to people, newest first. It is an operation of this
/// cloud alone: `cloudlet inbox` shows what it answers.
pub(crate) struct ListInboxMessages;

impl Operation for ListInboxMessages {
    const NAME: &'static str = "ListInboxMessages";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let paging = paging::read(input.next_token.as_deref())?;
        let (mails, next) = inbox::list(cx.tx(), &account, &region, paging.limit, paging.after).await?;
        let messages = mails.into_iter().map(|mail| InboxMessage {
            message_id: mail.id,
            sent_at: Timestamp::from_millis(mail.at_millis),
            kind: mail.kind,
            from: mail.from,
            to: mail.to,
            subject: mail.subject,
            body: mail.body,
        });
        Ok(Output { messages: messages.collect(), next_token: next.map(|next| next.to_text()) })
    }
}
