//! `cloudlet inbox`.

use ::deploy::problem::Errors;
use owo_colors::OwoColorize;
use serde_json::json;

use super::Global;
use super::connect::{Connection, region};
use super::output::Output;
use super::project;

/// Shows the mails and text messages that the cloud would have sent, newest first.
pub(crate) async fn run(global: &Global, output: &Output) -> anyhow::Result<()> {
    let environment = project::environment();
    let connection = Connection::from(global, &environment)?;
    let api = connection.api(&region(global, &environment));
    let mails = api.list_inbox_messages().await.map_err(Errors::from)?;
    if output.is_json() {
        let shown = mails.iter().map(|mail| {
            json!({
                "id": mail.id, "sentAt": mail.sent_at, "kind": mail.kind, "from": mail.from, "to": mail.to,
                "subject": mail.subject, "body": mail.body,
            })
        });
        output.result(&json!({"messages": shown.collect::<Vec<_>>()}));
        return Ok(());
    }
    if mails.is_empty() {
        output.text("the inbox is empty");
    }
    for mail in mails {
        let subject = if mail.subject.is_empty() { mail.kind.clone() } else { mail.subject.clone() };
        output.text(&format!("{} {} -> {}", mail.sent_at.dimmed(), mail.from, mail.to.bold()));
        output.text(&format!("{}\n{}\n", subject.bold(), mail.body.trim_end()));
    }
    Ok(())
}
