//! Stacks by name and by id, and what is stored beside them.

use cloud::prelude::*;
use store::Tx;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{ChangeSetRow, EventRow, LIVE, ResourceRow, StackRow, TemplateRow};
use crate::limits::{NAME_CHARS_MAX, PAGE, TEMPLATE_PART_BYTES};
use crate::status::Status;

/// Where a stack is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) uuid: String,
}

impl StackRow {
    pub(crate) fn id(&self) -> String {
        id(&self.region, &self.account, &self.name, &self.uuid)
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            account: self.account.clone(),
            region: self.region.clone(),
            name: self.name.clone(),
            uuid: self.uuid.clone(),
        }
    }
}

/// The ARN of a stack.
pub(crate) fn id(region: &str, account: &str, name: &str, uuid: &str) -> String {
    Arn::new("cloudformation", region, account, format!("stack/{name}/{uuid}")).to_string()
}

/// What access to the stack called `name` (or with this ARN) is decided on.
pub(crate) fn resource(cx: &Cx, name: &str) -> Resource {
    match name.parse::<Arn>() {
        Ok(arn) => arn.into(),
        Err(_) => cx.arn("cloudformation", format!("stack/{name}/*")).into(),
    }
}

/// The name and uuid of a stack's ARN in the caller's account and region.
fn parse_id(cx: &Cx, text: &str) -> Option<(String, String)> {
    let arn: Arn = text.parse().ok()?; // not an ARN: a name
    let (name, uuid) = arn.resource().strip_prefix("stack/")?.split_once('/')?;
    let own =
        arn.service() == "cloudformation" && arn.region() == cx.region() && arn.account() == cx.account();
    own.then(|| (name.to_owned(), uuid.to_owned()))
}

/// The stack with this name, or with this ARN; deleted ones only by ARN.
pub(crate) async fn find(cx: &Cx, tx: &Tx, text: &str) -> Result<Option<StackRow>, Error> {
    let found = match parse_id(cx, text) {
        Some((name, uuid)) => table::get(tx, (cx.account(), cx.region(), &name, &uuid)).await?,
        None if text.starts_with("arn:") => None,
        None => table::find::<StackRow>(tx, LIVE, (cx.account(), cx.region(), text)).await?,
    };
    Ok(found)
}

/// As [`find`]; a missing stack is `Stack with id X does not exist`.
pub(crate) async fn open(cx: &Cx, tx: &Tx, text: &str) -> Result<StackRow, Error> {
    let missing = || Error::invalid(format!("Stack with id {text} does not exist"));
    find(cx, tx, text).await?.ok_or_else(missing)
}

/// As [`find`]; a missing or deleted stack is `Stack [X] does not exist`.
pub(crate) async fn open_to_change(cx: &Cx, tx: &Tx, text: &str) -> Result<StackRow, Error> {
    let found = find(cx, tx, text).await?;
    let missing = || Error::invalid(format!("Stack [{text}] does not exist"));
    found.filter(|stack| stack.status != Status::DeleteComplete).ok_or_else(missing)
}

/// Reads the stack at its place again, inside of a transaction that changes it.
pub(crate) async fn reopen(tx: &Tx, place: &Place) -> Result<StackRow, Error> {
    let key = (&place.account, &place.region, &place.name, &place.uuid);
    let missing = || Error::Internal(Failure::internal(format!("stack `{}` is gone", place.name)));
    table::get(tx, key).await?.ok_or_else(missing)
}

/// All resources of a stack, by logical id.
pub(crate) async fn resources(tx: &Tx, stack: &str) -> Result<Vec<ResourceRow>, Error> {
    let mut rows = Vec::new();
    let mut paging = Paging::first(cfn::limits::RESOURCES_MAX);
    loop {
        let page = table::list::<ResourceRow>(tx, stack, &paging).await?;
        rows.extend(page.items);
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(rows),
        }
    }
}

/// Writes an event with the stack's next number.
pub(crate) async fn write_event(tx: &mut Tx, stack: &mut StackRow, mut event: EventRow) -> Result<(), Error> {
    event.stack.clone_from(&stack.uuid);
    event.number = stack.next_event;
    event.token = event.token.or_else(|| stack.token.clone());
    stack.next_event += 1;
    table::put(tx, &event).await?;
    Ok(())
}

/// The event of the stack itself reaching its present status.
pub(crate) fn own_event(stack: &StackRow, id: String, now: Timestamp) -> EventRow {
    EventRow {
        stack: stack.uuid.clone(),
        number: 0,
        id,
        logical_id: stack.name.clone(),
        physical_id: stack.id(),
        type_name: "AWS::CloudFormation::Stack".to_owned(),
        status: stack.status,
        reason: stack.reason.clone(),
        properties: None,
        at_millis: now.millis(),
        token: stack.token.clone(),
    }
}

/// Stores the text of a template in pieces.
pub(crate) async fn put_template(tx: &mut Tx, id: &str, text: &str) -> Result<(), Error> {
    let mut rest = text;
    let mut part = 0;
    while part == 0 || !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(TEMPLATE_PART_BYTES));
        table::put(tx, &TemplateRow { id: id.to_owned(), part, text: piece.to_owned() }).await?;
        rest = after;
        part += 1;
    }
    Ok(())
}

/// The text of a template.
pub(crate) async fn template(tx: &Tx, id: &str) -> Result<String, Error> {
    let parts = cfn::limits::BODY_BYTES_MAX / TEMPLATE_PART_BYTES + 2;
    let rows = table::list::<TemplateRow>(tx, id, &Paging::first(parts)).await?.items;
    Ok(rows.into_iter().map(|row| row.text).collect())
}

/// Forgets the text of a template that nothing needs any more.
pub(crate) async fn forget_template(tx: &mut Tx, id: &str) -> Result<(), Error> {
    while table::delete_under::<TemplateRow>(tx, id, PAGE).await? {}
    Ok(())
}

/// Forgets the change sets of a stack, except the one that is carried out.
pub(crate) async fn forget_change_sets(tx: &mut Tx, stack: &str, kept: Option<&str>) -> Result<(), Error> {
    let mut paging = Paging::first(PAGE);
    loop {
        let page = table::list::<ChangeSetRow>(tx, stack, &paging).await?;
        for row in page.items.iter().filter(|row| kept != Some(row.name.as_str())) {
            // The template of an executed one is the stack's own.
            if !row.executed {
                forget_template(tx, &row.spec.template).await?;
            }
            table::delete::<ChangeSetRow>(tx, (stack, &row.name)).await?;
        }
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Whether a stack may have this name.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let mut chars = name.chars();
    let fits = chars.next().is_some_and(|first| first.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.len() <= NAME_CHARS_MAX;
    if fits {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    )))
}
