//! Time and chance: the only place that asks the machine for either.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use shape::Timestamp;
use tokio::sync::watch;

/// Where time comes from.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The time now. It never goes back.
    fn now(&self) -> Timestamp;

    /// Returns once it is `until`; at once if that has passed.
    async fn sleep_until(&self, until: Timestamp);

    /// Whether time moves only when a test says so.
    fn is_virtual(&self) -> bool {
        false
    }
}

/// The machine's clock, held monotonic.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicI64,
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.latest.fetch_max(millis, Ordering::Relaxed).max(millis))
    }

    async fn sleep_until(&self, until: Timestamp) {
        let millis = u64::try_from(until.millis_since(self.now())).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// A clock that a test moves.
#[derive(Debug)]
pub struct VirtualClock {
    now: watch::Sender<Timestamp>,
}

impl VirtualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { now: watch::Sender::new(start) }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.now.send_modify(|now| *now = now.plus_millis(millis));
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, until: Timestamp) {
        let mut now = self.now.subscribe();
        let reached = now.wait_for(|now| *now >= until).await;
        reached.expect("the sender lives in self");
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

/// Where ids and random bytes come from: a cryptographic generator, seeded by the machine or by a test.
#[derive(Debug)]
pub struct Chance {
    rng: Mutex<ChaCha12Rng>,
}

impl Chance {
    /// Seeded by the operating system.
    pub fn from_machine() -> Self {
        Self { rng: Mutex::new(rand::make_rng()) }
    }

    /// Seeded by a test: the same seed gives the same run.
    pub fn from_seed(seed: u64) -> Self {
        Self { rng: Mutex::new(ChaCha12Rng::seed_from_u64(seed)) }
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(bytes);
    }

    /// A random number.
    pub fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A random UUID of version 4.
    pub fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// As [`Chance::uuid`], but its first digits are a time: rows under ids of the same time stand together, and a commit
    /// of many of them touches few pages. 74 bits are random.
    pub fn timely_uuid(&self, now: Timestamp) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes[..6].copy_from_slice(&now.millis().to_be_bytes()[2..]);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// As [`Chance::uuid`], to be shared: the id of a request goes many ways.
    pub fn shared_uuid(&self) -> Arc<str> {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        let mut text = uuid::Uuid::encode_buffer();
        Arc::from(&*uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().encode_lower(&mut text))
    }

    /// A random text of `length` characters of `alphabet`, which holds at most 256 ASCII characters.
    pub fn text(&self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| {
                char::from(alphabet[usize::try_from(self.number() % alphabet.len() as u64).unwrap_or(0)])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (one, two) = (Chance::from_seed(7), Chance::from_seed(7));
        assert_eq!(one.uuid(), two.uuid());
        assert_ne!(one.uuid(), one.uuid());
        assert_eq!(Chance::from_seed(1).text(b"ab", 8).len(), 8);
        let early = one.timely_uuid(Timestamp::from_millis(0x0123_4567_89ab));
        let late = one.timely_uuid(Timestamp::from_millis(0x0123_4567_89ac));
        assert!(early.starts_with("01234567-89ab-4") && early < late, "{early} {late}");
    }

    #[tokio::test]
    async fn virtual_time_wakes_sleepers() {
        let clock = std::sync::Arc::new(VirtualClock::new(Timestamp::from_secs(10)));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(Timestamp::from_secs(70)).await }
        });
        clock.advance(Duration::from_secs(60));
        sleeper.await.unwrap();
        assert_eq!(clock.now(), Timestamp::from_secs(70));
    }
}
