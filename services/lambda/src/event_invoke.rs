//! Settings of asynchronous invocation.

use cloud::prelude::*;
use store::layer::table;

use crate::destinations;
use crate::error::Error;
use crate::function;
use crate::keys::EventInvoke;
use crate::names::{FunctionRef, LATEST};
use crate::shapes::{Destination, DestinationConfig, EventInvokeConfig};

/// What a request changes.
pub(crate) struct Change {
    retries: Option<i32>,
    age_seconds: Option<i32>,
    /// The outer option: whether the request speaks of destinations at all.
    on_success: Option<Option<String>>,
    on_failure: Option<Option<String>>,
}

impl Change {
    pub(crate) fn new(
        retries: Option<i32>,
        age_seconds: Option<i32>,
        destinations: Option<DestinationConfig>,
    ) -> Result<Change, Error> {
        if retries.is_none() && age_seconds.is_none() && destinations.is_none() {
            // Recorded: LocalStack tests/aws/services/lambda_, test_lambda_eventinvokeconfig_exceptions.
            return Err(Error::invalid(
                "You must specify at least one of error handling or destination setting.",
            ));
        }
        let place = |destination: Option<Destination>| {
            destination.map(|destination| destination.destination.filter(|arn| !arn.is_empty()))
        };
        let (on_success, on_failure) = match destinations {
            None => (None, None),
            Some(config) => (place(config.on_success), place(config.on_failure)),
        };
        Ok(Change { retries, age_seconds, on_success, on_failure })
    }

    fn apply(self, config: &mut EventInvoke) {
        if self.retries.is_some() {
            config.retries = self.retries;
        }
        if self.age_seconds.is_some() {
            config.age_seconds = self.age_seconds;
        }
        if let Some(arn) = self.on_success {
            config.on_success = arn;
        }
        if let Some(arn) = self.on_failure {
            config.on_failure = arn;
        }
    }
}

fn key(function: &FunctionRef) -> String {
    function.qualifier.clone().unwrap_or_default()
}

/// The settings, or AWS's words that there are none.
pub(crate) async fn open(cx: &mut Cx, function: &FunctionRef) -> Result<EventInvoke, Error> {
    let row = function::find(cx.tx(), function).await?.row;
    row.event_invoke.get(&key(function)).cloned().ok_or_else(|| {
        let qualifier = function.qualifier.as_deref().unwrap_or(LATEST);
        Error::NotFound(format!(
            "The function {}:{qualifier} doesn't have an EventInvokeConfig",
            function.arn()
        ))
    })
}

/// Writes the settings.
pub(crate) async fn save(
    cx: &mut Cx,
    function: &FunctionRef,
    mut config: EventInvoke,
    change: Change,
) -> Result<EventInvokeConfig, Error> {
    let function::Found { mut row, config: version, .. } = function::find(cx.tx(), function).await?;
    for (arn, success) in [(&change.on_success, true), (&change.on_failure, false)] {
        if let Some(Some(arn)) = arn {
            if success && arn.starts_with("arn:aws:s3:") {
                // "Amazon S3 is a destination for failures only" ("Adding a destination").
                return Err(Error::invalid(format!("The destination ARN {arn} is invalid.")));
            }
            destinations::check(cx, function, &version.role, arn).await?;
        }
    }
    change.apply(&mut config);
    config.modified_at_millis = cx.now().millis();
    let answer = view(function, &config);
    row.event_invoke.insert(key(function), config);
    table::put(cx.tx(), &row).await?;
    Ok(answer)
}

/// The settings on the wire.
pub(crate) fn view(function: &FunctionRef, config: &EventInvoke) -> EventInvokeConfig {
    let destination = |arn: &Option<String>| Some(Destination { destination: arn.clone() });
    EventInvokeConfig {
        last_modified: Timestamp::from_millis(config.modified_at_millis),
        function_arn: format!("{}:{}", function.arn(), function.qualifier.as_deref().unwrap_or(LATEST)),
        maximum_retry_attempts: config.retries,
        maximum_event_age_in_seconds: config.age_seconds,
        destination_config: DestinationConfig {
            on_success: destination(&config.on_success),
            on_failure: destination(&config.on_failure),
        },
    }
}
