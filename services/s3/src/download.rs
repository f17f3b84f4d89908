//! Giving out an object's bytes, or a range of them.

use std::io;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::prelude::*;
use futures::{StreamExt, TryStreamExt, stream};

use crate::error::Error;
use crate::keys::{Content, ObjectRow};

/// The bytes `range` of an object, as they are read from the disk.
pub(crate) fn body(cx: &Cx, row: &ObjectRow, range: Range<u64>) -> Result<Stream, Error> {
    let length = range.end - range.start;
    match &row.content {
        Content::Inline(text) => {
            let bytes = Bytes::from(STANDARD.decode(text).map_err(Failure::internal)?);
            let (from, to) = (index(range.start)?, index(range.end)?);
            if to > bytes.len() {
                return Err(Failure::internal("a row holds fewer bytes than it says").into());
            }
            Ok(Stream::once(bytes.slice(from..to)))
        }
        Content::Blobs(blobs) => {
            let blobs_of = cx.cloud().blobs().clone();
            let mut start = 0;
            let mut wanted = Vec::new();
            for part in blobs {
                let end = start + part.size;
                if end > range.start && start < range.end {
                    let within = range.start.max(start) - start..range.end.min(end) - start;
                    wanted.push((part.clone(), within));
                }
                start = end;
            }
            let pieces = stream::iter(wanted).then(move |(part, within)| {
                let blobs = blobs_of.clone();
                async move { blobs.read(&part, within).await }
            });
            Ok(Stream::new(pieces.try_flatten().map_err(io::Error::other), Some(length)))
        }
    }
}

fn index(place: u64) -> Result<usize, Error> {
    usize::try_from(place).map_err(|error| Failure::internal(error).into())
}

/// The range that a `Range` header asks for: `None` for all of it. S3 answers several ranges, and units other than
/// bytes, with the whole object.
pub(crate) fn range(header: Option<&str>, size: u64) -> Result<Option<Range<u64>>, Error> {
    let Some((header, spec)) = header.and_then(|header| Some((header, header.strip_prefix("bytes=")?)))
    else {
        return Ok(None);
    };
    let Some((from, to)) = spec.split_once('-') else {
        return Ok(None);
    };
    let unsatisfiable = || Error::InvalidRange { range: header.to_owned(), size };
    let range = match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => from..to.saturating_add(1).min(size),
        (Ok(from), Err(_)) if to.trim().is_empty() => from..size,
        (Err(_), Ok(last)) if from.trim().is_empty() => {
            if last == 0 {
                return Err(unsatisfiable());
            }
            size.saturating_sub(last)..size
        }
        _ => return Ok(None),
    };
    if range.start >= size {
        return Err(unsatisfiable());
    }
    Ok(Some(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_in_rfc_9110() {
        let read = |header| range(Some(header), 10).unwrap();
        assert_eq!(read("bytes=0-4"), Some(0..5));
        assert_eq!(read("bytes=5-"), Some(5..10));
        assert_eq!(read("bytes=-3"), Some(7..10));
        assert_eq!(read("bytes=-30"), Some(0..10));
        assert_eq!(read("bytes=8-99"), Some(8..10));
        assert_eq!(read("bytes=0-1,3-4"), None);
        assert_eq!(read("lines=0-1"), None);
        assert_eq!(range(None, 10).unwrap(), None);
    }

    #[test]
    fn ranges_behind_the_end_are_refused() {
        for header in ["bytes=10-", "bytes=11-12", "bytes=-0"] {
            assert!(matches!(range(Some(header), 10), Err(Error::InvalidRange { size: 10, .. })), "{header}");
        }
    }
}
