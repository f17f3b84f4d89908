//! Reading events in the order of time: from one stream, and merged from several.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use store::{Error, Range, Scan, Tx};

use crate::keys::{self, Event, Place, StreamRow};
use crate::limits::{EVENT_OVERHEAD_BYTES, PAGE_BYTES_MAX};

/// Rows that are read at once while streams are merged: few, because there may be many streams.
const MERGE_ROWS: usize = 64;

/// Up to `limit` events of a range, and up to a page's bytes; the latest ones when `latest`. Always in the order of
/// time.
pub(crate) async fn read(tx: &Tx, range: Range, limit: usize, latest: bool) -> Result<Vec<Event>, Error> {
    let mut scan = Scan::new(range).limit(limit).reverse(latest);
    scan.bytes_max = PAGE_BYTES_MAX;
    let mut events = Vec::new();
    let mut bytes = 0;
    loop {
        let page = tx.scan(scan.clone()).await?;
        for (key, value) in &page.rows {
            let event = keys::event(key, value)?;
            bytes += event.message.len() + EVENT_OVERHEAD_BYTES;
            if events.len() == limit || (bytes > PAGE_BYTES_MAX && !events.is_empty()) {
                return Ok(ordered(events, latest));
            }
            events.push(event);
        }
        match page.next {
            Some(next) if events.len() < limit => scan = scan.resume(next),
            _ => return Ok(ordered(events, latest)),
        }
    }
}

fn ordered(mut events: Vec<Event>, latest: bool) -> Vec<Event> {
    if latest {
        events.reverse();
    }
    events
}

/// The places of the first and last event of a stream, and when the last one was taken in.
pub(crate) async fn bounds(tx: &Tx, stream: &StreamRow) -> Result<Option<(Place, Event)>, Error> {
    let first = tx.scan(Scan::new(stream.all()).limit(1).keys_only()).await?;
    let Some((first, _)) = first.rows.first() else { return Ok(None) };
    let last = tx.scan(Scan::new(stream.all()).limit(1).reverse(true)).await?;
    let Some((key, value)) = last.rows.first() else { return Ok(None) };
    Ok(Some((keys::place(first)?, keys::event(key, value)?)))
}

/// Several streams read as one, in the order of time.
pub(crate) struct Merge {
    sources: Vec<Source>,
    heads: BinaryHeap<Reverse<(Place, usize)>>,
}

struct Source {
    stream: StreamRow,
    rest: Option<Range>,
    buffer: VecDeque<Event>,
}

impl Merge {
    /// Begins to read the events of `streams` between two times, behind `after` if there is one.
    pub(crate) async fn begin(
        tx: &Tx,
        streams: Vec<StreamRow>,
        start: Option<i64>,
        end: Option<i64>,
        after: Option<Place>,
    ) -> Result<Self, Error> {
        let mut merge = Self { sources: Vec::with_capacity(streams.len()), heads: BinaryHeap::new() };
        for stream in streams {
            let mut range = stream.between(start, end);
            if let Some(after) = after {
                range.from = range.from.max(stream.behind(after));
            }
            merge.sources.push(Source { stream, rest: Some(range), buffer: VecDeque::new() });
            merge.refill(tx, merge.sources.len() - 1).await?;
        }
        Ok(merge)
    }

    /// The next event and the name of its stream.
    pub(crate) async fn next(&mut self, tx: &Tx) -> Result<Option<(String, Event)>, Error> {
        let Some(Reverse((_, index))) = self.heads.pop() else { return Ok(None) };
        let source = &mut self.sources[index];
        let event = source.buffer.pop_front().expect("a source in the heap has an event");
        let name = source.stream.name.clone();
        self.refill(tx, index).await?;
        Ok(Some((name, event)))
    }

    /// Puts the next event of a source into the heap, reading more of it when its buffer is empty.
    async fn refill(&mut self, tx: &Tx, index: usize) -> Result<(), Error> {
        let source = &mut self.sources[index];
        while source.buffer.is_empty() {
            let Some(range) = source.rest.take() else { return Ok(()) };
            let page = tx.scan(Scan::new(range.clone()).limit(MERGE_ROWS)).await?;
            source.rest = page.next.map(|next| Range::new(next, range.to));
            for (key, value) in &page.rows {
                source.buffer.push_back(keys::event(key, value)?);
            }
        }
        if let Some(event) = source.buffer.front() {
            self.heads.push(Reverse((event.place, index)));
        }
        Ok(())
    }
}
