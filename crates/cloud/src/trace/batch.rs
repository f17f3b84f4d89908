//! A row of the trail: many records in few bytes.
//!
//! A busy cloud notes each call, so that what a record takes is written, synced and pushed out of the processor's caches
//! with every request. What records have in common, such as their callers and operations, stands in a row once: a record
//! of an invocation takes about 90 bytes, and 550 as JSON.
//!
//! A row is a version (u8) and the records. A record is its marks (u8), then the members in the order of [`Record`]; a
//! number is written in groups of seven bits, the lowest first, and a text as its length and its bytes. A common text is
//! the number of its place among those of the row, from one, or zero and the text when it is new.

use std::sync::Arc;

use store::Error;

use super::{Invocation, Noted, Record};
use crate::caller::Principal;

/// The version of a row.
const VERSION: u8 = 2;
/// How a row of the first version begins: a list of records in JSON.
const JSON_BEGIN: u8 = b'[';

/// Records of one row.
pub(super) const RECORDS_MAX: usize = 512;
/// Bytes after which a row takes no more records: half of the store's limit, so that one more record always fits.
const BYTES_MAX: usize = 256 * 1024;
/// Common texts of a row; what is new beyond them is written each time.
const TEXTS_MAX: usize = 64;

const CHANGE: u8 = 1;
const ERROR: u8 = 1 << 1;
const INVOKED: u8 = 1 << 2;
const COLD: u8 = 1 << 3;
const FUNCTION_FAILED: u8 = 1 << 4;
const INIT: u8 = 1 << 5;

/// Members with common texts.
#[derive(Clone, Copy)]
enum Member {
    Caller,
    Account,
    Region,
    Service,
    Operation,
    Error,
    Environment,
}

/// How many of them there are.
const MEMBERS: usize = 7;

/// A row that records are added to.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    records: usize,
    texts: Vec<String>,
    /// Where the text of each member was last: mostly it is there again.
    last: [usize; MEMBERS],
    /// Whose ARN the last caller's text is.
    caller: Option<(Principal, Arc<str>)>,
    at_millis: i64,
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.records
    }

    /// Whether it takes no more records.
    pub(super) fn is_full(&self) -> bool {
        self.records >= RECORDS_MAX || self.bytes.len() >= BYTES_MAX
    }

    pub(super) fn add(&mut self, noted: &Noted) {
        if self.bytes.is_empty() {
            self.bytes.push(VERSION);
        }
        self.records += 1;
        let invocation = noted.invocation.as_deref();
        self.bytes.push(marks(noted, invocation));
        self.text(&noted.request_id);
        self.text(&noted.trace_id);
        let since = noted.at_millis.wrapping_sub(std::mem::replace(&mut self.at_millis, noted.at_millis));
        self.number(zigzag(since));
        self.number(noted.micros);
        self.caller(&noted.principal, &noted.account);
        self.common(Member::Account, &noted.account);
        self.common(Member::Region, &noted.region);
        self.common(Member::Service, noted.service);
        self.common(Member::Operation, noted.operation);
        self.bytes.push(noted.depth);
        if let Some(error) = &noted.error {
            self.common(Member::Error, error);
        }
        if let Some(invocation) = invocation {
            self.common(Member::Environment, &invocation.environment);
            self.number(invocation.queue_micros);
            if let Some(init) = invocation.init_micros {
                self.number(init);
            }
            self.number(invocation.duration_micros);
            self.number(invocation.billed_millis);
            self.number(invocation.memory_used_mb);
            self.number(invocation.retries.into());
        }
    }

    /// The row. The next record begins another one.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let bytes = std::mem::take(&mut self.bytes);
        *self = Self::default();
        bytes
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// The ARN of the caller, which is put together only when it is another one than before.
    fn caller(&mut self, principal: &Principal, account: &Arc<str>) {
        let last = self.last[Member::Caller as usize];
        let same = |(one, of): &(Principal, Arc<str>)| one == principal && of == account;
        if last < self.texts.len() && self.caller.as_ref().is_some_and(same) {
            return self.number(last as u64 + 1);
        }
        self.common(Member::Caller, &principal.arn(account));
        self.caller = Some((principal.clone(), account.clone()));
    }

    fn common(&mut self, member: Member, text: &str) {
        let last = self.last[member as usize];
        let is_last = self.texts.get(last).is_some_and(|known| known == text);
        let found = if is_last { Some(last) } else { self.texts.iter().position(|known| known == text) };
        if let Some(place) = found {
            self.last[member as usize] = place;
            return self.number(place as u64 + 1);
        }
        self.number(0);
        self.text(text);
        self.last[member as usize] = self.texts.len();
        if self.texts.len() < TEXTS_MAX {
            self.texts.push(text.to_owned());
        }
    }
}

fn marks(noted: &Noted, invocation: Option<&Invocation>) -> u8 {
    let mark = |is_so: bool, mark: u8| if is_so { mark } else { 0 };
    mark(noted.change, CHANGE)
        | mark(noted.error.is_some(), ERROR)
        | mark(invocation.is_some(), INVOKED)
        | invocation.map_or(0, |one| {
            mark(one.cold, COLD) | mark(one.failed, FUNCTION_FAILED) | mark(one.init_micros.is_some(), INIT)
        })
}

/// Small numbers of either sign as small numbers.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// The records of a row, whatever its version.
pub fn records(row: &[u8]) -> Result<Vec<Record>, Error> {
    match row.first() {
        Some(&VERSION) => {
            let mut reader = Reader { rest: &row[1..], texts: Vec::new(), at_millis: 0 };
            let mut records = Vec::new();
            while !reader.rest.is_empty() {
                records.push(reader.record().ok_or_else(damaged)?);
            }
            Ok(records)
        }
        Some(&JSON_BEGIN) => serde_json::from_slice(row).map_err(|_| damaged()),
        _ => Err(damaged()),
    }
}

fn damaged() -> Error {
    Error::Corrupt("a row of trace records".to_owned())
}

struct Reader<'a> {
    rest: &'a [u8],
    texts: Vec<&'a str>,
    at_millis: i64,
}

impl<'a> Reader<'a> {
    fn record(&mut self) -> Option<Record> {
        let marks = self.byte()?;
        let has = |mark: u8| marks & mark != 0;
        Some(Record {
            request_id: self.text()?.to_owned(),
            trace_id: self.text()?.to_owned(),
            at_millis: {
                self.at_millis = self.at_millis.wrapping_add(unzigzag(self.number()?));
                self.at_millis
            },
            micros: self.number()?,
            caller: self.common()?,
            account: self.common()?,
            region: self.common()?,
            service: self.common()?,
            operation: self.common()?,
            change: has(CHANGE),
            depth: self.byte()?,
            error: if has(ERROR) { Some(self.common()?) } else { None },
            invocation: if has(INVOKED) { Some(self.invocation(marks)?) } else { None },
        })
    }

    fn invocation(&mut self, marks: u8) -> Option<Invocation> {
        Some(Invocation {
            environment: self.common()?,
            cold: marks & COLD != 0,
            queue_micros: self.number()?,
            init_micros: if marks & INIT != 0 { Some(self.number()?) } else { None },
            duration_micros: self.number()?,
            billed_millis: self.number()?,
            memory_used_mb: self.number()?,
            retries: u32::try_from(self.number()?).ok()?,
            failed: marks & FUNCTION_FAILED != 0,
        })
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    fn common(&mut self) -> Option<String> {
        let place = usize::try_from(self.number()?).ok()?;
        if let Some(place) = place.checked_sub(1) {
            return self.texts.get(place).map(|text| (*text).to_owned());
        }
        let text = self.text()?;
        if self.texts.len() < TEXTS_MAX {
            self.texts.push(text);
        }
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(number: u64) -> Noted {
        Noted {
            request_id: format!("9f1c2d6e-0000-4000-8000-{number:012}").into(),
            trace_id: format!("1-6920e0a0-{number:024}").into(),
            at_millis: 1_767_225_600_000 + number.cast_signed(),
            micros: 100 + number,
            principal: Principal::Service("apigateway.amazonaws.com"),
            account: "000000000000".into(),
            region: "us-east-1".into(),
            service: "lambda",
            operation: "Invoke",
            change: false,
            depth: 1,
            error: None,
            invocation: None,
        }
    }

    fn invocation(number: u64) -> Invocation {
        Invocation {
            environment: "2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef".into(),
            cold: number == 0,
            queue_micros: number,
            init_micros: (number == 0).then_some(2_345),
            duration_micros: 150,
            billed_millis: 1,
            memory_used_mb: 47,
            retries: 2,
            failed: number == 1,
        }
    }

    /// The record as it was noted, member by member.
    fn record(noted: &Noted) -> Record {
        Record {
            request_id: noted.request_id.to_string(),
            trace_id: noted.trace_id.to_string(),
            at_millis: noted.at_millis,
            micros: noted.micros,
            caller: noted.principal.arn(&noted.account),
            account: noted.account.to_string(),
            region: noted.region.to_string(),
            service: noted.service.to_owned(),
            operation: noted.operation.to_owned(),
            change: noted.change,
            depth: noted.depth,
            error: noted.error.clone(),
            invocation: noted.invocation.as_deref().cloned(),
        }
    }

    fn row(noted: &[Noted]) -> Vec<u8> {
        let mut batch = Batch::default();
        noted.iter().for_each(|one| batch.add(one));
        assert_eq!(batch.len(), noted.len());
        batch.take()
    }

    fn assert_kept(noted: &[Noted]) {
        let expected: Vec<Record> = noted.iter().map(record).collect();
        assert_eq!(records(&row(noted)).unwrap(), expected);
    }

    #[test]
    fn records_are_read_as_they_were_noted() {
        let invoked = |number| Noted { invocation: Some(Arc::new(invocation(number))), ..noted(number) };
        let user = Principal::User { name: "jane".into(), path: "/".into(), id: "AIDA".into() };
        assert_kept(&[
            invoked(0),
            invoked(1),
            Noted { error: Some("AccessDenied".into()), change: true, depth: 200, ..noted(2) },
            Noted { principal: user, at_millis: 5, micros: u64::MAX, ..noted(3) },
            Noted { account: "111111111111".into(), ..invoked(4) },
            Noted { at_millis: i64::MIN, request_id: "".into(), ..noted(5) },
            Noted { at_millis: i64::MAX, trace_id: "é".repeat(100).into(), ..noted(6) },
        ]);
    }

    /// Also when there are more than the row keeps.
    #[test]
    fn common_texts_come_back() {
        let error = |number: usize| Some(format!("Error{}", number % (2 * TEXTS_MAX)));
        let all: Vec<_> =
            (0..300).map(|number| Noted { error: error(number), ..noted(number as u64) }).collect();
        assert_kept(&all);
    }

    #[test]
    fn a_record_takes_few_bytes() {
        let count = RECORDS_MAX as u64;
        let noted: Vec<_> = (0..count)
            .map(|number| Noted { invocation: Some(Arc::new(invocation(number))), ..noted(number) })
            .collect();
        let each = row(&noted).len() / noted.len();
        let as_json = serde_json::to_vec(&record(&noted[7])).unwrap().len();
        assert!(each < 95 && as_json > 500, "{each} and {as_json}");
    }

    /// Rows of the first release are lists of records in JSON, and its records know nothing of invocations.
    #[test]
    fn old_rows_are_read() {
        let invoked = Noted { invocation: Some(Arc::new(invocation(0))), ..noted(0) };
        let old = [record(&noted(1)), record(&invoked)];
        let json = serde_json::to_value(&old).unwrap();
        assert!(json[0].get("invocation").is_none());
        assert_eq!(records(json.to_string().as_bytes()).unwrap(), old);
    }

    #[test]
    fn what_is_no_row_is_told() {
        let whole = row(&[noted(1), noted(2)]);
        for length in 2..whole.len() {
            // At the end of the first record it is a row, of one record.
            if let Ok(found) = records(&whole[..length]) {
                assert_eq!(found.len(), 1, "{length}");
            }
        }
        for broken in [&[][..], b"[", b"{}", &[3], &[VERSION, 0xff], &[VERSION, 0, 0xff, 0xff, 0xff]] {
            assert!(records(broken).is_err(), "{broken:?}");
        }
    }
}
