//! Launches a Postgres of the program's own in its data folder, which lives as long as the program.
//!
//! `<data folder>/postgres` is an ordinary cluster. It listens on a Unix socket inside that folder only, which nobody
//! but the server's own user (and root) can enter, and it admits only the user who runs the program, as the kernel tells
//! (`peer`): there is no password, on disk or elsewhere. One program *keeps* the instance (a lock file says which);
//! further programs with the same data folder join it, and the next of them takes over when the keeper ends.
//!
//! Postgres refuses to run as root. Started by root it runs as `postgres`, else `nobody`, and is handed its folder as
//! an open file descriptor, so that the folder may lie where that user could not walk to, such as `/root`.

mod account;
mod alias;
mod binaries;
mod cluster;
mod error;
mod keeper;
mod launch;
mod log;
mod pid_file;
mod roles;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use url::Url;

use self::cluster::Cluster;
pub use self::error::LaunchError;
use self::keeper::{Keeper, Phase};
use self::launch::Launch;
pub use self::roles::ADMIN;

/// Recovery after a crash can take minutes; somebody who waits longer wants to read why.
const PATIENCE: Duration = Duration::from_mins(5);

/// Longest pause between two attempts to connect while the instance starts.
const PAUSE: Duration = Duration::from_millis(20);

/// How the instance is found and run, and what is in it.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name of the program: that of its database and of the role that owns it, who is no superuser, so that row-level
    /// security can hold it. It stands unquoted in SQL and in the names of files: lower-case letters, digits and `_`.
    pub name: &'static str,
    /// Roles that the owner takes on; nobody signs in as them. Names as that of the program.
    pub roles: &'static [&'static str],
    /// Folder that holds `postgres` and `initdb`. None: look for Postgres 14 or newer.
    pub bin_dir: Option<PathBuf>,
    /// The value of `PATH`, looked through before the usual places.
    pub search_path: Option<OsString>,
    /// Whether what was committed survives a power failure. False is for tests, whose clusters are thrown away.
    pub durable: bool,
}

impl Options {
    /// The defaults, for a program of this name.
    pub fn new(name: &'static str) -> Self {
        Self { name, roles: &[], bin_dir: None, search_path: None, durable: true }
    }
}

/// A running instance. Dropping it stops the instance if this program keeps it; [`EmbeddedPostgres::stop`] also waits.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    keeper: Keeper,
    socket: Socket,
    name: &'static str,
}

/// Where an instance listens: `<folder>/.s.PGSQL.<port>`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Socket {
    folder: String,
    port: u16,
}

impl EmbeddedPostgres {
    /// Starts the instance of `data_dir`, creating it where there is none, or joins the one that runs.
    /// Returns as soon as it accepts connections and the roles and the database exist.
    ///
    /// # Errors
    /// What is missing or wrong, with the line to type.
    pub async fn start(data_dir: &Path, options: Options) -> Result<Self, LaunchError> {
        let cluster = Cluster::open(data_dir)?;
        let socket = Socket { folder: alias::reachable(&cluster.folder(), options.name)?, port: cluster::PORT };
        let keeper = Keeper::start(Launch::new(cluster, options.clone()))?;
        let mut instance = Self { keeper, socket, name: options.name };
        let mut connection = instance.connected().await?;
        roles::ensure(&mut connection, &options).await?;
        let _ = connection.close().await;
        instance.keeper.proven();
        Ok(instance)
    }

    /// Where the program connects: its database as the owner, who is no superuser.
    pub fn url(&self) -> String {
        self.url_for(self.name, self.name)
    }

    /// The same as the superuser, for administration only.
    pub fn admin_url(&self) -> String {
        self.url_for(ADMIN, self.name)
    }

    /// The same for another role or database.
    pub fn url_for(&self, role: &str, database: &str) -> String {
        let mut url = Url::parse("postgres://localhost").unwrap_or_else(|_| unreachable!("a constant URL parses"));
        let _ = url.set_username(role);
        let _ = url.set_port(Some(self.socket.port));
        url.set_path(database);
        url.query_pairs_mut().append_pair("host", &self.socket.folder).append_pair("sslmode", "disable");
        url.into()
    }

    /// Whether another program keeps the instance.
    pub fn is_joined(&self) -> bool {
        matches!(self.keeper.phase(), Phase::Joined | Phase::Foreign(_))
    }

    /// Ends the instance if this program keeps it: open transactions are rolled back, everything is written, nothing
    /// needs recovery. Returns when it has ended.
    pub async fn stop(mut self) {
        self.keeper.stop().await;
    }

    /// Connects as the superuser as soon as that is possible.
    async fn connected(&mut self) -> Result<PgConnection, LaunchError> {
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::from("nothing listens on its socket");
        while Instant::now() < deadline {
            match self.keeper.phase() {
                Phase::Failed(error) => return Err(error),
                Phase::Ended => return Err(LaunchError::NotReady { reason: "it was stopped".into() }),
                Phase::Foreign(socket) => self.socket = socket,
                Phase::Undecided | Phase::Joined | Phase::Running => {}
            }
            match self.admin_options().connect().await {
                Ok(connection) => return Ok(connection),
                Err(error) if refuses_for_good(&error) => {
                    return Err(LaunchError::NotReady { reason: error.to_string() });
                }
                Err(error) => last = error.to_string(),
            }
            self.keeper.changed_within(PAUSE).await;
        }
        Err(LaunchError::NotReady { reason: last })
    }

    fn admin_options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket.folder)
            .port(self.socket.port)
            .username(ADMIN)
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
            .disable_statement_logging()
    }
}

/// Class 28: the instance runs and does not admit us; waiting does not change that. (Class 57 is "starting up".)
fn refuses_for_good(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().is_some_and(|code| code.starts_with("28")))
}
