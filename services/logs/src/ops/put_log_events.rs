//! PutLogEvents.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cloud::prelude::*;
use store::{Durability, Stamp, Tx};

use crate::batch::{self, Admission};
use crate::error::Error;
use crate::keys::Place;
use crate::limits::BATCH_EVENTS_MAX;
use crate::subscription::Sent;
use crate::{group, keys, policy, subscription, token};

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
/// It is cheap: two rows are read, one row for the events of each millisecond and one counter are written, nothing that
/// another batch touches, and the commit does not wait for the disk. It opens its transaction itself, so that the
/// batch, of up to a megabyte, need not be copied for the case that the transaction has to run again.
///
/// Subscribers get the events after the commit, through the outbox. A cloud that dies in between has lost what it would
/// have lost of the log anyway.
///
/// Differs from AWS: a message may have at most 512 KiB (AWS: 1 MiB). Entities are not kept, and the answer says so
/// in `rejectedEntityInfo`.
pub(crate) struct PutLogEvents;

impl Operation for PutLogEvents {
    const NAME: &'static str = "PutLogEvents";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::stream_arn(cx, &input.log_group_name, &input.log_stream_name).into())
    }

    async fn resource_policy(cx: &mut Cx, _: &Input) -> Result<Option<String>, Error> {
        policy::joined(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        debug_assert!(input.log_events.len() <= BATCH_EVENTS_MAX, "the schema has checked it");
        let now_millis = cx.now().millis();
        let token = cx.chance().number();
        let names = (cx.account().to_owned(), cx.region().to_owned());
        let batch = Arc::new(Batch {
            names,
            group: input.log_group_name,
            stream: input.log_stream_name,
            now_millis,
            events: input.log_events,
        });
        let filters = subscription::filters(cx, &batch.group).await?;
        let written = cx.transact(|tx| Box::pin(write(tx, batch.clone(), !filters.is_empty()))).await?;
        let admission = &written.admission;
        if !filters.is_empty() {
            let events = written.events(&batch)?;
            subscription::send(cx, &filters, &batch.group, &batch.stream, &events).await?;
        }
        let index = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
        let rejected = RejectedLogEventsInfo {
            too_new_log_event_start_index: admission.too_new_from.map(index),
            too_old_log_event_end_index: admission.too_old_to.map(index),
            expired_log_event_end_index: admission.expired_to.map(index),
        };
        let all_taken = admission.to - admission.from == batch.events.len();
        Ok(Output {
            next_sequence_token: Some(format!("{token:056}")),
            rejected_log_events_info: (!all_taken).then_some(rejected),
            rejected_entity_info: input
                .entity
                .map(|_| RejectedEntityInfo { error_type: "UnsupportedLogGroupType".to_owned() }),
        })
    }
}

/// What is to be written, and where.
struct Batch {
    /// Account and region.
    names: (String, String),
    group: String,
    stream: String,
    now_millis: i64,
    events: Vec<InputLogEvent>,
}

/// What was written: which events, and in which rows.
struct Written {
    admission: Admission,
    /// The time of each row and the number of its events.
    rows: Vec<(i64, usize)>,
    /// Where the commit put the rows, when somebody wants to know.
    stamps: Arc<OnceLock<Vec<Stamp>>>,
}

impl Written {
    /// The events with their ids, for subscribers.
    fn events<'a>(&self, batch: &'a Batch) -> Result<Vec<Sent<'a>>, Error> {
        let stamps = self.stamps.get().ok_or_else(|| Failure::internal("a commit without stamps"))?;
        let mut places = self.rows.iter().zip(stamps).flat_map(|((timestamp, count), stamp)| {
            (0..*count).map(move |index| {
                let index = u16::try_from(index).expect("a row has fewer events");
                Place { timestamp: *timestamp, stamp: *stamp, index }
            })
        });
        let taken = &batch.events[self.admission.from..self.admission.to];
        let sent = taken.iter().map_while(|event| {
            let id = token::event_id(places.next()?);
            Some(Sent { id, timestamp: event.timestamp, message: &event.message })
        });
        Ok(sent.collect())
    }
}

async fn write(tx: &mut Tx, batch: Arc<Batch>, has_readers: bool) -> Result<Written, Error> {
    let (account, region) = &batch.names;
    let (group, stream) = group::find_stream(tx, account, region, &batch.group, &batch.stream).await?;
    let sizes: Vec<_> = batch.events.iter().map(|event| (event.timestamp, event.message.len())).collect();
    let admission = batch::admit(&sizes, batch.now_millis, group.retention_days)?;
    let taken = &batch.events[admission.from..admission.to];
    let (mut rows, stamps) = (Vec::new(), Arc::new(OnceLock::new()));
    for moment in taken.chunk_by(|one, next| one.timestamp == next.timestamp) {
        let messages: Vec<&str> = moment.iter().map(|event| event.message.as_str()).collect();
        let counts = stream.append(tx, moment[0].timestamp, batch.now_millis, &messages)?;
        rows.extend(counts.into_iter().map(|count| (moment[0].timestamp, count)));
    }
    if admission.bytes > 0 {
        tx.add(keys::bytes_of_group(group.id), i64::try_from(admission.bytes).unwrap_or(i64::MAX))?;
    }
    tx.set_durability(Durability::Buffered);
    if has_readers {
        let slot = stamps.clone();
        tx.on_commit(move |committed| {
            // One transaction commits once.
            slot.get_or_init(|| committed.stamps.clone());
        });
    }
    Ok(Written { admission, rows, stamps })
}
