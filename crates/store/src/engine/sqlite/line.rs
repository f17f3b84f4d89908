//! The line before the writer: commits that wait, transactions that are on their way, and when the writer begins.
//!
//! A commit costs a sync of the disk and a write of each page it touches, whether one client waits for it or twenty, so
//! commits that come at about the same time should be one. While the writer is busy that happens by itself. Where a
//! request takes longer than a sync it does not: each commit finds an idle writer. So every transaction says when it
//! begins, and the writer, before it begins, waits for those that are on their way, as PostgreSQL does with
//! `commit_delay` and `commit_siblings`:
//!
//! * nobody is on the way, as always with one client: it begins at once;
//! * as soon as [`ENOUGH`] wait, it begins: a share of a sync that small is not worth a wait;
//! * no commit waits longer than [`PATIENCE`], and a transaction that began longer ago counts no more: whatever holds
//!   it up, the others do not wait for it.
//!
//! Requests that come one after the other, because their clients or the network are slower than this, are never on the
//! way together. Where those of the last groups came from several writers ([`Crowd`]), a few commits wait for each other
//! although nobody is on the way.
//!
//! A transaction lets all others that are ready begin before it goes on ([`super::Sqlite`]). Otherwise a thread that
//! serves sixteen clients would bring one after the other from beginning to commit, and the writer would know of none.
//!
//! Waiting only until there are as many or twice as many in the line as on the way was tried, so that requests are
//! worked on while the disk is: it made groups of half the size, and was not faster.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::crowd::Crowd;

/// How long a commit waits for others at most. A sync of a common disk takes as long.
pub(super) const PATIENCE: Duration = Duration::from_millis(2);
/// With so many in the line, the writer waits for nobody.
const ENOUGH: usize = 32;
/// Commits that go together at most.
const GROUP_MAX: usize = 256;

/// The line; `T` is what waits in it.
pub(super) struct Line<T> {
    state: Mutex<State<T>>,
    wake: Condvar,
}

/// What the writer gets.
#[derive(Debug, PartialEq)]
pub(super) enum Turn<T> {
    /// These go together, in the order in which they came.
    Group(VecDeque<T>),
    /// Nothing came for so long.
    Idle,
    /// The line is closed and empty.
    End,
}

impl<T> Line<T> {
    pub(super) fn new() -> Self {
        Line { state: Mutex::new(State::new()), wake: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a transaction has begun which may commit. It is named by the number until it joins or leaves.
    pub(super) fn begin(&self) -> u64 {
        self.state().begin(Instant::now())
    }

    /// Notes that a transaction has ended without a commit.
    pub(super) fn leave(&self, number: u64) {
        let mut state = self.state();
        if state.begun.remove(&number).is_some() {
            self.wake_up(&state, Instant::now());
        }
    }

    /// Enters the line, in which a transaction is no longer on its way. False when the line is closed.
    pub(super) fn join(&self, number: Option<u64>, commit: T) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        if !state.join(number, commit, now) {
            return false;
        }
        self.wake_up(&state, now);
        true
    }

    /// Notes that the last group is about to be answered.
    pub(super) fn answer(&self) {
        self.state().crowd.answered(Instant::now());
    }

    /// Lets nobody in any more. Those who wait are still served.
    pub(super) fn close(&self) {
        self.state().is_open = false;
        self.wake.notify_all();
    }

    /// Lets nobody in any more, and sends those who wait away: there is no writer.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        state.is_open = false;
        state.waiting.clear();
        state.since = None;
    }

    pub(super) fn is_closed(&self) -> bool {
        !self.state().is_open
    }

    /// Wakes the writer if it has something to do: not for each commit that it waits for.
    fn wake_up(&self, state: &State<T>, now: Instant) {
        let wakes = match (&state.sleep, state.next(now)) {
            (None, _) | (_, Next::Sleep(None)) => false,
            // It does not know yet until when it is to wait.
            (Some(until), Next::Sleep(Some(end))) => until.is_none_or(|until| end < until),
            (Some(_), Next::Begin | Next::End) => true,
        };
        if wakes {
            self.wake.notify_one();
        }
    }

    /// Waits for the next group, for `idle` at most while there is none.
    pub(super) fn take(&self, idle: Option<Duration>) -> Turn<T> {
        let mut state = self.state();
        let give_up = idle.map(|idle| Instant::now() + idle);
        let mut has_waited = false;
        loop {
            let now = Instant::now();
            let until = match state.next(now) {
                Next::Begin => return Turn::Group(state.group(has_waited, now)),
                Next::End => return Turn::End,
                Next::Sleep(None) if give_up.is_some_and(|at| at <= now) => {
                    // Whoever comes after such a silence may be somebody else.
                    state.crowd = Crowd::new();
                    return Turn::Idle;
                }
                Next::Sleep(until) => {
                    has_waited = until.is_some();
                    until.or(give_up)
                }
            };
            state.sleep = Some(until);
            state = match until {
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let waited = self.wake.wait_timeout(state, until.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
            state.sleep = None;
        }
    }
}

struct State<T> {
    waiting: VecDeque<T>,
    /// Since when the first of them waits.
    since: Option<Instant>,
    /// When the last of them came.
    last: Option<Instant>,
    /// When the transactions that are on their way began, by their numbers, which grow with time.
    begun: BTreeMap<u64, Instant>,
    next_number: u64,
    is_open: bool,
    /// The writer sleeps, until a time or a call.
    sleep: Option<Option<Instant>>,
    crowd: Crowd,
}

/// What the writer is to do.
#[derive(Debug, PartialEq)]
enum Next {
    Begin,
    /// Until a time, or until something comes.
    Sleep(Option<Instant>),
    End,
}

impl<T> State<T> {
    fn new() -> Self {
        State {
            waiting: VecDeque::new(),
            since: None,
            last: None,
            begun: BTreeMap::new(),
            next_number: 0,
            is_open: true,
            sleep: None,
            crowd: Crowd::new(),
        }
    }

    fn begin(&mut self, now: Instant) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.begun.insert(number, now);
        number
    }

    fn join(&mut self, number: Option<u64>, commit: T, now: Instant) -> bool {
        let began = number.and_then(|number| self.begun.remove(&number));
        if self.is_open {
            self.crowd.joined(began.unwrap_or(now));
            self.waiting.push_back(commit);
            self.since.get_or_insert(now);
            self.last = Some(now);
        }
        self.is_open
    }

    fn next(&self, now: Instant) -> Next {
        let Some(since) = self.since else {
            return if self.is_open { Next::Sleep(None) } else { Next::End };
        };
        // The last to begin has the highest number.
        let youngest = self.begun.values().next_back();
        // Until the first has waited for long enough, or nobody is young enough to be waited for.
        let known = youngest.map(|began| (*began).min(since) + PATIENCE);
        // Until the first has waited for long enough, or the next is late.
        let next = self.last.map_or(since, |last| last + self.crowd.pause()).min(since + PATIENCE);
        let likely = (self.waiting.len() < self.crowd.wanted()).then_some(next);
        match known.max(likely) {
            Some(end) if self.is_open && now < end && self.waiting.len() < ENOUGH => Next::Sleep(Some(end)),
            _ => Next::Begin,
        }
    }

    /// Takes those who go together; `has_waited` when the writer has slept although some were there.
    fn group(&mut self, has_waited: bool, now: Instant) -> VecDeque<T> {
        let rest = self.waiting.split_off(self.waiting.len().min(GROUP_MAX));
        self.crowd.taken(self.waiting.len(), has_waited, now);
        // Those who stay have waited for the same group.
        self.since = self.since.filter(|_| !rest.is_empty());
        std::mem::replace(&mut self.waiting, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line whose clock stands where the test says, in microseconds.
    struct Played {
        start: Instant,
        state: State<u32>,
    }

    impl Played {
        fn new() -> Self {
            Played { start: Instant::now(), state: State::new() }
        }

        fn at(&self, micros: u64) -> Instant {
            self.start + Duration::from_micros(micros)
        }

        fn begin(&mut self, micros: u64) -> u64 {
            self.state.begin(self.at(micros))
        }

        fn join(&mut self, micros: u64, number: u64, commit: u32) {
            assert!(self.state.join(Some(number), commit, self.at(micros)));
        }

        fn next(&self, micros: u64) -> Next {
            self.state.next(self.at(micros))
        }

        /// Takes a group and answers it at once.
        fn group(&mut self, micros: u64) -> VecDeque<u32> {
            let group = self.state.group(false, self.at(micros));
            self.state.crowd.answered(self.at(micros));
            group
        }

        /// What a writer does that waits for what came or began at `micros`.
        fn patient(&self, micros: u64) -> Next {
            Next::Sleep(Some(self.at(micros) + PATIENCE))
        }
    }

    #[test]
    fn one_client_waits_for_nobody() {
        let mut line = Played::new();
        for turn in 0..3 {
            assert_eq!(line.next(turn * 100), Next::Sleep(None));
            let number = line.begin(turn * 100);
            line.join(turn * 100 + 50, number, turn as u32);
            assert_eq!(line.next(turn * 100 + 50), Next::Begin);
            assert_eq!(line.group(turn * 100 + 50), [turn as u32]);
        }
        // Neither does a batch that nobody began.
        assert!(line.state.join(None, 7, line.at(500)));
        assert_eq!(line.next(500), Next::Begin);
    }

    #[test]
    fn those_on_the_way_are_waited_for() {
        let mut line = Played::new();
        let numbers: Vec<u64> = (0..12).map(|_| line.begin(0)).collect();
        for (came, number) in numbers.iter().enumerate() {
            let wanted = if came == 0 { Next::Sleep(None) } else { line.patient(0) };
            assert_eq!(line.next(10 + came as u64), wanted);
            line.join(10 + came as u64, *number, came as u32);
        }
        assert_eq!(line.next(22), Next::Begin);
        assert_eq!(line.group(22), (0..12).collect::<Vec<u32>>());
        assert_eq!(line.next(22), Next::Sleep(None));
    }

    #[test]
    fn enough_are_enough() {
        let mut line = Played::new();
        let numbers: Vec<u64> = (0..ENOUGH as u64 + 5).map(|_| line.begin(0)).collect();
        for number in &numbers[..ENOUGH - 1] {
            line.join(1, *number, 0);
        }
        assert_eq!(line.next(1), line.patient(0));
        line.join(2, numbers[ENOUGH], 0);
        assert_eq!(line.next(2), Next::Begin);
    }

    #[test]
    fn who_ends_without_a_commit_is_waited_for_no_more() {
        let mut line = Played::new();
        let (one, two) = (line.begin(0), line.begin(0));
        line.join(5, one, 1);
        assert_eq!(line.next(5), line.patient(0));
        line.state.begun.remove(&two);
        assert_eq!(line.next(6), Next::Begin);
    }

    #[test]
    fn patience_has_an_end() {
        let mut line = Played::new();
        let (slow, quick) = (line.begin(0), line.begin(100));
        line.join(200, quick, 1);
        assert_eq!(line.next(1_000), line.patient(0));
        // What is this old holds up nobody.
        assert_eq!(line.next(2_000), Next::Begin);
        line.group(2_000);
        let other = line.begin(2_100);
        line.join(2_200, other, 2);
        assert_eq!(line.next(2_200), Next::Begin);
        line.group(2_200);
        // With others that do not come in time, the first has waited long enough.
        let first = line.begin(3_000);
        line.join(3_400, first, 3);
        for at in [3_400, 4_400, 5_300] {
            line.begin(at);
        }
        assert_eq!(line.next(5_399), line.patient(3_400));
        assert_eq!(line.next(5_400), Next::Begin);
        line.join(7_000, slow, 4);
        assert_eq!(line.group(7_000), [3, 4]);
    }

    #[test]
    fn a_group_has_a_limit_and_the_rest_goes_at_once() {
        let mut line = Played::new();
        let late = line.begin(0);
        for n in 0..GROUP_MAX as u32 + 1 {
            assert!(line.state.join(None, n, line.at(1)));
        }
        assert_eq!(line.next(1), Next::Begin);
        assert_eq!(line.group(1).len(), GROUP_MAX);
        assert_eq!(line.next(1), line.patient(0), "one is still on its way");
        line.state.begun.remove(&late);
        assert_eq!(line.group(1), [GROUP_MAX as u32]);
        assert_eq!(line.next(1), Next::Sleep(None));
    }

    /// What a writer did for a while.
    struct Record {
        commits: usize,
        groups: usize,
        /// How long it took, in microseconds.
        took: u64,
        /// How long the writer slept although somebody waited.
        waits: Vec<u64>,
    }

    impl Record {
        fn syncs(&self) -> f64 {
            self.groups as f64 / self.commits as f64
        }

        fn rate(&self) -> f64 {
            self.commits as f64 * 1e6 / self.took as f64
        }
    }

    /// Plays clients that begin a transaction `pauses(n)` after their last one was answered, `n` counting all of them.
    /// It comes into the line 100 µs later; the writer needs `sync` for each group.
    fn play(clients: usize, sync: u64, mut pauses: impl FnMut(u64, u64) -> u64) -> Record {
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        enum Event {
            Begin,
            Join(u64),
            Answer(usize),
            Wake,
        }
        let mut line = Played::new();
        let mut record = Record { commits: 0, groups: 0, took: 0, waits: Vec::new() };
        let (mut events, mut count) = (BTreeMap::new(), 0);
        let mut add = |events: &mut BTreeMap<(u64, u64), Event>, at, event| {
            count += 1;
            events.insert((at, count), event);
        };
        for client in 0..clients as u64 {
            add(&mut events, pauses(0, client), Event::Begin);
        }
        let (mut is_busy, mut sleeps_since) = (false, None);
        while record.commits < 10_000 {
            let ((now, number), event) = events.pop_first().expect("clients go on");
            match event {
                Event::Begin => {
                    let began = line.begin(now);
                    add(&mut events, now + 100, Event::Join(began));
                }
                Event::Join(began) => line.join(now, began, 0),
                Event::Answer(size) => {
                    is_busy = false;
                    line.state.crowd.answered(line.at(now));
                    (record.commits, record.took) = (record.commits + size, now);
                    for one in 0..size as u64 {
                        add(&mut events, now + pauses(now, number + one), Event::Begin);
                    }
                }
                Event::Wake => {}
            }
            if is_busy {
                continue;
            }
            match line.next(now) {
                Next::Sleep(Some(until)) => {
                    sleeps_since.get_or_insert(now);
                    add(&mut events, (until - line.start).as_micros() as u64, Event::Wake);
                }
                Next::Sleep(None) => {}
                Next::Begin => {
                    let has_waited =
                        sleeps_since.take().inspect(|since| record.waits.push(now - since)).is_some();
                    let size = line.state.group(has_waited, line.at(now)).len();
                    record.groups += 1;
                    is_busy = true;
                    add(&mut events, now + sync, Event::Answer(size));
                }
                Next::End => unreachable!("it is open"),
            }
        }
        record
    }

    /// Something below `end` that looks like chance.
    fn scattered(number: u64, end: u64) -> u64 {
        (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % end
    }

    /// Pauses of clients of their own: about `around`.
    fn about(around: u64) -> impl FnMut(u64, u64) -> u64 {
        move |_, number| around / 2 + scattered(number, around)
    }

    /// Pauses of clients that share one thread, which needs about `each` for an answer and the next request.
    fn in_one_thread(each: u64) -> impl FnMut(u64, u64) -> u64 {
        let mut free = 0;
        move |now, number| {
            free = now.max(free) + each * 3 / 4 + scattered(number, each / 2);
            free - now
        }
    }

    #[test]
    fn a_lone_client_never_waits_however_quick_it_is() {
        for pause in [2, 50, 1_000] {
            let record = play(1, 100, about(pause));
            assert_eq!((record.groups, record.waits.len()), (record.commits, 0));
        }
    }

    /// Nobody is on the way when a commit comes, for the clients' thread is slower than the writer.
    #[test]
    fn requests_that_come_one_by_one_gather() {
        for each in [60, 100, 150] {
            let record = play(16, 200, in_one_thread(each));
            assert!(record.syncs() <= 0.15, "{each}: {}", record.syncs());
            // The thread is hardly kept waiting.
            assert!(record.rate() > 0.9e6 / (each as f64 + 12.5), "{each}: {}", record.rate());
        }
    }

    /// Without waiting, one of two is always at the disk while the other waits for it: 490 a second.
    #[test]
    fn two_clients_on_a_slow_disk_share_their_syncs() {
        for pauses in [80, 200] {
            let record = play(2, 2_000, about(pauses));
            assert!(record.syncs() < 0.51 && record.rate() > 800.0, "{} {}", record.syncs(), record.rate());
        }
    }

    #[test]
    fn waits_in_vain_are_rare() {
        // Now and then two of them meet.
        let record = play(4, 200, about(8_000));
        let waited: u64 = record.waits.iter().sum();
        assert!(waited / (record.commits as u64) < 20, "{waited} for {}", record.commits);
    }

    #[test]
    fn a_closed_line_serves_those_who_are_in_it() {
        let line = Line::new();
        let number = line.begin();
        line.begin();
        assert!(line.join(Some(number), 1));
        line.close();
        assert!(line.is_closed());
        assert!(!line.join(None, 2));
        assert_eq!(line.take(None), Turn::Group(VecDeque::from([1])), "without waiting for others");
        assert_eq!(line.take(None), Turn::End);
    }

    #[test]
    fn without_a_writer_nobody_waits() {
        let line = Line::new();
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        assert!(line.join(None, sender));
        line.abandon();
        assert!(receiver.recv().is_err(), "who waits is told by the end of the channel");
        assert!(!line.join(None, std::sync::mpsc::channel().0));
    }

    #[test]
    fn an_idle_writer_is_told_so() {
        let line = Line::<u32>::new();
        assert_eq!(line.take(Some(Duration::ZERO)), Turn::Idle);
        // A transaction that never ends leaves nothing behind.
        let number = line.begin();
        line.leave(number);
        line.leave(number);
        assert!(line.state().begun.is_empty());
    }

    /// A writer that sleeps without an end hears of a commit, of the last one that it waits for, and of one who leaves.
    #[test]
    fn a_sleeping_writer_is_woken() {
        let line = std::sync::Arc::new(Line::new());
        let (one, two) = (line.begin(), line.begin());
        let writer = std::thread::spawn({
            let line = line.clone();
            move || (line.take(None), line.take(None))
        });
        assert!(line.join(Some(one), 1));
        line.leave(two);
        line.close();
        let (first, second) = writer.join().unwrap();
        assert_eq!((first, second), (Turn::Group(VecDeque::from([1])), Turn::End));
    }
}
