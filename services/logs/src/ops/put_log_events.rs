//! PutLogEvents.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::Durability;

use crate::error::Error;
use crate::limits::BATCH_EVENTS_MAX;
use crate::{batch, group, keys};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(len = 1..=512, pattern = r"[\.\-_/#A-Za-z0-9]+")]
    log_group_name: String,
    #[shape(len = 1..=512, pattern = "[^:*]*")]
    log_stream_name: String,
    #[shape(len = 1..=10000)]
    log_events: Vec<InputLogEvent>,
    // AWS takes any token, or none: batches of one stream may be written at the same time.
    sequence_token: Option<String>,
    entity: Option<Entity>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct InputLogEvent {
    #[shape(range = 0..)]
    timestamp: i64,
    #[shape(len = 1..)]
    message: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct Entity {
    key_attributes: Option<BTreeMap<String, String>>,
    attributes: Option<BTreeMap<String, String>>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    next_sequence_token: Option<String>,
    rejected_log_events_info: Option<RejectedLogEventsInfo>,
    rejected_entity_info: Option<RejectedEntityInfo>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct RejectedLogEventsInfo {
    too_new_log_event_start_index: Option<i32>,
    too_old_log_event_end_index: Option<i32>,
    expired_log_event_end_index: Option<i32>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct RejectedEntityInfo {
    error_type: String,
}

/// Writes a batch of events to a stream.
///
/// It is cheap: two rows are read, one row for each event and one counter are written, nothing that another batch
/// touches, and the commit does not wait for the disk.
///
/// Differs from AWS: a message may have at most 512 KiB (AWS: 1 MiB). Entities are not kept, and the answer says so
/// in `rejectedEntityInfo`.
pub(crate) struct PutLogEvents;

impl Operation for PutLogEvents {
    const NAME: &'static str = "PutLogEvents";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::stream_arn(cx, &input.log_group_name, &input.log_stream_name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        debug_assert!(input.log_events.len() <= BATCH_EVENTS_MAX, "the schema has checked it");
        let now_millis = cx.now().millis();
        let token = cx.chance().number();
        let (group, stream) = group::open_stream(cx, &input.log_group_name, &input.log_stream_name).await?;
        let sizes: Vec<_> =
            input.log_events.iter().map(|event| (event.timestamp, event.message.len())).collect();
        let admission = batch::admit(&sizes, now_millis, group.retention_days)?;
        let tx = cx.tx();
        for event in &input.log_events[admission.from..admission.to] {
            stream.append(tx, event.timestamp, now_millis, &event.message)?;
        }
        if admission.bytes > 0 {
            tx.add(keys::bytes_of_group(group.id), i64::try_from(admission.bytes).unwrap_or(i64::MAX))?;
        }
        tx.set_durability(Durability::Buffered);
        let index = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
        let rejected = RejectedLogEventsInfo {
            too_new_log_event_start_index: admission.too_new_from.map(index),
            too_old_log_event_end_index: admission.too_old_to.map(index),
            expired_log_event_end_index: admission.expired_to.map(index),
        };
        let all_taken = admission.to - admission.from == input.log_events.len();
        Ok(Output {
            next_sequence_token: Some(format!("{token:056}")),
            rejected_log_events_info: (!all_taken).then_some(rejected),
            rejected_entity_info: input
                .entity
                .map(|_| RejectedEntityInfo { error_type: "UnsupportedLogGroupType".to_owned() }),
        })
    }
}
