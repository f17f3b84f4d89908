//! Streams of a blob's bytes.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use object_store::{GetResult, GetResultPayload};

use super::{failed, unavailable};
use crate::Error;

/// Bytes read at once: few enough to keep memory small, many enough that the hop to a thread that
/// may block costs little.
const READ_BYTES: u64 = 256 * 1024;

pub(super) fn stream(got: GetResult) -> BoxStream<'static, Result<Bytes, Error>> {
    let range = got.range;
    match got.payload {
        GetResultPayload::File(file, _) => {
            let start = Reading { file, at: range.start, end: range.end };
            stream::try_unfold(start, next).boxed()
        }
        GetResultPayload::Stream(stream) => stream.map(|piece| piece.map_err(|error| failed(&error))).boxed(),
    }
}

struct Reading {
    file: File,
    at: u64,
    end: u64,
}

async fn next(reading: Reading) -> Result<Option<(Bytes, Reading)>, Error> {
    if reading.at >= reading.end {
        return Ok(None);
    }
    let piece = tokio::task::spawn_blocking(move || read(reading)).await;
    piece.map_err(|error| Error::Unavailable(error.to_string()))?.map(Some)
}

fn read(mut reading: Reading) -> Result<(Bytes, Reading), Error> {
    let length = (reading.end - reading.at).min(READ_BYTES);
    let mut piece = vec![0; length as usize];
    reading.file.seek(SeekFrom::Start(reading.at)).map_err(|error| unavailable(&error))?;
    reading.file.read_exact(&mut piece).map_err(|error| {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            return Error::Corrupt("a blob is shorter than its record says".into());
        }
        unavailable(&error)
    })?;
    reading.at += length;
    Ok((piece.into(), reading))
}
