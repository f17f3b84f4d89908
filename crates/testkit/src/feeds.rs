//! Feeds whose consumers are a test.

use std::sync::{Arc, Mutex, PoisonError};

use ::cloud::caller::Caller;
use ::cloud::cx::Cx;
use ::cloud::feed::{self, Batch, Consumer, Feed, Filter, Keeper, Listed, Lost, Outcome, Settings, Start};
use ::cloud::operation::BoxFuture;
use ::cloud::{Cloud, Failure};
use async_trait::async_trait;
use serde_json::Value;
use store::{Key, keyspace};

use crate::{ACCOUNT, root};

/// What a test does with a batch.
pub type Consume = dyn Fn(Arc<Cloud>, Batch) -> BoxFuture<'static, Outcome> + Send + Sync;

/// How many seeds a random test of feeds goes through: engines on disk take their time, and one is enough there.
pub fn seeds() -> u64 {
    if std::env::var_os("CLOUDLET_TEST_STORE").is_some() { 1 } else { 6 }
}

/// Settings of a feed that takes one record after the other, from the oldest.
pub fn settings() -> Settings {
    Settings {
        batch_size: 1,
        window_millis: 0,
        filter: Filter::default(),
        concurrency_max: None,
        start: Start::TrimHorizon,
        lanes: 1,
        bisect: false,
        age_max_millis: None,
        retries_max: None,
        tumbling_millis: None,
    }
}

/// Records that were given up.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenUp {
    /// Their ids.
    pub ids: Vec<String>,
    /// Their JSON.
    pub records: Vec<Value>,
    /// AWS's word for why.
    pub condition: String,
    /// How often they were delivered.
    pub attempts: u32,
}

/// One feed and its consumer; the nodes of a cloud may share it.
pub struct Fed {
    source: String,
    settings: Settings,
    consume: Box<Consume>,
    capacity: Mutex<Option<u32>>,
    given_up: Mutex<Vec<GivenUp>>,
    settled: Mutex<u32>,
    obstacle: Mutex<Option<Obstacle>>,
}

/// What stands in the way of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It cannot be opened.
    Opening,
    /// It shall not run, and that it does not cannot be noted.
    Settling,
}

impl Fed {
    /// A feed from `source` to `consume`.
    pub fn new(
        source: &str,
        settings: Settings,
        consume: impl Fn(Arc<Cloud>, Batch) -> BoxFuture<'static, Outcome> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            source: source.to_owned(),
            settings,
            consume: Box::new(consume),
            capacity: Mutex::new(None),
            given_up: Mutex::default(),
            settled: Mutex::default(),
            obstacle: Mutex::default(),
        })
    }

    /// Lets the feed run in a cloud that was started.
    pub fn run(self: &Arc<Self>, cloud: &Arc<Cloud>) {
        run(cloud, vec![self.clone()]);
    }

    /// Puts something in the way of the feed, or takes it away.
    pub fn set_obstacle(&self, obstacle: Option<Obstacle>) {
        *self.obstacle.lock().unwrap_or_else(PoisonError::into_inner) = obstacle;
    }

    fn meet(&self, obstacle: Obstacle) -> Result<(), Failure> {
        let has = *self.obstacle.lock().unwrap_or_else(PoisonError::into_inner) == Some(obstacle);
        if has { Err(Failure::internal("the test is in the way")) } else { Ok(()) }
    }

    /// What the consumer can take at the same time from now on.
    pub fn set_capacity(&self, capacity: Option<u32>) {
        *self.capacity.lock().unwrap_or_else(PoisonError::into_inner) = capacity;
    }

    /// What was given up.
    pub fn given_up(&self) -> Vec<GivenUp> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often a node has begun to run it.
    pub fn begun(&self) -> u32 {
        *self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets feeds run side by side in a cloud that was started.
pub fn run(cloud: &Arc<Cloud>, feeds: Vec<Arc<Fed>>) {
    feed::keep(cloud, Arc::new(All(feeds)));
}

struct All(Vec<Arc<Fed>>);

impl All {
    /// The feed that is listed under this id.
    fn get(&self, id: &str) -> Option<&Arc<Fed>> {
        let number: usize = id.strip_prefix("test/")?.parse().ok()?;
        self.0.get(number.checked_sub(1)?)
    }
}

#[async_trait]
impl Keeper for All {
    fn name(&self) -> &'static str {
        "test"
    }

    fn watch_key(&self) -> Key {
        keyspace::TEST_PLAIN.0.to_vec().into()
    }

    async fn list(&self, _cx: &Cx) -> Result<Vec<Listed>, Failure> {
        let listed = self.0.iter().enumerate().map(|(index, fed)| {
            let (id, revision) = (format!("test/{}", index + 1), "1".to_owned());
            Listed { id, revision, runs: fed.meet(Obstacle::Settling).is_ok(), settling: true }
        });
        Ok(listed.collect())
    }

    async fn open(&self, _cx: &Cx, id: &str) -> Result<Option<(Feed, Arc<dyn Consumer>)>, Failure> {
        let Some(fed) = self.get(id) else { return Ok(None) };
        fed.meet(Obstacle::Opening)?;
        let feed = Feed {
            id: id.to_owned(),
            service: "lambda.amazonaws.com",
            account: ACCOUNT.to_owned(),
            source: fed.source.parse().map_err(Failure::internal)?,
            identity: "arn:aws:iam::000000000000:role/reader".to_owned(),
            settings: fed.settings.clone(),
        };
        Ok(Some((feed, Arc::new(Shared(fed.clone())))))
    }

    async fn settled(&self, _cx: &Cx, listed: &Listed) -> Result<(), Failure> {
        let Some(fed) = self.get(&listed.id) else { return Ok(()) };
        fed.meet(Obstacle::Settling)?;
        *fed.settled.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Ok(())
    }
}

struct Shared(Arc<Fed>);

#[async_trait]
impl Consumer for Shared {
    async fn reader(&self, _cx: &Cx) -> Result<Caller, Failure> {
        Ok(root())
    }

    async fn capacity(&self, _cx: &Cx) -> Result<Option<u32>, Failure> {
        Ok(*self.0.capacity.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn deliver(&self, cx: &mut Cx, batch: &Batch) -> Outcome {
        (self.0.consume)(cx.cloud().clone(), batch.clone()).await
    }

    async fn give_up(&self, _cx: &mut Cx, lost: &Lost<'_>) -> Result<(), Failure> {
        let read = |json: &String| serde_json::from_str(json).map_err(Failure::internal);
        let records: Result<_, _> = lost.records.iter().map(|record| read(&record.json)).collect();
        self.0.given_up.lock().unwrap_or_else(PoisonError::into_inner).push(GivenUp {
            ids: lost.records.iter().map(|record| record.id.clone()).collect(),
            records: records?,
            condition: lost.condition.to_owned(),
            attempts: lost.attempts,
        });
        Ok(())
    }
}
