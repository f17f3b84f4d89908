//! Kinesis streams that get a table's changes: what is stored of them, and the rules.
//!
//! The texts, and what may follow what, were observed on DynamoDB in October 2026 by the `ack-api-quirks` notes on
//! `KinesisStreamingDestination` (DDB-TABLE-268, 299 to 304, 318, 319, 460).
//!
//! Differs from AWS: a change is done with its answer. So an answer says ENABLING, DISABLING or UPDATING, and
//! DescribeKinesisStreamingDestination shows what came of it; AWS takes seconds to minutes.

use cloud::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::limits::PAST_DESTINATIONS_MAX;
use crate::table::TableRow;

/// What the times in records count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Precision {
    #[default]
    Millisecond,
    Microsecond,
}

/// What requests say of a destination.
#[derive(Clone, Copy, Debug, Default, Shape)]
pub(crate) struct StreamingConfiguration {
    pub(crate) approximate_creation_date_time_precision: Option<Precision>,
}

/// Whether a destination gets changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DestinationState {
    Active,
    Disabled,
    /// It could not be enabled, and why.
    EnableFailed(String),
}

/// A stream of Kinesis that gets a table's changes, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DestinationRow {
    pub(crate) stream_arn: String,
    pub(crate) state: DestinationState,
    /// None until somebody asks for one: then it is the default, and not shown.
    pub(crate) precision: Option<Precision>,
}

/// A destination as it is described.
#[derive(Debug, Shape)]
pub(crate) struct KinesisDataStreamDestination {
    stream_arn: String,
    destination_status: String,
    destination_status_description: Option<String>,
    approximate_creation_date_time_precision: Option<Precision>,
}

impl DestinationRow {
    fn is_active(&self) -> bool {
        self.state == DestinationState::Active
    }

    /// Its description.
    pub(crate) fn describe(&self) -> KinesisDataStreamDestination {
        let (status, description) = match &self.state {
            DestinationState::Active => ("ACTIVE", None),
            DestinationState::Disabled => ("DISABLED", None),
            DestinationState::EnableFailed(why) => ("ENABLE_FAILED", Some(why.clone())),
        };
        KinesisDataStreamDestination {
            stream_arn: self.stream_arn.clone(),
            destination_status: status.to_owned(),
            destination_status_description: description,
            approximate_creation_date_time_precision: self.precision,
        }
    }
}

impl TableRow {
    /// The destination that gets the changes.
    pub(crate) fn destination(&self) -> Option<&DestinationRow> {
        self.destinations.iter().find(|destination| destination.is_active())
    }

    fn active_destination(&mut self, stream_arn: &str) -> Option<&mut DestinationRow> {
        let mut destinations = self.destinations.iter_mut();
        destinations.find(|destination| destination.is_active() && destination.stream_arn == stream_arn)
    }

    /// Refuses another destination while there is one: a table has one at a time.
    pub(crate) fn check_no_destination(&self) -> Result<(), Error> {
        if self.destination().is_none() {
            return Ok(());
        }
        Err(invalid_state(
            "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.",
        ))
    }

    /// Adds a destination, in place of what was known of the same stream.
    pub(crate) fn add_destination(&mut self, destination: DestinationRow) {
        let same = self.destinations.iter_mut().find(|other| other.stream_arn == destination.stream_arn);
        match same {
            Some(same) => *same = destination,
            None => self.destinations.insert(0, destination),
        }
        let mut past = 0;
        self.destinations.retain(|destination| {
            past += usize::from(!destination.is_active());
            destination.is_active() || past <= PAST_DESTINATIONS_MAX
        });
    }

    /// Ends a destination.
    pub(crate) fn disable_destination(&mut self, stream_arn: &str) -> Result<(), Error> {
        let destination = self.active_destination(stream_arn).ok_or_else(|| {
            invalid_state("KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.")
        })?;
        (destination.state, destination.precision) = (DestinationState::Disabled, None);
        Ok(())
    }

    /// Changes what the times of a destination count.
    pub(crate) fn update_destination(&mut self, stream_arn: &str, precision: Precision) -> Result<(), Error> {
        let (table, id) = (self.name.clone(), self.id.clone());
        let destination = self.active_destination(stream_arn).ok_or_else(|| {
            invalid_state(&format!(
                "Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. TableName: {table}, kdsArn: {stream_arn}"
            ))
        })?;
        if destination.precision.unwrap_or_default() == precision {
            return Err(Error::validation(format!(
                "Invalid Request: Precision is already set to the desired value of {} for tableId: {id}, kdsArn: {stream_arn}",
                precision.as_str()
            )));
        }
        destination.precision = Some(precision);
        Ok(())
    }
}

/// A destination that is not in the state that an operation needs.
fn invalid_state(why: &str) -> Error {
    Error::validation(format!("Table is not in a valid state to enable Kinesis Streaming Destination: {why}"))
}
