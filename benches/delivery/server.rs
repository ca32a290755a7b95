//! The benchmark's own Postgres: started by the program's launcher with its durable settings, thrown away at the end.

use std::fs;
use std::path::Path;

use embedded_postgres::{EmbeddedPostgres, Options};
use rustix::process::Signal;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tracecast::app::launch_options;

use crate::outcome::Result;
use crate::usage;

/// A running cluster.
pub(crate) struct Server {
    postgres: EmbeddedPostgres,
    folder: TempDir,
    postmaster: u32,
}

impl Server {
    pub(crate) async fn start() -> Result<Self> {
        fs::create_dir_all(env!("CARGO_TARGET_TMPDIR"))?;
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let options = Options { search_path: std::env::var_os("PATH"), ..launch_options() };
        let postgres = EmbeddedPostgres::start(folder.path(), options).await?;
        let postmaster = postmaster(folder.path())?;
        Ok(Self { postgres, folder, postmaster })
    }

    /// As the program connects.
    pub(crate) fn url(&self) -> String {
        self.postgres.url()
    }

    /// A connection of the superuser, who sees all tenants.
    pub(crate) async fn admin(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect(&self.postgres.admin_url()).await?)
    }

    /// As the superuser connects.
    pub(crate) fn admin_url(&self) -> String {
        self.postgres.admin_url()
    }

    /// Stops all its processes in the middle of whatever they do: connections stay, and nothing answers.
    pub(crate) fn falls_silent(&self) -> Result<()> {
        usage::signal_family(self.postmaster, Signal::STOP)
    }

    /// Lets them go on.
    pub(crate) fn speaks_again(&self) -> Result<()> {
        usage::signal_family(self.postmaster, Signal::CONT)
    }

    /// Seconds of processor time of all its processes so far.
    pub(crate) fn cpu(&self) -> Result<f64> {
        usage::cpu_of_family(self.postmaster)
    }

    /// Its folder, for other things that are thrown away.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it and removes its data.
    pub(crate) async fn stop(self) {
        self.postgres.stop().await;
    }
}

fn postmaster(folder: &Path) -> Result<u32> {
    let text = fs::read_to_string(folder.join("postgres/postmaster.pid"))?;
    Ok(text.lines().next().unwrap_or_default().trim().parse()?)
}
