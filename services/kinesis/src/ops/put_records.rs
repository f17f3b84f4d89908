//! PutRecords.
//!
//! Differs from AWS: all records that are taken are taken in one transaction.

use bytes::Bytes;
use cloud::ApiError as _;
use cloud::prelude::*;
use std::collections::BTreeMap;
use store::Stamp;

use crate::error::Error;
use crate::keys::ShardRow;
use crate::limits::BATCH_BYTES_MAX;
use crate::names;
use crate::put::{self, Incoming};
use crate::reading::EncryptionType;
use crate::stream::Stream;
use crate::streams;
use crate::target::StreamTarget;
use crate::throttle::{Allowance, Throttles};

/// A record to put.
#[derive(Shape)]
pub(crate) struct PutRecordsRequestEntry {
    #[shape(len = 0..=10485760, sensitive)]
    data: Bytes,
    #[shape(pattern = r"0|([1-9]\d{0,38})")]
    explicit_hash_key: Option<String>,
    #[shape(len = 1..=256)]
    partition_key: String,
}

/// What became of a record.
#[derive(Shape)]
pub(crate) struct PutRecordsResultEntry {
    sequence_number: Option<String>,
    shard_id: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=500)]
    records: Vec<PutRecordsRequestEntry>,
    #[shape(flatten)]
    stream: StreamTarget,
}

#[derive(Shape)]
pub(crate) struct Output {
    failed_record_count: i32,
    records: Vec<PutRecordsResultEntry>,
    encryption_type: Option<EncryptionType>,
}

pub(crate) struct PutRecords;

impl Operation for PutRecords {
    const NAME: &'static str = "PutRecords";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stream.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        input.stream.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let name = input.stream.name(cx)?;
        let stream = streams::open_ready(cx, &name).await?;
        let mut allowances: BTreeMap<u32, Allowance> = BTreeMap::new();
        let throttles = cx.state::<Throttles>();
        let mut results = Vec::with_capacity(input.records.len());
        let mut rows = 0;
        for (shard, record) in checked(&stream, input.records)? {
            let allowance = allowances
                .entry(shard.index)
                .or_insert_with(|| throttles.writing(&stream.row, shard.index, now));
            if !allowance.take(record.size_bytes()) {
                results.push(Outcome::Refused(stream.row.rate_exceeded(shard.index).into_failure()));
                continue;
            }
            let appended = put::append(cx.tx(), &stream.row, &shard, record, now)?;
            results.push(Outcome::Taken(shard, rows));
            rows += appended;
        }
        let counted = stream.clone();
        cx.tx().on_commit(move |_| {
            allowances.values().for_each(|allowance| throttles.count(&counted.row, allowance, now));
        });
        let encryption_type = stream.row.encryption.is_some().then_some(EncryptionType::Kms);
        let provisional = Output::of(&results, &[], encryption_type, now);
        cx.answer_after_commit(move |committed| {
            Output::of(&results, &committed.stamps, encryption_type, now).into_doc()
        });
        Ok(provisional)
    }
}

/// What becomes of a record: it is refused, or goes to a shard with its first row at this place of the commit.
enum Outcome {
    Refused(Failure),
    Taken(ShardRow, usize),
}

impl Output {
    fn of(results: &[Outcome], stamps: &[Stamp], encryption_type: Option<EncryptionType>, now: i64) -> Self {
        let failed = results.iter().filter(|result| matches!(result, Outcome::Refused(_))).count();
        let entry = |result: &Outcome| match result {
            Outcome::Refused(failure) => PutRecordsResultEntry {
                sequence_number: None,
                shard_id: None,
                error_code: Some(failure.code().to_owned()),
                error_message: Some(failure.message().to_owned()),
            },
            Outcome::Taken(shard, row) => PutRecordsResultEntry {
                sequence_number: stamps.get(*row).map(|stamp| shard.sequence(*stamp, now).text()),
                shard_id: Some(names::shard_id(shard.index)),
                error_code: None,
                error_message: None,
            },
        };
        Self {
            failed_record_count: i32::try_from(failed).unwrap_or(i32::MAX),
            records: results.iter().map(entry).collect(),
            encryption_type,
        }
    }
}

/// The records with their shards; one that is wrong fails all.
fn checked(
    stream: &Stream,
    entries: Vec<PutRecordsRequestEntry>,
) -> Result<Vec<(ShardRow, Incoming)>, Error> {
    let bytes: usize = entries.iter().map(|entry| entry.data.len() + entry.partition_key.len()).sum();
    if bytes > BATCH_BYTES_MAX {
        let mib = BATCH_BYTES_MAX / 1024 / 1024;
        return Err(Error::invalid(format!("Records size exceeds {mib} MB limit")));
    }
    let check = |entry: PutRecordsRequestEntry| {
        let hash = put::hash(&entry.partition_key, entry.explicit_hash_key.as_deref())?;
        let record = Incoming { data: entry.data, key: entry.partition_key };
        record.check(&stream.row)?;
        Ok((stream.shard_for(hash)?.clone(), record))
    };
    entries.into_iter().map(check).collect()
}
