//! Reading events in the order of time: from one stream, and merged from several.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use store::{Error, Range, Scan, Tx};

use crate::keys::{self, Event, Place, StreamRow};
use crate::limits::{EVENT_OVERHEAD_BYTES, PAGE_BYTES_MAX};

/// Rows that are read at once while streams are merged: few, because there may be many streams.
const MERGE_ROWS: usize = 64;

/// The events of a stream that are asked for.
pub(crate) struct Asked {
    pub(crate) range: Range,
    /// Only those behind this one.
    pub(crate) after: Option<Place>,
    /// Only those before this one.
    pub(crate) before: Option<Place>,
    pub(crate) limit: usize,
    /// The last ones, not the first ones.
    pub(crate) latest: bool,
}

impl Asked {
    fn holds(&self, place: Place) -> bool {
        self.after.is_none_or(|after| place > after) && self.before.is_none_or(|before| place < before)
    }
}

/// Up to `limit` events of a stream, and up to a page's bytes. Always in the order of time.
pub(crate) async fn read(tx: &Tx, asked: &Asked) -> Result<Vec<Event>, Error> {
    let latest = asked.latest;
    let mut scan = Scan::new(asked.range.clone()).limit(asked.limit).reverse(latest);
    scan.bytes_max = PAGE_BYTES_MAX;
    let mut found = Vec::new();
    let mut bytes = 0;
    loop {
        let page = tx.scan(scan.clone()).await?;
        for (key, value) in &page.rows {
            let mut row = keys::events(key, value)?;
            if latest {
                row.reverse();
            }
            for event in row.into_iter().filter(|event| asked.holds(event.place)) {
                bytes += event.message.len() + EVENT_OVERHEAD_BYTES;
                if found.len() == asked.limit || (bytes > PAGE_BYTES_MAX && !found.is_empty()) {
                    return Ok(ordered(found, latest));
                }
                found.push(event);
            }
        }
        match page.next {
            Some(next) if found.len() < asked.limit => scan = scan.resume(next),
            _ => return Ok(ordered(found, latest)),
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
    let last = keys::events(key, value)?.pop();
    last.map(|last| keys::place(first).map(|first| (first, last))).transpose()
}

/// Several streams read as one, in the order of time.
pub(crate) struct Merge {
    sources: Vec<Source>,
    heads: BinaryHeap<Reverse<(Place, usize)>>,
}

struct Source {
    stream: StreamRow,
    after: Option<Place>,
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
                range.from = range.from.max(stream.at(after));
            }
            merge.sources.push(Source { stream, after, rest: Some(range), buffer: VecDeque::new() });
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
                let events = keys::events(key, value)?.into_iter();
                source
                    .buffer
                    .extend(events.filter(|event| source.after.is_none_or(|after| event.place > after)));
            }
        }
        if let Some(event) = source.buffer.front() {
            self.heads.push(Reverse((event.place, index)));
        }
        Ok(())
    }
}
