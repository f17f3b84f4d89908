//! SNS: the inbox of a cloud, where mails and text messages stay.

use super::{Api, Error};

const VERSION: &str = "2010-03-31";

/// A mail or text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// When it was sent, in ISO 8601.
    pub sent_at: String,
    /// `email` or `sms`.
    pub kind: String,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The subject of a mail; empty without one.
    pub subject: String,
    /// The text.
    pub body: String,
}

impl Api {
    /// The newest messages of the inbox, newest first. AWS has no such operation.
    pub async fn list_inbox_messages(&self) -> Result<Vec<Mail>, Error> {
        let answer = self.query("sns", VERSION, "ListInboxMessages", &[]).await?;
        let mails = answer.list("Messages").iter().map(|mail| Mail {
            id: mail.text_of("MessageId"),
            sent_at: mail.text_of("SentAt"),
            kind: mail.text_of("Kind"),
            from: mail.text_of("From"),
            to: mail.text_of("To"),
            subject: mail.text_of("Subject"),
            body: mail.text_of("Body"),
        });
        Ok(mails.collect())
    }
}
