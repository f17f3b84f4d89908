//! Lanes: the connections that commit.
//!
//! A lane takes the batches that wait, sends them to the database as one group in one flight (from BEGIN to COMMIT
//! without waiting for an answer in between), and answers each. While one lane's group waits for the disk, the next
//! lane's stands behind it in the database, so that no time is lost on the way there and back.
//!
//! When a connection breaks in between, the lane's row tells whether the group was committed; if it was not, a fence
//! sees to it that what may still be on its way never will be. So each batch is applied once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::{BoxFuture, join_all};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::group::{APPLIED, Intent, NO_COUNTER, Params, READ, Touched, encode_news, footprint};
use super::pool::{Committing, Connection};
use super::{Shared, closed, failed, schema, sql};
use crate::Error;
use crate::types::{Committed, Stamp, Version};

/// Batches that wait at most; more wait before they enter, so that memory is bounded.
const WAITING_MAX: usize = 1024;
/// Tries of a group that the database turns away for reasons of its own: a deadlock, a lost lane.
const TRIES: usize = 8;
/// Rows of lanes that are kept: enough for all nodes that run and those that ran of late.
const LANES_KEPT: i64 = 10_000;

/// A batch and who waits for its answer.
pub(super) struct Waiting {
    intent: Intent,
    reply: oneshot::Sender<Result<Committed, Error>>,
}

/// Batches that wait for a lane.
pub(super) struct Queue {
    waiting: Mutex<VecDeque<Waiting>>,
    wake: Notify,
    room: Semaphore,
}

impl Queue {
    pub(super) fn new() -> Self {
        Queue { waiting: Mutex::default(), wake: Notify::new(), room: Semaphore::new(WAITING_MAX) }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the lanes: there is work, or the end.
    pub(super) fn wake_all(&self) {
        self.wake.notify_waiters();
        self.wake.notify_one();
    }

    /// The next group: those batches, from the oldest on, that may be committed together.
    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting();
        let (mut touched, mut group, mut left) = (Touched::default(), Vec::new(), VecDeque::new());
        while !touched.is_full()
            && let Some(one) = waiting.pop_front()
        {
            if touched.admit(&one.intent) { group.push(one) } else { left.push_back(one) }
        }
        left.append(&mut waiting);
        *waiting = left;
        if !waiting.is_empty() {
            self.wake.notify_one();
        }
        group
    }
}

/// Commits a batch: hands it to the lanes and waits.
pub(super) async fn commit(shared: &Shared, intent: Intent) -> Result<Committed, Error> {
    let _place = shared.queue.room.acquire().await.map_err(|_| closed())?;
    let (reply, answer) = oneshot::channel();
    {
        let mut waiting = shared.queue.waiting();
        if shared.pool.is_closed() {
            return Err(closed());
        }
        waiting.push_back(Waiting { intent, reply });
    }
    shared.queue.wake.notify_one();
    // A lane that ends with the batch in hand has not said whether it was done.
    answer.await.unwrap_or(Err(Error::MaybeCommitted))
}

/// One connection that commits.
pub(super) struct Lane {
    shared: Arc<Shared>,
    connection: Option<Connection<Committing>>,
    /// The lane's row, once there is one.
    id: Option<i64>,
    /// The last group of the lane, committed or fenced.
    seq: i64,
}

/// What the database has decided about a group.
struct Decision {
    base: i64,
    bad: HashMap<i32, i32>,
    /// The answers of batches that were applied before.
    applied: HashMap<Vec<u8>, Committed>,
}

/// How a flight ended.
enum Flight {
    Committed(Decision),
    /// Nothing was committed, and it says why.
    Refused(Error),
    /// Nothing was committed, another try may fare better.
    Again(Error),
    /// The connection broke.
    Lost,
}

/// Why a group has no decision.
enum Failed {
    /// Nothing was committed.
    Not(Error),
    /// It may have been committed.
    Maybe,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Lane { shared, connection: None, id: None, seq: 0 }
    }

    /// Commits until the store is closed and nothing waits any more.
    pub(super) async fn run(mut self) {
        loop {
            let shared = self.shared.clone();
            let woken = shared.queue.wake.notified();
            let group = shared.queue.take();
            if !group.is_empty() {
                self.commit(group).await;
            } else if shared.pool.is_closed() {
                // The other lanes end as well.
                shared.queue.wake.notify_one();
                return;
            } else {
                woken.await;
            }
        }
    }

    async fn commit(&mut self, group: Vec<Waiting>) {
        match self.try_commit(&group).await {
            Ok(decision) => self.publish(&decision, group),
            // One that cannot be done must not harm the others.
            Err(Failed::Not(_)) if group.len() > 1 && !self.shared.pool.is_closed() => {
                for one in group {
                    let alone = vec![one];
                    match self.try_commit(&alone).await {
                        Ok(decision) => self.publish(&decision, alone),
                        Err(why) => refuse(&why, alone),
                    }
                }
            }
            Err(why) => refuse(&why, group),
        }
    }

    fn publish(&self, decision: &Decision, group: Vec<Waiting>) {
        let last = decision.base + group.len() as i64;
        self.shared.saw(Version(last as u64));
        for (number, Waiting { intent, reply }) in (1..).zip(group) {
            let version = Version((decision.base + i64::from(number)) as u64);
            let result = decision.answer(number, version, &intent);
            if result.is_ok() {
                self.shared.hub.notify(&footprint(&intent.folded, version));
            }
            // Nobody waits any more when the caller was cancelled; the commit stands all the same.
            drop(reply.send(result));
        }
    }

    async fn try_commit(&mut self, group: &[Waiting]) -> Result<Decision, Failed> {
        let params = Params::new(group.iter().map(|one| &one.intent));
        let news = encode_news(group.iter().map(|one| &one.intent.folded));
        let mut last = Error::Unavailable("the database turns commits away".into());
        for _ in 0..TRIES {
            self.ready().await.map_err(Failed::Not)?;
            match self.fly(&params, &news, group.len()).await {
                Flight::Committed(decision) => {
                    self.seq += 1;
                    return Ok(decision);
                }
                Flight::Refused(error) => return Err(Failed::Not(error)),
                Flight::Again(error) => last = error,
                Flight::Lost => match self.resolve(&params).await {
                    Ok(Some(decision)) => return Ok(decision),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(%error, "what became of a commit is not known");
                        // What is on its way may still arrive: it must not meet a new group of this lane.
                        self.id = None;
                        return Err(Failed::Maybe);
                    }
                },
            }
        }
        Err(Failed::Not(last))
    }

    /// Makes a connection and a lane's row where there is none.
    async fn ready(&mut self) -> Result<(), Error> {
        if self.connection.as_ref().is_none_or(|connection| connection.client.is_closed()) {
            self.connection = Some(self.shared.pool.committer().await?);
        }
        let Some(connection) = &self.connection else { return Ok(()) };
        if self.id.is_none() {
            let row =
                connection.client.query_one(sql::NEW_LANE, &[]).await.map_err(|error| failed(&error))?;
            let id: i64 = row.get(0);
            let oldest = id - LANES_KEPT;
            connection.client.execute(sql::OLD_LANES, &[&oldest]).await.map_err(|error| failed(&error))?;
            self.shared.own_lane(id);
            (self.id, self.seq) = (Some(id), 0);
        }
        Ok(())
    }

    /// Sends a group from BEGIN to COMMIT and waits for all answers.
    async fn fly(&self, params: &Params<'_>, news: &[u8], batches: usize) -> Flight {
        let (Some(connection), Some(lane)) = (&self.connection, self.id) else { return Flight::Lost };
        let place = Place { lane, seq: self.seq + 1, batches: batches as i64, node: self.shared.node };
        let results = join_all(steps(connection, params, &place, &news)).await;
        let Some(error) = results.iter().find_map(|result| result.as_ref().err()) else {
            return self.decision(results.into_iter().flatten().collect());
        };
        match error.as_db_error() {
            Some(refusal) if refusal.parsed_severity().is_none_or(|severity| severity == Severity::Error) => {
                let again = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
                match again.contains(refusal.code()) {
                    true => Flight::Again(failed(error)),
                    false => Flight::Refused(failed(error)),
                }
            }
            _ => Flight::Lost,
        }
    }

    fn decision(&self, results: Vec<Answer>) -> Flight {
        let mut answers = results.into_iter();
        let (Some(_begin), Some((locked, _)), Some((_, decided)), Some((_, applied))) =
            (answers.next(), answers.next(), answers.next(), answers.next())
        else {
            return Flight::Lost;
        };
        if locked == 0 {
            let text = "a newer program has changed the tables: stop this one and start the newer";
            return Flight::Refused(Error::Unavailable(text.into()));
        }
        match decided.first() {
            Some(row) => Flight::Committed(Decision::new(row.get(0), row.get(1), row.get(2), &applied)),
            None => Flight::Again(Error::Unavailable("the lane of a commit is gone".into())),
        }
    }

    /// Finds out whether the group that was on its way was committed. If not, it never will be.
    async fn resolve(&mut self, params: &Params<'_>) -> Result<Option<Decision>, Error> {
        let mut last = Error::MaybeCommitted;
        for _ in 0..TRIES {
            // Without this the old one is taken for alive.
            self.connection = None;
            self.ready().await?;
            match self.look_up(params).await {
                Ok(outcome) => return Ok(outcome),
                Err(error) => last = failed(&error),
            }
        }
        Err(last)
    }

    async fn look_up(&mut self, params: &Params<'_>) -> Result<Option<Decision>, tokio_postgres::Error> {
        let (Some(connection), Some(lane)) = (&self.connection, self.id) else { return Ok(None) };
        let (client, seq) = (&connection.client, self.seq + 1);
        client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        let row = client.query_one(sql::OUTCOME, &[&lane]).await?;
        let (found, base): (i64, i64) = (row.get(0), row.get(1));
        let committed = found == seq && base >= 0;
        let mut decision = None;
        if committed {
            let applied = client.query(&connection.statements.applied, &[&params.ids.1]).await?;
            decision = Some(Decision::new(base, row.get(2), row.get(3), &applied));
        } else {
            client.execute(sql::FENCE, &[&lane, &seq]).await?;
        }
        client.batch_execute("COMMIT").await?;
        self.seq = seq;
        Ok(decision)
    }
}

/// What each step of a flight needs to know.
struct Place {
    lane: i64,
    seq: i64,
    batches: i64,
    node: i64,
}

/// The number of rows that a statement has changed, or the rows that it gives.
type Answer = (u64, Vec<Row>);
type Step<'f> = BoxFuture<'f, Result<Answer, tokio_postgres::Error>>;

/// The statements of a flight. Polled once, in order, they are all on their way. There are fewer than the number
/// from which on `join_all` polls in another order (30).
fn steps<'f>(
    connection: &'f Connection<Committing>,
    params: &'f Params<'_>,
    place: &'f Place,
    news: &'f &[u8],
) -> Vec<Step<'f>> {
    let (client, statements) = (&connection.client, &connection.statements);
    let Place { lane, seq, batches, node } = place;
    let Params { facts, ranges, ids, clears, deletes, puts, adds, appends, buffered } = params;
    let begin = match buffered {
        true => "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = off",
        false => "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    let format: &'f i32 = &schema::FORMAT;
    let mut steps: Vec<Step<'f>> = vec![
        plain(client, begin),
        change(client, &statements.lock, vec![batches, format]),
        read(
            client,
            &statements.decide,
            vec![
                lane,
                seq,
                batches,
                &facts.batch,
                &facts.place,
                &facts.kind,
                &facts.key,
                &facts.version,
                &facts.val,
                &ranges.batch,
                &ranges.from,
                &ranges.to,
                &ranges.rows,
                &ranges.version,
                &ids.0,
                &ids.1,
                format,
            ],
        ),
    ];
    steps.push(match ids.0.is_empty() {
        true => Box::pin(async { Ok((0, Vec::new())) }),
        false => read(client, &statements.applied, vec![&ids.1]),
    });
    let mut write = |wanted: bool, statement: &'f Statement, params: Vec<Param<'f>>| {
        if wanted {
            steps.push(change(client, statement, [vec![lane as Param<'f>, seq], params].concat()));
        }
    };
    write(!clears.0.is_empty(), &statements.clear, vec![&clears.0, &clears.1, &clears.2]);
    write(!deletes.0.is_empty(), &statements.delete, vec![&deletes.0, &deletes.1]);
    write(!puts.0.is_empty(), &statements.put, vec![&puts.0, &puts.1, &puts.2]);
    write(!adds.0.is_empty(), &statements.add, vec![&adds.0, &adds.1, &adds.2]);
    write(
        !appends.batch.is_empty(),
        &statements.append,
        vec![&appends.batch, &appends.stream, &appends.index, &appends.suffix, &appends.val],
    );
    write(!ids.0.is_empty(), &statements.remember, vec![&ids.0, &ids.1, &ids.2]);
    write(true, &statements.tell, vec![batches, news, node]);
    steps.push(plain(client, "COMMIT"));
    steps
}

type Param<'f> = &'f (dyn ToSql + Sync);

fn plain<'f>(client: &'f Client, text: &'static str) -> Step<'f> {
    Box::pin(async move { client.batch_execute(text).await.map(|()| (0, Vec::new())) })
}

fn change<'f>(client: &'f Client, statement: &'f Statement, params: Vec<Param<'f>>) -> Step<'f> {
    Box::pin(async move { client.execute(statement, &params).await.map(|rows| (rows, Vec::new())) })
}

fn read<'f>(client: &'f Client, statement: &'f Statement, params: Vec<Param<'f>>) -> Step<'f> {
    Box::pin(async move { client.query(statement, &params).await.map(|rows| (0, rows)) })
}

impl Decision {
    fn new(base: i64, bad: Vec<i32>, why: Vec<i32>, applied: &[Row]) -> Self {
        let applied = applied.iter().map(|row| {
            let (version, stamps): (i64, i32) = (row.get(1), row.get(2));
            (row.get(0), committed(Version(version as u64), u16::try_from(stamps).unwrap_or(u16::MAX)))
        });
        Decision { base, bad: bad.into_iter().zip(why).collect(), applied: applied.collect() }
    }

    fn answer(&self, number: i32, version: Version, intent: &Intent) -> Result<Committed, Error> {
        match self.bad.get(&number) {
            None => Ok(committed(version, intent.folded.stamps)),
            Some(&APPLIED) => {
                let before = intent.id.and_then(|id| self.applied.get(&id[..]));
                // It was forgotten between two statements: so old that nobody asks for it any more.
                before.cloned().ok_or(Error::MaybeCommitted)
            }
            Some(&READ) => Err(Error::Conflict),
            Some(&NO_COUNTER) => Err(Error::Corrupt("a key that is added to is not a counter".into())),
            Some(&place) => Err(Error::CheckFailed(usize::try_from(place).unwrap_or_default())),
        }
    }
}

fn committed(version: Version, stamps: u16) -> Committed {
    Committed { version, stamps: (0..stamps).map(|index| Stamp::new(version, index)).collect() }
}

fn refuse(why: &Failed, group: Vec<Waiting>) {
    for Waiting { reply, .. } in group {
        let error = match why {
            Failed::Not(error) => error.clone(),
            Failed::Maybe => Error::MaybeCommitted,
        };
        drop(reply.send(Err(error)));
    }
}
