//! Where a test plays: a database, a receiver, accounts with destinations, recorded requests, and workers.

mod blocked_log;
mod destination;
mod requests;

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio_util::task::TaskTracker;
use tracecast::id::{AccountId, DestinationId};
use tracecast::random::Random;
use tracecast::recorder::{Drawer, Recorder, Writer};
use tracecast::store::{Store, accounts, destinations};

use super::receiver::{Journal, Receiver};
use crate::support::database::Database;
use crate::support::program::Program;

pub(crate) use self::blocked_log::BlockedLog;
pub(crate) use self::requests::Writing;

/// The sealing key of tests, as text.
pub(crate) fn sealing_key() -> String {
    "ab".repeat(32)
}

/// Long enough for a busy machine; a test that works does not wait for it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Stage {
    pub(crate) receiver: Receiver,
    /// The database as its owner.
    pub(crate) url: String,
    pub(crate) store: Store,
    admin_url: String,
}

/// An account with Broadcast on, and its destinations, one for each of `projects`.
pub(crate) struct Tenant {
    pub(crate) account: AccountId,
    pub(crate) projects: Vec<u64>,
    pub(crate) destinations: Vec<DestinationId>,
}

impl Stage {
    /// On a database of its own in the tests' cluster.
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        Self::on(&database.url, &database.admin_url).await
    }

    /// On this database.
    pub(crate) async fn on(url: &str, admin_url: &str) -> Self {
        let options = PgConnectOptions::from_str(url).unwrap().options([("app.upkeep", "on")]);
        let store = Store::open(options, "tracecast test", 4);
        store.migrate().await.unwrap();
        let receiver = Receiver::start().await;
        Self { receiver, url: url.to_owned(), store, admin_url: admin_url.to_owned() }
    }

    /// A new account with a destination for each project. Project numbers tell destinations apart in the receiver's log.
    pub(crate) async fn tenant(&self, projects: &[u64]) -> Tenant {
        let account = AccountId(Random.uuid());
        let insert = sqlx::query("INSERT INTO accounts (id, name) VALUES ($1, 'Acme')").bind(account.0);
        insert.execute(self.store.pool()).await.unwrap();
        let mut tenant = Tenant { account, projects: projects.to_vec(), destinations: Vec::new() };
        self.switches(&tenant, true).await;
        for project in projects {
            tenant.destinations.push(destination::create(self, account, *project).await);
        }
        tenant
    }

    /// Another destination of the account, whose log begins now.
    pub(crate) async fn connects(&self, account: AccountId, project: u64) -> DestinationId {
        destination::create(self, account, project).await
    }

    /// The Enable Broadcast switch.
    pub(crate) async fn switches(&self, tenant: &Tenant, on: bool) {
        let mut transaction = self.store.tenant(tenant.account).await.unwrap();
        accounts::put_broadcast(&mut transaction, on).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// Pauses or resumes a destination. False: it is switched off, and neither can be done.
    pub(crate) async fn resumes_or_pauses(&self, tenant: &Tenant, place: usize, on: bool) -> bool {
        let mut transaction = self.store.tenant(tenant.account).await.unwrap();
        let done = destinations::put_enabled(&mut transaction, tenant.destinations[place], on).await.unwrap();
        transaction.commit().await.unwrap();
        done
    }

    /// An edit that passed its test: the destination leads to another project.
    pub(crate) async fn moves(&self, tenant: &Tenant, place: usize, project: u64) {
        self.leads(tenant, place, &self.receiver.dsn(project)).await;
    }

    /// The same, to wherever this DSN leads.
    pub(crate) async fn leads(&self, tenant: &Tenant, place: usize, dsn: &str) {
        destination::put(self, tenant.account, tenant.destinations[place], (dsn, false)).await;
    }

    /// An edit that passed its test: the destination gets no content any more.
    pub(crate) async fn turns_private(&self, tenant: &Tenant, place: usize) {
        destination::put(
            self,
            tenant.account,
            tenant.destinations[place],
            (&self.receiver.dsn(tenant.projects[place]), true),
        )
        .await;
    }

    /// Records requests through the program's recorder. Returns their names, in order, when they are committed.
    pub(crate) async fn records(&self, tenant: &Tenant, names: impl Iterator<Item = String>) -> Vec<String> {
        let (recording, names) = (self.recording(tenant), names.collect::<Vec<_>>());
        for name in &names {
            recording.record(name);
        }
        recording.ends().await;
        names
    }

    /// The program's recorder, for requests that complete one after the other.
    pub(crate) fn recording(&self, tenant: &Tenant) -> Recording {
        Self::recording_on(self.store.clone(), tenant)
    }

    /// The same, with these connections.
    pub(crate) fn recording_on(store: Store, tenant: &Tenant) -> Recording {
        let (recorder, writer) = Recorder::new(store, Random);
        Recording::begins(recorder, writer, tenant)
    }

    /// The same, keeping in this drawer what is not recorded in the end.
    pub(crate) fn recording_with_drawer(&self, tenant: &Tenant, drawer: Drawer) -> Recording {
        let (recorder, writer) = Recorder::new(self.store.clone(), Random);
        Recording::begins(recorder, writer.keeping_in(drawer), tenant)
    }

    /// Keeps everybody from writing to the log until it [`BlockedLog::opens`].
    pub(crate) async fn blocks_the_log(&self) -> BlockedLog<'_> {
        BlockedLog::of(self).await
    }

    /// Records one request and copies it in the database, which is the only quick way to a great many.
    pub(crate) async fn copies(&self, tenant: &Tenant, prefix: &str, count: usize) -> Vec<String> {
        let template = name(prefix, 0);
        self.records(tenant, std::iter::once(template.clone())).await;
        let mut connection = self.sql().await;
        for first in (1..count).step_by(requests::COPIES_AT_ONCE) {
            let last = (first + requests::COPIES_AT_ONCE).min(count) - 1;
            requests::copy(&mut connection, tenant.account, (prefix, &template), first..=last).await;
        }
        (0..count).map(|number| name(prefix, number)).collect()
    }

    /// Copies the first request of this prefix under another number and tells nobody, as when Postgres' queue of notifications
    /// is full. Returns its name.
    pub(crate) async fn copies_quietly(&self, tenant: &Tenant, prefix: &str, number: usize) -> String {
        let template = name(prefix, 0);
        requests::copy(&mut self.sql().await, tenant.account, (prefix, &template), number..=number).await;
        name(prefix, number)
    }

    /// A connection as the superuser, to look behind the curtain.
    pub(crate) async fn sql(&self) -> PgConnection {
        PgConnection::connect(&self.admin_url).await.unwrap()
    }

    /// One number from the database.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut self.sql().await).await.unwrap()
    }

    /// A worker process with short pauses.
    pub(crate) fn worker(&self) -> Program {
        self.worker_with(&[])
    }

    /// A worker process with these settings on top.
    pub(crate) fn worker_with(&self, settings: &[(&'static str, &str)]) -> Program {
        let mut all = self.settings();
        for (name, value) in settings {
            all.retain(|(known, _)| known != name);
            all.push((name, (*value).to_owned()));
        }
        Program::start("worker", &all)
    }

    /// Settings for a program on this stage.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DATABASE_URL", self.url.clone()),
            ("TRACECAST_KEYS", sealing_key()),
            ("TRACECAST_EGRESS_ALLOW", self.receiver.address().to_string()),
            ("TRACECAST_EGRESS_ALLOW_HTTP", "true".to_owned()),
            ("TRACECAST_RETRY_BASE", "50ms".to_owned()),
            ("TRACECAST_RETRY_CAP", "200ms".to_owned()),
        ]
    }

    /// Waits until the receiver's log is as wanted.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Journal) -> bool) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let begun = Instant::now();
            while !self.receiver.read(&is_so) {
                assert!(begun.elapsed() < PATIENCE, "{caller}: not within {PATIENCE:?}: {what}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// Waits until a question to the database has this answer.
    #[track_caller]
    pub(crate) fn until_count(&self, query: &str, wanted: i64) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let (begun, mut connection) = (Instant::now(), self.sql().await);
            loop {
                let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(query));
                let count = query.fetch_one(&mut connection).await.unwrap();
                if count == wanted {
                    return;
                }
                assert!(begun.elapsed() < PATIENCE, "{caller}: {count} instead of {wanted}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// A recorder that runs.
pub(crate) struct Recording {
    pub(crate) recorder: Recorder,
    tasks: TaskTracker,
    account: AccountId,
}

impl Recording {
    fn begins(recorder: Recorder, writer: Writer, tenant: &Tenant) -> Self {
        let tasks = TaskTracker::new();
        tasks.spawn(writer.run());
        Self { recorder, tasks, account: tenant.account }
    }

    /// A request completes now.
    pub(crate) fn record(&self, name: &str) {
        self.recorder.record(self.account, &requests::request(name), &requests::content(), None);
    }

    /// A request with a prompt of some 100 kB completes now.
    pub(crate) fn records_large(&self, name: &str) {
        self.recorder.record(self.account, &requests::request(name), &requests::large_content(), None);
    }

    /// Returns when everything is committed.
    pub(crate) async fn ends(self) {
        drop(self.recorder);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// The name of a request; all have the same length.
pub(crate) fn name(prefix: &str, number: usize) -> String {
    format!("gen-{prefix}-{number:07}")
}

/// Names from zero on.
pub(crate) fn names(prefix: &str, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |number| name(prefix, number))
}
