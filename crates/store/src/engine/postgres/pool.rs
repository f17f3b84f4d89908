//! Connections: how they are made, prepared, shared and replaced when they break.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::try_join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Statement};

use super::address::Address;
use super::tls::Tls;
use super::{Options, closed, failed, sql};
use crate::Error;

/// Connections kept open while nobody reads.
const IDLE_MAX: usize = 8;
/// How long a reader waits for a connection that others use.
const WAIT: Duration = Duration::from_secs(5);
/// How long tries to connect go on: a restart of the database takes a few seconds.
pub(super) const CONNECT_TIME: Duration = Duration::from_secs(10);
/// The first pause between two tries; it doubles.
const BACKOFF: Duration = Duration::from_millis(20);
/// The longest pause between two tries, so that work goes on soon after the database is back.
const BACKOFF_MAX: Duration = Duration::from_millis(500);
/// How long one try may take from the first byte until the connection is set up: a server may take a connection and never
/// say a word, as one does that is stopped.
const TRY_TIME: Duration = Duration::from_secs(5);

/// The planner must not choose by statistics that are older than the tables: every statement here has one good
/// plan, by the index. On databases that know these words not, their own choice is as good as any.
const PLANS: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
    SET enable_bitmapscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan;
    SET max_parallel_workers_per_gather = 0";
/// A node that vanished or hangs in the middle of a commit, or while it registers, must not hold the others up: the
/// database ends its session. And nobody waits for ever for the lock that orders all commits.
const LIMITS: &str = "SET idle_in_transaction_session_timeout = '3s'; SET statement_timeout = '15s'";
/// How the database finds out that a node's machine is gone.
const KEEPALIVES: &str =
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3";
/// Whatever the server's default is, an acknowledged commit is on its disk.
const SYNC: &str = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Where connections come from.
pub(super) struct Pool {
    address: Address,
    tls: Tls,
    /// The settings of readers' connections.
    reader_limits: String,
    idle: Mutex<Vec<Connection<Reading>>>,
    permits: Arc<Semaphore>,
    closed: AtomicBool,
}

/// A connection with its prepared statements.
pub(super) struct Connection<S> {
    pub(super) client: Client,
    pub(super) statements: S,
}

/// The statements of readers.
pub(super) struct Reading {
    pub(super) version: Statement,
    pub(super) get: Statement,
    pub(super) many: Statement,
    /// Forward and backward.
    pub(super) rows: [Statement; 2],
    pub(super) bounded: [Statement; 2],
    pub(super) keys: [Statement; 2],
}

/// The statements of commits.
pub(super) struct Committing {
    pub(super) lock: Statement,
    pub(super) decide: Statement,
    pub(super) applied: Statement,
    pub(super) clear: Statement,
    pub(super) delete: Statement,
    pub(super) put: Statement,
    pub(super) add: Statement,
    pub(super) append: Statement,
    pub(super) remember: Statement,
    pub(super) tell: Statement,
}

/// A reader's connection for a while. Dropping it ends its transaction and hands it back.
pub(super) struct Lease {
    connection: Option<Connection<Reading>>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(address: Address, options: &Options) -> Result<Self, Error> {
        let tls = Tls::new(&address.trust)?;
        let permits = Arc::new(Semaphore::new(options.connections_max));
        // A view ends by itself; the database ends it when the node cannot.
        let idle = options.view_age_max * 2 + BACKOFF_MAX;
        let reader_limits = format!(
            "SET idle_in_transaction_session_timeout = {}; SET statement_timeout = '15s'",
            idle.as_millis()
        );
        Ok(Pool {
            address,
            tls,
            reader_limits,
            idle: Mutex::default(),
            permits,
            closed: AtomicBool::new(false),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection<Reading>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the idle connections and hands out no more.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.idle().clear();
    }

    /// A connection for a reader.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, Error> {
        if self.is_closed() {
            return Err(closed());
        }
        let permit = match timeout(WAIT, self.permits.clone().acquire_owned()).await {
            Ok(permit) => permit.map_err(|_| closed())?,
            Err(_) => return Err(Error::Unavailable("all connections to the database are in use".into())),
        };
        let mut idle = None;
        while let Some(connection) = self.idle().pop() {
            // One that broke while nobody used it is forgotten.
            if !connection.client.is_closed() {
                idle = Some(connection);
                break;
            }
        }
        let connection = match idle {
            Some(connection) => connection,
            None => self.reader().await?,
        };
        Ok(Lease { connection: Some(connection), pool: self.clone(), _permit: permit })
    }

    async fn reader(&self) -> Result<Connection<Reading>, Error> {
        let client = self.connect().await?;
        let set_up = async {
            client.batch_execute(&self.reader_limits).await?;
            Reading::prepare(&client).await
        };
        let statements = set_up.await.map_err(|error| failed(&error))?;
        Ok(Connection { client, statements })
    }

    /// A connection for commits.
    pub(super) async fn committer(&self) -> Result<Connection<Committing>, Error> {
        let client = self.connect().await?;
        let set_up = async {
            client.batch_execute(SYNC).await?;
            Committing::prepare(&client).await
        };
        let statements = set_up.await.map_err(|error| failed(&error))?;
        Ok(Connection { client, statements })
    }

    /// A plain connection. While the database cannot be reached it tries again, for a while.
    pub(super) async fn connect(&self) -> Result<Client, Error> {
        let until = Instant::now() + CONNECT_TIME;
        let mut pause = BACKOFF;
        loop {
            let (passes, error) = match self.try_connect().await {
                Ok(client) => return Ok(client),
                Err(failed) => failed,
            };
            if self.is_closed() {
                return Err(closed());
            }
            if !passes || Instant::now() + pause >= until {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
    }

    /// One try; with the error, whether another may fare better.
    async fn try_connect(&self) -> Result<Client, (bool, Error)> {
        match timeout(TRY_TIME, self.connect_once()).await {
            Ok(tried) => tried.map_err(|error| (may_pass(&error), self.unreachable(&error))),
            Err(_) => Err((true, self.cannot_connect("it takes connections and does not answer"))),
        }
    }

    async fn connect_once(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.address.config.connect(self.tls.clone()).await?;
        tokio::spawn(connection.map(|ended| {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to the database broke");
            }
        }));
        for settings in [PLANS, KEEPALIVES, LIMITS] {
            if let Err(error) = client.batch_execute(settings).await {
                tracing::debug!(%error, "the database does not know all settings");
            }
        }
        Ok(client)
    }

    fn unreachable(&self, error: &tokio_postgres::Error) -> Error {
        self.cannot_connect(&match error.as_db_error() {
            Some(refused) => refused.message().to_owned(),
            None => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
        })
    }

    fn cannot_connect(&self, why: &str) -> Error {
        Error::Unavailable(format!("cannot connect to the database {}: {why}", self.shown()))
    }

    /// The database for people.
    pub(super) fn shown(&self) -> &str {
        &self.address.shown
    }
}

/// Whether trying again may help: the database starts, is full, or is not there yet.
fn may_pass(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => {
            *code == SqlState::CANNOT_CONNECT_NOW
                || *code == SqlState::TOO_MANY_CONNECTIONS
                || *code == SqlState::ADMIN_SHUTDOWN
                || *code == SqlState::CRASH_SHUTDOWN
        }
        // A wrong password or name has a code or is found out before a word is exchanged; a cut line has none.
        None => {
            let cause = std::error::Error::source(error);
            let cause = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
            error.is_closed() || cause.is_some_and(|cause| may_be_reached(cause.kind()))
        }
    }
}

/// Whether a line that failed so may be there later. What was said on it will not change: a certificate that is not
/// accepted and words that are not PostgreSQL's are invalid data.
fn may_be_reached(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, PermissionDenied, Unsupported};
    !matches!(kind, InvalidData | InvalidInput | PermissionDenied | Unsupported)
}

impl Reading {
    async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let texts = [
            sql::VERSION.to_owned(),
            sql::GET.to_owned(),
            sql::MANY.to_owned(),
            sql::rows(false),
            sql::rows(true),
            sql::bounded(false),
            sql::bounded(true),
            sql::keys(false),
            sql::keys(true),
        ];
        let prepared = try_join_all(texts.iter().map(|text| client.prepare(text))).await?;
        let [version, get, many, up, down, bounded_up, bounded_down, keys_up, keys_down] =
            <[Statement; 9]>::try_from(prepared).expect("one statement for each text");
        let (rows, bounded, keys) = ([up, down], [bounded_up, bounded_down], [keys_up, keys_down]);
        Ok(Reading { version, get, many, rows, bounded, keys })
    }
}

impl Committing {
    async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let texts = [
            sql::LOCK,
            sql::DECIDE,
            sql::APPLIED,
            sql::CLEAR,
            sql::DELETE,
            sql::PUT,
            sql::ADD,
            sql::APPEND,
            sql::REMEMBER,
            sql::TELL,
        ];
        let prepared = try_join_all(texts.iter().map(|text| client.prepare(text))).await?;
        let [lock, decide, applied, clear, delete, put, add, append, remember, tell] =
            <[Statement; 10]>::try_from(prepared).expect("one statement for each text");
        Ok(Committing { lock, decide, applied, clear, delete, put, add, append, remember, tell })
    }
}

impl Lease {
    pub(super) fn get(&self) -> &Connection<Reading> {
        self.connection.as_ref().expect("it is taken by `drop` alone")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if connection.client.is_closed() || self.pool.is_closed() {
            return;
        }
        // The words are on their way before the connection is anybody else's; nobody waits for the answer.
        let _on_its_way = connection.client.batch_execute("ROLLBACK").now_or_never();
        let mut idle = self.pool.idle();
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::engine::postgres::schema;

    /// What a server that is none does with each connection, one after the other; the last one again and again.
    #[derive(Clone)]
    enum Scene {
        /// Says why it takes nobody.
        Refuse(&'static str),
        /// Shows a certificate that nobody has signed.
        Encrypt(TlsAcceptor),
        HangUp,
        /// Says nothing.
        Silence,
    }

    async fn play(scene: Scene, mut line: TcpStream) {
        let mut asked = [0; 8];
        line.read_exact(&mut asked).await.unwrap();
        match scene {
            Scene::Refuse(code) => {
                let fields = format!("SFATAL\0C{code}\0Mno\0\0");
                let mut answer = vec![b'E'];
                answer.extend_from_slice(&(fields.len() as u32 + 4).to_be_bytes());
                answer.extend_from_slice(fields.as_bytes());
                line.write_all(&answer).await.unwrap();
                // The rest of what was said is read, so that the answer arrives.
                let _rest = line.read_to_end(&mut Vec::new()).await;
            }
            Scene::Encrypt(acceptor) => {
                line.write_all(b"S").await.unwrap();
                drop(acceptor.accept(line).await);
            }
            Scene::HangUp => drop(line),
            Scene::Silence => drop(line.read_to_end(&mut Vec::new()).await),
        }
    }

    /// How often a client tries that meets these scenes, and what it says at last.
    async fn tries(sslmode: &str, scenes: Vec<Scene>) -> (usize, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let server = tokio::spawn(async move {
            loop {
                let (line, _) = listener.accept().await.unwrap();
                let number = counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(play(scenes[number.min(scenes.len() - 1)].clone(), line));
            }
        });
        let url = format!("postgres://me@127.0.0.1:{port}/db?sslmode={sslmode}");
        let pool = Pool::new(Address::parse(&url).unwrap(), &Options::default()).unwrap();
        let error = pool.connect().await.map(drop).unwrap_err().to_string();
        server.abort();
        (count.load(Ordering::Relaxed), error)
    }

    #[tokio::test]
    async fn what_cannot_get_better_is_told_at_once() {
        // Wrong password, no such user or database (PostgreSQL's manual, appendix A).
        for code in ["28P01", "28000", "3D000"] {
            assert_eq!(tries("disable", vec![Scene::Refuse(code)]).await.0, 1, "{code}");
        }
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["db".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key);
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root.pem");
        let other = generate_simple_self_signed(vec!["root".to_owned()]).unwrap();
        std::fs::write(&root, other.cert.pem()).unwrap();
        for mode in ["verify-ca", "verify-full"] {
            let mode = format!("{mode}&sslrootcert={}", root.display());
            let (count, error) = tries(&mode, vec![Scene::Encrypt(acceptor.clone())]).await;
            assert_eq!(count, 1, "{mode}: {error}");
            assert!(error.contains("certificate"), "{error}");
        }
    }

    /// As one that is stopped, or whose pooler has no connection left: the try lasted for ever.
    #[tokio::test(start_paused = true)]
    async fn a_server_that_keeps_silent_is_given_up() {
        let told = timeout(6 * TRY_TIME, tries("disable", vec![Scene::Silence])).await;
        let (_, error) = told.expect("it gives up");
        assert!(error.contains("cannot connect to the database"), "{error}");
    }

    /// A node that hung while it registered held the lock of all commits for ever: its connection had no limits.
    #[tokio::test]
    async fn every_connection_has_limits() {
        let Ok(url) = std::env::var("CLOUDLET_TEST_POSTGRES") else { return };
        let open =
            |url: &str| Arc::new(Pool::new(Address::parse(url).unwrap(), &Options::default()).unwrap());
        let name = format!("limits{}", std::process::id());
        let fresh = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        open(&url).connect().await.unwrap().batch_execute(&fresh).await.unwrap();
        let pool = open(&format!("{url}&options=-csearch_path%3D{name}"));
        let plain = pool.connect().await.unwrap();
        schema::prepare(&plain).await.unwrap();
        let committer = pool.committer().await.unwrap().client;
        let lease = pool.lease().await.unwrap();
        for (client, wanted) in [(&plain, "3s"), (&committer, "3s"), (&lease.get().client, "10500ms")] {
            let row = client.query_one("SHOW idle_in_transaction_session_timeout", &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), wanted);
            let row = client.query_one("SHOW statement_timeout", &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), "15s");
        }
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again() {
        // It starts up, has no connection left, shuts down, or dies; then it says what will not change.
        for first in [Scene::Refuse("57P03"), Scene::Refuse("53300"), Scene::Refuse("57P01"), Scene::HangUp] {
            assert_eq!(tries("disable", vec![first, Scene::Refuse("3D000")]).await.0, 2);
        }
    }
}
