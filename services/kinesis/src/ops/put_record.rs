//! PutRecord.
//!
//! The sequence number is known once the record is committed: a service that puts a record in its own transaction does not
//! hear it.

use bytes::Bytes;
use cloud::prelude::*;

use crate::error::Error;
use crate::keys::StreamRow;
use crate::names;
use crate::put::{self, Incoming};
use crate::reading::EncryptionType;
use crate::sequence::Sequence;
use crate::streams;
use crate::target::StreamTarget;
use crate::throttle::Throttles;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(len = 0..=10485760, sensitive)]
    data: Bytes,
    #[shape(len = 1..=256)]
    partition_key: String,
    #[shape(pattern = r"0|([1-9]\d{0,38})")]
    explicit_hash_key: Option<String>,
    #[shape(pattern = r"0|([1-9]\d{0,128})")]
    sequence_number_for_ordering: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    shard_id: String,
    sequence_number: String,
    encryption_type: Option<EncryptionType>,
}

pub(crate) struct PutRecord;

impl Operation for PutRecord {
    const NAME: &'static str = "PutRecord";
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
        if let Some(number) = &input.sequence_number_for_ordering {
            check_order(&stream.row, number, now)?;
        }
        let record = Incoming { data: input.data, key: input.partition_key };
        record.check(&stream.row)?;
        let shard = stream.shard_for(put::hash(&record.key, input.explicit_hash_key.as_deref())?)?.clone();
        let throttles = cx.state::<Throttles>();
        let mut allowance = throttles.writing(&stream.row, shard.index, now);
        if !allowance.take(record.size_bytes()) {
            return Err(stream.row.rate_exceeded(shard.index));
        }
        let is_encrypted = stream.row.encryption.is_some();
        put::append(cx.tx(), &stream.row, &shard, record, now)?;
        let counted = stream.clone();
        cx.tx().on_commit(move |_| throttles.count(&counted.row, &allowance, now));
        let output = move |sequence_number| Output {
            shard_id: names::shard_id(shard.index),
            sequence_number,
            encryption_type: is_encrypted.then_some(EncryptionType::Kms),
        };
        cx.answer_after_commit(move |committed| {
            let stamp = committed.stamps.first().copied();
            output(stamp.map_or_else(String::new, |stamp| shard.sequence(stamp, now).text())).into_doc()
        });
        Ok(output(String::new()))
    }
}

/// Refuses a sequence number that is none, or of the future. Records of one shard are in the order of their commits in
/// any case: a record that was answered is before one that is sent after it. (Text: kinesalite, putRecord.js)
fn check_order(row: &StreamRow, number: &str, now: i64) -> Result<(), Error> {
    match Sequence::parse(number) {
        Some(read) if read.secs <= now.div_euclid(1000) => Ok(()),
        _ => Err(Error::invalid(format!(
            "ExclusiveMinimumSequenceNumber {number} used in PutRecord on stream {} under account {} is invalid.",
            row.name, row.account
        ))),
    }
}
