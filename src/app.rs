//! Builds the program once (database, keys, egress), then runs web server, recorder and worker until their graceful stop.
//! `main` and the tests start the program in the same way.

mod database;
mod doctor;
mod health;
mod keyring;
mod launch;
mod listening;
mod metrics;
mod older_worker;
mod server;
mod start_error;

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::database::Database;
pub use self::doctor::{Finding, Verdict, examine};
pub use self::launch::launch_options;
pub use self::listening::status_line;
pub use self::server::Serving;
pub use self::start_error::StartError;
use crate::auth::api_keys::refuse_ended_keys;
use crate::clock::Clock;
use crate::config::Config;
use crate::egress::{self, Egress, EgressAllow, Guard};
use crate::http::Listener;
use crate::random::Random;
use crate::recorder::{Buffer, Drawer, Recorder, Recovery};
use crate::seal::Keyring;
use crate::state::State;
use crate::state::bodies::Bodies;
use crate::state::hashing::Hashing;
use crate::state::known_keys::KnownKeys;
use crate::state::rate_limits::RateLimits;
use crate::state::refusals::Refusals;
use crate::state::spending::Spending;
use crate::state::stream_options::StreamOptions;
use crate::state::testing::Testing;
use crate::store;
use crate::store::roles::{self, Role};
use crate::worker::Worker;

/// Connections of the pages, of the recorder, of the worker, of its turns of low priority, and of its meter: apart, so that none
/// starves another. The worker's statements are short, and Postgres answers them a third cheaper where few processes keep their plans
/// and caches warm.
const CONNECTIONS: [u32; 5] = [16, 2, 8, 3, 1];

/// Connections of housekeeping, which changes the schema and so is the owner's.
const UPKEEP_CONNECTIONS: u32 = 1;

/// How long tasks may take to end after a stop was asked for (spec 4: SIGTERM ends within 20 s).
const FAREWELL: Duration = Duration::from_secs(18);

/// The parts of the program that a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Pages and gateway.
    pub web: bool,
    /// Exports traces.
    pub worker: bool,
}

/// Everything that is built before anything runs.
#[derive(Debug)]
pub struct App {
    config: Arc<Config>,
    keyring: Arc<Keyring>,
    guard: Guard,
    way_out: egress::Setup,
    database: Database,
    hashing: Hashing,
    numbers: Option<PrometheusHandle>,
}

impl App {
    /// Opens or starts the database, brings its schema up to date, and reads the keys.
    ///
    /// # Errors
    /// The fault, and what to do about it.
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let (app, owner) = Self::prepare(config).await?;
        let checked = keyring::check(&owner, &app.keyring).await;
        owner.close().await;
        checked.map(|()| app)
    }

    /// As [`Self::build`], even if stored secrets need keys that are missing: for the operator's commands that mend this.
    ///
    /// # Errors
    /// The fault, and what to do about it.
    pub async fn build_without_lost_keys(config: Config) -> Result<Self, StartError> {
        let (app, owner) = Self::prepare(config).await?;
        owner.close().await;
        Ok(app)
    }

    async fn prepare(config: Config) -> Result<(Self, store::Store), StartError> {
        let allow = config.egress_allow.iter().map(|entry| entry.parse()).collect::<Result<Vec<EgressAllow>, _>>()?;
        let guard = Guard::new(allow, config.egress_allow_http);
        let way_out = egress::Setup::default();
        let mut database = Database::open(&config).await?;
        let keyring = Arc::new(keyring::read(&config, Random)?);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let hashing = Hashing::new(cores);
        let owner = database.prepare().await?;
        let app = Self { config: Arc::new(config), keyring, guard, way_out, database, hashing, numbers: None };
        Ok((app, owner))
    }

    /// The script by which an administrator makes the database's roles.
    ///
    /// # Errors
    /// When `DATABASE_URL` is no address.
    pub fn roles_script(config: &Config) -> Result<String, StartError> {
        Ok(roles::script(&database::user(config)?))
    }

    /// Serves these metrics where the settings ask for it.
    #[must_use]
    pub fn with_numbers(self, numbers: Option<PrometheusHandle>) -> Self {
        Self { numbers, ..self }
    }

    /// Uses other bounds, authorities or name servers for requests to destinations.
    #[must_use]
    pub fn with_way_out(self, way_out: egress::Setup) -> Self {
        Self { way_out, ..self }
    }

    /// The state for the operator's commands, with connections that may work across accounts.
    ///
    /// # Errors
    /// When egress cannot be set up.
    pub fn state(&self, application: &str, connections: u32) -> Result<State, StartError> {
        self.state_as(Role::Owner, application, connections)
    }

    /// The state for flows, with connections of its own that have the rights of `role`.
    fn state_as(&self, role: Role, application: &str, connections: u32) -> Result<State, StartError> {
        Ok(State {
            clock: Clock::System,
            random: Random,
            config: self.config.clone(),
            store: self.database.store(role, application, connections),
            egress: Egress::with(self.guard.clone(), Clock::System, &self.way_out)?,
            keyring: self.keyring.clone(),
            hashing: self.hashing.clone(),
            testing: Testing::default(),
            rate_limits: RateLimits::new(self.config.key_rate),
            refusals: Refusals::default(),
            known_keys: KnownKeys::new(self.config.key_grace),
            bodies: Bodies::new(self.config.body_budget),
            stream_options: StreamOptions::default(),
            spending: Spending::default(),
        })
    }

    /// Starts the parts that `roles` name. They run until [`Serving::stop`].
    ///
    /// # Errors
    /// When the address is taken, or the upstream's settings cannot be used.
    pub fn serve(&self, roles: Roles) -> Result<Serving, StartError> {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let [pages, _, worker, low, meter] = CONNECTIONS;
        let (mut server, mut recording) = (None, None);
        if roles.web {
            let state = self.state_as(Role::Web, "tracecast web", pages)?;
            let recorder = self.record(&stop, &tasks);
            recording = Some(recorder.buffer());
            server = Some(server::start(&state, recorder, &tasks)?);
            tasks.spawn(refuse_ended_keys(state, stop.clone()));
        }
        if roles.worker {
            let upkeep = self.database.store(Role::Owner, "tracecast upkeep", UPKEEP_CONNECTIONS);
            let low = self.database.store(Role::Worker, "tracecast worker, low priority", low);
            let metering = self.database.store(Role::Worker, "tracecast meter", meter);
            let state = self.state_as(Role::Worker, "tracecast worker", worker)?;
            let stop = stop.child_token();
            tasks.spawn(older_worker::stop_under_newer_schema(state.store.clone(), stop.clone()));
            tasks.spawn(Worker::new(state, low, metering, upkeep).run(stop));
        }
        if let Some(hosts) = self.database.hosts() {
            let stop = stop.clone();
            tasks.spawn(async move { hosts.follow(&stop).await });
        }
        let metrics = self.metrics(recording.clone(), &tasks)?;
        Ok(Serving { server, metrics, recording, stop, tasks, farewell: FAREWELL })
    }

    /// Begins to record, beginning with the requests that earlier runs kept.
    fn record(&self, stop: &CancellationToken, tasks: &TaskTracker) -> Recorder {
        let [_, connections, ..] = CONNECTIONS;
        let store = self.database.store(Role::Worker, "tracecast recorder", connections);
        let drawer = Drawer::new(&self.config.data_dir, self.keyring.clone(), Random);
        let (recorder, writer) = Recorder::new(store.clone(), Random);
        tasks.spawn(Recovery::new(store, Random, &recorder, drawer.clone()).run(stop.clone()));
        tasks.spawn(writer.keeping_in(drawer).run());
        recorder
    }

    fn metrics(&self, recording: Option<Arc<Buffer>>, tasks: &TaskTracker) -> Result<Option<Listener>, StartError> {
        match (self.config.metrics_bind, &self.numbers) {
            (Some(address), Some(numbers)) => metrics::start(address, numbers.clone(), recording, tasks).map(Some),
            _ => Ok(None),
        }
    }

    /// Lets as many passwords be hashed at once as there are cores.
    pub fn hashing(&self) -> Arc<Semaphore> {
        self.hashing.places()
    }

    /// Without a trailing slash.
    pub fn public_url(&self) -> &str {
        self.config.public_url.as_str().trim_end_matches('/')
    }

    /// Stops the embedded database, if there is one.
    pub async fn close(self) {
        self.database.close().await;
    }
}
