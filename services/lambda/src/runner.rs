//! Functions in memory: what an invocation needs, without a read of the store, and their pools of environments.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::sandbox::Front;
use cloud::{Cloud, Failure};
use jail::host::Jail;
use store::layer::table;
use store::{Tx, Version, keyspace};
use tokio::sync::{OnceCell, watch};

use crate::admission::{Admission, Permit, Share};
use crate::direct::Target;
use crate::error::Error;
use crate::function::{self, Found};
use crate::keys::{Config, FunctionRow, Url, VersionRow};
use crate::limits::{INSPECTED_TIME_MAX, Scale};
use crate::names::{FunctionRef, LATEST};
use crate::runtime::guests::{Guests, Register};
use crate::runtime::interpreters::{self, Wanted};
use crate::runtime::launch::{Backend, Credentials, Host, Initialization, Launch};
use crate::runtime::log::LogLine;
use crate::runtime::network;
use crate::runtime::pool::{self, Shelf};
use crate::runtime::starts::Starts;
use crate::{code, concurrency, host, logs, policy, provisioning, roles, surroundings, urls};

/// Functions that are kept ready; beyond that the memory is emptied, and their processes end when idle.
const FUNCTIONS_MAX: usize = 10_000;

/// How long after a function was made a process of its kind is booted ahead.
const EXPECT_AFTER: std::time::Duration = std::time::Duration::from_millis(300);

/// How long after a function changed its old environments end.
const RETIRE_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

/// What an invocation of a function with a certain qualifier needs.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Versions and their shares of the invocations; the shares add up to one.
    pub(crate) versions: Vec<(f64, Arc<Shelf>)>,
    /// The policy of the function or of this qualifier.
    pub(crate) policy: Option<String>,
    /// It may be part of a loop.
    pub(crate) may_loop: bool,
    share: Share,
}

/// All functions that ran here of late.
pub(crate) struct Runner {
    cloud: Weak<Cloud>,
    inner: Mutex<Inner>,
    host: OnceCell<Arc<Host>>,
    starts: Arc<Starts>,
    pub(crate) admission: Admission,
    log: logs::Sender,
}

struct Inner {
    /// Tell of changes by other processes and by us.
    changes: [watch::Receiver<Version>; 4],
    generation: u64,
    ready: HashMap<FunctionRef, Arc<Ready>>,
    /// Functions by the ARNs under which other services invoke them.
    targets: HashMap<String, Arc<Target>>,
    /// Function URLs by their id. Every change of one writes its function, too.
    urls: HashMap<String, Arc<(FunctionRef, Url)>>,
    /// The pools by function and version: they outlive the entries of `ready`.
    shelves: HashMap<(FunctionRef, String), Arc<Shelf>>,
    /// What belongs to certain functions of an account and region.
    taken: HashMap<(String, String), u32>,
}

impl Inner {
    /// Forgets what was read when something has changed since.
    fn refresh(&mut self) {
        let mut changed = false;
        for receiver in &mut self.changes {
            // A closed store changes no more.
            if receiver.has_changed().unwrap_or(false) {
                receiver.mark_unchanged();
                changed = true;
            }
        }
        let most = self.ready.len().max(self.urls.len()).max(self.targets.len());
        if changed || most > FUNCTIONS_MAX {
            self.generation += 1;
            self.ready.clear();
            self.targets.clear();
            self.urls.clear();
            self.taken.clear();
        }
    }
}

impl Ready {
    /// The reservation of the function.
    pub(crate) fn reserved(&self) -> Option<u32> {
        self.share.reserved
    }

    /// The role of the version that takes most invocations.
    pub(crate) fn role(&self) -> &str {
        &self.versions[self.versions.len() - 1].1.launch.role
    }

    /// Invocations that run now: of the function, and of all without a reservation.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> (u32, u32) {
        self.share.in_flight()
    }

    /// The version that takes the next invocation.
    fn choose(&self, cx: &Cx) -> &Arc<Shelf> {
        if self.versions.len() > 1 {
            let mut point = (cx.chance().number() >> 11) as f64 / (1_u64 << 53) as f64;
            for (share, shelf) in &self.versions {
                if point < *share {
                    return shelf;
                }
                point -= share;
            }
        }
        &self.versions[self.versions.len() - 1].1
    }
}

impl Runner {
    /// The one of this cloud.
    pub(crate) fn of(cx: &Cx) -> Arc<Runner> {
        Runner::of_cloud(cx.cloud())
    }

    pub(crate) fn of_cloud(cloud: &Arc<Cloud>) -> Arc<Runner> {
        cloud.states().get_or(|| {
            let prefixes = [
                keyspace::LAMBDA_FUNCTION,
                keyspace::LAMBDA_VERSION,
                keyspace::LAMBDA_ALIAS,
                keyspace::LAMBDA_PROVISIONED,
            ];
            provisioning::start(cloud);
            let changes = prefixes.map(|prefix| cloud.store().watch(prefix.0.to_vec().into()));
            Runner {
                cloud: Arc::downgrade(cloud),
                inner: Mutex::new(Inner {
                    changes,
                    generation: 0,
                    ready: HashMap::new(),
                    targets: HashMap::new(),
                    urls: HashMap::new(),
                    shelves: HashMap::new(),
                    taken: HashMap::new(),
                }),
                host: OnceCell::new(),
                starts: Starts::of_machine(),
                admission: Admission::new(Scale::configured()),
                log: logs::Sender::start(cloud),
            }
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an invocation needs: from memory, or read and unpacked now.
    pub(crate) async fn ready(&self, cx: &Cx, function: &FunctionRef) -> Result<Arc<Ready>, Error> {
        let generation = {
            let mut inner = self.inner();
            inner.refresh();
            if let Some(ready) = inner.ready.get(function) {
                return Ok(Arc::clone(ready));
            }
            inner.generation
        };
        let tx = cx.snapshot().await?;
        let found = function::find(&tx, function).await?;
        let other = match found.alias.as_ref().and_then(|alias| alias.routing.clone()) {
            Some((other, weight)) => {
                function::config_of(&tx, &found.row, &other).await?.map(|config| (other, weight, config))
            }
            None => None,
        };
        let taken = self.taken(&tx, function).await?;
        // Unpacking may take its time, and wait for that of other functions.
        drop(tx);
        let mut versions = Vec::new();
        let mut rest = 1.0;
        if let Some((other, weight, config)) = other {
            versions.push((weight, self.shelf(cx, &found.row, &config, &other).await?));
            rest -= weight;
        }
        versions.push((rest, self.shelf(cx, &found.row, &found.config, &found.version).await?));
        let ready = self.make(function, found, versions, taken);
        let mut inner = self.inner();
        inner.refresh();
        if inner.generation == generation {
            inner.ready.insert(function.clone(), Arc::clone(&ready));
        }
        Ok(ready)
    }

    /// What was kept for an ARN, unless something has changed since.
    pub(crate) fn target(&self, arn: &str) -> Option<Arc<Target>> {
        let mut inner = self.inner();
        inner.refresh();
        inner.targets.get(arn).cloned()
    }

    /// Which state of the functions is in memory now.
    pub(crate) fn generation(&self) -> u64 {
        let mut inner = self.inner();
        inner.refresh();
        inner.generation
    }

    /// Keeps what was read for an ARN, unless something has changed since the reading began.
    pub(crate) fn keep_target(&self, read_in: u64, arn: &str, target: &Arc<Target>) {
        let mut inner = self.inner();
        inner.refresh();
        if inner.generation == read_in {
            inner.targets.insert(arn.to_string(), Arc::clone(target));
        }
    }

    /// The function behind a URL: from memory, or read now.
    pub(crate) async fn url(&self, cx: &Cx, id: &str) -> Result<Arc<(FunctionRef, Url)>, Error> {
        let generation = {
            let mut inner = self.inner();
            inner.refresh();
            if let Some(found) = inner.urls.get(id) {
                return Ok(Arc::clone(found));
            }
            inner.generation
        };
        let found = Arc::new(urls::find(cx, id).await?);
        let mut inner = self.inner();
        inner.refresh();
        if inner.generation == generation {
            inner.urls.insert(id.to_string(), Arc::clone(&found));
        }
        Ok(found)
    }

    fn make(
        &self,
        function: &FunctionRef,
        found: Found,
        versions: Vec<(f64, Arc<Shelf>)>,
        taken: u32,
    ) -> Arc<Ready> {
        let share = self.admission.share(function, found.row.reserved_concurrency, taken);
        Arc::new(Ready {
            versions,
            policy: policy::of(&found.row, function),
            may_loop: found.row.may_loop,
            share,
        })
    }

    /// The policy of the function or of this qualifier. Nothing is unpacked for it: the caller may be anybody.
    pub(crate) async fn policy(&self, cx: &Cx, function: &FunctionRef) -> Result<Option<String>, Error> {
        {
            let mut inner = self.inner();
            inner.refresh();
            if let Some(ready) = inner.ready.get(function) {
                return Ok(ready.policy.clone());
            }
        }
        Ok(policy::of(&function::find(&cx.snapshot().await?, function).await?.row, function))
    }

    /// How much of the account's concurrency belongs to certain functions.
    async fn taken(&self, tx: &Tx, function: &FunctionRef) -> Result<u32, Error> {
        let place = (function.account.clone(), function.region.clone());
        let generation = {
            let inner = self.inner();
            if let Some(taken) = inner.taken.get(&place) {
                return Ok(*taken);
            }
            inner.generation
        };
        let taken = concurrency::taken(tx, &place.0, &place.1).await?.values().sum();
        let mut inner = self.inner();
        if inner.generation == generation {
            inner.taken.insert(place, taken);
        }
        Ok(taken)
    }

    /// The pool of one version; a new one when the version is configured in another way than before.
    pub(crate) async fn shelf(
        &self,
        cx: &Cx,
        row: &FunctionRow,
        config: &Config,
        version: &str,
    ) -> Result<Arc<Shelf>, Error> {
        let launch = self.launch(cx, row, config, version).await?;
        let host = self.host().await?;
        host::check_network(&launch, &host)?;
        host::tell_names(cx.cloud(), &host).await?;
        let key = (row.reference(), version.to_string());
        let mut inner = self.inner();
        let old = inner.shelves.get(&key).cloned();
        if let Some(old) = &old
            && *old.launch == launch
        {
            return Ok(Arc::clone(old));
        }
        let shelf = Shelf::new(Arc::new(launch), host, Arc::clone(&self.starts));
        inner.shelves.insert(key, Arc::clone(&shelf));
        drop(inner);
        if let Some(old) = old {
            // Nobody asks it for environments any more. The end of a process takes the kernel as long as the start of one
            // that has waited, and somebody waits for that now.
            tokio::spawn(async move {
                tokio::time::sleep(RETIRE_AFTER).await;
                old.retire();
            });
        }
        Ok(shelf)
    }

    async fn launch(
        &self,
        cx: &Cx,
        row: &FunctionRow,
        config: &Config,
        version: &str,
    ) -> Result<Launch, Error> {
        let cloud = cx.cloud();
        let code = code::unpacked(cloud, &config.code).await?;
        let layers = code::merged_layers(cloud, &config.layers).await?;
        let extensions = crate::layers::extensions(layers.as_deref()).await?;
        let wanted = interpreters::wanted(&config.runtime).ok_or_else(|| {
            Failure::internal(format!("the stored runtime `{}` is unknown", config.runtime))
        })?;
        let interpreter = host::interpreter(&config.runtime, wanted).await?;
        let sdk = match (&interpreter, wanted) {
            (Some(interpreter), Wanted::Managed(language, _)) if !config.sdk_packages.is_empty() => {
                let packages = config.sdk_packages.iter().cloned().collect();
                host::install_sdk(interpreter.clone(), language, packages).await
            }
            _ => None,
        };
        let function = row.reference();
        let network =
            network::of(&row.tags, cloud.config().sandbox.network).map_err(Error::InvalidParameterValue)?;
        let debugging = host::debugging(cloud, &row.name, wanted, network);
        Ok(Launch {
            name: row.name.clone(),
            version: version.to_string(),
            arn: function.arn().to_string(),
            account: row.account.clone(),
            region: row.region.clone(),
            log_group: function::log_group(&row.name, config),
            role: config.role.clone(),
            runtime: config.runtime.clone(),
            wanted,
            interpreter,
            handler: config.handler.clone(),
            code,
            layers,
            sdk,
            variables: config.variables.clone().unwrap_or_default(),
            memory_mb: config.memory_mb,
            timeout: match debugging.inspector {
                true => INSPECTED_TIME_MAX,
                false => std::time::Duration::from_secs(u64::from(config.timeout_seconds)),
            },
            debugging,
            tmp_mb: config.tmp_mb,
            extensions,
            logging: config.logging,
            endpoint: cloud.endpoint().to_string(),
            mounts: surroundings::mounts(cx, config).await?,
            network,
            initialization: match config.snap_start && version != LATEST {
                true => Initialization::SnapStart,
                false => Initialization::OnDemand,
            },
        })
    }

    /// The sandbox and the runtimes of this machine, found at the first need.
    pub(crate) async fn host(&self) -> Result<Arc<Host>, Failure> {
        self.host_with(None).await
    }

    /// The same; `jail` is what the machine allows, where that is known already.
    pub(crate) async fn host_with(&self, jail: Option<Jail>) -> Result<Arc<Host>, Failure> {
        let cloud = self.cloud.upgrade().ok_or_else(|| Failure::internal("the cloud has stopped"))?;
        let make = async {
            let folder = code::root(&cloud);
            let backend = Arc::new(InCloud { cloud: Arc::downgrade(&cloud), log: self.log.clone() });
            let (sandbox, guests) = (cloud.config().sandbox, Arc::new(Guests::default()));
            cloud.hooks().set_guests(Arc::new(Register(Arc::clone(&guests))));
            let made =
                tokio::task::spawn_blocking(move || host::make(sandbox, &folder, jail, backend, guests));
            made.await.map_err(Failure::internal)?.map(Arc::new)
        };
        self.host.get_or_try_init(|| make).await.cloned()
    }

    /// Chooses the version of the next invocation and counts it, unless there are too many at once.
    pub(crate) fn admit(&self, cx: &Cx, ready: &Ready) -> Result<(Arc<Shelf>, Permit), Error> {
        let shelf = ready.choose(cx);
        let now = cx.now().millis();
        let permit = self.admission.enter(&ready.share, shelf.busy(), shelf.capacity(), now)?;
        Ok((Arc::clone(shelf), permit))
    }

    /// Starts an environment of a function whose code has just changed, if it ran before: the next caller finds it ready.
    pub(crate) fn warm(self: &Arc<Self>, cx: &Cx, function: &FunctionRef) {
        let ran = self.inner().shelves.keys().any(|(owner, version)| owner == function && version == LATEST);
        if !ran || cx.cloud().tasks().is_stopping() {
            return;
        }
        let (runner, cx, function) = (Arc::clone(self), cx.detach(), function.clone());
        let cloud = Arc::clone(cx.cloud());
        cloud.tasks().spawn_loop(async move {
            // An error comes again with the next invocation, which tells it.
            if let Ok(ready) = runner.ready(&cx, &function).await {
                ready.choose(&cx).warm().await;
            }
        });
    }

    /// A function was made and is likely to be invoked soon: a process of its kind boots ahead. Later, because a
    /// deployment makes many functions, and none of those calls shall wait for it.
    pub(crate) fn expect(self: &Arc<Self>, cx: &Cx, function: &FunctionRef) {
        if cx.cloud().tasks().is_stopping() {
            return;
        }
        let (runner, cx, function) = (Arc::clone(self), cx.detach(), function.clone());
        let cloud = Arc::clone(cx.cloud());
        cloud.tasks().spawn_loop(async move {
            tokio::time::sleep(EXPECT_AFTER).await;
            // An error comes again with the first invocation, which tells it.
            if let (Ok(ready), Ok(host)) = (runner.ready(&cx, &function).await, runner.host().await) {
                let shelf = ready.choose(&cx);
                match shelf.launch.debugging.inspector {
                    true => shelf.warm().await, // A debugger finds it before the first invocation.
                    false => host.ahead.expect(&shelf.launch, &host).await,
                }
            }
        });
    }

    /// The pool of a version, if it was needed before.
    pub(crate) fn known_shelf(&self, function: &FunctionRef, version: &str) -> Option<Arc<Shelf>> {
        let key = (function.clone().unqualified(), version.to_string());
        self.inner().shelves.get(&key).cloned()
    }

    /// All pools.
    pub(crate) fn shelves(&self) -> Vec<((FunctionRef, String), Arc<Shelf>)> {
        let inner = self.inner();
        inner.shelves.iter().map(|(key, shelf)| (key.clone(), Arc::clone(shelf))).collect()
    }

    /// The folders of unpacked code that environments may use now.
    pub(crate) fn folders(&self) -> std::collections::BTreeSet<std::path::PathBuf> {
        let inner = self.inner();
        let launches = inner.shelves.values().map(|shelf| &shelf.launch);
        let compiled = self.host.get().map(|host| &host.compiled);
        launches
            .flat_map(|launch| {
                let image = compiled.and_then(|compiled| compiled.folder_of(launch));
                [Some(launch.code.clone()), launch.layers.clone(), image]
            })
            .flatten()
            .collect()
    }

    /// A function was deleted, or all of its versions changed: its environments end.
    pub(crate) fn forget(&self, function: &FunctionRef) {
        let mut gone = Vec::new();
        {
            let mut inner = self.inner();
            inner.shelves.retain(|(owner, _), shelf| {
                let keep = owner != function;
                if !keep {
                    gone.push(Arc::clone(shelf));
                }
                keep
            });
        }
        gone.iter().for_each(|shelf| shelf.retire());
    }

    /// Ends idle environments, and those of functions that another process has deleted.
    pub(crate) async fn sweep(&self, cx: &Cx) -> Result<(), Failure> {
        // Found before the first function needs it.
        self.host().await?.ahead.sweep();
        let tx = cx.snapshot().await?;
        for ((function, version), shelf) in self.shelves() {
            shelf.sweep(pool::IDLE_TIME);
            let there = match version.parse::<u64>() {
                Ok(number) => {
                    let key = (&function.account, &function.region, &function.name, number);
                    table::exists::<VersionRow>(&tx, key).await?
                }
                Err(_) => table::exists::<FunctionRow>(&tx, crate::keys::of(&function)).await?,
            };
            if !there {
                self.inner().shelves.remove(&(function, version));
                shelf.retire();
            }
        }
        let owners: HashSet<FunctionRef> =
            self.shelves().into_iter().map(|((function, _), _)| function).collect();
        self.admission.sweep(|function| owners.contains(function));
        Ok(())
    }
}

/// The cloud as environments see it.
struct InCloud {
    cloud: Weak<Cloud>,
    log: logs::Sender,
}

#[async_trait]
impl Backend for InCloud {
    fn now_millis(&self) -> i64 {
        // A cloud that has stopped has no time, and its last lines go nowhere.
        self.cloud.upgrade().map_or(0, |cloud| cloud.clock().now().millis())
    }

    fn random_hex(&self, digits: usize) -> String {
        self.cloud
            .upgrade()
            .map_or_else(String::new, |cloud| cloud.chance().text(b"0123456789abcdef", digits))
    }

    async fn credentials(&self, launch: &Launch) -> Option<Credentials> {
        let cloud = self.cloud.upgrade()?;
        roles::credentials(&cloud, &launch.role, &launch.name).await
    }

    fn log(&self, launch: &Arc<Launch>, stream: &Arc<str>, lines: Vec<LogLine>) {
        self.log.send(launch, stream, lines);
    }

    fn listens(&self, launch: &Launch, address: &str) {
        if let Some(cloud) = self.cloud.upgrade() {
            cloud.hooks().debugging().listens(&launch.name, address);
        }
    }

    fn front(&self) -> Option<Arc<dyn Front>> {
        self.cloud.upgrade()?.hooks().front().cloned()
    }
}
