//! What an account uses of Kinesis in a region, and what it may.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::keys::{Mode, StreamRow};
use crate::limits::{CREATING_MAX, ON_DEMAND_STREAMS_MAX, SHARDS_MAX};
use crate::stream::Status;

/// Rows that are read at once.
const PAGE: usize = 200;

/// What is there.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// Open shards of provisioned streams.
    pub(crate) shards: usize,
    pub(crate) on_demand_streams: usize,
    creating: usize,
}

impl Usage {
    /// Counts the streams of the caller's account in its region.
    pub(crate) async fn of(cx: &mut Cx) -> Result<Self, Error> {
        let now = cx.now().millis();
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let mut usage = Self::default();
        let mut after: Option<Cursor> = None;
        loop {
            let parts = (account.as_str(), region.as_str());
            let page = table::list::<StreamRow>(cx.tx(), parts, &Paging::after(PAGE, after)).await?;
            for row in &page.items {
                usage.creating += usize::from(row.status(now) == Some(Status::Creating));
                match row.mode {
                    _ if row.status(now).is_none() => {}
                    Mode::Provisioned => usage.shards += usize::try_from(row.open_shards).unwrap_or(0),
                    Mode::OnDemand => usage.on_demand_streams += 1,
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(usage);
            }
        }
    }

    /// Refuses more open shards than an account may have. (Text: kinesalite, splitShard.js)
    pub(crate) fn check_shards(&self, cx: &Cx, more: i64) -> Result<(), Error> {
        let after = i64::try_from(self.shards).unwrap_or(i64::MAX).saturating_add(more);
        if more <= 0 || after <= SHARDS_MAX as i64 {
            return Ok(());
        }
        Err(Error::Limit(format!(
            "This request would exceed the shard limit for the account {} in {}. Current shard count for the account: {}. Limit: {SHARDS_MAX}. Number of additional shards that would have resulted from this request: {more}. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.",
            cx.account(),
            cx.region(),
            self.shards
        )))
    }

    /// Refuses more on-demand streams than an account may have.
    pub(crate) fn check_on_demand(&self) -> Result<(), Error> {
        if self.on_demand_streams < ON_DEMAND_STREAMS_MAX {
            return Ok(());
        }
        let count = self.on_demand_streams;
        Err(Error::Limit(format!(
            "An account can have {ON_DEMAND_STREAMS_MAX} on-demand streams; it has {count}."
        )))
    }

    /// Refuses one more new stream while there are many.
    pub(crate) fn check_creating(&self) -> Result<(), Error> {
        if self.creating < CREATING_MAX {
            return Ok(());
        }
        Err(Error::Limit(format!("Only {CREATING_MAX} streams can be CREATING at the same time.")))
    }
}

/// Whether an account has committed itself to a minimum of billed throughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum CommitmentStatus {
    Enabled,
    Disabled,
}

/// The account's commitment.
#[derive(Debug, Shape)]
pub(crate) struct Commitment {
    status: CommitmentStatus,
}

impl Commitment {
    /// That there is none.
    pub(crate) fn disabled() -> Self {
        Self { status: CommitmentStatus::Disabled }
    }
}

/// That no account has such a commitment here.
pub(crate) fn no_commitment() -> Error {
    Error::Validation(
        "warm throughput needs a minimum throughput billing commitment, which this cloud does not have: on-demand streams take their full quota anyway"
            .to_owned(),
    )
}
