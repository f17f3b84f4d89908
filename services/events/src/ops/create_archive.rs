//! CreateArchive.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::archive::{self, Changed};
use crate::error::Error;
use crate::keys::ArchiveRow;
use crate::limits::ARCHIVES_MAX;
use crate::{bus, rule};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=48, pattern = r"[\.\-_A-Za-z0-9]+")]
    archive_name: String,
    #[shape(len = 1..=1600)]
    event_source_arn: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    event_pattern: Option<String>,
    #[shape(range = 0..)]
    retention_days: Option<i32>,
    kms_key_identifier: Option<String>,
}

/// Makes an archive of the events of a bus.
///
/// Differs from AWS: keys of KMS are refused.
pub(crate) struct CreateArchive;

impl Operation for CreateArchive {
    const NAME: &'static str = "CreateArchive";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(archive::arn(cx, &input.archive_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        if input.kms_key_identifier.is_some() {
            return Err(Error::unsupported("a key of KMS"));
        }
        let bus = archive::bus_of(cx, "EventSourceArn", &input.event_source_arn)?;
        bus::open(cx, &bus).await?;
        if let Some(text) = &input.event_pattern {
            rule::check_pattern(text)?;
        }
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let there =
            table::list::<ArchiveRow>(cx.tx(), (&account, &region), &Paging::first(ARCHIVES_MAX)).await?;
        if there.items.len() >= ARCHIVES_MAX {
            return Err(Error::Limit);
        }
        let row = ArchiveRow {
            account,
            region,
            id: cx.new_id(),
            name: input.archive_name,
            bus,
            description: input.description,
            pattern: input.event_pattern,
            retention_days: input.retention_days.unwrap_or(0),
            created_at_millis: cx.now().millis(),
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(Error::Exists(format!("Archive {} already exists.", row.name)));
        }
        Ok(Changed::of(cx, &row))
    }
}
